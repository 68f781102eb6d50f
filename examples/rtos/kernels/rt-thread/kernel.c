/* RT-Thread on the board of ../../c. */
#include "../kernel.h"

#include <rthw.h>
#include <rtthread.h>

#include "../../c/board.h"

static struct rt_thread threads[KERNEL_TASKS];
static uint64_t stacks[KERNEL_TASKS][KERNEL_WORDS / 2];
static void (*codes[KERNEL_TASKS])(unsigned number);

static void entry(void *number)
{
    unsigned at = (unsigned)(uintptr_t)number;
    codes[at](at);
}

/* What the kernel needs before it is given a thread. */
static void initialise(void)
{
    static int done;
    if (done)
        return;
    done = 1;
    rt_system_timer_init();
    rt_system_scheduler_init();
    rt_thread_idle_init();
}

void kernel_task(unsigned number, unsigned priority, void (*code)(unsigned number))
{
    initialise();
    codes[number] = code;
    CHECK(rt_thread_init(&threads[number], "task", entry, (void *)(uintptr_t)number, stacks[number], sizeof stacks[number],
                         (rt_uint8_t)(20 - priority), 5) == RT_EOK);
    CHECK(rt_thread_startup(&threads[number]) == RT_EOK);
}

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

void kernel_start(void)
{
    (void)rt_hw_interrupt_disable();
    rt_tick_set(KERNEL_FIRST_TICK);
    REGISTER(0xe000e014u) = 25000000u / RT_TICK_PER_SECOND - 1;
    REGISTER(0xe000e010u) = 7;
    rt_system_scheduler_start();
    board_exit(1);
}

void kernel_sleep(uint32_t ticks)
{
    CHECK(rt_thread_delay(ticks) == RT_EOK);
}

static void (*idle)(void);
static volatile int idled;

static void in_idle(void)
{
    if (!idled)
        idle();
    idled = 1;
}

void kernel_suspended(void (*code)(void))
{
    rt_enter_critical();
    code();
    rt_exit_critical();
    rt_base_t before = rt_hw_interrupt_disable();
    code();
    rt_hw_interrupt_enable(before);
    /* The idle thread is one that may not stop. */
    idle = code;
    CHECK(rt_thread_idle_sethook(in_idle) == RT_EOK);
    while (!idled)
        kernel_sleep(1);
    CHECK(rt_thread_idle_delhook(in_idle) == RT_EOK);
    idled = 0;
}

uint32_t kernel_ticks(void)
{
    return rt_tick_get();
}

/* -------------------------------------------------------------- interrupts, which tell the kernel of themselves */

void PendSV(void);
void SysTick(void);
void __real_SOFT0(void);
void __wrap_SOFT0(void);
void __real_TIMER0(void);
void __wrap_TIMER0(void);

__attribute__((naked)) void PendSV(void)
{
    __asm volatile("b PendSV_Handler");
}

void SysTick(void)
{
    rt_interrupt_enter();
    rt_tick_increase();
    rt_interrupt_leave();
}

void __wrap_SOFT0(void)
{
    rt_interrupt_enter();
    __real_SOFT0();
    rt_interrupt_leave();
}

void __wrap_TIMER0(void)
{
    rt_interrupt_enter();
    __real_TIMER0();
    rt_interrupt_leave();
}
