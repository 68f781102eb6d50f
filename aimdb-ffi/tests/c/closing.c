/* What a close waits for, and what it says. */
#include <pthread.h>
#include <unistd.h>

#include "records.h"

static aimdb_consumer_t events, lines;

/* Reads its second record only when the first one has ended. */
static void *read_one_after_the_other(void *unused) {
    (void)unused;
    uint64_t value;
    while (aimdb_consumer_recv(events, &value, sizeof value, NULL) == AIMDB_OK) {}
    OK(aimdb_consumer_recv(lines, &value, sizeof value, NULL));
    CHECK(value == 7);
    ANSWERS(AIMDB_CLOSED, aimdb_consumer_recv(lines, &value, sizeof value, NULL));
    return NULL;
}

static void a_reader_that_waits_for_the_end_of_another_record(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    record.key = "events";
    OK(aimdb_builder_record(builder, &record, NULL));
    record.key = "lines";
    OK(aimdb_builder_record(builder, &record, NULL));
    aimdb_db_t db;
    OK(aimdb_builder_attach(builder, &db, NULL));
    aimdb_producer_t producer;
    OK(aimdb_producer_open(db, "lines", &record.type, &producer, NULL));
    OK(aimdb_consumer_open(db, "events", &record.type, AIMDB_LIVE, &events, NULL));
    OK(aimdb_consumer_open(db, "lines", &record.type, AIMDB_LIVE, &lines, NULL));
    uint64_t value = 7, left = 9;
    OK(aimdb_producer_send(producer, &value, sizeof value));
    pthread_t reader;
    CHECK(pthread_create(&reader, NULL, read_one_after_the_other, NULL) == 0);
    OK(aimdb_db_close(db, -1, &left));
    CHECK(left == 0);
    CHECK(pthread_join(reader, NULL) == 0);
    OK(aimdb_db_free(db));
    OK(aimdb_producer_free(producer));
    OK(aimdb_consumer_free(events));
    OK(aimdb_consumer_free(lines));
}

static void *read_the_rest(void *consumer) {
    uint64_t value;
    for (int read = 0; read < 2; read++) OK(aimdb_consumer_recv(*(aimdb_consumer_t *)consumer, &value, sizeof value, NULL));
    return NULL;
}

static void a_close_that_is_called_again_waits_again(void) {
    for (int of_database = 0; of_database < 2; of_database++) {
        one_t one = attached(described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4));
        uint64_t value = 1, left = 9;
        for (int sent = 0; sent < 2; sent++) OK(aimdb_producer_send(one.producer, &value, sizeof value));
        ANSWERS(AIMDB_TIMEOUT, of_database ? aimdb_db_close(one.db, 0, &left) : aimdb_producer_close(one.producer, 0, &left));
        CHECK(left == 2);
        pthread_t reader;
        CHECK(pthread_create(&reader, NULL, read_the_rest, &one.consumer) == 0);
        OK(of_database ? aimdb_db_close(one.db, -1, &left) : aimdb_producer_close(one.producer, -1, &left));
        CHECK(left == 0);
        CHECK(pthread_join(reader, NULL) == 0);
        detach(one);
    }
}

static void *free_it(void *consumer) {
    OK(aimdb_consumer_free(*(aimdb_consumer_t *)consumer));
    return NULL;
}

static void a_close_ends_when_its_last_reader_leaves(void) {
    for (int round = 0; round < 200; round++) {
        one_t one = attached(described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4));
        uint64_t value = 1, left = 9;
        OK(aimdb_producer_send(one.producer, &value, sizeof value));
        pthread_t leaver;
        CHECK(pthread_create(&leaver, NULL, free_it, &one.consumer) == 0);
        aimdb_status_t status = aimdb_producer_close(one.producer, -1, &left);
        /* Whoever leaves an open record leaves its values to the next, and a closed one to nobody. */
        CHECK((status == AIMDB_OK && left == 0) || (status == AIMDB_TIMEOUT && left == 1));
        CHECK(pthread_join(leaver, NULL) == 0);
        OK(aimdb_db_free(one.db));
        OK(aimdb_producer_free(one.producer));
    }
}

static void what_holds_nobody_up_is_counted_and_not_waited_for(void) {
    aimdb_kind_t kinds[] = { AIMDB_SPMC_RING, AIMDB_SINGLE_LATEST, AIMDB_MAILBOX };
    for (int at = 0; at < 3; at++) {
        one_t one = attached(described(AIMDB_PLAIN, 8, kinds[at], AIMDB_PAUSE_UPSTREAM, 4));
        uint64_t value = 1, left = 9;
        OK(aimdb_producer_send(one.producer, &value, sizeof value));
        ANSWERS(AIMDB_TIMEOUT, aimdb_producer_close(one.producer, -1, &left));
        CHECK(left == 1);
        left = 9;
        ANSWERS(AIMDB_TIMEOUT, aimdb_db_close(one.db, -1, &left));
        CHECK(left == 1);
        detach(one);
    }
}

static void a_count_is_written_whatever_the_answer_is(void) {
    uint64_t count = 9;
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_close((aimdb_db_t){ 0 }, 0, &count));
    CHECK(count == 0);
    count = 9;
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_close((aimdb_producer_t){ 0 }, 0, &count));
    CHECK(count == 0);
    count = 9;
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_abort((aimdb_producer_t){ 0 }, &count));
    CHECK(count == 0);
}

int main(void) {
    alarm(60); /* nothing may hang */
    a_reader_that_waits_for_the_end_of_another_record();
    a_close_that_is_called_again_waits_again();
    a_close_ends_when_its_last_reader_leaves();
    what_holds_nobody_up_is_counted_and_not_waited_for();
    a_count_is_written_whatever_the_answer_is();
    return 0;
}
