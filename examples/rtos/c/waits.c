/* What lean records of C do with interrupts masked when somebody waits, at 4 bytes and at 256: tasks that come to wait, alone and before
 * others, are woken, and leave when their time is up. Watched by ../count.py, because tasks are switched in between. Not for run.sh. */
#include <FreeRTOS.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"
#include "marks.h"

typedef struct block {
    uint32_t words[64];
} block_t;

AIMDB_STATIC_QUEUE(queue_4, uint32_t, 2);
AIMDB_STATIC_QUEUE(queue_256, block_t, 2);
AIMDB_STATIC_MAILBOX(mailbox_4, uint32_t);
AIMDB_STATIC_MAILBOX(mailbox_256, block_t);
AIMDB_STATIC_LATEST_READERS(latest_4, uint32_t, 3);
AIMDB_STATIC_LATEST_READERS(latest_256, block_t, 3);
AIMDB_STATIC_RING_READERS(ring_4, uint32_t, 4, 3);
AIMDB_STATIC_RING_READERS(ring_256, block_t, 4, 3);

/* How long those wait who give up; who is started is more urgent than who counts, so that it runs, and waits, at once. */
enum { PATIENCE = 50, COUNTS = 1, WAITS = 2, URGENT = 3, TASKS = 100, WORDS = 512 };

/* A task ends after one call, so there are many. */
static StaticTask_t controls[TASKS + 1];
static StackType_t stacks[TASKS + 1][WORDS];
static unsigned started;
static volatile unsigned gone;

static void start(UBaseType_t priority, TaskFunction_t code)
{
    CHECK(started < TASKS);
    (void)xTaskCreateStatic(code, "waits", WORDS, NULL, priority, stacks[started], &controls[started]);
    started++;
}

static void end(void)
{
    gone++;
    vTaskDelete(NULL);
}

/* So many have ended meanwhile. */
static void ended(unsigned tasks)
{
    CHECK(gone == tasks);
    gone = 0;
}

