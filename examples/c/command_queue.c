/* A command queue that must not lose a command, and one command that must not wait.
 *
 * To learn: what to do about AIMDB_FULL. A value that is refused is still the caller's, who can try again with a little
 * patience (aimdb_producer_send_timeout), and when that does not help, escalate: here, to an emergency stop that makes
 * room for itself (aimdb_producer_force_send). What it displaces goes to the record's drop callback. */
#include "example.h"

typedef struct command {
    int32_t emergency_stop;
    uint32_t step;
} command_t;

enum { TRIES = 3 };
static const int64_t PATIENCE_NS = 2000000;

static const char *text_of(command_t command) {
    static char text[32];
    if (command.emergency_stop) return "EmergencyStop";
    snprintf(text, sizeof text, "Move { step: %u }", command.step);
    return text;
}

/* The last command that was displaced. On the sender's thread. */
static void note(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    ASSERT(size == sizeof(command_t) && cause == AIMDB_DROPPED_OVERWRITTEN);
    *(command_t *)user = *(const command_t *)data;
}

/* Queues a command and says what became of it. */
static void issue(aimdb_producer_t queue, command_t command, const command_t *displaced) {
    printf("step %u: ", command.step);
    aimdb_status_t status = aimdb_producer_try_send(queue, &command, sizeof command);
    if (status == AIMDB_OK) {
        printf("Queued\n");
        return;
    }
    for (int tries = 1; status == AIMDB_FULL || status == AIMDB_TIMEOUT; tries++) {
        status = aimdb_producer_send_timeout(queue, &command, sizeof command, PATIENCE_NS);
        if (status == AIMDB_OK) {
            printf("QueuedAfter { tries: %d }\n", tries);
            return;
        }
        if (tries == TRIES) break;
    }
    ASSERT(status == AIMDB_TIMEOUT);
    command_t stop = { 1, 0 };
    MUST(aimdb_producer_force_send(queue, &stop, sizeof stop));
    printf("Escalated { displaced: Some(%s), ", text_of(*displaced));
    printf("given_up: %s }\n", text_of(command));
}

int main(void) {
    command_t displaced = { 0, 0 };
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "robot.commands";
    record.kind = AIMDB_BOUNDED;
    record.policy = AIMDB_PAUSE_UPSTREAM;
    record.capacity = 2;
    record.type.size = sizeof(command_t);
    record.drop = note;
    record.drop_user = &displaced;
    aimdb_db_t db = database_of(&record, 1);
    aimdb_producer_t queue = producer_of(db, &record);
    aimdb_consumer_t robot = consumer_of(db, &record);

    /* The robot works: commands are queued. */
    for (uint32_t step = 1; step <= 2; step++) issue(queue, (command_t){ 0, step }, &displaced);
    command_t command;
    MUST(aimdb_consumer_recv(robot, &command, sizeof command, NULL));
    printf("the robot does %s\n", text_of(command));
    issue(queue, (command_t){ 0, 3 }, &displaced);

    /* The robot hangs: the queue stays full, and the caller is told within its patience. */
    issue(queue, (command_t){ 0, 4 }, &displaced);
    ASSERT(displaced.step == 2);

    /* What the robot finds when it comes back. The displaced command is told as a lag. */
    close_at_once(queue);
    uint64_t lost = 0;
    const char *before = "[";
    aimdb_status_t status;
    printf("the robot finds ");
    while ((status = aimdb_consumer_recv(robot, &command, sizeof command, NULL)) != AIMDB_CLOSED) {
        if (status == AIMDB_LAGGED) {
            uint64_t missed;
            MUST(aimdb_consumer_lag(robot, &missed));
            lost += missed;
            continue;
        }
        must_do(status, "aimdb_consumer_recv");
        printf("%s%s", before, text_of(command));
        before = ", ";
    }
    printf("], and that %llu command was displaced\n", (unsigned long long)lost);

    aimdb_stats_t counted = AIMDB_STATS_INIT;
    MUST(aimdb_producer_stats(queue, &counted));
    printf("offered %llu = accepted %llu + refused %llu + timed out %llu\n",
           (unsigned long long)(counted.accepted + counted.refused + counted.timed_out),
           (unsigned long long)counted.accepted, (unsigned long long)counted.refused,
           (unsigned long long)counted.timed_out);
    ASSERT(counted.accepted == 4 && counted.refused == 1 && counted.timed_out == TRIES);

    MUST(aimdb_consumer_free(robot));
    MUST(aimdb_producer_free(queue));
    MUST(aimdb_db_free(db));
    return 0;
}
