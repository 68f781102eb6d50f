/* What the examples share: calls that must succeed, a database from a list of records, and its ends. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include <aimdb.h>

static inline void must_be(int is_so, const char *what) {
    if (!is_so) {
        fprintf(stderr, "not so: %s\n", what);
        exit(1);
    }
}

/* That something holds, in release builds too. */
#define ASSERT(condition) must_be((condition), #condition)

static inline void must_do(aimdb_status_t status, const char *call) {
    if (status != AIMDB_OK) {
        fprintf(stderr, "%s: %s\n", call, aimdb_status_name(status));
        exit(1);
    }
}

/* That a call answers AIMDB_OK. What answers something else now and then is looked at where it is called. */
#define MUST(call) must_do((call), #call)

/* The same for set-up calls, which have a sentence to say. */
static inline void must_set_up(aimdb_status_t status, aimdb_error_t error) {
    if (status != AIMDB_OK) {
        const char *message = aimdb_error_message(error);
        fprintf(stderr, "%s: %s\n", aimdb_status_name(status), message ? message : aimdb_status_text(status));
        exit(1);
    }
}

/* A database of these records. */
static inline aimdb_db_t database_of(const aimdb_record_t *records, size_t count) {
    aimdb_builder_t builder;
    aimdb_error_t error;
    MUST(aimdb_builder_new(&builder));
    for (size_t at = 0; at < count; at++) {
        must_set_up(aimdb_builder_record(builder, &records[at], &error), error);
    }
    aimdb_db_t db;
    must_set_up(aimdb_builder_attach(builder, &db, &error), error);
    return db;
}

static inline aimdb_producer_t producer_of(aimdb_db_t db, const aimdb_record_t *record) {
    aimdb_producer_t producer;
    aimdb_error_t error;
    must_set_up(aimdb_producer_open(db, record->key, &record->type, &producer, &error), error);
    return producer;
}

static inline aimdb_consumer_t consumer_of(aimdb_db_t db, const aimdb_record_t *record) {
    aimdb_consumer_t consumer;
    aimdb_error_t error;
    must_set_up(aimdb_consumer_open(db, record->key, &record->type, AIMDB_LIVE, &consumer, &error), error);
    return consumer;
}

/* Closes a record at once. What is unread, of which AIMDB_TIMEOUT tells, can still be read. */
static inline void close_at_once(aimdb_producer_t producer) {
    aimdb_status_t status = aimdb_producer_close(producer, 0, NULL);
    if (status != AIMDB_TIMEOUT) must_do(status, "aimdb_producer_close");
}

#endif
