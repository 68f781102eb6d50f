/* What each call of a consumer and of a message answers, by its cause. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "provoke.h"

/* Long enough for nothing to come. */
enum { MOMENT = 1000 };

static uint64_t value;
static size_t count;
static aimdb_message_t message;

/* Each call that takes one value, with what is done before each. */
#define EACH_TAKE(answer, before, consumer, buffer, capacity) \
    do { \
        before; \
        PROVOKE(answer, aimdb_consumer_try_recv(consumer, buffer, capacity, NULL)); \
        before; \
        PROVOKE(answer, aimdb_consumer_recv(consumer, buffer, capacity, NULL)); \
        before; \
        PROVOKE(answer, aimdb_consumer_recv_timeout(consumer, buffer, capacity, NULL, MOMENT)); \
        before; \
        PROVOKE(answer, aimdb_consumer_recv_deadline(consumer, buffer, capacity, NULL, aimdb_now() + MOMENT)); \
    } while (0)

static void what_is_received(void) {
    one_t one = queue(4), state = attached(described(AIMDB_PLAIN, 8, AIMDB_SINGLE_LATEST, AIMDB_FAIL, 0));
    aimdb_consumer_t other;
    uint64_t lag;
    int32_t closed;
    aimdb_consumer_stats_t stats = AIMDB_CONSUMER_STATS_INIT;
    EACH_TAKE(AIMDB_OK, send_number(one, 1), one.consumer, &value, sizeof value);
    send_number(one, 1);
    PROVOKE(AIMDB_OK, aimdb_consumer_recv_batch(one.consumer, &value, 1, 0, &count));
    send_number(one, 1);
    PROVOKE(AIMDB_OK, aimdb_consumer_latest(one.consumer, &value, sizeof value, NULL, 0));
    send_number(one, 1);
    PROVOKE(AIMDB_OK, aimdb_consumer_recv_message(one.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_OK, aimdb_message_data(message, NULL, NULL));
    OK(aimdb_message_free(message));
    send_number(one, 1);
    PROVOKE(AIMDB_OK, aimdb_consumer_latest_message(one.consumer, 0, &message, NULL, NULL));
    OK(aimdb_message_free(message));
    send_number(state, 1);
    PROVOKE(AIMDB_OK, aimdb_consumer_peek(state.consumer, &value, sizeof value, NULL));
    PROVOKE(AIMDB_OK, aimdb_consumer_peek_message(state.consumer, &message, NULL, NULL));
    OK(aimdb_message_free(message));
    PROVOKE(AIMDB_OK, aimdb_consumer_share(one.consumer, &other));
    OK(aimdb_consumer_free(other));
    PROVOKE(AIMDB_OK, aimdb_consumer_subscribe(one.consumer, &other));
    OK(aimdb_consumer_free(other));
    PROVOKE(AIMDB_OK, aimdb_consumer_lag(one.consumer, &lag));
    PROVOKE(AIMDB_OK, aimdb_consumer_is_closed(one.consumer, &closed));
    PROVOKE(AIMDB_OK, aimdb_consumer_stats(one.consumer, &stats));
    detach(one);
    detach(state);
}

static void what_is_empty_or_does_not_come_in_time(void) {
    one_t one = queue(4), box = attached(described(AIMDB_PLAIN, 8, AIMDB_MAILBOX, AIMDB_FAIL, 0));
    aimdb_consumer_t in = one.consumer;
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_try_recv(in, &value, sizeof value, NULL));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_recv_timeout(in, &value, sizeof value, NULL, 0));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_recv_batch(in, &value, 1, 0, &count));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_latest(in, &value, sizeof value, NULL, 0));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_recv_message(in, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_latest_message(in, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_peek(box.consumer, &value, sizeof value, NULL));
    PROVOKE(AIMDB_EMPTY, aimdb_consumer_peek_message(box.consumer, &message, NULL, NULL));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_recv_timeout(in, &value, sizeof value, NULL, MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_recv_deadline(in, &value, sizeof value, NULL, aimdb_now() + MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_recv_deadline(in, &value, sizeof value, NULL, 0));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_recv_batch(in, &value, 1, MOMENT, &count));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_latest(in, &value, sizeof value, NULL, MOMENT));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_recv_message(in, MOMENT, &message, NULL, NULL));
    PROVOKE(AIMDB_TIMEOUT, aimdb_consumer_latest_message(in, MOMENT, &message, NULL, NULL));
    detach(one);
    detach(box);
}

static void what_is_closed_and_drained(void) {
    one_t one = queue(4);
    OK(aimdb_producer_close(one.producer, 0, NULL));
    EACH_TAKE(AIMDB_CLOSED, (void)0, one.consumer, &value, sizeof value);
    PROVOKE(AIMDB_CLOSED, aimdb_consumer_recv_batch(one.consumer, &value, 1, 0, &count));
    PROVOKE(AIMDB_CLOSED, aimdb_consumer_latest(one.consumer, &value, sizeof value, NULL, -1));
    PROVOKE(AIMDB_CLOSED, aimdb_consumer_recv_message(one.consumer, -1, &message, NULL, NULL));
    PROVOKE(AIMDB_CLOSED, aimdb_consumer_latest_message(one.consumer, -1, &message, NULL, NULL));
    detach(one);
}

/* Of a ring of one, the first of two is lost. */
static void lose_one(one_t ring) {
    send_number(ring, 1);
    send_number(ring, 2);
}

