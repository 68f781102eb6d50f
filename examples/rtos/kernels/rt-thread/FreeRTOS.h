/* What the tests include for their kernel: here RT-Thread. */
#ifndef RT_THREAD_FREERTOS_H
#define RT_THREAD_FREERTOS_H

#include <rtthread.h>

#define portMAX_DELAY RT_WAITING_FOREVER

#endif
