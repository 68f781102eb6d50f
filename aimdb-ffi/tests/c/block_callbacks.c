/* Taps, drop callbacks and functions that degrade or free, for bytes, pointers and large plain values. */
#include <pthread.h>

#include "records.h"

static one_t here;

/* Inside a callback, calls that may wait answer that they would never end; the others work. */
static void may_not_wait(void) {
    if (here.consumer.id == 0) {
        return;
    }
    aimdb_message_t message;
    ANSWERS(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv_message(here.consumer, -1, &message, NULL, NULL));
    ANSWERS(AIMDB_EMPTY, aimdb_consumer_recv_message(here.consumer, 0, &message, NULL, NULL));
}

typedef struct seen {
    atomic_int tapped, dropped, freed, users_freed;
    aimdb_drop_cause_t cause;
    size_t size;
    const void *data;
    unsigned char first;
} seen_t;

static seen_t seen;

static void tap(void *user, const void *data, size_t size) {
    CHECK(user == (void *)&seen && size == seen.size);
    CHECK(*(const unsigned char *)data == seen.first);
    may_not_wait();
    atomic_fetch_add(&seen.tapped, 1);
}

static void drop(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    CHECK(user == (void *)&seen);
    /* Each is shown before it is freed. */
    CHECK(atomic_load(&seen.freed) == atomic_load(&seen.dropped));
    seen.cause = cause;
    seen.size = size;
    seen.data = data;
    seen.first = *(const unsigned char *)data;
    may_not_wait();
    atomic_fetch_add(&seen.dropped, 1);
}

static void data_free(void *data, void *user) {
    CHECK(user == (void *)&seen && data != NULL);
    may_not_wait();
    atomic_fetch_add(&seen.freed, 1);
}

static void user_free(void *user) {
    CHECK(user == (void *)&seen);
    atomic_fetch_add(&seen.users_freed, 1);
}

static size_t degrade(void *user, void *data, size_t size) {
    CHECK(user == (void *)&seen);
    *(unsigned char *)data = 99;
    may_not_wait();
    return size / 2;
}

static void clear(void) {
    static const seen_t nothing;
    memcpy(&seen, &nothing, sizeof seen);
}

static aimdb_record_t with_drop(aimdb_record_t record) {
    record.drop = drop;
    record.drop_user = &seen;
    record.drop_user_free = user_free;
    return record;
}

/* A consumer that finds nothing, for the callbacks to call with. */
static void open_here(void) {
    here = attached(described(AIMDB_BYTES, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 1));
}

static const struct { aimdb_form_t form; size_t size; } shapes[] = {
    { AIMDB_PLAIN, 400 }, { AIMDB_BYTES, 300 }, { AIMDB_POINTER, 12345 },
};

static aimdb_status_t send(one_t one, unsigned char *value, size_t size) {
    return aimdb_producer_send_move(one.producer, value, size, data_free, &seen, 0);
}

static void drops(void) {
    static _Alignas(64) unsigned char a[400], b[400];
    a[0] = 1;
    b[0] = 2;
    for (size_t at = 0; at < 3; at++) {
        aimdb_record_t record = described(shapes[at].form, shapes[at].form == AIMDB_BYTES ? 512 : shapes[at].size,
                                          AIMDB_BOUNDED, AIMDB_DROP_OLDEST, 1);
        clear();
        one_t one = attached(with_drop(record));
        OK(send(one, a, shapes[at].size));
        OK(send(one, b, shapes[at].size));
        CHECK(seen.dropped == 1 && seen.freed == 1 && seen.cause == AIMDB_DROPPED_OVERWRITTEN);
        CHECK(seen.size == shapes[at].size && seen.data == a && seen.first == 1);
        OK(aimdb_producer_abort(one.producer, NULL));
        CHECK(seen.dropped == 2 && seen.freed == 2 && seen.cause == AIMDB_DROPPED_ABORTED && seen.data == b);
        detach(one);
        CHECK(seen.users_freed == 1);

        record.policy = AIMDB_DROP_NEWEST;
        clear();
        one = attached(with_drop(record));
        OK(send(one, a, shapes[at].size));
        OK(send(one, b, shapes[at].size));
        CHECK(seen.dropped == 1 && seen.freed == 1 && seen.cause == AIMDB_DROPPED_NEWEST && seen.data == b);
        if (shapes[at].form != AIMDB_POINTER) {
            OK(aimdb_producer_force_send(one.producer, b, shapes[at].size));
            CHECK(seen.dropped == 2 && seen.freed == 2 && seen.cause == AIMDB_DROPPED_OVERWRITTEN && seen.data == a);
        }
        detach(one);
    }
    /* Small plain values, too, go to the callback when a sender displaces them itself. */
    clear();
    one_t one = attached(with_drop(described(AIMDB_PLAIN, 4, AIMDB_BOUNDED, AIMDB_FAIL, 1)));
    OK(aimdb_producer_force_send(one.producer, "abc", 4));
    CHECK(seen.dropped == 0);
    OK(aimdb_producer_force_send(one.producer, "def", 4));
    CHECK(seen.dropped == 1 && seen.cause == AIMDB_DROPPED_OVERWRITTEN && seen.first == 'a' && seen.size == 4);
    atomic_store(&seen.freed, 1);
    detach(one);
}

