/* Queues through every call that does not have to wait, and everything that is none: what each call answers, and that the value is
 * where the status says. How tasks wait is in queue_waiting.c. */
#include "values.h"

#include <string.h>

AIMDB_STATIC_QUEUE(pausing, uint32_t, 2);
AIMDB_STATIC_QUEUE_FAIL(failing, uint32_t, 2);
AIMDB_STATIC_QUEUE_DROP_NEWEST(dropping, uint32_t, 2);
AIMDB_STATIC_QUEUE_DROP_NEWEST(dropping_wides, wide_t, 1);
AIMDB_STATIC_QUEUE(full, uint32_t, 1);

AIMDB_STATIC_QUEUE(odds, odd_t, 5);
AIMDB_STATIC_QUEUE(wides, wide_t, 2);
AIMDB_STATIC_QUEUE(looses, loose_t, 3);
/* As many as there can be. */
AIMDB_STATIC_QUEUE(long_one, uint16_t, 255);
AIMDB_DECLARE_QUEUE(spoiled, uint32_t);
AIMDB_DEFINE_QUEUE(spoiled, uint32_t, 4);

/* What would wait where it would never end. */
static void it_cannot_block(void)
{
    uint32_t got = 77;
    /* Also where it would not have to wait now: what depends on the moment is not found by a test. */
    CHECK(pausing_send(&V[1], portMAX_DELAY) == AIMDB_CANNOT_BLOCK);
    CHECK(pausing_send(&V[1], 1) == AIMDB_CANNOT_BLOCK);
    CHECK(pausing_recv(&got, portMAX_DELAY) == AIMDB_CANNOT_BLOCK);
    CHECK(full_send(&V[1], 1) == AIMDB_CANNOT_BLOCK);
    CHECK(full_recv(&got, 1) == AIMDB_CANNOT_BLOCK);
    CHECK(got == 77);
    /* One try may be made. */
    CHECK(full_send(&V[1], 0) == AIMDB_TIMEOUT && full_try_send(&V[1]) == AIMDB_FULL);
    CHECK(pausing_recv(&got, 0) == AIMDB_TIMEOUT && pausing_try_recv(&got) == AIMDB_EMPTY);
    CHECK(pausing_send(&V[1], 0) == AIMDB_OK && pausing_recv(&got, 0) == AIMDB_OK && got == 1);
    aimdb_static_stats_t stats;
    CHECK(full_stats(&stats) == AIMDB_OK && stats.occupancy == 1 && stats.waiting_producers == 0);
}

void test_before_tasks(void)
{
    CHECK(full_try_send(&V[1]) == AIMDB_OK);
    it_cannot_block();
}

static void a_queue_that_pauses(void)
{
    aimdb_static_stats_t before, stats;
    CHECK(pausing_stats(&before) == AIMDB_OK);
    NONE(pausing, AIMDB_EMPTY);
    CHECK(pausing_try_send(&V[1]) == AIMDB_OK);
    CHECK(pausing_send(&V[2], portMAX_DELAY) == AIMDB_OK);
    CHECK(pausing_try_send(&V[3]) == AIMDB_FULL);
    CHECK(pausing_send(&V[3], 0) == AIMDB_TIMEOUT);
    CHECK(pausing_send(&V[3], 1) == AIMDB_TIMEOUT);
    CHECK(pausing_stats(&stats) == AIMDB_OK);
    CHECK(stats.capacity == 2 && stats.occupancy == 2 && stats.slowest_unread == 2 && stats.cursors == 1 && stats.closed == 0);
    CHECK(stats.accepted - before.accepted == 2 && stats.refused - before.refused == 1);
    CHECK(stats.timed_out - before.timed_out == 2 && stats.delivered == before.delivered);
    NEXT(pausing, 1);
    uint32_t got = 0;
    CHECK(pausing_recv(&got, portMAX_DELAY) == AIMDB_OK && got == 2);
    CHECK(pausing_recv(&got, 1) == AIMDB_TIMEOUT && got == 2);
    CHECK(pausing_stats(&stats) == AIMDB_OK && stats.occupancy == 0 && stats.delivered - before.delivered == 2);
    CHECK(stats.lagged == 0 && stats.overwritten == 0 && stats.aborted == 0 && stats.waiting_consumers == 0);
}

