/* The few words of FreeRTOS that ../c/c_storm.c has, on another kernel. Its three tasks differ in priority. */
#ifndef TASK_H
#define TASK_H

#include "kernel.h"

typedef int StaticTask_t;
typedef int StackType_t;

static void (*task_codes[KERNEL_TASKS])(void *);

static inline void task_run(unsigned number)
{
    task_codes[number](0);
}

static inline int task_start(void (*code)(void *), unsigned priority, const StackType_t *stack, const StaticTask_t *control)
{
    (void)stack;
    (void)control;
    task_codes[priority] = code;
    kernel_task(priority, priority, task_run);
    return 0;
}

#define xTaskCreateStatic(code, name, words, argument, priority, stack, control) task_start(code, priority, stack, control)
#define vTaskStartScheduler() kernel_start()
#define vTaskDelay(ticks) kernel_sleep(ticks)
/* Where its code ends, so it is left. */
#define vTaskDelete(task) return

#endif
