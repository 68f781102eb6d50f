/* One thread waits on two consumers, a producer and a timer; ends are added, removed and freed meanwhile. */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { JOBS = 1, WORDS = 2, ROOM = 3, TICK = 4, VALUES = 5000 };

static aimdb_producer_t jobs_in, words_in;

static void *produce_jobs(void *argument) {
    (void)argument;
    for (uint64_t number = 1; number <= VALUES; number++) OK(aimdb_producer_send(jobs_in, &number, sizeof number));
    (void)aimdb_producer_close(jobs_in, 0, NULL); /* what is not read yet is read below */
    return NULL;
}

static void *produce_words(void *argument) {
    (void)argument;
    for (uint64_t number = 1; number <= VALUES; number++) OK(aimdb_producer_send(words_in, &number, sizeof number));
    (void)aimdb_producer_close(words_in, 0, NULL);
    return NULL;
}

static void *wait_for_nothing(void *argument) {
    uint64_t token;
    size_t count = 9;
    aimdb_status_t status = aimdb_waitset_wait(*(aimdb_waitset_t *)argument, &token, 1, -1, &count);
    CHECK(status == AIMDB_CLOSED || status == AIMDB_BAD_HANDLE); /* it may come when the set is gone already */
    CHECK(count == 0);
    return NULL;
}

static int readable(int fd, int timeout_ms) {
    struct pollfd polled = { .fd = fd, .events = POLLIN };
    return poll(&polled, 1, timeout_ms) == 1 && (polled.revents & POLLIN);
}

int main(void) {
    alarm(60); /* nothing may hang */
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.kind = AIMDB_BOUNDED;
    record.capacity = 4;
    record.type.size = sizeof(uint64_t);
    record.key = "jobs";
    OK(aimdb_builder_record(builder, &record, NULL));
    record.key = "words";
    OK(aimdb_builder_record(builder, &record, NULL));
    aimdb_db_t db;
    OK(aimdb_builder_attach(builder, &db, NULL));
    aimdb_consumer_t jobs, words;
    OK(aimdb_producer_open(db, "jobs", &record.type, &jobs_in, NULL));
    OK(aimdb_producer_open(db, "words", &record.type, &words_in, NULL));
    OK(aimdb_consumer_open(db, "jobs", &record.type, AIMDB_LIVE, &jobs, NULL));
    OK(aimdb_consumer_open(db, "words", &record.type, AIMDB_LIVE, &words, NULL));

    aimdb_waitset_t set;
    OK(aimdb_waitset_new(&set));
    OK(aimdb_waitset_add_consumer(set, jobs, JOBS));
    OK(aimdb_waitset_add_consumer(set, words, WORDS));
    uint64_t tokens[4];
    size_t count = 9;
    ANSWERS(AIMDB_EMPTY, aimdb_waitset_wait(set, tokens, 4, 0, &count));
    CHECK(count == 0);
    ANSWERS(AIMDB_TIMEOUT, aimdb_waitset_wait(set, tokens, 4, 1000, &count));
    ANSWERS(AIMDB_TIMEOUT, aimdb_waitset_wait_deadline(set, tokens, 4, aimdb_now() + 1000, &count));

    /* Room, until it is full; level-triggered both ways. */
    OK(aimdb_waitset_add_producer(set, jobs_in, ROOM));
    OK(aimdb_waitset_wait(set, tokens, 4, -1, &count));
    CHECK(count == 1 && tokens[0] == ROOM);
    uint64_t zero = 0;
    for (int sent = 0; sent < 4; sent++) OK(aimdb_producer_try_send(jobs_in, &zero, sizeof zero));
    OK(aimdb_waitset_wait(set, tokens, 4, -1, &count));
    CHECK(count == 1 && tokens[0] == JOBS);
    OK(aimdb_waitset_remove(set, ROOM));
    ANSWERS(AIMDB_BAD_ARGUMENT, aimdb_waitset_remove(set, ROOM));
    for (int received = 0; received < 4; received++) OK(aimdb_consumer_try_recv(jobs, &zero, sizeof zero, NULL));
    ANSWERS(AIMDB_EMPTY, aimdb_waitset_wait(set, tokens, 4, 0, &count));

    /* The set, and one end, among the file descriptors of a loop. */
    int fd = -1, end_fd = -1;
    OK(aimdb_waitset_fd(set, &fd));
    OK(aimdb_waitset_end_fd(set, WORDS, &end_fd));
    ANSWERS(AIMDB_BAD_ARGUMENT, aimdb_waitset_end_fd(set, TICK, &end_fd));
    ANSWERS(AIMDB_EMPTY, aimdb_waitset_wait(set, tokens, 4, 0, &count));
    CHECK(!readable(fd, 0) && !readable(end_fd, 0));
    OK(aimdb_producer_try_send(words_in, &zero, sizeof zero));
    CHECK(readable(fd, -1) && readable(end_fd, -1));
    /* Whoever knows that there is room for all of them may say so. */
    OK(aimdb_waitset_wait(set, tokens, SIZE_MAX, 0, &count));
    CHECK(count == 1 && tokens[0] == WORDS);
    CHECK(readable(fd, 0) && readable(end_fd, 0));
    OK(aimdb_consumer_try_recv(words, &zero, sizeof zero, NULL));
    ANSWERS(AIMDB_EMPTY, aimdb_waitset_wait(set, tokens, 4, 0, &count));
    CHECK(!readable(fd, 0) && !readable(end_fd, 0));
    CHECK(close(end_fd) == 0);

    /* A timer, once. */
    OK(aimdb_waitset_add_timer(set, 1000, 0, TICK));
    OK(aimdb_waitset_wait(set, tokens, 4, -1, &count));
    CHECK(count == 1 && tokens[0] == TICK);
    ANSWERS(AIMDB_EMPTY, aimdb_waitset_wait(set, tokens, 4, 0, &count));
    ANSWERS(AIMDB_BAD_ARGUMENT, aimdb_waitset_add_timer(set, -1, 0, TICK));

    /* Two streams to their ends. */
    pthread_t threads[2];
    CHECK(pthread_create(&threads[0], NULL, produce_jobs, NULL) == 0);
    CHECK(pthread_create(&threads[1], NULL, produce_words, NULL) == 0);
    uint64_t seen[3] = { 0, 0, 0 };
    int open = 2;
    while (open > 0) {
        OK(aimdb_waitset_wait(set, tokens, 4, -1, &count));
        CHECK(count >= 1);
        for (size_t at = 0; at < count; at++) {
            uint64_t token = tokens[at], number;
            aimdb_consumer_t consumer = token == JOBS ? jobs : words;
            aimdb_status_t status = aimdb_consumer_try_recv(consumer, &number, sizeof number, NULL);
            if (status == AIMDB_OK) {
                CHECK(number == ++seen[token]);
            } else if (status == AIMDB_CLOSED) {
                open--;
                if (token == JOBS) OK(aimdb_waitset_remove(set, token));
                else OK(aimdb_consumer_free(words)); /* leaves the set by itself */
            } else {
                ANSWERS(AIMDB_EMPTY, status);
            }
        }
    }
    CHECK(seen[JOBS] == VALUES && seen[WORDS] == VALUES);
    CHECK(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);

    /* Whoever waits for a set that is freed is sent home. */
    CHECK(pthread_create(&threads[0], NULL, wait_for_nothing, &set) == 0);
    OK(aimdb_waitset_free(set));
    CHECK(pthread_join(threads[0], NULL) == 0);
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_waitset_add_consumer(set, jobs, JOBS));
    OK(aimdb_db_free(db));
    return 0;
}
