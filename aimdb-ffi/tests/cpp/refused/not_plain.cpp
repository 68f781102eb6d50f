// refused: a plain value must be trivially copyable; carry others as std::unique_ptr<T>
// A string has a pointer to its own bytes, which nobody copies along.
#include <aimdb.hpp>

#ifdef WRONG
using value = std::string;
#else
using value = std::unique_ptr<std::string>;
#endif

aimdb::producer<value> opens(const aimdb::database &db) { return db.producer<value>("names"); }
