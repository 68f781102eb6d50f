// refused: deleted
// A handle has one owner.
#include <aimdb.hpp>

void copies(aimdb::producer<int> &given) {
#ifdef WRONG
    const aimdb::producer<int> copy = given;
#else
    const aimdb::producer<int> copy = std::move(given);
#endif
}
