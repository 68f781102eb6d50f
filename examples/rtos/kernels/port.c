/* What a port promises (docs/porting.md), of its functions themselves: on FreeRTOS too (../c/build.sh). */
#include "../../../aimdb-sync-embassy/c/tests/c/harness.h"

#include <stdbool.h>

void *aimdb_port_current_task(void);
uint32_t aimdb_port_ticks_per_second(void);
uint64_t aimdb_port_now(void);
void aimdb_port_park(uint64_t ticks);
void aimdb_port_park_for_ever(void);
void aimdb_port_unpark(void *task);
void aimdb_port_unpark_from_isr(void *task);
void aimdb_port_wake(void *task);
bool aimdb_port_in_isr(void);
bool aimdb_port_can_block(void);
uint32_t aimdb_port_priority(void);
uint32_t aimdb_port_mask(void);
void aimdb_port_unmask(uint32_t before);

/* Who is woken, and in which order things came: each digit is a step. */
static void *volatile sleeper;
static volatile uint32_t trace;

static void note(uint32_t step)
{
    trace = trace * 10 + step;
}

static uint64_t parked(uint64_t ticks)
{
    uint64_t before = aimdb_port_now();
    aimdb_port_park(ticks);
    return aimdb_port_now() - before;
}

/* Not before the last tick: a kernel that does not count the one that has begun takes one more. */
static void lasts(uint64_t ticks)
{
    uint64_t took = parked(ticks);
    CHECK(took == ticks || took == ticks + 1);
}

/* The beginning of a tick. */
static void align(void)
{
    others_run();
    sleeper = aimdb_port_current_task();
    trace = 0;
}

static void cannot_block(void)
{
    CHECK(!aimdb_port_can_block());
    note(1);
}

void test_before_tasks(void)
{
    cannot_block();
    CHECK(!aimdb_port_in_isr());
    CHECK(aimdb_port_ticks_per_second() == 1000);
}

static void a_token_is_sticky_and_does_not_add_up(void)
{
    align();
    aimdb_port_unpark(sleeper);
    CHECK(parked(50) == 0);
    aimdb_port_unpark(sleeper);
    aimdb_port_park(UINT64_MAX);
    aimdb_port_wake(sleeper);
    aimdb_port_park_for_ever();
    for (unsigned times = 0; times < 3; times++)
        aimdb_port_unpark(sleeper);
    align();
    CHECK(parked(5) == 0);
    lasts(5);
}

static void a_park_lasts_as_many_ticks_as_asked(void)
{
    align();
    CHECK(parked(0) == 0);
    for (uint64_t ticks = 1; ticks < 40; ticks += 7)
        lasts(ticks);
}

static void parks(void)
{
    sleeper = aimdb_port_current_task();
    aimdb_port_park(UINT64_MAX);
    note(2);
}

static void parks_for_ever(void)
{
    sleeper = aimdb_port_current_task();
    aimdb_port_park_for_ever();
    note(2);
}

static void sleeper_does(void (*what)(void), unsigned priority)
{
    align();
    sleeper = 0;
    start(0, priority, what);
    while (!sleeper)
        others_run();
    others_run();
}

static void is_unparked_by_a_task(void (*parks)(void), void (*unpark)(void *))
{
    sleeper_does(parks, 3);
    unpark(sleeper);
    note(3);
    CHECK(trace == 23);
    join(0);
    sleeper_does(parks, 1);
    unpark(sleeper);
    note(3);
    join(0);
    CHECK(trace == 32);
}

static void the_more_urgent_task_runs_at_once(void)
{
    is_unparked_by_a_task(parks, aimdb_port_unpark);
    is_unparked_by_a_task(parks_for_ever, aimdb_port_wake);
}

static void unparks(void)
{
    CHECK(aimdb_port_in_isr());
    aimdb_port_unpark_from_isr(sleeper);
    note(4);
}

static void wakes(void)
{
    CHECK(aimdb_port_in_isr());
    aimdb_port_wake(sleeper);
    note(4);
}

static void is_unparked_by_an_interrupt(void (*parks)(void), void (*unparks)(void))
{
    sleeper_does(parks, 3);
    in_interrupt(unparks);
    note(3);
    CHECK(trace == 423);
    join(0);
    align();
    in_interrupt(unparks);
    CHECK(parked(50) == 0);
}

static void and_when_the_interrupt_ends(void)
{
    is_unparked_by_an_interrupt(parks, unparks);
    is_unparked_by_an_interrupt(parks_for_ever, wakes);
}

static void who_may_block(void)
{
    align();
    CHECK(aimdb_port_can_block() && !aimdb_port_in_isr());
    in_interrupt(cannot_block);
    CHECK(trace == 1);
    while_suspended(cannot_block);
    CHECK(trace > 1);
    trace = 0;
    uint32_t before = aimdb_port_mask();
    cannot_block();
    aimdb_port_unmask(before);
    CHECK(trace == 1 && aimdb_port_can_block());
}

static uint32_t priority;

static void says_its_priority(void)
{
    priority = aimdb_port_priority();
}

static void priority_grows_with_urgency(void)
{
    start(0, 3, says_its_priority);
    join(0);
    CHECK(priority == aimdb_port_priority() + 1);
    start(0, 1, says_its_priority);
    join(0);
    CHECK(priority == aimdb_port_priority() - 1);
}

static void notes(void)
{
    note(5);
}

static void masked_interrupts_come_later(void)
{
    align();
    uint32_t outer = aimdb_port_mask();
    uint32_t inner = aimdb_port_mask();
    in_interrupt(notes);
    aimdb_port_unmask(inner);
    note(3);
    aimdb_port_unmask(outer);
    note(3);
    CHECK(trace == 353);
}

static uint64_t asked;

static void asks(void)
{
    asked = aimdb_port_now();
}

static void the_clock_goes_on_when_the_counter_overflows(void)
{
    uint32_t left = (uint32_t)-ticks_now();
    /* It begins a second before it overflows. */
    CHECK(left < 1000);
    uint64_t before = aimdb_port_now();
    lasts(left + 10);
    CHECK(ticks_now() >= 10 && ticks_now() < 20);
    CHECK(aimdb_port_now() - before >= left + 10);
    align();
    before = aimdb_port_now();
    in_interrupt(asks);
    CHECK(asked == before);
}

void test_in_task(void)
{
    a_token_is_sticky_and_does_not_add_up();
    a_park_lasts_as_many_ticks_as_asked();
    the_more_urgent_task_runs_at_once();
    and_when_the_interrupt_ends();
    who_may_block();
    priority_grows_with_urgency();
    masked_interrupts_come_later();
    the_clock_goes_on_when_the_counter_overflows();
}
