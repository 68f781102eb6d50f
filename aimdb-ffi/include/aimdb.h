/* AimDB: typed records in memory for threaded programs, with blocking calls and honest backpressure.
 *
 *     AIMDB_OK takes the value; any other status leaves it yours.
 *
 * That is the one rule of every call that is given a value: after AIMDB_OK the record has it, and after
 * any other status it is still in your buffer, at your pointer, or in your loan.
 *
 * The rest in short:
 *
 *   - Every call returns a status and writes what it has to say through a pointer. Outputs are written
 *     with AIMDB_OK, and where the comment of the call says so; a count is always written.
 *   - A handle is a number that is looked up, never a pointer that is trusted. A call with a freed, foreign or
 *     wrong handle answers AIMDB_BAD_HANDLE. What a handle names is kept alive by whatever needs it,
 *     so handles may be freed in any order, also while another thread is in a call with them. {0} is no
 *     handle; to free it is allowed and does nothing.
 *   - A timeout is in nanoseconds: 0 tries once, a negative one waits for ever. A deadline is a time of
 *     aimdb_now(). What is there when the time has passed wins over AIMDB_TIMEOUT.
 *   - Producers may be used by several threads at once. A consumer belongs to one thread at a time: the second
 *     one is answered AIMDB_BUSY. Clone it to share its cursor, subscribe for a cursor of its own.
 *   - A structure that may grow begins with its size, which its _INIT macro sets, so that a program works with a library
 *     of another version. Of what you give, members that your header has not are left out; if the library is the older one,
 *     those that it does not know must be 0 (or AIMDB_BAD_STRUCT). Of what you are given, only members that your header
 *     has are written, and those that the library does not know are 0.
 *   - No call may be made from a signal handler, but for aimdb_status_name, aimdb_status_text, aimdb_version and
 *     aimdb_now.
 *     In a forked child, handles of the parent answer AIMDB_FORKED_CHILD; attach a database there.
 *   - No call allocates for a message, once the record's blocks have been used, but for a loan that has to wait.
 *
 * docs/c-api.md of the project says all this at length: who owns the bytes, which thread calls you, the
 * order of ending, every status with its cause and its cure, and which call answers which.
 */
#ifndef AIMDB_H
#define AIMDB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef AIMDB_API
#define AIMDB_API extern
#endif

/* The version of this header; aimdb_version() is that of the library. */
#define AIMDB_VERSION_MAJOR 0
#define AIMDB_VERSION_MINOR 1
#define AIMDB_VERSION_PATCH 0

/* ------------------------------------------------------------------------------------------ status */

/* What a call answers. The values never change their meaning, and new ones may come: treat one that you
 * do not know by its band. 1 to 99 is part of a program's life, 100 to 199 is bad input, 200 to 299 a call
 * that must not be made here, 300 to 399 a failure of the system or of this library. */
typedef int32_t aimdb_status_t;

#define AIMDB_OK 0

/* Outcomes to expect. */
#define AIMDB_FULL 1      /* the record is full, and the call was one that does not wait */
#define AIMDB_EMPTY 2     /* there is nothing to read yet */
#define AIMDB_TIMEOUT 3   /* the time passed; what the call did before is as it was */
#define AIMDB_CLOSED 4    /* the record is closed; for a consumer: and drained */
#define AIMDB_LAGGED 5    /* values were overwritten before they were read; aimdb_consumer_lag says how many */

