//! The calls, as C declares them; functions that nobody calls have no arguments here.

use core::ffi::{c_char, c_int, c_void};

use aimdb_ffi::{DatabaseHandle, PlainValue, Schema, Status};

#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Handle {
    id: u64,
}

/// `aimdb_type_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Type {
    struct_size: usize,
    form: i32,
    size: usize,
    alignment: usize,
    schema: Schema,
}

/// A number of 64 bits.
pub(crate) const NUMBER: Type =
    Type { struct_size: size_of::<Type>(), form: 0, size: 8, alignment: 8, schema: <u64 as PlainValue>::SCHEMA };

/// `aimdb_record_t`, of which the rest is left out.
#[repr(C)]
pub(crate) struct Record {
    pub(crate) struct_size: usize,
    pub(crate) key: *const c_char,
    pub(crate) kind: i32,
    pub(crate) policy: i32,
    pub(crate) capacity: usize,
    pub(crate) ty: Type,
    pub(crate) rest: [*const c_void; 7],
}

type Function = unsafe extern "C" fn();
type Error = *mut Handle;
type Bytes = *const c_void;

unsafe extern "C" {
    pub(crate) fn aimdb_builder_new(builder: *mut Handle) -> Status;
    pub(crate) fn aimdb_builder_record(builder: Handle, record: *const Record, error: Error) -> Status;
    pub(crate) fn aimdb_builder_tap(
        builder: Handle,
        key: *const c_char,
        tap: Function,
        user: *mut c_void,
        user_free: *const c_void,
        error: Error,
    ) -> Status;
    pub(crate) fn aimdb_builder_attach(builder: Handle, db: *mut DatabaseHandle, error: Error) -> Status;
    pub(crate) fn aimdb_builder_free(builder: Handle) -> Status;

    pub(crate) fn aimdb_db_close(db: DatabaseHandle, timeout_ns: i64, left: *mut u64) -> Status;
    pub(crate) fn aimdb_db_is_closed(db: DatabaseHandle, closed: *mut i32) -> Status;
    pub(crate) fn aimdb_db_dump(db: DatabaseHandle, fd: c_int) -> Status;
    pub(crate) fn aimdb_db_stats(db: DatabaseHandle, key: *const c_char, stats: *mut [u64; 19]) -> Status;
    pub(crate) fn aimdb_db_free(db: DatabaseHandle) -> Status;

    pub(crate) fn aimdb_producer_open(
        db: DatabaseHandle,
        key: *const c_char,
        ty: *const Type,
        producer: *mut Handle,
        error: Error,
    ) -> Status;
    pub(crate) fn aimdb_producer_try_send(producer: Handle, value: Bytes, size: usize) -> Status;
    pub(crate) fn aimdb_producer_send(producer: Handle, value: Bytes, size: usize) -> Status;
    pub(crate) fn aimdb_producer_send_timeout(producer: Handle, value: Bytes, size: usize, timeout_ns: i64) -> Status;
    pub(crate) fn aimdb_producer_send_deadline(producer: Handle, value: Bytes, size: usize, deadline_ns: i64)
    -> Status;
    pub(crate) fn aimdb_producer_force_send(producer: Handle, value: Bytes, size: usize) -> Status;
    pub(crate) fn aimdb_producer_send_batch(
        producer: Handle,
        values: Bytes,
        count: usize,
        timeout_ns: i64,
        sent: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_producer_send_move(
        producer: Handle,
        data: *mut c_void,
        size: usize,
        data_free: Function,
        user: *mut c_void,
        timeout_ns: i64,
    ) -> Status;
    pub(crate) fn aimdb_producer_loan(
        producer: Handle,
        size: usize,
        timeout_ns: i64,
        loan: *mut Handle,
        data: *mut *mut c_void,
    ) -> Status;
    pub(crate) fn aimdb_loan_send(loan: Handle) -> Status;
    pub(crate) fn aimdb_loan_free(loan: Handle) -> Status;
    pub(crate) fn aimdb_producer_flush(producer: Handle, timeout_ns: i64) -> Status;
    pub(crate) fn aimdb_producer_close(producer: Handle, timeout_ns: i64, left: *mut u64) -> Status;
    pub(crate) fn aimdb_producer_abort(producer: Handle, discarded: *mut u64) -> Status;
    pub(crate) fn aimdb_producer_is_closed(producer: Handle, closed: *mut i32) -> Status;
    pub(crate) fn aimdb_producer_stats(producer: Handle, stats: *mut [u64; 19]) -> Status;
    pub(crate) fn aimdb_producer_free(producer: Handle) -> Status;

    pub(crate) fn aimdb_consumer_open(
        db: DatabaseHandle,
        key: *const c_char,
        ty: *const Type,
        start: i32,
        consumer: *mut Handle,
        error: Error,
    ) -> Status;
    pub(crate) fn aimdb_consumer_share(consumer: Handle, other: *mut Handle) -> Status;
    pub(crate) fn aimdb_consumer_subscribe(consumer: Handle, other: *mut Handle) -> Status;
    pub(crate) fn aimdb_consumer_try_recv(
        consumer: Handle,
        to: *mut c_void,
        capacity: usize,
        size: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_consumer_recv(consumer: Handle, to: *mut c_void, capacity: usize, size: *mut usize) -> Status;
    pub(crate) fn aimdb_consumer_recv_timeout(
        consumer: Handle,
        to: *mut c_void,
        capacity: usize,
        size: *mut usize,
        timeout_ns: i64,
    ) -> Status;
    pub(crate) fn aimdb_consumer_recv_deadline(
        consumer: Handle,
        to: *mut c_void,
        capacity: usize,
        size: *mut usize,
        deadline_ns: i64,
    ) -> Status;
    pub(crate) fn aimdb_consumer_recv_batch(
        consumer: Handle,
        values: *mut c_void,
        max: usize,
        timeout_ns: i64,
        received: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_consumer_latest(
        consumer: Handle,
        to: *mut c_void,
        capacity: usize,
        size: *mut usize,
        timeout_ns: i64,
    ) -> Status;
    pub(crate) fn aimdb_consumer_peek(consumer: Handle, to: *mut c_void, capacity: usize, size: *mut usize) -> Status;
    pub(crate) fn aimdb_consumer_recv_message(
        consumer: Handle,
        timeout_ns: i64,
        message: *mut Handle,
        data: *mut Bytes,
        size: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_consumer_latest_message(
        consumer: Handle,
        timeout_ns: i64,
        message: *mut Handle,
        data: *mut Bytes,
        size: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_consumer_peek_message(
        consumer: Handle,
        message: *mut Handle,
        data: *mut Bytes,
        size: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_consumer_lag(consumer: Handle, lag: *mut u64) -> Status;
    pub(crate) fn aimdb_consumer_is_closed(consumer: Handle, closed: *mut i32) -> Status;
    pub(crate) fn aimdb_consumer_stats(consumer: Handle, stats: *mut [u64; 7]) -> Status;
    pub(crate) fn aimdb_consumer_free(consumer: Handle) -> Status;

    pub(crate) fn aimdb_waitset_new(set: *mut Handle) -> Status;
    pub(crate) fn aimdb_waitset_add_consumer(set: Handle, consumer: Handle, token: u64) -> Status;
    pub(crate) fn aimdb_waitset_add_producer(set: Handle, producer: Handle, token: u64) -> Status;
    pub(crate) fn aimdb_waitset_add_timer(set: Handle, first_ns: i64, period_ns: i64, token: u64) -> Status;
    pub(crate) fn aimdb_waitset_remove(set: Handle, token: u64) -> Status;
    pub(crate) fn aimdb_waitset_wait(
        set: Handle,
        tokens: *mut u64,
        max: usize,
        timeout_ns: i64,
        count: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_waitset_wait_deadline(
        set: Handle,
        tokens: *mut u64,
        max: usize,
        deadline_ns: i64,
        count: *mut usize,
    ) -> Status;
    pub(crate) fn aimdb_waitset_fd(set: Handle, fd: *mut c_int) -> Status;
    pub(crate) fn aimdb_waitset_end_fd(set: Handle, token: u64, fd: *mut c_int) -> Status;
    pub(crate) fn aimdb_waitset_free(set: Handle) -> Status;

    pub(crate) fn aimdb_set_log(level: i32, log: Function, user: *mut c_void, user_free: *const c_void) -> Status;
}
