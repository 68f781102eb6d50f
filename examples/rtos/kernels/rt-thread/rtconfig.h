/* RT-Thread for the tests: static memory, semaphores, and its own checks. */
#ifndef RTCONFIG_H
#define RTCONFIG_H

#define RT_THREAD_PRIORITY_MAX 32
#define RT_TICK_PER_SECOND 1000
#define RT_ALIGN_SIZE 4
#define RT_NAME_MAX 8
#define RT_DEBUG
#define RT_DEBUG_INIT 0
#define RT_DEBUG_CONTEXT_CHECK 1
#define RT_USING_OVERFLOW_CHECK
#define RT_USING_SEMAPHORE
#define RT_USING_IDLE_HOOK
#define IDLE_THREAD_STACK_SIZE 2048

#endif