/* Bad input. Nothing was done. */
#define AIMDB_NULL_ARGUMENT 100      /* a pointer that must not be null is */
#define AIMDB_BAD_SIZE 101           /* the value's size is not the record's, or above its maximum */
#define AIMDB_BAD_ALIGNMENT 102      /* not a power of two, or above 4096; or what is moved lacks the record's */
#define AIMDB_BAD_KEY 103            /* not UTF-8, empty, or with a control character */
#define AIMDB_BAD_KIND 104           /* no such kind, form or start */
#define AIMDB_BAD_POLICY 105         /* no such policy, or one without what it needs */
#define AIMDB_BAD_CAPACITY 106       /* 0 where that means nothing, or beyond all memory */
#define AIMDB_BAD_STRUCT 107         /* a struct_size of no version, or a member set that this library does not know */
#define AIMDB_RECORD_NOT_FOUND 108   /* the database has no record of this key */
#define AIMDB_TYPE_MISMATCH 109      /* the record's form, size or alignment is another */
#define AIMDB_SCHEMA_MISMATCH 110    /* the same form and size, and another schema */
#define AIMDB_DUPLICATE_RECORD 111   /* the builder has a record of this key */
#define AIMDB_BAD_CONFIGURATION 112  /* see the message of the error */
#define AIMDB_BUFFER_TOO_SMALL 113   /* the value is longer than the buffer; it stays the next one */
#define AIMDB_BAD_ARGUMENT 114       /* a number is out of its range */

/* Calls that must not be made here. Nothing was done. */
#define AIMDB_BAD_HANDLE 200     /* freed, never made, or of another kind */
#define AIMDB_BUSY 201           /* another thread is in a call with this handle */
#define AIMDB_WOULD_DEADLOCK 202 /* a call that may wait, inside a callback */
#define AIMDB_FORKED_CHILD 203   /* the handle belongs to the parent of this process */
#define AIMDB_NOT_SUPPORTED 204  /* this kind or form of record has no such call */
#define AIMDB_SINGLE_CURSOR 205  /* the record has one cursor, and something reads it already */

/* Failures. */
#define AIMDB_OUT_OF_MEMORY 300
#define AIMDB_NO_THREAD 301      /* the system gave no thread */
#define AIMDB_TOO_MANY 302       /* all handles are in use */
#define AIMDB_IO 303             /* a file descriptor could not be made or written */
#define AIMDB_POISONED 304       /* a call with this handle met a fault of this library; free it */

/* The name of a status, such as "AIMDB_FULL"; "AIMDB_UNKNOWN" for a number that is none. Never null,
 * valid for ever. Allowed in a signal handler. */
AIMDB_API const char *aimdb_status_name(aimdb_status_t status);

/* One sentence about a status, for a log. Never null, valid for ever. Allowed in a signal handler. */
AIMDB_API const char *aimdb_status_text(aimdb_status_t status);

/* The library's version, "major.minor.patch". Valid for ever. Allowed in a signal handler. */
AIMDB_API const char *aimdb_version(void);

/* Nanoseconds of the clock that deadlines are measured by: CLOCK_MONOTONIC, which is
 * std::chrono::steady_clock. Allowed in a signal handler. */
AIMDB_API int64_t aimdb_now(void);

/* ----------------------------------------------------------------------------------------- handles */

typedef struct aimdb_builder { uint64_t id; } aimdb_builder_t;
typedef struct aimdb_db { uint64_t id; } aimdb_db_t;
typedef struct aimdb_producer { uint64_t id; } aimdb_producer_t;
typedef struct aimdb_consumer { uint64_t id; } aimdb_consumer_t;
typedef struct aimdb_message { uint64_t id; } aimdb_message_t;
typedef struct aimdb_loan { uint64_t id; } aimdb_loan_t;
typedef struct aimdb_waitset { uint64_t id; } aimdb_waitset_t;
typedef struct aimdb_error { uint64_t id; } aimdb_error_t;

/* What set-up calls say beside the status, if their last argument is not null. It is written with {0}
 * when there is nothing to say. */

/* The sentence: names the record and what is wrong with it, all mistakes of a configuration together.
 * Valid until the error is freed; null for {0} and for what is no error. */
AIMDB_API const char *aimdb_error_message(aimdb_error_t error);
AIMDB_API aimdb_status_t aimdb_error_free(aimdb_error_t error);

