/* A timer's interrupt comes at every instruction, sooner or later, of tasks that send, receive and block: nothing is lost,
 * nothing comes twice, nothing is torn, and the counts agree. */
#include <FreeRTOS.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"

/* The same for queues: c_queue_storm.c. */
#ifndef RECORD
#define RECORD AIMDB_STATIC_RECORD
#define IS_RECORD 1
#else
#define IS_RECORD 0
#endif

enum { VALUES = 10000, WORDS = 5 };

/* Each word says which value it is, so that a torn one shows. */
typedef struct value {
    uint32_t words[WORDS];
} value_t;

RECORD(up, value_t, 3);                  /* interrupt to task */
RECORD(down, value_t, 3);                /* task to interrupt */
AIMDB_STATIC_LATEST(state, value_t);     /* the interrupt writes, both look */
/* The same as the first two, for a task that never waits, so that the interrupt mostly comes inside of a call. */
RECORD(busy_up, value_t, 3);
RECORD(busy_down, value_t, 3);

static StaticTask_t reader_task, writer_task, looker_task;
static StackType_t reader_stack[384], writer_stack[384], looker_stack[384];

static uint32_t sent, refused, received, busily_sent, busily_received, told;
static volatile int reader_is_done;

static value_t value_of(uint32_t number)
{
    value_t value;
    for (unsigned at = 0; at < WORDS; at++)
        value.words[at] = number * WORDS + at;
    return value;
}

static uint32_t number_of(const value_t *value)
{
    for (unsigned at = 1; at < WORDS; at++)
        CHECK(value->words[at] == value->words[0] + at);
    return value->words[0] / WORDS;
}

static void quietly(void)
{
    value_t value = value_of(sent);
    if (sent < VALUES) {
        aimdb_status_t status = up_try_send(&value);
        CHECK(status == AIMDB_OK || status == AIMDB_FULL);
        if (status == AIMDB_OK)
            sent++;
        else
            refused++;
    }
    aimdb_status_t status = down_try_recv(&value);
    CHECK(status == AIMDB_OK || status == AIMDB_EMPTY || status == AIMDB_CLOSED);
    if (status == AIMDB_OK) {
        CHECK(number_of(&value) == received);
        received++;
    }
}

static void busily(void)
{
    value_t value = value_of(busily_sent);
    if (busy_up_try_send(&value) == AIMDB_OK)
        busily_sent++;
    if (busy_down_try_recv(&value) == AIMDB_OK) {
        CHECK(number_of(&value) == busily_received);
        busily_received++;
    }
}

static void tells(void)
{
    value_t value = value_of(told);
    aimdb_status_t status = state_try_send(&value);
    CHECK(status == AIMDB_OK || status == AIMDB_FULL);
    told++;
    if (state_peek(&value) == AIMDB_OK)
        (void)number_of(&value);
}

void TIMER0(void)
{
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    timer_clear();
    /* Now and then it comes again at once, mostly while a task is in a call, and never at a time that is foreseen. */
    timer_start((random & 1 ? 1 : 4000) + (random >> 8) % 1500, 0x80);
    switch (random >> 30) {
    case 0: quietly(); break;
    case 1: tells(); break;
    default: busily();
    }
}

static void reader(void *unused)
{
    value_t value;
    (void)unused;
    timer_start(4000, 0x80);
    for (uint32_t number = 0; number < VALUES; number++) {
        CHECK(up_recv(&value, portMAX_DELAY) == AIMDB_OK);
        CHECK(number_of(&value) == number);
    }
    reader_is_done = 1;
    vTaskDelete(NULL);
}

static void writer(void *unused)
{
    (void)unused;
    for (uint32_t number = 0; number < VALUES; number++) {
        value_t value = value_of(number);
        CHECK(down_send(&value, portMAX_DELAY) == AIMDB_OK);
    }
    CHECK(down_close() == AIMDB_OK);
    while (received < VALUES || !reader_is_done)
        vTaskDelay(1);
    timer_stop();
    aimdb_static_stats_t stats;
    CHECK(up_stats(&stats) == AIMDB_OK);
    CHECK(stats.accepted == VALUES && stats.delivered == VALUES && stats.refused == refused && stats.lagged == 0);
    CHECK(down_stats(&stats) == AIMDB_OK);
    CHECK(stats.accepted == VALUES && stats.delivered == VALUES && stats.refused == 0);
    CHECK(!IS_RECORD || stats.blocked > 0);
    CHECK(state_stats(&stats) == AIMDB_OK);
    CHECK(stats.accepted > VALUES / 2 && stats.accepted + stats.refused == told);
    CHECK(busy_up_stats(&stats) == AIMDB_OK && stats.accepted == busily_sent && busily_sent > VALUES / 2);
    CHECK(busy_down_stats(&stats) == AIMDB_OK && stats.delivered == busily_received && busily_received > VALUES / 2);
    say("%u values up, %u values down, whole and in order", VALUES, VALUES);
    board_exit(0);
}

static void looker(void *unused)
{
    value_t value;
    (void)unused;
    for (uint32_t here = 0, there = 0;;) {
        if (state_peek(&value) == AIMDB_OK)
            (void)number_of(&value);
        if (state_try_recv(&value) == AIMDB_OK)
            (void)number_of(&value);
        if (busy_up_try_recv(&value) == AIMDB_OK) {
            CHECK(number_of(&value) == here);
            here++;
        }
        value = value_of(there);
        if (busy_down_try_send(&value) == AIMDB_OK)
            there++;
    }
}

int main(void)
{
    (void)xTaskCreateStatic(reader, "reader", 384, NULL, 3, reader_stack, &reader_task);
    (void)xTaskCreateStatic(writer, "writer", 384, NULL, 2, writer_stack, &writer_task);
    (void)xTaskCreateStatic(looker, "looker", 384, NULL, 1, looker_stack, &looker_task);
    vTaskStartScheduler();
    return 1;
}
