/* What a program does wrong, and what it is told: a status each time, and nothing breaks. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "records.h"

static aimdb_db_t db_of(uint64_t id) { return (aimdb_db_t){ id }; }
static aimdb_consumer_t consumer_of(uint64_t id) { return (aimdb_consumer_t){ id }; }
static aimdb_producer_t producer_of(uint64_t id) { return (aimdb_producer_t){ id }; }

static one_t queue(size_t capacity) {
    return attached(described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, capacity));
}

static void a_handle_of_the_wrong_kind(void) {
    one_t one = queue(2);
    uint64_t value = 1;
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(producer_of(one.consumer.id), &value, sizeof value));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(producer_of(one.db.id), &value, sizeof value));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_consumer_try_recv(consumer_of(one.producer.id), &value, sizeof value, NULL));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_consumer_lag(consumer_of(one.db.id), &value));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_close(db_of(one.producer.id), 0, NULL));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_free(db_of(one.producer.id)));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_message_free((aimdb_message_t){ one.db.id }));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_error_free((aimdb_error_t){ one.db.id }));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_builder_free((aimdb_builder_t){ one.consumer.id }));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_waitset_free((aimdb_waitset_t){ one.consumer.id }));
    CHECK(aimdb_error_message((aimdb_error_t){ one.db.id }) == NULL);
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    detach(one);
}

static void a_handle_that_was_never_made(void) {
    uint64_t ids[] = { 0, 1, 255, 256, 4194303, 4194304, UINT32_MAX, (uint64_t)UINT32_MAX << 32, 77ull << 32, UINT64_MAX };
    uint64_t value = 1;
    for (size_t at = 0; at < sizeof ids / sizeof *ids; at++) {
        ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(producer_of(ids[at]), &value, sizeof value));
        ANSWERS(AIMDB_BAD_HANDLE, aimdb_consumer_recv(consumer_of(ids[at]), &value, sizeof value, NULL));
        ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_stats(db_of(ids[at]), "values", &(aimdb_stats_t)AIMDB_STATS_INIT));
        ANSWERS(ids[at] == 0 ? AIMDB_OK : AIMDB_BAD_HANDLE, aimdb_db_free(db_of(ids[at])));
    }
}

static void a_handle_that_is_freed_twice_and_used_after(void) {
    one_t one = queue(2);
    uint64_t value = 1;
    OK(aimdb_producer_free(one.producer));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_free(one.producer));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(one.producer, &value, sizeof value));
    /* Its place is used again, and the old handle still names nothing. */
    aimdb_producer_t other;
    OK(aimdb_producer_open(one.db, "values", &one.record.type, &other, NULL));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(one.producer, &value, sizeof value));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_free(one.producer));
    OK(aimdb_producer_send(other, &value, sizeof value));
    one.producer = other;
    detach(one);
}

static void ends_that_outlive_their_database(void) {
    one_t one = queue(4);
    uint64_t value = 7;
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    OK(aimdb_db_free(one.db));
    ANSWERS(AIMDB_CLOSED, aimdb_producer_send(one.producer, &value, sizeof value));
    value = 0;
    OK(aimdb_consumer_recv(one.consumer, &value, sizeof value, NULL));
    CHECK(value == 7);
    ANSWERS(AIMDB_CLOSED, aimdb_consumer_recv(one.consumer, &value, sizeof value, NULL));
    OK(aimdb_consumer_free(one.consumer));
    OK(aimdb_producer_free(one.producer));
}

static void *receive(void *argument) {
    uint64_t value;
    return (void *)(intptr_t)aimdb_consumer_recv(*(aimdb_consumer_t *)argument, &value, sizeof value, NULL);
}

/* Waits until so many consumers, and so many producers, wait in the record. */
static void until_waiting(one_t one, uint64_t consumers, uint64_t producers) {
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    do {
        OK(aimdb_db_stats(one.db, "values", &stats));
    } while (stats.waiting_consumers < consumers || stats.waiting_producers < producers);
}

