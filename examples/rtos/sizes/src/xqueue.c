/* The kernel's queue of 16 words in static memory, which is its own handle. */
#include <FreeRTOS.h>
#include <queue.h>

static StaticQueue_t control;
static uint32_t storage[16];

void xqueue_create(void)
{
    xQueueCreateStatic(16, sizeof storage[0], (uint8_t *)storage, &control);
}

int xqueue_send(uint32_t value)
{
    return xQueueSend((QueueHandle_t)&control, &value, portMAX_DELAY) == pdPASS;
}

int xqueue_receive(uint32_t *value)
{
    return xQueueReceive((QueueHandle_t)&control, value, portMAX_DELAY) == pdPASS;
}
