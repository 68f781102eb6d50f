/* The half of the FreeRTOS port that the kernel's configuration decides upon: compile it with the kernel
 * and its FreeRTOSConfig.h. Wants configTASK_NOTIFICATION_ARRAY_ENTRIES above AIMDB_NOTIFICATION_INDEX,
 * INCLUDE_xTaskGetCurrentTaskHandle, INCLUDE_xTaskGetSchedulerState, INCLUDE_uxTaskPriorityGet, and with an idle hook
 * INCLUDE_xTaskGetIdleTaskHandle. */

#include <stdbool.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#ifndef AIMDB_NOTIFICATION_INDEX
#define AIMDB_NOTIFICATION_INDEX 1
#endif

#if configTASK_NOTIFICATION_ARRAY_ENTRIES <= AIMDB_NOTIFICATION_INDEX
#error "configTASK_NOTIFICATION_ARRAY_ENTRIES must be above AIMDB_NOTIFICATION_INDEX, which is 1 unless defined"
#endif

#if configUSE_IDLE_HOOK == 1 || (defined(configUSE_PASSIVE_IDLE_HOOK) && configUSE_PASSIVE_IDLE_HOOK == 1)
#define AIMDB_IDLE_HOOKS 1
#else
#define AIMDB_IDLE_HOOKS 0
#endif

#if AIMDB_IDLE_HOOKS && INCLUDE_xTaskGetIdleTaskHandle != 1
#error "with an idle hook, INCLUDE_xTaskGetIdleTaskHandle must be 1"
#endif

/* Whether an interrupt is calling. Kernel ports that know say so themselves; define it for one that does
 * not. */
#ifndef AIMDB_IN_ISR
#define AIMDB_IN_ISR() (xPortIsInsideInterrupt() != pdFALSE)
#endif

/* Whether the caller has masked interrupts, as in a critical section: a task that stops there is not switched
 * away from, and hangs. Define it for a processor that is not known here. */
#ifndef AIMDB_MASKED
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
static inline bool aimdb_masked(void)
{
    uint32_t all;
    uint32_t most = 0;
    __asm volatile("mrs %0, primask" : "=r"(all));
#if __ARM_ARCH_ISA_THUMB >= 2
    __asm volatile("mrs %0, basepri" : "=r"(most));
#endif
    return (all | most) != 0;
}
#define AIMDB_MASKED() aimdb_masked()
#else
#define AIMDB_MASKED() false
#endif
#endif

void *aimdb_port_current_task(void)
{
    return xTaskGetCurrentTaskHandle();
}

uint32_t aimdb_port_ticks_per_second(void)
{
    return (uint32_t)configTICK_RATE_HZ;
}

uint64_t aimdb_port_now(void)
{
    /* The one call that gives the overflows of the tick counter with it. It has a critical section of tasks; an
     * interrupt, which may ask as the clock of a record, takes one of its own. */
    TimeOut_t now;
    if (AIMDB_IN_ISR()) {
        UBaseType_t before = taskENTER_CRITICAL_FROM_ISR();
        vTaskInternalSetTimeOutState(&now);
        taskEXIT_CRITICAL_FROM_ISR(before);
    } else {
        vTaskSetTimeOutState(&now);
    }
    /* In two steps, because a tick may be as wide as the result. */
    uint64_t overflows = (uint64_t)(UBaseType_t)now.xOverflowCount << (4 * sizeof(TickType_t));
    return overflows << (4 * sizeof(TickType_t)) | now.xTimeOnEntering;
}

void aimdb_port_park(uint64_t ticks)
{
    /* The longest time is no time to the kernel: it waits for ever. Who waits for longer than it counts comes back. */
    TickType_t most = portMAX_DELAY;
    if (ticks != UINT64_MAX)
        most = ticks < portMAX_DELAY ? (TickType_t)ticks : portMAX_DELAY - 1;
    (void)ulTaskNotifyTakeIndexed(AIMDB_NOTIFICATION_INDEX, pdTRUE, most);
}

void aimdb_port_park_for_ever(void)
{
    (void)ulTaskNotifyTakeIndexed(AIMDB_NOTIFICATION_INDEX, pdTRUE, portMAX_DELAY);
}

void aimdb_port_unpark(void *task)
{
    (void)xTaskNotifyGiveIndexed((TaskHandle_t)task, AIMDB_NOTIFICATION_INDEX);
}

/* As an interrupt gives it: the switch to a more urgent task comes when the interrupt ends. */
static inline __attribute__((always_inline)) void aimdb_give_from_isr(void *task)
{
    BaseType_t more_urgent = pdFALSE;
    vTaskNotifyGiveIndexedFromISR((TaskHandle_t)task, AIMDB_NOTIFICATION_INDEX, &more_urgent);
    portYIELD_FROM_ISR(more_urgent);
}

/* Whether a task may wake as an interrupt does, which is one way for both, and less code. So it is on Cortex-M: the mask that the kernel
 * raises then is saved and put back, and a switch that is asked for in a task comes at once. Not so with wrappers for tasks
 * without privileges, which have none for such calls, nor with more cores, where a task is in the kernel by another lock. */