static void two_threads_in_one_consumer(void) {
    one_t one = queue(2);
    pthread_t thread;
    uint64_t value = 1, lag;
    int32_t closed;
    aimdb_consumer_t other;
    aimdb_message_t message;
    aimdb_consumer_stats_t stats = AIMDB_CONSUMER_STATS_INIT;
    CHECK(pthread_create(&thread, NULL, receive, &one.consumer) == 0);
    until_waiting(one, 1, 0);
    ANSWERS(AIMDB_BUSY, aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_recv(one.consumer, &value, sizeof value, NULL));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_recv_timeout(one.consumer, &value, sizeof value, NULL, 1));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_recv_deadline(one.consumer, &value, sizeof value, NULL, 1));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_latest(one.consumer, &value, sizeof value, NULL, 0));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_peek(one.consumer, &value, sizeof value, NULL));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_recv_message(one.consumer, 0, &message, NULL, NULL));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_latest_message(one.consumer, 0, &message, NULL, NULL));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_peek_message(one.consumer, &message, NULL, NULL));
    size_t received = 9;
    ANSWERS(AIMDB_BUSY, aimdb_consumer_recv_batch(one.consumer, &value, 1, 0, &received));
    CHECK(received == 0);
    ANSWERS(AIMDB_BUSY, aimdb_consumer_share(one.consumer, &other));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_subscribe(one.consumer, &other));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_lag(one.consumer, &lag));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_is_closed(one.consumer, &closed));
    ANSWERS(AIMDB_BUSY, aimdb_consumer_stats(one.consumer, &stats));
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    void *status;
    CHECK(pthread_join(thread, &status) == 0);
    ANSWERS(AIMDB_OK, (aimdb_status_t)(intptr_t)status);
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    detach(one);
}

static void a_free_while_another_thread_is_in_the_call(void) {
    one_t one = queue(2);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, receive, &one.consumer) == 0);
    until_waiting(one, 1, 0);
    OK(aimdb_consumer_free(one.consumer));
    uint64_t value = 1;
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_consumer_free(one.consumer));
    /* The call goes on, and what it used goes with it. */
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    void *status;
    CHECK(pthread_join(thread, &status) == 0);
    ANSWERS(AIMDB_OK, (aimdb_status_t)(intptr_t)status);
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    OK(aimdb_db_stats(one.db, "values", &stats));
    CHECK(stats.cursors == 0);
    OK(aimdb_db_free(one.db));
    OK(aimdb_producer_free(one.producer));
}

static void *send(void *argument) {
    uint64_t value = 5;
    return (void *)(intptr_t)aimdb_producer_send(*(aimdb_producer_t *)argument, &value, sizeof value);
}

static void many_threads_in_one_producer(void) {
    one_t one = queue(1);
    pthread_t threads[4];
    uint64_t value = 5;
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    for (int at = 0; at < 4; at++) CHECK(pthread_create(&threads[at], NULL, send, &one.producer) == 0);
    until_waiting(one, 0, 4);
    ANSWERS(AIMDB_FULL, aimdb_producer_try_send(one.producer, &value, sizeof value));
    OK(aimdb_producer_free(one.producer));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_try_send(one.producer, &value, sizeof value));
    for (int at = 0; at < 5; at++) OK(aimdb_consumer_recv(one.consumer, &value, sizeof value, NULL));
    for (int at = 0; at < 4; at++) {
        void *status;
        CHECK(pthread_join(threads[at], &status) == 0);
        ANSWERS(AIMDB_OK, (aimdb_status_t)(intptr_t)status);
    }
    OK(aimdb_db_free(one.db));
    OK(aimdb_consumer_free(one.consumer));
}

/* ------------------------------------------------------------------------------------------ callbacks */

static one_t inside;
static atomic_int tapped;
static atomic_int user_freed;

static void free_user(void *user) {
    (void)user;
    atomic_fetch_add(&user_freed, 1);
}

