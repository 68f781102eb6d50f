/* Latest values through every call that does not have to wait, and everything that is none: what each call answers, and that the value
 * is where the status says. How tasks wait is in reading.h. */
#include "values.h"

#include <string.h>

AIMDB_STATIC_LATEST(word, uint32_t);
AIMDB_STATIC_LATEST_READERS(both, uint32_t, 2);
AIMDB_STATIC_LATEST_READERS(both_odd, odd_t, 2);
AIMDB_STATIC_LATEST(ended, uint32_t);
AIMDB_STATIC_LATEST(odd, odd_t);
AIMDB_STATIC_LATEST(wide, wide_t);
AIMDB_STATIC_LATEST(loose, loose_t);
AIMDB_DECLARE_LATEST(spoiled, uint32_t);
AIMDB_DEFINE_LATEST(spoiled, uint32_t);
AIMDB_DECLARE_LATEST(spoiled_odd, odd_t);
AIMDB_DEFINE_LATEST(spoiled_odd, odd_t);

#include "newest.h"
#include "drained.h"

void test_before_tasks(void)
{
    it_cannot_block();
}

static void the_newest_stays_and_is_new_once(void)
{
    aimdb_static_stats_t before, stats;
    uint32_t got = 77;
    CHECK(word_stats(&before) == AIMDB_OK);
    NONE(word, AIMDB_EMPTY);
    CHECK(word_try_send(&V[1]) == AIMDB_OK);
    CHECK(word_send(&V[2], portMAX_DELAY) == AIMDB_OK);
    CHECK(word_stats(&stats) == AIMDB_OK);
    CHECK(stats.capacity == 1 && stats.occupancy == 1 && stats.slowest_unread == 1 && stats.cursors == 1 && stats.closed == 0);
    CHECK(stats.accepted - before.accepted == 2 && stats.overwritten - before.overwritten == 2);
    CHECK(stats.delivered == before.delivered);
    CHECK(word_peek(&got) == AIMDB_OK && got == 2);
    NEXT(word, 2);
    NONE(word, AIMDB_EMPTY);
    got = 77;
    CHECK(word_peek(&got) == AIMDB_OK && got == 2);
    CHECK(word_stats(&stats) == AIMDB_OK && stats.occupancy == 1 && stats.delivered - before.delivered == 1);
    CHECK(stats.lagged - before.lagged == 1);
    CHECK(stats.refused == 0 && stats.aborted == 0 && stats.waiting_consumers == 0 && stats.slowest_unread == 0);
}

