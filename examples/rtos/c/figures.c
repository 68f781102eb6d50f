/* What a call of C costs, uncontended: counted by ../count.py, instruction by instruction. Not for run.sh. */
#include <FreeRTOS.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"
#include "marks.h"

typedef struct block {
    uint32_t words[64];
} block_t;

AIMDB_STATIC_RECORD(first, uint32_t, 16);
AIMDB_STATIC_RECORD(bounded_4, uint32_t, 16);
AIMDB_STATIC_RECORD(bounded_256, block_t, 16);
AIMDB_STATIC_QUEUE(queue_4, uint32_t, 16);
AIMDB_STATIC_QUEUE(queue_256, block_t, 16);
AIMDB_STATIC_RING(ring_4, uint32_t, 16);
AIMDB_STATIC_RING(ring_256, block_t, 16);
AIMDB_STATIC_RING_READERS(ring_worst_4, uint32_t, 15, 4);
AIMDB_STATIC_RING_READERS(ring_worst_256, block_t, 15, 4);
AIMDB_STATIC_RING(new_ring, block_t, 16);
AIMDB_STATIC_LATEST(latest_4, uint32_t);
AIMDB_STATIC_LATEST(latest_256, block_t);
AIMDB_STATIC_MAILBOX(mailbox_4, uint32_t);
AIMDB_STATIC_MAILBOX(mailbox_256, block_t);

static StaticTask_t task;
static StackType_t stack[1024];

/* One value in and out, by tasks that may wait, and in the way of interrupts. */
#define PAIRS(name, type) \
    static __attribute__((noinline)) void name##_pair(type *value) \
    { \
        MARK("from c_" #name "_both"); \
        aimdb_status_t sent = name##_send(value, portMAX_DELAY); \
        aimdb_status_t read = name##_recv(value, portMAX_DELAY); \
        MARK("to c_" #name "_both"); \
        CHECK(sent == AIMDB_OK && read == AIMDB_OK); \
    } \
    static __attribute__((noinline)) void name##_try_pair(type *value) \
    { \
        MARK("from c_" #name "_try_both"); \
        aimdb_status_t sent = name##_try_send(value); \
        aimdb_status_t read = name##_try_recv(value); \
        MARK("to c_" #name "_try_both"); \
        CHECK(sent == AIMDB_OK && read == AIMDB_OK); \
    }

PAIRS(bounded_4, uint32_t)
PAIRS(bounded_256, block_t)
PAIRS(queue_4, uint32_t)
PAIRS(queue_256, block_t)
PAIRS(ring_4, uint32_t)
PAIRS(ring_256, block_t)
PAIRS(ring_worst_4, uint32_t)
PAIRS(ring_worst_256, block_t)
PAIRS(latest_4, uint32_t)
PAIRS(latest_256, block_t)
PAIRS(mailbox_4, uint32_t)
PAIRS(mailbox_256, block_t)

static __attribute__((noinline)) void first_call(void)
{
    MARK("from c_first_call");
    int32_t closed = first_is_closed();
    MARK("to c_first_call");
    CHECK(closed == 0);
}

/* The first value of a ring sets it up, and so does the first look at one of words. */
static __attribute__((noinline)) void first_value(const block_t *value)
{
    MARK("from c_ring_first_256");
    aimdb_status_t sent = new_ring_try_send(value);
    MARK("to c_ring_first_256");
    CHECK(sent == AIMDB_OK);
}

static __attribute__((noinline)) void lag_4(uint32_t *value)
{
    for (unsigned at = 0; at < 20; at++)
        CHECK(ring_4_try_send(value) == AIMDB_OK);
    MARK("from c_ring_lag_4");
    aimdb_status_t read = ring_4_try_recv(value);
    MARK("to c_ring_lag_4");
    CHECK(read == AIMDB_LAGGED && ring_4_lag() == 4);
    for (unsigned at = 0; at < 16; at++)
        CHECK(ring_4_try_recv(value) == AIMDB_OK);
    MARK("from c_ring_empty_4");
    read = ring_4_try_recv(value);
    MARK("to c_ring_empty_4");
    CHECK(read == AIMDB_EMPTY);
}

static void count(void *unused)
{
    static block_t block;
    uint32_t word = 1;
    (void)unused;
    first_call();
    /* The first pass sets the records up, which counts as its own; an interrupt in one spoils its count. */
    CHECK(!bounded_4_is_closed() && !bounded_256_is_closed());
    CHECK(ring_4_try_recv(&word) == AIMDB_EMPTY && ring_256_try_recv(&block) == AIMDB_EMPTY);
    CHECK(ring_worst_4_try_recv(&word) == AIMDB_EMPTY && ring_worst_256_try_recv(&block) == AIMDB_EMPTY);
    first_value(&block);
    for (unsigned pass = 0; pass < 8; pass++) {
        bounded_4_pair(&word);
        bounded_4_try_pair(&word);
        bounded_256_pair(&block);
        bounded_256_try_pair(&block);
        queue_4_pair(&word);
        queue_4_try_pair(&word);
        queue_256_pair(&block);
        queue_256_try_pair(&block);
        ring_4_pair(&word);
        ring_4_try_pair(&word);
        ring_256_pair(&block);
        ring_256_try_pair(&block);
        ring_worst_4_pair(&word);
        ring_worst_4_try_pair(&word);
        ring_worst_256_pair(&block);
        ring_worst_256_try_pair(&block);
        lag_4(&word);
        latest_4_pair(&word);
        latest_4_try_pair(&word);
        latest_256_pair(&block);
        latest_256_try_pair(&block);
        mailbox_4_pair(&word);
        mailbox_4_try_pair(&word);
        mailbox_256_pair(&block);
        mailbox_256_try_pair(&block);
    }
    board_exit(0);
}

int main(void)
{
    (void)xTaskCreateStatic(count, "count", 1024, NULL, 2, stack, &task);
    vTaskStartScheduler();
    return 1;
}
