/* ThreadX on the board of ../../c. */
#include "../kernel.h"

#include <tx_api.h>
#include <tx_thread.h>
#include <tx_timer.h>

#include "../../c/board.h"

static TX_THREAD threads[KERNEL_TASKS];
static ULONG stacks[KERNEL_TASKS][KERNEL_WORDS];
static void (*codes[KERNEL_TASKS])(unsigned number);
/* Of tasks that begin with the kernel; 0 is none. */
static unsigned priorities[KERNEL_TASKS];
static int runs;

static void entry(ULONG number)
{
    codes[number]((unsigned)number);
}

static void create(unsigned number, unsigned priority)
{
    if (threads[number].tx_thread_id != 0) {
        CHECK(tx_thread_delete(&threads[number]) == TX_SUCCESS);
    }
    UINT urgency = 20 - priority;
    CHECK(tx_thread_create(&threads[number], (CHAR *)(uintptr_t)"task", entry, number, stacks[number], sizeof stacks[number], urgency,
                           urgency, TX_NO_TIME_SLICE, TX_AUTO_START) == TX_SUCCESS);
}

void kernel_task(unsigned number, unsigned priority, void (*code)(unsigned number))
{
    codes[number] = code;
    if (runs)
        create(number, priority);
    else
        priorities[number] = priority;
}

void tx_application_define(void *unused)
{
    (void)unused;
    runs = 1;
    tx_time_set(KERNEL_FIRST_TICK);
    for (unsigned number = 0; number < KERNEL_TASKS; number++) {
        if (priorities[number] != 0)
            create(number, priorities[number]);
    }
}

void kernel_start(void)
{
    tx_kernel_enter();
    board_exit(1);
}

void kernel_sleep(uint32_t ticks)
{
    /* Its answer may be that of an earlier wait: with TX_NOT_INTERRUPTABLE it is not set. */
    (void)tx_thread_sleep(ticks);
}

static void (*timed)(void);

static void in_timer(ULONG unused)
{
    (void)unused;
    timed();
}

void kernel_suspended(void (*code)(void))
{
    /* The kernel's own way, which it has no call for. */
    _tx_thread_preempt_disable++;
    code();
    _tx_thread_preempt_disable--;
    UINT before = tx_interrupt_control(TX_INT_DISABLE);
    code();
    (void)tx_interrupt_control(before);
    /* The thread of the timers is one that may not stop. */
    static TX_TIMER timer;
    timed = code;
    CHECK(tx_timer_create(&timer, (CHAR *)(uintptr_t)"timer", in_timer, 0, 1, 0, TX_AUTO_ACTIVATE) == TX_SUCCESS);
    kernel_sleep(2);
    CHECK(tx_timer_delete(&timer) == TX_SUCCESS);
}

uint32_t kernel_ticks(void)
{
    return tx_time_get();
}

/* ------------------------------------------------------------------------------------- the processor */

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

void _tx_initialize_low_level(void);
void _tx_timer_interrupt(void);
void SysTick(void);
void PendSV(void);

void _tx_initialize_low_level(void)
{
    __asm volatile("cpsid i" ::: "memory");
    /* The switch of tasks is what nothing is less urgent than. */
    REGISTER(0xe000ed20u) = 0x40ff0000u;
    REGISTER(0xe000e014u) = 25000000u / TX_TIMER_TICKS_PER_SECOND - 1;
    REGISTER(0xe000e010u) = 7;
}

void SysTick(void)
{
    _tx_timer_interrupt();
}

__attribute__((naked)) void PendSV(void)
{
    __asm volatile("b PendSV_Handler");
}