/* ----------------------------------------------------------------------------------------- records */

/* How a record moves data. */
typedef int32_t aimdb_kind_t;
#define AIMDB_SPMC_RING 0      /* a stream: slow readers are told how much they missed */
#define AIMDB_SINGLE_LATEST 1  /* state: the newest value */
#define AIMDB_MAILBOX 2        /* the latest command, taken once */
#define AIMDB_BOUNDED 3        /* a queue; the policy says what happens when it is full */

/* What a full AIMDB_BOUNDED record does. */
typedef int32_t aimdb_policy_t;
#define AIMDB_PAUSE_UPSTREAM 0   /* the producer waits */
#define AIMDB_FAIL 1             /* the value is refused */
#define AIMDB_DROP_OLDEST 2      /* the oldest value makes room */
#define AIMDB_DROP_NEWEST 3      /* the incoming value is dropped, and the call succeeds */
#define AIMDB_DEGRADE_QUALITY 4  /* the oldest makes room for a cheaper form of the incoming one */

/* The policy's slug, such as "pause_upstream", as in configurations; null for a number that is none. */
AIMDB_API const char *aimdb_policy_slug(aimdb_policy_t policy);
/* The policy of a slug. AIMDB_BAD_POLICY if there is none. */
AIMDB_API aimdb_status_t aimdb_policy_from_slug(const char *slug, aimdb_policy_t *policy);

/* What a value is. */
typedef int32_t aimdb_form_t;
#define AIMDB_PLAIN 0    /* plain data of one size: numbers, arrays, structures without pointers */
#define AIMDB_BYTES 1    /* bytes, of any number up to a maximum */
#define AIMDB_POINTER 2  /* a pointer of this process, with the function that frees it */

/* Says which structure the bytes of a plain value are: 16 bytes that you choose, the same on every side.
 * Records of Rust's `record!` have theirs in the header that it writes, numbers of Rust and of aimdb.hpp that of
 * their name in Rust, such as aimdb_schema_of("f64"). All zero where none was chosen. */
typedef struct aimdb_schema { uint8_t bytes[16]; } aimdb_schema_t;

/* A schema made from a text, such as "vehicle.Speed/2: f32 mps, u32 flags". The same text gives the
 * same schema everywhere. */
AIMDB_API aimdb_schema_t aimdb_schema_of(const char *text);

/* The type of a record's values. Begin with AIMDB_TYPE_INIT. */
typedef struct aimdb_type {
    size_t struct_size;
    aimdb_form_t form;
    size_t size;       /* plain: the size; bytes: the most; pointer: not looked at */
    size_t alignment;  /* plain and bytes: of what a loan or message points at; 0 is 8 */
    aimdb_schema_t schema;
} aimdb_type_t;

#define AIMDB_TYPE_INIT { sizeof(aimdb_type_t), AIMDB_PLAIN, 0, 0, { { 0 } } }

/* Why a value reaches no reader. */
typedef int32_t aimdb_drop_cause_t;
#define AIMDB_DROPPED_OVERWRITTEN 0  /* it made room for a newer one, unread */
#define AIMDB_DROPPED_REFUSED 1      /* nobody was there to have it back */
#define AIMDB_DROPPED_NEWEST 2       /* policy AIMDB_DROP_NEWEST */
#define AIMDB_DROPPED_CANCELLED 3    /* its sender gave up */
#define AIMDB_DROPPED_ABORTED 4      /* discarded by abort, or by the end of the last reader of a closed record */

/* Callbacks. `user` is the pointer that was given with the function. They run outside of every lock, and may
 * call this library, but for calls that may wait: those answer AIMDB_WOULD_DEADLOCK. They must not
 * throw, and must return.
 *
 * The data is valid until the callback returns; for a record of pointers `data` is the pointer itself, and `size` what
 * it was sent with. */