static void a_queue_that_refuses(void)
{
    CHECK(failing_send(&V[1], portMAX_DELAY) == AIMDB_OK && failing_send(&V[2], 5) == AIMDB_OK);
    CHECK(failing_send(&V[3], portMAX_DELAY) == AIMDB_FULL);
    CHECK(failing_send(&V[3], 0) == AIMDB_FULL);
    CHECK(failing_try_send(&V[3]) == AIMDB_FULL);
    aimdb_static_stats_t stats;
    CHECK(failing_stats(&stats) == AIMDB_OK && stats.refused == 3 && stats.timed_out == 0 && stats.accepted == 2);
    NEXT(failing, 1);
    CHECK(failing_try_send(&V[4]) == AIMDB_OK);
    NEXT(failing, 2);
    NEXT(failing, 4);
    NONE(failing, AIMDB_EMPTY);
}

static void a_queue_that_drops_the_newest(void)
{
    CHECK(dropping_try_send(&V[1]) == AIMDB_OK && dropping_send(&V[2], portMAX_DELAY) == AIMDB_OK);
    CHECK(dropping_try_send(&V[3]) == AIMDB_OK && dropping_send(&V[3], portMAX_DELAY) == AIMDB_OK);
    CHECK(dropping_send(&V[3], 5) == AIMDB_OK && dropping_send(&V[3], 0) == AIMDB_OK);
    aimdb_static_stats_t stats;
    CHECK(dropping_stats(&stats) == AIMDB_OK && stats.accepted == 2 && stats.dropped_newest == 4);
    CHECK(stats.refused == 4 && stats.timed_out == 0 && stats.overwritten == 0);
    NEXT(dropping, 1);
    CHECK(dropping_try_send(&V[4]) == AIMDB_OK);
    NEXT(dropping, 2);
    NEXT(dropping, 4);
    NONE(dropping, AIMDB_EMPTY);

    wide_t first, second, back;
    memset(&first, 1, sizeof first);
    memset(&second, 2, sizeof second);
    CHECK(dropping_wides_try_send(&first) == AIMDB_OK && dropping_wides_send(&second, portMAX_DELAY) == AIMDB_OK);
    CHECK(dropping_wides_try_recv(&back) == AIMDB_OK && memcmp(&back, &first, sizeof back) == 0);
    CHECK(dropping_wides_try_recv(&back) == AIMDB_EMPTY);

    /* Once it is closed, what is full and what is not are told the same. */
    CHECK(dropping_try_send(&V[5]) == AIMDB_OK && dropping_try_send(&V[6]) == AIMDB_OK && dropping_close() == AIMDB_OK);
    CHECK(dropping_try_send(&V[7]) == AIMDB_CLOSED && dropping_send(&V[7], portMAX_DELAY) == AIMDB_CLOSED);
    CHECK(dropping_stats(&stats) == AIMDB_OK && stats.dropped_newest == 4 && stats.refused == 6 && stats.accepted == 5);
    NEXT(dropping, 5);
    NEXT(dropping, 6);
    NONE(dropping, AIMDB_CLOSED);
}

