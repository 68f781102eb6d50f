/* AimDB: typed records in static memory for applications on FreeRTOS or another kernel, between tasks and interrupts.
 *
 *     AIMDB_STATIC_RECORD(log_lines, line_t, 8);      // a queue of eight lines that pauses its senders
 *
 *     status = log_lines_send(&line, pdMS_TO_TICKS(10));
 *     status = log_lines_recv(&line, portMAX_DELAY);
 *
 *     AIMDB_OK takes the value; any other status leaves it yours.
 *
 * In short:
 *
 *   - A record is defined at file scope by a macro and lies in static memory: nothing is allocated, ever, and
 *     nothing has to be called before it is used. What is to be set up is by the first call that needs it.
 *   - A value is copied in by a send and out by a receive, as plain bytes, while interrupts come: what is done
 *     with interrupts masked does not depend on the size of the value, but where a mailbox or a latest value has a second
 *     sender or reader at the same moment.
 *   - `_send` and `_recv` block the calling task, `_try_…` and `_force_send` never do. Those, and `_peek`, `_close`,
 *     `_abort`, `_is_closed`, `_lag` and `_stats`, may be called from an interrupt that may call the kernel: on FreeRTOS its
 *     ...FromISR functions, at a priority at or below configMAX_SYSCALL_INTERRUPT_PRIORITY. One above that must not use a record.
 *   - A call that may block answers AIMDB_CANNOT_BLOCK where a wait would never end, whether it would have to wait or not: in an
 *     interrupt, before the scheduler runs, while it is suspended, and with interrupts masked. With 0 ticks it is one try, and allowed.
 *   - All tasks that read a record share its one reader: each value goes to one of them. A record of several readers
 *     gives each value to each of them. Tasks that wait are served by priority, and among those of one priority first
 *     come, first served.
 *   - After `_close` senders are refused; readers drain what is there, then get AIMDB_CLOSED. Whoever waits is woken.
 *
 * Compile aimdb-sync-embassy/freertos/aimdb_port.c with the kernel, and link libaimdb_sync_embassy_c.a. Include FreeRTOS.h
 * first. README.md beside this folder leads from there to a program that runs. Another kernel has another aimdb_port.c,
 * another header, and for a wait without an end its own word, or AIMDB_FOREVER: docs/porting.md.
 */
#ifndef AIMDB_SYNC_EMBASSY_H
#define AIMDB_SYNC_EMBASSY_H

#include <stddef.h>
#include <stdint.h>

/* Ticks are the kernel's, so its header comes first: FreeRTOS.h, tx_api.h, rtthread.h, zephyr/kernel.h. For another one
 * define AIMDB_TICK_TYPE, which is what is written for a time to wait, and AIMDB_FOREVER, a wait without an end. */
#if defined(AIMDB_TICK_TYPE) && defined(AIMDB_FOREVER)
#elif defined(INC_FREERTOS_H)
#define AIMDB_TICK_TYPE TickType_t
#define AIMDB_FOREVER portMAX_DELAY
#elif defined(TX_API_H)
#define AIMDB_TICK_TYPE ULONG
#define AIMDB_FOREVER TX_WAIT_FOREVER
#elif defined(__RT_THREAD_H__)
#define AIMDB_TICK_TYPE rt_int32_t
#define AIMDB_FOREVER RT_WAITING_FOREVER
#elif defined(ZEPHYR_INCLUDE_KERNEL_H_)
/* Such as K_MSEC(10). A time that is a moment, and no span, has no meaning here. */
#define AIMDB_TICK_TYPE k_timeout_t
#define AIMDB_FOREVER K_FOREVER
#define AIMDB_TICKS(wait) (K_TIMEOUT_EQ(wait, K_FOREVER) ? UINT64_MAX : (uint64_t)(wait).ticks)
#else
#error "include FreeRTOS.h before aimdb_sync_embassy.h, or the header of another kernel"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------ status */

/* What a call answers: the numbers of aimdb.h. 1 to 99 is part of a program's life, 100 to 199 is bad input, 200 to
 * 299 a call that must not be made here, 300 to 399 a failure of the system. */
#ifndef AIMDB_H
typedef int32_t aimdb_status_t;

#define AIMDB_OK 0
#define AIMDB_FULL 1             /* the record is full, and the call was one that does not wait */
#define AIMDB_EMPTY 2            /* there is nothing to read yet */
#define AIMDB_TIMEOUT 3          /* the time passed; the value is still yours */
#define AIMDB_CLOSED 4           /* the record is closed; for a reader: and drained */
#define AIMDB_LAGGED 5           /* values were overwritten before they were read; `_lag` says how many */
#define AIMDB_NULL_ARGUMENT 100  /* a pointer that must not be null is */
#define AIMDB_BAD_SIZE 101       /* the value's size is not the record's */
#define AIMDB_BAD_ARGUMENT 114   /* no record of this library, or one that was described without a meaning */
#endif

#define AIMDB_CANNOT_BLOCK 206   /* a call that may wait, where nothing would end the wait: see above */

/* ------------------------------------------------------------------------------------------ record */

/* The memory of a record beside its values; what is in it is the library's own. All zero at the start. */
typedef struct aimdb_static_control {
    uint64_t opaque[sizeof(void *) == 4 ? 28 : 33];
} aimdb_static_control_t;

typedef struct aimdb_static_cursor {
    uint64_t opaque[sizeof(void *) == 4 ? 8 : 9];
} aimdb_static_cursor_t;

typedef struct aimdb_static_slot {
    uint64_t opaque[sizeof(void *) == 4 ? 2 : 3];
} aimdb_static_slot_t;