/* Frees `user` when the last callback that has it is gone. Called once, on any thread. */
typedef void (*aimdb_user_free_t)(void *user);
/* Frees a pointer that was moved into a record. Called once, on the thread that had it last. */
typedef void (*aimdb_data_free_t)(void *data, void *user);
/* A value came. On the thread of this tap. */
typedef void (*aimdb_tap_t)(void *user, const void *data, size_t size);
/* A value will reach no reader. On the thread that caused it. */
typedef void (*aimdb_drop_t)(void *user, const void *data, size_t size, aimdb_drop_cause_t cause);
/* Makes a value cheaper to carry, in place; returns the new size, no larger (a plain value keeps its own). On the
 * sender's thread. What was moved is changed where it lies, also if the record is closed meanwhile and refuses it. */
typedef size_t (*aimdb_degrade_t)(void *user, void *data, size_t size);
/* A line for an operator. On any thread, threads together. */
typedef void (*aimdb_log_t)(void *user, int32_t level, const char *text);

#define AIMDB_LOG_ERROR 1
#define AIMDB_LOG_WARN 2
#define AIMDB_LOG_INFO 3
#define AIMDB_LOG_DEBUG 4

/* A tap of a record: see aimdb_builder_tap. */
typedef struct aimdb_record_tap {
    aimdb_tap_t tap;
    void *user;
    aimdb_user_free_t user_free;  /* may be null */
} aimdb_record_tap_t;

/* A record. Begin with AIMDB_RECORD_INIT; what is 0 is left out. */
typedef struct aimdb_record {
    size_t struct_size;
    const char *key;        /* UTF-8; copied */
    aimdb_kind_t kind;
    aimdb_policy_t policy;  /* of AIMDB_BOUNDED */
    size_t capacity;        /* of AIMDB_SPMC_RING and AIMDB_BOUNDED; exact. 0 in AIMDB_BOUNDED is a rendezvous */
    aimdb_type_t type;
    int32_t single_cursor;  /* not 0: AIMDB_BOUNDED as a work queue, AIMDB_MAILBOX: one cursor, shared by clones */
    aimdb_degrade_t degrade;
    void *degrade_user;
    aimdb_user_free_t degrade_user_free;
    aimdb_drop_t drop;
    void *drop_user;
    aimdb_user_free_t drop_user_free;
    const aimdb_record_tap_t *taps;  /* `tap_count` of them; copied */
    size_t tap_count;
} aimdb_record_t;

#define AIMDB_RECORD_INIT \
    { sizeof(aimdb_record_t), NULL, AIMDB_SPMC_RING, AIMDB_PAUSE_UPSTREAM, 0, AIMDB_TYPE_INIT, 0, \
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 }

/* A description of a database. One thread at a time. */
AIMDB_API aimdb_status_t aimdb_builder_new(aimdb_builder_t *builder);
/* Adds a record with its taps: all of it, or nothing. The functions of `record` belong to it with AIMDB_OK, and their
 * users are freed with it. */
AIMDB_API aimdb_status_t aimdb_builder_record(aimdb_builder_t builder, const aimdb_record_t *record, aimdb_error_t *error);
/* Adds a reader of a record that the builder has, on a library thread that is named after it
 * ("motor.cmd/tap#1"), with a cursor that exists before anything is sent. It drains: after a close it is called for
 * what was sent before. `user` belongs to it with AIMDB_OK; `user_free` may be null. */
AIMDB_API aimdb_status_t aimdb_builder_tap(aimdb_builder_t builder, const char *key, aimdb_tap_t tap, void *user,
                                           aimdb_user_free_t user_free, aimdb_error_t *error);
AIMDB_API aimdb_status_t aimdb_builder_free(aimdb_builder_t builder);

/* ---------------------------------------------------------------------------------------- database */

/* Makes the database and starts its taps; all have subscribed when it returns. The builder is used up with
 * AIMDB_OK, and stays otherwise. */