static void values_of_any_size_are_whole(void)
{
    for (uint8_t round = 0; round < 20; round++) {
        odd_t odd = { { round, (uint8_t)(round + 1), (uint8_t)(round + 2) } }, odd_back = { { 0 } };
        CHECK(odds_try_send(&odd) == AIMDB_OK && odds_try_recv(&odd_back) == AIMDB_OK);
        CHECK(memcmp(&odd, &odd_back, sizeof odd) == 0);
        uint8_t bytes[3][1 + sizeof(loose_t)];
        memset(bytes, round, sizeof bytes);
        CHECK(looses_try_send((const loose_t *)&bytes[1][1]) == AIMDB_OK);
        CHECK(looses_try_recv((loose_t *)&bytes[2][1]) == AIMDB_OK);
        CHECK(bytes[2][0] == round && bytes[2][1] == round && bytes[2][4] == round);
        wide_t wide, wide_back;
        memset(&wide, round, sizeof wide);
        CHECK(wides_try_send(&wide) == AIMDB_OK && wides_try_recv(&wide_back) == AIMDB_OK);
        CHECK(memcmp(&wide, &wide_back, sizeof wide) == 0);
    }
}

static void order_is_kept_around_the_end(void)
{
    for (unsigned round = 0; round < 3; round++) {
        uint16_t sent = 0, read = 0, got = 0;
        while (long_one_try_send(&sent) == AIMDB_OK)
            sent++;
        CHECK(sent == 255);
        /* Some stay behind, others come around the end, and then all are taken. */
        for (; read < 150; read++)
            CHECK(long_one_try_recv(&got) == AIMDB_OK && got == read);
        for (; sent < 400; sent++)
            CHECK(long_one_try_send(&sent) == AIMDB_OK);
        for (; read < 400; read++)
            CHECK(long_one_try_recv(&got) == AIMDB_OK && got == read);
        CHECK(long_one_try_recv(&got) == AIMDB_EMPTY);
    }
    aimdb_static_stats_t stats;
    CHECK(long_one_stats(&stats) == AIMDB_OK && stats.accepted == 1200 && stats.delivered == 1200 && stats.refused == 3);
}

static void a_closed_queue_is_drained(void)
{
    CHECK(pausing_try_send(&V[1]) == AIMDB_OK);
    CHECK(pausing_is_closed() == 0);
    CHECK(pausing_close() == AIMDB_OK && pausing_close() == AIMDB_OK);
    CHECK(pausing_is_closed() == 1);
    CHECK(pausing_try_send(&V[2]) == AIMDB_CLOSED);
    CHECK(pausing_send(&V[2], portMAX_DELAY) == AIMDB_CLOSED);
    NEXT(pausing, 1);
    NONE(pausing, AIMDB_CLOSED);
    uint32_t got = 77;
    CHECK(pausing_recv(&got, portMAX_DELAY) == AIMDB_CLOSED && got == 77);

    CHECK(failing_try_send(&V[4]) == AIMDB_OK && failing_try_send(&V[5]) == AIMDB_OK);
    CHECK(failing_abort() == 2 && failing_abort() == 0);
    NONE(failing, AIMDB_CLOSED);
    CHECK(failing_try_send(&V[4]) == AIMDB_CLOSED);
    aimdb_static_stats_t stats;
    CHECK(failing_stats(&stats) == AIMDB_OK && stats.closed == 1 && stats.aborted == 2 && stats.occupancy == 0);
    CHECK(stats.accepted == stats.delivered + stats.aborted);
}

/* Each call on what is no queue. */
static void refused(const aimdb_static_queue_t *queue, aimdb_status_t status)
{
    uint32_t value = 77, discarded = 77;
    aimdb_static_stats_t stats;
    CHECK(aimdb_queue_send(queue, &V[1], sizeof V[1], UINT64_MAX) == status);
    CHECK(aimdb_queue_try_send(queue, &V[1], sizeof V[1]) == status);
    CHECK(aimdb_queue_recv(queue, &value, sizeof value, UINT64_MAX) == status);
    CHECK(aimdb_queue_try_recv(queue, &value, sizeof value) == status);
    CHECK(aimdb_queue_close_word(queue) == status);
    CHECK(aimdb_queue_abort_word(queue, &discarded) == status);
    CHECK(aimdb_queue_stats_word(queue, &stats) == status);
    /* That these are not for words is told by the same. */
    if (status == AIMDB_BAD_ARGUMENT) {
        CHECK(aimdb_queue_close_bytes(queue) == status && aimdb_queue_abort_bytes(queue, &discarded) == status);
        CHECK(aimdb_queue_stats_bytes(queue, &stats) == status);
    }
    CHECK(aimdb_queue_is_closed(queue) == 0);
    CHECK(value == 77 && discarded == 77);
}

