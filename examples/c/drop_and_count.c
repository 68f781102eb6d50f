/* A hot loop that may never wait: what does not fit is dropped by the caller, and counted.
 *
 * To learn: aimdb_producer_try_send on a record with the policy AIMDB_FAIL never waits, and its AIMDB_FULL is the record's
 * own fullness at that moment, for there is no channel in between. The caller's count and the record's count agree to
 * the last value. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "example.h"

enum { BURSTS = 10, BURST = 1000, CAPACITY = 64 };

typedef struct hot_loop {
    aimdb_producer_t samples;
    pthread_barrier_t *turn;
    uint64_t dropped;
} hot_loop_t;

static void *run_hot_loop(void *argument) {
    hot_loop_t *loop = argument;
    for (uint64_t burst = 0; burst < BURSTS; burst++) {
        for (uint64_t sample = burst * BURST; sample < (burst + 1) * BURST; sample++) {
            aimdb_status_t status = aimdb_producer_try_send(loop->samples, &sample, sizeof sample);
            if (status == AIMDB_FULL) loop->dropped++;
            else must_do(status, "aimdb_producer_try_send");
        }
        pthread_barrier_wait(loop->turn);
        pthread_barrier_wait(loop->turn);
    }
    close_at_once(loop->samples);
    return NULL;
}

int main(void) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "isr.samples";
    record.kind = AIMDB_BOUNDED;
    record.policy = AIMDB_FAIL;
    record.capacity = CAPACITY;
    record.type.size = sizeof(uint64_t);
    aimdb_db_t db = database_of(&record, 1);
    aimdb_consumer_t reader = consumer_of(db, &record);

    /* The two take turns here so that the numbers come out the same each time; without the barrier the loop would
     * drop more or less, and the account would balance all the same. */
    pthread_barrier_t turn;
    ASSERT(pthread_barrier_init(&turn, NULL, 2) == 0);
    hot_loop_t loop = { producer_of(db, &record), &turn, 0 };
    pthread_t thread;
    ASSERT(pthread_create(&thread, NULL, run_hot_loop, &loop) == 0);
    uint64_t sum = 0;
    for (int burst = 0; burst < BURSTS; burst++) {
        pthread_barrier_wait(&turn);
        uint64_t sample;
        aimdb_status_t status;
        while ((status = aimdb_consumer_try_recv(reader, &sample, sizeof sample, NULL)) == AIMDB_OK) sum += sample;
        ASSERT(status == AIMDB_EMPTY);
        pthread_barrier_wait(&turn);
    }
    ASSERT(pthread_join(thread, NULL) == 0);
    ASSERT(pthread_barrier_destroy(&turn) == 0);

    aimdb_stats_t counted = AIMDB_STATS_INIT;
    MUST(aimdb_db_stats(db, record.key, &counted));
    uint64_t offered = counted.accepted + counted.refused + counted.timed_out;
    printf("offered %llu\n", (unsigned long long)offered);
    printf("accepted %llu\n", (unsigned long long)counted.accepted);
    printf("refused %llu, and the loop counted %llu drops\n", (unsigned long long)counted.refused,
           (unsigned long long)loop.dropped);
    printf("the reader has the sum %llu\n", (unsigned long long)sum);
    ASSERT(offered == BURSTS * BURST);
    ASSERT(counted.accepted == BURSTS * CAPACITY);
    ASSERT(counted.refused == loop.dropped);
    ASSERT(counted.blocked == 0); /* a hot loop never waits */
    aimdb_consumer_stats_t seen = AIMDB_CONSUMER_STATS_INIT;
    MUST(aimdb_consumer_stats(reader, &seen));
    ASSERT(seen.delivered == counted.accepted);

    MUST(aimdb_consumer_free(reader));
    MUST(aimdb_producer_free(loop.samples));
    MUST(aimdb_db_free(db));
    return 0;
}
