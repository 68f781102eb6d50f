// refused: this callback cannot be called with what it is given
#include <aimdb.hpp>

struct job {
    int number;
};

void adds(aimdb::builder &builder) {
#ifdef WRONG
    builder.add(aimdb::record<job>::bounded("jobs", 4).tap([](std::string) {}));
#else
    builder.add(aimdb::record<job>::bounded("jobs", 4).tap([](const job &) {}));
#endif
}
