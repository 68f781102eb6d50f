/* Rings through every call that does not have to wait, and everything that is none: what each call answers, and that the value
 * is where the status says. How tasks wait is in reading.h. */
#include "values.h"

#include <string.h>

AIMDB_STATIC_RING(word, uint32_t, 3);
AIMDB_STATIC_RING(ended, uint32_t, 2);
AIMDB_STATIC_RING(unread, uint32_t, 2);
AIMDB_STATIC_RING(unused, odd_t, 2);
AIMDB_STATIC_RING_READERS(both, uint32_t, 2, 2);
AIMDB_STATIC_RING_READERS(both_odd, odd_t, 2, 2);
AIMDB_STATIC_RING(odd, odd_t, 3);
AIMDB_STATIC_RING(wide, wide_t, 3);
AIMDB_STATIC_RING(loose, loose_t, 1);
AIMDB_STATIC_RING(longest, odd_t, 253);
AIMDB_DECLARE_RING(spoiled, uint32_t);
AIMDB_DEFINE_RING(spoiled, uint32_t, 4);
AIMDB_DECLARE_RING(spoiled_odd, odd_t);
AIMDB_DEFINE_RING(spoiled_odd, odd_t, 4);

#include "newest.h"

void test_before_tasks(void)
{
    it_cannot_block();
}

static void k3_it_says_how_much_was_missed(void)
{
    aimdb_static_stats_t before, stats;
    uint32_t got = 77;
    CHECK(word_stats(&before) == AIMDB_OK);
    NONE(word, AIMDB_EMPTY);
    for (unsigned at = 0; at < 9; at++)
        CHECK(word_try_send(&V[at]) == AIMDB_OK);
    CHECK(word_force_send(&V[9]) == AIMDB_OK);
    CHECK(word_stats(&stats) == AIMDB_OK);
    CHECK(stats.capacity == 3 && stats.occupancy == 3 && stats.slowest_unread == 10 && stats.cursors == 1 && stats.closed == 0);
    CHECK(stats.accepted - before.accepted == 10 && stats.overwritten == stats.accepted - 3);
    NONE(word, AIMDB_LAGGED);
    CHECK(word_lag() == 7);
    NEXT(word, 7);
    CHECK(word_recv(&got, portMAX_DELAY) == AIMDB_OK && got == 8);
    CHECK(word_lag() == 7);
    NEXT(word, 9);
    NONE(word, AIMDB_EMPTY);
    CHECK(word_recv(&got, 1) == AIMDB_TIMEOUT && got == 8);
    CHECK(word_stats(&stats) == AIMDB_OK);
    CHECK(stats.delivered - before.delivered == 3 && stats.lagged == 7 && stats.slowest_unread == 0);
    CHECK(stats.refused == 0 && stats.aborted == 0 && stats.waiting_consumers == 0);
    /* By a call that may wait, too. */
    for (unsigned at = 0; at < 5; at++)
        CHECK(word_send(&V[at], portMAX_DELAY) == AIMDB_OK);
    CHECK(word_recv(&got, portMAX_DELAY) == AIMDB_LAGGED && got == 8 && word_lag() == 2);
    for (unsigned at = 2; at < 5; at++)
        NEXT(word, V[at]);
}

