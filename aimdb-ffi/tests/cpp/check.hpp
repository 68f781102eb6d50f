// What the test programs in C++ share: a check that says where it failed.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdio>
#include <cstdlib>

#include <aimdb.hpp>

#define CHECK(...) \
    do { \
        if (!(__VA_ARGS__)) { \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #__VA_ARGS__); \
            std::exit(1); \
        } \
    } while (false)

#if AIMDB_EXCEPTIONS
/// That a call throws an error of this status.
#define THROWS(wanted, ...) \
    do { \
        aimdb::status thrown_ = aimdb::status::ok; \
        try { \
            static_cast<void>(__VA_ARGS__); \
        } catch (const aimdb::error &caught_) { \
            thrown_ = caught_.reason(); \
        } \
        if (thrown_ != (wanted)) { \
            std::fprintf(stderr, "%s:%d: %s threw %s\n", __FILE__, __LINE__, #__VA_ARGS__, aimdb::name_of(thrown_)); \
            std::exit(1); \
        } \
    } while (false)
#endif

#endif
