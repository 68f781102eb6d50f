/* Values of several sizes for the tests of calls, and what is asked of them. */
#ifndef VALUES_H
#define VALUES_H

#include "harness.h"

#include <stdint.h>

typedef struct odd {
    uint8_t bytes[3];
} odd_t;

typedef struct wide {
    double first;
    uint8_t bytes[251];
} wide_t;

/* A word that lies anywhere, since its type has no alignment. */
typedef struct loose {
    uint8_t bytes[4];
} loose_t;

/* Reads the next value, which must be this one. */
#define NEXT(name, expected) \
    do { \
        uint32_t got = 0; \
        CHECK(name##_try_recv(&got) == AIMDB_OK); \
        CHECK(got == (expected)); \
    } while (0)

/* A read that has no value leaves what was there. */
#define NONE(name, status) \
    do { \
        uint32_t got = 77; \
        CHECK(name##_try_recv(&got) == (status)); \
        CHECK(got == 77); \
    } while (0)

static const uint32_t V[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

#endif
