/* Commands to an actuator: only the latest counts, and it is carried out once.
 *
 * To learn: AIMDB_MAILBOX holds one pending value. A newer one supersedes it, whoever takes it first has it, and nobody
 * has it twice. The drop callback of the record sees each command that was superseded, outside every lock. */
#include <pthread.h>

#include "example.h"

typedef struct valve {
    int32_t open; /* 0 is shut */
    int32_t percent;
} valve_t;

static const char *text_of(valve_t valve) {
    static _Thread_local char text[32];
    if (!valve.open) return "Shut";
    snprintf(text, sizeof text, "Open { percent: %d }", valve.percent);
    return text;
}

/* What was superseded, in its order. Only the thread that sends is in here: drops happen on it. */
typedef struct superseded {
    valve_t commands[8];
    size_t count;
} superseded_t;

static void note(void *user, const void *data, size_t size, aimdb_drop_cause_t cause) {
    superseded_t *log = user;
    ASSERT(size == sizeof(valve_t) && cause == AIMDB_DROPPED_OVERWRITTEN);
    ASSERT(log->count < sizeof log->commands / sizeof log->commands[0]);
    log->commands[log->count++] = *(const valve_t *)data;
}

static void send(aimdb_producer_t controller, valve_t command) {
    MUST(aimdb_producer_send(controller, &command, sizeof command));
}

/* An actuator thread ends when its mailbox is closed, after what was pending. */
static void *actuate(void *argument) {
    aimdb_consumer_t valve = *(aimdb_consumer_t *)argument;
    const char *before = "";
    valve_t command;
    aimdb_status_t status;
    printf("the actuator thread ended after [");
    while ((status = aimdb_consumer_recv(valve, &command, sizeof command, NULL)) == AIMDB_OK) {
        printf("%s%s", before, text_of(command));
        before = ", ";
    }
    printf("]\n");
    ASSERT(status == AIMDB_CLOSED);
    return NULL;
}

int main(void) {
    superseded_t log = { .count = 0 };
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "valve.command";
    record.kind = AIMDB_MAILBOX;
    record.type.size = sizeof(valve_t);
    record.drop = note;
    record.drop_user = &log;
    aimdb_db_t db = database_of(&record, 1);
    aimdb_producer_t controller = producer_of(db, &record);
    aimdb_consumer_t valve = consumer_of(db, &record);

    /* The valve is busy while the controller changes its mind twice. */
    send(controller, (valve_t){ 1, 20 });
    send(controller, (valve_t){ 1, 35 });
    send(controller, (valve_t){ 1, 30 });
    valve_t command;
    MUST(aimdb_consumer_peek(valve, &command, sizeof command, NULL));
    printf("pending: Some(%s)\n", text_of(command));
    printf("superseded: [");
    for (size_t at = 0; at < log.count; at++) printf("%s%s", at ? ", " : "", text_of(log.commands[at]));
    printf("]\n");
    MUST(aimdb_consumer_recv(valve, &command, sizeof command, NULL));
    ASSERT(command.open && command.percent == 30);
    /* A command is carried out once. */
    ASSERT(aimdb_consumer_try_recv(valve, &command, sizeof command, NULL) == AIMDB_EMPTY);
    printf("carried out once: Open 30 %%\n");

    /* What an emergency stop displaces goes to the drop callback, so that the sender can account for it. */
    send(controller, (valve_t){ 1, 90 });
    valve_t shut = { 0, 0 };
    MUST(aimdb_producer_force_send(controller, &shut, sizeof shut));
    printf("an emergency stop displaced Some(%s)\n", text_of(log.commands[log.count - 1]));
    ASSERT(log.count == 3 && log.commands[2].percent == 90);

    /* Two valves on one mailbox compete: one of them has the command. */
    aimdb_consumer_t spare;
    MUST(aimdb_consumer_subscribe(valve, &spare));
    int taken = 0;
    taken += aimdb_consumer_try_recv(valve, &command, sizeof command, NULL) == AIMDB_OK;
    taken += aimdb_consumer_try_recv(spare, &command, sizeof command, NULL) == AIMDB_OK;
    printf("of two valves, %d took the command\n", taken);
    ASSERT(taken == 1);

    send(controller, (valve_t){ 1, 5 });
    close_at_once(controller);
    pthread_t thread;
    ASSERT(pthread_create(&thread, NULL, actuate, &valve) == 0);
    ASSERT(pthread_join(thread, NULL) == 0);

    MUST(aimdb_consumer_free(spare));
    MUST(aimdb_consumer_free(valve));
    MUST(aimdb_producer_free(controller));
    MUST(aimdb_db_free(db));
    return 0;
}
