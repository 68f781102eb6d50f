/* FreeRTOS on mps2-an385: preemptive, static memory only. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configCPU_CLOCK_HZ 25000000
#define configTICK_RATE_HZ 1000
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS
/* The counter overflows a second after the start, so that programs live through it. */
#define configINITIAL_TICK_COUNT ((TickType_t)-1000)
#define configUSE_PREEMPTION 1
#define configUSE_TIME_SLICING 1
#define configMAX_PRIORITIES 8
#define configMINIMAL_STACK_SIZE 128
#define configMAX_TASK_NAME_LEN 12
/* The idle task looks for work instead of sleeping: in QEMU counted time does not pass as it should in `wfi`. */
#ifdef CONFIG_IDLE_HOOK
#define configUSE_IDLE_HOOK 1
#define INCLUDE_xTaskGetIdleTaskHandle 1
#else
#define configUSE_IDLE_HOOK 0
#endif
#define configUSE_TICK_HOOK 0
#define configUSE_TIMERS 0
#define configUSE_MUTEXES 0
#define configUSE_CO_ROUTINES 0

#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 0
#define configKERNEL_PROVIDED_STATIC_MEMORY 1

/* Index 0 is the application's, and what stream buffers use; index 1 wakes who waits at a record. */
#define configUSE_TASK_NOTIFICATIONS 1
#define configTASK_NOTIFICATION_ARRAY_ENTRIES 2

/* Interrupts that call the kernel are of priority 0x40 (64) to 255: less urgent than this. */
#define configKERNEL_INTERRUPT_PRIORITY 255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x40

#define INCLUDE_vTaskDelay 1
#define INCLUDE_xTaskDelayUntil 1
#define INCLUDE_vTaskDelete 1
#define INCLUDE_vTaskSuspend 1
#define INCLUDE_vTaskPrioritySet 1
#define INCLUDE_uxTaskPriorityGet 1
#define INCLUDE_xTaskGetSchedulerState 1
#define INCLUDE_xTaskGetCurrentTaskHandle 1
#define INCLUDE_uxTaskGetStackHighWaterMark 1

/* The names that the board has for the handlers. */
#define vPortSVCHandler SVCall
#define xPortPendSVHandler PendSV
#define xPortSysTickHandler SysTick

#ifndef CONFIG_UNCHECKED
#define configCHECK_FOR_STACK_OVERFLOW 2
extern void freertos_assert_failed(const char *file, unsigned line);
#define configASSERT(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) freertos_assert_failed(__FILE__, __LINE__);                                                  \
    } while (0)
#endif

#endif
