/* A motor controller. The timer's interrupt samples and never waits; an urgent task controls, with the newest command; a
 * patient one writes the log, and pauses the control task when that is ahead of it; a supervisor stops all by closing. */
#include <FreeRTOS.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"

typedef struct sample {
    uint32_t number;
    uint32_t speed;
} sample_t;

typedef struct line {
    uint32_t number;
    uint32_t speed;
    uint32_t target;
} line_t;

AIMDB_STATIC_RING(samples, sample_t, 8);     /* interrupt to control: the newest eight */
AIMDB_STATIC_LATEST(drive, uint32_t);        /* control to interrupt: where the motor is driven to */
AIMDB_STATIC_MAILBOX(command, uint32_t);     /* supervisor to control: the newest target */
AIMDB_STATIC_QUEUE(lines, line_t, 4);        /* control to log: each line, or wait */
AIMDB_STATIC_MAILBOX(reached, uint32_t);     /* log to supervisor: a target that the motor runs at */

static StaticTask_t control_task, log_task, supervisor_task;
static StackType_t control_stack[384], log_stack[384], supervisor_stack[384];

/* What control has counted when it ends, for the supervisor's sums. */
static uint32_t handled, missed;

/* The timer's interrupt, each millisecond: the motor comes closer to its drive, and is sampled. */
void TIMER0(void)
{
    static sample_t sample;
    uint32_t towards = 0;
    timer_clear();
    if (drive_peek(&towards) == AIMDB_OK)
        sample.speed += sample.speed < towards ? 1 : sample.speed > towards ? (uint32_t)-1 : 0;
    if (samples_try_send(&sample) == AIMDB_OK)
        sample.number++;
    else
        timer_stop();
}

static void control(void *unused)
{
    uint32_t target = 0;
    sample_t sample;
    aimdb_status_t status;
    (void)unused;
    while ((status = samples_recv(&sample, portMAX_DELAY)) != AIMDB_CLOSED) {
        if (status == AIMDB_LAGGED) {
            /* The log held it up for so long. */
            missed += samples_lag();
            continue;
        }
        CHECK(status == AIMDB_OK && sample.number == handled + missed);
        handled++;
        (void)command_try_recv(&target);
        CHECK(drive_try_send(&target) == AIMDB_OK);
        line_t line = { sample.number, sample.speed, target };
        CHECK(lines_send(&line, portMAX_DELAY) == AIMDB_OK);
    }
    CHECK(lines_close() == AIMDB_OK);
    vTaskDelete(NULL);
}

static void log_lines(void *unused)
{
    uint32_t told = 0;
    line_t line;
    (void)unused;
    while (lines_recv(&line, portMAX_DELAY) == AIMDB_OK) {
        if (line.speed == line.target && line.target != told) {
            told = line.target;
            say("log: the motor runs at %u", (unsigned)told);
            CHECK(reached_try_send(&told) == AIMDB_OK);
        }
        /* What a slow device takes for a line: longer than the time between samples. */
        vTaskDelay(2);
    }
    CHECK(reached_close() == AIMDB_OK);
    vTaskDelete(NULL);
}

static void supervisor(void *unused)
{
    static const uint32_t targets[] = { 40, 100, 60 };
    uint32_t at = 0;
    (void)unused;
    timer_start(25000, 0x80);
    for (unsigned step = 0; step < 3; step++) {
        say("supervisor: run at %u", (unsigned)targets[step]);
        CHECK(command_try_send(&targets[step]) == AIMDB_OK);
        CHECK(reached_recv(&at, pdMS_TO_TICKS(5000)) == AIMDB_OK && at == targets[step]);
    }
    say("supervisor: stop");
    CHECK(samples_close() == AIMDB_OK);
    /* Control drains the samples and closes the log's record, the log drains that and closes the last one. */
    CHECK(reached_recv(&at, pdMS_TO_TICKS(5000)) == AIMDB_CLOSED);

    aimdb_static_stats_t sampled, logged;
    CHECK(samples_stats(&sampled) == AIMDB_OK && lines_stats(&logged) == AIMDB_OK);
    CHECK(sampled.accepted == handled + missed && sampled.lagged == missed);
    CHECK(logged.accepted == handled && logged.delivered == handled && logged.refused == 0);
    say("every sample was handled, or counted as missed; every line was written");
    say(missed > 0 ? "the log has paused the control task" : "the log has paused nobody");
    board_exit(0);
}

int main(void)
{
    (void)xTaskCreateStatic(control, "control", 384, NULL, 3, control_stack, &control_task);
    (void)xTaskCreateStatic(supervisor, "supervisor", 384, NULL, 2, supervisor_stack, &supervisor_task);
    (void)xTaskCreateStatic(log_lines, "log", 384, NULL, 1, log_stack, &log_task);
    vTaskStartScheduler();
    return 1;
}