AIMDB_API aimdb_status_t aimdb_builder_attach(aimdb_builder_t builder, aimdb_db_t *db, aimdb_error_t *error);
/* Closes every record, lets taps drain, and waits for the readers to drain the rest, no longer than
 * `timeout_ns`. `left` is always written: values that are left unread. AIMDB_TIMEOUT if there are some, or if a tap is
 * still at work; call again to wait longer. May wait. Readers are waited for where they hold the producer up; of rings,
 * latest values, mailboxes and queues that drop, what is left is only counted; so are values that a consumer keeps because
 * its buffer was too small. */
AIMDB_API aimdb_status_t aimdb_db_close(aimdb_db_t db, int64_t timeout_ns, uint64_t *left);
/* Whether the database was told to close: 1 or 0 in `closed`. */
AIMDB_API aimdb_status_t aimdb_db_is_closed(aimdb_db_t db, int32_t *closed);
/* Writes, for people, who holds what, who waits on what, and for how long, to a file descriptor. */
AIMDB_API aimdb_status_t aimdb_db_dump(aimdb_db_t db, int fd);
/* Lets go of the database. Its records are closed; taps drain in the background. Never waits. Producers,
 * consumers and messages stay valid. If the program's Rust part keeps the database, its records stay open. */
AIMDB_API aimdb_status_t aimdb_db_free(aimdb_db_t db);

/* What a record has counted; one consistent snapshot. Begin with AIMDB_STATS_INIT.
 * offered = accepted + refused + timed_out, always. */
typedef struct aimdb_stats {
    size_t struct_size;
    uint64_t capacity;
    uint64_t occupancy;
    uint64_t accepted;
    uint64_t refused;
    uint64_t timed_out;
    uint64_t overwritten;
    uint64_t dropped_newest;
    uint64_t degraded;
    uint64_t aborted;
    uint64_t delivered;
    uint64_t lagged;
    uint64_t blocked;     /* times that a sender stood in the queue for space */
    uint64_t blocked_ns;  /* how long, together */
    uint64_t cursors;
    uint64_t waiting_producers;
    uint64_t waiting_consumers;
    uint64_t slowest_unread;  /* of the cursor that is furthest behind */
    int32_t closed;
} aimdb_stats_t;

#define AIMDB_STATS_INIT { sizeof(aimdb_stats_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

AIMDB_API aimdb_status_t aimdb_db_stats(aimdb_db_t db, const char *key, aimdb_stats_t *stats);

/* ---------------------------------------------------------------------------------------- producer */

/* The writing end of a record. The type must be the record's: a mismatch is told here, never at a send. */
AIMDB_API aimdb_status_t aimdb_producer_open(aimdb_db_t db, const char *key, const aimdb_type_t *type,
                                             aimdb_producer_t *producer, aimdb_error_t *error);
AIMDB_API aimdb_status_t aimdb_producer_free(aimdb_producer_t producer);

/* Four ways to send a copy of `size` bytes; bytes may be none, and `value` null then. AIMDB_FULL and AIMDB_TIMEOUT
 * leave nothing behind. Not for records of pointers: move those. */

/* Never waits. */
AIMDB_API aimdb_status_t aimdb_producer_try_send(aimdb_producer_t producer, const void *value, size_t size);
/* Waits while the record is full, if its policy is to pause. */
AIMDB_API aimdb_status_t aimdb_producer_send(aimdb_producer_t producer, const void *value, size_t size);
AIMDB_API aimdb_status_t aimdb_producer_send_timeout(aimdb_producer_t producer, const void *value, size_t size,
                                                     int64_t timeout_ns);
AIMDB_API aimdb_status_t aimdb_producer_send_deadline(aimdb_producer_t producer, const void *value, size_t size,
                                                      int64_t deadline_ns);
/* Stores the value whatever happens; what it displaces goes to the record's drop callback. Never waits. AIMDB_FULL only
 * where there is no place for it: at a rendezvous where no reader waits, and where loans keep all places. */
