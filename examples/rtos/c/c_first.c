/* The least that a program needs: two tasks and a record between them. */
#include <FreeRTOS.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"

typedef struct line {
    uint32_t number;
    char text[12];
} line_t;

/* Keeps two lines, and pauses who sends a third. */
AIMDB_STATIC_QUEUE(lines, line_t, 2);

static StaticTask_t writer_task, reader_task;
static StackType_t writer_stack[256], reader_stack[256];

static void writer(void *unused)
{
    (void)unused;
    for (uint32_t number = 0; number < 10; number++) {
        line_t line = { number, "hello" };
        CHECK(lines_send(&line, portMAX_DELAY) == AIMDB_OK);
    }
    (void)lines_close();
    vTaskDelete(NULL);
}

static void reader(void *unused)
{
    (void)unused;
    line_t line;
    uint32_t expected = 0;
    aimdb_status_t status;
    while ((status = lines_recv(&line, portMAX_DELAY)) == AIMDB_OK) {
        say("%u: %s", (unsigned)line.number, line.text);
        CHECK(line.number == expected);
        expected++;
    }
    CHECK(status == AIMDB_CLOSED && expected == 10);
    board_exit(0);
}

int main(void)
{
    (void)xTaskCreateStatic(writer, "writer", 256, NULL, 2, writer_stack, &writer_task);
    (void)xTaskCreateStatic(reader, "reader", 256, NULL, 1, reader_stack, &reader_task);
    vTaskStartScheduler();
    return 1;
}
