/* The library's header over a kernel's own, and a time to wait as the kernel writes it: 10 ticks, and for ever. */
#include KERNEL

#include <aimdb_sync_embassy.h>

AIMDB_STATIC_QUEUE(queue, int, 4);
AIMDB_STATIC_RECORD(record, int, 4);

int moves(void);
int moves(void)
{
    int value = 1;
    if (queue_send(&value, TICKS) != AIMDB_OK || queue_recv(&value, AIMDB_FOREVER) != AIMDB_OK)
        return 0;
    return record_send(&value, AIMDB_FOREVER) == AIMDB_OK && record_recv(&value, TICKS) == AIMDB_OK;
}