static void wait_and_free(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    CHECK(size == 8);
    if (atomic_load(&tapped) > 0) return;
    uint64_t value = 0;
    size_t count = 3;
    uint64_t left;
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_producer_send(inside.producer, &value, sizeof value));
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_producer_send_timeout(inside.producer, &value, sizeof value, 1000000));
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_producer_send_batch(inside.producer, &value, 1, -1, &count));
    CHECK(count == 0);
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_producer_flush(inside.producer, -1));
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv(inside.consumer, &value, sizeof value, NULL));
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv_timeout(inside.consumer, &value, sizeof value, NULL, 1000000));
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_consumer_latest(inside.consumer, &value, sizeof value, NULL, -1));
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_db_close(inside.db, -1, &left));
    /* What does not wait is allowed. */
    OK(aimdb_consumer_try_recv(inside.consumer, &value, sizeof value, NULL));
    CHECK(value == 9);
    OK(aimdb_producer_try_send(inside.producer, &value, sizeof value));
    OK(aimdb_db_stats(inside.db, "values", &(aimdb_stats_t)AIMDB_STATS_INIT));
    /* Freeing what it stands on, too. */
    OK(aimdb_producer_free(inside.producer));
    OK(aimdb_consumer_free(inside.consumer));
    OK(aimdb_db_free(inside.db));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_free(inside.db));
    atomic_store(&tapped, 1);
}

static void a_tap_that_waits_and_frees_its_database(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_tap(builder, "values", wait_and_free, NULL, free_user, NULL));
    OK(aimdb_builder_attach(builder, &inside.db, NULL));
    OK(aimdb_consumer_open(inside.db, "values", &record.type, AIMDB_LIVE, &inside.consumer, NULL));
    OK(aimdb_producer_open(inside.db, "values", &record.type, &inside.producer, NULL));
    aimdb_producer_t producer;
    OK(aimdb_producer_open(inside.db, "values", &record.type, &producer, NULL));
    uint64_t value = 9;
    OK(aimdb_producer_send(producer, &value, sizeof value));
    while (atomic_load(&user_freed) == 0) sched_yield();
    CHECK(atomic_load(&tapped) == 1);
    ANSWERS(AIMDB_CLOSED, aimdb_producer_send(producer, &value, sizeof value));
    OK(aimdb_producer_free(producer));
}

static void drop_and_free(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    (void)data;
    one_t *one = user;
    CHECK(size == 8);
    /* The second value goes unread when all is freed. */
    if (cause != AIMDB_DROPPED_OVERWRITTEN) return;
    uint64_t value;
    /* The call that dropped it holds the producer, so this is another thread's view of it: the shared end. */
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv(one->consumer, &value, sizeof value, NULL));
    OK(aimdb_producer_free(one->producer));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_free(one->producer));
}

static void a_drop_callback_that_frees_the_producer_that_it_was_called_by(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_DROP_OLDEST, 1);
    one_t one;
    record.drop = drop_and_free;
    record.drop_user = &one;
    one = attached(record);
    uint64_t value = 1;
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(one.producer, &value, sizeof value));
    OK(aimdb_db_free(one.db));
    OK(aimdb_consumer_free(one.consumer));
}

/* ------------------------------------------------------------------------------------------ input */

static void keys_that_are_none(void) {
    aimdb_builder_t builder;
    aimdb_error_t error;
    OK(aimdb_builder_new(&builder));
    const char *keys[] = { "", "\xff\xfe", "two\nlines", "bell\a", "\x7f" };
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 1);
    for (size_t at = 0; at < sizeof keys / sizeof *keys; at++) {
        record.key = keys[at];
        ANSWERS(AIMDB_BAD_KEY, aimdb_builder_record(builder, &record, &error));
        CHECK(strlen(aimdb_error_message(error)) > 0);
        OK(aimdb_error_free(error));
        ANSWERS(AIMDB_BAD_HANDLE, aimdb_error_free(error));
        CHECK(aimdb_error_message(error) == NULL);
    }
    record.key = NULL;
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_free(builder));
}