static void each_reader_sees_it(void)
{
    uint32_t got = 77;
    odd_t odd_one = { { 1, 2, 3 } }, back = { { 0 } };
    aimdb_static_stats_t stats;
    CHECK(both_peek(&got) == AIMDB_EMPTY && both_reader_try_recv(1, &got) == AIMDB_EMPTY && got == 77);
    CHECK(both_odd_peek(&back) == AIMDB_EMPTY && both_odd_reader_try_recv(1, &back) == AIMDB_EMPTY && back.bytes[0] == 0);
    for (unsigned at = 1; at <= 3; at++)
        CHECK(both_try_send(&V[at]) == AIMDB_OK && both_odd_try_send(&odd_one) == AIMDB_OK);
    for (uint32_t reader = 0; reader < 2; reader++) {
        CHECK(both_reader_recv(reader, &got, 0) == AIMDB_OK && got == 3);
        CHECK(both_reader_try_recv(reader, &got) == AIMDB_EMPTY);
        CHECK(both_odd_reader_try_recv(reader, &back) == AIMDB_OK && memcmp(&odd_one, &back, sizeof back) == 0);
        CHECK(both_odd_reader_recv(reader, &back, 0) == AIMDB_TIMEOUT);
        CHECK(both_stats(&stats) == AIMDB_OK && stats.cursors == 2 && stats.slowest_unread == (reader ? 0 : 1));
        CHECK(stats.delivered == reader + 1 && stats.lagged == 2 * (reader + 1));
    }
    CHECK(both_peek(&got) == AIMDB_OK && got == 3 && both_odd_peek(&back) == AIMDB_OK);
    /* One reads on, the other is told nothing of what it has missed, but it is counted. */
    CHECK(both_try_send(&V[4]) == AIMDB_OK && both_try_recv(&got) == AIMDB_OK && got == 4);
    CHECK(both_try_send(&V[5]) == AIMDB_OK && both_reader_try_recv(1, &got) == AIMDB_OK && got == 5);
    /* What is not seen is so after a close, and not after an abort. */
    CHECK(both_close() == AIMDB_OK);
    CHECK(both_reader_try_recv(1, &got) == AIMDB_CLOSED && both_reader_try_recv(0, &got) == AIMDB_OK && got == 5);
    CHECK(both_reader_try_recv(0, &got) == AIMDB_CLOSED && both_peek(&got) == AIMDB_OK);
    CHECK(both_odd_try_send(&odd_one) == AIMDB_OK && both_odd_abort() == 1 && both_odd_abort() == 0);
    CHECK(both_odd_reader_try_recv(1, &back) == AIMDB_CLOSED && both_odd_peek(&back) == AIMDB_EMPTY);
    CHECK(both_odd_stats(&stats) == AIMDB_OK && stats.accepted == 4 && stats.delivered == 2 && stats.lagged == 6);
    CHECK(stats.aborted == 1 && stats.occupancy == 0 && stats.slowest_unread == 0);
    /* One that it has not. */
    CHECK(both_reader_try_recv(2, &got) == AIMDB_BAD_ARGUMENT && both_reader_recv(2, &got, 0) == AIMDB_BAD_ARGUMENT);
    CHECK(both_odd_reader_try_recv(UINT32_MAX, &back) == AIMDB_BAD_ARGUMENT);
    CHECK(both_odd_reader_recv(256, &back, portMAX_DELAY) == AIMDB_BAD_ARGUMENT);
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
        /* The newest of as many as there are places, and more. */
        for (uint8_t at = 0; at < 5; at++) {
            memset(&wide_one, round + at, sizeof wide_one);
            CHECK(wide_try_send(&wide_one) == AIMDB_OK);
        }
        CHECK(wide_try_recv(&wide_back) == AIMDB_OK && memcmp(&wide_one, &wide_back, sizeof wide_one) == 0);
    }
    aimdb_static_stats_t stats;
    CHECK(wide_stats(&stats) == AIMDB_OK && stats.accepted == 100 && stats.overwritten == 99 && stats.delivered == 20);
    CHECK(stats.lagged == 80);
}

/* Each call on what is no latest value. */
static void refused(const aimdb_static_latest_t *latest, aimdb_status_t status)
{
    uint32_t value = 77, discarded = 77;
    odd_t odd_one = { { 1, 2, 3 } };
    aimdb_static_stats_t stats;
    CHECK(aimdb_latest_send(latest, &V[1], sizeof V[1]) == status);
    CHECK(aimdb_latest_recv(latest, &value, sizeof value, 0, UINT64_MAX) == status);
    CHECK(aimdb_latest_try_recv(latest, &value, sizeof value, 0) == status);
    CHECK(aimdb_latest_peek(latest, &value, sizeof value) == status);
    CHECK(aimdb_latest_close(latest) == status);
    CHECK(aimdb_latest_abort(latest, &discarded) == status);
    CHECK(aimdb_latest_stats(latest, &stats) == status);
    CHECK(aimdb_latest_is_closed(latest) == 0);
    /* What has the size of another record is told that first. */
    if (latest == NULL || latest->readers == 1) {
        CHECK(aimdb_latest_send(latest, &odd_one, sizeof odd_one) == status);
        CHECK(aimdb_latest_recv(latest, &odd_one, sizeof odd_one, 0, UINT64_MAX) == status);
        CHECK(aimdb_latest_try_recv(latest, &odd_one, sizeof odd_one, 0) == status);
        CHECK(aimdb_latest_peek(latest, &odd_one, sizeof odd_one) == status);
    }
    CHECK(value == 77 && discarded == 77 && odd_one.bytes[0] == 1 && odd_one.bytes[2] == 3);
}

