/* The port to Zephyr: one of the application's sources. Wants CONFIG_THREAD_LOCAL_STORAGE=y: a thread's token is a semaphore in
 * it. Threads that wait at records are supervisor threads, and while CONFIG_OBJ_CORE_SEM or CONFIG_TRACING_OBJECT_TRACKING lists all
 * semaphores, they do not end. */

#include <stdbool.h>
#include <stdint.h>

#include <zephyr/kernel.h>

static __thread struct k_sem token;
static __thread bool has_token;

void *aimdb_port_current_task(void)
{
    if (!has_token) {
        (void)k_sem_init(&token, 0, 1);
        has_token = true;
    }
    return &token;
}

uint32_t aimdb_port_ticks_per_second(void)
{
    return CONFIG_SYS_CLOCK_TICKS_PER_SEC;
}

uint64_t aimdb_port_now(void)
{
    return (uint64_t)k_uptime_ticks();
}

void aimdb_port_park(uint64_t ticks)
{
    /* A wait that is cut short ends for no reason, and goes on. */
    const uint64_t most = INT32_MAX;
    k_timeout_t wait = ticks == UINT64_MAX ? K_FOREVER : K_TICKS(ticks < most ? ticks : most);
    (void)k_sem_take(aimdb_port_current_task(), wait);
}

void aimdb_port_park_for_ever(void)
{
    (void)k_sem_take(aimdb_port_current_task(), K_FOREVER);
}

void aimdb_port_unpark(void *task)
{
    k_sem_give(task);
}

void aimdb_port_unpark_from_isr(void *task)
{
    k_sem_give(task);
}

/* The kernel's call is the same everywhere. */
void aimdb_port_wake(void *task)
{
    k_sem_give(task);
}

bool aimdb_port_in_isr(void)
{
    return k_is_in_isr();
}

bool aimdb_port_can_block(void)
{
    /* A thread that has locked the scheduler gives it up while it waits. One that has locked the interrupts must not wait. */
    unsigned int key = arch_irq_lock();
    bool unlocked = arch_irq_unlocked(key);
    arch_irq_unlock(key);
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
    /* The lock is BASEPRI on most of these; this is what __disable_irq() masks by. */
    uint32_t all;
    __asm volatile("mrs %0, primask" : "=r"(all));
    unlocked = unlocked && all == 0;
#endif
    return unlocked && !k_is_in_isr() && !k_is_pre_kernel();
}

uint32_t aimdb_port_priority(void)
{
    /* From -CONFIG_NUM_COOP_PRIORITIES, the most urgent, to CONFIG_NUM_PREEMPT_PRIORITIES. */
    return (uint32_t)CLAMP(127 - k_thread_priority_get(k_current_get()), 0, 255);
}

/* The critical section, for records of C (aimdb_sync_embassy.h), and where a fault of the library ends. With CONFIG_SMP it
 * keeps the other cores out too. */

uint32_t aimdb_port_mask(void)
{
    return irq_lock();
}

void aimdb_port_unmask(uint32_t before)
{
    irq_unlock(before);
}

/* A fault of the library, never of a call. Define it in the application to do more than to stop. */
__attribute__((weak)) void aimdb_panicked(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    k_panic();
}
