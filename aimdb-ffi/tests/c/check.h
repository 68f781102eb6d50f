/* What the test programs in C share: a check that says where it failed, and what calls were seen to answer. */
#ifndef CHECK_H
#define CHECK_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aimdb.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* Says what a call has answered: a line "aimdb_call AIMDB_STATUS", which the driver holds against the page of the C
 * interface. `call` is the text of the whole call. */
static inline void say(const char *call, aimdb_status_t status) {
    size_t name = strcspn(call, "(");
    if (strncmp(call, "aimdb_", 6) == 0 && call[name] == '(') printf("%.*s %s\n", (int)name, call, aimdb_status_name(status));
}

/* That a call answers this status. It is said once at each place. */
#define ANSWERS(wanted, call) \
    do { \
        static atomic_flag said_ = ATOMIC_FLAG_INIT; \
        aimdb_status_t answer_ = (call); \
        if (answer_ != (wanted)) { \
            fprintf(stderr, "%s:%d: %s answered %s, not %s\n", __FILE__, __LINE__, #call, \
                    aimdb_status_name(answer_), aimdb_status_name(wanted)); \
            exit(1); \
        } \
        if (!atomic_flag_test_and_set(&said_)) say(#call, answer_); \
    } while (0)

#define OK(call) ANSWERS(AIMDB_OK, call)

#endif