static void is_no_latest(aimdb_static_latest_t latest)
{
    static aimdb_static_latest_t wrong;
    wrong = latest;
    refused(&wrong, AIMDB_BAD_ARGUMENT);
}

static void what_is_no_latest(void)
{
    refused(NULL, AIMDB_NULL_ARGUMENT);
    static const aimdb_static_latest_t zero;
    refused(&zero, AIMDB_BAD_ARGUMENT);

    aimdb_static_latest_t wrong = spoiled;
    /* Another header, whose state is smaller. */
    wrong.layout -= 1u << 8;
    is_no_latest(wrong);
    /* A mailbox. */
    wrong = spoiled, wrong.layout = AIMDB_MAILBOX_LAYOUT;
    is_no_latest(wrong);
    wrong = spoiled, wrong.value_size = 0;
    is_no_latest(wrong);
    wrong = spoiled, wrong.state = NULL;
    is_no_latest(wrong);
    wrong = spoiled, wrong.readers = 0;
    is_no_latest(wrong);
    wrong = spoiled, wrong.readers = 33;
    is_no_latest(wrong);
    wrong = spoiled, wrong.values = NULL;
    is_no_latest(wrong);
    /* None of them has touched the memory. */
    NONE(spoiled, AIMDB_EMPTY);
    CHECK(spoiled_is_closed() == 0);
}

static void what_is_no_value(void)
{
    uint64_t large = 77;
    uint8_t small = 7;
    CHECK(aimdb_latest_send(&spoiled, NULL, sizeof V[1]) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_send(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_recv(NULL, 0) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_odd_try_send(NULL) == AIMDB_NULL_ARGUMENT && spoiled_odd_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_latest_stats(&spoiled, NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_latest_send(&spoiled, &large, sizeof large) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_send(&spoiled, &small, sizeof small) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_send(&spoiled, &small, 0) == AIMDB_BAD_SIZE);
    CHECK(spoiled_try_send(&V[1]) == AIMDB_OK);
    CHECK(aimdb_latest_recv(&spoiled, &large, sizeof large, 0, 0) == AIMDB_BAD_SIZE && large == 77);
    CHECK(aimdb_latest_try_recv(&spoiled, &small, sizeof small, 0) == AIMDB_BAD_SIZE && small == 7);
    /* The calls for other values move them in another way. */
    uint32_t value = 77;
    CHECK(aimdb_latest_send_bytes(&spoiled, &V[2], sizeof V[2]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_try_recv_bytes(&spoiled, &value, 0, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_latest_recv_bytes(&spoiled, &value, 0, 0, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    odd_t odd_one = { { 1, 2, 3 } };
    CHECK(aimdb_latest_send_word(&spoiled_odd, &odd_one) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_send_word(&spoiled_odd, &V[1]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_try_recv_word(&spoiled_odd, &odd_one, 0) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_recv_word(&spoiled_odd, &odd_one, 0, 0) == AIMDB_BAD_SIZE);
    CHECK(spoiled_peek(NULL) == AIMDB_NULL_ARGUMENT && aimdb_latest_peek(&spoiled, &large, sizeof large) == AIMDB_BAD_SIZE);
    CHECK(aimdb_latest_peek_bytes(&spoiled, &value, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_latest_peek_word(&spoiled_odd, &value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_latest_try_recv(&spoiled, &value, sizeof value, 1) == AIMDB_BAD_ARGUMENT && value == 77);
    /* The value is still there. */
    NEXT(spoiled, 1);
    CHECK(spoiled_odd_try_recv(&odd_one) == AIMDB_EMPTY);
    CHECK(aimdb_latest_abort(&spoiled, NULL) == AIMDB_OK);
}

void test_in_task(void)
{
    in_interrupt(it_cannot_block);
    while_suspended(it_cannot_block);
    the_newest_stays_and_is_new_once();
    each_reader_sees_it();
    values_of_any_size_are_whole();
    a_closed_one_is_drained();
    what_is_no_latest();
    what_is_no_value();
}