AIMDB_API aimdb_status_t aimdb_producer_force_send(aimdb_producer_t producer, const void *value, size_t size);
/* Sends `count` values of a plain record that lie one behind the other. `sent` is always written:
 * so many from the front were sent, the rest is yours. The timeout is for all of them. */
AIMDB_API aimdb_status_t aimdb_producer_send_batch(aimdb_producer_t producer, const void *values, size_t count,
                                                   int64_t timeout_ns, size_t *sent);
/* Moves a pointer into the record, without a copy: with AIMDB_OK `data_free(data, user)` is called once, when the
 * last reader is done with it. Otherwise it is not called. A plain value of up to 256 bytes is copied all the same, and freed at
 * once, however it is aligned. Larger ones and bytes must be aligned as the record's type says; of pointers, `size` is for your readers. */
AIMDB_API aimdb_status_t aimdb_producer_send_move(aimdb_producer_t producer, void *data, size_t size,
                                                  aimdb_data_free_t data_free, void *user, int64_t timeout_ns);
/* Waits for a place, if the policy is to pause, and keeps it, and lends the memory to write the value in: `size` bytes,
 * aligned as the record's type says. Then aimdb_loan_send is not refused for want of room. A place that is kept counts as
 * one in use. Whoever waits for one stands behind those who wait to send. Not for records of pointers
 * (aimdb_producer_send_move), nor for a rendezvous: AIMDB_NOT_SUPPORTED. */
AIMDB_API aimdb_status_t aimdb_producer_loan(aimdb_producer_t producer, size_t size, int64_t timeout_ns,
                                             aimdb_loan_t *loan, void **data);
/* Sends what was written; the memory is the record's then. AIMDB_CLOSED if the record was closed meanwhile, and
 * AIMDB_OUT_OF_MEMORY if there is none left for it: the loan stays yours, to be freed. */
AIMDB_API aimdb_status_t aimdb_loan_send(aimdb_loan_t loan);
/* Gives place and memory back, unsent. */
AIMDB_API aimdb_status_t aimdb_loan_free(aimdb_loan_t loan);

/* Waits until the gating cursors have consumed what was sent before. */
AIMDB_API aimdb_status_t aimdb_producer_flush(aimdb_producer_t producer, int64_t timeout_ns);
/* Closes the record and waits for its readers to drain it, no longer than that. `left` is always written:
 * values that are left unread (AIMDB_TIMEOUT if there are some). Null if you do not want it. Waits as aimdb_db_close. */
AIMDB_API aimdb_status_t aimdb_producer_close(aimdb_producer_t producer, int64_t timeout_ns, uint64_t *left);
/* Closes the record and discards what is buffered. `discarded` is always written: how many; null if you do not want it. */
AIMDB_API aimdb_status_t aimdb_producer_abort(aimdb_producer_t producer, uint64_t *discarded);
AIMDB_API aimdb_status_t aimdb_producer_is_closed(aimdb_producer_t producer, int32_t *closed);
AIMDB_API aimdb_status_t aimdb_producer_stats(aimdb_producer_t producer, aimdb_stats_t *stats);

/* ---------------------------------------------------------------------------------------- consumer */

/* Where a consumer of a ring begins. */
typedef int32_t aimdb_start_t;
#define AIMDB_LIVE 0    /* with what comes; with the kind's own rule on the other kinds */
#define AIMDB_OLDEST 1  /* with what is retained */

AIMDB_API aimdb_status_t aimdb_consumer_open(aimdb_db_t db, const char *key, const aimdb_type_t *type,
                                             aimdb_start_t start, aimdb_consumer_t *consumer, aimdb_error_t *error);