static void is_no_queue(aimdb_static_queue_t queue)
{
    static aimdb_static_queue_t wrong;
    wrong = queue;
    refused(&wrong, AIMDB_BAD_ARGUMENT);
}

static void what_is_no_queue(void)
{
    refused(NULL, AIMDB_NULL_ARGUMENT);
    static const aimdb_static_queue_t zero;
    refused(&zero, AIMDB_BAD_ARGUMENT);

    aimdb_static_queue_t wrong = spoiled;
    /* Another header, whose state is smaller. */
    wrong.layout -= 1u << 8;
    is_no_queue(wrong);
    wrong = spoiled, wrong.value_size = 0;
    is_no_queue(wrong);
    wrong = spoiled, wrong.state = NULL;
    is_no_queue(wrong);
    wrong = spoiled, wrong.values = NULL;
    is_no_queue(wrong);
    /* None of them has touched the memory. */
    CHECK(spoiled_try_send(&V[1]) == AIMDB_OK);
    NEXT(spoiled, 1);
    CHECK(spoiled_is_closed() == 0);
}

static void what_is_no_value(void)
{
    uint64_t large = 77;
    uint8_t small = 7;
    CHECK(aimdb_queue_send(&spoiled, NULL, sizeof V[1], 0) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_send(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_recv(NULL, 0) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_queue_stats_word(&spoiled, NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_queue_try_send(&spoiled, &large, sizeof large) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_try_send(&spoiled, &small, sizeof small) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_try_send(&spoiled, &small, 0) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_send(&spoiled, &small, sizeof small, 0) == AIMDB_BAD_SIZE);
    CHECK(spoiled_try_send(&V[1]) == AIMDB_OK);
    CHECK(aimdb_queue_recv(&spoiled, &large, sizeof large, 0) == AIMDB_BAD_SIZE && large == 77);
    CHECK(aimdb_queue_try_recv(&spoiled, &small, sizeof small) == AIMDB_BAD_SIZE && small == 7);
    /* The calls for other values move them in another way. */
    uint32_t value = 77;
    CHECK(aimdb_queue_try_send_bytes(&spoiled, &V[2], sizeof V[2]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_send_bytes(&spoiled, &V[2], 0, sizeof V[2]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_try_recv_bytes(&spoiled, &value, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_queue_recv_bytes(&spoiled, &value, 0, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_queue_close_bytes(&spoiled) == AIMDB_BAD_ARGUMENT && spoiled_is_closed() == 0);
    odd_t odd = { { 1, 2, 3 } };
    CHECK(aimdb_queue_try_send_word(&odds, &V[1]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_try_send_word(&odds, &odd) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_send_word(&odds, &odd, 0) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_try_recv_word(&odds, &odd) == AIMDB_BAD_SIZE);
    CHECK(aimdb_queue_recv_word(&odds, &odd, 0) == AIMDB_BAD_SIZE && odd.bytes[2] == 3);
    CHECK(aimdb_queue_abort_word(&odds, NULL) == AIMDB_BAD_ARGUMENT && odds_is_closed() == 0);
    /* The value is still there. */
    NEXT(spoiled, 1);
    CHECK(aimdb_queue_abort_word(&spoiled, NULL) == AIMDB_OK);
}

void test_in_task(void)
{
    in_interrupt(it_cannot_block);
    while_suspended(it_cannot_block);
    a_queue_that_pauses();
    a_queue_that_refuses();
    a_queue_that_drops_the_newest();
    values_of_any_size_are_whole();
    order_is_kept_around_the_end();
    a_closed_queue_is_drained();
    what_is_no_queue();
    what_is_no_value();
}
