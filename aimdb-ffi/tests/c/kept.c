/* A value that does not fit its reader's buffer stays the next one of that reader. */
#include "records.h"

static aimdb_consumer_stats_t counts(aimdb_consumer_t consumer) {
    aimdb_consumer_stats_t stats = AIMDB_CONSUMER_STATS_INIT;
    OK(aimdb_consumer_stats(consumer, &stats));
    CHECK(stats.accepted == stats.delivered + stats.lagged + stats.skipped + stats.readable);
    return stats;
}

static void it_stays_the_next_one(aimdb_kind_t kind) {
    one_t one = attached(described(AIMDB_BYTES, 100, kind, AIMDB_FAIL, 4));
    char buffer[100];
    size_t size = 0;
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, NULL, 0, &size));
    CHECK(size == 6 && counts(one.consumer).readable == 1 && counts(one.consumer).delivered == 0);
    OK(aimdb_producer_send(one.producer, "second", 7));
    size = 0;
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv_timeout(one.consumer, buffer, 5, &size, -1));
    CHECK(size == 6);
    OK(aimdb_consumer_recv(one.consumer, buffer, size, &size));
    CHECK(size == 6 && strcmp(buffer, "first") == 0 && counts(one.consumer).delivered == 1);
    /* By the next one as a message, too. */
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_try_recv(one.consumer, buffer, 6, NULL));
    aimdb_message_t message;
    const void *data;
    OK(aimdb_consumer_recv_message(one.consumer, 0, &message, &data, &size));
    CHECK(size == 7 && strcmp(data, "second") == 0);
    OK(aimdb_message_free(message));
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_try_recv(one.consumer, buffer, sizeof buffer, &size));
    CHECK(counts(one.consumer).readable == 0 && counts(one.consumer).delivered == 2);
    /* It is read behind the close. */
    OK(aimdb_producer_send(one.producer, "last", 5));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_try_recv(one.consumer, buffer, 4, &size));
    ANSWERS(AIMDB_TIMEOUT, aimdb_producer_close(one.producer, 0, NULL));
    OK(aimdb_consumer_try_recv(one.consumer, buffer, sizeof buffer, &size));
    ANSWERS(AIMDB_CLOSED, aimdb_consumer_try_recv(one.consumer, buffer, sizeof buffer, &size));
    detach(one);
}

static void the_newest_passes_over_it(void) {
    one_t one = attached(described(AIMDB_BYTES, 100, AIMDB_SPMC_RING, 0, 4));
    char buffer[100];
    size_t size;
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_latest(one.consumer, buffer, 1, &size, 0));
    CHECK(size == 6);
    OK(aimdb_consumer_latest(one.consumer, buffer, sizeof buffer, &size, 0));
    CHECK(size == 6);
    OK(aimdb_producer_send(one.producer, "second", 7));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_latest(one.consumer, buffer, 1, &size, -1));
    OK(aimdb_producer_send(one.producer, "a third", 8));
    OK(aimdb_consumer_latest(one.consumer, buffer, sizeof buffer, &size, -1));
    CHECK(size == 8 && strcmp(buffer, "a third") == 0);
    CHECK(counts(one.consumer).delivered == 2 && counts(one.consumer).skipped == 1);
    detach(one);
}

static void a_peek_sees_it(void) {
    char buffer[100];
    size_t size = 0;
    one_t one = attached(described(AIMDB_BYTES, 100, AIMDB_MAILBOX, 0, 0));
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_peek(one.consumer, buffer, 1, &size));
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_peek(one.consumer, buffer, 1, &size));
    CHECK(size == 6);
    OK(aimdb_consumer_peek(one.consumer, buffer, sizeof buffer, &size));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, buffer, 1, &size));
    buffer[0] = 0;
    OK(aimdb_consumer_peek(one.consumer, buffer, sizeof buffer, &size));
    CHECK(size == 6 && strcmp(buffer, "first") == 0);
    OK(aimdb_consumer_recv(one.consumer, buffer, sizeof buffer, &size));
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_peek(one.consumer, buffer, sizeof buffer, &size));
    detach(one);
    /* The current value is the record's, and a newer one is that. */
    one = attached(described(AIMDB_BYTES, 100, AIMDB_SINGLE_LATEST, 0, 0));
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, buffer, 1, &size));
    OK(aimdb_producer_send(one.producer, "second", 7));
    OK(aimdb_consumer_peek(one.consumer, buffer, sizeof buffer, &size));
    CHECK(size == 7 && strcmp(buffer, "second") == 0);
    detach(one);
    one = attached(described(AIMDB_BYTES, 100, AIMDB_SPMC_RING, 0, 4));
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_consumer_peek(one.consumer, buffer, sizeof buffer, &size));
    detach(one);
}

/* Who shares the cursor goes on behind it, and it goes with the consumer that kept it. */
static void it_is_this_consumers_own(void) {
    one_t one = attached(described(AIMDB_BYTES, 512, AIMDB_BOUNDED, AIMDB_FAIL, 4));
    aimdb_consumer_t other;
    OK(aimdb_consumer_share(one.consumer, &other));
    counted_t value = { { 1 }, 0 };
    OK(move(one.producer, &value, 10));
    OK(aimdb_producer_send(one.producer, "next", 5));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(other, NULL, 0, NULL));
    char buffer[10];
    size_t size;
    OK(aimdb_consumer_recv(one.consumer, buffer, sizeof buffer, &size));
    CHECK(size == 5);
    CHECK(freed(&value) == 0);
    OK(aimdb_consumer_free(other));
    CHECK(freed(&value) == 1);
    detach(one);
}

