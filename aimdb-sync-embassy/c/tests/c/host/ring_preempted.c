/* Rings with calls that are stopped after a critical section while others go on, from a ring on that is not set up; and positions that
 * wrap. On the host only, whose sections say when they end. */
#include "../harness.h"

#include <string.h>

enum { MOST = 300, READERS = 3, OFFERS = 4000 };

typedef struct value {
    uint8_t bytes[MOST];
} value_t;

static struct {
    aimdb_ring_state_t state;
    aimdb_ring_cursor_t cursors[READERS];
    uint32_t values[255 * ((MOST + 3) / 4) + 65];
} memory;
static aimdb_static_ring_t ring;

/* A ring that is not set up, into which so many values came already, all zero, and none was read. */
static void fresh(uint32_t size, unsigned n, unsigned writers, uint32_t position)
{
    memset(&memory, 0, sizeof memory);
    ring = (aimdb_static_ring_t) { AIMDB_RING_LAYOUT, size, &memory.state, memory.values, (uint8_t)n, (uint8_t)(n + writers), READERS };
    memcpy((char *)&memory.state + sizeof position, &position, sizeof position);
}

static value_t of(uint32_t id)
{
    value_t value;
    for (unsigned at = 0; at < MOST; at++)
        value.bytes[at] = (uint8_t)(id >> (at % 3 * 8));
    return value;
}

static uint32_t random_number(uint32_t below)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13, state ^= state >> 17, state ^= state << 5;
    return state % below;
}

/* How often somebody comes, of so many sections; and how many are inside each other. */
static uint32_t often;
static unsigned depth, sending, most_depth;

/* What was done with a ring, whose positions begin with the first; which value is at which of them, and how far each reader is. Nobody
 * comes between a reader's taking a value and its place being noted, for a reader is one's own until then. */
static uint32_t first, offered, refused_count, delivered, missed, aborted;
static uint32_t seen[OFFERS];
static uint32_t where[READERS];
static unsigned reading[READERS];

/* What comes once, after so many sections. */
static unsigned left;
static int rests;
static void (*comes)(void);

static void any(void);

void after_section(void);
void after_section(void)
{
    if (left > 0 && --left == 0)
        in_interrupt(comes);
    if (often == 0 || depth >= most_depth || random_number(often) != 0)
        return;
    depth++;
    any();
    depth--;
}

static void sends(void)
{
    if (offered >= OFFERS)
        return;
    value_t value = of(++offered);
    unsigned others = sending++;
    aimdb_status_t status = aimdb_ring_send(&ring, &value, ring.value_size);
    sending--;
    if (status == AIMDB_OK)
        return;
    refused_count++;
    if (status == AIMDB_FULL)
        CHECK(ring.value_size != 4 && others >= (unsigned)(ring.places - ring.capacity));
    else
        CHECK(status == AIMDB_CLOSED && aimdb_ring_is_closed(&ring));
}

/* Says whether there may be more. A value is whole, and a position has the same one for all readers. */
static int reads(uint32_t reader)
{
    if (reading[reader])
        return 0;
    reading[reader]++;
    value_t value;
    aimdb_status_t status = random_number(2) ? aimdb_ring_try_recv(&ring, &value, ring.value_size, reader)
                                             : aimdb_ring_recv(&ring, &value, ring.value_size, reader, 0);
    reading[reader]--;
    if (status == AIMDB_LAGGED) {
        uint32_t lag = aimdb_ring_lag(&ring, reader);
        CHECK(lag > 0);
        where[reader] += lag, missed += lag;
        return 1;
    }
    if (status != AIMDB_OK) {
        CHECK(status == AIMDB_EMPTY || status == AIMDB_TIMEOUT || status == AIMDB_CLOSED);
        return 0;
    }
    uint32_t id = value.bytes[0];
    if (ring.value_size > 2)
        id |= (uint32_t)value.bytes[1] << 8 | (uint32_t)value.bytes[2] << 16;
    value_t whole = of(id);
    CHECK(memcmp(&whole, &value, ring.value_size) == 0);
    uint32_t at = where[reader]++ - first;
    delivered++;
    /* Of those that were there before; a byte has such a value now and then. */
    if (id == 0) {
        CHECK(ring.value_size < 3 || at > UINT32_MAX - ring.capacity);
        return 1;
    }
    CHECK(at < OFFERS && (seen[at] == 0 || seen[at] == id));
    seen[at] = id;
    return 1;
}

static void counts(void)
{
    aimdb_static_stats_t stats;
    CHECK(aimdb_ring_stats(&ring, &stats) == AIMDB_OK);
    CHECK(stats.capacity == ring.capacity && stats.occupancy <= ring.capacity && stats.cursors == READERS);
}

/* Whether there may be an end, seldom. */
static uint32_t ending;