#define WATCHED(name, type, size) \
    static void name##_reads(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_recv(&value, portMAX_DELAY) == AIMDB_OK); \
        end(); \
    } \
    static void name##_reads_in_vain(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_recv(&value, PATIENCE) == AIMDB_TIMEOUT); \
        end(); \
    } \
    static void name##_reads_to_the_end(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_recv(&value, portMAX_DELAY) == AIMDB_CLOSED); \
        end(); \
    } \
    static void name##_sends(void *unused) \
    { \
        static const type value; \
        (void)unused; \
        CHECK(name##_send(&value, portMAX_DELAY) == AIMDB_OK); \
        end(); \
    } \
    static void name##_watched(void) \
    { \
        static type value; \
        MARK("from ~c_link_reader_1_" size); \
        start(WAITS, name##_reads); \
        MARK("to ~c_link_reader_1_" size); \
        vTaskSuspendAll(); \
        MARK("from ~c_wake_reader_1_" size); \
        CHECK(name##_try_send(&value) == AIMDB_OK); \
        MARK("to ~c_wake_reader_1_" size); \
        (void)xTaskResumeAll(); \
        ended(1); \
        start(WAITS, name##_reads); \
        start(WAITS, name##_reads_in_vain); \
        MARK("from ~c_link_reader_3_" size); \
        start(WAITS, name##_reads); \
        MARK("to ~c_link_reader_3_" size); \
        MARK("from ~c_link_reader_urgent_" size); \
        start(URGENT, name##_reads); \
        MARK("to ~c_link_reader_urgent_" size); \
        MARK("from ~c_leave_reader_4_" size); \
        (void)xTaskCatchUpTicks(PATIENCE); \
        MARK("to ~c_leave_reader_4_" size); \
        ended(1); \
        for (unsigned times = 0; times < 3; times++) \
            CHECK(name##_try_send(&value) == AIMDB_OK); \
        ended(3); \
        CHECK(name##_try_send(&value) == AIMDB_OK && name##_try_send(&value) == AIMDB_OK); \
        MARK("from ~c_link_sender_1_" size); \
        start(WAITS, name##_sends); \
        MARK("to ~c_link_sender_1_" size); \
        MARK("from ~c_link_sender_urgent_" size); \
        start(URGENT, name##_sends); \
        MARK("to ~c_link_sender_urgent_" size); \
        vTaskSuspendAll(); \
        MARK("from ~c_wake_sender_2_" size); \
        CHECK(name##_try_recv(&value) == AIMDB_OK); \
        MARK("to ~c_wake_sender_2_" size); \
        (void)xTaskResumeAll(); \
        for (unsigned times = 0; times < 3; times++) \
            CHECK(name##_try_recv(&value) == AIMDB_OK); \
        ended(2); \
        for (unsigned times = 0; times < 3; times++) \
            start(WAITS, name##_reads_to_the_end); \
        vTaskSuspendAll(); \
        MARK("from ~c_close_3_" size); \
        CHECK(name##_close() == AIMDB_OK); \
        MARK("to ~c_close_3_" size); \
        (void)xTaskResumeAll(); \
        ended(3); \
    }

WATCHED(queue_4, uint32_t, "4")
WATCHED(queue_256, block_t, "256")

/* Of a record that is never full: `kind` has names of its own in the figures. */
#define READ(name, type, kind, size) \
    static void name##_reads(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_recv(&value, portMAX_DELAY) == AIMDB_OK); \
        end(); \
    } \
    static void name##_reads_in_vain(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_recv(&value, PATIENCE) == AIMDB_TIMEOUT); \
        end(); \
    } \
    static void name##_reads_to_the_end(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_recv(&value, portMAX_DELAY) == AIMDB_CLOSED); \
        end(); \
    } \
    static type name##_value; \
    static void name##_watched(void) \
    { \
        MARK("from ~c_" kind "_link_1_" size); \
        start(WAITS, name##_reads); \
        MARK("to ~c_" kind "_link_1_" size); \
        vTaskSuspendAll(); \
        MARK("from ~c_" kind "_wake_1_" size); \
        CHECK(name##_try_send(&name##_value) == AIMDB_OK); \
        MARK("to ~c_" kind "_wake_1_" size); \
        (void)xTaskResumeAll(); \
        ended(1); \
        start(WAITS, name##_reads_in_vain); \
        MARK("from ~c_" kind "_leave_1_" size); \
        (void)xTaskCatchUpTicks(PATIENCE); \
        MARK("to ~c_" kind "_leave_1_" size); \
        ended(1); \
        start(WAITS, name##_reads); \
        start(WAITS, name##_reads_in_vain); \
        MARK("from ~c_" kind "_link_3_" size); \
        start(WAITS, name##_reads); \
        MARK("to ~c_" kind "_link_3_" size); \
        MARK("from ~c_" kind "_link_urgent_" size); \
        start(URGENT, name##_reads); \
        MARK("to ~c_" kind "_link_urgent_" size); \
        MARK("from ~c_" kind "_leave_4_" size); \
        (void)xTaskCatchUpTicks(PATIENCE); \
        MARK("to ~c_" kind "_leave_4_" size); \
        ended(1); \
        for (unsigned times = 0; times < 3; times++) \
            CHECK(name##_try_send(&name##_value) == AIMDB_OK); \
        ended(3); \
    } \
    static void name##_closes(void) \
    { \
        for (unsigned times = 0; times < 3; times++) \
            start(WAITS, name##_reads_to_the_end); \
        vTaskSuspendAll(); \
        MARK("from ~c_" kind "_close_3_" size); \
        CHECK(name##_close() == AIMDB_OK); \
        MARK("to ~c_" kind "_close_3_" size); \
        (void)xTaskResumeAll(); \
        ended(3); \
    }

/* Of three readers, each of which has each value: one waits for each, then two for one of them. */
#define READ_BY_EACH(name, type, kind, size) \
    static void name##_second_reads(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_reader_recv(1, &value, portMAX_DELAY) == AIMDB_OK); \
        end(); \
    } \
    static void name##_third_reads(void *unused) \
    { \
        type value; \
        (void)unused; \
        CHECK(name##_reader_recv(2, &value, portMAX_DELAY) == AIMDB_OK); \
        end(); \
    } \
    static void name##_read_by_each(void) \
    { \
        type value; \
        for (uint32_t reader = 0; reader < 3; reader++) \
            while (name##_reader_try_recv(reader, &value) != AIMDB_EMPTY) \
                continue; \
        MARK("from ~c_" kind "_link_each_" size); \
        start(WAITS, name##_reads); \
        start(URGENT, name##_second_reads); \
        start(WAITS, name##_third_reads); \
        MARK("to ~c_" kind "_link_each_" size); \
        vTaskSuspendAll(); \
        MARK("from ~c_" kind "_wake_each_" size); \
        CHECK(name##_try_send(&name##_value) == AIMDB_OK); \
        MARK("to ~c_" kind "_wake_each_" size); \
        (void)xTaskResumeAll(); \
        ended(3); \
    }

READ(mailbox_4, uint32_t, "mailbox", "4")
READ(mailbox_256, block_t, "mailbox", "256")
READ(latest_4, uint32_t, "latest", "4")
READ(latest_256, block_t, "latest", "256")
READ_BY_EACH(latest_4, uint32_t, "latest", "4")
READ_BY_EACH(latest_256, block_t, "latest", "256")
READ(ring_4, uint32_t, "ring", "4")
READ(ring_256, block_t, "ring", "256")
READ_BY_EACH(ring_4, uint32_t, "ring", "4")
READ_BY_EACH(ring_256, block_t, "ring", "256")

static void count(void *unused)
{
    (void)unused;
    queue_4_watched();
    queue_256_watched();
    mailbox_4_watched();
    mailbox_4_closes();
    mailbox_256_watched();
    mailbox_256_closes();
    latest_4_watched();
    latest_4_read_by_each();
    latest_4_closes();
    latest_256_watched();
    latest_256_read_by_each();
    latest_256_closes();
    ring_4_watched();
    ring_4_read_by_each();
    ring_4_closes();
    ring_256_watched();
    ring_256_read_by_each();
    ring_256_closes();
    board_exit(0);
}

int main(void)
{
    (void)xTaskCreateStatic(count, "count", WORDS, NULL, COUNTS, stacks[TASKS], &controls[TASKS]);
    vTaskStartScheduler();
    return 1;
}
