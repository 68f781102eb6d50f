/* The port to ThreadX: compile it with the kernel. A thread's token is a semaphore in its control block, so the
 * kernel's tx_user.h (TX_INCLUDE_USER_DEFINE_FILE) has
 *
 *     #define TX_THREAD_USER_EXTENSION VOID *aimdb_token[8];
 *
 * or 12 with TX_SEMAPHORE_ENABLE_PERFORMANCE_INFO. One core. The kernel's time is not set back (tx_time_set). */

#include <stdbool.h>
#include <stdint.h>

#include "tx_api.h"
#include "tx_initialize.h"
#include "tx_semaphore.h"
#include "tx_thread.h"
#include "tx_timer.h"

_Static_assert(sizeof(((TX_THREAD *)0)->aimdb_token) >= sizeof(TX_SEMAPHORE), "a larger aimdb_token in tx_user.h");

/* Whether the caller has masked interrupts: it would give the mask up while it waits. Other processors do not tell it
 * as simply. */
static bool masked(void)
{
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
    uint32_t all;
    uint32_t most = 0;
    __asm volatile("mrs %0, primask" : "=r"(all));
#if __ARM_ARCH_ISA_THUMB >= 2
    __asm volatile("mrs %0, basepri" : "=r"(most));
#endif
    return (all | most) != 0;
#else
    return false;
#endif
}

void *aimdb_port_current_task(void)
{
    /* The kernel has cleared it with the rest of the thread. It is not created by a call, so it is in no list of the
     * kernel's, and the thread may be deleted with it. */
    TX_SEMAPHORE *token = (void *)tx_thread_identify()->aimdb_token;
    token->tx_semaphore_id = TX_SEMAPHORE_ID;
    return token;
}

uint32_t aimdb_port_ticks_per_second(void)
{
    return (uint32_t)TX_TIMER_TICKS_PER_SECOND;
}

uint64_t aimdb_port_now(void)
{
    /* A turn of the counter in which nobody looks is not seen. A wait looks at its beginning and its end, and is at most half
     * a turn at a time, so none is too short or too long for it. */
    static uint32_t turns, last;
    TX_INTERRUPT_SAVE_AREA
    TX_DISABLE
    uint32_t now = (uint32_t)tx_time_get();
    turns += now < last;
    last = now;
    uint64_t ticks = (uint64_t)turns << 32 | now;
    TX_RESTORE
    return ticks;
}

void aimdb_port_park(uint64_t ticks)
{
    /* Half a turn at most, so that the clock is looked at. Who waits for longer comes back. */
    const uint64_t most = INT32_MAX;
    ULONG wait = TX_WAIT_FOREVER;
    if (ticks != UINT64_MAX)
        wait = (ULONG)(ticks < most ? ticks : most);
    (void)tx_semaphore_get(aimdb_port_current_task(), wait);
}

void aimdb_port_park_for_ever(void)
{
    (void)tx_semaphore_get(aimdb_port_current_task(), TX_WAIT_FOREVER);
}

void aimdb_port_unpark(void *task)
{
    (void)tx_semaphore_ceiling_put(task, 1);
}

void aimdb_port_unpark_from_isr(void *task)
{
    (void)tx_semaphore_ceiling_put(task, 1);
}

/* The kernel's call is the same everywhere. */
void aimdb_port_wake(void *task)
{
    (void)tx_semaphore_ceiling_put(task, 1);
}

bool aimdb_port_in_isr(void)
{
    /* It counts the interrupts that are nested; before the kernel runs it is a number above all counts. */
    return TX_THREAD_GET_SYSTEM_STATE() != 0 && TX_THREAD_GET_SYSTEM_STATE() < TX_INITIALIZE_IN_PROGRESS;
}

bool aimdb_port_can_block(void)
{
    if (TX_THREAD_GET_SYSTEM_STATE() != 0 || _tx_thread_preempt_disable != 0 || masked())
        return false;
#ifndef TX_TIMER_PROCESS_IN_ISR
    /* The functions of timers run in a thread that ends all waits, and must not begin one. */
    if (tx_thread_identify() == &_tx_timer_thread)
        return false;
#endif
    return tx_thread_identify() != TX_NULL;
}

uint32_t aimdb_port_priority(void)
{
    /* 0 is the most urgent. */
    UINT priority = tx_thread_identify()->tx_thread_priority;
    return priority < 255 ? 255 - priority : 0;
}

/* The critical section, for records of C (aimdb_sync_embassy.h), and where a fault of the library ends. */

uint32_t aimdb_port_mask(void)
{
    TX_INTERRUPT_SAVE_AREA
    TX_DISABLE
    return interrupt_save;
}

void aimdb_port_unmask(uint32_t before)
{
    TX_INTERRUPT_SAVE_AREA
    interrupt_save = before;
    TX_RESTORE
}

/* A fault of the library, never of a call. Define it in the application to do more than to stop. */
__attribute__((weak)) void aimdb_panicked(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    (void)aimdb_port_mask();
    for (;;)
        continue;
}
