/* The harness of the library's tests (aimdb-sync-embassy/c/tests/c) on another kernel. */
#include "../../../aimdb-sync-embassy/c/tests/c/harness.h"

#include "../c/board.h"
#include "kernel.h"

enum { TESTS = KERNEL_TASKS - 1 };

static void (*codes[KERNEL_TASKS])(void);
static volatile int ended[KERNEL_TASKS];

static void run(unsigned number)
{
    codes[number]();
    ended[number] = 1;
}

void start(unsigned number, unsigned priority, void (*code)(void))
{
    codes[number] = code;
    ended[number] = 0;
    kernel_task(number, priority, run);
}

void join(unsigned number)
{
    while (!ended[number])
        kernel_sleep(1);
    /* It has said so, and is gone when the kernel has had its turn. */
    kernel_sleep(1);
}

void others_run(void)
{
    kernel_sleep(1);
}

static void (*interrupt)(void);

void SOFT0(void)
{
    interrupt();
}

void in_interrupt(void (*code)(void))
{
    interrupt = code;
    soft_pend();
}

void while_suspended(void (*code)(void))
{
    kernel_suspended(code);
}

uint32_t ticks_now(void)
{
    return kernel_ticks();
}

static void tests(unsigned unused)
{
    (void)unused;
    test_in_task();
    say("passed");
    board_exit(0);
}

int main(void)
{
    soft_enable(0x80);
    test_before_tasks();
    kernel_task(TESTS, 2, tests);
    kernel_start();
}