static void sizes_alignments_and_structs_of_no_version(void) {
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    aimdb_record_t good = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 1), record = good;
    record.type.size = 0;
    ANSWERS(AIMDB_BAD_SIZE, aimdb_builder_record(builder, &record, NULL));
    record.type.size = SIZE_MAX;
    ANSWERS(AIMDB_BAD_SIZE, aimdb_builder_record(builder, &record, NULL));
    record = good;
    size_t alignments[] = { 3, 8192, SIZE_MAX, (size_t)1 << 63 };
    for (size_t at = 0; at < 4; at++) {
        record.type.alignment = alignments[at];
        ANSWERS(AIMDB_BAD_ALIGNMENT, aimdb_builder_record(builder, &record, NULL));
    }
    record = good;
    size_t sizes[] = { 0, 1, offsetof(aimdb_record_t, taps) - 8, sizeof record - 1, sizeof record + 1, 1032, SIZE_MAX };
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        record.struct_size = sizes[at];
        ANSWERS(AIMDB_BAD_STRUCT, aimdb_builder_record(builder, &record, NULL));
    }
    record = good;
    size_t types[] = { 0, 1, sizeof record.type - 8, sizeof record.type + 24, 1024, SIZE_MAX };
    for (size_t at = 0; at < sizeof types / sizeof *types; at++) {
        record.type.struct_size = types[at];
        ANSWERS(AIMDB_BAD_STRUCT, aimdb_builder_record(builder, &record, NULL));
    }
    record = good;
    record.kind = AIMDB_SPMC_RING;
    size_t capacities[] = { 0, SIZE_MAX, SIZE_MAX / 8, (size_t)1 << 62 };
    for (size_t at = 0; at < 4; at++) {
        record.capacity = capacities[at];
        ANSWERS(AIMDB_BAD_CAPACITY, aimdb_builder_record(builder, &record, NULL));
    }
    record = good;
    record.kind = 4;
    ANSWERS(AIMDB_BAD_KIND, aimdb_builder_record(builder, &record, NULL));
    record = good;
    record.type.form = -1;
    ANSWERS(AIMDB_BAD_KIND, aimdb_builder_record(builder, &record, NULL));
    record = good;
    record.policy = 5;
    ANSWERS(AIMDB_BAD_POLICY, aimdb_builder_record(builder, &record, NULL));
    record.policy = AIMDB_DEGRADE_QUALITY;
    ANSWERS(AIMDB_BAD_POLICY, aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_record(builder, &good, NULL));
    ANSWERS(AIMDB_DUPLICATE_RECORD, aimdb_builder_record(builder, &good, NULL));
    OK(aimdb_builder_free(builder));

    one_t one = queue(2);
    uint64_t two[2] = { 1, 2 };
    ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_send(one.producer, two, 7));
    ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_send(one.producer, two, 16));
    ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_send(one.producer, two, SIZE_MAX));
    OK(aimdb_producer_send(one.producer, two, 8));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, two, 7, NULL));
    OK(aimdb_consumer_recv(one.consumer, two, SIZE_MAX, NULL));
    detach(one);
}

static void ignore(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
}

