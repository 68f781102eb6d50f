/* What each call of a producer and of a loan answers, by its cause. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "provoke.h"

/* Long enough for nothing to come. */
enum { MOMENT = 1000 };

/* Each call that sends a copy of one value. */
#define EACH_COPY(answer, producer, value, size) \
    do { \
        PROVOKE(answer, aimdb_producer_try_send(producer, value, size)); \
        PROVOKE(answer, aimdb_producer_send(producer, value, size)); \
        PROVOKE(answer, aimdb_producer_send_timeout(producer, value, size, MOMENT)); \
        PROVOKE(answer, aimdb_producer_send_deadline(producer, value, size, aimdb_now() + MOMENT)); \
    } while (0)

static uint64_t value = 7;
static size_t count;
static counted_t moved;
static aimdb_loan_t loan;
static void *data;

static void what_is_sent(void) {
    one_t one = queue(16);
    int32_t closed;
    uint64_t left;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    EACH_COPY(AIMDB_OK, one.producer, &value, sizeof value);
    PROVOKE(AIMDB_OK, aimdb_producer_force_send(one.producer, &value, sizeof value));
    PROVOKE(AIMDB_OK, aimdb_producer_send_batch(one.producer, &value, 1, 0, &count));
    PROVOKE(AIMDB_OK, aimdb_producer_send_move(one.producer, moved.bytes, sizeof value, count_freed, &moved, 0));
    PROVOKE(AIMDB_OK, aimdb_producer_loan(one.producer, sizeof value, 0, &loan, &data));
    PROVOKE(AIMDB_OK, aimdb_loan_send(loan));
    for (int read = 0; read < 8; read++) OK(aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    PROVOKE(AIMDB_OK, aimdb_producer_flush(one.producer, -1));
    PROVOKE(AIMDB_OK, aimdb_producer_is_closed(one.producer, &closed));
    PROVOKE(AIMDB_OK, aimdb_producer_stats(one.producer, &stats));
    PROVOKE(AIMDB_OK, aimdb_producer_close(one.producer, -1, &left));
    PROVOKE(AIMDB_OK, aimdb_producer_abort(one.producer, &left));
    detach(one);
}

static void what_is_full(void) {
    one_t one = queue_of(AIMDB_PLAIN, 8, AIMDB_FAIL, 1);
    send_number(one, 1);
    EACH_COPY(AIMDB_FULL, one.producer, &value, sizeof value);
    PROVOKE(AIMDB_FULL, aimdb_producer_send_batch(one.producer, &value, 1, MOMENT, &count));
    PROVOKE(AIMDB_FULL, aimdb_producer_send_move(one.producer, moved.bytes, 8, count_freed, &moved, MOMENT));
    PROVOKE(AIMDB_FULL, aimdb_producer_loan(one.producer, sizeof value, MOMENT, &loan, &data));
    detach(one);
    /* A rendezvous has no room of its own, and a place that is kept is somebody else's. */
    one = queue(0);
    PROVOKE(AIMDB_FULL, aimdb_producer_force_send(one.producer, &value, sizeof value));
    detach(one);
    one = queue(1);
    OK(aimdb_producer_loan(one.producer, sizeof value, 0, &loan, &data));
    PROVOKE(AIMDB_FULL, aimdb_producer_force_send(one.producer, &value, sizeof value));
    OK(aimdb_loan_free(loan));
    detach(one);
}

static void what_has_no_time_left(void) {
    one_t one = queue(1);
    send_number(one, 1);
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_send_timeout(one.producer, &value, sizeof value, MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_send_deadline(one.producer, &value, sizeof value, aimdb_now() + MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_send_batch(one.producer, &value, 1, MOMENT, &count));
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_send_move(one.producer, moved.bytes, 8, count_freed, &moved, MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_loan(one.producer, sizeof value, MOMENT, &loan, &data));
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_flush(one.producer, MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_producer_close(one.producer, MOMENT, NULL));
    detach(one);
}

static void what_is_closed(void) {
    one_t one = queue(4);
    aimdb_loan_t other;
    send_number(one, 1);
    OK(aimdb_producer_loan(one.producer, sizeof value, 0, &loan, &data));
    ANSWERS(AIMDB_TIMEOUT, aimdb_producer_close(one.producer, 0, NULL));
    EACH_COPY(AIMDB_CLOSED, one.producer, &value, sizeof value);
    PROVOKE(AIMDB_CLOSED, aimdb_producer_force_send(one.producer, &value, sizeof value));
    PROVOKE(AIMDB_CLOSED, aimdb_producer_send_batch(one.producer, &value, 1, MOMENT, &count));
    PROVOKE(AIMDB_CLOSED, aimdb_producer_send_move(one.producer, moved.bytes, 8, count_freed, &moved, MOMENT));
    PROVOKE(AIMDB_CLOSED, aimdb_producer_loan(one.producer, sizeof value, MOMENT, &other, &data));
    PROVOKE(AIMDB_CLOSED, aimdb_loan_send(loan));
    OK(aimdb_loan_free(loan));
    PROVOKE(AIMDB_CLOSED, aimdb_producer_flush(one.producer, MOMENT));
    detach(one);
}

static void what_is_null(void) {
    one_t one = queue(4);
    EACH_COPY(AIMDB_NULL_ARGUMENT, one.producer, NULL, 8);
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_force_send(one.producer, NULL, 8));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_send_batch(one.producer, NULL, 1, 0, &count));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_send_batch(one.producer, &value, 1, 0, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_send_move(one.producer, NULL, 8, count_freed, NULL, 0));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_send_move(one.producer, moved.bytes, 8, NULL, NULL, 0));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_loan(one.producer, 8, 0, NULL, &data));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_loan(one.producer, 8, 0, &loan, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_is_closed(one.producer, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_stats(one.producer, NULL));
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    stats.struct_size--;
    PROVOKE(AIMDB_BAD_STRUCT, aimdb_producer_stats(one.producer, &stats));
    detach(one);
}

