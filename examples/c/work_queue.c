/* A work queue: several workers share one cursor, so each job is done once.
 *
 * To learn: *sharing* a consumer shares its cursor (each value goes to one of them), *subscribing* makes a new one (each
 * value goes to both). A handle is a number, so a job may carry the one for its own answer. */
#include <pthread.h>

#include "example.h"

enum { JOBS = 200, WORKERS = 4 };

typedef struct job {
    uint64_t number;
    aimdb_producer_t answers;
} job_t;

typedef struct answer {
    uint64_t number;
    uint64_t square;
} answer_t;

typedef struct worker {
    pthread_t thread;
    aimdb_consumer_t jobs;
    uint64_t done;
} worker_t;

static void *work(void *argument) {
    worker_t *worker = argument;
    job_t job;
    aimdb_status_t status;
    while ((status = aimdb_consumer_recv(worker->jobs, &job, sizeof job, NULL)) == AIMDB_OK) {
        answer_t answer = { job.number, job.number * job.number };
        MUST(aimdb_producer_send(job.answers, &answer, sizeof answer));
        worker->done++;
    }
    ASSERT(status == AIMDB_CLOSED);
    return NULL;
}

int main(void) {
    aimdb_record_t records[2] = { AIMDB_RECORD_INIT, AIMDB_RECORD_INIT };
    records[0].key = "jobs";
    records[0].kind = AIMDB_BOUNDED;
    records[0].policy = AIMDB_PAUSE_UPSTREAM;
    records[0].capacity = 8;
    records[0].single_cursor = 1;
    records[0].type.size = sizeof(job_t);
    records[1].key = "answers";
    records[1].kind = AIMDB_BOUNDED;
    records[1].policy = AIMDB_PAUSE_UPSTREAM;
    records[1].capacity = JOBS; /* read when all are there */
    records[1].type.size = sizeof(answer_t);
    aimdb_db_t db = database_of(records, 2);
    aimdb_producer_t jobs = producer_of(db, &records[0]);
    aimdb_producer_t answers_in = producer_of(db, &records[1]);
    aimdb_consumer_t answers = consumer_of(db, &records[1]);
    aimdb_consumer_t first = consumer_of(db, &records[0]);
    /* A second cursor would need a second copy of each job. */
    aimdb_consumer_t second;
    ASSERT(aimdb_consumer_open(db, "jobs", &records[0].type, AIMDB_LIVE, &second, NULL) == AIMDB_SINGLE_CURSOR);

    worker_t workers[WORKERS];
    for (int at = 0; at < WORKERS; at++) {
        workers[at].done = 0;
        MUST(aimdb_consumer_share(first, &workers[at].jobs));
        ASSERT(pthread_create(&workers[at].thread, NULL, work, &workers[at]) == 0);
    }
    /* The workers have shares of their own; one that nobody reads from is no harm, but no use. */
    MUST(aimdb_consumer_free(first));

    for (uint64_t number = 0; number < JOBS; number++) {
        /* Waits while the workers have their hands full. */
        job_t job = { number, answers_in };
        MUST(aimdb_producer_send(jobs, &job, sizeof job));
    }
    close_at_once(jobs);

    uint64_t done = 0;
    for (int at = 0; at < WORKERS; at++) {
        ASSERT(pthread_join(workers[at].thread, NULL) == 0);
        MUST(aimdb_consumer_free(workers[at].jobs));
        done += workers[at].done;
    }
    close_at_once(answers_in);
    /* Each at the place of its number, as often as it was answered. */
    uint64_t squares[JOBS] = { 0 };
    int times[JOBS] = { 0 };
    answer_t answer;
    while (aimdb_consumer_recv(answers, &answer, sizeof answer, NULL) == AIMDB_OK) {
        ASSERT(answer.number < JOBS);
        squares[answer.number] = answer.square;
        times[answer.number]++;
    }
    printf("%d workers did %llu jobs\n", WORKERS, (unsigned long long)done);
    printf("the last answer is Some((%d, %llu))\n", JOBS - 1, (unsigned long long)squares[JOBS - 1]);
    ASSERT(done == JOBS);
    for (uint64_t number = 0; number < JOBS; number++) {
        ASSERT(times[number] == 1 && squares[number] == number * number);
    }
    printf("each job was done exactly once\n");

    MUST(aimdb_consumer_free(answers));
    MUST(aimdb_producer_free(answers_in));
    MUST(aimdb_producer_free(jobs));
    MUST(aimdb_db_free(db));
    return 0;
}