#ifndef AIMDB_WAKES_AS_ISR
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && !(defined(portUSING_MPU_WRAPPERS) && portUSING_MPU_WRAPPERS == 1) \
    && !(defined(configNUMBER_OF_CORES) && configNUMBER_OF_CORES > 1)
#define AIMDB_WAKES_AS_ISR 1
#else
#define AIMDB_WAKES_AS_ISR 0
#endif
#endif

void aimdb_port_wake(void *task)
{
    if (AIMDB_WAKES_AS_ISR || AIMDB_IN_ISR())
        aimdb_give_from_isr(task);
    else
        aimdb_port_unpark(task);
}

void aimdb_port_unpark_from_isr(void *task)
{
    /* Where both are the same it is there once, and what the library calls is not a jump to it. */
    if (AIMDB_WAKES_AS_ISR)
        aimdb_port_wake(task);
    else
        aimdb_give_from_isr(task);
}

bool aimdb_port_in_isr(void)
{
    return AIMDB_IN_ISR();
}

/* Of the three states of the scheduler the one in which it runs is a bit of its own, which is found without a comparison. */
typedef char aimdb_running_is_a_bit[taskSCHEDULER_RUNNING == 2 && taskSCHEDULER_NOT_STARTED == 1 && taskSCHEDULER_SUSPENDED == 0 ? 1 : -1];

bool aimdb_port_can_block(void)
{
    if (AIMDB_IN_ISR() || AIMDB_MASKED() || (xTaskGetSchedulerState() & taskSCHEDULER_RUNNING) == 0)
        return false;
    /* An idle task runs when no other one can, so its hook cannot wait. */
#if AIMDB_IDLE_HOOKS && defined(configNUMBER_OF_CORES) && configNUMBER_OF_CORES > 1
    for (BaseType_t core = 0; core < configNUMBER_OF_CORES; core++) {
        if (xTaskGetCurrentTaskHandle() == xTaskGetIdleTaskHandleForCore(core))
            return false;
    }
#elif AIMDB_IDLE_HOOKS
    if (xTaskGetCurrentTaskHandle() == xTaskGetIdleTaskHandle())
        return false;
#endif
    return true;
}

uint32_t aimdb_port_priority(void)
{
    UBaseType_t priority = uxTaskPriorityGet(NULL);
#if configMAX_PRIORITIES > 256
    if (priority > 255)
        priority = 255;
#endif
    return (uint32_t)priority;
}

/* The critical section, for records of C (aimdb_sync_embassy.h), and where a fault of the library ends. */

/* Masks what may use records: the interrupts that may call the kernel, and with them the switch of tasks. On Cortex-M
 * the kernel's mask is saved and restored, so one way serves tasks, interrupts and what runs before the scheduler.
 * Elsewhere a task and an interrupt go different ways. More than one core needs a lock of the application's: define
 * AIMDB_MASK and AIMDB_UNMASK. */
#ifndef AIMDB_MASK
#if defined(configNUMBER_OF_CORES) && configNUMBER_OF_CORES > 1
#error "define AIMDB_MASK and AIMDB_UNMASK for more than one core: they keep the other cores out too"
#elif defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define AIMDB_MASK() portSET_INTERRUPT_MASK_FROM_ISR()
#define AIMDB_UNMASK(before) portCLEAR_INTERRUPT_MASK_FROM_ISR(before)
#if defined(__ARM_ARCH_7M__)
/* The library for a Cortex-M3 raises the mask itself, to the priority that is the address of this symbol: so each of its instructions that
 * needs it has it, and nothing is looked up. One for other processors calls. */
__attribute__((used)) static void aimdb_names_the_priority(void)
{
    __asm volatile(".globl aimdb_port_basepri_of_cortex_m3\n\t.set aimdb_port_basepri_of_cortex_m3, %c0"
                   :
                   : "i"(configMAX_SYSCALL_INTERRUPT_PRIORITY));
}
/* 0 masks nothing. */
typedef char aimdb_the_mask_has_a_priority[(configMAX_SYSCALL_INTERRUPT_PRIORITY) > 0 ? 1 : -1];
#endif
#endif
#endif

uint32_t aimdb_port_mask(void)
{
#ifdef AIMDB_MASK
    return (uint32_t)AIMDB_MASK();
#else
    if (AIMDB_IN_ISR())
        return (uint32_t)taskENTER_CRITICAL_FROM_ISR();
    taskENTER_CRITICAL();
    return 0;
#endif
}

void aimdb_port_unmask(uint32_t before)
{
#ifdef AIMDB_MASK
    AIMDB_UNMASK(before);
#else
    if (AIMDB_IN_ISR())
        taskEXIT_CRITICAL_FROM_ISR(before);
    else
        taskEXIT_CRITICAL();
#endif
}

/* A fault of the library, never of a call. Define it in the application to do more than to stop. */
__attribute__((weak)) void aimdb_panicked(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    (void)aimdb_port_mask();
    for (;;)
        continue;
}
