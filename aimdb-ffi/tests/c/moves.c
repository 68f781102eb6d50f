/* What is moved in: freed once, whatever becomes of it, and never when it was refused. */
#include <pthread.h>

#include "records.h"

/* Plain values of this size lie in their slots: they are copied, and freed at once. */
enum { SMALL = 48, LARGE = 400 };

typedef struct shape {
    aimdb_form_t form;
    size_t size;
    int copied;
} shape_t;

static const shape_t shapes[] = {
    { AIMDB_PLAIN, SMALL, 1 }, { AIMDB_PLAIN, LARGE, 0 }, { AIMDB_BYTES, LARGE, 0 }, { AIMDB_POINTER, LARGE, 0 },
};

static one_t of(shape_t shape, aimdb_kind_t kind, aimdb_policy_t policy, size_t capacity) {
    return attached(described(shape.form, shape.size, kind, policy, capacity));
}

/* Takes a value, and says how it is freed: copied away, or with its message. */
static void take(one_t one, shape_t shape, const counted_t *value) {
    size_t size;
    if (shape.form != AIMDB_POINTER) {
        unsigned char copy[LARGE];
        OK(aimdb_consumer_try_recv(one.consumer, copy, sizeof copy, &size));
        CHECK(size == shape.size && memcmp(copy, value->bytes, size) == 0);
        return;
    }
    aimdb_message_t message;
    const void *data;
    OK(aimdb_consumer_recv_message(one.consumer, 0, &message, &data, &size));
    CHECK(data == value->bytes && size == shape.size && freed(value) == 0);
    OK(aimdb_message_free(message));
}

static void every_kind_frees_what_was_read(shape_t shape) {
    static const aimdb_policy_t policies[] = { AIMDB_PAUSE_UPSTREAM, AIMDB_FAIL, AIMDB_DROP_OLDEST, AIMDB_DROP_NEWEST };
    for (int kind = 0; kind < 7; kind++) {
        int queue = kind >= 3;
        one_t one = of(shape, queue ? AIMDB_BOUNDED : kind, queue ? policies[kind - 3] : 0, 4);
        counted_t value = { { 7 }, 0 };
        OK(move(one.producer, &value, shape.size));
        CHECK(freed(&value) == shape.copied);
        take(one, shape, &value);
        /* The newest value stays the current one, whoever has read it. */
        CHECK(freed(&value) == (kind == AIMDB_SINGLE_LATEST || kind == AIMDB_SPMC_RING ? shape.copied : 1));
        detach(one);
        CHECK(freed(&value) == 1);
    }
}

static void a_message_keeps_it(shape_t shape) {
    one_t one = of(shape, AIMDB_SPMC_RING, 0, 1);
    counted_t value = { { 1, 2, 3 }, 0 };
    OK(move(one.producer, &value, shape.size));
    aimdb_message_t message;
    const void *data;
    size_t size;
    OK(aimdb_consumer_recv_message(one.consumer, -1, &message, &data, &size));
    CHECK(size == shape.size && memcmp(data, value.bytes, size) == 0);
    CHECK((data == value.bytes) == !shape.copied);
    counted_t other = { { 4 }, 0 };
    OK(move(one.producer, &other, shape.size));
    detach(one);
    CHECK(freed(&other) == 1 && freed(&value) == shape.copied);
    OK(aimdb_message_data(message, &data, NULL));
    CHECK(memcmp(data, value.bytes, size) == 0);
    OK(aimdb_message_free(message));
    CHECK(freed(&value) == 1);
}

static void a_refusal_leaves_it(shape_t shape) {
    counted_t value = { { 0 }, 0 }, first = { { 0 }, 0 };
    void *data = value.bytes;
    size_t size = shape.size;
    one_t one = of(shape, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 1);
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_producer_send_move(one.producer, NULL, size, count_freed, &value, 0));
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_producer_send_move(one.producer, data, size, NULL, &value, 0));
    ANSWERS(AIMDB_BAD_HANDLE,
            aimdb_producer_send_move((aimdb_producer_t){ one.consumer.id }, data, size, count_freed, &value, 0));
    if (shape.form != AIMDB_POINTER) {
        ANSWERS(AIMDB_BAD_SIZE, move(one.producer, &value, size + 1));
    }
    if (shape.form != AIMDB_POINTER && !shape.copied) {
        ANSWERS(AIMDB_BAD_ALIGNMENT,
                aimdb_producer_send_move(one.producer, value.bytes + 1, size, count_freed, &value, 0));
    }
    OK(move(one.producer, &first, size));
    ANSWERS(AIMDB_FULL, move(one.producer, &value, size));
    ANSWERS(AIMDB_TIMEOUT, aimdb_producer_send_move(one.producer, data, size, count_freed, &value, 100000));
    OK(aimdb_producer_close(one.producer, 0, NULL) == AIMDB_TIMEOUT ? AIMDB_OK : AIMDB_IO);
    ANSWERS(AIMDB_CLOSED, move(one.producer, &value, size));
    ANSWERS(AIMDB_CLOSED, aimdb_producer_send_move(one.producer, data, size, count_freed, &value, -1));
    CHECK(freed(&value) == 0 && freed(&first) == shape.copied);
    detach(one);
    CHECK(freed(&value) == 0 && freed(&first) == 1);

    one = of(shape, AIMDB_BOUNDED, AIMDB_FAIL, 1);
    OK(move(one.producer, &value, size));
    counted_t refused = { { 0 }, 0 };
    ANSWERS(AIMDB_FULL, aimdb_producer_send_move(one.producer, refused.bytes, size, count_freed, &refused, -1));
    detach(one);
    CHECK(freed(&value) == 1 && freed(&refused) == 0);
}

