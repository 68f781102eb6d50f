/* What each call answers that describes, opens, tells of or ends a database, by its cause. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "each_call.h"

static aimdb_record_t good(void) { return described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_PAUSE_UPSTREAM, 4); }

static void what_is_described(void) {
    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_policy_t policy;
    aimdb_record_t record = good();
    PROVOKE(AIMDB_OK, aimdb_policy_from_slug("fail", &policy));
    PROVOKE(AIMDB_BAD_POLICY, aimdb_policy_from_slug("fall", &policy));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_policy_from_slug(NULL, &policy));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_policy_from_slug("fail", NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_builder_new(NULL));
    OK(aimdb_builder_new(&builder));
    PROVOKE(AIMDB_OK, aimdb_builder_record(builder, &record, NULL));
    PROVOKE(AIMDB_DUPLICATE_RECORD, aimdb_builder_record(builder, &record, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_builder_record(builder, NULL, NULL));
    PROVOKE(AIMDB_OK, aimdb_builder_tap(builder, "values", see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_builder_tap(builder, "values", NULL, NULL, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_builder_tap(builder, NULL, see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_BAD_KEY, aimdb_builder_tap(builder, "", see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_RECORD_NOT_FOUND, aimdb_builder_tap(builder, "none", see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_builder_attach(builder, NULL, NULL));
    PROVOKE(AIMDB_OK, aimdb_builder_attach(builder, &db, NULL));
    OK(aimdb_db_free(db));
}

/* One record that has something wrong, to a builder that has no use for it. */
static void wrong(aimdb_status_t answer, aimdb_record_t record) {
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    PROVOKE(answer, aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_free(builder));
}

static size_t degrade(void *user, void *data, size_t size) {
    (void)user;
    (void)data;
    return size;
}

static void what_is_described_wrong(void) {
    aimdb_record_t record = good();
    record.struct_size--;
    wrong(AIMDB_BAD_STRUCT, record);
    record = good();
    record.type.struct_size = 0;
    wrong(AIMDB_BAD_STRUCT, record);
    record = good();
    record.key = NULL;
    wrong(AIMDB_NULL_ARGUMENT, record);
    record.key = "two\nlines";
    wrong(AIMDB_BAD_KEY, record);
    record = good();
    record.type.size = 0;
    wrong(AIMDB_BAD_SIZE, record);
    record = good();
    record.type.alignment = 3;
    wrong(AIMDB_BAD_ALIGNMENT, record);
    record = good();
    record.kind = 4;
    wrong(AIMDB_BAD_KIND, record);
    record = good();
    record.type.form = 3;
    wrong(AIMDB_BAD_KIND, record);
    record = good();
    record.kind = AIMDB_SPMC_RING;
    record.single_cursor = 1;
    wrong(AIMDB_BAD_KIND, record);
    record = good();
    record.policy = 5;
    wrong(AIMDB_BAD_POLICY, record);
    record.policy = AIMDB_DEGRADE_QUALITY;
    wrong(AIMDB_BAD_POLICY, record);
    record = good();
    record.degrade = degrade;
    wrong(AIMDB_BAD_POLICY, record);
    record = good();
    record.kind = AIMDB_SPMC_RING;
    record.capacity = 0;
    wrong(AIMDB_BAD_CAPACITY, record);
}

static void what_does_not_fit_together(void) {
    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_error_t error;
    aimdb_record_t record = good();
    record.single_cursor = 1;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_tap(builder, "values", see_nothing, NULL, NULL, NULL));
    OK(aimdb_builder_tap(builder, "values", see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_BAD_CONFIGURATION, aimdb_builder_attach(builder, &db, &error));
    CHECK(strlen(aimdb_error_message(error)) > 0);
    OK(aimdb_error_free(error));
    OK(aimdb_builder_free(builder));
}

