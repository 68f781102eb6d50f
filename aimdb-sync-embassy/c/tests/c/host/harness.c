/* Threads of the host in the place of FreeRTOS: the functions that aimdb_port.c has there, and the harness. A tick is a
 * millisecond. An interrupt is a thread that says that it is one. */
#define _POSIX_C_SOURCE 200809L

#include "../harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------- what the library calls */

uint32_t aimdb_port_mask(void);
void aimdb_port_unmask(uint32_t before);
void *aimdb_port_current_task(void);
uint32_t aimdb_port_ticks_per_second(void);
uint64_t aimdb_port_now(void);
void aimdb_port_park(uint64_t ticks);
void aimdb_port_park_for_ever(void);
void aimdb_port_unpark(void *task);
void aimdb_port_unpark_from_isr(void *task);
void aimdb_port_wake(void *task);
bool aimdb_port_in_isr(void);
bool aimdb_port_can_block(void);
uint32_t aimdb_port_priority(void);
void after_section(void);
void before_park(void);

typedef struct thread {
    pthread_mutex_t lock;
    pthread_cond_t given;
    bool token;
    bool in_isr;
    bool suspended;
    uint8_t priority;
    void (*code)(void);
    pthread_t handle;
} thread_t;

/* The last one is the main thread. They stay, so that a late wake-up finds one. */
static thread_t threads[5];
static __thread thread_t *self = &threads[4];
static bool tasks_run;

static pthread_mutex_t mask = PTHREAD_MUTEX_INITIALIZER;
static __thread uint32_t masked;

/* Sections nest: what is returned says whether this is the outer one. */
uint32_t aimdb_port_mask(void)
{
    if (masked == 0)
        pthread_mutex_lock(&mask);
    return masked++;
}

void aimdb_port_unmask(uint32_t before)
{
    masked = before;
    if (masked == 0) {
        pthread_mutex_unlock(&mask);
        after_section();
    }
}

/* What comes after each section, and before a task rests, unless a program has one of its own. */
__attribute__((weak)) void after_section(void)
{
}

__attribute__((weak)) void before_park(void)
{
}

void *aimdb_port_current_task(void)
{
    return self;
}

uint32_t aimdb_port_ticks_per_second(void)
{
    return 1000;
}

uint64_t aimdb_port_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void aimdb_port_park(uint64_t ticks)
{
    CHECK(masked == 0 && !self->in_isr);
    before_park();
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    pthread_mutex_lock(&self->lock);
    if (ticks < UINT32_MAX) {
        until.tv_sec += (time_t)(ticks / 1000);
        until.tv_nsec += (long)(ticks % 1000) * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        while (!self->token && pthread_cond_timedwait(&self->given, &self->lock, &until) == 0)
            continue;
    } else {
        while (!self->token)
            pthread_cond_wait(&self->given, &self->lock);
    }
    self->token = false;
    pthread_mutex_unlock(&self->lock);
}

void aimdb_port_park_for_ever(void)
{
    aimdb_port_park(UINT64_MAX);
}

void aimdb_port_unpark(void *task)
{
    CHECK(masked == 0);
    thread_t *thread = task;
    pthread_mutex_lock(&thread->lock);
    thread->token = true;
    pthread_cond_signal(&thread->given);
    pthread_mutex_unlock(&thread->lock);
}

void aimdb_port_unpark_from_isr(void *task)
{
    CHECK(self->in_isr);
    aimdb_port_unpark(task);
}

void aimdb_port_wake(void *task)
{
    if (self->in_isr)
        aimdb_port_unpark_from_isr(task);
    else
        aimdb_port_unpark(task);
}

bool aimdb_port_in_isr(void)
{
    return self->in_isr;
}

bool aimdb_port_can_block(void)
{
    return tasks_run && !self->in_isr && !self->suspended;
}

uint32_t aimdb_port_priority(void)
{
    return self->priority;
}

/* ------------------------------------------------------------------------------------------ harness */

static void *run(void *thread)
{
    self = thread;
    self->code();
    return NULL;
}

void start(unsigned number, unsigned priority, void (*code)(void))
{
    thread_t *thread = &threads[number];
    thread->priority = (uint8_t)priority;
    thread->code = code;
    CHECK(pthread_create(&thread->handle, NULL, run, thread) == 0);
}

void join(unsigned number)
{
    CHECK(pthread_join(threads[number].handle, NULL) == 0);
}

void others_run(void)
{
    sched_yield();
}

void in_interrupt(void (*code)(void))
{
    bool before = self->in_isr;
    self->in_isr = true;
    code();
    self->in_isr = before;
}

void while_suspended(void (*code)(void))
{
    self->suspended = true;
    code();
    self->suspended = false;
}

uint32_t ticks_now(void)
{
    return (uint32_t)aimdb_port_now();
}

_Noreturn void check_failed(const char *file, unsigned line, const char *condition)
{
    fprintf(stderr, "%s:%u: not so: %s\n", file, line, condition);
    exit(1);
}

int main(void)
{
    /* A wake-up that is lost is waited for without an end: that is a failure, too. */
    alarm(300);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (unsigned number = 0; number < 5; number++) {
        pthread_mutex_init(&threads[number].lock, NULL);
        pthread_cond_init(&threads[number].given, &monotonic);
    }
    self->priority = 2;
    test_before_tasks();
    tasks_run = true;
    test_in_task();
    return 0;
}
