/* Programs that were compiled with another header: the structures of a newer one are longer than those that the library
 * knows, and those of an older one end where the first version did. src/versioned.rs has the rest. */
#include <stddef.h>

#include "records.h"

typedef struct newer_type {
    aimdb_type_t known;
    uint64_t added;
} newer_type_t;

/* The type grows within the record, and moves what stands behind it. */
typedef struct newer_record {
    unsigned char before[offsetof(aimdb_record_t, type)];
    newer_type_t type;
    unsigned char behind[sizeof(aimdb_record_t) - offsetof(aimdb_record_t, single_cursor)];
    void *added[2];
} newer_record_t;

typedef struct newer_stats {
    aimdb_stats_t known;
    uint64_t added[2];
} newer_stats_t;

typedef struct newer_consumer_stats {
    aimdb_consumer_stats_t known;
    uint64_t added;
} newer_consumer_stats_t;

static newer_type_t newer_type(const aimdb_type_t *type) {
    newer_type_t newer = { *type, 0 };
    newer.known.struct_size = sizeof newer;
    return newer;
}

static newer_record_t newer_record(const aimdb_record_t *record) {
    newer_record_t newer;
    memset(&newer, 0, sizeof newer);
    memcpy(newer.before, record, sizeof newer.before);
    newer.type = newer_type(&record->type);
    memcpy(newer.behind, &record->single_cursor, sizeof newer.behind);
    size_t size = sizeof newer;
    memcpy(newer.before, &size, sizeof size);
    return newer;
}

static int dropped;

static void count_dropped(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    CHECK(user == &dropped && size == 8 && *(const uint64_t *)data == 1 && cause == AIMDB_DROPPED_ABORTED);
    dropped++;
}

static void counts_of_a_newer_header(aimdb_db_t db, aimdb_producer_t producer, aimdb_consumer_t consumer) {
    newer_stats_t stats;
    memset(&stats, 0xff, sizeof stats);
    stats.known.struct_size = offsetof(newer_stats_t, added[1]);
    OK(aimdb_db_stats(db, "values", &stats.known));
    CHECK(stats.known.struct_size == offsetof(newer_stats_t, added[1]));
    CHECK(stats.known.capacity == 1 && stats.known.accepted == 1 && stats.known.closed == 0);
    CHECK(stats.added[0] == 0 && stats.added[1] == UINT64_MAX);
    stats.known.struct_size = sizeof stats;
    OK(aimdb_producer_stats(producer, &stats.known));
    CHECK(stats.known.occupancy == 1 && stats.added[1] == 0);

    newer_consumer_stats_t seen;
    memset(&seen, 0xff, sizeof seen);
    seen.known.struct_size = sizeof seen;
    OK(aimdb_consumer_stats(consumer, &seen.known));
    CHECK(seen.known.struct_size == sizeof seen && seen.known.readable == 1 && seen.added == 0);
    size_t sizes[] = { 0, sizeof seen.known - 8, sizeof seen + 4, 1032, SIZE_MAX };
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        seen.known.struct_size = sizes[at];
        seen.known.readable = 77;
        ANSWERS(AIMDB_BAD_STRUCT, aimdb_consumer_stats(consumer, &seen.known));
        CHECK(seen.known.readable == 77);
    }
}

static void what_it_leaves_out_is_no_hindrance(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 1);
    record.single_cursor = 1;
    record.drop = count_dropped;
    record.drop_user = &dropped;
    newer_record_t newer = newer_record(&record);
    newer_type_t type = newer_type(&record.type);
    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, (const aimdb_record_t *)(const void *)&newer, NULL));
    OK(aimdb_builder_attach(builder, &db, NULL));
    OK(aimdb_producer_open(db, "values", &type.known, &producer, NULL));
    OK(aimdb_consumer_open(db, "values", &type.known, AIMDB_LIVE, &consumer, NULL));
    /* `single_cursor` and `drop` stand behind the type. */
    ANSWERS(AIMDB_SINGLE_CURSOR, aimdb_consumer_open(db, "values", &type.known, AIMDB_LIVE, &(aimdb_consumer_t){ 0 }, NULL));
    uint64_t value = 1;
    OK(aimdb_producer_send(producer, &value, sizeof value));
    counts_of_a_newer_header(db, producer, consumer);
    OK(aimdb_producer_abort(producer, NULL));
    CHECK(dropped == 1);
    OK(aimdb_producer_free(producer));
    OK(aimdb_consumer_free(consumer));
    OK(aimdb_db_free(db));
}

static void what_it_sets_beyond_is_refused(void) {
    one_t one = attached(described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 1));
    aimdb_builder_t builder;
    aimdb_error_t error;
    OK(aimdb_builder_new(&builder));
    newer_record_t newer = newer_record(&one.record);
    const aimdb_record_t *record = (const aimdb_record_t *)(const void *)&newer;
    newer.added[1] = &newer;
    ANSWERS(AIMDB_BAD_STRUCT, aimdb_builder_record(builder, record, &error));
    CHECK(strstr(aimdb_error_message(error), "after version 0.1.0") != NULL);
    OK(aimdb_error_free(error));
    newer.added[1] = NULL;
    newer.type.added = (uint64_t)1 << 63;
    ANSWERS(AIMDB_BAD_STRUCT, aimdb_builder_record(builder, record, NULL));
    newer.type.added = 0;
    OK(aimdb_builder_record(builder, record, NULL));
    OK(aimdb_builder_free(builder));

    newer_type_t type = newer_type(&one.record.type);
    type.added = 1;
    aimdb_producer_t producer;
    ANSWERS(AIMDB_BAD_STRUCT, aimdb_producer_open(one.db, "values", &type.known, &producer, NULL));
    detach(one);
}

/* The record of the first version had no taps: what stands behind it is not the library's to look at. */
static void what_an_older_header_has_not_is_not_looked_at(void) {
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 1);
    record.struct_size = offsetof(aimdb_record_t, taps);
    record.taps = (const aimdb_record_tap_t *)(const void *)&record;
    record.tap_count = 3;
    detach(attached(record));
}

int main(void) {
    what_an_older_header_has_not_is_not_looked_at();
    what_it_leaves_out_is_no_hindrance();
    what_it_sets_beyond_is_refused();
    return 0;
}