static void any(void)
{
    switch (random_number(ending ? 200 : 10)) {
    case 0: counts(); return;
    case 1: (void)aimdb_ring_is_closed(&ring); return;
    case 2: (void)aimdb_ring_lag(&ring, random_number(READERS)); return;
    case 3: case 4: case 5: (void)reads(random_number(READERS)); return;
    case 199: CHECK(aimdb_ring_close(&ring) == AIMDB_OK); return;
    case 198: {
        uint32_t discarded = 77;
        CHECK(aimdb_ring_abort(&ring, &discarded) == AIMDB_OK && discarded <= ring.capacity);
        aborted += discarded;
        return;
    }
    default: break;
    }
    if (random_number(3) == 0)
        (void)reads(random_number(READERS));
    else
        sends();
}

/* Any calls, inside each other, on a ring that is not set up; then all that was done is accounted for. */
static void k6_m1_calls_inside_each_other_are_as_if_they_came_one_after_the_other(uint32_t size, unsigned n, unsigned writers,
    uint32_t position)
{
    fresh(size, n, writers, position);
    first = position;
    offered = refused_count = delivered = missed = aborted = 0;
    memset(seen, 0, sizeof seen), memset(where, 0, sizeof where);
    often = 1 + random_number(12), most_depth = 1 + random_number(4), ending = random_number(2);
    for (unsigned calls = random_number(40) + 1; calls > 0; calls--)
        any();
    often = 0;
    for (uint32_t reader = 0; reader < READERS; reader++)
        while (reads(reader))
            continue;
    aimdb_static_stats_t stats;
    CHECK(aimdb_ring_stats(&ring, &stats) == AIMDB_OK);
    uint64_t accepted = stats.accepted - position;
    CHECK(accepted + stats.refused == offered && stats.refused == refused_count);
    CHECK(stats.accepted == stats.overwritten + stats.aborted + stats.occupancy);
    CHECK(stats.aborted == aborted && stats.delivered == delivered);
    for (uint32_t reader = 0; reader < READERS; reader++)
        CHECK(stats.closed || where[reader] - first == accepted);
    if (!stats.closed)
        CHECK(stats.lagged == missed && delivered + missed == (uint32_t)stats.accepted * READERS);
}

/* There are not so many sections. */
void before_park(void);
void before_park(void)
{
    if (left > 0) {
        left = 0, rests = 1;
        in_interrupt(comes);
    }
}

static void one_comes(void)
{
    value_t value = of(1);
    CHECK(aimdb_ring_send(&ring, &value, ring.value_size) == AIMDB_OK);
}

static void the_end_comes(void)
{
    CHECK(aimdb_ring_close(&ring) == AIMDB_OK);
}

static void one_comes_and_the_end(void)
{
    one_comes();
    the_end_comes();
}

static void it_is_aborted(void)
{
    uint32_t discarded = 77;
    CHECK(aimdb_ring_abort(&ring, &discarded) == AIMDB_OK && discarded == 0);
}

static void one_is_looked_for(void)
{
    aimdb_static_stats_t stats;
    CHECK(aimdb_ring_stats(&ring, &stats) == AIMDB_OK && stats.occupancy == 0);
    one_comes();
}

/* The first call of all waits, and what it waits for comes after each of its sections: a wake-up that is lost is waited for without an end. */
static void w1_a_ring_that_is_set_up_by_whoever_waits_loses_no_wake_up(uint32_t size, unsigned n)
{
    static void (*const what[])(void) = { one_comes, the_end_comes, one_comes_and_the_end, it_is_aborted, one_is_looked_for };
    for (unsigned which = 0; which < sizeof what / sizeof what[0]; which++) {
        rests = 0;
        for (unsigned sections = 1; !rests; sections++) {
            fresh(size, n, 2, 0);
            left = sections, comes = what[which];
            value_t value, expected = of(1);
            aimdb_status_t status = aimdb_ring_recv(&ring, &value, size, READERS - 1, UINT64_MAX);
            int has_value = comes != the_end_comes && comes != it_is_aborted;
            CHECK(left == 0 && status == (has_value ? AIMDB_OK : AIMDB_CLOSED));
            CHECK(status != AIMDB_OK || memcmp(&value, &expected, size) == 0);
        }
    }
}

void test_before_tasks(void)
{
}

void test_in_task(void)
{
    static const uint32_t sizes[] = { 1, 3, 4, 5, 8, 9, 300 };
    static const unsigned places[] = { 1, 2, 3, 7, 16, 252 };
    static const uint32_t positions[] = { 0, 0, 0, UINT32_MAX, UINT32_MAX - 5, 65534 };
    for (unsigned round = 0; round < 300; round++)
        for (unsigned size = 0; size < 7; size++)
            for (unsigned place = 0; place < 6; place++)
                k6_m1_calls_inside_each_other_are_as_if_they_came_one_after_the_other(sizes[size], places[place],
                    1 + random_number(3), positions[random_number(6)]);
    for (unsigned size = 0; size < 7; size++)
        for (unsigned place = 0; place < 4; place++)
            w1_a_ring_that_is_set_up_by_whoever_waits_loses_no_wake_up(sizes[size], places[place]);
}
