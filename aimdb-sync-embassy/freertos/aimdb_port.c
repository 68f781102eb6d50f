/* The half of the FreeRTOS port that the kernel's configuration decides upon: compile it with the kernel
 * and its FreeRTOSConfig.h. Wants configTASK_NOTIFICATION_ARRAY_ENTRIES above AIMDB_NOTIFICATION_INDEX,
 * INCLUDE_xTaskGetCurrentTaskHandle, INCLUDE_xTaskGetSchedulerState, INCLUDE_uxTaskPriorityGet. */

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

/* Whether an interrupt is calling. Kernel ports that know say so themselves; define it for one that does
 * not. */
#ifndef AIMDB_IN_ISR
#define AIMDB_IN_ISR() (xPortIsInsideInterrupt() != pdFALSE)
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
    /* The one call that gives the overflows of the tick counter with it. */
    TimeOut_t now;
    vTaskSetTimeOutState(&now);
    return ((uint64_t)(UBaseType_t)now.xOverflowCount << (8 * sizeof(TickType_t))) | now.xTimeOnEntering;
}

void aimdb_port_park(uint64_t ticks)
{
    TickType_t most = portMAX_DELAY;
    if (ticks < most)
        most = (TickType_t)ticks;
    (void)ulTaskNotifyTakeIndexed(AIMDB_NOTIFICATION_INDEX, pdTRUE, most);
}

void aimdb_port_unpark(void *task)
{
    (void)xTaskNotifyGiveIndexed((TaskHandle_t)task, AIMDB_NOTIFICATION_INDEX);
}

void aimdb_port_unpark_from_isr(void *task)
{
    BaseType_t more_urgent = pdFALSE;
    vTaskNotifyGiveIndexedFromISR((TaskHandle_t)task, AIMDB_NOTIFICATION_INDEX, &more_urgent);
    portYIELD_FROM_ISR(more_urgent);
}

bool aimdb_port_in_isr(void)
{
    return AIMDB_IN_ISR();
}

bool aimdb_port_can_block(void)
{
    return !AIMDB_IN_ISR() && xTaskGetSchedulerState() == taskSCHEDULER_RUNNING;
}

uint8_t aimdb_port_priority(void)
{
    UBaseType_t priority = uxTaskPriorityGet(NULL);
    return priority > 255 ? 255 : (uint8_t)priority;
}
