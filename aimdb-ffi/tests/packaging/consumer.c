/* A program of a user who has the installed library and nothing else of this project. */
#include <aimdb.h>
#include <pthread.h>
#include <stdio.h>

static void *produce(void *argument) {
    aimdb_producer_t jobs = *(aimdb_producer_t *)argument;
    for (int32_t number = 1; number <= 5; number++) {
        if (aimdb_producer_send(jobs, &number, sizeof number) != AIMDB_OK) {
            break;
        }
    }
    aimdb_producer_close(jobs, -1, NULL);
    return NULL;
}

int main(void) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "jobs";
    record.kind = AIMDB_BOUNDED;
    record.capacity = 2;
    record.type.size = sizeof(int32_t);

    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_builder_new(&builder);
    aimdb_builder_record(builder, &record, NULL);
    aimdb_builder_attach(builder, &db, NULL);
    aimdb_producer_open(db, "jobs", &record.type, &producer, NULL);
    aimdb_consumer_open(db, "jobs", &record.type, AIMDB_LIVE, &consumer, NULL);

    pthread_t thread;
    if (pthread_create(&thread, NULL, produce, &producer) != 0) {
        return 1;
    }
    int32_t number;
    aimdb_status_t status;
    while ((status = aimdb_consumer_recv(consumer, &number, sizeof number, NULL)) == AIMDB_OK) {
        printf("job %d\n", (int)number);
    }
    puts(aimdb_status_name(status));
    pthread_join(thread, NULL);
    aimdb_consumer_free(consumer);
    aimdb_producer_free(producer);
    aimdb_db_free(db);
    printf("aimdb %s\n", aimdb_version());
    return 0;
}