static void what_does_not_fit_the_record(void) {
    one_t one = queue(4);
    EACH_COPY(AIMDB_BAD_SIZE, one.producer, &value, 7);
    PROVOKE(AIMDB_BAD_SIZE, aimdb_producer_force_send(one.producer, &value, 7));
    PROVOKE(AIMDB_BAD_SIZE, aimdb_producer_send_move(one.producer, moved.bytes, 9, count_freed, &moved, 0));
    PROVOKE(AIMDB_BAD_SIZE, aimdb_producer_loan(one.producer, 9, 0, &loan, &data));
    detach(one);
    aimdb_record_t aligned = described(AIMDB_BYTES, 64, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    aligned.type.alignment = 64;
    one = attached(aligned);
    PROVOKE(AIMDB_BAD_ALIGNMENT, aimdb_producer_send_move(one.producer, moved.bytes + 8, 8, count_freed, &moved, 0));
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_producer_send_batch(one.producer, &value, 1, 0, &count));
    detach(one);
    one = queue_of(AIMDB_POINTER, 0, AIMDB_FAIL, 4);
    EACH_COPY(AIMDB_NOT_SUPPORTED, one.producer, &value, sizeof value);
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_producer_force_send(one.producer, &value, sizeof value));
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_producer_loan(one.producer, sizeof value, 0, &loan, &data));
    detach(one);
    one = queue(0);
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_producer_loan(one.producer, sizeof value, 0, &loan, &data));
    detach(one);
}

/* No machine has memory for one value of these; there is none for a copy, and so nothing is read either. */
static void what_there_is_no_memory_for(void) {
    size_t size = (size_t)1 << 62;
    one_t one = queue_of(AIMDB_PLAIN, size, AIMDB_FAIL, 4);
    EACH_COPY(AIMDB_OUT_OF_MEMORY, one.producer, &value, size);
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_producer_force_send(one.producer, &value, size));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_producer_send_batch(one.producer, &value, 1, 0, &count));
    CHECK(count == 0);
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_producer_loan(one.producer, size, 0, &loan, &data));
    detach(one);
}

static void *send_the_same_loan(void *unused) {
    (void)unused;
    PROVOKE(AIMDB_BUSY, aimdb_loan_send(loan));
    return NULL;
}

static void meanwhile(void *user, const void *none, size_t size, aimdb_drop_cause_t cause) {
    (void)none;
    (void)size;
    if (cause != AIMDB_DROPPED_OVERWRITTEN) return;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, send_the_same_loan, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    *(int *)user += 1;
}

static void a_loan_that_another_thread_is_sending(void) {
    int called = 0;
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_DROP_OLDEST, 1);
    record.drop = meanwhile;
    record.drop_user = &called;
    one_t one = attached(record);
    send_number(one, 1);
    OK(aimdb_producer_loan(one.producer, sizeof value, 0, &loan, &data));
    memcpy(data, &value, sizeof value);
    OK(aimdb_loan_send(loan));
    CHECK(called == 1);
    detach(one);
}

int main(void) {
    alarm(60); /* nothing may hang */
    begin();
    what_is_sent();
    memset(&moved, 0, sizeof moved);
    what_is_full();
    what_has_no_time_left();
    what_is_closed();
    what_is_null();
    what_does_not_fit_the_record();
    what_there_is_no_memory_for();
    a_loan_that_another_thread_is_sending();
    CHECK(freed(&moved) == 0);
    return 0;
}
