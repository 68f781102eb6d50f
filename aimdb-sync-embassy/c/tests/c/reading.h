/* Tasks that wait for values, at records whose senders never do: until there is one, until a time, until a close; woken by tasks and
 * by interrupts. The same for each kind, which is RECORD; with words, which are moved inside a section, and with others. */
#include "harness.h"

#include <string.h>

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

/* Waits until so many tasks stand at a record. */
#define UNTIL(name, consumers) \
    for (;;) { \
        aimdb_static_stats_t stats; \
        CHECK(name##_stats(&stats) == AIMDB_OK); \
        if (stats.waiting_consumers == (consumers)) \
            break; \
        others_run(); \
    }

/* -------------------------------------------------------------------------- a question and its answer */

RECORD(question, value_t);
RECORD(answer, uint32_t);

enum { QUESTIONS = 1000 };

static void answers(void)
{
    value_t value;
    uint32_t expected = 0;
    while (question_recv(&value, portMAX_DELAY) == AIMDB_OK) {
        CHECK(value.number == expected && is_whole(&value));
        CHECK(answer_send(&value.number, portMAX_DELAY) == AIMDB_OK);
        expected++;
    }
    CHECK(expected == QUESTIONS && answer_close() == AIMDB_OK);
}

static void two_tasks_wait_in_turn(void)
{
    start(0, 3, answers);
    uint32_t number, got = 0;
    for (number = 0; number < QUESTIONS; number++) {
        value_t value = value_of(number);
        CHECK(question_send(&value, 0) == AIMDB_OK);
        CHECK(answer_recv(&got, portMAX_DELAY) == AIMDB_OK && got == number);
    }
    CHECK(question_close() == AIMDB_OK);
    CHECK(answer_recv(&got, portMAX_DELAY) == AIMDB_CLOSED);
    join(0);
    aimdb_static_stats_t stats;
    CHECK(question_stats(&stats) == AIMDB_OK);
    CHECK(stats.accepted == QUESTIONS && stats.delivered == QUESTIONS && stats.lagged == 0 && stats.refused == 0);
}

/* ------------------------------------------------------------------------------ a close wakes all who wait */

RECORD(empty, value_t);
RECORD(empty_word, uint32_t);

static void waits_for_a_value(void)
{
    value_t value = value_of(77);
    CHECK(empty_recv(&value, portMAX_DELAY) == AIMDB_CLOSED);
    CHECK(value.number == 77 && is_whole(&value));
}

static void waits_for_a_word(void)
{
    uint32_t word = 77;
    CHECK(empty_word_recv(&word, portMAX_DELAY) == AIMDB_CLOSED && word == 77);
}

static void closes_both(void)
{
    CHECK(empty_close() == AIMDB_OK && empty_word_abort() == 0);
}

static void c1_a_close_wakes_all_who_wait(void)
{
    start(0, 3, waits_for_a_value);
    start(1, 3, waits_for_a_value);
    start(2, 3, waits_for_a_word);
    start(3, 4, waits_for_a_word);
    UNTIL(empty, 2);
    UNTIL(empty_word, 2);
    in_interrupt(closes_both);
    for (unsigned number = 0; number < 4; number++)
        join(number);
    UNTIL(empty, 0);
    UNTIL(empty_word, 0);
}

/* --------------------------------------------------------------------- interrupts wake those who wait */

RECORD(samples, uint32_t);
RECORD(results, value_t);

enum { SAMPLES = 500 };

static uint32_t sampled;

static void samples_once(void)
{
    CHECK(samples_try_send(&sampled) == AIMDB_OK);
    sampled++;
}

static uint32_t taken;

static void takes_once(void)
{
    value_t result;
    if (results_try_recv(&result) == AIMDB_OK) {
        CHECK(result.number == taken && is_whole(&result));
        taken++;
    }
}

static void follows(void)
{
    for (uint32_t number = 0; number < SAMPLES; number++) {
        uint32_t sample = 0;
        CHECK(samples_recv(&sample, portMAX_DELAY) == AIMDB_OK && sample == number);
        value_t value = value_of(sample);
        CHECK(results_try_send(&value) == AIMDB_OK);
    }
}

static void e2_interrupts_send_and_receive(void)
{
    start(0, 3, follows);
    /* Bounded by the samples: each is answered. */
    while (taken < SAMPLES) {
        if (sampled == taken && sampled < SAMPLES)
            in_interrupt(samples_once);
        in_interrupt(takes_once);
        others_run();
    }
    join(0);
    CHECK(sampled == SAMPLES);
}

/* ----------------------------------------------------------------------------------------- timeouts */

RECORD(late, value_t);
RECORD(late_word, uint32_t);

static void w4_a_wait_ends_when_its_time_has_passed(void)
{
    value_t value = value_of(1);
    uint32_t word = 1, before = ticks_now();
    CHECK(late_recv(&value, 5) == AIMDB_TIMEOUT);
    CHECK(ticks_now() - before >= 5 && value.number == 1 && is_whole(&value));
    before = ticks_now();
    CHECK(late_word_recv(&word, 5) == AIMDB_TIMEOUT && ticks_now() - before >= 5 && word == 1);
    /* It left nothing behind. */
    value = value_of(2);
    word = 2;
    CHECK(late_send(&value, 5) == AIMDB_OK && late_word_send(&word, 5) == AIMDB_OK);
    value = value_of(3);
    word = 3;
    CHECK(late_recv(&value, 5) == AIMDB_OK && value.number == 2 && is_whole(&value));
    CHECK(late_word_recv(&word, 5) == AIMDB_OK && word == 2);
    CHECK(late_recv(&value, 0) == AIMDB_TIMEOUT && late_word_recv(&word, 0) == AIMDB_TIMEOUT);
    UNTIL(late, 0);
    UNTIL(late_word, 0);
}

/* ----------------------------------------------------------- the more urgent one first, then the older */

RECORD(orders, uint32_t);

static uint32_t served[3];

static void serves(unsigned number)
{
    CHECK(orders_recv(&served[number], portMAX_DELAY) == AIMDB_OK);
}

static void serves_first(void)
{
    serves(0);
}

static void serves_second(void)
{
    serves(1);
}

static void serves_urgently(void)
{
    serves(2);
}

static void who_waits_is_served_by_priority_then_by_age(void)
{
    /* Each waits before the next one starts. All share the one reader. */
    start(0, 3, serves_first);
    UNTIL(orders, 1);
    start(1, 3, serves_second);
    UNTIL(orders, 2);
    start(2, 5, serves_urgently);
    UNTIL(orders, 3);
    const unsigned expected[] = { 2, 0, 1 };
    for (uint32_t number = 1; number <= 3; number++) {
        CHECK(orders_try_send(&number) == AIMDB_OK);
        join(expected[number - 1]);
        CHECK(served[expected[number - 1]] == number);
    }
}

/* ------------------------------------------------------------------- several that send and that read at a time */

RECORD(crowded, value_t);

enum { EACH = 300 };

static volatile uint32_t read_by_all[2];

static void sends_each(void)
{
    for (uint32_t number = 0; number < EACH; number++) {
        value_t value = value_of(number);
        CHECK(crowded_try_send(&value) == AIMDB_OK);
        if (number % 8 == 0)
            others_run();
    }
}

static void reads(unsigned number)
{
    value_t value;
    aimdb_status_t status;
    while ((status = crowded_recv(&value, portMAX_DELAY)) != AIMDB_CLOSED) {
        if (status == AIMDB_OK) {
            CHECK(is_whole(&value));
            read_by_all[number] = read_by_all[number] + 1;
        }
    }
}

static void reads_first(void)
{
    reads(0);
}

static void reads_second(void)
{
    reads(1);
}

static void values_of_many_are_whole_and_counted(void)
{
    start(0, 3, reads_first);
    start(1, 1, reads_second);
    start(2, 2, sends_each);
    start(3, 4, sends_each);
    join(2);
    join(3);
    CHECK(crowded_close() == AIMDB_OK);
    join(0);
    join(1);
    aimdb_static_stats_t stats;
    CHECK(crowded_stats(&stats) == AIMDB_OK && stats.accepted == 2 * EACH);
    CHECK(stats.delivered == read_by_all[0] + read_by_all[1] && stats.delivered + stats.lagged == stats.accepted);
}

void test_before_tasks(void)
{
}

void test_in_task(void)
{
    two_tasks_wait_in_turn();
    c1_a_close_wakes_all_who_wait();
    e2_interrupts_send_and_receive();
    w4_a_wait_ends_when_its_time_has_passed();
    who_waits_is_served_by_priority_then_by_age();
    values_of_many_are_whole_and_counted();
}
