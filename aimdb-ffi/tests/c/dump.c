/* A thread that a full record holds up is named by the dump, with what it waits for; and nobody once it has gone on. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static void *send_two(void *argument) {
    aimdb_producer_t producer = *(aimdb_producer_t *)argument;
    for (uint64_t number = 1; number <= 2; number++) OK(aimdb_producer_send(producer, &number, sizeof number));
    return NULL;
}

static void *wait_for_a_set(void *argument) {
    uint64_t token;
    size_t count;
    ANSWERS(AIMDB_CLOSED, aimdb_waitset_wait(*(aimdb_waitset_t *)argument, &token, 1, -1, &count));
    return NULL;
}

/* The dump as a text. */
static const char *dump(aimdb_db_t db) {
    static char text[8192];
    int ends[2];
    CHECK(pipe(ends) == 0);
    OK(aimdb_db_dump(db, ends[1]));
    CHECK(close(ends[1]) == 0);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], text + length, sizeof text - 1 - length)) > 0) length += (size_t)got;
    text[length] = 0;
    CHECK(close(ends[0]) == 0);
    return text;
}

int main(void) {
    alarm(60); /* nothing may hang */
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "jobs";
    record.kind = AIMDB_BOUNDED;
    record.capacity = 1;
    record.type.size = sizeof(uint64_t);
    OK(aimdb_builder_record(builder, &record, NULL));
    aimdb_db_t db;
    OK(aimdb_builder_attach(builder, &db, NULL));
    aimdb_producer_t producer;
    OK(aimdb_producer_open(db, "jobs", &record.type, &producer, NULL));
    aimdb_consumer_t consumer;
    OK(aimdb_consumer_open(db, "jobs", &record.type, AIMDB_LIVE, &consumer, NULL));

    CHECK(strstr(dump(db), "record jobs: Bounded (pause_upstream), 0 of 1 values, 1 cursors"));
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, send_two, &producer) == 0);
    while (!strstr(dump(db), "has waited for room for")) sched_yield();
    CHECK(strstr(dump(db), "furthest behind: cursor"));

    for (uint64_t expected = 1; expected <= 2; expected++) {
        uint64_t number;
        OK(aimdb_consumer_recv(consumer, &number, sizeof number, NULL));
        CHECK(number == expected);
    }
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!strstr(dump(db), "has waited"));

    /* Whoever waits for a set is named too. */
    aimdb_waitset_t set;
    OK(aimdb_waitset_new(&set));
    CHECK(pthread_create(&thread, NULL, wait_for_a_set, &set) == 0);
    while (!strstr(dump(db), "such as a wait set, for")) sched_yield();
    OK(aimdb_waitset_free(set));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!strstr(dump(db), "has waited"));
    ANSWERS(AIMDB_IO, aimdb_db_dump(db, -1));
    /* A pipe that nobody reads is no reason to end the process, and leaves no signal behind. */
    int broken[2];
    sigset_t pending;
    CHECK(pipe(broken) == 0 && close(broken[0]) == 0);
    ANSWERS(AIMDB_IO, aimdb_db_dump(db, broken[1]));
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
    CHECK(close(broken[1]) == 0);
    OK(aimdb_db_free(db));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_dump(db, 1));
    return 0;
}