static void displaced_is_freed(shape_t shape) {
    static const struct { aimdb_kind_t kind; aimdb_policy_t policy; } rules[] = {
        { AIMDB_SPMC_RING, 0 }, { AIMDB_SINGLE_LATEST, 0 }, { AIMDB_MAILBOX, 0 }, { AIMDB_BOUNDED, AIMDB_DROP_OLDEST },
        { AIMDB_BOUNDED, AIMDB_DROP_NEWEST },
    };
    for (size_t at = 0; at < sizeof rules / sizeof *rules; at++) {
        one_t one = of(shape, rules[at].kind, rules[at].policy, 1);
        counted_t old = { { 0 }, 0 }, new = { { 0 }, 0 };
        OK(move(one.producer, &old, shape.size));
        OK(move(one.producer, &new, shape.size));
        int newest = rules[at].policy == AIMDB_DROP_NEWEST && rules[at].kind == AIMDB_BOUNDED;
        CHECK(freed(&old) == (newest ? shape.copied : 1));
        CHECK(freed(&new) == (newest ? 1 : shape.copied));
        if (shape.form != AIMDB_POINTER) {
            OK(aimdb_producer_force_send(one.producer, old.bytes, shape.size));
            CHECK(freed(&old) == 1 && freed(&new) == 1);
        } else {
            ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_producer_force_send(one.producer, old.bytes, shape.size));
        }
        detach(one);
        CHECK(freed(&old) == 1 && freed(&new) == 1);
    }
}

static void aborted_and_unread_is_freed(shape_t shape) {
    counted_t value = { { 0 }, 0 };
    one_t one = of(shape, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    OK(move(one.producer, &value, shape.size));
    uint64_t discarded;
    OK(aimdb_producer_abort(one.producer, &discarded));
    CHECK(discarded == 1 && freed(&value) == 1);
    detach(one);

    counted_t unread = { { 0 }, 0 };
    one = of(shape, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    OK(move(one.producer, &unread, shape.size));
    uint64_t left;
    ANSWERS(AIMDB_TIMEOUT, aimdb_db_close(one.db, 0, &left));
    CHECK(left == 1 && freed(&unread) == shape.copied);
    detach(one);
    CHECK(freed(&unread) == 1);

    /* Nobody ever came for it; the ends go in another order. */
    counted_t alone = { { 0 }, 0 };
    one = of(shape, AIMDB_MAILBOX, 0, 0);
    OK(move(one.producer, &alone, shape.size));
    OK(aimdb_consumer_free(one.consumer));
    OK(aimdb_producer_free(one.producer));
    OK(aimdb_db_free(one.db));
    CHECK(freed(&alone) == 1);
}

static void pointers_are_not_copied(void) {
    one_t one = of(shapes[3], AIMDB_SINGLE_LATEST, 0, 0);
    unsigned char byte = 0;
    size_t count;
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_producer_send(one.producer, &byte, 1));
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_producer_send_batch(one.producer, &byte, 1, 0, &count));
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_consumer_recv(one.consumer, &byte, 1, NULL));
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_consumer_recv_batch(one.consumer, &byte, 1, 0, &count));
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_consumer_latest(one.consumer, &byte, 1, NULL, 0));
    ANSWERS(AIMDB_NOT_SUPPORTED, aimdb_consumer_peek(one.consumer, &byte, 1, NULL));
    aimdb_message_t message;
    const void *data;
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_peek_message(one.consumer, &message, &data, NULL));
    counted_t value = { { 0 }, 0 }, newer = { { 0 }, 0 };
    OK(move(one.producer, &value, 1));
    OK(aimdb_consumer_peek_message(one.consumer, &message, &data, NULL));
    CHECK(data == value.bytes);
    OK(move(one.producer, &newer, 2));
    CHECK(freed(&value) == 0);
    OK(aimdb_message_free(message));
    CHECK(freed(&value) == 1);
    size_t size;
    OK(aimdb_consumer_latest_message(one.consumer, 0, &message, &data, &size));
    CHECK(data == newer.bytes && size == 2);
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_latest_message(one.consumer, 0, &message, NULL, NULL));
    OK(aimdb_consumer_peek_message(one.consumer, &message, NULL, NULL));
    detach(one);
    CHECK(freed(&newer) == 0);
    OK(aimdb_message_free(message));
    /* The first of its two messages is still there. */
    CHECK(freed(&newer) == 0);
}

int main(void) {
    for (size_t at = 0; at < sizeof shapes / sizeof *shapes; at++) {
        every_kind_frees_what_was_read(shapes[at]);
        a_message_keeps_it(shapes[at]);
        a_refusal_leaves_it(shapes[at]);
        displaced_is_freed(shapes[at]);
        aborted_and_unread_is_freed(shapes[at]);
    }
    pointers_are_not_copied();
    return 0;
}