static void each_reader_goes_at_its_own_pace(void)
{
    uint32_t got = 77;
    odd_t odd_one = { { 1, 2, 3 } }, back = { { 0 } };
    aimdb_static_stats_t stats;
    CHECK(both_reader_try_recv(1, &got) == AIMDB_EMPTY && got == 77);
    CHECK(both_odd_reader_try_recv(1, &back) == AIMDB_EMPTY && back.bytes[0] == 0);
    for (uint8_t at = 1; at <= 3; at++) {
        odd_one.bytes[0] = at;
        CHECK(both_try_send(&V[at]) == AIMDB_OK && both_odd_try_send(&odd_one) == AIMDB_OK);
    }
    for (uint32_t reader = 0; reader < 2; reader++) {
        CHECK(both_reader_lag(reader) == 0 && both_odd_reader_lag(reader) == 0);
        CHECK(both_reader_try_recv(reader, &got) == AIMDB_LAGGED && both_reader_lag(reader) == 1);
        CHECK(both_reader_recv(reader, &got, 0) == AIMDB_OK && got == 2);
        CHECK(both_odd_reader_recv(reader, &back, 0) == AIMDB_LAGGED && both_odd_reader_lag(reader) == 1);
        for (uint8_t at = 2; at <= 3; at++) {
            odd_one.bytes[0] = at;
            CHECK(both_odd_reader_try_recv(reader, &back) == AIMDB_OK && memcmp(&odd_one, &back, sizeof back) == 0);
        }
        CHECK(both_odd_reader_recv(reader, &back, 0) == AIMDB_TIMEOUT);
        CHECK(both_stats(&stats) == AIMDB_OK && stats.cursors == 2 && stats.slowest_unread == (reader ? 1 : 3));
        CHECK(stats.delivered == reader + 1 && stats.lagged == reader + 1);
    }
    /* One reads on, and the calls without a number are those of the first. */
    CHECK(both_try_recv(&got) == AIMDB_OK && got == 3 && both_try_recv(&got) == AIMDB_EMPTY && both_lag() == 1);
    CHECK(both_try_send(&V[4]) == AIMDB_OK && both_recv(&got, 0) == AIMDB_OK && got == 4);
    /* What is not read is there after a close, and not after an abort. */
    CHECK(both_close() == AIMDB_OK && both_reader_try_recv(0, &got) == AIMDB_CLOSED);
    CHECK(both_reader_try_recv(1, &got) == AIMDB_OK && got == 3 && both_reader_try_recv(1, &got) == AIMDB_OK && got == 4);
    CHECK(both_reader_try_recv(1, &got) == AIMDB_CLOSED);
    CHECK(both_odd_try_send(&odd_one) == AIMDB_OK && both_odd_abort() == 2 && both_odd_abort() == 0);
    CHECK(both_odd_reader_try_recv(1, &back) == AIMDB_CLOSED && both_odd_reader_recv(0, &back, 1) == AIMDB_CLOSED);
    CHECK(both_odd_stats(&stats) == AIMDB_OK && stats.accepted == 4 && stats.aborted == 2 && stats.overwritten == 2);
    CHECK(stats.occupancy == 0 && stats.slowest_unread == 0 && stats.closed == 1);
    /* One that it has not. */
    CHECK(both_reader_try_recv(2, &got) == AIMDB_BAD_ARGUMENT && both_reader_recv(2, &got, 0) == AIMDB_BAD_ARGUMENT);
    CHECK(both_odd_reader_try_recv(UINT32_MAX, &back) == AIMDB_BAD_ARGUMENT && both_reader_lag(2) == 0);
    CHECK(both_odd_reader_recv(256, &back, portMAX_DELAY) == AIMDB_BAD_ARGUMENT && both_reader_lag(UINT32_MAX) == 0);
}

static void values_of_any_size_are_whole(void)
{
    for (uint8_t round = 0; round < 20; round++) {
        odd_t odd_one = { { round, (uint8_t)(round + 1), (uint8_t)(round + 2) } }, odd_back = { { 0 } };
        CHECK(odd_try_send(&odd_one) == AIMDB_OK && odd_try_recv(&odd_back) == AIMDB_OK);
        CHECK(memcmp(&odd_one, &odd_back, sizeof odd_one) == 0);
        CHECK(odd_try_recv(&odd_back) == AIMDB_EMPTY);
        uint8_t bytes[3][1 + sizeof(loose_t)];
        memset(bytes, round, sizeof bytes);
        CHECK(loose_try_send((const loose_t *)&bytes[1][1]) == AIMDB_OK);
        CHECK(loose_try_recv((loose_t *)&bytes[2][1]) == AIMDB_OK);
        CHECK(bytes[2][0] == round && bytes[2][1] == round && bytes[2][4] == round);
        wide_t wide_one, wide_back;
        /* As many as there are places, and more. */
        for (uint8_t at = 0; at < 5; at++) {
            memset(&wide_one, round + at, sizeof wide_one);
            CHECK(wide_try_send(&wide_one) == AIMDB_OK);
        }
        CHECK(wide_recv(&wide_back, 0) == AIMDB_LAGGED && wide_lag() == 2);
        for (uint8_t at = 2; at < 5; at++) {
            memset(&wide_one, round + at, sizeof wide_one);
            CHECK(wide_try_recv(&wide_back) == AIMDB_OK && memcmp(&wide_one, &wide_back, sizeof wide_one) == 0);
        }
    }
    aimdb_static_stats_t stats;
    CHECK(wide_stats(&stats) == AIMDB_OK && stats.accepted == 100 && stats.overwritten == 97 && stats.delivered == 60);
    CHECK(stats.lagged == 40);
}

