/* What each call of a wait set answers, by its cause. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "provoke.h"

/* Long enough for nothing to come. */
enum { MOMENT = 1000, NUMBERS = 1, ROOM = 2, TICK = 3, NOBODY = 4 };

static uint64_t token;
static size_t count;
static int fd;

static void what_a_set_does(void) {
    one_t one = queue(1);
    aimdb_waitset_t set;
    OK(aimdb_waitset_new(&set));
    PROVOKE(AIMDB_OK, aimdb_waitset_add_consumer(set, one.consumer, NUMBERS));
    PROVOKE(AIMDB_EMPTY, aimdb_waitset_wait(set, &token, 1, 0, &count));
    PROVOKE(AIMDB_TIMEOUT, aimdb_waitset_wait(set, &token, 1, MOMENT, &count));
    PROVOKE(AIMDB_TIMEOUT, aimdb_waitset_wait_deadline(set, &token, 1, aimdb_now() + MOMENT, &count));
    PROVOKE(AIMDB_TIMEOUT, aimdb_waitset_wait_deadline(set, &token, 1, 0, &count));
    PROVOKE(AIMDB_OK, aimdb_waitset_add_producer(set, one.producer, ROOM));
    PROVOKE(AIMDB_OK, aimdb_waitset_wait(set, &token, 1, -1, &count));
    PROVOKE(AIMDB_OK, aimdb_waitset_wait_deadline(set, &token, 1, INT64_MAX, &count));
    PROVOKE(AIMDB_OK, aimdb_waitset_fd(set, &fd));
    PROVOKE(AIMDB_OK, aimdb_waitset_end_fd(set, ROOM, &fd));
    CHECK(close(fd) == 0);
    PROVOKE(AIMDB_OK, aimdb_waitset_add_timer(set, 0, 0, TICK));
    PROVOKE(AIMDB_OK, aimdb_waitset_remove(set, ROOM));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_waitset_remove(set, NOBODY));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_waitset_end_fd(set, NOBODY, &fd));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_waitset_add_timer(set, -1, 0, TICK));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_waitset_add_timer(set, 0, -1, TICK));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_waitset_wait(set, &token, 0, 0, &count));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_waitset_wait_deadline(set, &token, 0, 0, &count));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_new(NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_wait(set, NULL, 1, 0, &count));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_wait(set, &token, 1, 0, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_wait_deadline(set, NULL, 1, 0, &count));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_wait_deadline(set, &token, 1, 0, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_fd(set, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_waitset_end_fd(set, ROOM, NULL));
    OK(aimdb_waitset_free(set));
    detach(one);
}

static void *wait_for_ever(void *set) {
    uint64_t found;
    size_t some;
    PROVOKE(AIMDB_CLOSED, aimdb_waitset_wait(*(aimdb_waitset_t *)set, &found, 1, -1, &some));
    return NULL;
}

static void *wait_long(void *set) {
    uint64_t found;
    size_t some;
    PROVOKE(AIMDB_CLOSED, aimdb_waitset_wait_deadline(*(aimdb_waitset_t *)set, &found, 1, INT64_MAX, &some));
    return NULL;
}

/* Until a thread sleeps in a wait for a set. */
static void until_one_waits(aimdb_db_t db) {
    char text[4096];
    ssize_t length;
    do {
        int ends[2];
        CHECK(sched_yield() == 0 && pipe(ends) == 0);
        OK(aimdb_db_dump(db, ends[1]));
        CHECK(close(ends[1]) == 0);
        CHECK((length = read(ends[0], text, sizeof text - 1)) >= 0);
        text[length] = 0;
        CHECK(close(ends[0]) == 0);
    } while (!strstr(text, "such as a wait set, for"));
}

static void a_set_that_is_freed_while_threads_wait_for_it(void) {
    one_t one = queue(1);
    void *(*waits[])(void *) = { wait_for_ever, wait_long };
    for (int at = 0; at < 2; at++) {
        aimdb_waitset_t set;
        pthread_t thread;
        OK(aimdb_waitset_new(&set));
        CHECK(pthread_create(&thread, NULL, waits[at], &set) == 0);
        until_one_waits(one.db);
        OK(aimdb_waitset_free(set));
        CHECK(pthread_join(thread, NULL) == 0);
    }
    detach(one);
}

int main(void) {
    alarm(60); /* nothing may hang */
    begin();
    what_a_set_does();
    a_set_that_is_freed_while_threads_wait_for_it();
    return 0;
}
