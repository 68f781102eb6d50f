/* A loan keeps a place and lends the memory: what is written there is not refused for want of room, whoever else sends
 * meanwhile; of every form, and whatever is freed before it is sent. */
#include <pthread.h>
#include <unistd.h>

#include "check.h"
#include "records.h"

enum { LARGE = 1000 };

typedef struct pair {
    uint64_t number, square;
} pair_t;

static void *send_one(void *argument) {
    pair_t value = { 7, 49 };
    OK(aimdb_producer_send(*(aimdb_producer_t *)argument, &value, sizeof value));
    return NULL;
}

static void *free_loan(void *argument) {
    OK(aimdb_loan_free(*(aimdb_loan_t *)argument));
    return NULL;
}

/* Small plain values: the place counts as one in use, and is the next sender's when the loan is freed. */
static void small(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, sizeof(pair_t), AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 2);
    record.type.alignment = 64;
    one_t one = attached(record);
    aimdb_producer_t producer = one.producer;
    aimdb_consumer_t consumer = one.consumer;

    aimdb_loan_t loan, other = { 0 };
    void *data = NULL;
    ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_loan(producer, 8, 0, &loan, &data));
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_producer_loan(producer, sizeof(pair_t), 0, NULL, &data));
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_producer_loan(producer, sizeof(pair_t), 0, &loan, NULL));
    OK(aimdb_producer_loan(producer, sizeof(pair_t), 0, &loan, &data));
    CHECK((uintptr_t)data % 64 == 0);
    *(pair_t *)data = (pair_t){ 3, 9 };
    pair_t value = { 2, 4 }, got;
    OK(aimdb_producer_try_send(producer, &value, sizeof value));
    ANSWERS(AIMDB_FULL, aimdb_producer_try_send(producer, &value, sizeof value));
    ANSWERS(AIMDB_FULL, aimdb_producer_loan(producer, sizeof(pair_t), 0, &other, &data));
    ANSWERS(AIMDB_TIMEOUT, aimdb_producer_loan(producer, sizeof(pair_t), 1000, &other, &data));
    CHECK(other.id == 0);
    OK(aimdb_loan_send(loan));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_loan_send(loan));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_loan_free(loan));
    OK(aimdb_consumer_try_recv(consumer, &got, sizeof got, NULL));
    CHECK(got.number == 2);
    OK(aimdb_consumer_try_recv(consumer, &got, sizeof got, NULL));
    CHECK(got.number == 3 && got.square == 9);

    /* A sender that waits has the place of a loan that is freed. */
    OK(aimdb_producer_loan(producer, sizeof(pair_t), -1, &loan, &data));
    OK(aimdb_producer_loan(producer, sizeof(pair_t), -1, &other, &data));
    pthread_t sender, freer;
    CHECK(pthread_create(&sender, NULL, send_one, &producer) == 0);
    CHECK(pthread_create(&freer, NULL, free_loan, &loan) == 0);
    OK(aimdb_consumer_recv(consumer, &got, sizeof got, NULL));
    CHECK(got.number == 7);
    CHECK(pthread_join(sender, NULL) == 0 && pthread_join(freer, NULL) == 0);

    /* Closed meanwhile: the loan stays the caller's. */
    uint64_t left;
    OK(aimdb_producer_close(producer, 0, &left));
    ANSWERS(AIMDB_CLOSED, aimdb_loan_send(other));
    ((pair_t *)data)->number = 1; /* it is still there */
    ANSWERS(AIMDB_CLOSED, aimdb_loan_send(other));
    OK(aimdb_loan_free(other));
    ANSWERS(AIMDB_CLOSED, aimdb_producer_loan(producer, sizeof(pair_t), -1, &loan, &data));
    detach(one);
}

/* Bytes and large plain values are read where they were written, also when everything else was freed before they were sent. */
static void large(aimdb_form_t form) {
    one_t one = attached(described(form, LARGE, AIMDB_BOUNDED, AIMDB_FAIL, 1));
    aimdb_producer_t producer = one.producer;
    aimdb_consumer_t consumer = one.consumer;
    aimdb_loan_t loan;
    void *data;
    OK(aimdb_producer_loan(producer, LARGE, -1, &loan, &data));
    memset(data, 'x', LARGE);
    OK(aimdb_producer_free(producer));
    OK(aimdb_loan_send(loan));
    aimdb_message_t message;
    const void *read;
    size_t size;
    OK(aimdb_consumer_recv_message(consumer, -1, &message, &read, &size));
    CHECK(read == data && size == LARGE && memcmp(read, "xxxx", 4) == 0);
    OK(aimdb_message_free(message));
    OK(aimdb_db_free(one.db));
    OK(aimdb_consumer_free(consumer));
}

int main(void) {
    alarm(60); /* nothing may hang */
    small();
    large(AIMDB_BYTES);
    large(AIMDB_PLAIN);

    one_t rendezvous = attached(described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 0));
    aimdb_loan_t loan;
    void *data;
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_producer_loan(rendezvous.producer, 8, -1, &loan, &data));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_loan((aimdb_producer_t){ rendezvous.db.id }, 8, -1, &loan, &data));
    detach(rendezvous);

    /* What overwrites keeps nothing, and refuses nothing. */
    one_t latest = attached(described(AIMDB_PLAIN, 8, AIMDB_SINGLE_LATEST, AIMDB_PAUSE_UPSTREAM, 0));
    aimdb_loan_t loans[3];
    for (uint64_t at = 0; at < 3; at++) {
        OK(aimdb_producer_loan(latest.producer, 8, 0, &loans[at], &data));
        *(uint64_t *)data = at;
    }
    for (int at = 0; at < 3; at++) OK(aimdb_loan_send(loans[at]));
    uint64_t newest;
    OK(aimdb_consumer_peek(latest.consumer, &newest, sizeof newest, NULL));
    CHECK(newest == 2);
    detach(latest);
    return 0;
}
