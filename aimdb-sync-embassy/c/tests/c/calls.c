/* Every kind and policy through every call that does not have to wait: what each answers, and that the value is where
 * the status says. */
#include "values.h"

#include <string.h>

AIMDB_STATIC_RECORD(pausing, uint32_t, 2);
AIMDB_STATIC_RECORD_FAIL(failing, uint32_t, 2);
AIMDB_STATIC_RECORD_DROP_OLDEST(oldest, uint32_t, 2);
AIMDB_STATIC_RECORD_DROP_NEWEST(newest, uint32_t, 2);
AIMDB_STATIC_RECORD_READERS(both, uint32_t, 2, 2);

AIMDB_STATIC_RECORD(odds, odd_t, 5);
AIMDB_STATIC_RECORD(wides, wide_t, 2);

void test_before_tasks(void)
{
    /* A record needs no scheduler, but to wait. */
    CHECK(pausing_try_send(&V[1]) == AIMDB_OK);
    NEXT(pausing, 1);
    uint32_t got = 77;
    CHECK(pausing_recv(&got, portMAX_DELAY) == AIMDB_CANNOT_BLOCK && got == 77);
    CHECK(pausing_recv(&got, 1) == AIMDB_CANNOT_BLOCK && got == 77);
    CHECK(pausing_send(&V[1], 1) == AIMDB_CANNOT_BLOCK);
    CHECK(pausing_recv(&got, 0) == AIMDB_TIMEOUT && got == 77);
    CHECK(pausing_send(&V[1], 0) == AIMDB_OK);
    NEXT(pausing, 1);
}

static void a_queue_that_pauses(void)
{
    NONE(pausing, AIMDB_EMPTY);
    CHECK(pausing_try_send(&V[1]) == AIMDB_OK);
    CHECK(pausing_send(&V[2], portMAX_DELAY) == AIMDB_OK);
    CHECK(pausing_try_send(&V[3]) == AIMDB_FULL);
    CHECK(pausing_send(&V[3], 0) == AIMDB_TIMEOUT);
    CHECK(pausing_send(&V[3], 1) == AIMDB_TIMEOUT);
    CHECK(pausing_force_send(&V[4]) == AIMDB_OK);
    /* The first was displaced, and its reader is told. */
    NONE(pausing, AIMDB_LAGGED);
    CHECK(pausing_lag() == 1);
    NEXT(pausing, 2);
    uint32_t got = 0;
    CHECK(pausing_recv(&got, portMAX_DELAY) == AIMDB_OK && got == 4);
    CHECK(pausing_recv(&got, 1) == AIMDB_TIMEOUT && got == 4);

    aimdb_static_stats_t stats;
    CHECK(pausing_stats(&stats) == AIMDB_OK);
    CHECK(stats.capacity == 2 && stats.occupancy == 0 && stats.cursors == 1 && stats.closed == 0);
    CHECK(stats.accepted == 5 && stats.refused == 1 && stats.timed_out == 2);
    CHECK(stats.delivered == 4 && stats.lagged == 1 && stats.overwritten == 1 && stats.slowest_unread == 0);
    CHECK(stats.waiting_producers == 0 && stats.waiting_consumers == 0 && stats.aborted == 0);
}

static void queues_that_do_not_pause(void)
{
    for (unsigned at = 1; at <= 2; at++) {
        CHECK(failing_send(&V[at], portMAX_DELAY) == AIMDB_OK);
        CHECK(oldest_send(&V[at], portMAX_DELAY) == AIMDB_OK);
        CHECK(newest_send(&V[at], portMAX_DELAY) == AIMDB_OK);
    }
    CHECK(failing_send(&V[3], portMAX_DELAY) == AIMDB_FULL);
    CHECK(failing_try_send(&V[3]) == AIMDB_FULL);
    NEXT(failing, 1);
    CHECK(oldest_send(&V[3], portMAX_DELAY) == AIMDB_OK);
    NONE(oldest, AIMDB_LAGGED);
    CHECK(oldest_lag() == 1);
    NEXT(oldest, 2);
    NEXT(oldest, 3);
    CHECK(newest_try_send(&V[3]) == AIMDB_OK);
    NEXT(newest, 1);
    NEXT(newest, 2);
    NONE(newest, AIMDB_EMPTY);
    aimdb_static_stats_t stats;
    CHECK(newest_stats(&stats) == AIMDB_OK && stats.refused == 1 && stats.dropped_newest == 1);
}