/* A consumer that shares this one's cursor: each value goes to one of them. */
AIMDB_API aimdb_status_t aimdb_consumer_share(aimdb_consumer_t consumer, aimdb_consumer_t *other);
/* A consumer with a cursor of its own: each value goes to both. */
AIMDB_API aimdb_status_t aimdb_consumer_subscribe(aimdb_consumer_t consumer, aimdb_consumer_t *other);
AIMDB_API aimdb_status_t aimdb_consumer_free(aimdb_consumer_t consumer);

/* Four ways to take a copy of the next value. `size` may be null; otherwise it is written with the value's size, with
 * AIMDB_BUFFER_TOO_SMALL too. Then the value stays the next one of this consumer, not of those that share its
 * cursor, and is freed with it, as one that was read; its room in the record is free. A close counts it as left. With a `capacity` of 0, `buffer` may be null. Not for
 * records of pointers: take messages. */

/* Never waits. */
AIMDB_API aimdb_status_t aimdb_consumer_try_recv(aimdb_consumer_t consumer, void *buffer, size_t capacity, size_t *size);
/* Waits for a value. */
AIMDB_API aimdb_status_t aimdb_consumer_recv(aimdb_consumer_t consumer, void *buffer, size_t capacity, size_t *size);
AIMDB_API aimdb_status_t aimdb_consumer_recv_timeout(aimdb_consumer_t consumer, void *buffer, size_t capacity,
                                                     size_t *size, int64_t timeout_ns);
AIMDB_API aimdb_status_t aimdb_consumer_recv_deadline(aimdb_consumer_t consumer, void *buffer, size_t capacity,
                                                      size_t *size, int64_t deadline_ns);
/* Waits for one value of a plain record, takes up to `max` into `values`, of more than 256 bytes up to 1024 of them.
 * `received` is always written. */
AIMDB_API aimdb_status_t aimdb_consumer_recv_batch(aimdb_consumer_t consumer, void *values, size_t max,
                                                   int64_t timeout_ns, size_t *received);
/* Takes the newest value and skips what lies before it. Lag is counted, not told. */
AIMDB_API aimdb_status_t aimdb_consumer_latest(aimdb_consumer_t consumer, void *buffer, size_t capacity, size_t *size,
                                               int64_t timeout_ns);
/* A copy of the current value (AIMDB_SINGLE_LATEST) or the pending one (AIMDB_MAILBOX), which stays. Never waits. The
 * other kinds answer AIMDB_NOT_SUPPORTED. */
AIMDB_API aimdb_status_t aimdb_consumer_peek(aimdb_consumer_t consumer, void *buffer, size_t capacity, size_t *size);

/* Takes the next value without a copy: all its readers have the same bytes, which nobody changes. The message outlives
 * its consumer and its database, and keeps the bytes until it is freed. For a record of pointers `data` is the pointer. A plain
 * value of up to 256 bytes is copied into the message. `data` and `size` may be null. */
AIMDB_API aimdb_status_t aimdb_consumer_recv_message(aimdb_consumer_t consumer, int64_t timeout_ns,
                                                     aimdb_message_t *message, const void **data, size_t *size);
/* As aimdb_consumer_latest, without a copy. */
AIMDB_API aimdb_status_t aimdb_consumer_latest_message(aimdb_consumer_t consumer, int64_t timeout_ns,
                                                       aimdb_message_t *message, const void **data, size_t *size);
/* As aimdb_consumer_peek, without a copy. */
AIMDB_API aimdb_status_t aimdb_consumer_peek_message(aimdb_consumer_t consumer, aimdb_message_t *message,
                                                     const void **data, size_t *size);
/* What a message holds, again. Threads may ask together. */
AIMDB_API aimdb_status_t aimdb_message_data(aimdb_message_t message, const void **data, size_t *size);
AIMDB_API aimdb_status_t aimdb_message_free(aimdb_message_t message);

/* How many values the last AIMDB_LAGGED was about. */
AIMDB_API aimdb_status_t aimdb_consumer_lag(aimdb_consumer_t consumer, uint64_t *lag);
/* 1 when the record was closed; what is buffered can still be read. */
AIMDB_API aimdb_status_t aimdb_consumer_is_closed(aimdb_consumer_t consumer, int32_t *closed);

