/* What the port to Zephyr uses of it, with the types that it has there: enough to compile the port, and not to run it. */
#ifndef ZEPHYR_INCLUDE_KERNEL_H_
#define ZEPHYR_INCLUDE_KERNEL_H_

#include <stdbool.h>
#include <stdint.h>

struct k_thread;
typedef struct k_thread *k_tid_t;

typedef int64_t k_ticks_t;
typedef struct {
    k_ticks_t ticks;
} k_timeout_t;
#define K_FOREVER ((k_timeout_t){ .ticks = -1 })
#define K_TICKS(count) ((k_timeout_t){ .ticks = (k_ticks_t)(count) })
#define K_TIMEOUT_EQ(a, b) ((a).ticks == (b).ticks)

struct k_sem {
    void *waiters[2];
    unsigned int count;
    unsigned int limit;
};

int k_sem_init(struct k_sem *sem, unsigned int initial_count, unsigned int limit);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
void k_sem_give(struct k_sem *sem);

int64_t k_uptime_ticks(void);
bool k_is_in_isr(void);
bool k_is_pre_kernel(void);
k_tid_t k_current_get(void);
int k_thread_priority_get(k_tid_t thread);

unsigned int arch_irq_lock(void);
void arch_irq_unlock(unsigned int key);
bool arch_irq_unlocked(unsigned int key);
unsigned int irq_lock(void);
void irq_unlock(unsigned int key);
_Noreturn void k_panic(void);

#define CONFIG_SYS_CLOCK_TICKS_PER_SEC 10000
#define CLAMP(value, low, high) ((value) < (low) ? (low) : (value) > (high) ? (high) : (value))

#endif