static void degrades(void) {
    static _Alignas(64) unsigned char value[400];
    for (size_t at = 0; at < 3; at++) {
        aimdb_record_t record = described(shapes[at].form, shapes[at].form == AIMDB_BYTES ? 512 : shapes[at].size,
                                          AIMDB_BOUNDED, AIMDB_DEGRADE_QUALITY, 1);
        record.degrade = degrade;
        record.degrade_user = &seen;
        clear();
        one_t one = attached(record);
        value[0] = 1;
        OK(send(one, value, shapes[at].size));
        CHECK(value[0] == 1);
        OK(send(one, value, shapes[at].size));
        CHECK(seen.freed == 1 && value[0] == 99);
        aimdb_message_t message;
        const void *data;
        size_t size;
        ANSWERS(AIMDB_LAGGED, aimdb_consumer_recv_message(one.consumer, 0, &message, &data, &size));
        OK(aimdb_consumer_recv_message(one.consumer, 0, &message, &data, &size));
        CHECK(data == value && size == shapes[at].size / (shapes[at].form == AIMDB_PLAIN ? 1 : 2));
        OK(aimdb_message_free(message));
        CHECK(seen.freed == 2);
        if (shapes[at].form != AIMDB_POINTER) {
            /* A copy is degraded; the caller's own bytes are as they were. */
            value[0] = 1;
            OK(aimdb_producer_send(one.producer, value, shapes[at].size));
            OK(aimdb_producer_send(one.producer, value, shapes[at].size));
            CHECK(value[0] == 1);
            unsigned char copy[512];
            ANSWERS(AIMDB_LAGGED, aimdb_consumer_recv(one.consumer, copy, sizeof copy, &size));
            OK(aimdb_consumer_recv(one.consumer, copy, sizeof copy, &size));
            CHECK(copy[0] == 99 && size == shapes[at].size / (shapes[at].form == AIMDB_PLAIN ? 1 : 2));
        }
        detach(one);
    }
}

static void taps(void) {
    static _Alignas(64) unsigned char value[400];
    for (size_t at = 0; at < 3; at++) {
        clear();
        seen.size = shapes[at].size;
        seen.first = value[0] = 7;
        aimdb_record_t record = described(shapes[at].form, shapes[at].form == AIMDB_BYTES ? 512 : shapes[at].size,
                                          AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 2);
        aimdb_builder_t builder;
        aimdb_db_t db;
        aimdb_producer_t producer;
        OK(aimdb_builder_new(&builder));
        OK(aimdb_builder_record(builder, &record, NULL));
        OK(aimdb_builder_tap(builder, "values", tap, &seen, user_free, NULL));
        OK(aimdb_builder_tap(builder, "values", tap, &seen, user_free, NULL));
        OK(aimdb_builder_attach(builder, &db, NULL));
        OK(aimdb_producer_open(db, "values", &record.type, &producer, NULL));
        for (int turn = 0; turn < 100; turn++) {
            OK(aimdb_producer_send_move(producer, value, shapes[at].size, data_free, &seen, -1));
        }
        uint64_t left;
        OK(aimdb_db_close(db, -1, &left));
        CHECK(left == 0 && seen.tapped == 200 && seen.freed == 100 && seen.users_freed == 2);
        OK(aimdb_db_free(db));
        OK(aimdb_producer_free(producer));
    }
}

int main(void) {
    open_here();
    drops();
    degrades();
    /* A consumer belongs to one thread at a time, and taps have two. */
    detach(here);
    here.consumer = (aimdb_consumer_t){ 0 };
    taps();
    return 0;
}