static void what_was_overwritten(void) {
    one_t ring = attached(described(AIMDB_PLAIN, 8, AIMDB_SPMC_RING, AIMDB_FAIL, 1));
    EACH_TAKE(AIMDB_LAGGED, lose_one(ring), ring.consumer, &value, sizeof value);
    lose_one(ring);
    PROVOKE(AIMDB_LAGGED, aimdb_consumer_recv_batch(ring.consumer, &value, 1, 0, &count));
    lose_one(ring);
    PROVOKE(AIMDB_LAGGED, aimdb_consumer_recv_message(ring.consumer, 0, &message, NULL, NULL));
    detach(ring);
}

static void what_has_no_room_in_the_buffer(void) {
    one_t one = queue(1), state = attached(described(AIMDB_PLAIN, 8, AIMDB_SINGLE_LATEST, AIMDB_FAIL, 0));
    send_number(one, 1);
    EACH_TAKE(AIMDB_BUFFER_TOO_SMALL, (void)0, one.consumer, &value, 7);
    PROVOKE(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_latest(one.consumer, &value, 7, NULL, 0));
    OK(aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    send_number(state, 1);
    PROVOKE(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_peek(state.consumer, &value, 7, NULL));
    detach(one);
    detach(state);
}

static void what_is_null(void) {
    one_t one = queue(1);
    EACH_TAKE(AIMDB_NULL_ARGUMENT, (void)0, one.consumer, NULL, 8);
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_recv_batch(one.consumer, NULL, 1, 0, &count));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_recv_batch(one.consumer, &value, 1, 0, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_latest(one.consumer, NULL, 8, NULL, 0));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_peek(one.consumer, NULL, 8, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_recv_message(one.consumer, 0, NULL, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_latest_message(one.consumer, 0, NULL, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_peek_message(one.consumer, NULL, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_share(one.consumer, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_subscribe(one.consumer, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_lag(one.consumer, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_is_closed(one.consumer, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_stats(one.consumer, NULL));
    aimdb_consumer_stats_t stats = AIMDB_CONSUMER_STATS_INIT;
    stats.struct_size++;
    PROVOKE(AIMDB_BAD_STRUCT, aimdb_consumer_stats(one.consumer, &stats));
    detach(one);
}

static void what_the_record_has_no_such_call_for(void) {
    one_t pointers = queue_of(AIMDB_POINTER, 0, AIMDB_FAIL, 4), numbers = queue(4);
    EACH_TAKE(AIMDB_NOT_SUPPORTED, (void)0, pointers.consumer, &value, sizeof value);
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_consumer_recv_batch(pointers.consumer, &value, 1, 0, &count));
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_consumer_latest(pointers.consumer, &value, sizeof value, NULL, 0));
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_consumer_peek(numbers.consumer, &value, sizeof value, NULL));
    PROVOKE(AIMDB_NOT_SUPPORTED, aimdb_consumer_peek_message(numbers.consumer, &message, NULL, NULL));
    detach(pointers);
    detach(numbers);
    aimdb_record_t work = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    work.single_cursor = 1;
    one_t one = attached(work);
    aimdb_consumer_t other;
    PROVOKE(AIMDB_SINGLE_CURSOR, aimdb_consumer_subscribe(one.consumer, &other));
    detach(one);
}

static void *receive(void *consumer) {
    OK(aimdb_consumer_recv(*(aimdb_consumer_t *)consumer, &value, sizeof value, NULL));
    return NULL;
}

static void what_another_thread_is_in(void) {
    one_t one = queue(1);
    pthread_t thread;
    uint64_t mine;
    int32_t closed;
    aimdb_consumer_t other;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    aimdb_consumer_stats_t read = AIMDB_CONSUMER_STATS_INIT;
    aimdb_waitset_t set;
    CHECK(pthread_create(&thread, NULL, receive, &one.consumer) == 0);
    do OK(aimdb_producer_stats(one.producer, &stats)); while (stats.waiting_consumers == 0);
    EACH_TAKE(AIMDB_BUSY, (void)0, one.consumer, &mine, sizeof mine);
    PROVOKE(AIMDB_BUSY, aimdb_consumer_recv_batch(one.consumer, &mine, 1, 0, &count));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_latest(one.consumer, &mine, sizeof mine, NULL, 0));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_peek(one.consumer, &mine, sizeof mine, NULL));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_recv_message(one.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_latest_message(one.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_peek_message(one.consumer, &message, NULL, NULL));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_share(one.consumer, &other));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_subscribe(one.consumer, &other));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_lag(one.consumer, &mine));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_is_closed(one.consumer, &closed));
    PROVOKE(AIMDB_BUSY, aimdb_consumer_stats(one.consumer, &read));
    OK(aimdb_waitset_new(&set));
    PROVOKE(AIMDB_BUSY, aimdb_waitset_add_consumer(set, one.consumer, 1));
    OK(aimdb_waitset_free(set));
    send_number(one, 1);
    CHECK(pthread_join(thread, NULL) == 0);
    detach(one);
}

int main(void) {
    alarm(60); /* nothing may hang */
    begin();
    what_is_received();
    what_is_empty_or_does_not_come_in_time();
    what_is_closed_and_drained();
    what_was_overwritten();
    what_has_no_room_in_the_buffer();
    what_is_null();
    what_the_record_has_no_such_call_for();
    what_another_thread_is_in();
    return 0;
}