/* What a cursor has counted. accepted = delivered + lagged + skipped + readable, always. */
typedef struct aimdb_consumer_stats_t {
    size_t struct_size;
    uint64_t cursor;
    uint64_t accepted;
    uint64_t delivered;
    uint64_t lagged;
    uint64_t skipped;
    uint64_t readable;
} aimdb_consumer_stats_t;

#define AIMDB_CONSUMER_STATS_INIT { sizeof(aimdb_consumer_stats_t), 0, 0, 0, 0, 0, 0 }

AIMDB_API aimdb_status_t aimdb_consumer_stats(aimdb_consumer_t consumer, aimdb_consumer_stats_t *stats);

/* ---------------------------------------------------------------------------------------- wait set */

/* Waits on many ends: consumers for something to read, producers for room, timers. What a token stands for is
 * reported as long as it holds. Ends may be added and removed while another thread waits; one that is freed
 * leaves by itself. */
AIMDB_API aimdb_status_t aimdb_waitset_new(aimdb_waitset_t *set);
AIMDB_API aimdb_status_t aimdb_waitset_add_consumer(aimdb_waitset_t set, aimdb_consumer_t consumer, uint64_t token);
AIMDB_API aimdb_status_t aimdb_waitset_add_producer(aimdb_waitset_t set, aimdb_producer_t producer, uint64_t token);
/* Due after `first_ns`, then each `period_ns`; 0 is once. */
AIMDB_API aimdb_status_t aimdb_waitset_add_timer(aimdb_waitset_t set, int64_t first_ns, int64_t period_ns,
                                                 uint64_t token);
/* Removes every end and timer with this token that is in the set when it begins; what other threads add meanwhile stays.
 * AIMDB_BAD_ARGUMENT if there is none, any more. */
AIMDB_API aimdb_status_t aimdb_waitset_remove(aimdb_waitset_t set, uint64_t token);
/* Waits until something is ready and writes up to `max` tokens, in fair turns. `count` is always written. May be called
 * by several threads. AIMDB_EMPTY with a timeout of 0 and nothing ready; AIMDB_CLOSED when the set is freed meanwhile. */
AIMDB_API aimdb_status_t aimdb_waitset_wait(aimdb_waitset_t set, uint64_t *tokens, size_t max, int64_t timeout_ns,
                                            size_t *count);
AIMDB_API aimdb_status_t aimdb_waitset_wait_deadline(aimdb_waitset_t set, uint64_t *tokens, size_t max,
                                                     int64_t deadline_ns, size_t *count);
/* A file descriptor that is readable while something is ready, for poll, epoll and event loops. It belongs to
 * the set: do not read, write or close it. When it is readable, call aimdb_waitset_wait with a timeout of 0; it stays
 * readable until that found nothing. On Unix. */
AIMDB_API aimdb_status_t aimdb_waitset_fd(aimdb_waitset_t set, int *fd);
/* The same for the one end or timer with this token, while it is in the set. It is yours to close. */
AIMDB_API aimdb_status_t aimdb_waitset_end_fd(aimdb_waitset_t set, uint64_t token, int *fd);
AIMDB_API aimdb_status_t aimdb_waitset_free(aimdb_waitset_t set);

/* --------------------------------------------------------------------------------------------- log */

/* Where this library's own lines go, for the process, up to this level: databases that begin and end, services that
 * fail, lag. Replaces the one before; `log` null turns them off. `user` belongs to it with AIMDB_OK.
 * AIMDB_NOT_SUPPORTED in a Rust program that has a `tracing` subscriber of its own, which has the lines then. */
AIMDB_API aimdb_status_t aimdb_set_log(int32_t level, aimdb_log_t log, void *user, aimdb_user_free_t user_free);

#ifdef __cplusplus
}
#endif

#endif
