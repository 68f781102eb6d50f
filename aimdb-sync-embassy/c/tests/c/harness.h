/* What the programs of this folder need of where they run: threads of the host, or FreeRTOS in QEMU (harness.c beside the board
 * in examples/rtos/c). */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>

#include <FreeRTOS.h>

#include <aimdb_sync_embassy.h>

/* Of the program: before there are tasks, and then in a task of priority 2. */
void test_before_tasks(void);
void test_in_task(void);

/* Starts a task; more urgent is a larger priority, from 1 to 5. There are numbers from 0 to 3. */
void start(unsigned number, unsigned priority, void (*code)(void));
/* Waits until the task has ended. */
void join(unsigned number);
/* Lets other tasks run. */
void others_run(void);
/* Runs `code` in an interrupt, now. */
void in_interrupt(void (*code)(void));
/* Runs `code` where no task is switched to. */
void while_suspended(void (*code)(void));
/* Ticks since some moment. */
uint32_t ticks_now(void);

#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
_Noreturn void check_failed(const char *file, unsigned line, const char *condition);

#endif
