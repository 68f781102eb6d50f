/* The port to RT-Thread: compile it with the kernel. Wants RT_USING_SEMAPHORE. One core. The tick is not set
 * back (rt_tick_set), and interrupts that use records are between rt_interrupt_enter and rt_interrupt_leave. */

#include <stdbool.h>
#include <stdint.h>

#include <rthw.h>
#include <rtthread.h>

/* Threads that may wait at records: each has a token here from its first such call on, and keeps it. A thread that finds
 * none left cannot block. */
#ifndef AIMDB_THREADS
#define AIMDB_THREADS 16
#endif

static struct {
    struct rt_thread *volatile thread;
    struct rt_semaphore token;
} tokens[AIMDB_THREADS];

uint32_t aimdb_port_mask(void);
void aimdb_port_unmask(uint32_t before);

/* The token of the calling thread; null where none is left. */
static rt_sem_t token(void)
{
    rt_thread_t self = rt_thread_self();
    for (unsigned at = 0; at < AIMDB_THREADS; at++) {
        if (tokens[at].thread == self)
            return &tokens[at].token;
    }
    for (unsigned at = 0; at < AIMDB_THREADS; at++) {
        uint32_t before = aimdb_port_mask();
        bool taken = tokens[at].thread == RT_NULL;
        if (taken)
            tokens[at].thread = self;
        aimdb_port_unmask(before);
        if (!taken)
            continue;
        /* One that was given back is as good as new: a token too many ends a park early. */
        if (rt_object_get_type(&tokens[at].token.parent.parent) != RT_Object_Class_Semaphore)
            (void)rt_sem_init(&tokens[at].token, "aimdb", 0, RT_IPC_FLAG_PRIO);
        return &tokens[at].token;
    }
    return RT_NULL;
}

/* Gives back the token of a thread that is no more; its `cleanup`, for one. Without it a new thread with the same control block
 * has the token. */
void aimdb_port_forget(rt_thread_t thread)
{
    for (unsigned at = 0; at < AIMDB_THREADS; at++) {
        if (tokens[at].thread == thread)
            tokens[at].thread = RT_NULL;
    }
}

/* Whether the caller has masked interrupts: one that stops there is not switched away from. Other processors do not tell it
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
    return token();
}

uint32_t aimdb_port_ticks_per_second(void)
{
    return RT_TICK_PER_SECOND;
}

uint64_t aimdb_port_now(void)
{
    /* A turn of the counter in which nobody looks is not seen. A wait looks at its beginning and its end, and is at most half
     * a turn at a time, so none is too short or too long for it. */
    static uint32_t turns, last;
    uint32_t before = aimdb_port_mask();
    uint32_t now = rt_tick_get();
    turns += now < last;
    last = now;
    uint64_t ticks = (uint64_t)turns << 32 | now;
    aimdb_port_unmask(before);
    return ticks;
}

void aimdb_port_park(uint64_t ticks)
{
    /* Timers count to half a turn. Who waits for longer comes back. */
    const uint64_t most = RT_TICK_MAX / 2 - 1;
    rt_int32_t wait = RT_WAITING_FOREVER;
    if (ticks != UINT64_MAX)
        wait = (rt_int32_t)(ticks < most ? ticks : most);
    (void)rt_sem_take(token(), wait);
}

void aimdb_port_park_for_ever(void)
{
    (void)rt_sem_take(token(), RT_WAITING_FOREVER);
}

void aimdb_port_unpark(void *task)
{
    /* Semaphores count, and a token does not. One that is there is taken after what is told of. */
    rt_sem_t token = task;
    if (token->value == 0)
        (void)rt_sem_release(token);
}

void aimdb_port_unpark_from_isr(void *task)
{
    aimdb_port_unpark(task);
}

/* The kernel's calls are the same everywhere. */
void aimdb_port_wake(void *task)
{
    aimdb_port_unpark(task);
}

bool aimdb_port_in_isr(void)
{
    return rt_interrupt_get_nest() > 0;
}

bool aimdb_port_can_block(void)
{
    rt_thread_t self = rt_thread_self();
    /* The idle thread runs when no other one can, so it cannot wait. */
    return !aimdb_port_in_isr() && self != RT_NULL && self != rt_thread_idle_gethandler() && rt_critical_level() == 0 &&
           !masked() && token() != RT_NULL;
}

uint32_t aimdb_port_priority(void)
{
    /* 0 is the most urgent. */
    return 255U - rt_thread_self()->current_priority;
}

/* The critical section, for records of C (aimdb_sync_embassy.h), and where a fault of the library ends. */

uint32_t aimdb_port_mask(void)
{
    return (uint32_t)rt_hw_interrupt_disable();
}

void aimdb_port_unmask(uint32_t before)
{
    rt_hw_interrupt_enable((rt_base_t)before);
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
