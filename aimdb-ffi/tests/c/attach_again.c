/* A builder that could not be attached is as it was, with everything that was given to it; one that could not take a
 * record has nothing of it. */
#include "records.h"

static int users_freed;

static void free_user(void *user) {
    (void)user;
    users_freed++;
}

static void see(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
}

static void note(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    (void)cause;
    see(user, data, size);
}

static void a_record_is_added_with_all_its_taps_or_not_at_all(void) {
    aimdb_record_tap_t taps[] = { { see, NULL, free_user }, { NULL, NULL, free_user } };
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    record.drop = note;
    record.drop_user_free = free_user;
    record.tap_count = 2;
    aimdb_builder_t builder;
    aimdb_error_t error;
    OK(aimdb_builder_new(&builder));
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_builder_record(builder, &record, NULL));
    record.taps = taps;
    ANSWERS(AIMDB_NULL_ARGUMENT, aimdb_builder_record(builder, &record, &error));
    CHECK(strstr(aimdb_error_message(error), "tap 1") != NULL);
    OK(aimdb_error_free(error));
    taps[1].tap = see;
    record.capacity = SIZE_MAX;
    ANSWERS(AIMDB_BAD_CAPACITY, aimdb_builder_record(builder, &record, NULL));
    CHECK(users_freed == 0);
    record.capacity = 4;
    OK(aimdb_builder_record(builder, &record, NULL));
    ANSWERS(AIMDB_DUPLICATE_RECORD, aimdb_builder_record(builder, &record, NULL));
    CHECK(users_freed == 0);
    aimdb_db_t db;
    OK(aimdb_builder_attach(builder, &db, NULL));
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    OK(aimdb_db_stats(db, "values", &stats));
    CHECK(stats.cursors == 2);
    uint64_t left;
    OK(aimdb_db_close(db, -1, &left));
    OK(aimdb_db_free(db));
    CHECK(users_freed == 3);
    users_freed = 0;
}

int main(void) {
    a_record_is_added_with_all_its_taps_or_not_at_all();
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4);
    record.single_cursor = 1;
    record.drop = note;
    record.drop_user_free = free_user;
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &record, NULL));
    /* One cursor, and two that want to read it. */
    for (int tap = 0; tap < 2; tap++) OK(aimdb_builder_tap(builder, "values", see, NULL, free_user, NULL));
    for (int turn = 0; turn < 2; turn++) {
        aimdb_db_t db = { 9 };
        aimdb_error_t error;
        ANSWERS(AIMDB_BAD_CONFIGURATION, aimdb_builder_attach(builder, &db, &error));
        CHECK(db.id == 9 && users_freed == 0);
        CHECK(strstr(aimdb_error_message(error), "`values`"));
        OK(aimdb_error_free(error));
        ANSWERS(AIMDB_DUPLICATE_RECORD, aimdb_builder_record(builder, &record, NULL));
    }
    OK(aimdb_builder_free(builder));
    CHECK(users_freed == 3);
    return 0;
}