static void what_is_opened(void) {
    one_t one = attached(good());
    aimdb_type_t type = one.record.type, other = type;
    aimdb_producer_t out;
    aimdb_consumer_t in;
    /* Both ends, opened as this. */
#define EACH_OPEN(answer, key, as) \
    do { \
        PROVOKE(answer, aimdb_producer_open(one.db, key, as, &out, NULL)); \
        PROVOKE(answer, aimdb_consumer_open(one.db, key, as, AIMDB_LIVE, &in, NULL)); \
    } while (0)
    EACH_OPEN(AIMDB_OK, "values", &type);
    OK(aimdb_producer_free(out));
    OK(aimdb_consumer_free(in));
    EACH_OPEN(AIMDB_NULL_ARGUMENT, NULL, &type);
    EACH_OPEN(AIMDB_NULL_ARGUMENT, "values", NULL);
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_producer_open(one.db, "values", &type, NULL, NULL));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_consumer_open(one.db, "values", &type, AIMDB_LIVE, NULL, NULL));
    EACH_OPEN(AIMDB_BAD_KEY, "", &type);
    EACH_OPEN(AIMDB_RECORD_NOT_FOUND, "none", &type);
    other.struct_size++;
    EACH_OPEN(AIMDB_BAD_STRUCT, "values", &other);
    other = type;
    other.size = 0;
    EACH_OPEN(AIMDB_BAD_SIZE, "values", &other);
    other.size = 16;
    EACH_OPEN(AIMDB_TYPE_MISMATCH, "values", &other);
    other = type;
    other.alignment = 8192;
    EACH_OPEN(AIMDB_BAD_ALIGNMENT, "values", &other);
    other = type;
    other.form = 3;
    EACH_OPEN(AIMDB_BAD_KIND, "values", &other);
    PROVOKE(AIMDB_BAD_KIND, aimdb_consumer_open(one.db, "values", &type, 2, &in, NULL));
    other = type;
    other.schema = aimdb_schema_of("another");
    EACH_OPEN(AIMDB_SCHEMA_MISMATCH, "values", &other);
    detach(one);
    aimdb_record_t work = good();
    work.single_cursor = 1;
    one = attached(work);
    PROVOKE(AIMDB_SINGLE_CURSOR, aimdb_consumer_open(one.db, "values", &type, AIMDB_LIVE, &in, NULL));
    detach(one);
}

static void what_a_database_tells(void) {
    one_t one = attached(good());
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    int32_t closed;
    uint64_t left;
    PROVOKE(AIMDB_OK, aimdb_db_stats(one.db, "values", &stats));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_db_stats(one.db, NULL, &stats));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_db_stats(one.db, "values", NULL));
    PROVOKE(AIMDB_BAD_KEY, aimdb_db_stats(one.db, "\xff", &stats));
    PROVOKE(AIMDB_RECORD_NOT_FOUND, aimdb_db_stats(one.db, "none", &stats));
    stats.struct_size = 0;
    PROVOKE(AIMDB_BAD_STRUCT, aimdb_db_stats(one.db, "values", &stats));
    PROVOKE(AIMDB_OK, aimdb_db_is_closed(one.db, &closed));
    PROVOKE(AIMDB_NULL_ARGUMENT, aimdb_db_is_closed(one.db, NULL));
    int ends[2];
    CHECK(pipe(ends) == 0);
    PROVOKE(AIMDB_OK, aimdb_db_dump(one.db, ends[1]));
    CHECK(close(ends[0]) == 0);
    PROVOKE(AIMDB_IO, aimdb_db_dump(one.db, ends[1]));
    CHECK(close(ends[1]) == 0);
    PROVOKE(AIMDB_IO, aimdb_db_dump(one.db, -1));
    send_number(one, 1);
    PROVOKE(AIMDB_TIMEOUT, aimdb_db_close(one.db, 0, &left));
    OK(aimdb_consumer_free(one.consumer));
    OK(aimdb_producer_abort(one.producer, NULL));
    PROVOKE(AIMDB_OK, aimdb_db_close(one.db, -1, &left));
    OK(aimdb_producer_free(one.producer));
    OK(aimdb_db_free(one.db));
}

static aimdb_builder_t attaching;
static int asked;

static void *use_the_builder(void *unused) {
    (void)unused;
    aimdb_record_t record = good();
    aimdb_db_t db;
    PROVOKE(AIMDB_BUSY, aimdb_builder_record(attaching, &record, NULL));
    PROVOKE(AIMDB_BUSY, aimdb_builder_tap(attaching, "values", see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_BUSY, aimdb_builder_attach(attaching, &db, NULL));
    return NULL;
}

/* An attach tells of itself from its midst. */
static void line(void *user, int32_t level, const char *text) {
    (void)user;
    (void)level;
    if (!strstr(text, "database attached")) return;
    asked++;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, use_the_builder, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void a_builder_that_another_thread_is_attaching(void) {
    aimdb_db_t db;
    aimdb_record_t record = good();
    PROVOKE(AIMDB_OK, aimdb_set_log(AIMDB_LOG_INFO, line, NULL, NULL));
    PROVOKE(AIMDB_BAD_ARGUMENT, aimdb_set_log(5, line, NULL, NULL));
    OK(aimdb_builder_new(&attaching));
    OK(aimdb_builder_record(attaching, &record, NULL));
    OK(aimdb_builder_attach(attaching, &db, NULL));
    OK(aimdb_set_log(0, NULL, NULL, NULL));
    CHECK(asked == 1);
    OK(aimdb_db_free(db));
}

int main(void) {
    alarm(60); /* nothing may hang */
    begin();
    what_is_described();
    what_is_described_wrong();
    what_does_not_fit_together();
    what_is_opened();
    what_a_database_tells();
    a_builder_that_another_thread_is_attaching();
    return 0;
}
