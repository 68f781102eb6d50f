/* A timer's interrupt comes at every instruction, sooner or later, of tasks that send and read records which keep the newest, and
 * rings: nothing is torn, nothing comes twice or in another order, and what was missed is counted, or told. */
#include <FreeRTOS.h>
#include <task.h>

#include <aimdb_sync_embassy.h>

#include "board.h"

enum { ROUNDS = 20000, WORDS = 5 };

/* Each word says which value it is, so that a torn one shows. */
typedef struct value {
    uint32_t words[WORDS];
} value_t;

/* Up is from the interrupt to tasks, down is from a task to the interrupt. */
AIMDB_STATIC_MAILBOX(mail_up, value_t);
AIMDB_STATIC_MAILBOX(mail_down, value_t);
AIMDB_STATIC_MAILBOX(word_up, uint32_t);
AIMDB_STATIC_MAILBOX(word_down, uint32_t);
/* Readers 0 and 1 are tasks. */
AIMDB_STATIC_LATEST_READERS(state_up, value_t, 2);
AIMDB_STATIC_LATEST(state_down, value_t);
AIMDB_STATIC_LATEST_READERS(level_up, uint32_t, 2);
AIMDB_STATIC_RING_READERS(ring_up, value_t, 2, 2);
AIMDB_STATIC_RING(ring_down, value_t, 2);
AIMDB_STATIC_RING(tone_up, uint32_t, 3);
AIMDB_STATIC_RING(tone_down, uint32_t, 3);
/* A task and the interrupt send to this one. */
AIMDB_STATIC_RING(ring_shared, value_t, 2);

static value_t value_of(uint32_t number)
{
    value_t value;
    for (unsigned at = 0; at < WORDS; at++)
        value.words[at] = number * WORDS + at;
    return value;
}

static uint32_t number_of(const value_t *value)
{
    for (unsigned at = 1; at < WORDS; at++)
        CHECK(value->words[at] == value->words[0] + at);
    return value->words[0] / WORDS;
}

/* What one reader of a record has read: numbers from 1 that rise. */
typedef struct seen {
    uint32_t last;
    uint32_t count;
} seen_t;

static void see(seen_t *seen, uint32_t number)
{
    CHECK(number > seen->last);
    seen->last = number;
    seen->count++;
}

/* What one reader of a ring has read: numbers from 1, of which none is left out that it was not told of. */
typedef struct followed {
    uint32_t last;
    uint32_t count;
    uint32_t missed;
} followed_t;

static void follow(followed_t *followed, uint32_t number)
{
    followed->last++;
    followed->count++;
    CHECK(number == followed->last);
}

static void miss(followed_t *followed, uint32_t lag)
{
    CHECK(lag > 0);
    followed->last += lag;
    followed->missed += lag;
}

/* How many were sent to each, from 1. */
static uint32_t mail_up_sent, mail_down_sent, word_up_sent, word_down_sent, state_up_sent, state_down_sent, level_up_sent;
static seen_t mail_up_seen, mail_down_seen, word_up_seen, word_down_seen, state_down_seen;
/* The readers' own. */
static seen_t state_up_0_seen, state_up_1_seen, level_up_0_seen, level_up_1_seen;
static uint32_t ring_up_sent, ring_down_sent, tone_up_sent, tone_down_sent;
static followed_t ring_up_0_seen, ring_up_1_seen, ring_down_seen, tone_up_seen, tone_down_seen;
/* Of two senders: how many each has sent, and the last that was read of each. */
static uint32_t shared_sent[2], shared_last[2];
static uint32_t shared_count, shared_missed;
static volatile uint32_t rounds;
/* Tasks that have ended after the last round, so that what they counted is whole. */
static volatile unsigned ended;

