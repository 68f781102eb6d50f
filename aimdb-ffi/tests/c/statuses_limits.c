/* What calls answer when the system or the library has no more to give: descriptors, threads, memory, handles. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <unistd.h>

#include "each_call.h"

static uint64_t value = 1;
static size_t count;
static int fd;
static aimdb_message_t message;

/* Lets this process have no more than so much of something, and says how much it might have before. */
static struct rlimit limit(int resource, rlim_t most) {
    struct rlimit before, now;
    CHECK(getrlimit(resource, &before) == 0);
    now = before;
    now.rlim_cur = most;
    CHECK(setrlimit(resource, &now) == 0);
    return before;
}

/* Bytes of address space that are in use. */
static rlim_t space(void) {
    unsigned long pages;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%lu", &pages) == 1 && fclose(file) == 0);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void no_descriptor_is_left(void) {
    aimdb_waitset_t set;
    OK(aimdb_waitset_new(&set));
    OK(aimdb_waitset_add_timer(set, INT64_MAX, 0, 1));
    int next = dup(1);
    CHECK(next >= 0 && close(next) == 0);
    struct rlimit before = limit(RLIMIT_NOFILE, (rlim_t)next);
    PROVOKE(AIMDB_IO, aimdb_waitset_fd(set, &fd));
    PROVOKE(AIMDB_IO, aimdb_waitset_end_fd(set, 1, &fd));
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    OK(aimdb_waitset_free(set));
}

/* There is some memory, and none for the stack of a thread. */
static void no_thread_is_left(void) {
    aimdb_waitset_t timed, read;
    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    OK(aimdb_waitset_new(&timed));
    OK(aimdb_waitset_add_timer(timed, INT64_MAX, 0, 1));
    OK(aimdb_waitset_new(&read));
    OK(aimdb_waitset_fd(read, &fd));
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_tap(builder, "values", see_nothing, NULL, NULL, NULL));
    struct rlimit before = limit(RLIMIT_AS, space() + ((rlim_t)1 << 20));
    PROVOKE(AIMDB_NO_THREAD, aimdb_builder_attach(builder, &db, NULL));
    PROVOKE(AIMDB_NO_THREAD, aimdb_waitset_fd(timed, &fd));
    PROVOKE(AIMDB_NO_THREAD, aimdb_waitset_end_fd(timed, 1, &fd));
    PROVOKE(AIMDB_NO_THREAD, aimdb_waitset_add_timer(read, INT64_MAX, 0, 1));
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    /* What was refused can be done then. */
    OK(aimdb_builder_attach(builder, &db, NULL));
    /* Its thread has ended then: one that ends without memory takes the process with it. */
    OK(aimdb_db_close(db, -1, NULL));
    OK(aimdb_db_free(db));
    OK(aimdb_waitset_free(timed));
    OK(aimdb_waitset_free(read));
}

/* What the program keeps of the memory that there was: the first word of each piece leads to the next. */
static void **kept;

static void use_all_memory(void) {
    /* Allocators keep small pieces apart by their size. */
    for (size_t size = (size_t)1 << 20; size >= 16; size = size > 2048 ? size / 2 : size - 8) {
        void **piece;
        while ((piece = malloc(size))) {
            *piece = kept;
            kept = piece;
        }
    }
}

static void give_all_back(void) {
    while (kept) {
        void **piece = kept;
        kept = *piece;
        free(piece);
    }
}

static void say_nothing(void *user, int32_t level, const char *text) {
    (void)user;
    (void)level;
    (void)text;
}

