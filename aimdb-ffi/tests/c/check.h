/* What the test programs in C share: a check that says where it failed. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include <aimdb.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* That a call answers this status. */
#define ANSWERS(wanted, call) \
    do { \
        aimdb_status_t answer_ = (call); \
        if (answer_ != (wanted)) { \
            fprintf(stderr, "%s:%d: %s answered %s, not %s\n", __FILE__, __LINE__, #call, \
                    aimdb_status_name(answer_), aimdb_status_name(wanted)); \
            exit(1); \
        } \
    } while (0)

#define OK(call) ANSWERS(AIMDB_OK, call)

#endif
