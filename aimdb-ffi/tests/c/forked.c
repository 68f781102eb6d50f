/* A process that forks while its threads are blocked in calls: in the child each handle of the parent is refused by each
 * call, nothing hangs, and a database of its own works. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"

static one_t full, empty;
static aimdb_waitset_t set;
static aimdb_error_t failure;
static aimdb_builder_t builder;
static aimdb_message_t message;

static void *send(void *unused) {
    (void)unused;
    uint64_t value = 5;
    return (void *)(intptr_t)aimdb_producer_send(full.producer, &value, sizeof value);
}

static void *receive(void *unused) {
    (void)unused;
    uint64_t value;
    return (void *)(intptr_t)aimdb_consumer_recv(empty.consumer, &value, sizeof value, NULL);
}

static void tap(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
}

#define REFUSED(call) ANSWERS(AIMDB_FORKED_CHILD, call)

static void ends_are_refused(one_t one) {
    uint64_t value = 1, number;
    size_t count = 9;
    int32_t closed;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_message_t other;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    aimdb_consumer_stats_t read = AIMDB_CONSUMER_STATS_INIT;
    REFUSED(aimdb_db_close(one.db, -1, &number));
    REFUSED(aimdb_db_is_closed(one.db, &closed));
    REFUSED(aimdb_db_dump(one.db, 2));
    REFUSED(aimdb_db_stats(one.db, "values", &stats));
    REFUSED(aimdb_producer_open(one.db, "values", &one.record.type, &producer, NULL));
    REFUSED(aimdb_consumer_open(one.db, "values", &one.record.type, AIMDB_LIVE, &consumer, NULL));

    REFUSED(aimdb_producer_try_send(one.producer, &value, sizeof value));
    REFUSED(aimdb_producer_send(one.producer, &value, sizeof value));
    REFUSED(aimdb_producer_send_timeout(one.producer, &value, sizeof value, -1));
    REFUSED(aimdb_producer_send_deadline(one.producer, &value, sizeof value, INT64_MAX));
    REFUSED(aimdb_producer_force_send(one.producer, &value, sizeof value));
    REFUSED(aimdb_producer_send_batch(one.producer, &value, 1, -1, &count));
    CHECK(count == 0);
    counted_t moved = { { 0 }, 0 };
    REFUSED(aimdb_producer_send_move(one.producer, moved.bytes, sizeof value, count_freed, &moved, -1));
    CHECK(freed(&moved) == 0);
    REFUSED(aimdb_producer_flush(one.producer, -1));
    REFUSED(aimdb_producer_close(one.producer, -1, &number));
    REFUSED(aimdb_producer_abort(one.producer, &number));
    REFUSED(aimdb_producer_is_closed(one.producer, &closed));
    REFUSED(aimdb_producer_stats(one.producer, &stats));

    REFUSED(aimdb_consumer_share(one.consumer, &consumer));
    REFUSED(aimdb_consumer_subscribe(one.consumer, &consumer));
    REFUSED(aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    REFUSED(aimdb_consumer_recv(one.consumer, &value, sizeof value, NULL));
    REFUSED(aimdb_consumer_recv_timeout(one.consumer, &value, sizeof value, NULL, -1));
    REFUSED(aimdb_consumer_recv_deadline(one.consumer, &value, sizeof value, NULL, INT64_MAX));
    REFUSED(aimdb_consumer_recv_batch(one.consumer, &value, 1, -1, &count));
    CHECK(count == 0);
    REFUSED(aimdb_consumer_latest(one.consumer, &value, sizeof value, NULL, -1));
    REFUSED(aimdb_consumer_peek(one.consumer, &value, sizeof value, NULL));
    REFUSED(aimdb_consumer_recv_message(one.consumer, -1, &other, NULL, NULL));
    REFUSED(aimdb_consumer_latest_message(one.consumer, -1, &other, NULL, NULL));
    REFUSED(aimdb_consumer_peek_message(one.consumer, &other, NULL, NULL));
    REFUSED(aimdb_consumer_lag(one.consumer, &number));
    REFUSED(aimdb_consumer_is_closed(one.consumer, &closed));
    REFUSED(aimdb_consumer_stats(one.consumer, &read));
    REFUSED(aimdb_waitset_add_consumer(set, one.consumer, 1));
    REFUSED(aimdb_waitset_add_producer(set, one.producer, 1));

    REFUSED(aimdb_producer_free(one.producer));
    REFUSED(aimdb_consumer_free(one.consumer));
    REFUSED(aimdb_db_free(one.db));
}

static void others_are_refused(void) {
    uint64_t token;
    size_t count;
    int fd;
    aimdb_db_t db;
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    REFUSED(aimdb_waitset_add_timer(set, 1, 1, 1));
    REFUSED(aimdb_waitset_remove(set, 1));
    REFUSED(aimdb_waitset_wait(set, &token, 1, -1, &count));
    REFUSED(aimdb_waitset_wait_deadline(set, &token, 1, INT64_MAX, &count));
    REFUSED(aimdb_waitset_fd(set, &fd));
    REFUSED(aimdb_waitset_end_fd(set, 1, &fd));
    REFUSED(aimdb_waitset_free(set));
    REFUSED(aimdb_message_data(message, NULL, NULL));
    REFUSED(aimdb_message_free(message));
    REFUSED(aimdb_builder_record(builder, &record, NULL));
    REFUSED(aimdb_builder_tap(builder, "values", tap, NULL, NULL, NULL));
    REFUSED(aimdb_builder_attach(builder, &db, NULL));
    REFUSED(aimdb_builder_free(builder));
    REFUSED(aimdb_error_free(failure));
    CHECK(aimdb_error_message(failure) == NULL);
}

static void own_database(void) {
    one_t own = attached(described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4));
    uint64_t value = 77;
    OK(aimdb_producer_send(own.producer, &value, sizeof value));
    value = 0;
    OK(aimdb_consumer_recv(own.consumer, &value, sizeof value, NULL));
    CHECK(value == 77);
    ANSWERS(AIMDB_TIMEOUT, aimdb_consumer_recv_timeout(own.consumer, &value, sizeof value, NULL, 1000));
    OK(aimdb_db_close(own.db, -1, NULL));
    detach(own);
}

static void child(void) {
    alarm(60);
    ends_are_refused(full);
    ends_are_refused(empty);
    others_are_refused();
    own_database();
    /* And a child of the child. */
    pid_t grandchild = fork();
    CHECK(grandchild >= 0);
    if (grandchild == 0) {
        alarm(60);
        ends_are_refused(full);
        own_database();
        _exit(0);
    }
    int status;
    CHECK(waitpid(grandchild, &status, 0) == grandchild);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 1);
    full = attached(record);
    empty = attached(record);
    one_t read = attached(record);
    OK(aimdb_waitset_new(&set));
    OK(aimdb_builder_new(&builder));
    ANSWERS(AIMDB_RECORD_NOT_FOUND, aimdb_producer_open(full.db, "none", &record.type, &(aimdb_producer_t){ 0 }, &failure));
    uint64_t value = 5;
    OK(aimdb_producer_send(full.producer, &value, sizeof value));
    OK(aimdb_producer_send(read.producer, &value, sizeof value));
    OK(aimdb_consumer_recv_message(read.consumer, 0, &message, NULL, NULL));
    pthread_t threads[2];
    CHECK(pthread_create(&threads[0], NULL, send, NULL) == 0);
    CHECK(pthread_create(&threads[1], NULL, receive, NULL) == 0);
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    do OK(aimdb_db_stats(full.db, "values", &stats)); while (stats.waiting_producers == 0);
    do OK(aimdb_db_stats(empty.db, "values", &stats)); while (stats.waiting_consumers == 0);

    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        child();
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    /* The parent goes on as if nothing had been. */
    OK(aimdb_producer_send(empty.producer, &value, sizeof value));
    OK(aimdb_consumer_recv(full.consumer, &value, sizeof value, NULL));
    for (int at = 0; at < 2; at++) {
        void *answer;
        CHECK(pthread_join(threads[at], &answer) == 0);
        ANSWERS(AIMDB_OK, (aimdb_status_t)(intptr_t)answer);
    }
    OK(aimdb_message_free(message));
    OK(aimdb_error_free(failure));
    OK(aimdb_builder_free(builder));
    OK(aimdb_waitset_free(set));
    detach(full);
    detach(empty);
    detach(read);
    return 0;
}
