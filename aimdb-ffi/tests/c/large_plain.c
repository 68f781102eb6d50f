/* Plain values of more than 256 bytes, and small ones as messages. */
#include "records.h"

typedef struct frame {
    uint64_t number;
    unsigned char pixels[1000];
} frame_t;

static frame_t frame(uint64_t number) {
    frame_t made = { number, { 0 } };
    memset(made.pixels, (int)number, sizeof made.pixels);
    return made;
}

static int is_frame(const frame_t *got, uint64_t number) {
    frame_t wanted = frame(number);
    return memcmp(got, &wanted, sizeof wanted) == 0;
}

static void every_kind_and_call(void) {
    for (aimdb_kind_t kind = AIMDB_SPMC_RING; kind <= AIMDB_BOUNDED; kind++) {
        one_t one = attached(described(AIMDB_PLAIN, sizeof(frame_t), kind, AIMDB_DROP_OLDEST, 4));
        frame_t in = frame(1), out;
        size_t size;
        OK(aimdb_producer_send_timeout(one.producer, &in, sizeof in, -1));
        ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_try_recv(one.consumer, &out, sizeof out - 1, &size));
        CHECK(size == sizeof in);
        OK(aimdb_consumer_recv_timeout(one.consumer, &out, sizeof out, NULL, -1));
        CHECK(is_frame(&out, 1));
        in = frame(2);
        OK(aimdb_producer_force_send(one.producer, &in, sizeof in));
        if (kind == AIMDB_SINGLE_LATEST || kind == AIMDB_MAILBOX) {
            OK(aimdb_consumer_peek(one.consumer, &out, sizeof out, &size));
            CHECK(size == sizeof out && is_frame(&out, 2));
        }
        OK(aimdb_consumer_latest(one.consumer, &out, sizeof out, &size, -1));
        CHECK(is_frame(&out, 2));
        ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_send(one.producer, &in, sizeof in - 1));
        ANSWERS(AIMDB_BAD_SIZE, aimdb_producer_send(one.producer, NULL, 0));
        ANSWERS(AIMDB_TIMEOUT, aimdb_consumer_recv_timeout(one.consumer, &out, sizeof out, &size, 1));
        ANSWERS(AIMDB_TIMEOUT, aimdb_consumer_recv_deadline(one.consumer, &out, sizeof out, &size, aimdb_now()));
        detach(one);
    }
}

static void batches(void) {
    static frame_t in[6], out[6];
    one_t one = attached(described(AIMDB_PLAIN, sizeof(frame_t), AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4));
    for (uint64_t number = 0; number < 6; number++) {
        in[number] = frame(number);
    }
    size_t count = 77;
    ANSWERS(AIMDB_FULL, aimdb_producer_send_batch(one.producer, in, 6, 0, &count));
    CHECK(count == 4);
    ANSWERS(AIMDB_TIMEOUT, aimdb_producer_send_batch(one.producer, in + 4, 2, 1000, &count));
    CHECK(count == 0);
    ANSWERS(AIMDB_BUFFER_TOO_SMALL, aimdb_consumer_recv(one.consumer, out, 1, NULL));
    OK(aimdb_producer_send_batch(one.producer, in + 4, 1, -1, &count));
    CHECK(count == 1);
    /* The one that was kept comes alone. */
    OK(aimdb_consumer_recv_batch(one.consumer, out, 6, -1, &count));
    CHECK(count == 1 && is_frame(out, 0));
    OK(aimdb_consumer_recv_batch(one.consumer, out, (size_t)-1, 0, &count));
    CHECK(count == 4);
    for (uint64_t number = 0; number < 4; number++) {
        CHECK(is_frame(&out[number], number + 1));
    }
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_recv_batch(one.consumer, out, 6, 0, &count));
    CHECK(count == 0);
    OK(aimdb_producer_close(one.producer, -1, NULL));
    ANSWERS(AIMDB_CLOSED, aimdb_consumer_recv_batch(one.consumer, out, 6, -1, &count));
    detach(one);
}

/* A lag behind the values of a batch is told by the next call. */
static void a_batch_tells_its_lag(void) {
    one_t one = attached(described(AIMDB_PLAIN, sizeof(frame_t), AIMDB_SPMC_RING, 0, 4));
    static frame_t out[10];
    for (uint64_t number = 0; number < 7; number++) {
        frame_t in = frame(number);
        OK(aimdb_producer_send(one.producer, &in, sizeof in));
    }
    size_t count;
    uint64_t lag;
    ANSWERS(AIMDB_LAGGED, aimdb_consumer_recv_batch(one.consumer, out, 10, -1, &count));
    OK(aimdb_consumer_lag(one.consumer, &lag));
    CHECK(count == 0 && lag == 3);
    OK(aimdb_consumer_recv_batch(one.consumer, out, 10, -1, &count));
    CHECK(count == 4 && is_frame(out, 3) && is_frame(&out[3], 6));
    detach(one);
}

static void small_values_as_messages(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 12, AIMDB_SINGLE_LATEST, 0, 0);
    record.type.alignment = 256;
    one_t one = attached(record);
    aimdb_message_t messages[100];
    const void *data[100];
    for (int turn = 0; turn < 100; turn++) {
        int value[3] = { turn, -turn, turn * turn };
        OK(aimdb_producer_send(one.producer, value, sizeof value));
        size_t size;
        switch (turn % 3) {
        case 0: OK(aimdb_consumer_recv_message(one.consumer, -1, &messages[turn], &data[turn], &size)); break;
        case 1: OK(aimdb_consumer_latest_message(one.consumer, -1, &messages[turn], &data[turn], &size)); break;
        default: OK(aimdb_consumer_peek_message(one.consumer, &messages[turn], &data[turn], &size)); break;
        }
        CHECK(size == 12 && (uintptr_t)data[turn] % 256 == 0);
    }
    detach(one);
    for (int turn = 0; turn < 100; turn++) {
        const int *value = data[turn];
        CHECK(value[0] == turn && value[1] == -turn && value[2] == turn * turn);
        OK(aimdb_message_free(messages[turn]));
    }
}

int main(void) {
    every_kind_and_call();
    batches();
    a_batch_tells_its_lag();
    small_values_as_messages();
    return 0;
}
