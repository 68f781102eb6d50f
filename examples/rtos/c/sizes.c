/* What a program in C is made larger by: two tasks and, between them, what is defined as THING, or a number in memory. Weighed by
 * ../sizes.py, and run before, by ../figures.sh. The kernel's functions that any of the things needs are in each of the programs. */
#include <FreeRTOS.h>
#include <queue.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"

#define BASE 0
#define QUEUE 1
#define QUEUE_TRY 2
#define RECORD 3
#define KERNEL_QUEUE 4
#define MAILBOX 5
#define MAILBOX_TRY 6
#define LATEST 7
#define LATEST_TRY 8
#define RING 9
#define RING_TRY 10

enum { LAST = 1000 };

#if THING == QUEUE || THING == QUEUE_TRY
AIMDB_STATIC_QUEUE(thing, uint32_t, 16);
#elif THING == RECORD
AIMDB_STATIC_RECORD(thing, uint32_t, 16);
#elif THING == MAILBOX || THING == MAILBOX_TRY
AIMDB_STATIC_MAILBOX(thing, uint32_t);
#elif THING == LATEST || THING == LATEST_TRY
AIMDB_STATIC_LATEST(thing, uint32_t);
#elif THING == RING || THING == RING_TRY
AIMDB_STATIC_RING(thing, uint32_t, 16);
#elif THING == KERNEL_QUEUE
static StaticQueue_t control;
static uint32_t storage[16];
#endif

/* The last that was read, or what is passed on where nothing is weighed. */
static volatile uint32_t number;

static int sends(uint32_t value)
{
#if THING == QUEUE || THING == RECORD
    return thing_send(&value, portMAX_DELAY) == AIMDB_OK;
#elif THING == MAILBOX || THING == MAILBOX_TRY || THING == LATEST || THING == LATEST_TRY || THING == RING || \
    THING == RING_TRY
    return thing_try_send(&value) == AIMDB_OK;
#elif THING == QUEUE_TRY
    while (thing_try_send(&value) != AIMDB_OK)
        continue;
    return 1;
#elif THING == KERNEL_QUEUE
    return xQueueSend((QueueHandle_t)&control, &value, portMAX_DELAY) == pdPASS;
#else
    number = value;
    return 1;
#endif
}

static int receives(uint32_t *value)
{
#if THING == QUEUE || THING == RECORD || THING == MAILBOX || THING == LATEST || THING == RING
    return thing_recv(value, portMAX_DELAY) == AIMDB_OK;
#elif THING == QUEUE_TRY || THING == MAILBOX_TRY || THING == LATEST_TRY || THING == RING_TRY
    return thing_try_recv(value) == AIMDB_OK;
#elif THING == KERNEL_QUEUE
    return xQueueReceive((QueueHandle_t)&control, value, portMAX_DELAY) == pdPASS;
#else
    *value = number;
    return 1;
#endif
}

static StaticTask_t sender_task, reader_task;
static StackType_t sender_stack[256], reader_stack[256];

static void sender(void *unused)
{
    (void)unused;
    for (uint32_t value = 0; value <= LAST; value++)
        CHECK(sends(value));
    vTaskDelete(NULL);
}

static void reader(void *unused)
{
    uint32_t value = 0;
    (void)unused;
    while (value < LAST)
        if (receives(&value) && THING != BASE)
            number = value;
    board_exit(0);
}

int main(void)
{
#if THING == KERNEL_QUEUE
    (void)xQueueCreateStatic(16, sizeof storage[0], (uint8_t *)storage, &control);
#endif
    (void)xTaskCreateStatic(sender, "sender", 256, NULL, 1, sender_stack, &sender_task);
    (void)xTaskCreateStatic(reader, "reader", 256, NULL, 1, reader_stack, &reader_task);
    vTaskStartScheduler();
    return 1;
}
