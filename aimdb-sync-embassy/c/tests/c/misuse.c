/* What is no record, no value, or no place to wait in: each is told by a status, and nothing is done. */
#include "harness.h"

#include <string.h>

AIMDB_STATIC_RECORD(queue, uint32_t, 2);
AIMDB_STATIC_RECORD(full, uint32_t, 1);
AIMDB_STATIC_RECORD(meeting, uint32_t, 0);

static const uint32_t ONE = 1;

/* Each call on what is no record. */
static void refused(const aimdb_static_record_t *record, aimdb_status_t status)
{
    uint32_t value = 77, discarded = 77;
    aimdb_static_stats_t stats;
    CHECK(aimdb_static_send(record, &ONE, sizeof ONE, UINT64_MAX) == status);
    CHECK(aimdb_static_try_send(record, &ONE, sizeof ONE) == status);
    CHECK(aimdb_static_force_send(record, &ONE, sizeof ONE) == status);
    CHECK(aimdb_static_recv(record, &value, sizeof value, 0, UINT64_MAX) == status);
    CHECK(aimdb_static_try_recv(record, &value, sizeof value, 0) == status);
    CHECK(aimdb_static_close(record) == status);
    CHECK(aimdb_static_abort(record, &discarded) == status);
    CHECK(aimdb_static_stats(record, &stats) == status);
    CHECK(aimdb_static_lag(record, 0) == 0);
    CHECK(aimdb_static_is_closed(record) == 0);
    CHECK(value == 77 && discarded == 77);
}

/* A description with one thing wrong. Its memory is a record's that nobody has used, and nobody uses after. */
AIMDB_DECLARE_RECORD(spoiled, uint32_t);
AIMDB_DEFINE_RECORD(spoiled, uint32_t, 4);

static void is_no_record(aimdb_static_record_t record)
{
    static aimdb_static_record_t wrong;
    wrong = record;
    refused(&wrong, AIMDB_BAD_ARGUMENT);
}

static void what_is_no_record(void)
{
    refused(NULL, AIMDB_NULL_ARGUMENT);
    static const aimdb_static_record_t zero;
    refused(&zero, AIMDB_BAD_ARGUMENT);

    aimdb_static_record_t wrong = spoiled;
    /* Another header, whose control block is smaller. */
    wrong.layout -= 1u << 16;
    is_no_record(wrong);
    wrong = spoiled, wrong.kind = 4;
    is_no_record(wrong);
    /* A queue that degrades needs a function, which C cannot give. */
    wrong = spoiled, wrong.policy = 4;
    is_no_record(wrong);
    /* What is full of nothing has nothing to displace. */
    wrong = spoiled, wrong.policy = 2, wrong.capacity = 0;
    is_no_record(wrong);
    /* Rings and latest values are other families'. */
    wrong = spoiled, wrong.kind = 0;
    is_no_record(wrong);
    wrong = spoiled, wrong.kind = 1;
    is_no_record(wrong);
    wrong = spoiled, wrong.slots = wrong.capacity + 1;
    is_no_record(wrong);
    wrong = spoiled, wrong.slots = UINT32_MAX;
    is_no_record(wrong);
    wrong = spoiled, wrong.cursors = 0;
    is_no_record(wrong);
    wrong = spoiled, wrong.value_size = 0;
    is_no_record(wrong);
    wrong = spoiled, wrong.control = NULL;
    is_no_record(wrong);
    wrong = spoiled, wrong.cursor_memory = NULL;
    is_no_record(wrong);
    wrong = spoiled, wrong.slot_memory = NULL;
    is_no_record(wrong);
    wrong = spoiled, wrong.values = NULL;
    is_no_record(wrong);
    /* None of them has touched the memory. */
    CHECK(spoiled_try_send(&ONE) == AIMDB_OK);
    /* And now that it is another's, a copy is no record. */
    is_no_record(spoiled);
}

static void what_is_no_value(void)
{
    uint64_t large = 77;
    uint8_t small = 7;
    CHECK(aimdb_static_send(&queue, NULL, sizeof ONE, 0) == AIMDB_NULL_ARGUMENT);
    CHECK(queue_try_send(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(queue_force_send(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(queue_recv(NULL, 0) == AIMDB_NULL_ARGUMENT);
    CHECK(queue_try_recv(NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_static_stats(&queue, NULL) == AIMDB_NULL_ARGUMENT);
    CHECK(aimdb_static_try_send(&queue, &large, sizeof large) == AIMDB_BAD_SIZE);
    CHECK(aimdb_static_try_send(&queue, &small, sizeof small) == AIMDB_BAD_SIZE);
    CHECK(aimdb_static_try_send(&queue, &small, 0) == AIMDB_BAD_SIZE);
    CHECK(aimdb_static_force_send(&queue, &small, sizeof small) == AIMDB_BAD_SIZE);
    CHECK(aimdb_static_send(&queue, &small, sizeof small, 0) == AIMDB_BAD_SIZE);
    CHECK(queue_try_send(&ONE) == AIMDB_OK);
    CHECK(aimdb_static_recv(&queue, &large, sizeof large, 0, 0) == AIMDB_BAD_SIZE && large == 77);
    CHECK(aimdb_static_try_recv(&queue, &small, sizeof small, 0) == AIMDB_BAD_SIZE && small == 7);
    CHECK(aimdb_static_try_recv(&queue, &large, sizeof ONE, 1) == AIMDB_BAD_ARGUMENT);
    CHECK(aimdb_static_abort(&spoiled, NULL) == AIMDB_OK);
    /* The value is still there. */
    uint32_t got = 0;
    CHECK(queue_try_recv(&got) == AIMDB_OK && got == ONE);
}

/* What would wait where it would never end. */
static void it_cannot_block(void)
{
    uint32_t got = 77;
    /* Also where it would not have to wait now: what depends on the moment is not found by a test. */
    CHECK(queue_send(&ONE, portMAX_DELAY) == AIMDB_CANNOT_BLOCK);
    CHECK(queue_send(&ONE, 1) == AIMDB_CANNOT_BLOCK);
    CHECK(queue_recv(&got, portMAX_DELAY) == AIMDB_CANNOT_BLOCK);
    CHECK(full_send(&ONE, 1) == AIMDB_CANNOT_BLOCK);
    CHECK(full_recv(&got, 1) == AIMDB_CANNOT_BLOCK);
    CHECK(got == 77);
    /* One try may be made. */
    CHECK(full_send(&ONE, 0) == AIMDB_TIMEOUT && full_try_send(&ONE) == AIMDB_FULL);
    CHECK(queue_recv(&got, 0) == AIMDB_TIMEOUT && queue_try_recv(&got) == AIMDB_EMPTY);
    CHECK(queue_send(&ONE, 0) == AIMDB_OK && queue_recv(&got, 0) == AIMDB_OK && got == ONE);
    CHECK(full_force_send(&ONE) == AIMDB_OK);
    CHECK(full_try_recv(&got) == AIMDB_LAGGED && full_lag() == 1);
    /* Nobody holds out a hand. */
    CHECK(meeting_try_send(&ONE) == AIMDB_FULL && meeting_force_send(&ONE) == AIMDB_FULL);
    aimdb_static_stats_t stats;
    CHECK(full_stats(&stats) == AIMDB_OK && stats.occupancy == 1 && stats.waiting_producers == 0);
}

void test_before_tasks(void)
{
    CHECK(full_try_send(&ONE) == AIMDB_OK);
    it_cannot_block();
}

void test_in_task(void)
{
    what_is_no_record();
    what_is_no_value();
    in_interrupt(it_cannot_block);
    while_suspended(it_cannot_block);
}
