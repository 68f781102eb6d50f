/* What the tests include for their kernel: here ThreadX. */
#ifndef THREADX_FREERTOS_H
#define THREADX_FREERTOS_H

#include <tx_api.h>

#define portMAX_DELAY TX_WAIT_FOREVER

#endif