static void no_memory_is_left(void) {
    one_t bytes = queue_of(AIMDB_BYTES, 64, AIMDB_FAIL, 4), numbers = queue(4);
    one_t large = queue_of(AIMDB_PLAIN, 512, AIMDB_FAIL, 4);
    one_t state = attached(described(AIMDB_PLAIN, 8, AIMDB_SINGLE_LATEST, AIMDB_FAIL, 0));
    aimdb_record_t record = described(AIMDB_BYTES, 64, AIMDB_BOUNDED, AIMDB_FAIL, 4);
    counted_t moved = { { 0 }, 0 };
    static char room[1024][512];
    aimdb_builder_t builder, second;
    aimdb_consumer_t other;
    aimdb_producer_t producer;
    aimdb_error_t error;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &record, NULL));
    record.key = "other values";
    OK(aimdb_set_log(AIMDB_LOG_DEBUG, say_nothing, NULL, NULL));
    send_number(numbers, 1);
    send_number(state, 1);
    struct rlimit before = limit(RLIMIT_AS, space());
    use_all_memory();
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_producer_send_move(bytes.producer, moved.bytes, 8, count_freed, &moved, 0));
    CHECK(freed(&moved) == 0);
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_consumer_recv_message(numbers.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_consumer_latest_message(numbers.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_consumer_peek_message(state.consumer, &message, NULL, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_consumer_recv_batch(large.consumer, room, 1024, 0, &count));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_builder_new(&second));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_builder_record(builder, &record, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_builder_tap(builder, "values", see_nothing, NULL, NULL, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_set_log(AIMDB_LOG_ERROR, say_nothing, NULL, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY, aimdb_consumer_subscribe(numbers.consumer, &other));
    PROVOKE(AIMDB_OUT_OF_MEMORY,
            aimdb_consumer_open(numbers.db, "values", &numbers.record.type, AIMDB_LIVE, &other, NULL));
    PROVOKE(AIMDB_OUT_OF_MEMORY,
            aimdb_producer_open(numbers.db, "values", &numbers.record.type, &producer, &error));
    /* There is a sentence all the same: that of the status. */
    CHECK(strcmp(aimdb_error_message(error), aimdb_status_text(AIMDB_OUT_OF_MEMORY)) == 0);
    OK(aimdb_error_free(error));
    give_all_back();
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    /* Nothing was taken by all that. */
    OK(aimdb_consumer_recv_message(numbers.consumer, 0, &message, NULL, NULL));
    OK(aimdb_message_free(message));
    OK(aimdb_builder_record(builder, &record, NULL));
    OK(aimdb_builder_free(builder));
    OK(aimdb_set_log(0, NULL, NULL, NULL));
    detach(bytes);
    detach(numbers);
    detach(large);
    detach(state);
}

/* Last, because the process keeps them all: some four million. */
static void no_handle_is_left(void) {
    one_t one = queue_of(AIMDB_BYTES, 64, AIMDB_FAIL, 4);
    one_t state = attached(described(AIMDB_BYTES, 64, AIMDB_SINGLE_LATEST, AIMDB_FAIL, 0));
    aimdb_builder_t builder, second;
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_loan_t loan;
    aimdb_waitset_t set;
    void *data;
    OK(aimdb_builder_new(&builder));
    OK(aimdb_builder_record(builder, &one.record, NULL));
    send_number(one, 1);
    send_number(state, 1);
    aimdb_status_t status;
    do status = aimdb_consumer_peek_message(state.consumer, &message, NULL, NULL); while (status == AIMDB_OK);
    PROVOKE(AIMDB_TOO_MANY, aimdb_consumer_peek_message(state.consumer, &message, NULL, NULL));
    PROVOKE(AIMDB_TOO_MANY, aimdb_consumer_recv_message(one.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_TOO_MANY, aimdb_consumer_latest_message(one.consumer, 0, &message, NULL, NULL));
    PROVOKE(AIMDB_TOO_MANY, aimdb_consumer_share(one.consumer, &consumer));
    PROVOKE(AIMDB_TOO_MANY, aimdb_consumer_subscribe(one.consumer, &consumer));
    PROVOKE(AIMDB_TOO_MANY, aimdb_producer_loan(one.producer, 8, 0, &loan, &data));
    PROVOKE(AIMDB_TOO_MANY, aimdb_producer_open(one.db, "values", &one.record.type, &producer, NULL));
    PROVOKE(AIMDB_TOO_MANY, aimdb_consumer_open(one.db, "values", &one.record.type, AIMDB_LIVE, &consumer, NULL));
    PROVOKE(AIMDB_TOO_MANY, aimdb_builder_attach(builder, &db, NULL));
    PROVOKE(AIMDB_TOO_MANY, aimdb_builder_new(&second));
    PROVOKE(AIMDB_TOO_MANY, aimdb_waitset_new(&set));
    PROVOKE(AIMDB_TOO_MANY, aimdb_set_log(AIMDB_LOG_ERROR, say_nothing, NULL, NULL));
    /* The value that no message was made of is the next one still, and one handle that is freed is enough. */
    OK(aimdb_consumer_try_recv(one.consumer, &value, sizeof value, NULL));
    OK(aimdb_message_free(message));
    OK(aimdb_builder_attach(builder, &db, NULL));
}

int main(void) {
    alarm(120); /* nothing may hang */
    begin();
    no_descriptor_is_left();
    no_thread_is_left();
    no_memory_is_left();
    no_handle_is_left();
    return 0;
}
