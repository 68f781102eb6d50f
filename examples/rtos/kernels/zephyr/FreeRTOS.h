/* What the tests include for their kernel: here Zephyr, whose time to wait is no number. */
#ifndef ZEPHYR_FREERTOS_H
#define ZEPHYR_FREERTOS_H

#include <zephyr/kernel.h>

/* The tests have numbers, and one for ever. */
#define AIMDB_TICK_TYPE uint32_t
#define AIMDB_FOREVER UINT32_MAX
#define portMAX_DELAY AIMDB_FOREVER

#endif
