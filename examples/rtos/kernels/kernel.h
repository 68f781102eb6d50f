/* What the tests here need of a kernel: threadx/kernel.c and the like. Its start, its tasks, its clock. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>

enum { KERNEL_TASKS = 5, KERNEL_WORDS = 512 };

/* Starts a task, which may be before the kernel is started. One of a number that was used is of a task that has ended. More urgent is
 * a larger priority, from 1 to 5. */
void kernel_task(unsigned number, unsigned priority, void (*code)(unsigned number));
_Noreturn void kernel_start(void);
void kernel_sleep(uint32_t ticks);
/* Runs `code` wherever a task that stops would not be switched away from: more than once. */
void kernel_suspended(void (*code)(void));
/* Counts from KERNEL_FIRST_TICK, so that it overflows while the tests run. */
uint32_t kernel_ticks(void);
#define KERNEL_FIRST_TICK ((uint32_t)-1000)

#endif