static void null_for_each_pointer(void) {
#define NULLS(call) ANSWERS(AIMDB_NULL_ARGUMENT, call)
    one_t one = queue(2);
    aimdb_type_t *type = &one.record.type;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_builder_t builder;
    aimdb_waitset_t set;
    size_t count;
    uint64_t value = 1;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    NULLS(aimdb_policy_from_slug(NULL, &(aimdb_policy_t){ 0 }));
    NULLS(aimdb_policy_from_slug("fail", NULL));
    aimdb_schema_t none = aimdb_schema_of(NULL);
    for (size_t at = 0; at < sizeof none.bytes; at++) CHECK(none.bytes[at] == 0);
    NULLS(aimdb_builder_new(NULL));
    OK(aimdb_builder_new(&builder));
    NULLS(aimdb_builder_record(builder, NULL, NULL));
    OK(aimdb_builder_record(builder, &one.record, NULL));
    NULLS(aimdb_builder_tap(builder, NULL, ignore, NULL, NULL, NULL));
    NULLS(aimdb_builder_tap(builder, "values", NULL, NULL, NULL, NULL));
    ANSWERS(AIMDB_RECORD_NOT_FOUND, aimdb_builder_tap(builder, "none", ignore, NULL, NULL, NULL));
    NULLS(aimdb_builder_attach(builder, NULL, NULL));
    OK(aimdb_builder_free(builder));
    NULLS(aimdb_db_is_closed(one.db, NULL));
    NULLS(aimdb_db_stats(one.db, NULL, &stats));
    NULLS(aimdb_db_stats(one.db, "values", NULL));
    NULLS(aimdb_producer_open(one.db, NULL, type, &producer, NULL));
    NULLS(aimdb_producer_open(one.db, "values", NULL, &producer, NULL));
    NULLS(aimdb_producer_open(one.db, "values", type, NULL, NULL));
    NULLS(aimdb_consumer_open(one.db, NULL, type, AIMDB_LIVE, &consumer, NULL));
    NULLS(aimdb_consumer_open(one.db, "values", NULL, AIMDB_LIVE, &consumer, NULL));
    NULLS(aimdb_consumer_open(one.db, "values", type, AIMDB_LIVE, NULL, NULL));
    NULLS(aimdb_producer_try_send(one.producer, NULL, 8));
    NULLS(aimdb_producer_send(one.producer, NULL, 8));
    NULLS(aimdb_producer_send_timeout(one.producer, NULL, 8, 1));
    NULLS(aimdb_producer_send_deadline(one.producer, NULL, 8, 1));
    NULLS(aimdb_producer_force_send(one.producer, NULL, 8));
    NULLS(aimdb_producer_send_batch(one.producer, NULL, 1, 0, &count));
    CHECK(count == 0);
    NULLS(aimdb_producer_send_batch(one.producer, &value, 1, 0, NULL));
    NULLS(aimdb_producer_send_move(one.producer, NULL, 8, count_freed, NULL, 0));
    NULLS(aimdb_producer_is_closed(one.producer, NULL));
    NULLS(aimdb_producer_stats(one.producer, NULL));
    NULLS(aimdb_consumer_share(one.consumer, NULL));
    NULLS(aimdb_consumer_subscribe(one.consumer, NULL));
    OK(aimdb_producer_send(one.producer, &value, 8));
    NULLS(aimdb_consumer_try_recv(one.consumer, NULL, 8, NULL));
    NULLS(aimdb_consumer_recv(one.consumer, NULL, 8, NULL));
    NULLS(aimdb_consumer_recv_timeout(one.consumer, NULL, 8, NULL, 1));
    NULLS(aimdb_consumer_recv_deadline(one.consumer, NULL, 8, NULL, 1));
    NULLS(aimdb_consumer_latest(one.consumer, NULL, 8, NULL, 0));
    NULLS(aimdb_consumer_peek(one.consumer, NULL, 8, NULL));
    NULLS(aimdb_consumer_recv_batch(one.consumer, NULL, 1, 0, &count));
    NULLS(aimdb_consumer_recv_batch(one.consumer, &value, 1, 0, NULL));
    NULLS(aimdb_consumer_recv_message(one.consumer, 0, NULL, NULL, NULL));
    NULLS(aimdb_consumer_latest_message(one.consumer, 0, NULL, NULL, NULL));
    NULLS(aimdb_consumer_peek_message(one.consumer, NULL, NULL, NULL));
    NULLS(aimdb_consumer_lag(one.consumer, NULL));
    NULLS(aimdb_consumer_is_closed(one.consumer, NULL));
    NULLS(aimdb_consumer_stats(one.consumer, NULL));
    NULLS(aimdb_waitset_new(NULL));
    OK(aimdb_waitset_new(&set));
    NULLS(aimdb_waitset_wait(set, NULL, 1, 0, &count));
    NULLS(aimdb_waitset_wait(set, &value, 1, 0, NULL));
    NULLS(aimdb_waitset_fd(set, NULL));
    NULLS(aimdb_waitset_end_fd(set, 1, NULL));
    OK(aimdb_waitset_free(set));
    /* Nothing was taken by all that. */
    OK(aimdb_consumer_recv(one.consumer, &value, 8, NULL));
    OK(aimdb_producer_stats(one.producer, &stats));
    CHECK(stats.accepted == 1 && stats.delivered == 1);
    detach(one);
}

/* ------------------------------------------------------------------------------------------ threads */

static pthread_key_t at_exit_of_thread;
static one_t late;
static atomic_int late_calls;

static void call_late(void *unused) {
    (void)unused;
    uint64_t value = 3;
    OK(aimdb_producer_send(late.producer, &value, sizeof value));
    OK(aimdb_consumer_recv(late.consumer, &value, sizeof value, NULL));
    aimdb_consumer_t other;
    OK(aimdb_consumer_subscribe(late.consumer, &other));
    OK(aimdb_consumer_free(other));
    atomic_fetch_add(&late_calls, 1);
}

static void *leave(void *unused) {
    (void)unused;
    uint64_t value = 3;
    OK(aimdb_producer_send(late.producer, &value, sizeof value));
    OK(aimdb_consumer_recv(late.consumer, &value, sizeof value, NULL));
    CHECK(pthread_setspecific(at_exit_of_thread, &late) == 0);
    return NULL;
}

