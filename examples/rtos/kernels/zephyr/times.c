/* The header over Zephyr's own: a time to wait is what Zephyr takes for one. */
#include <zephyr/kernel.h>

#include <aimdb_sync_embassy.h>

#include "../../c/board.h"
#include "../kernel.h"

AIMDB_STATIC_QUEUE(queue, int, 2);
AIMDB_STATIC_RECORD(record, int, 2);

static void waits(unsigned unused)
{
    int value = 5;
    (void)unused;
    uint32_t before = kernel_ticks();
    CHECK(queue_recv(&value, K_NO_WAIT) == AIMDB_TIMEOUT && record_recv(&value, K_NO_WAIT) == AIMDB_TIMEOUT);
    CHECK(kernel_ticks() - before <= 1);
    CHECK(record_recv(&value, K_MSEC(10)) == AIMDB_TIMEOUT && kernel_ticks() - before >= 10);
    CHECK(queue_send(&value, K_FOREVER) == AIMDB_OK && queue_recv(&value, K_FOREVER) == AIMDB_OK);
    CHECK(record_send(&value, K_SECONDS(1)) == AIMDB_OK && record_recv(&value, K_TICKS(3)) == AIMDB_OK);
    say("passed");
    board_exit(0);
}

int main(void)
{
    kernel_task(0, 2, waits);
    kernel_start();
}