/* A wait set finds its consumer readable as long, whether it joined before or after. */
static void a_wait_set_knows_of_it(void) {
    one_t one = attached(described(AIMDB_BYTES, 100, AIMDB_BOUNDED, AIMDB_FAIL, 4));
    aimdb_waitset_t sets[2];
    uint64_t token = 0;
    size_t count, size;
    char buffer[100];
    OK(aimdb_waitset_new(&sets[0]));
    OK(aimdb_waitset_new(&sets[1]));
    OK(aimdb_waitset_add_consumer(sets[0], one.consumer, 7));
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, buffer, 1, &size));
    OK(aimdb_waitset_add_consumer(sets[1], one.consumer, 7));
    for (int turn = 0; turn < 4; turn++) {
        OK(aimdb_waitset_wait(sets[turn % 2], &token, 1, -1, &count));
        CHECK(count == 1 && token == 7);
    }
    OK(aimdb_consumer_recv(one.consumer, buffer, sizeof buffer, &size));
    for (int turn = 0; turn < 2; turn++) {
        ANSWERS(AIMDB_EMPTY, aimdb_waitset_wait(sets[turn], &token, 1, 0, &count));
        CHECK(count == 0);
        OK(aimdb_waitset_free(sets[turn]));
    }
    detach(one);
}

/* A record's own and its database's close. */
static void closes_find(one_t one, uint64_t expected) {
    uint64_t left = 99;
    aimdb_status_t status = expected > 0 ? AIMDB_TIMEOUT : AIMDB_OK;
    ANSWERS(status, aimdb_producer_close(one.producer, -1, &left));
    CHECK(left == expected);
    left = 99;
    ANSWERS(status, aimdb_db_close(one.db, -1, &left));
    CHECK(left == expected);
}

/* The record is empty, and what its readers keep is unread all the same. */
static void a_close_counts_it(aimdb_kind_t kind) {
    one_t one = attached(described(AIMDB_BYTES, 100, kind, AIMDB_PAUSE_UPSTREAM, 4));
    char buffer[100];
    aimdb_consumer_t other;
    OK(aimdb_consumer_subscribe(one.consumer, &other));
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, buffer, 1, NULL));
    if (kind == AIMDB_MAILBOX) OK(aimdb_producer_send(one.producer, "second", 7));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(other, buffer, 1, NULL));
    closes_find(one, 2);
    OK(aimdb_consumer_recv(one.consumer, buffer, sizeof buffer, NULL));
    closes_find(one, 1);
    OK(aimdb_consumer_free(other));
    closes_find(one, 0);
    detach(one);
}

static void the_newest_is_counted_and_not_what_it_passes_over(void) {
    one_t one = attached(described(AIMDB_BYTES, 100, AIMDB_SPMC_RING, 0, 4));
    char buffer[100];
    OK(aimdb_producer_send(one.producer, "first", 6));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, buffer, 1, NULL));
    OK(aimdb_producer_send(one.producer, "second", 7));
    closes_find(one, 2);
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_latest(one.consumer, buffer, 1, NULL, 0));
    closes_find(one, 1);
    OK(aimdb_consumer_recv(one.consumer, buffer, sizeof buffer, NULL));
    closes_find(one, 0);
    detach(one);
}

static void never(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    (void)user;
    (void)data;
    (void)size;
    (void)cause;
    CHECK(!"a value that was handed out is told to no drop callback");
}

/* Neither an abort nor the end of its consumer gives it to the drop callback: the record has delivered it. */
static void it_is_gone_as_one_that_was_read(void) {
    aimdb_record_t record = described(AIMDB_BYTES, 512, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    record.drop = never;
    one_t one = attached(record);
    counted_t value = { { 1 }, 0 };
    uint64_t discarded = 99;
    OK(move(one.producer, &value, 10));
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, NULL, 0, NULL));
    OK(aimdb_producer_abort(one.producer, &discarded));
    CHECK(discarded == 0 && freed(&value) == 0);
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    OK(aimdb_db_stats(one.db, "values", &stats));
    CHECK(stats.accepted == 1 && stats.delivered == 1 && stats.aborted == 0);
    detach(one);
    CHECK(freed(&value) == 1);
}

int main(void) {
    a_close_counts_it(AIMDB_SPMC_RING);
    a_close_counts_it(AIMDB_MAILBOX);
    a_close_counts_it(AIMDB_SINGLE_LATEST);
    a_close_counts_it(AIMDB_BOUNDED);
    the_newest_is_counted_and_not_what_it_passes_over();
    it_is_gone_as_one_that_was_read();
    it_stays_the_next_one(AIMDB_SPMC_RING);
    it_stays_the_next_one(AIMDB_MAILBOX);
    it_stays_the_next_one(AIMDB_SINGLE_LATEST);
    it_stays_the_next_one(AIMDB_BOUNDED);
    the_newest_passes_over_it();
    a_peek_sees_it();
    it_is_this_consumers_own();
    a_wait_set_knows_of_it();
    return 0;
}