/* A record: a constant that the macros below write. */
typedef struct aimdb_static_record {
    uint32_t layout;
    uint8_t kind;
    uint8_t policy;
    uint16_t cursors;
    uint32_t capacity;
    uint32_t slots;
    uint32_t value_size;
    aimdb_static_control_t *control;
    aimdb_static_cursor_t *cursor_memory;
    aimdb_static_slot_t *slot_memory;
    void *values;
} aimdb_static_record_t;

/* Says to the library how large this header takes its memory to be. A record of another header is AIMDB_BAD_ARGUMENT. */
#define AIMDB_STATIC_LAYOUT \
    ((uint32_t)(1u << 24 | sizeof(aimdb_static_control_t) / 8 << 16 | sizeof(aimdb_static_cursor_t) / 8 << 8 | \
                sizeof(aimdb_static_slot_t)))

#define AIMDB_STATIC_PAUSE_UPSTREAM 3, 0
#define AIMDB_STATIC_FAIL 3, 1
#define AIMDB_STATIC_DROP_OLDEST 3, 2
#define AIMDB_STATIC_DROP_NEWEST 3, 3

/* Places for values on their way, beside those of the capacity: one for each task or interrupt that may send or
 * read at the same moment, at least 2. With fewer nothing is lost: `_send` waits for a place, and `_try_send` and
 * `_force_send` may answer AIMDB_FULL early. */
#ifndef AIMDB_SPARE_SLOTS
#define AIMDB_SPARE_SLOTS 3
#endif

/* A record, at file scope, with its calls; a semicolon follows. For other files there is AIMDB_DECLARE_... in a header,
 * which has the calls, and AIMDB_DEFINE_... in one file that includes it, which has the memory. */

/* A queue that keeps `n` values, loses none, and pauses its senders when it is full. 0 is a rendezvous. */
#define AIMDB_STATIC_RECORD(name, type, n) AIMDB_RECORD_CALLS(name, type) AIMDB_DEFINE_RECORD(name, type, n)
/* A queue that is full refuses the value, which stays yours. */
#define AIMDB_STATIC_RECORD_FAIL(name, type, n) AIMDB_RECORD_CALLS(name, type) AIMDB_DEFINE_RECORD_FAIL(name, type, n)
/* A queue that is full displaces its oldest value. */
#define AIMDB_STATIC_RECORD_DROP_OLDEST(name, type, n) \
    AIMDB_RECORD_CALLS(name, type) AIMDB_DEFINE_RECORD_DROP_OLDEST(name, type, n)
/* A queue that is full drops the incoming value, and the call succeeds. */
#define AIMDB_STATIC_RECORD_DROP_NEWEST(name, type, n) \
    AIMDB_RECORD_CALLS(name, type) AIMDB_DEFINE_RECORD_DROP_NEWEST(name, type, n)

/* The same for several readers, each of which gets each value: `_reader_recv` and the like take the number of one, from 0.
 * A queue that pauses or refuses waits for all of them. */
#define AIMDB_STATIC_RECORD_READERS(name, type, n, readers) \
    AIMDB_RECORD_CALLS(name, type) AIMDB_READER_CALLS(name, type) AIMDB_DEFINE_RECORD_READERS(name, type, n, readers)

#define AIMDB_DECLARE_RECORD(name, type) \
    AIMDB_RECORD_CALLS(name, type) AIMDB_READER_CALLS(name, type) typedef type name##_value_t

#define AIMDB_DEFINE_RECORD(name, type, n) AIMDB_DEFINE_RECORD_READERS(name, type, n, 1)
#define AIMDB_DEFINE_RECORD_READERS(name, type, n, readers) \
    AIMDB_DEFINE(name, type, AIMDB_STATIC_PAUSE_UPSTREAM, n, readers, (n) + 1 > 0)
#define AIMDB_DEFINE_RECORD_FAIL(name, type, n) AIMDB_DEFINE(name, type, AIMDB_STATIC_FAIL, n, 1, (n) + 1 > 0)
#define AIMDB_DEFINE_RECORD_DROP_OLDEST(name, type, n) AIMDB_DEFINE(name, type, AIMDB_STATIC_DROP_OLDEST, n, 1, (n) > 0)
#define AIMDB_DEFINE_RECORD_DROP_NEWEST(name, type, n) AIMDB_DEFINE(name, type, AIMDB_STATIC_DROP_NEWEST, n, 1, (n) + 1 > 0)

