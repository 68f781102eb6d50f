// refused: carry pointers as std::unique_ptr, so that somebody frees them
#include <aimdb.hpp>

struct job {
    int number;
};

#ifdef WRONG
using value = job *;
#else
using value = std::unique_ptr<job>;
#endif

void adds(aimdb::builder &builder) { builder.add(aimdb::record<value>::bounded("jobs", 4)); }
