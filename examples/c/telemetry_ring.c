/* A telemetry ring: the sensor never waits, and a slow reader is told exactly what it missed.
 *
 * To learn: AIMDB_SPMC_RING keeps the last `capacity` values for every reader that is not too slow. A reader that was
 * overtaken is answered AIMDB_LAGGED once and goes on at the oldest value that is still there. */
#include <pthread.h>

#include "example.h"

typedef struct reading {
    uint32_t number;
    float celsius;
} reading_t;

typedef struct sampling {
    aimdb_producer_t sensor;
    aimdb_consumer_t follower;
} sampling_t;

/* The sensor on a thread of its own, and on the same thread a reader that keeps up. */
static void *sample(void *argument) {
    const sampling_t *sampling = argument;
    float warmest = -1000;
    for (uint32_t number = 0; number < 10; number++) {
        reading_t reading = { number, 60.0f + (float)number / 2 };
        MUST(aimdb_producer_send(sampling->sensor, &reading, sizeof reading));
        reading_t seen;
        MUST(aimdb_consumer_recv(sampling->follower, &seen, sizeof seen, NULL));
        if (seen.celsius > warmest) warmest = seen.celsius;
    }
    close_at_once(sampling->sensor);
    printf("the follower saw all 10, the warmest was %g °C\n", (double)warmest);
    aimdb_consumer_stats_t seen = AIMDB_CONSUMER_STATS_INIT;
    MUST(aimdb_consumer_stats(sampling->follower, &seen));
    ASSERT(seen.lagged == 0);
    return NULL;
}

int main(void) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "boiler.temperature";
    record.kind = AIMDB_SPMC_RING;
    record.capacity = 3;
    record.type.size = sizeof(reading_t);
    aimdb_db_t db = database_of(&record, 1);

    sampling_t sampling = { producer_of(db, &record), consumer_of(db, &record) };
    aimdb_consumer_t slow = consumer_of(db, &record);
    aimdb_consumer_t report;
    MUST(aimdb_consumer_subscribe(slow, &report));

    pthread_t thread;
    ASSERT(pthread_create(&thread, NULL, sample, &sampling) == 0);
    ASSERT(pthread_join(thread, NULL) == 0);

    /* The slow reader comes when all is over: 10 values into 3 places. */
    reading_t reading;
    uint64_t missed = 0;
    ASSERT(aimdb_consumer_recv(slow, &reading, sizeof reading, NULL) == AIMDB_LAGGED);
    MUST(aimdb_consumer_lag(slow, &missed));
    printf("the slow reader missed %llu and goes on:\n", (unsigned long long)missed);
    ASSERT(missed == 7);
    /* The lag is told once; then come the values that are left, then the end. */
    aimdb_status_t status;
    while ((status = aimdb_consumer_try_recv(slow, &reading, sizeof reading, NULL)) == AIMDB_OK) {
        printf("  number %u: %g °C\n", reading.number, (double)reading.celsius);
    }
    ASSERT(status == AIMDB_CLOSED);

    /* The same in a loop that skips the gap and counts it. */
    uint64_t lost = 0;
    const char *before = "[";
    printf("the report has ");
    while ((status = aimdb_consumer_recv(report, &reading, sizeof reading, NULL)) != AIMDB_CLOSED) {
        if (status == AIMDB_LAGGED) {
            MUST(aimdb_consumer_lag(report, &missed));
            lost += missed;
            continue;
        }
        must_do(status, "aimdb_consumer_recv");
        printf("%s%u", before, reading.number);
        before = ", ";
    }
    printf("] and knows that %llu are lost\n", (unsigned long long)lost);
    ASSERT(lost == 7);

    /* Nothing is unaccounted for. */
    aimdb_consumer_stats_t seen = AIMDB_CONSUMER_STATS_INIT;
    MUST(aimdb_consumer_stats(slow, &seen));
    ASSERT(seen.accepted == seen.delivered + seen.lagged);
    printf("accepted %llu = delivered %llu + lagged %llu\n", (unsigned long long)seen.accepted,
           (unsigned long long)seen.delivered, (unsigned long long)seen.lagged);

    MUST(aimdb_consumer_free(report));
    MUST(aimdb_consumer_free(slow));
    MUST(aimdb_consumer_free(sampling.follower));
    MUST(aimdb_producer_free(sampling.sensor));
    MUST(aimdb_db_free(db));
    return 0;
}