/* The memory, and the constant that leads to it. */
#define AIMDB_DEFINE(name, type, kind_and_policy, n, readers, capacity_has_a_meaning) \
    typedef char name##_is_of_the_declared_type[(size_t)name##_value_size == sizeof(type) ? 1 : -1]; \
    typedef char name##_has_a_capacity[(capacity_has_a_meaning) ? 1 : -1]; \
    typedef char name##_has_spare_slots[(AIMDB_SPARE_SLOTS) >= 2 ? 1 : -1]; \
    typedef char name##_has_readers[(readers) > 0 && (readers) <= 0xffff ? 1 : -1]; \
    static struct { \
        aimdb_static_control_t control; \
        aimdb_static_cursor_t cursors[readers]; \
        aimdb_static_slot_t slots[(n) + (AIMDB_SPARE_SLOTS)]; \
        type values[(n) + (AIMDB_SPARE_SLOTS)]; \
    } name##_memory; \
    const aimdb_static_record_t name = { AIMDB_STATIC_LAYOUT, kind_and_policy, (readers), (n), (n) + (AIMDB_SPARE_SLOTS), \
        sizeof(type), &name##_memory.control, name##_memory.cursors, name##_memory.slots, name##_memory.values }

/* ------------------------------------------------------------------------------------------- queues */

/* A queue of one reader that displaces nothing, and is as small as a kernel's own: it has the calls of AIMDB_STATIC_RECORD without
 * `_force_send` and `_lag`, and costs a fraction of its memory, time and masked interrupts. README.md says what it has not. */

/* The state of a queue, which is the library's own. All zero at the start. */
typedef struct aimdb_queue_state {
    uintptr_t opaque[sizeof(void *) == 4 ? 8 : 5];
} aimdb_queue_state_t;

/* A queue: a constant that the macros below write. */
typedef struct aimdb_static_queue {
    uint32_t layout;
    uint32_t value_size;
    aimdb_queue_state_t *state;
    void *values;
    uint8_t last; /* of `n` places, from 0: `n` - 1 */
    uint8_t when_full; /* what a sender is told that waits till its time is up: AIMDB_OK is that its value was dropped */
} aimdb_static_queue_t;

#define AIMDB_QUEUE_LAYOUT \
    ((uint32_t)(10u << 24 | sizeof(aimdb_queue_state_t) << 8 | sizeof(aimdb_static_queue_t)))

/* A queue that keeps `n` values, 1 to 255, and pauses its senders when it is full; at file scope, a semicolon follows. */
#define AIMDB_STATIC_QUEUE(name, type, n) AIMDB_QUEUE_CALLS(name, type) AIMDB_DEFINE_QUEUE(name, type, n)
/* The same, but when it is full it refuses the value, which stays yours. */
#define AIMDB_STATIC_QUEUE_FAIL(name, type, n) AIMDB_QUEUE_CALLS(name, type) AIMDB_DEFINE_QUEUE_FAIL(name, type, n)
/* The same, but when it is full it drops the incoming value and counts it, and the call succeeds. */
#define AIMDB_STATIC_QUEUE_DROP_NEWEST(name, type, n) \
    AIMDB_QUEUE_CALLS(name, type) AIMDB_DEFINE_QUEUE_DROP_NEWEST(name, type, n)

#define AIMDB_DECLARE_QUEUE(name, type) AIMDB_QUEUE_CALLS(name, type) typedef type name##_value_t
#define AIMDB_DEFINE_QUEUE(name, type, n) AIMDB_DEFINE_LEAN(name, type, AIMDB_TIMEOUT, n)
#define AIMDB_DEFINE_QUEUE_FAIL(name, type, n) AIMDB_DEFINE_LEAN(name, type, AIMDB_FULL, n)
#define AIMDB_DEFINE_QUEUE_DROP_NEWEST(name, type, n) AIMDB_DEFINE_LEAN(name, type, AIMDB_OK, n)

#define AIMDB_DEFINE_LEAN(name, type, when_full, n) \
    typedef char name##_is_of_the_declared_type[(size_t)name##_value_size == sizeof(type) ? 1 : -1]; \
    typedef char name##_has_a_capacity[(n) > 0 && (n) <= 255 ? 1 : -1]; \
    static struct { \
        aimdb_queue_state_t state; \
        type values[n]; \
    } name##_memory; \
    const aimdb_static_queue_t name = { AIMDB_QUEUE_LAYOUT, sizeof(type), &name##_memory.state, name##_memory.values, (n) - 1, \
        when_full }

/* -------------------------------------------------------------------------------------------- rings */

/* A stream that retains the newest `n` values; each reader goes at its own pace, and one that was too slow is told how many it has missed. Sends
 * never wait, whatever `ticks` are, and may be made from anywhere. A read that was overtaken, which is told AIMDB_LAGGED, may leave a
 * part of a value where it was to go, so look there with AIMDB_OK only. */

/* The state of a ring, and of each of its readers, which are the library's own. All zero at the start. */
typedef struct aimdb_ring_state {
    uintptr_t opaque[sizeof(void *) == 4 ? 9 : 5];
} aimdb_ring_state_t;

typedef struct aimdb_ring_cursor {
    uintptr_t opaque[sizeof(void *) == 4 ? 7 : 5];
} aimdb_ring_cursor_t;

/* A ring: a constant that the macros below write. */
typedef struct aimdb_static_ring {
    uint32_t layout;
    uint32_t value_size;
    aimdb_ring_state_t *state;
    uint32_t *values;
    uint8_t capacity;
    uint8_t places;
    uint8_t readers;
} aimdb_static_ring_t;

#define AIMDB_RING_LAYOUT \
    ((uint32_t)(9u << 24 | sizeof(aimdb_ring_cursor_t) << 16 | sizeof(aimdb_ring_state_t) << 8 | sizeof(aimdb_static_ring_t)))

/* How many tasks and interrupts may be sending to one ring at the same moment, if its values are not one word: a place for the value of each,
 * beside those of the ring. One that finds none, because the others are in between, is told AIMDB_FULL. */
#ifndef AIMDB_RING_WRITERS
#define AIMDB_RING_WRITERS 2
#endif

/* With `n` and AIMDB_RING_WRITERS up to 255 together; at file scope, a semicolon follows. */
#define AIMDB_STATIC_RING(name, type, n) AIMDB_RING_CALLS(name, type) AIMDB_DEFINE_RING(name, type, n)
/* The same for several readers, 1 to 32, each of which gets each value. */
#define AIMDB_STATIC_RING_READERS(name, type, n, readers) \
    AIMDB_RING_CALLS(name, type) AIMDB_RING_READER_CALLS(name, type) AIMDB_DEFINE_RING_READERS(name, type, n, readers)

#define AIMDB_DECLARE_RING(name, type) \
    AIMDB_RING_CALLS(name, type) AIMDB_RING_READER_CALLS(name, type) typedef type name##_value_t
#define AIMDB_DEFINE_RING(name, type, n) AIMDB_DEFINE_RING_READERS(name, type, n, 1)
/* A word is copied with interrupts masked. Of larger values there is a place for each on its way, and which place is where is said by a byte for
 * each. */
#define AIMDB_DEFINE_RING_READERS(name, type, n, number_of_readers) \
    typedef char name##_is_of_the_declared_type[(size_t)name##_value_size == sizeof(type) ? 1 : -1]; \
    typedef char name##_has_a_capacity[(n) > 0 && (n) <= 255 && (n) + (AIMDB_RING_WRITERS) <= 255 ? 1 : -1]; \
    typedef char name##_has_writers[(AIMDB_RING_WRITERS) > 0 ? 1 : -1]; \
    typedef char name##_has_readers[(number_of_readers) > 0 && (number_of_readers) <= 32 ? 1 : -1]; \
    static struct { \
        aimdb_ring_state_t state; \
        aimdb_ring_cursor_t cursors[number_of_readers]; \
        uint32_t values[AIMDB_IS_WORD(sizeof(type)) ? (n) + 0u : ((n) + (AIMDB_RING_WRITERS)) * AIMDB_WORDS(sizeof(type)) + \
                        AIMDB_WORDS((n) + (AIMDB_RING_WRITERS) + 2)]; \
    } name##_memory; \
    const aimdb_static_ring_t name = { AIMDB_RING_LAYOUT, sizeof(type), &name##_memory.state, name##_memory.values, (n), \
        (n) + (AIMDB_RING_WRITERS), (number_of_readers) }

/* ---------------------------------------------------------------------------------------- mailboxes */

/* The latest command, taken once: a newer one displaces it. Sends never wait, whatever `ticks` are, and may be made from
 * anywhere; so there is no `_force_send`. Nobody looks at a value without taking it. */

/* The state of a mailbox, which is the library's own. All zero at the start. */
typedef struct aimdb_mailbox_state {
    uintptr_t opaque[sizeof(void *) == 4 ? 5 : 3];
} aimdb_mailbox_state_t;

/* A mailbox: a constant that the macros below write. */
typedef struct aimdb_static_mailbox {
    uint32_t layout;
    uint32_t value_size;
    aimdb_mailbox_state_t *state;
    void *values;
} aimdb_static_mailbox_t;

#define AIMDB_MAILBOX_LAYOUT \
    ((uint32_t)(7u << 24 | sizeof(aimdb_mailbox_state_t) << 8 | sizeof(aimdb_static_mailbox_t)))

#define AIMDB_STATIC_MAILBOX(name, type) AIMDB_MAILBOX_CALLS(name, type) AIMDB_DEFINE_MAILBOX(name, type)

#define AIMDB_DECLARE_MAILBOX(name, type) AIMDB_MAILBOX_CALLS(name, type) typedef type name##_value_t
/* A word is moved with interrupts masked. Of a larger value one is pending, one is on its way in and one on its way out. */
#define AIMDB_DEFINE_MAILBOX(name, type) \
    typedef char name##_is_of_the_declared_type[(size_t)name##_value_size == sizeof(type) ? 1 : -1]; \
    static struct { \
        aimdb_mailbox_state_t state; \
        type values[AIMDB_IS_WORD(sizeof(type)) ? 1 : 3]; \
    } name##_memory; \
    const aimdb_static_mailbox_t name = { AIMDB_MAILBOX_LAYOUT, sizeof(type), &name##_memory.state, name##_memory.values }

/* ------------------------------------------------------------------------------------ latest values */

/* The newest value, which stays; each reader sees it once, and anybody may look with `_peek`. Sends never wait, whatever `ticks`
 * are, and may be made from anywhere; so there is no `_force_send`. A read that was overtaken may leave a part of a value where it
 * was to go, so look there with AIMDB_OK only. */

/* The state of a latest value, and of each of its readers, which are the library's own. All zero at the start. */
typedef struct aimdb_latest_state {
    uint32_t opaque[6];
} aimdb_latest_state_t;

typedef struct aimdb_latest_cursor {
    uintptr_t opaque[3];
} aimdb_latest_cursor_t;

/* A latest value: a constant that the macros below write. */
typedef struct aimdb_static_latest {
    uint32_t layout;
    uint32_t value_size;
    aimdb_latest_state_t *state;
    uint32_t *values;
    uint32_t readers;
} aimdb_static_latest_t;

#define AIMDB_LATEST_LAYOUT \
    ((uint32_t)(8u << 24 | sizeof(aimdb_latest_cursor_t) << 16 | sizeof(aimdb_latest_state_t) << 8 | \
                sizeof(aimdb_static_latest_t)))

#define AIMDB_STATIC_LATEST(name, type) AIMDB_LATEST_CALLS(name, type) AIMDB_DEFINE_LATEST(name, type)
/* The same for several readers, 1 to 32. */
#define AIMDB_STATIC_LATEST_READERS(name, type, readers) \
    AIMDB_LATEST_CALLS(name, type) AIMDB_LATEST_READER_CALLS(name, type) \
    AIMDB_DEFINE_LATEST_READERS(name, type, readers)

#define AIMDB_DECLARE_LATEST(name, type) \
    AIMDB_LATEST_CALLS(name, type) AIMDB_LATEST_READER_CALLS(name, type) typedef type name##_value_t
#define AIMDB_DEFINE_LATEST(name, type) AIMDB_DEFINE_LATEST_READERS(name, type, 1)
/* A word is copied with interrupts masked. Of a larger value one is the current one, and one is on its way in. */
#define AIMDB_DEFINE_LATEST_READERS(name, type, number_of_readers) \
    typedef char name##_is_of_the_declared_type[(size_t)name##_value_size == sizeof(type) ? 1 : -1]; \
    typedef char name##_has_readers[(number_of_readers) > 0 && (number_of_readers) <= 32 ? 1 : -1]; \
    static struct { \
        aimdb_latest_state_t state; \
        aimdb_latest_cursor_t cursors[number_of_readers]; \
        uint32_t values[AIMDB_IS_WORD(sizeof(type)) ? 1 : 2][AIMDB_WORDS(sizeof(type))]; \
    } name##_memory; \
    const aimdb_static_latest_t name = { AIMDB_LATEST_LAYOUT, sizeof(type), &name##_memory.state, name##_memory.values[0], \
        (number_of_readers) }

#define AIMDB_WORDS(size) (((size) + 3) / 4)

/* Values of one word have calls of their own, which are shorter: which ones are meant is known when a program is compiled. */
#define AIMDB_IS_WORD(size) ((size) == sizeof(uint32_t))
#define AIMDB_CALL(kind, verb, size, ...) \
    (AIMDB_IS_WORD(size) ? aimdb_##kind##_##verb##_word(__VA_ARGS__) : aimdb_##kind##_##verb##_bytes(__VA_ARGS__, size))
#define AIMDB_FORM(kind, verb, size) \
    (AIMDB_IS_WORD(size) ? aimdb_##kind##_##verb##_word : aimdb_##kind##_##verb##_bytes)

/* -------------------------------------------------------------------------------------------- calls */

#if defined(__GNUC__)
#define AIMDB_UNUSED __attribute__((unused))
#else
#define AIMDB_UNUSED
#endif

/* The calls of a record. `ticks` are the kernel's: 0 is one try, AIMDB_FOREVER, which is its own word such as portMAX_DELAY, for
 * ever; what is there when the time has passed wins over AIMDB_TIMEOUT.
 *
 *   NAME_send(const type *, ticks)   waits while the record is full, if it is one that pauses
 *   NAME_try_send(const type *)      AIMDB_FULL when it is full and displaces nothing
 *   NAME_force_send(const type *)    stores it whatever happens; what it displaces is gone, and counted; of lean records only rings
 *   NAME_recv(type *, ticks)         waits while there is nothing to read
 *   NAME_try_recv(type *)            AIMDB_EMPTY when there is nothing
 *   NAME_peek(type *)                the current value, which stays; of a latest value
 *   NAME_lag()                       how many values the last AIMDB_LAGGED was about; a count that does not fit is all ones. Of lean
 *                                    records only rings tell one, which count on from 0 then
 *   NAME_close()                     refuses all values to come; idempotent
 *   NAME_abort()                     closes, discards what is there, and returns how many values that were
 *   NAME_is_closed()                 0 or 1
 *   NAME_stats(aimdb_static_stats_t *)  state and counts at one moment; for supervision: it visits all who wait
 */
#define AIMDB_RECORD_CALLS(name, type) \
    extern const aimdb_static_record_t name; \
    enum { name##_value_size = sizeof(type) }; \
    AIMDB_UNUSED static inline aimdb_status_t name##_send(const type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return aimdb_static_send(&name, value, sizeof(type), AIMDB_TICKS(ticks)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_send(const type *value) \
    { \
        return aimdb_static_try_send(&name, value, sizeof(type)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_force_send(const type *value) \
    { \
        return aimdb_static_force_send(&name, value, sizeof(type)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_recv(type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return aimdb_static_recv(&name, value, sizeof(type), 0, AIMDB_TICKS(ticks)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_recv(type *value) \
    { \
        return aimdb_static_try_recv(&name, value, sizeof(type), 0); \
    } \
    AIMDB_UNUSED static inline uint32_t name##_lag(void) \
    { \
        return aimdb_static_lag(&name, 0); \
    } \
    AIMDB_ENDING_CALLS(name, static)

/* The calls of a queue: those of a record that displaces nothing. */
#define AIMDB_QUEUE_CALLS(name, type) \
    extern const aimdb_static_queue_t name; \
    enum { name##_value_size = sizeof(type) }; \
    AIMDB_UNUSED static inline aimdb_status_t name##_send(const type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(queue, send, sizeof(type), &name, value, AIMDB_TICKS(ticks)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_send(const type *value) \
    { \
        return AIMDB_CALL(queue, try_send, sizeof(type), &name, value); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_recv(type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(queue, recv, sizeof(type), &name, value, AIMDB_TICKS(ticks)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_recv(type *value) \
    { \
        return AIMDB_CALL(queue, try_recv, sizeof(type), &name, value); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_close(void) \
    { \
        return AIMDB_FORM(queue, close, sizeof(type))(&name); \
    } \
    AIMDB_UNUSED static inline uint32_t name##_abort(void) \
    { \
        uint32_t discarded = 0; \
        (void)AIMDB_FORM(queue, abort, sizeof(type))(&name, &discarded); \
        return discarded; \
    } \
    AIMDB_UNUSED static inline int32_t name##_is_closed(void) \
    { \
        return aimdb_queue_is_closed(&name); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_stats(aimdb_static_stats_t *stats) \
    { \
        return AIMDB_FORM(queue, stats, sizeof(type))(&name, stats); \
    }

/* The calls of a ring: those of a record that is never full. */
#define AIMDB_RING_CALLS(name, type) \
    extern const aimdb_static_ring_t name; \
    enum { name##_value_size = sizeof(type) }; \
    AIMDB_SENDING_CALLS(name, type, ring) \
    AIMDB_UNUSED static inline aimdb_status_t name##_force_send(const type *value) \
    { \
        return AIMDB_CALL(ring, send, sizeof(type), &name, value); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_recv(type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(ring, recv, sizeof(type), &name, value, AIMDB_TICKS(ticks), 0); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_recv(type *value) \
    { \
        return AIMDB_CALL(ring, try_recv, sizeof(type), &name, value, 0); \
    } \
    AIMDB_UNUSED static inline uint32_t name##_lag(void) \
    { \
        return aimdb_ring_lag(&name, 0); \
    } \
    AIMDB_ENDING_CALLS(name, ring)

#define AIMDB_RING_READER_CALLS(name, type) \
    AIMDB_UNUSED static inline aimdb_status_t name##_reader_recv(uint32_t reader, type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(ring, recv, sizeof(type), &name, value, AIMDB_TICKS(ticks), reader); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_reader_try_recv(uint32_t reader, type *value) \
    { \
        return AIMDB_CALL(ring, try_recv, sizeof(type), &name, value, reader); \
    } \
    AIMDB_UNUSED static inline uint32_t name##_reader_lag(uint32_t reader) \
    { \
        return aimdb_ring_lag(&name, reader); \
    }

/* The calls of a mailbox: those of a record that has one value, which never waits for room. */
#define AIMDB_MAILBOX_CALLS(name, type) \
    extern const aimdb_static_mailbox_t name; \
    enum { name##_value_size = sizeof(type) }; \
    AIMDB_SENDING_CALLS(name, type, mailbox) \
    AIMDB_UNUSED static inline aimdb_status_t name##_recv(type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(mailbox, recv, sizeof(type), &name, value, AIMDB_TICKS(ticks)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_recv(type *value) \
    { \
        return AIMDB_CALL(mailbox, try_recv, sizeof(type), &name, value); \
    } \
    AIMDB_ENDING_CALLS(name, mailbox)

/* The calls of a latest value: those of a mailbox, and a look. */
#define AIMDB_LATEST_CALLS(name, type) \
    extern const aimdb_static_latest_t name; \
    enum { name##_value_size = sizeof(type) }; \
    AIMDB_SENDING_CALLS(name, type, latest) \
    AIMDB_UNUSED static inline aimdb_status_t name##_recv(type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(latest, recv, sizeof(type), &name, value, AIMDB_TICKS(ticks), 0); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_recv(type *value) \
    { \
        return AIMDB_CALL(latest, try_recv, sizeof(type), &name, value, 0); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_peek(type *value) \
    { \
        return AIMDB_CALL(latest, peek, sizeof(type), &name, value); \
    } \
    AIMDB_ENDING_CALLS(name, latest)

#define AIMDB_LATEST_READER_CALLS(name, type) \
    AIMDB_UNUSED static inline aimdb_status_t name##_reader_recv(uint32_t reader, type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return AIMDB_CALL(latest, recv, sizeof(type), &name, value, AIMDB_TICKS(ticks), reader); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_reader_try_recv(uint32_t reader, type *value) \
    { \
        return AIMDB_CALL(latest, try_recv, sizeof(type), &name, value, reader); \
    }

/* Sends that do not wait. `ticks` is there so that a program may change over to another kind. */
#define AIMDB_SENDING_CALLS(name, type, kind) \
    AIMDB_UNUSED static inline aimdb_status_t name##_send(const type *value, AIMDB_TICK_TYPE ticks) \
    { \
        (void)ticks; \
        return AIMDB_CALL(kind, send, sizeof(type), &name, value); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_try_send(const type *value) \
    { \
        return AIMDB_CALL(kind, send, sizeof(type), &name, value); \
    }

#define AIMDB_ENDING_CALLS(name, kind) \
    AIMDB_UNUSED static inline aimdb_status_t name##_close(void) \
    { \
        return aimdb_##kind##_close(&name); \
    } \
    AIMDB_UNUSED static inline uint32_t name##_abort(void) \
    { \
        uint32_t discarded = 0; \
        (void)aimdb_##kind##_abort(&name, &discarded); \
        return discarded; \
    } \
    AIMDB_UNUSED static inline int32_t name##_is_closed(void) \
    { \
        return aimdb_##kind##_is_closed(&name); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_stats(aimdb_static_stats_t *stats) \
    { \
        return aimdb_##kind##_stats(&name, stats); \
    }

/*   NAME_reader_recv(reader, type *, ticks), NAME_reader_try_recv(reader, type *), NAME_reader_lag(reader) */
#define AIMDB_READER_CALLS(name, type) \
    AIMDB_UNUSED static inline aimdb_status_t name##_reader_recv(uint32_t reader, type *value, AIMDB_TICK_TYPE ticks) \
    { \
        return aimdb_static_recv(&name, value, sizeof(type), reader, AIMDB_TICKS(ticks)); \
    } \
    AIMDB_UNUSED static inline aimdb_status_t name##_reader_try_recv(uint32_t reader, type *value) \
    { \
        return aimdb_static_try_recv(&name, value, sizeof(type), reader); \
    } \
    AIMDB_UNUSED static inline uint32_t name##_reader_lag(uint32_t reader) \
    { \
        return aimdb_static_lag(&name, reader); \
    }

/* AIMDB_FOREVER is for ever whatever the width of a tick. */
#ifndef AIMDB_TICKS
#define AIMDB_TICKS(ticks) ((ticks) == AIMDB_FOREVER ? UINT64_MAX : (uint64_t)(ticks))
#endif

/* Counts since the first call, and the state. `accepted + refused + timed_out` is what was offered. */
typedef struct aimdb_static_stats {
    uint64_t accepted;
    uint64_t refused;
    uint64_t timed_out;
    uint64_t overwritten;
    uint64_t dropped_newest;
    uint64_t aborted;
    uint64_t delivered;
    uint64_t lagged;
    uint64_t blocked;         /* times that a sender stood in the queue for space */
    uint64_t slowest_unread;  /* of the cursor that is furthest behind */
    uint32_t capacity;
    uint32_t occupancy;
    uint32_t cursors;
    uint32_t waiting_producers;
    uint32_t waiting_consumers;
    int32_t closed;
} aimdb_static_stats_t;

/* What the typed calls above are made of, for code that is given a record. `size` is that of the value's type;
 * AIMDB_BAD_SIZE when the record has another. A wait of UINT64_MAX ticks has no end. */
aimdb_status_t aimdb_static_send(const aimdb_static_record_t *record, const void *value, size_t size, uint64_t ticks);
aimdb_status_t aimdb_static_try_send(const aimdb_static_record_t *record, const void *value, size_t size);
aimdb_status_t aimdb_static_force_send(const aimdb_static_record_t *record, const void *value, size_t size);
/* The first reader is 0; AIMDB_BAD_ARGUMENT for one that the record has not. */
aimdb_status_t aimdb_static_recv(const aimdb_static_record_t *record, void *value, size_t size, uint32_t reader,
                                 uint64_t ticks);
aimdb_status_t aimdb_static_try_recv(const aimdb_static_record_t *record, void *value, size_t size, uint32_t reader);
uint32_t aimdb_static_lag(const aimdb_static_record_t *record, uint32_t reader);
aimdb_status_t aimdb_static_close(const aimdb_static_record_t *record);
/* `discarded` may be null. */
aimdb_status_t aimdb_static_abort(const aimdb_static_record_t *record, uint32_t *discarded);
int32_t aimdb_static_is_closed(const aimdb_static_record_t *record);
aimdb_status_t aimdb_static_stats(const aimdb_static_record_t *record, aimdb_static_stats_t *stats);

/* The same for a queue; what `discarded` leads to may be null. Those without a `size` are for the values that the queue has. */
aimdb_status_t aimdb_queue_send_word(const aimdb_static_queue_t *queue, const void *value, uint64_t ticks);
aimdb_status_t aimdb_queue_send_bytes(const aimdb_static_queue_t *queue, const void *value, uint64_t ticks, size_t size);
aimdb_status_t aimdb_queue_try_send_word(const aimdb_static_queue_t *queue, const void *value);
aimdb_status_t aimdb_queue_try_send_bytes(const aimdb_static_queue_t *queue, const void *value, size_t size);
aimdb_status_t aimdb_queue_recv_word(const aimdb_static_queue_t *queue, void *value, uint64_t ticks);
aimdb_status_t aimdb_queue_recv_bytes(const aimdb_static_queue_t *queue, void *value, uint64_t ticks, size_t size);
aimdb_status_t aimdb_queue_try_recv_word(const aimdb_static_queue_t *queue, void *value);
aimdb_status_t aimdb_queue_try_recv_bytes(const aimdb_static_queue_t *queue, void *value, size_t size);
aimdb_status_t aimdb_queue_close_word(const aimdb_static_queue_t *queue);
aimdb_status_t aimdb_queue_close_bytes(const aimdb_static_queue_t *queue);
aimdb_status_t aimdb_queue_abort_word(const aimdb_static_queue_t *queue, uint32_t *discarded);
aimdb_status_t aimdb_queue_abort_bytes(const aimdb_static_queue_t *queue, uint32_t *discarded);
aimdb_status_t aimdb_queue_stats_word(const aimdb_static_queue_t *queue, aimdb_static_stats_t *stats);
aimdb_status_t aimdb_queue_stats_bytes(const aimdb_static_queue_t *queue, aimdb_static_stats_t *stats);
int32_t aimdb_queue_is_closed(const aimdb_static_queue_t *queue);

static inline aimdb_status_t aimdb_queue_send(const aimdb_static_queue_t *queue, const void *value, size_t size, uint64_t ticks)
{
    return AIMDB_CALL(queue, send, size, queue, value, ticks);
}

static inline aimdb_status_t aimdb_queue_try_send(const aimdb_static_queue_t *queue, const void *value, size_t size)
{
    return AIMDB_CALL(queue, try_send, size, queue, value);
}

static inline aimdb_status_t aimdb_queue_recv(const aimdb_static_queue_t *queue, void *value, size_t size, uint64_t ticks)
{
    return AIMDB_CALL(queue, recv, size, queue, value, ticks);
}

static inline aimdb_status_t aimdb_queue_try_recv(const aimdb_static_queue_t *queue, void *value, size_t size)
{
    return AIMDB_CALL(queue, try_recv, size, queue, value);
}

/* The same for a ring. The first reader is 0; AIMDB_BAD_ARGUMENT for one that it has not. */
aimdb_status_t aimdb_ring_send_word(const aimdb_static_ring_t *ring, const void *value);
aimdb_status_t aimdb_ring_send_bytes(const aimdb_static_ring_t *ring, const void *value, size_t size);
aimdb_status_t aimdb_ring_recv_word(const aimdb_static_ring_t *ring, void *value, uint64_t ticks, uint32_t reader);
aimdb_status_t aimdb_ring_recv_bytes(const aimdb_static_ring_t *ring, void *value, uint64_t ticks, uint32_t reader, size_t size);
aimdb_status_t aimdb_ring_try_recv_word(const aimdb_static_ring_t *ring, void *value, uint32_t reader);
aimdb_status_t aimdb_ring_try_recv_bytes(const aimdb_static_ring_t *ring, void *value, uint32_t reader, size_t size);
uint32_t aimdb_ring_lag(const aimdb_static_ring_t *ring, uint32_t reader);
aimdb_status_t aimdb_ring_close(const aimdb_static_ring_t *ring);
/* `discarded` may be null. */
aimdb_status_t aimdb_ring_abort(const aimdb_static_ring_t *ring, uint32_t *discarded);
int32_t aimdb_ring_is_closed(const aimdb_static_ring_t *ring);
aimdb_status_t aimdb_ring_stats(const aimdb_static_ring_t *ring, aimdb_static_stats_t *stats);

static inline aimdb_status_t aimdb_ring_send(const aimdb_static_ring_t *ring, const void *value, size_t size)
{
    return AIMDB_CALL(ring, send, size, ring, value);
}

static inline aimdb_status_t aimdb_ring_recv(const aimdb_static_ring_t *ring, void *value, size_t size, uint32_t reader,
                                             uint64_t ticks)
{
    return AIMDB_CALL(ring, recv, size, ring, value, ticks, reader);
}

static inline aimdb_status_t aimdb_ring_try_recv(const aimdb_static_ring_t *ring, void *value, size_t size, uint32_t reader)
{
    return AIMDB_CALL(ring, try_recv, size, ring, value, reader);
}

/* The same for a mailbox. */
aimdb_status_t aimdb_mailbox_send_word(const aimdb_static_mailbox_t *mailbox, const void *value);
aimdb_status_t aimdb_mailbox_send_bytes(const aimdb_static_mailbox_t *mailbox, const void *value, size_t size);
aimdb_status_t aimdb_mailbox_recv_word(const aimdb_static_mailbox_t *mailbox, void *value, uint64_t ticks);
aimdb_status_t aimdb_mailbox_recv_bytes(const aimdb_static_mailbox_t *mailbox, void *value, uint64_t ticks, size_t size);
aimdb_status_t aimdb_mailbox_try_recv_word(const aimdb_static_mailbox_t *mailbox, void *value);
aimdb_status_t aimdb_mailbox_try_recv_bytes(const aimdb_static_mailbox_t *mailbox, void *value, size_t size);
aimdb_status_t aimdb_mailbox_close(const aimdb_static_mailbox_t *mailbox);
/* `discarded` may be null. */
aimdb_status_t aimdb_mailbox_abort(const aimdb_static_mailbox_t *mailbox, uint32_t *discarded);
int32_t aimdb_mailbox_is_closed(const aimdb_static_mailbox_t *mailbox);
aimdb_status_t aimdb_mailbox_stats(const aimdb_static_mailbox_t *mailbox, aimdb_static_stats_t *stats);

static inline aimdb_status_t aimdb_mailbox_send(const aimdb_static_mailbox_t *mailbox, const void *value, size_t size)
{
    return AIMDB_CALL(mailbox, send, size, mailbox, value);
}

static inline aimdb_status_t aimdb_mailbox_recv(const aimdb_static_mailbox_t *mailbox, void *value, size_t size,
                                                uint64_t ticks)
{
    return AIMDB_CALL(mailbox, recv, size, mailbox, value, ticks);
}

static inline aimdb_status_t aimdb_mailbox_try_recv(const aimdb_static_mailbox_t *mailbox, void *value, size_t size)
{
    return AIMDB_CALL(mailbox, try_recv, size, mailbox, value);
}

/* The same for a latest value. The first reader is 0; AIMDB_BAD_ARGUMENT for one that it has not. */
aimdb_status_t aimdb_latest_send_word(const aimdb_static_latest_t *latest, const void *value);
aimdb_status_t aimdb_latest_send_bytes(const aimdb_static_latest_t *latest, const void *value, size_t size);
aimdb_status_t aimdb_latest_recv_word(const aimdb_static_latest_t *latest, void *value, uint64_t ticks, uint32_t reader);
aimdb_status_t aimdb_latest_recv_bytes(const aimdb_static_latest_t *latest, void *value, uint64_t ticks, uint32_t reader, size_t size);
aimdb_status_t aimdb_latest_try_recv_word(const aimdb_static_latest_t *latest, void *value, uint32_t reader);
aimdb_status_t aimdb_latest_try_recv_bytes(const aimdb_static_latest_t *latest, void *value, uint32_t reader, size_t size);
aimdb_status_t aimdb_latest_peek_word(const aimdb_static_latest_t *latest, void *value);
aimdb_status_t aimdb_latest_peek_bytes(const aimdb_static_latest_t *latest, void *value, size_t size);
aimdb_status_t aimdb_latest_close(const aimdb_static_latest_t *latest);
/* `discarded` may be null. */
aimdb_status_t aimdb_latest_abort(const aimdb_static_latest_t *latest, uint32_t *discarded);
int32_t aimdb_latest_is_closed(const aimdb_static_latest_t *latest);
aimdb_status_t aimdb_latest_stats(const aimdb_static_latest_t *latest, aimdb_static_stats_t *stats);

static inline aimdb_status_t aimdb_latest_send(const aimdb_static_latest_t *latest, const void *value, size_t size)
{
    return AIMDB_CALL(latest, send, size, latest, value);
}

static inline aimdb_status_t aimdb_latest_recv(const aimdb_static_latest_t *latest, void *value, size_t size,
                                               uint32_t reader, uint64_t ticks)
{
    return AIMDB_CALL(latest, recv, size, latest, value, ticks, reader);
}

static inline aimdb_status_t aimdb_latest_try_recv(const aimdb_static_latest_t *latest, void *value, size_t size,
                                                   uint32_t reader)
{
    return AIMDB_CALL(latest, try_recv, size, latest, value, reader);
}

static inline aimdb_status_t aimdb_latest_peek(const aimdb_static_latest_t *latest, void *value, size_t size)
{
    return AIMDB_CALL(latest, peek, size, latest, value);
}

#ifdef __cplusplus
}
#endif

#endif
