/* Threads that send, copy, keep messages and share cursors over one record: every value is whole, each is freed once. */
#include <pthread.h>

#include "records.h"

enum { SENDERS = 2, EACH = 3000, MOST = 3000, KEEP = 16 };

typedef struct value {
    uint64_t number;
    uint64_t length;
    unsigned char bytes[MOST];
} value_t;

static atomic_int freed_count, moved_count;
static one_t one;

static void fill(value_t *value, uint64_t number) {
    value->number = number;
    value->length = number * 37 % MOST;
    memset(value->bytes, (int)(number & 255), value->length);
}

static size_t size_of(const value_t *value) {
    return offsetof(value_t, bytes) + value->length;
}

static void check(const value_t *value, size_t size) {
    CHECK(size == size_of(value) && value->length == value->number * 37 % MOST);
    for (size_t at = 0; at < value->length; at++) {
        CHECK(value->bytes[at] == (value->number & 255));
    }
}

static void value_free(void *data, void *user) {
    CHECK(user == &freed_count);
    value_t *value = data;
    check(value, size_of(value));
    memset(value, 255, sizeof *value);
    free(value);
    atomic_fetch_add(&freed_count, 1);
}

static void *send_all(void *argument) {
    uint64_t base = (uint64_t)(uintptr_t)argument * EACH;
    value_t copy;
    for (uint64_t number = base; number < base + EACH; number++) {
        if (number % 2 == 0) {
            value_t *value = malloc(sizeof *value);
            CHECK(value != NULL);
            fill(value, number);
            OK(aimdb_producer_send_move(one.producer, value, size_of(value), value_free, &freed_count, -1));
            atomic_fetch_add(&moved_count, 1);
        } else {
            fill(&copy, number);
            OK(aimdb_producer_send(one.producer, &copy, size_of(&copy)));
        }
    }
    return NULL;
}

/* What a reader has read: how many, and the sum of their numbers. */
typedef struct reader {
    aimdb_consumer_t consumer;
    int as_messages;
    uint64_t count, sum, lost;
} reader_t;

static void *read_all(void *argument) {
    reader_t *reader = argument;
    aimdb_message_t kept[KEEP] = { { 0 } };
    static _Thread_local value_t copy;
    for (;;) {
        aimdb_message_t message = { 0 };
        const void *data = &copy;
        size_t size;
        aimdb_status_t status = reader->as_messages
                                    ? aimdb_consumer_recv_message(reader->consumer, -1, &message, &data, &size)
                                    : aimdb_consumer_recv(reader->consumer, &copy, sizeof copy, &size);
        if (status == AIMDB_LAGGED) {
            uint64_t lag;
            OK(aimdb_consumer_lag(reader->consumer, &lag));
            reader->lost += lag;
            continue;
        }
        if (status == AIMDB_CLOSED) {
            break;
        }
        OK(status);
        const value_t *value = data;
        check(value, size);
        reader->count++;
        reader->sum += value->number;
        if (reader->as_messages) {
            /* Some are kept while others come and go; the oldest of them is still whole. */
            aimdb_message_t *place = &kept[value->number % KEEP];
            if (place->id != 0) {
                OK(aimdb_message_data(*place, &data, &size));
                check(data, size);
            }
            OK(aimdb_message_free(*place));
            *place = message;
        }
    }
    for (int at = 0; at < KEEP; at++) {
        OK(aimdb_message_free(kept[at]));
    }
    return NULL;
}

static void crowd(aimdb_kind_t kind) {
    atomic_store(&freed_count, 0);
    atomic_store(&moved_count, 0);
    one = attached(described(AIMDB_BYTES, sizeof(value_t), kind, AIMDB_PAUSE_UPSTREAM, 8));
    reader_t readers[3] = { { one.consumer, 1, 0, 0, 0 }, { { 0 }, 0, 0, 0, 0 }, { { 0 }, 1, 0, 0, 0 } };
    OK(aimdb_consumer_subscribe(one.consumer, &readers[1].consumer));
    OK(aimdb_consumer_share(readers[1].consumer, &readers[2].consumer));
    pthread_t senders[SENDERS], reading[3];
    for (int at = 0; at < 3; at++) {
        CHECK(pthread_create(&reading[at], NULL, read_all, &readers[at]) == 0);
    }
    for (uintptr_t at = 0; at < SENDERS; at++) {
        CHECK(pthread_create(&senders[at], NULL, send_all, (void *)at) == 0);
    }
    for (int at = 0; at < SENDERS; at++) {
        CHECK(pthread_join(senders[at], NULL) == 0);
    }
    aimdb_status_t closed = aimdb_producer_close(one.producer, -1, NULL);
    CHECK(closed == AIMDB_OK || closed == AIMDB_TIMEOUT);
    for (int at = 0; at < 3; at++) {
        CHECK(pthread_join(reading[at], NULL) == 0);
    }
    uint64_t all = SENDERS * EACH, sum = all * (all - 1) / 2;
    if (kind == AIMDB_BOUNDED) {
        CHECK(readers[0].count == all && readers[0].sum == sum);
        CHECK(readers[1].count + readers[2].count == all && readers[1].sum + readers[2].sum == sum);
    } else if (kind == AIMDB_SPMC_RING) {
        CHECK(readers[0].count + readers[0].lost == all);
        CHECK(readers[1].count + readers[2].count + readers[1].lost + readers[2].lost == all);
    }
    OK(aimdb_consumer_free(readers[1].consumer));
    OK(aimdb_consumer_free(readers[2].consumer));
    detach(one);
    CHECK(atomic_load(&moved_count) == SENDERS * EACH / 2);
    CHECK(atomic_load(&freed_count) == atomic_load(&moved_count));
}

int main(void) {
    for (aimdb_kind_t kind = AIMDB_SPMC_RING; kind <= AIMDB_BOUNDED; kind++) {
        crowd(kind);
    }
    return 0;
}
