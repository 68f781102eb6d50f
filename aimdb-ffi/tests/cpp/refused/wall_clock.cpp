// refused: no matching
// A deadline is a time of the clock that nobody sets.
#include <aimdb.hpp>

void waits(aimdb::consumer<int> &in) {
#ifdef WRONG
    static_cast<void>(in.recv_until(std::chrono::system_clock::now()));
#else
    static_cast<void>(in.recv_until(std::chrono::steady_clock::now()));
#endif
}
