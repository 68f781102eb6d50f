/* Random calls over live, freed, foreign and made-up handles, by two threads. What counts is that each is answered with a
 * status and that nothing breaks; run it under a sanitizer.
 *   fuzz [calls of each thread] [seed] */
#include <pthread.h>
#include <string.h>

#include "records.h"

enum { HANDLES = 64, PLACES = 48 };

static _Atomic uint64_t handles[HANDLES];
static unsigned long calls = 100000, seed = 1;

static uint64_t draw(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void nothing(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
}

static void freed_there(void *data, void *user) {
    (void)user;
    free(data);
}

/* The calls of this file, and by bits which statuses each was seen to answer. */
static struct {
    _Atomic(const char *) call;
    _Atomic uint64_t seen[5];
} answers[64];

/* Looks at what a call answered, and says it when it is new. */
static aimdb_status_t answered(const char *call, aimdb_status_t status) {
    CHECK(strcmp(aimdb_status_name(status), "AIMDB_UNKNOWN") != 0);
    CHECK(status != AIMDB_POISONED);
    for (size_t at = 0; at < sizeof answers / sizeof *answers; at++) {
        const char *here = NULL;
        if (atomic_compare_exchange_strong(&answers[at].call, &here, call)) here = call;
        if (here != call) continue;
        uint64_t bit = 1ull << (status % 64);
        if (!(atomic_load(&answers[at].seen[status / 64]) & bit)) {
            atomic_fetch_or(&answers[at].seen[status / 64], bit);
            say(call, status);
        }
        return status;
    }
    CHECK(!"a place for each call");
    return status;
}

#define CALL(call) answered(#call, call)

/* A handle that was made at some time, or one that never was. */
static uint64_t some(uint64_t *state) {
    uint64_t id = handles[draw(state) % HANDLES];
    switch (draw(state) % 16) {
    case 0: return draw(state);
    case 1: return id + 1;
    case 2: return id ^ (1ull << (draw(state) % 64));
    default: return id;
    }
}

static void keep(uint64_t *state, uint64_t id) {
    handles[draw(state) % HANDLES] = id;
}

static aimdb_record_t any_record(uint64_t *state) {
    static const size_t sizes[] = { 1, 8, 12, 64, 100, 256, 300, 0 };
    aimdb_record_t record = described((aimdb_form_t)(draw(state) % 3), sizes[draw(state) % 8],
                                      (aimdb_kind_t)(draw(state) % 5), (aimdb_policy_t)(draw(state) % 6), draw(state) % 5);
    record.single_cursor = draw(state) % 4 == 0;
    return record;
}

static void set_up(uint64_t *state) {
    aimdb_builder_t builder = { some(state) };
    aimdb_db_t db = { some(state) };
    aimdb_record_t record = any_record(state);
    aimdb_producer_t producer = { 0 };
    aimdb_consumer_t consumer = { 0 };
    aimdb_error_t error = { 0 };
    aimdb_status_t status = AIMDB_OK;
    uint64_t made = 0;
    switch (draw(state) % 8) {
    case 0: status = CALL(aimdb_builder_new(&builder)); made = builder.id; break;
    case 1: status = CALL(aimdb_builder_record(builder, &record, &error)); break;
    case 2: status = CALL(aimdb_builder_tap(builder, "values", nothing, NULL, NULL, &error)); break;
    case 3: status = CALL(aimdb_builder_attach(builder, &db, &error)); made = db.id; break;
    case 4:
    case 5: status = CALL(aimdb_producer_open(db, "values", &record.type, &producer, &error)); made = producer.id; break;
    default: status = aimdb_consumer_open(db, "values", &record.type, (aimdb_start_t)(draw(state) % 3), &consumer, &error);
             made = consumer.id;
    }
    if (status == AIMDB_OK && made != 0) keep(state, made);
    if (error.id != 0) {
        /* A handle that the other thread made up may be this one, and it may free it. */
        const char *message = aimdb_error_message(error);
        aimdb_status_t freed = CALL(aimdb_error_free(error));
        CHECK(freed == AIMDB_BAD_HANDLE || (freed == AIMDB_OK && message != NULL));
    }
}

static void send(uint64_t *state, unsigned char *bytes) {
    aimdb_producer_t producer = { some(state) };
    static const size_t sizes[] = { 0, 1, 8, 12, 64, 100, 256, 300 };
    size_t size = sizes[draw(state) % 8], count = 7;
    int32_t closed;
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    switch (draw(state) % 12) {
    case 0: CALL(aimdb_producer_send_timeout(producer, bytes, size, (int64_t)(draw(state) % 2000))); break;
    case 1: CALL(aimdb_producer_send_deadline(producer, bytes, size, aimdb_now() + 1000)); break;
    case 2: CALL(aimdb_producer_force_send(producer, bytes, size)); break;
    case 3:
        CALL(aimdb_producer_send_batch(producer, bytes, draw(state) % 4, 0, &count));
        CHECK(count < 4);
        break;
    case 4: {
        void *moved = aligned_alloc(64, 320);
        aimdb_status_t status = CALL(aimdb_producer_send_move(producer, moved, size, freed_there, NULL, 0));
        if (status != AIMDB_OK) free(moved);
        break;
    }
    case 5: CALL(aimdb_producer_flush(producer, 0)); break;
    case 6: CALL(aimdb_producer_is_closed(producer, &closed)); break;
    case 7: CALL(aimdb_producer_stats(producer, &stats)); break;
    case 8:
        if (draw(state) % 64 == 0) CALL(aimdb_producer_close(producer, 0, NULL));
        else if (draw(state) % 64 == 0) CALL(aimdb_producer_abort(producer, NULL));
        break;
    default: CALL(aimdb_producer_try_send(producer, bytes, size));
    }
}

static void receive(uint64_t *state, unsigned char *bytes) {
    aimdb_consumer_t consumer = { some(state) }, other = { 0 };
    aimdb_message_t message = { 0 };
    aimdb_consumer_stats_t stats = AIMDB_CONSUMER_STATS_INIT;
    size_t room = draw(state) % 8 == 0 ? draw(state) % 64 : 320, size;
    uint64_t lag;
    int32_t closed;
    aimdb_status_t status;
    switch (draw(state) % 12) {
    case 0: CALL(aimdb_consumer_recv_timeout(consumer, bytes, room, &size, (int64_t)(draw(state) % 2000))); break;
    case 1: CALL(aimdb_consumer_recv_deadline(consumer, bytes, room, NULL, aimdb_now() + 1000)); break;
    case 2: CALL(aimdb_consumer_recv_batch(consumer, bytes, draw(state) % 4, 0, &size)); break;
    case 3: CALL(aimdb_consumer_latest(consumer, bytes, room, &size, 0)); break;
    case 4: CALL(aimdb_consumer_peek(consumer, bytes, room, &size)); break;
    case 5:
        status = CALL(aimdb_consumer_recv_message(consumer, 0, &message, NULL, &size));
        if (status == AIMDB_OK) keep(state, message.id);
        break;
    case 6: CALL(aimdb_consumer_lag(consumer, &lag)); break;
    case 7: CALL(aimdb_consumer_is_closed(consumer, &closed)); break;
    case 8: CALL(aimdb_consumer_stats(consumer, &stats)); break;
    case 9:
        status = draw(state) % 2 ? CALL(aimdb_consumer_share(consumer, &other))
                                 : CALL(aimdb_consumer_subscribe(consumer, &other));
        if (status == AIMDB_OK) keep(state, other.id);
        break;
    default: CALL(aimdb_consumer_try_recv(consumer, bytes, room, &size));
    }
}

static void end(uint64_t *state) {
    uint64_t id = some(state);
    switch (draw(state) % 8) {
    case 0: CALL(aimdb_db_free((aimdb_db_t){ id })); break;
    case 1: CALL(aimdb_producer_free((aimdb_producer_t){ id })); break;
    case 2: CALL(aimdb_consumer_free((aimdb_consumer_t){ id })); break;
    case 3: CALL(aimdb_message_free((aimdb_message_t){ id })); break;
    case 4: CALL(aimdb_builder_free((aimdb_builder_t){ id })); break;
    case 5: CALL(aimdb_error_free((aimdb_error_t){ id })); break;
    case 6: CALL(aimdb_waitset_free((aimdb_waitset_t){ id })); break;
    default: CALL(aimdb_db_close((aimdb_db_t){ id }, 0, NULL));
    }
}

static void *work(void *which) {
    uint64_t state = 0x9e3779b97f4a7c15ull * (seed + (uint64_t)(intptr_t)which);
    unsigned char bytes[1400] = { 0 };
    for (unsigned long call = 0; call < calls; call++) {
        uint64_t kind = draw(&state) % PLACES;
        if (kind < 6) set_up(&state);
        else if (kind < 8) end(&state);
        else if (kind < 28) send(&state, bytes);
        else receive(&state, bytes);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count > 1) calls = strtoul(arguments[1], NULL, 10);
    if (count > 2) seed = strtoul(arguments[2], NULL, 10);
    pthread_t threads[2];
    for (intptr_t at = 0; at < 2; at++) CHECK(pthread_create(&threads[at], NULL, work, (void *)(at + 1)) == 0);
    for (int at = 0; at < 2; at++) CHECK(pthread_join(threads[at], NULL) == 0);
    return 0;
}
