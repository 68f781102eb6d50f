/* Configuration for everybody: the newest value, for readers that come early, late or seldom.
 *
 * To learn: AIMDB_SINGLE_LATEST hands each reader each change, but only the newest one: what was overwritten before it
 * looked is skipped without an error. One that comes late sees the current value once. aimdb_consumer_peek looks without
 * a cursor moving. A reader that waits for a change with a timeout has a timer that a new configuration interrupts. */
#include <pthread.h>

#include "example.h"

typedef struct config {
    uint32_t revision;
    double gain;
} config_t;

static const int64_t STEP_NS = 1000000;

typedef struct control {
    aimdb_consumer_t changes;
    config_t config; /* the one that counts */
} control_t;

/* A control loop whose rest between two steps is the wait for a change. */
static void *control_loop(void *argument) {
    control_t *control = argument;
    MUST(aimdb_consumer_peek(control->changes, &control->config, sizeof control->config, NULL));
    for (;;) {
        config_t changed;
        switch (aimdb_consumer_recv_timeout(control->changes, &changed, sizeof changed, NULL, STEP_NS)) {
        case AIMDB_OK: control->config = changed; break;
        case AIMDB_TIMEOUT: /* here it would do a step */ break;
        case AIMDB_CLOSED: return NULL;
        default: ASSERT(!"a latest value is never late, and the handle is ours");
        }
    }
}

int main(void) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "control.config";
    record.kind = AIMDB_SINGLE_LATEST;
    record.type.size = sizeof(config_t);
    aimdb_db_t db = database_of(&record, 1);
    aimdb_producer_t operator = producer_of(db, &record);
    aimdb_consumer_t early = consumer_of(db, &record);

    config_t config;
    ASSERT(aimdb_consumer_try_recv(early, &config, sizeof config, NULL) == AIMDB_EMPTY);
    ASSERT(aimdb_consumer_peek(early, &config, sizeof config, NULL) == AIMDB_EMPTY);
    printf("before the first revision there is nothing: None\n");

    for (uint32_t revision = 1; revision <= 5; revision++) {
        config_t next = { revision, 0.5 * revision };
        MUST(aimdb_producer_send(operator, &next, sizeof next));
    }
    MUST(aimdb_consumer_recv(early, &config, sizeof config, NULL));
    printf("the early reader looked once and saw revision %u, gain %g\n", config.revision, config.gain);
    ASSERT(config.revision == 5);
    /* A value is news once. */
    ASSERT(aimdb_consumer_try_recv(early, &config, sizeof config, NULL) == AIMDB_EMPTY);

    /* Who comes late starts with the current value; nobody has to send it again. */
    control_t control = { consumer_of(db, &record), { 0, 0 } };
    MUST(aimdb_consumer_recv(control.changes, &config, sizeof config, NULL));
    printf("the late reader begins with revision %u\n", config.revision);

    pthread_t thread;
    ASSERT(pthread_create(&thread, NULL, control_loop, &control) == 0);
    config_t last = { 6, 9.0 };
    MUST(aimdb_producer_send(operator, &last, sizeof last));
    close_at_once(operator);
    ASSERT(pthread_join(thread, NULL) == 0);
    printf("the control loop ended with revision %u, when the record was closed\n", control.config.revision);
    ASSERT(control.config.revision == 6);

    aimdb_stats_t counted = AIMDB_STATS_INIT;
    MUST(aimdb_producer_stats(operator, &counted));
    printf("accepted %llu, of which %llu were overwritten by a newer one\n", (unsigned long long)counted.accepted,
           (unsigned long long)counted.overwritten);
    ASSERT(counted.accepted == 6 && counted.refused == 0);

    MUST(aimdb_consumer_free(control.changes));
    MUST(aimdb_consumer_free(early));
    MUST(aimdb_producer_free(operator));
    MUST(aimdb_db_free(db));
    return 0;
}
