/* Mailboxes through every call that does not have to wait, and everything that is none: what each call answers, and that the value
 * is where the status says. How tasks wait is in reading.h. */
#include "values.h"

#include <string.h>

AIMDB_STATIC_MAILBOX(word, uint32_t);
AIMDB_STATIC_MAILBOX(ended, uint32_t);

AIMDB_STATIC_MAILBOX(odd, odd_t);
AIMDB_STATIC_MAILBOX(wide, wide_t);
AIMDB_STATIC_MAILBOX(loose, loose_t);
AIMDB_DECLARE_MAILBOX(spoiled, uint32_t);
AIMDB_DEFINE_MAILBOX(spoiled, uint32_t);
AIMDB_DECLARE_MAILBOX(spoiled_odd, odd_t);
AIMDB_DEFINE_MAILBOX(spoiled_odd, odd_t);

#include "newest.h"
#include "drained.h"

void test_before_tasks(void)
{
    it_cannot_block();
}

static void a_newer_value_displaces(void)
{
    aimdb_static_stats_t before, stats;
    CHECK(word_stats(&before) == AIMDB_OK);
    NONE(word, AIMDB_EMPTY);
    CHECK(word_try_send(&V[1]) == AIMDB_OK);
    CHECK(word_send(&V[2], portMAX_DELAY) == AIMDB_OK);
    CHECK(word_stats(&stats) == AIMDB_OK);
    CHECK(stats.capacity == 1 && stats.occupancy == 1 && stats.slowest_unread == 1 && stats.cursors == 1 && stats.closed == 0);
    CHECK(stats.accepted - before.accepted == 2 && stats.overwritten - before.overwritten == 1);
    CHECK(stats.lagged - before.lagged == 1 && stats.delivered == before.delivered);
    NEXT(word, 2);
    NONE(word, AIMDB_EMPTY);
    CHECK(word_stats(&stats) == AIMDB_OK && stats.occupancy == 0 && stats.delivered - before.delivered == 1);
    CHECK(stats.refused == 0 && stats.aborted == 0 && stats.waiting_consumers == 0 && stats.slowest_unread == 0);
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
    CHECK(wide_stats(&stats) == AIMDB_OK && stats.accepted == 100 && stats.overwritten == 80 && stats.delivered == 20);
}

/* Each call on what is no mailbox. */
static void refused(const aimdb_static_mailbox_t *mailbox, aimdb_status_t status)
{
    uint32_t value = 77, discarded = 77;
    odd_t odd_one = { { 1, 2, 3 } };
    aimdb_static_stats_t stats;
    CHECK(aimdb_mailbox_send(mailbox, &V[1], sizeof V[1]) == status);
    CHECK(aimdb_mailbox_recv(mailbox, &value, sizeof value, UINT64_MAX) == status);
    CHECK(aimdb_mailbox_try_recv(mailbox, &value, sizeof value) == status);
    CHECK(aimdb_mailbox_send(mailbox, &odd_one, sizeof odd_one) == status);
    CHECK(aimdb_mailbox_recv(mailbox, &odd_one, sizeof odd_one, UINT64_MAX) == status);
    CHECK(aimdb_mailbox_try_recv(mailbox, &odd_one, sizeof odd_one) == status);
    CHECK(aimdb_mailbox_close(mailbox) == status);
    CHECK(aimdb_mailbox_abort(mailbox, &discarded) == status);
    CHECK(aimdb_mailbox_stats(mailbox, &stats) == status);
    CHECK(aimdb_mailbox_is_closed(mailbox) == 0);
    CHECK(value == 77 && discarded == 77 && odd_one.bytes[0] == 1 && odd_one.bytes[2] == 3);
}

static void is_no_mailbox(aimdb_static_mailbox_t mailbox)
{
    static aimdb_static_mailbox_t wrong;
    wrong = mailbox;
    refused(&wrong, AIMDB_BAD_ARGUMENT);
}

static void what_is_no_mailbox(void)
{
    refused(NULL, AIMDB_NULL_ARGUMENT);
    static const aimdb_static_mailbox_t zero;
    refused(&zero, AIMDB_BAD_ARGUMENT);

    aimdb_static_mailbox_t wrong = spoiled;
    /* Another header, whose state is smaller. */
    wrong.layout -= 1u << 8;
    is_no_mailbox(wrong);
    /* A queue. */
    wrong = spoiled, wrong.layout = AIMDB_QUEUE_LAYOUT;
    is_no_mailbox(wrong);
    wrong = spoiled, wrong.value_size = 0;
    is_no_mailbox(wrong);
    wrong = spoiled, wrong.state = NULL;
    is_no_mailbox(wrong);
    wrong = spoiled, wrong.values = NULL;
    is_no_mailbox(wrong);
    /* None of them has touched the memory. */
    NONE(spoiled, AIMDB_EMPTY);
    CHECK(spoiled_is_closed() == 0);
}

static void what_is_no_value(void)
{
    uint64_t large = 77;
    uint8_t small = 7;
    CHECK(aimdb_mailbox_send(&spoiled, NULL, sizeof V[1]) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_send(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_recv(NULL, 0) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(spoiled_odd_try_send(NULL) == AIMDB_NULL_ARGUMENT && spoiled_odd_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_mailbox_stats(&spoiled, NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_mailbox_send(&spoiled, &large, sizeof large) == AIMDB_BAD_SIZE);
    CHECK(aimdb_mailbox_send(&spoiled, &small, sizeof small) == AIMDB_BAD_SIZE);
    CHECK(aimdb_mailbox_send(&spoiled, &small, 0) == AIMDB_BAD_SIZE);
    CHECK(spoiled_try_send(&V[1]) == AIMDB_OK);
    CHECK(aimdb_mailbox_recv(&spoiled, &large, sizeof large, 0) == AIMDB_BAD_SIZE && large == 77);
    CHECK(aimdb_mailbox_try_recv(&spoiled, &small, sizeof small) == AIMDB_BAD_SIZE && small == 7);
    /* The calls for other values move them in another way. */
    uint32_t value = 77;
    CHECK(aimdb_mailbox_send_bytes(&spoiled, &V[2], sizeof V[2]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_mailbox_try_recv_bytes(&spoiled, &value, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    CHECK(aimdb_mailbox_recv_bytes(&spoiled, &value, 0, sizeof value) == AIMDB_BAD_SIZE && value == 77);
    odd_t odd_one = { { 1, 2, 3 } };
    CHECK(aimdb_mailbox_send_word(&spoiled_odd, &odd_one) == AIMDB_BAD_SIZE);
    CHECK(aimdb_mailbox_send_word(&spoiled_odd, &V[1]) == AIMDB_BAD_SIZE);
    CHECK(aimdb_mailbox_try_recv_word(&spoiled_odd, &odd_one) == AIMDB_BAD_SIZE);
    CHECK(aimdb_mailbox_recv_word(&spoiled_odd, &odd_one, 0) == AIMDB_BAD_SIZE);
    /* The value is still there. */
    NEXT(spoiled, 1);
    CHECK(spoiled_odd_try_recv(&odd_one) == AIMDB_EMPTY);
    CHECK(aimdb_mailbox_abort(&spoiled, NULL) == AIMDB_OK);
}

void test_in_task(void)
{
    in_interrupt(it_cannot_block);
    while_suspended(it_cannot_block);
    a_newer_value_displaces();
    values_of_any_size_are_whole();
    a_closed_one_is_drained();
    what_is_no_mailbox();
    what_is_no_value();
}
