/* A builder that could not be attached is as it was, with everything that was given to it. */
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

int main(void) {
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
