/* Tasks that wait: for values and for room, until a time, until a close; woken by tasks and by interrupts. */
#include "harness.h"

#include <string.h>

/* The same for queues: queue_waiting.c. */
#ifndef RECORD
#define RECORD AIMDB_STATIC_RECORD
#define IS_RECORD 1
#else
#define IS_RECORD 0
#endif

typedef struct value {
    uint32_t number;
    uint8_t bytes[61];
} value_t;

static value_t value_of(uint32_t number)
{
    value_t value;
    value.number = number;
    memset(value.bytes, (int)(number & 0xff), sizeof value.bytes);
    return value;
}

/* Whether a value is the one with its number, whole. */
static int is_whole(const value_t *value)
{
    value_t whole = value_of(value->number);
    return memcmp(whole.bytes, value->bytes, sizeof whole.bytes) == 0;
}

/* Waits until so many tasks stand in a record's queues. */
#define UNTIL(name, producers, consumers) \
    for (;;) { \
        aimdb_static_stats_t stats; \
        CHECK(name##_stats(&stats) == AIMDB_OK); \
        if (stats.waiting_producers == (producers) && stats.waiting_consumers == (consumers)) \
            break; \
        others_run(); \
    }

/* ------------------------------------------------------------------------- a stream, paused by its reader */

RECORD(stream, value_t, 3);

enum { STREAM = 5000 };

static void sends_the_stream(void)
{
    for (uint32_t number = 0; number < STREAM; number++) {
        value_t value = value_of(number);
        CHECK(stream_send(&value, portMAX_DELAY) == AIMDB_OK);
    }
    CHECK(stream_close() == AIMDB_OK);
}

static void a_reader_pauses_its_sender(void)
{
    start(0, 3, sends_the_stream);
    value_t value;
    for (uint32_t number = 0; number < STREAM; number++) {
        CHECK(stream_recv(&value, portMAX_DELAY) == AIMDB_OK);
        CHECK(value.number == number && is_whole(&value));
    }
    CHECK(stream_recv(&value, portMAX_DELAY) == AIMDB_CLOSED);
    join(0);
    aimdb_static_stats_t stats;
    CHECK(stream_stats(&stats) == AIMDB_OK);
    CHECK(stats.accepted == STREAM && stats.delivered == STREAM && stats.refused == 0 && stats.timed_out == 0);
}

/* ------------------------------------------------------------------------------------------- a rendezvous */

#if IS_RECORD
AIMDB_STATIC_RECORD(meeting, value_t, 0);

static void meets(void)
{
    for (uint32_t number = 0; number < 50; number++) {
        value_t value = value_of(number);
        CHECK(meeting_send(&value, portMAX_DELAY) == AIMDB_OK);
    }
}

static void a_rendezvous_hands_over(void)
{
    start(0, 3, meets);
    value_t value;
    for (uint32_t number = 0; number < 50; number++) {
        CHECK(meeting_recv(&value, portMAX_DELAY) == AIMDB_OK);
        CHECK(value.number == number && is_whole(&value));
    }
    join(0);
}

#endif

/* -------------------------------------------------------------------------- a close wakes both sides */

RECORD(empty, value_t, 1);
RECORD(filled, value_t, 1);

static void waits_for_a_value(void)
{
    value_t value = value_of(77);
    CHECK(empty_recv(&value, portMAX_DELAY) == AIMDB_CLOSED);
    CHECK(value.number == 77 && is_whole(&value));
}

static void waits_for_room(void)
{
    value_t value = value_of(2);
    CHECK(filled_send(&value, portMAX_DELAY) == AIMDB_CLOSED);
    CHECK(value.number == 2 && is_whole(&value));
}

static void closes_both(void)
{
    CHECK(empty_close() == AIMDB_OK && filled_close() == AIMDB_OK);
}

static void c1_a_close_wakes_both_sides(void)
{
    value_t value = value_of(1);
    CHECK(filled_try_send(&value) == AIMDB_OK);
    start(0, 3, waits_for_a_value);
    start(1, 3, waits_for_a_value);
    start(2, 3, waits_for_room);
    UNTIL(empty, 0, 2);
    UNTIL(filled, 1, 0);
    in_interrupt(closes_both);
    join(0);
    join(1);
    join(2);
    /* What was there before is drained; what was refused is not. */
    CHECK(filled_recv(&value, portMAX_DELAY) == AIMDB_OK && value.number == 1);
    CHECK(filled_recv(&value, portMAX_DELAY) == AIMDB_CLOSED);
    aimdb_static_stats_t stats;
    CHECK(filled_stats(&stats) == AIMDB_OK && stats.accepted == 1 && stats.refused == 1);
    CHECK(!IS_RECORD || stats.blocked == 1);
}

/* --------------------------------------------------------------------- interrupts wake those who wait */

RECORD(samples, uint32_t, 2);
RECORD(results, uint32_t, 1);

static uint32_t sampled;

static void samples_once(void)
{
    if (samples_try_send(&sampled) == AIMDB_OK)
        sampled++;
}

static uint32_t taken;

static void takes_once(void)
{
    uint32_t result = 0;
    if (results_try_recv(&result) == AIMDB_OK) {
        CHECK(result == taken);
        taken++;
    }
}

enum { SAMPLES = 500 };

static void follows(void)
{
    for (uint32_t number = 0; number < SAMPLES; number++) {
        uint32_t sample = 0;
        CHECK(samples_recv(&sample, portMAX_DELAY) == AIMDB_OK && sample == number);
        CHECK(results_send(&sample, portMAX_DELAY) == AIMDB_OK);
    }
}

static void e2_interrupts_send_and_receive(void)
{
    start(0, 3, follows);
    /* Bounded by the samples: one of the two sides can always go on. */
    while (taken < SAMPLES) {
        in_interrupt(samples_once);
        in_interrupt(takes_once);
        others_run();
    }
    join(0);
    uint32_t sample = 0;
    while (samples_try_recv(&sample) == AIMDB_OK)
        taken++;
    CHECK(taken == sampled);
}

/* ----------------------------------------------------------------------------------------- timeouts */

RECORD(late, value_t, 1);

static void w4_a_wait_ends_when_its_time_has_passed(void)
{
    value_t value = value_of(1);
    uint32_t before = ticks_now();
    CHECK(late_recv(&value, 5) == AIMDB_TIMEOUT);
    CHECK(ticks_now() - before >= 5 && value.number == 1 && is_whole(&value));
    CHECK(late_send(&value, 5) == AIMDB_OK);
    value = value_of(2);
    before = ticks_now();
    CHECK(late_send(&value, 5) == AIMDB_TIMEOUT);
    CHECK(ticks_now() - before >= 5 && value.number == 2 && is_whole(&value));
    /* It left nothing behind. */
    CHECK(late_recv(&value, 5) == AIMDB_OK && value.number == 1);
    CHECK(late_recv(&value, 0) == AIMDB_TIMEOUT);
    aimdb_static_stats_t stats;
    CHECK(late_stats(&stats) == AIMDB_OK);
    CHECK(stats.accepted == 1 && stats.timed_out == 1 && stats.waiting_producers == 0 && stats.waiting_consumers == 0);
}

/* ----------------------------------------------------------- the more urgent one first, then the older */

RECORD(orders, uint32_t, 1);

static const uint32_t ZERO = 0, ONE = 1, TWO = 2, THREE = 3;

static void orders_one(void)
{
    CHECK(orders_send(&ONE, portMAX_DELAY) == AIMDB_OK);
}

static void orders_two(void)
{
    CHECK(orders_send(&TWO, portMAX_DELAY) == AIMDB_OK);
}

static void orders_three(void)
{
    CHECK(orders_send(&THREE, portMAX_DELAY) == AIMDB_OK);
}

static void who_waits_is_served_by_priority_then_by_age(void)
{
    CHECK(orders_send(&ZERO, portMAX_DELAY) == AIMDB_OK);
    /* Each waits before the next one starts. In a record there is a place for each: three spare ones. */
    start(0, 3, orders_one);
    UNTIL(orders, 1, 0);
    start(1, 3, orders_two);
    UNTIL(orders, 2, 0);
    start(2, 5, orders_three);
    UNTIL(orders, 3, 0);
    /* One that has just come to a queue may look once more, and wakes others for the room that it finds. So each is through
     * before the next one has room: two that are awake may come in any order. */
    const uint32_t expected[] = { 0, 3, 1, 2 };
    const unsigned served[] = { 2, 0, 1 };
    for (unsigned at = 0; at < 4; at++) {
        uint32_t got = 77;
        CHECK(orders_recv(&got, portMAX_DELAY) == AIMDB_OK && got == expected[at]);
        if (at < 3)
            join(served[at]);
    }
}

/* ----------------------------------------------------------------- more senders than there are places */

RECORD(crowded, value_t, 1);

enum { EACH = 200 };

static void crowds(void)
{
    for (uint32_t number = 0; number < EACH; number++) {
        value_t value = value_of(number);
        CHECK(crowded_send(&value, portMAX_DELAY) == AIMDB_OK);
    }
}

static void a_sender_without_a_place_waits_for_one(void)
{
    for (unsigned number = 0; number < 4; number++)
        start(number, 3, crowds);
    uint32_t sum = 0;
    for (uint32_t number = 0; number < 4 * EACH; number++) {
        value_t value;
        CHECK(crowded_recv(&value, portMAX_DELAY) == AIMDB_OK && is_whole(&value));
        sum += value.number;
    }
    CHECK(sum == 4 * EACH * (EACH - 1) / 2);
    for (unsigned number = 0; number < 4; number++)
        join(number);
    aimdb_static_stats_t stats;
    CHECK(crowded_stats(&stats) == AIMDB_OK && stats.accepted == 4 * EACH && stats.delivered == 4 * EACH);
}

void test_before_tasks(void)
{
}

void test_in_task(void)
{
    a_reader_pauses_its_sender();
#if IS_RECORD
    a_rendezvous_hands_over();
#endif
    c1_a_close_wakes_both_sides();
    e2_interrupts_send_and_receive();
    w4_a_wait_ends_when_its_time_has_passed();
    who_waits_is_served_by_priority_then_by_age();
    a_sender_without_a_place_waits_for_one();
}
