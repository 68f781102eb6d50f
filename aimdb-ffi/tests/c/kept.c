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
    OK(aimdb_producer_close(one.producer, 0, NULL));
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

int main(void) {
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
