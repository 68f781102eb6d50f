/* What a queue of C does with interrupts masked when somebody waits, at 4 bytes and at 256: tasks that come to wait, alone and before
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

/* How long those wait who give up; who is started is more urgent than who counts, so that it runs, and waits, at once. */
enum { PATIENCE = 50, COUNTS = 1, WAITS = 2, URGENT = 3, TASKS = 24, WORDS = 512 };

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

static void count(void *unused)
{
    (void)unused;
    queue_4_watched();
    queue_256_watched();
    board_exit(0);
}

int main(void)
{
    (void)xTaskCreateStatic(count, "count", WORDS, NULL, COUNTS, stacks[TASKS], &controls[TASKS]);
    vTaskStartScheduler();
    return 1;
}
