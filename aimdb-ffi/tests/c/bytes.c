/* Records of bytes: any number of them up to a maximum, in every kind, copied and as messages. */
#include "records.h"

enum { MOST = 100000 };

static unsigned char big[MOST + 1];
static unsigned char buffer[MOST];

/* Sends `size` bytes that begin at `from`, and takes them again. */
static void there_and_back(one_t one, size_t from, size_t size) {
    OK(aimdb_producer_try_send(one.producer, size > 0 ? big + from : NULL, size));
    size_t got = 77;
    OK(aimdb_consumer_try_recv(one.consumer, buffer, sizeof buffer, &got));
    CHECK(got == size && memcmp(buffer, big + from, size) == 0);
}

static void every_kind(void) {
    static const aimdb_kind_t kinds[] = { AIMDB_SPMC_RING, AIMDB_SINGLE_LATEST, AIMDB_MAILBOX, AIMDB_BOUNDED };
    static const size_t sizes[] = { 0, 1, 63, 64, 65, 1000, 4096, 65536, 65537, MOST };
    for (size_t kind = 0; kind < 4; kind++) {
        one_t one = attached(described(AIMDB_BYTES, MOST, kinds[kind], AIMDB_PAUSE_UPSTREAM, 4));
        for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
            there_and_back(one, at, sizes[at] - (sizes[at] == MOST ? at : 0));
        }
        ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_try_send(one.producer, big, MOST + 1));
        ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_force_send(one.producer, big, MOST + 1));
        ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_producer_try_send(one.producer, NULL, 1));
        ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_consumer_try_recv(one.consumer, NULL, 1, NULL));
        ANSWERS(AIMDB_EMPTY, aimdb_consumer_try_recv(one.consumer, NULL, 0, NULL));
        size_t count = 77;
        ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_producer_send_batch(one.producer, big, 2, 0, &count));
        CHECK(count == 0);
        ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_consumer_recv_batch(one.consumer, buffer, 2, 0, &count));
        CHECK(count == 0);
        OK(aimdb_producer_force_send(one.producer, "five", 4));
        OK(aimdb_consumer_latest(one.consumer, buffer, sizeof buffer, &count, 0));
        CHECK(count == 4 && memcmp(buffer, "five", 4) == 0);
        detach(one);
    }
}

/* What a message points at is aligned as the type says, whatever its size. */
static void messages_are_aligned(void) {
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        aimdb_record_t record = described(AIMDB_BYTES, 10000, AIMDB_BOUNDED, AIMDB_FAIL, 4);
        record.type.alignment = alignment;
        one_t one = attached(record);
        for (size_t size = 0; size <= 10000; size += 2500) {
            OK(aimdb_producer_send(one.producer, big, size));
            aimdb_message_t message;
            const void *data;
            size_t got;
            OK(aimdb_consumer_recv_message(one.consumer, -1, &message, &data, &got));
            CHECK(got == size && (uintptr_t)data % alignment == 0 && memcmp(data, big, size) == 0);
            OK(aimdb_message_free(message));
        }
        detach(one);
    }
}

/* Two readers of one value have the same bytes, and these outlive everything. */
static void a_message_is_shared_and_outlives_all(void) {
    one_t one = attached(described(AIMDB_BYTES, 64, AIMDB_SPMC_RING, 0, 2));
    aimdb_consumer_t other;
    OK(aimdb_consumer_subscribe(one.consumer, &other));
    OK(aimdb_producer_send(one.producer, "shared", 7));
    aimdb_message_t here, there;
    const void *at_here, *at_there, *again;
    size_t size;
    OK(aimdb_consumer_recv_message(one.consumer, -1, &here, &at_here, NULL));
    OK(aimdb_consumer_recv_message(other, -1, &there, &at_there, NULL));
    CHECK(at_here == at_there);
    OK(aimdb_consumer_free(other));
    /* Overwritten in the record, and not under its readers. */
    for (int turn = 0; turn < 10; turn++) {
        OK(aimdb_producer_send(one.producer, "others", 7));
    }
    OK(aimdb_message_free(there));
    detach(one);
    OK(aimdb_message_data(here, &again, &size));
    CHECK(again == at_here && size == 7 && strcmp(again, "shared") == 0);
    OK(aimdb_message_free(here));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_message_data(here, &again, &size));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_message_free(here));
    OK(aimdb_message_free((aimdb_message_t){ 0 }));
}

/* A handle of one kind is none of another. */
static void a_message_is_no_other_handle(void) {
    one_t one = attached(described(AIMDB_BYTES, 64, AIMDB_BOUNDED, AIMDB_FAIL, 2));
    OK(aimdb_producer_send(one.producer, "a", 1));
    aimdb_message_t message;
    OK(aimdb_consumer_recv_message(one.consumer, -1, &message, NULL, NULL));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_consumer_free((aimdb_consumer_t){ message.id }));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send((aimdb_producer_t){ message.id }, "a", 1));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_message_free((aimdb_message_t){ one.producer.id }));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_message_data((aimdb_message_t){ one.db.id }, NULL, NULL));
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_consumer_recv_message(one.consumer, 0, NULL, NULL, NULL));
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_recv_message(one.consumer, 0, &message, NULL, NULL));
    detach(one);
}

int main(void) {
    for (size_t at = 0; at < sizeof big; at++) {
        big[at] = (unsigned char)(at * 31 + at / 251);
    }
    every_kind();
    messages_are_aligned();
    a_message_is_shared_and_outlives_all();
    a_message_is_no_other_handle();
    return 0;
}
