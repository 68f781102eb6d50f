/* The harness of the library's tests (aimdb-sync-embassy/c/tests/c) on FreeRTOS. */
#include "../../../aimdb-sync-embassy/c/tests/c/harness.h"

#include <stdint.h>
#include <task.h>

#include "board.h"

enum { TASKS = 4, WORDS = 512 };

static StaticTask_t controls[TASKS + 1];
static StackType_t stacks[TASKS + 1][WORDS];
static void (*codes[TASKS])(void);
/* Who waits for the end of each, by the notification that records do not use. */
static TaskHandle_t test;
static volatile int ended[TASKS];

static void run(void *number)
{
    uintptr_t at = (uintptr_t)number;
    codes[at]();
    ended[at] = 1;
    (void)xTaskNotifyGive(test);
    vTaskDelete(NULL);
}

void start(unsigned number, unsigned priority, void (*code)(void))
{
    codes[number] = code;
    ended[number] = 0;
    (void)xTaskCreateStatic(run, "task", WORDS, (void *)(uintptr_t)number, priority, stacks[number], &controls[number]);
}

void join(unsigned number)
{
    /* A notification may be of another task's end. */
    while (!ended[number])
        (void)ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    /* It has said so, and is gone when the idle task has run, for which the rest of a tick may be too short. */
    vTaskDelay(2);
}

void others_run(void)
{
    vTaskDelay(1);
}

static void (*interrupt)(void);

void SOFT0(void)
{
    interrupt();
}

void in_interrupt(void (*code)(void))
{
    interrupt = code;
    soft_pend();
}

#if configUSE_IDLE_HOOK == 1
static void (*volatile idle)(void);

void vApplicationIdleHook(void);
void vApplicationIdleHook(void)
{
    if (idle)
        idle();
    idle = NULL;
}
#endif

void while_suspended(void (*code)(void))
{
    vTaskSuspendAll();
    code();
    (void)xTaskResumeAll();
#if configUSE_IDLE_HOOK == 1
    /* The idle task is one that may not stop. */
    idle = code;
    while (idle)
        vTaskDelay(1);
#endif
}

uint32_t ticks_now(void)
{
    return xTaskGetTickCount();
}

static void tests(void *unused)
{
    (void)unused;
    test_in_task();
    say("passed");
    board_exit(0);
}

int main(void)
{
    soft_enable(0x80);
    test_before_tasks();
    test = xTaskCreateStatic(tests, "tests", WORDS, NULL, 2, stacks[TASKS], &controls[TASKS]);
    vTaskStartScheduler();
    return 1;
}