static void several_readers(void)
{
    uint32_t got = 0;
    CHECK(both_try_send(&V[1]) == AIMDB_OK && both_try_send(&V[2]) == AIMDB_OK);
    CHECK(both_reader_try_recv(0, &got) == AIMDB_OK && got == 1);
    /* The other one has not read it, so there is no room. */
    CHECK(both_try_send(&V[3]) == AIMDB_FULL);
    CHECK(both_reader_recv(1, &got, 0) == AIMDB_OK && got == 1);
    CHECK(both_try_send(&V[3]) == AIMDB_OK);
    for (uint32_t reader = 0; reader < 2; reader++) {
        CHECK(both_reader_try_recv(reader, &got) == AIMDB_OK && got == 2);
        CHECK(both_reader_try_recv(reader, &got) == AIMDB_OK && got == 3);
        CHECK(both_reader_try_recv(reader, &got) == AIMDB_EMPTY);
    }
    CHECK(both_reader_try_recv(2, &got) == AIMDB_BAD_ARGUMENT);
    CHECK(both_reader_recv(2, &got, 0) == AIMDB_BAD_ARGUMENT);
    CHECK(both_reader_lag(2) == 0);
}

static void values_of_any_size_are_whole(void)
{
    for (uint8_t round = 0; round < 20; round++) {
        odd_t odd = { { round, (uint8_t)(round + 1), (uint8_t)(round + 2) } }, back = { { 0 } };
        CHECK(odds_try_send(&odd) == AIMDB_OK);
        CHECK(odds_try_recv(&back) == AIMDB_OK);
        CHECK(memcmp(&odd, &back, sizeof odd) == 0);
        wide_t wide, wide_back;
        memset(&wide, round, sizeof wide);
        CHECK(wides_try_send(&wide) == AIMDB_OK);
        CHECK(wides_try_recv(&wide_back) == AIMDB_OK);
        CHECK(memcmp(&wide, &wide_back, sizeof wide) == 0);
    }
}

static void a_closed_record_is_drained(void)
{
    CHECK(pausing_try_send(&V[1]) == AIMDB_OK);
    CHECK(pausing_is_closed() == 0);
    CHECK(pausing_close() == AIMDB_OK && pausing_close() == AIMDB_OK);
    CHECK(pausing_is_closed() == 1);
    CHECK(pausing_try_send(&V[2]) == AIMDB_CLOSED);
    CHECK(pausing_send(&V[2], portMAX_DELAY) == AIMDB_CLOSED);
    CHECK(pausing_force_send(&V[2]) == AIMDB_CLOSED);
    NEXT(pausing, 1);
    NONE(pausing, AIMDB_CLOSED);
    uint32_t got = 77;
    CHECK(pausing_recv(&got, portMAX_DELAY) == AIMDB_CLOSED && got == 77);

    CHECK(failing_try_send(&V[4]) == AIMDB_OK);
    CHECK(failing_abort() == 2 && failing_abort() == 0);
    NONE(failing, AIMDB_CLOSED);
    aimdb_static_stats_t stats;
    CHECK(failing_stats(&stats) == AIMDB_OK && stats.closed == 1 && stats.aborted == 2);
}

void test_in_task(void)
{
    a_queue_that_pauses();
    queues_that_do_not_pause();
    several_readers();
    values_of_any_size_are_whole();
    a_closed_record_is_drained();
}