static void as_many_places_as_have_names(void)
{
    odd_t one = { { 0 } }, back;
    for (unsigned number = 0; number < 1000; number++) {
        one.bytes[0] = (uint8_t)number, one.bytes[1] = (uint8_t)(number >> 8);
        CHECK(longest_try_send(&one) == AIMDB_OK);
    }
    CHECK(longest_try_recv(&back) == AIMDB_LAGGED && longest_lag() == 1000 - 253);
    for (unsigned number = 1000 - 253; number < 1000; number++) {
        CHECK(longest_try_recv(&back) == AIMDB_OK);
        CHECK((unsigned)back.bytes[0] + back.bytes[1] * 256u == number);
    }
    CHECK(longest_try_recv(&back) == AIMDB_EMPTY);
}

static void a_closed_one_is_drained(void)
{
    CHECK(word_try_send(&V[1]) == AIMDB_OK);
    CHECK(word_is_closed() == 0);
    CHECK(word_close() == AIMDB_OK && word_close() == AIMDB_OK);
    CHECK(word_is_closed() == 1);
    CHECK(word_try_send(&V[2]) == AIMDB_CLOSED && word_force_send(&V[2]) == AIMDB_CLOSED);
    CHECK(word_send(&V[2], portMAX_DELAY) == AIMDB_CLOSED);
    NEXT(word, 1);
    NONE(word, AIMDB_CLOSED);
    uint32_t got = 77;
    CHECK(word_recv(&got, portMAX_DELAY) == AIMDB_CLOSED && got == 77);
    aimdb_static_stats_t stats;
    CHECK(word_stats(&stats) == AIMDB_OK && stats.closed == 1 && stats.refused == 3 && stats.aborted == 0);

    /* The first call that looks for more than a place for a value is the abort. */
    for (unsigned at = 1; at <= 3; at++)
        CHECK(ended_try_send(&V[at]) == AIMDB_OK);
    CHECK(ended_abort() == 2 && ended_abort() == 0);
    NONE(ended, AIMDB_CLOSED);
    CHECK(ended_stats(&stats) == AIMDB_OK && stats.closed == 1 && stats.aborted == 2 && stats.occupancy == 0);
    CHECK(stats.accepted == 3 && stats.overwritten == 1);
    /* It is a look at the counts. */
    CHECK(unread_try_send(&V[1]) == AIMDB_OK);
    CHECK(unread_stats(&stats) == AIMDB_OK && stats.occupancy == 1 && stats.overwritten == 0 && stats.slowest_unread == 1);
    CHECK(unread_close() == AIMDB_OK);
    NEXT(unread, 1);
    NONE(unread, AIMDB_CLOSED);
    /* There is none. */
    odd_t odd_one = { { 1, 2, 3 } };
    CHECK(unused_close() == AIMDB_OK && unused_try_recv(&odd_one) == AIMDB_CLOSED);
    CHECK(unused_try_send(&odd_one) == AIMDB_CLOSED && unused_abort() == 0);

    CHECK(odd_try_send(&odd_one) == AIMDB_OK && odd_abort() == 3);
    CHECK(odd_try_send(&odd_one) == AIMDB_CLOSED && odd_try_recv(&odd_one) == AIMDB_CLOSED);
}

/* Each call on what is no ring. */
static void refused(const aimdb_static_ring_t *ring, aimdb_status_t status)
{
    uint32_t value = 77, discarded = 77;
    odd_t odd_one = { { 1, 2, 3 } };
    aimdb_static_stats_t stats;
    CHECK(aimdb_ring_send(ring, &V[1], sizeof V[1]) == status);
    CHECK(aimdb_ring_recv(ring, &value, sizeof value, 0, UINT64_MAX) == status);
    CHECK(aimdb_ring_try_recv(ring, &value, sizeof value, 0) == status);
    CHECK(aimdb_ring_close(ring) == status);
    CHECK(aimdb_ring_abort(ring, &discarded) == status);
    CHECK(aimdb_ring_stats(ring, &stats) == status);
    CHECK(aimdb_ring_is_closed(ring) == 0 && aimdb_ring_lag(ring, 0) == 0);
    /* What has the size of another record is told that first. */
    if (ring == NULL || ring->value_size != sizeof value) {
        CHECK(aimdb_ring_send(ring, &odd_one, sizeof odd_one) == status);
        CHECK(aimdb_ring_recv(ring, &odd_one, sizeof odd_one, 0, UINT64_MAX) == status);
        CHECK(aimdb_ring_try_recv(ring, &odd_one, sizeof odd_one, 0) == status);
    }
    CHECK(value == 77 && discarded == 77 && odd_one.bytes[0] == 1 && odd_one.bytes[2] == 3);
}

