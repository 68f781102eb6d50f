/* Each call that is given a handle, with one handle of each kind: what a handle is answered, whatever else is said. */
#ifndef EACH_CALL_H
#define EACH_CALL_H

#include "provoke.h"

typedef struct handles {
    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_message_t message;
    aimdb_loan_t loan;
    aimdb_waitset_t set;
    aimdb_error_t error;
} handles_t;

static inline void see_nothing(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
}

static inline void each_call_of_set_up(handles_t with, aimdb_status_t answer) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    int32_t closed;
    PROVOKE(answer, aimdb_builder_record(with.builder, &record, NULL));
    PROVOKE(answer, aimdb_builder_tap(with.builder, "values", see_nothing, NULL, NULL, NULL));
    PROVOKE(answer, aimdb_builder_attach(with.builder, &db, NULL));
    PROVOKE(answer, aimdb_db_close(with.db, -1, NULL));
    PROVOKE(answer, aimdb_db_is_closed(with.db, &closed));
    PROVOKE(answer, aimdb_db_dump(with.db, 2));
    PROVOKE(answer, aimdb_db_stats(with.db, "values", &stats));
    PROVOKE(answer, aimdb_producer_open(with.db, "values", &record.type, &producer, NULL));
    PROVOKE(answer, aimdb_consumer_open(with.db, "values", &record.type, AIMDB_LIVE, &consumer, NULL));
}

static inline void each_call_of_a_producer(handles_t with, aimdb_status_t answer) {
    uint64_t value = 1;
    size_t count = 9;
    counted_t moved = { { 0 }, 0 };
    aimdb_loan_t loan;
    void *data;
    int32_t closed;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    PROVOKE(answer, aimdb_producer_try_send(with.producer, &value, sizeof value));
    PROVOKE(answer, aimdb_producer_send(with.producer, &value, sizeof value));
    PROVOKE(answer, aimdb_producer_send_timeout(with.producer, &value, sizeof value, -1));
    PROVOKE(answer, aimdb_producer_send_deadline(with.producer, &value, sizeof value, INT64_MAX));
    PROVOKE(answer, aimdb_producer_force_send(with.producer, &value, sizeof value));
    PROVOKE(answer, aimdb_producer_send_batch(with.producer, &value, 1, -1, &count));
    CHECK(count == 0);
    PROVOKE(answer, aimdb_producer_send_move(with.producer, moved.bytes, sizeof value, count_freed, &moved, -1));
    CHECK(freed(&moved) == 0);
    PROVOKE(answer, aimdb_producer_loan(with.producer, sizeof value, -1, &loan, &data));
    PROVOKE(answer, aimdb_loan_send(with.loan));
    PROVOKE(answer, aimdb_producer_flush(with.producer, -1));
    PROVOKE(answer, aimdb_producer_close(with.producer, -1, NULL));
    PROVOKE(answer, aimdb_producer_abort(with.producer, NULL));
    PROVOKE(answer, aimdb_producer_is_closed(with.producer, &closed));
    PROVOKE(answer, aimdb_producer_stats(with.producer, &stats));
}

static inline void each_call_of_a_consumer(handles_t with, aimdb_status_t answer) {
    uint64_t value, lag;
    size_t count = 9;
    int32_t closed;
    aimdb_consumer_t other;
    aimdb_message_t message;
    aimdb_consumer_stats_t stats = AIMDB_CONSUMER_STATS_INIT;
    PROVOKE(answer, aimdb_consumer_share(with.consumer, &other));
    PROVOKE(answer, aimdb_consumer_subscribe(with.consumer, &other));
    PROVOKE(answer, aimdb_consumer_try_recv(with.consumer, &value, sizeof value, NULL));
    PROVOKE(answer, aimdb_consumer_recv(with.consumer, &value, sizeof value, NULL));
    PROVOKE(answer, aimdb_consumer_recv_timeout(with.consumer, &value, sizeof value, NULL, -1));
    PROVOKE(answer, aimdb_consumer_recv_deadline(with.consumer, &value, sizeof value, NULL, INT64_MAX));
    PROVOKE(answer, aimdb_consumer_recv_batch(with.consumer, &value, 1, -1, &count));
    CHECK(count == 0);
    PROVOKE(answer, aimdb_consumer_latest(with.consumer, &value, sizeof value, NULL, -1));
    PROVOKE(answer, aimdb_consumer_peek(with.consumer, &value, sizeof value, NULL));
    PROVOKE(answer, aimdb_consumer_recv_message(with.consumer, -1, &message, NULL, NULL));
    PROVOKE(answer, aimdb_consumer_latest_message(with.consumer, -1, &message, NULL, NULL));
    PROVOKE(answer, aimdb_consumer_peek_message(with.consumer, &message, NULL, NULL));
    PROVOKE(answer, aimdb_consumer_lag(with.consumer, &lag));
    PROVOKE(answer, aimdb_consumer_is_closed(with.consumer, &closed));
    PROVOKE(answer, aimdb_consumer_stats(with.consumer, &stats));
    PROVOKE(answer, aimdb_waitset_add_consumer(with.set, with.consumer, 1));
}

static inline void each_call_of_a_set(handles_t with, aimdb_status_t answer) {
    uint64_t token;
    size_t count;
    int fd;
    PROVOKE(answer, aimdb_waitset_add_producer(with.set, with.producer, 1));
    PROVOKE(answer, aimdb_waitset_add_timer(with.set, 1, 1, 1));
    PROVOKE(answer, aimdb_waitset_remove(with.set, 1));
    PROVOKE(answer, aimdb_waitset_wait(with.set, &token, 1, -1, &count));
    PROVOKE(answer, aimdb_waitset_wait_deadline(with.set, &token, 1, INT64_MAX, &count));
    PROVOKE(answer, aimdb_waitset_fd(with.set, &fd));
    PROVOKE(answer, aimdb_waitset_end_fd(with.set, 1, &fd));
}

static inline void each_free(handles_t with, aimdb_status_t answer) {
    PROVOKE(answer, aimdb_builder_free(with.builder));
    PROVOKE(answer, aimdb_db_free(with.db));
    PROVOKE(answer, aimdb_producer_free(with.producer));
    PROVOKE(answer, aimdb_consumer_free(with.consumer));
    PROVOKE(answer, aimdb_message_free(with.message));
    PROVOKE(answer, aimdb_loan_free(with.loan));
    PROVOKE(answer, aimdb_waitset_free(with.set));
    PROVOKE(answer, aimdb_error_free(with.error));
}

static inline void each_call(handles_t with, aimdb_status_t answer) {
    each_call_of_set_up(with, answer);
    each_call_of_a_producer(with, answer);
    each_call_of_a_consumer(with, answer);
    each_call_of_a_set(with, answer);
    PROVOKE(answer, aimdb_message_data(with.message, NULL, NULL));
    each_free(with, answer);
}

#endif
