/* Zephyr on the board of ../../c, which Zephyr calls mps2_an385. */
#include "../kernel.h"

#include <zephyr/kernel.h>

#include "../../c/board.h"

static struct k_thread threads[KERNEL_TASKS];
static K_THREAD_STACK_ARRAY_DEFINE(stacks, KERNEL_TASKS, KERNEL_WORDS * 4);
static void (*codes[KERNEL_TASKS])(unsigned number);
/* Of tasks that begin with the kernel; 0 is none. */
static unsigned priorities[KERNEL_TASKS];
static int runs;

static void entry(void *number, void *unused, void *neither)
{
    unsigned at = (unsigned)(uintptr_t)number;
    (void)unused;
    (void)neither;
    codes[at](at);
}

static void create(unsigned number, unsigned priority)
{
    (void)k_thread_create(&threads[number], stacks[number], K_THREAD_STACK_SIZEOF(stacks[number]), entry, (void *)(uintptr_t)number, NULL,
                          NULL, K_PRIO_PREEMPT(20 - (int)priority), 0, K_NO_WAIT);
}

void kernel_task(unsigned number, unsigned priority, void (*code)(unsigned number))
{
    codes[number] = code;
    if (runs)
        create(number, priority);
    else
        priorities[number] = priority;
}

/* A program runs before the kernel does, until it starts it: then Zephyr goes on to its main thread. */
static void *before[5];
int program_main(void);

void kernel_start(void)
{
    __builtin_longjmp(before, 1);
}

static int begins(const struct device *unused)
{
    (void)unused;
    if (__builtin_setjmp(before) == 0)
        (void)program_main();
    return 0;
}

SYS_INIT(begins, PRE_KERNEL_2, 99);

/* A program has the handlers of the interrupts that it uses. */
__attribute__((weak)) void SOFT0(void)
{
}

__attribute__((weak)) void TIMER0(void)
{
}

static void soft(const void *unused)
{
    (void)unused;
    SOFT0();
}

static void timer(const void *unused)
{
    (void)unused;
    TIMER0();
}

int main(void)
{
    IRQ_CONNECT(30, 3, soft, NULL, 0);
    IRQ_CONNECT(8, 3, timer, NULL, 0);
    runs = 1;
    for (unsigned number = 0; number < KERNEL_TASKS; number++) {
        if (priorities[number] != 0)
            create(number, priorities[number]);
    }
    return 0;
}

void kernel_sleep(uint32_t ticks)
{
    (void)k_sleep(K_TICKS(ticks));
}

void kernel_suspended(void (*code)(void))
{
    /* Who has locked the scheduler may wait. */
    unsigned int before_it = irq_lock();
    code();
    irq_unlock(before_it);
}

uint32_t kernel_ticks(void)
{
    /* It does not overflow; what the tests see does. */
    return KERNEL_FIRST_TICK + (uint32_t)k_uptime_ticks();
}

/* What the board's start names, which Zephyr's own stands in the place of. */
uint32_t data_start, data_end, data_load, bss_start, bss_end;

void SVCall(void)
{
}

void PendSV(void)
{
}

#undef SysTick
void SysTick(void)
{
}
