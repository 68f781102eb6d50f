/* What each call answers for where it is made: with handles that were freed, in a forked child, inside a callback. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "each_call.h"

static void handles_of_a_parent_and_after_their_free(void) {
    handles_t all;
    void *data;
    uint64_t value = 1;
    one_t one = queue(4);
    all.db = one.db;
    all.producer = one.producer;
    all.consumer = one.consumer;
    OK(aimdb_producer_send(one.producer, &value, sizeof value));
    OK(aimdb_consumer_recv_message(one.consumer, 0, &all.message, NULL, NULL));
    OK(aimdb_producer_loan(one.producer, sizeof value, 0, &all.loan, &data));
    PROVOKE(AIMDB_OK, aimdb_builder_new(&all.builder));
    PROVOKE(AIMDB_OK, aimdb_waitset_new(&all.set));
    ANSWERS(AIMDB_RECORD_NOT_FOUND,
            aimdb_producer_open(one.db, "none", &one.record.type, &(aimdb_producer_t){ 0 }, &all.error));

    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(60);
        each_call(all, AIMDB_FORKED_CHILD);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    each_free(all, AIMDB_OK);
    each_call(all, AIMDB_BAD_HANDLE);
}

static one_t inside;
static aimdb_waitset_t set_inside;
static int dropped;

/* Each call that may wait. */
static void call_what_may_wait(void *user, const void *none, size_t size, aimdb_drop_cause_t cause) {
    (void)user;
    (void)none;
    (void)size;
    if (cause != AIMDB_DROPPED_OVERWRITTEN || dropped++) return;
    uint64_t value = 1, token;
    size_t count;
    counted_t moved = { { 0 }, 0 };
    aimdb_loan_t loan;
    aimdb_message_t message;
    void *data;
    int64_t soon = aimdb_now() + 60000000000;
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_send(inside.producer, &value, sizeof value));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_send_timeout(inside.producer, &value, sizeof value, 1000));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_send_deadline(inside.producer, &value, sizeof value, soon));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_send_batch(inside.producer, &value, 1, -1, &count));
    PROVOKE(AIMDB_WOULD_DEADLOCK,
            aimdb_producer_send_move(inside.producer, moved.bytes, sizeof value, count_freed, &moved, -1));
    CHECK(freed(&moved) == 0);
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_loan(inside.producer, sizeof value, -1, &loan, &data));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_flush(inside.producer, -1));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_producer_close(inside.producer, -1, NULL));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_db_close(inside.db, -1, NULL));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv(inside.consumer, &value, sizeof value, NULL));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv_timeout(inside.consumer, &value, sizeof value, NULL, 1000));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv_deadline(inside.consumer, &value, sizeof value, NULL, soon));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv_batch(inside.consumer, &value, 1, -1, &count));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_latest(inside.consumer, &value, sizeof value, NULL, -1));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_recv_message(inside.consumer, -1, &message, NULL, NULL));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_consumer_latest_message(inside.consumer, -1, &message, NULL, NULL));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_waitset_wait(set_inside, &token, 1, -1, &count));
    PROVOKE(AIMDB_WOULD_DEADLOCK, aimdb_waitset_wait_deadline(set_inside, &token, 1, soon, &count));
}

static void calls_that_may_wait_inside_a_callback(void) {
    inside = queue(4);
    OK(aimdb_waitset_new(&set_inside));
    /* There is something to read, room, and a timer that is due: none of them would have to wait. */
    OK(aimdb_waitset_add_timer(set_inside, 0, 0, 1));
    send_number(inside, 1);
    aimdb_record_t record = described(AIMDB_PLAIN, 8, AIMDB_BOUNDED, AIMDB_DROP_OLDEST, 1);
    record.drop = call_what_may_wait;
    one_t calling = attached(record);
    send_number(calling, 1);
    send_number(calling, 2);
    CHECK(dropped == 1);
    OK(aimdb_waitset_free(set_inside));
    detach(calling);
    detach(inside);
}

int main(void) {
    alarm(60); /* nothing may hang */
    begin();
    handles_of_a_parent_and_after_their_free();
    calls_that_may_wait_inside_a_callback();
    return 0;
}
