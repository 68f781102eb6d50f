/* Statuses that are provoked by their cause, all of which the driver wants to see. */
#ifndef PROVOKE_H
#define PROVOKE_H

#include "records.h"

/* That a call answers this status, which is said each time. */
#define PROVOKE(wanted, call) \
    do { \
        ANSWERS(wanted, call); \
        say(#call, wanted); \
    } while (0)

/* A line goes out when it is said: a process may fork, or have no memory left. */
static inline void begin(void) {
    static char buffer[4096];
    CHECK(setvbuf(stdout, buffer, _IOLBF, sizeof buffer) == 0);
}

static inline one_t queue_of(aimdb_form_t form, size_t size, aimdb_policy_t policy, size_t capacity) {
    return attached(described(form, size, AIMDB_BOUNDED, policy, capacity));
}

/* Numbers of 8 bytes, whose producer waits when it is full. */
static inline one_t queue(size_t capacity) { return queue_of(AIMDB_PLAIN, 8, AIMDB_PAUSE_UPSTREAM, capacity); }

static inline void send_number(one_t one, uint64_t number) {
    OK(aimdb_producer_try_send(one.producer, &number, sizeof number));
}

#endif