static void is_no_ring(aimdb_static_ring_t ring)
{
    static aimdb_static_ring_t wrong;
    wrong = ring;
    refused(&wrong, AIMDB_BAD_ARGUMENT);
}

static void what_is_no_ring(void)
{
    refused(NULL, AIMDB_NULL_ARGUMENT);
    static const aimdb_static_ring_t zero;
    refused(&zero, AIMDB_BAD_ARGUMENT);

    aimdb_static_ring_t wrong = spoiled;
    /* Another header, whose state is smaller. */
    wrong.layout -= 1u << 8;
    is_no_ring(wrong);
    /* A latest value. */
    wrong = spoiled, wrong.layout = AIMDB_LATEST_LAYOUT;
    is_no_ring(wrong);
    wrong = spoiled, wrong.value_size = 0;
    is_no_ring(wrong);
    wrong = spoiled, wrong.state = NULL;
    is_no_ring(wrong);
    wrong = spoiled, wrong.values = NULL;
    is_no_ring(wrong);
    wrong = spoiled, wrong.capacity = 0;
    is_no_ring(wrong);
    /* No place for a value on its way. */
    wrong = spoiled, wrong.places = wrong.capacity;
    is_no_ring(wrong);
    wrong = spoiled, wrong.places = 0;
    is_no_ring(wrong);
    wrong = spoiled, wrong.readers = 0;
    is_no_ring(wrong);
    wrong = spoiled, wrong.readers = 33;
    is_no_ring(wrong);
    /* None of them has touched the memory. */
    NONE(spoiled, AIMDB_EMPTY);
    CHECK(spoiled_is_closed() == 0);
}

static void what_is_no_value(void)
{
    uint64_t large = 77;
    uint8_t small = 7;
    CHECK(aimdb_ring_send(&spoiled, NULL, sizeof V[1]) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_send(NULL) == AIMDB_NULL_ARGUMENT && spoiled_force_send(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_recv(NULL, 0) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_odd_try_send(NULL) == AIMDB_NULL_ARGUMENT && spoiled_odd_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_ring_stats(&spoiled, NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_ring_send(&spoiled, &large, sizeof large) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_send(&spoiled, &small, sizeof small) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_send(&spoiled, &small, 0) == AIMDB_BAD_SIZE);
    CHECK(spoiled_try_send(&V[1]) == AIMDB_OK);
    CHECK(aimdb_ring_recv(&spoiled, &large, sizeof large, 0, 0) == AIMDB_BAD_SIZE && large == 77);
    CHECK(aimdb_ring_try_recv(&spoiled, &small, sizeof small, 0) == AIMDB_BAD_SIZE && small == 7);
    /* The calls for other values move them in another way. */
    uint32_t value = 77;
    CHECK(aimdb_ring_send_bytes(&spoiled, &V[2], sizeof V[2]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_try_recv_bytes(&spoiled, &value, 0, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_ring_recv_bytes(&spoiled, &value, 0, 0, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    odd_t odd_one = { { 1, 2, 3 } };
    CHECK(aimdb_ring_send_word(&spoiled_odd, &odd_one) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_send_word(&spoiled_odd, &V[1]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_try_recv_word(&spoiled_odd, &odd_one, 0) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_recv_word(&spoiled_odd, &odd_one, 0, 0) == AIMDB_BAD_SIZE);
    CHECK(aimdb_ring_try_recv(&spoiled, &value, sizeof value, 1) == AIMDB_BAD_ARGUMENT && value == 77);
    /* The value is still there. */
    NEXT(spoiled, 1);
    CHECK(spoiled_odd_try_recv(&odd_one) == AIMDB_EMPTY);
    CHECK(aimdb_ring_abort(&spoiled, NULL) == AIMDB_OK);
}

void test_in_task(void)
{
    in_interrupt(it_cannot_block);
    while_suspended(it_cannot_block);
    k3_it_says_how_much_was_missed();
    each_reader_goes_at_its_own_pace();
    values_of_any_size_are_whole();
    as_many_places_as_have_names();
    a_closed_one_is_drained();
    what_is_no_ring();
    what_is_no_value();
}
