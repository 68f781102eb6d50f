// refused: unused-result
// Whether the record has the value is the one thing that a sender must know.
#include <aimdb.hpp>

void sends(const aimdb::producer<int> &out) {
#ifdef WRONG
    out.send(1);
#else
    if (!out.send(1)) return;
#endif
}
