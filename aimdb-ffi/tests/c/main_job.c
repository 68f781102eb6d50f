/* The main job: a producer thread that a full record holds up, a consumer that takes everything in order, a tap. */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

enum { VALUES = 20000 };

typedef struct job {
    uint64_t number;
    double weight;
} job_t;

static atomic_ullong tapped;
static atomic_int freed;

static void tap(void *user, const void *data, size_t size) {
    CHECK(size == sizeof(job_t));
    CHECK(user == (void *)&tapped);
    atomic_fetch_add(&tapped, ((const job_t *)data)->number);
}

static void user_free(void *user) {
    CHECK(user == (void *)&tapped);
    atomic_fetch_add(&freed, 1);
}

static void *produce(void *argument) {
    aimdb_producer_t producer = *(aimdb_producer_t *)argument;
    for (uint64_t number = 1; number <= VALUES; number++) {
        job_t job = { number, (double)number / 2 };
        OK(aimdb_producer_send(producer, &job, sizeof job));
    }
    uint64_t left = 77;
    OK(aimdb_producer_close(producer, -1, &left));
    CHECK(left == 0);
    return NULL;
}

int main(void) {
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "jobs";
    record.kind = AIMDB_BOUNDED;
    record.policy = AIMDB_PAUSE_UPSTREAM;
    record.capacity = 16;
    record.type.size = sizeof(job_t);
    record.type.schema = aimdb_schema_of("job: u64 number, f64 weight");
    OK(aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_tap(builder, "jobs", tap, (void *)&tapped, user_free, NULL));

    aimdb_db_t db;
    aimdb_error_t error;
    OK(aimdb_builder_attach(builder, &db, &error));
    CHECK(error.id == 0);

    aimdb_producer_t producer;
    OK(aimdb_producer_open(db, "jobs", &record.type, &producer, NULL));
    aimdb_consumer_t consumer;
    OK(aimdb_consumer_open(db, "jobs", &record.type, AIMDB_LIVE, &consumer, NULL));

    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, produce, &producer) == 0);
    uint64_t expected = 1;
    job_t job;
    aimdb_status_t status;
    while ((status = aimdb_consumer_recv(consumer, &job, sizeof job, NULL)) == AIMDB_OK) {
        CHECK(job.number == expected && job.weight == (double)expected / 2);
        expected++;
    }
    ANSWERS(AIMDB_CLOSED, status);
    CHECK(expected == VALUES + 1);
    CHECK(pthread_join(thread, NULL) == 0);

    aimdb_stats_t stats = AIMDB_STATS_INIT;
    OK(aimdb_db_stats(db, "jobs", &stats));
    CHECK(stats.accepted == VALUES && stats.refused == 0 && stats.closed == 1);

    uint64_t left;
    OK(aimdb_db_close(db, -1, &left));
    CHECK(left == 0);
    CHECK(atomic_load(&tapped) == (unsigned long long)VALUES * (VALUES + 1) / 2);
    CHECK(atomic_load(&freed) == 1);
    OK(aimdb_db_free(db));
    OK(aimdb_consumer_free(consumer));
    OK(aimdb_producer_free(producer));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_producer_send(producer, &job, sizeof job));
    ANSWERS(AIMDB_BAD_HANDLE, aimdb_db_free(db));
    puts("20000 jobs sent, taken and tapped in order");
    return 0;
}
