/* The port to RT-Thread with tokens for two threads: a third cannot block, until one is given back. */
#include "../../../../aimdb-sync-embassy/c/tests/c/harness.h"

AIMDB_STATIC_QUEUE(values, int, 1);

void aimdb_port_forget(rt_thread_t thread);

static rt_thread_t second;
static aimdb_status_t status;

void test_before_tasks(void)
{
}

static void waits(void)
{
    int value;
    status = values_recv(&value, 2);
}

static void is_the_second(void)
{
    second = rt_thread_self();
    waits();
}

void test_in_task(void)
{
    waits();
    CHECK(status == AIMDB_TIMEOUT);
    start(0, 3, is_the_second);
    join(0);
    CHECK(status == AIMDB_TIMEOUT);
    start(1, 3, waits);
    join(1);
    CHECK(status == AIMDB_CANNOT_BLOCK);
    /* Another thread with the same control block has the same token. */
    start(0, 3, is_the_second);
    join(0);
    CHECK(status == AIMDB_TIMEOUT);
    aimdb_port_forget(second);
    start(1, 3, waits);
    join(1);
    CHECK(status == AIMDB_TIMEOUT);
}