/* Whether the counts of a record say what happened. */
#define AGREES(name) \
    do { \
        aimdb_static_stats_t stats; \
        CHECK(name##_stats(&stats) == AIMDB_OK); \
        CHECK(stats.accepted == name##_sent && stats.refused == 0 && stats.aborted == 0); \
        CHECK(stats.delivered == name##_seen.count); \
        CHECK(stats.accepted == stats.delivered + stats.lagged + stats.occupancy); \
    } while (0)

/* The same, of a latest value that all readers have read to its end: what one has not got, it has missed. */
#define AGREES_OF(name, readers, got) \
    do { \
        aimdb_static_stats_t stats; \
        CHECK(name##_stats(&stats) == AIMDB_OK); \
        CHECK(stats.accepted == name##_sent && stats.overwritten == name##_sent - 1 && stats.refused == 0); \
        CHECK(stats.slowest_unread == 0 && stats.delivered == (got)); \
        CHECK(stats.delivered + stats.lagged == (readers) * stats.accepted); \
    } while (0)

#define SEND_VALUE(name) \
    do { \
        value_t sent = value_of(name##_sent + 1); \
        CHECK(name##_try_send(&sent) == AIMDB_OK); \
        name##_sent++; \
    } while (0)

#define SEND_WORD(name) \
    do { \
        uint32_t sent = name##_sent + 1; \
        CHECK(name##_try_send(&sent) == AIMDB_OK); \
        name##_sent++; \
    } while (0)

#define READ_VALUE(name, call) \
    do { \
        value_t got; \
        aimdb_status_t status = call; \
        CHECK(status == AIMDB_OK || status == AIMDB_EMPTY || status == AIMDB_TIMEOUT); \
        if (status == AIMDB_OK) \
            see(&name##_seen, number_of(&got)); \
    } while (0)

#define READ_WORD(name, call) \
    do { \
        uint32_t got = 0; \
        aimdb_status_t status = call; \
        CHECK(status == AIMDB_OK || status == AIMDB_EMPTY || status == AIMDB_TIMEOUT); \
        if (status == AIMDB_OK) \
            see(&name##_seen, got); \
    } while (0)

/* `got` is what `call` reads, `number` what number that has. Whoever was too slow reads on at once. */
#define READ_RING(name, type, call, lag, number) \
    do { \
        aimdb_status_t status = AIMDB_LAGGED; \
        for (unsigned turn = 0; turn < 2 && status == AIMDB_LAGGED; turn++) { \
            type got; \
            status = call; \
            CHECK(status == AIMDB_OK || status == AIMDB_EMPTY || status == AIMDB_TIMEOUT || status == AIMDB_LAGGED); \
            if (status == AIMDB_OK) \
                follow(&name##_seen, number); \
            else if (status == AIMDB_LAGGED) \
                miss(&name##_seen, lag); \
        } \
    } while (0)

/* Which of two senders a value is of is its number's last bit. */
static void send_shared(unsigned sender)
{
    value_t value = value_of((shared_sent[sender] + 1) * 2 + sender);
    CHECK(ring_shared_force_send(&value) == AIMDB_OK);
    shared_sent[sender]++;
}

static int read_shared(void)
{
    value_t value;
    aimdb_status_t status = ring_shared_try_recv(&value);
    CHECK(status == AIMDB_OK || status == AIMDB_EMPTY || status == AIMDB_LAGGED);
    if (status == AIMDB_LAGGED)
        shared_missed += ring_shared_lag();
    if (status != AIMDB_OK)
        return status == AIMDB_LAGGED;
    uint32_t number = number_of(&value);
    CHECK(number / 2 > shared_last[number % 2]);
    shared_last[number % 2] = number / 2;
    shared_count++;
    return 1;
}

/* What the interrupt does with rings. Several values at a time go round a ring, under a reader that copies from it. */
static void rings(unsigned random)
{
    switch (random % 8) {
    case 0: SEND_VALUE(ring_up); /* fall through */
    case 1: SEND_VALUE(ring_up); /* fall through */
    case 2: SEND_VALUE(ring_up); break;
    case 3:
    case 4: READ_RING(ring_down, value_t, ring_down_try_recv(&got), ring_down_lag(), number_of(&got)); break;
    case 5: SEND_WORD(tone_up); break;
    case 6: READ_RING(tone_down, uint32_t, tone_down_try_recv(&got), tone_down_lag(), got); break;
    default: send_shared(0);
    }
}

void TIMER0(void)
{
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    timer_clear();
    /* Now and then it comes again at once, mostly while a task is in a call, and never at a time that is foreseen. */
    timer_start((random & 1 ? 1 : 3000) + (random >> 8) % 1500, 0x80);
    switch (random >> 29) {
    case 0:
    case 1: SEND_VALUE(mail_up); break;
    case 2:
    case 3: READ_VALUE(mail_down, mail_down_try_recv(&got)); break;
    case 4: SEND_WORD(word_up); break;
    case 5: READ_WORD(word_down, word_down_try_recv(&got)); break;
    case 6: {
        value_t got;
        SEND_VALUE(state_up);
        CHECK(state_up_peek(&got) == AIMDB_OK && number_of(&got) == state_up_sent);
        break;
    }
    default:
        SEND_WORD(level_up);
        READ_VALUE(state_down, state_down_try_recv(&got));
        break;
    }
    rings(random >> 16);
    rounds++;
}

/* The counts of rings, which all readers have read to their end: what one has not got, it was told of. */
static void rings_agree(void)
{
    aimdb_static_stats_t stats;
    while (read_shared())
        continue;
    /* At most as many as there are places, and a lag before. */
    for (unsigned at = 0; at < 4; at++) {
        READ_RING(ring_up_0, value_t, ring_up_reader_try_recv(0, &got), ring_up_reader_lag(0), number_of(&got));
        READ_RING(ring_up_1, value_t, ring_up_reader_try_recv(1, &got), ring_up_reader_lag(1), number_of(&got));
        READ_RING(ring_down, value_t, ring_down_try_recv(&got), ring_down_lag(), number_of(&got));
        READ_RING(tone_up, uint32_t, tone_up_try_recv(&got), tone_up_lag(), got);
        READ_RING(tone_down, uint32_t, tone_down_try_recv(&got), tone_down_lag(), got);
    }
    CHECK(ring_up_stats(&stats) == AIMDB_OK && stats.accepted == ring_up_sent && stats.overwritten == ring_up_sent - 2);
    CHECK(ring_up_0_seen.last == ring_up_sent && ring_up_1_seen.last == ring_up_sent && stats.slowest_unread == 0);
    CHECK(stats.delivered == ring_up_0_seen.count + ring_up_1_seen.count);
    CHECK(stats.lagged == ring_up_0_seen.missed + ring_up_1_seen.missed && stats.refused == 0);
    CHECK(ring_down_stats(&stats) == AIMDB_OK && stats.accepted == ring_down_sent && ring_down_seen.last == ring_down_sent);
    CHECK(stats.delivered == ring_down_seen.count && stats.lagged == ring_down_seen.missed && stats.refused == 0);
    CHECK(tone_up_stats(&stats) == AIMDB_OK && stats.accepted == tone_up_sent && tone_up_seen.last == tone_up_sent);
    CHECK(stats.delivered == tone_up_seen.count && stats.lagged == tone_up_seen.missed);
    CHECK(tone_down_stats(&stats) == AIMDB_OK && stats.accepted == tone_down_sent && tone_down_seen.last == tone_down_sent);
    CHECK(stats.delivered == tone_down_seen.count && stats.lagged == tone_down_seen.missed);
    CHECK(ring_shared_stats(&stats) == AIMDB_OK && stats.accepted == shared_sent[0] + shared_sent[1] && stats.refused == 0);
    CHECK(stats.delivered == shared_count && stats.lagged == shared_missed && stats.accepted == shared_count + shared_missed);
    CHECK(ring_up_0_seen.count > ROUNDS / 32 && ring_up_1_seen.count > ROUNDS / 32 && ring_up_1_seen.missed > 0);
    CHECK(ring_down_seen.count > ROUNDS / 32 && ring_down_seen.missed > 0);
    CHECK(tone_up_seen.count > ROUNDS / 32 && tone_down_seen.count > ROUNDS / 32);
    CHECK(shared_count > ROUNDS / 32 && shared_sent[0] > ROUNDS / 32 && shared_sent[1] > ROUNDS / 32);
}

static StaticTask_t values_task, words_task, busy_task;
static StackType_t values_stack[384], words_stack[384], busy_stack[384];

/* These two wait for what the interrupt sends. */
static void values(void *unused)
{
    (void)unused;
    timer_start(4000, 0x80);
    while (rounds < ROUNDS) {
        READ_VALUE(mail_up, mail_up_recv(&got, 2));
        READ_VALUE(state_up_0, state_up_reader_recv(0, &got, 1));
        READ_WORD(level_up_0, level_up_reader_try_recv(0, &got));
        READ_RING(ring_up_0, value_t, ring_up_reader_recv(0, &got, 1), ring_up_reader_lag(0), number_of(&got));
    }
    timer_stop();
    while (ended < 2)
        vTaskDelay(1);
    AGREES(mail_up);
    AGREES(mail_down);
    AGREES(word_up);
    AGREES(word_down);
    READ_VALUE(state_up_0, state_up_reader_try_recv(0, &got));
    READ_VALUE(state_up_1, state_up_reader_try_recv(1, &got));
    READ_VALUE(state_down, state_down_try_recv(&got));
    READ_WORD(level_up_0, level_up_reader_try_recv(0, &got));
    READ_WORD(level_up_1, level_up_reader_try_recv(1, &got));
    AGREES_OF(state_up, 2, state_up_0_seen.count + state_up_1_seen.count);
    AGREES_OF(level_up, 2, level_up_0_seen.count + level_up_1_seen.count);
    AGREES_OF(state_down, 1, state_down_seen.count);
    CHECK(mail_up_seen.count > ROUNDS / 32 && word_up_seen.count > ROUNDS / 32);
    CHECK(mail_down_seen.count > ROUNDS / 32 && word_down_seen.count > ROUNDS / 32);
    CHECK(state_up_0_seen.count > ROUNDS / 32 && state_up_1_seen.count > ROUNDS / 32);
    CHECK(level_up_0_seen.count > ROUNDS / 32 && level_up_1_seen.count > ROUNDS / 32);
    CHECK(state_down_seen.count > ROUNDS / 32);
    rings_agree();
    say("%u interrupts: whole, in order, and counted", ROUNDS);
    board_exit(0);
}

static void words(void *unused)
{
    (void)unused;
    while (rounds < ROUNDS) {
        READ_WORD(word_up, word_up_recv(&got, 3));
        READ_WORD(level_up_1, level_up_reader_recv(1, &got, 1));
        READ_RING(tone_up, uint32_t, tone_up_recv(&got, 1), tone_up_lag(), got);
    }
    ended++;
    vTaskDelete(NULL);
}

/* This one never waits, so that the interrupt mostly comes inside of its calls. */
static void busy(void *unused)
{
    (void)unused;
    while (rounds < ROUNDS) {
        SEND_VALUE(mail_down);
        SEND_WORD(word_down);
        SEND_VALUE(state_down);
        READ_VALUE(state_up_1, state_up_reader_try_recv(1, &got));
        SEND_VALUE(ring_down);
        SEND_WORD(tone_down);
        send_shared(1);
        for (unsigned turn = 0; turn < 4 && read_shared(); turn++)
            continue;
        READ_RING(ring_up_1, value_t, ring_up_reader_try_recv(1, &got), ring_up_reader_lag(1), number_of(&got));
    }
    ended++;
    vTaskDelete(NULL);
}

int main(void)
{
    (void)xTaskCreateStatic(values, "values", 384, NULL, 3, values_stack, &values_task);
    (void)xTaskCreateStatic(words, "words", 384, NULL, 2, words_stack, &words_task);
    (void)xTaskCreateStatic(busy, "busy", 384, NULL, 1, busy_stack, &busy_task);
    vTaskStartScheduler();
    return 1;
}
