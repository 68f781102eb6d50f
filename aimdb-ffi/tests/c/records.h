/* Databases of one record, for the tests of forms, and values whose end is counted. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdatomic.h>
#include <string.h>

#include "check.h"

typedef struct one {
    aimdb_record_t record;
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
} one_t;

static inline aimdb_record_t described(aimdb_form_t form, size_t size, aimdb_kind_t kind, aimdb_policy_t policy,
                                       size_t capacity) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "values";
    record.kind = kind;
    record.policy = policy;
    record.capacity = capacity;
    record.type.form = form;
    record.type.size = size;
    return record;
}

/* A database with this record, and both its ends. */
static inline one_t attached(aimdb_record_t record) {
    one_t one = { record, { 0 }, { 0 }, { 0 } };
    aimdb_builder_t builder;
    aimdb_error_t error;
    OK(aimdb_builder_new(&builder));
    aimdb_status_t status = aimdb_builder_record(builder, &record, &error);
    if (status != AIMDB_OK) {
        fprintf(stderr, "%s\n", aimdb_error_message(error));
        exit(1);
    }
    OK(aimdb_builder_attach(builder, &one.db, NULL));
    OK(aimdb_producer_open(one.db, "values", &record.type, &one.producer, NULL));
    OK(aimdb_consumer_open(one.db, "values", &record.type, AIMDB_LIVE, &one.consumer, NULL));
    return one;
}

static inline void detach(one_t one) {
    OK(aimdb_db_free(one.db));
    OK(aimdb_producer_free(one.producer));
    OK(aimdb_consumer_free(one.consumer));
}

/* A value that lies in memory of the caller's, and the count of its ends. */
typedef struct counted {
    _Alignas(64) unsigned char bytes[512];
    atomic_int freed;
} counted_t;

static inline void count_freed(void *data, void *user) {
    counted_t *value = user;
    CHECK(data == value->bytes);
    CHECK(atomic_fetch_add(&value->freed, 1) == 0);
}

static inline int freed(const counted_t *value) {
    return atomic_load(&((counted_t *)value)->freed);
}

static inline aimdb_status_t move(aimdb_producer_t producer, counted_t *value, size_t size) {
    return aimdb_producer_send_move(producer, value->bytes, size, count_freed, value, 0);
}

#endif