static void calls_while_a_thread_ends(void) {
    late = queue(2);
    CHECK(pthread_key_create(&at_exit_of_thread, call_late) == 0);
    for (int turn = 0; turn < 4; turn++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, leave, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    CHECK(atomic_load(&late_calls) == 4);
}

static void after_main(void) {
    call_late(NULL);
    detach(late);
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_free(late.db));
}

static atomic_int masks;

static void look_at_the_mask(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
    sigset_t blocked;
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
    int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGPIPE, SIGPROF, SIGRTMIN, SIGRTMAX };
    for (size_t at = 0; at < sizeof wanted / sizeof *wanted; at++) CHECK(sigismember(&blocked, wanted[at]) == 1);
    int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    for (size_t at = 0; at < sizeof own / sizeof *own; at++) CHECK(sigismember(&blocked, own[at]) == 0);
    atomic_fetch_add(&masks, 1);
}

static void signals_on_library_threads(void) {
    struct sigaction before[65], after;
    sigset_t mask_before, mask_after;
    for (int number = 1; number < 65; number++) sigaction(number, NULL, &before[number]);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask_before) == 0);
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    one_t one = { record, { 0 }, { 0 }, { 0 } };
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_tap(builder, "values", look_at_the_mask, NULL, NULL, NULL));
    OK(aimdb_builder_attach(builder, &one.db, NULL));
    OK(aimdb_producer_open(one.db, "values", &record.type, &one.producer, NULL));
    uint64_t value = 3;
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    OK(aimdb_db_close(one.db, -1, NULL));
    CHECK(atomic_load(&masks) == 1);
    OK(aimdb_db_free(one.db));
    OK(aimdb_producer_free(one.producer));
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask_after) == 0);
    for (int number = 1; number < 65; number++) {
        if (number == SIGKILL || number == SIGSTOP || number == 32 || number == 33) continue;
        sigaction(number, NULL, &after);
        CHECK(after.sa_handler == before[number].sa_handler);
        CHECK(sigismember(&mask_before, number) == sigismember(&mask_after, number));
    }
}

#ifdef __linux__
static int threads_now(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    while (readdir(tasks)) count++;
    closedir(tasks);
    return count;
}
#else
static int threads_now(void) { return 0; }
#endif

static void ten_thousand_databases(void) {
    int threads = threads_now();
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    uint64_t last = 0;
    for (int turn = 0; turn < 10000; turn++) {
        one_t one = { record, { 0 }, { 0 }, { 0 } };
        aimdb_builder_t builder;
        OK(aimdb_builder_new(&builder));
        OK(aimdb_builder_record(builder, &record, NULL));
        /* A thread each hundredth time: starting one takes its while. */
        if (turn % 100 == 0) OK(aimdb_builder_tap(builder, "values", ignore, NULL, NULL, NULL));
        OK(aimdb_builder_attach(builder, &one.db, NULL));
        OK(aimdb_producer_open(one.db, "values", &record.type, &one.producer, NULL));
        uint64_t value = 1;
        OK(aimdb_producer_send(one.producer, &value, sizeof value));
        if (turn % 100 == 0) OK(aimdb_db_close(one.db, -1, NULL));
        OK(aimdb_db_free(one.db));
        OK(aimdb_producer_free(one.producer));
        last = one.db.id;
    }
    /* Places are used again, so the table has not grown: the lower half of a handle is its place. */
    CHECK((last & UINT32_MAX) < 256);
    while (threads_now() > threads) sched_yield();
}

int main(void) {
    a_handle_of_the_wrong_kind();
    a_handle_that_was_never_made();
    a_handle_that_is_freed_twice_and_used_after();
    ends_that_outlive_their_database();
    two_threads_in_one_consumer();
    a_free_while_another_thread_is_in_the_call();
    many_threads_in_one_producer();
    a_tap_that_waits_and_frees_its_database();
    a_drop_callback_that_frees_the_producer_that_it_was_called_by();
    keys_that_are_none();
    sizes_alignments_and_structs_of_no_version();
    null_for_each_pointer();
    signals_on_library_threads();
    ten_thousand_databases();
    calls_while_a_thread_ends();
    CHECK(atexit(after_main) == 0);
    return 0;
}
