//! A record whose buffer somebody has written, and which faults or refuses when it is told to: what calls answer then.

mod calls;
mod own;

use core::ffi::c_void;
use core::ptr::{null, null_mut};
use std::collections::BTreeSet;

use aimdb_core::buffer::SubscribeError;
use aimdb_ffi::{DatabaseHandle, Exports, Status};
use aimdb_sync::{AimDbBuilder, Attach};

use self::calls::*;
use self::own::{Mood, Own, Told, in_a};
use crate::answers::Answer;

/// That a call answers this status, which is remembered.
macro_rules! provoke {
    ($provoked:expr, $status:ident, $call:ident($($argument:expr),*)) => {{
        // SAFETY: pointers lead to what lives longer than the call, or are null; any handle may be given.
        let answered = unsafe { $call($($argument),*) };
        assert_eq!(answered, Status::$status, stringify!($call));
        $provoked.insert((stringify!($call).to_owned(), concat!("AIMDB_", stringify!($status)).to_owned()));
    }};
}

/// One handle of each kind that a fault can poison.
#[derive(Clone, Copy)]
struct Handles {
    builder: Handle,
    db: DatabaseHandle,
    producer: Handle,
    consumer: Handle,
    loan: Handle,
    set: Handle,
}

static VALUE: u64 = 7;
/// A moment in the far future, and the number of a token.
const NEVER: i64 = i64::MAX;
const TOKEN: u64 = 1;

fn value() -> *const c_void {
    (&raw const VALUE).cast()
}

fn open() -> DatabaseHandle {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u64>("own", |record| {
        record.buffer_raw(Own);
    });
    let db = builder.attach().expect("it can be attached");
    Exports::new(db).record::<u64>("own").expect("it is there").into_handle().expect("a handle")
}

fn producer(db: DatabaseHandle) -> Handle {
    let mut producer = Handle::default();
    // SAFETY: all of them live longer than the call.
    let opened = unsafe { aimdb_producer_open(db, c"own".as_ptr(), &NUMBER, &raw mut producer, null_mut()) };
    assert_eq!(opened, Status::OK);
    producer
}

fn consumer(db: DatabaseHandle) -> Handle {
    let mut consumer = Handle::default();
    // SAFETY: as above.
    let opened = unsafe { aimdb_consumer_open(db, c"own".as_ptr(), &NUMBER, 0, &raw mut consumer, null_mut()) };
    assert_eq!(opened, Status::OK);
    consumer
}

fn loan(producer: Handle) -> Handle {
    let (mut loan, mut data) = (Handle::default(), null_mut());
    // SAFETY: as above.
    assert_eq!(unsafe { aimdb_producer_loan(producer, 8, 0, &raw mut loan, &raw mut data) }, Status::OK);
    loan
}

fn set() -> Handle {
    let mut set = Handle::default();
    // SAFETY: as above.
    assert_eq!(unsafe { aimdb_waitset_new(&raw mut set) }, Status::OK);
    set
}

fn handles() -> Handles {
    let mut builder = Handle::default();
    // SAFETY: as above.
    assert_eq!(unsafe { aimdb_builder_new(&raw mut builder) }, Status::OK);
    let db = open();
    let producer = producer(db);
    Handles { builder, db, producer, consumer: consumer(db), loan: loan(producer), set: set() }
}

/// All that can be provoked here.
pub(super) fn provoked() -> BTreeSet<Answer> {
    tracing::subscriber::set_global_default(Told).expect("nobody else in this program wants the lines");
    let mut provoked = BTreeSet::new();
    provoke!(provoked, NOT_SUPPORTED, aimdb_set_log(1, nothing, null_mut(), null_mut()));
    a_buffer_that_refuses(&mut provoked);
    let all = handles();
    a_fault_in_the_midst_of_a_call(&mut provoked, all);
    each_call_of_a_poisoned_builder_or_database(&mut provoked, all);
    each_call_of_a_poisoned_producer(&mut provoked, all);
    each_call_of_a_poisoned_consumer(&mut provoked, all);
    each_call_of_a_poisoned_set(&mut provoked, all);
    each_free(&mut provoked, all);
    a_fault_in_the_midst_of_a_free(&mut provoked);
    provoked
}

fn a_buffer_that_refuses(provoked: &mut BTreeSet<Answer>) {
    let db = open();
    let (out, reader, set) = (producer(db), consumer(db), set());
    let other = &mut Handle::default();
    let key = c"own".as_ptr();
    let refused = |why| in_a(Mood::Refusing(why));
    {
        let _mood = refused(SubscribeError::NoReaders);
        provoke!(provoked, NOT_SUPPORTED, aimdb_consumer_open(db, key, &NUMBER, 0, other, null_mut()));
        provoke!(provoked, NOT_SUPPORTED, aimdb_consumer_subscribe(reader, other));
        provoke!(provoked, NOT_SUPPORTED, aimdb_consumer_share(reader, other));
        provoke!(provoked, NOT_SUPPORTED, aimdb_waitset_add_consumer(set, reader, TOKEN));
        provoke!(provoked, NOT_SUPPORTED, aimdb_waitset_add_producer(set, out, TOKEN));
    }
    {
        let _mood = refused(SubscribeError::SingleCursor);
        provoke!(provoked, SINGLE_CURSOR, aimdb_consumer_share(reader, other));
    }
    {
        let _mood = refused(SubscribeError::NoPlace);
        provoke!(provoked, OUT_OF_MEMORY, aimdb_consumer_share(reader, other));
        // Its place is kept, and there is no memory for what would lie there.
        provoke!(provoked, OUT_OF_MEMORY, aimdb_loan_send(loan(out)));
    }
    // SAFETY: any handle may be freed.
    let freed =
        unsafe { [aimdb_db_free(db), aimdb_producer_free(out), aimdb_consumer_free(reader), aimdb_waitset_free(set)] };
    assert_eq!(freed, [Status::OK; 4]);
}

/// Each handle is poisoned, each in a call that calls what somebody has written.
fn a_fault_in_the_midst_of_a_call(provoked: &mut BTreeSet<Answer>, all: Handles) {
    let (mut db, mut count, mut token) = (DatabaseHandle::default(), 0, 0);
    // SAFETY: both live longer than the call.
    let added = unsafe { aimdb_waitset_add_consumer(all.set, all.consumer, TOKEN) };
    assert_eq!(added, Status::OK);
    let mut faulted = |provoke: &mut dyn FnMut(&mut BTreeSet<Answer>)| {
        let mood = in_a(Mood::Faulty);
        provoke(provoked);
        assert!(mood.is_over(), "nothing of it was called");
    };
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_builder_attach(all.builder, &raw mut db, null_mut())));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_db_stats(all.db, c"own".as_ptr(), &mut stats())));
    faulted(&mut |provoked| {
        provoke!(provoked, POISONED, aimdb_waitset_wait(all.set, &raw mut token, 1, 0, &raw mut count));
    });
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_loan_send(all.loan)));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_producer_stats(all.producer, &mut stats())));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_consumer_stats(all.consumer, &mut read_stats())));
}

fn each_call_of_a_poisoned_builder_or_database(provoked: &mut BTreeSet<Answer>, all: Handles) {
    let (key, other, none) = (c"own".as_ptr(), &mut Handle::default(), null_mut());
    let (mut db, mut closed) = (DatabaseHandle::default(), 0);
    provoke!(provoked, POISONED, aimdb_builder_record(all.builder, &record(), none));
    provoke!(provoked, POISONED, aimdb_builder_tap(all.builder, key, nothing, null_mut(), null_mut(), none));
    provoke!(provoked, POISONED, aimdb_builder_attach(all.builder, &raw mut db, none));
    provoke!(provoked, POISONED, aimdb_db_close(all.db, 0, null_mut()));
    provoke!(provoked, POISONED, aimdb_db_is_closed(all.db, &raw mut closed));
    provoke!(provoked, POISONED, aimdb_db_dump(all.db, 2));
    provoke!(provoked, POISONED, aimdb_db_stats(all.db, key, &mut stats()));
    provoke!(provoked, POISONED, aimdb_producer_open(all.db, key, &NUMBER, other, none));
    provoke!(provoked, POISONED, aimdb_consumer_open(all.db, key, &NUMBER, 0, other, none));
}

fn each_call_of_a_poisoned_producer(provoked: &mut BTreeSet<Answer>, all: Handles) {
    let (to, mut count, mut closed) = (all.producer, 0, 0);
    let (mut moved, mut loan, mut data) = (VALUE, Handle::default(), null_mut());
    let moved = (&raw mut moved).cast();
    provoke!(provoked, POISONED, aimdb_producer_try_send(to, value(), 8));
    provoke!(provoked, POISONED, aimdb_producer_send(to, value(), 8));
    provoke!(provoked, POISONED, aimdb_producer_send_timeout(to, value(), 8, 1));
    provoke!(provoked, POISONED, aimdb_producer_send_deadline(to, value(), 8, NEVER));
    provoke!(provoked, POISONED, aimdb_producer_force_send(to, value(), 8));
    provoke!(provoked, POISONED, aimdb_producer_send_batch(to, value(), 1, 0, &raw mut count));
    provoke!(provoked, POISONED, aimdb_producer_send_move(to, moved, 8, nothing, null_mut(), 0));
    provoke!(provoked, POISONED, aimdb_producer_loan(to, 8, 0, &raw mut loan, &raw mut data));
    provoke!(provoked, POISONED, aimdb_loan_send(all.loan));
    provoke!(provoked, POISONED, aimdb_producer_flush(to, 0));
    provoke!(provoked, POISONED, aimdb_producer_close(to, 0, null_mut()));
    provoke!(provoked, POISONED, aimdb_producer_abort(to, null_mut()));
    provoke!(provoked, POISONED, aimdb_producer_is_closed(to, &raw mut closed));
    provoke!(provoked, POISONED, aimdb_producer_stats(to, &mut stats()));
}

fn each_call_of_a_poisoned_consumer(provoked: &mut BTreeSet<Answer>, all: Handles) {
    let (from, other, mut count, mut closed) = (all.consumer, &mut Handle::default(), 0, 0);
    let mut room = 0_u64;
    let to = (&raw mut room).cast();
    provoke!(provoked, POISONED, aimdb_consumer_share(from, other));
    provoke!(provoked, POISONED, aimdb_consumer_subscribe(from, other));
    provoke!(provoked, POISONED, aimdb_consumer_try_recv(from, to, 8, null_mut()));
    provoke!(provoked, POISONED, aimdb_consumer_recv(from, to, 8, null_mut()));
    provoke!(provoked, POISONED, aimdb_consumer_recv_timeout(from, to, 8, null_mut(), 1));
    provoke!(provoked, POISONED, aimdb_consumer_recv_deadline(from, to, 8, null_mut(), NEVER));
    provoke!(provoked, POISONED, aimdb_consumer_recv_batch(from, to, 1, 0, &raw mut count));
    provoke!(provoked, POISONED, aimdb_consumer_latest(from, to, 8, null_mut(), 0));
    provoke!(provoked, POISONED, aimdb_consumer_peek(from, to, 8, null_mut()));
    provoke!(provoked, POISONED, aimdb_consumer_recv_message(from, 0, other, null_mut(), null_mut()));
    provoke!(provoked, POISONED, aimdb_consumer_latest_message(from, 0, other, null_mut(), null_mut()));
    provoke!(provoked, POISONED, aimdb_consumer_peek_message(from, other, null_mut(), null_mut()));
    provoke!(provoked, POISONED, aimdb_consumer_lag(from, &raw mut room));
    provoke!(provoked, POISONED, aimdb_consumer_is_closed(from, &raw mut closed));
    provoke!(provoked, POISONED, aimdb_consumer_stats(from, &mut read_stats()));
}

fn each_call_of_a_poisoned_set(provoked: &mut BTreeSet<Answer>, all: Handles) {
    let (set, mut token, mut count, mut fd) = (all.set, 0, 0, 0);
    provoke!(provoked, POISONED, aimdb_waitset_add_consumer(set, all.consumer, TOKEN));
    provoke!(provoked, POISONED, aimdb_waitset_add_producer(set, all.producer, TOKEN));
    provoke!(provoked, POISONED, aimdb_waitset_add_timer(set, 1, 0, TOKEN));
    provoke!(provoked, POISONED, aimdb_waitset_remove(set, TOKEN));
    provoke!(provoked, POISONED, aimdb_waitset_wait(set, &raw mut token, 1, 0, &raw mut count));
    provoke!(provoked, POISONED, aimdb_waitset_wait_deadline(set, &raw mut token, 1, NEVER, &raw mut count));
    provoke!(provoked, POISONED, aimdb_waitset_fd(set, &raw mut fd));
    provoke!(provoked, POISONED, aimdb_waitset_end_fd(set, TOKEN, &raw mut fd));
}

/// What is poisoned can be freed.
fn each_free(provoked: &mut BTreeSet<Answer>, all: Handles) {
    provoke!(provoked, OK, aimdb_loan_free(all.loan));
    provoke!(provoked, OK, aimdb_consumer_free(all.consumer));
    provoke!(provoked, OK, aimdb_producer_free(all.producer));
    provoke!(provoked, OK, aimdb_waitset_free(all.set));
    provoke!(provoked, OK, aimdb_db_free(all.db));
    provoke!(provoked, OK, aimdb_builder_free(all.builder));
}

/// The handle is freed all the same.
fn a_fault_in_the_midst_of_a_free(provoked: &mut BTreeSet<Answer>) {
    let Handles { builder, db, producer, consumer: reader, loan, set } = handles();
    let watched = consumer(db);
    let sets = [self::set(), self::set()];
    // SAFETY: any handle may be given.
    let done = unsafe {
        [
            aimdb_builder_free(builder),
            aimdb_waitset_add_consumer(set, watched, TOKEN),
            aimdb_waitset_add_producer(sets[0], producer, TOKEN),
            aimdb_waitset_add_consumer(sets[1], reader, TOKEN),
        ]
    };
    assert_eq!(done, [Status::OK; 4]);
    let mut faulted = |provoke: &mut dyn FnMut(&mut BTreeSet<Answer>)| {
        let mood = in_a(Mood::Faulty);
        provoke(provoked);
        assert!(mood.is_over(), "nothing of it was called");
    };
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_loan_free(loan)));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_producer_free(producer)));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_consumer_free(reader)));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_waitset_free(set)));
    faulted(&mut |provoked| provoke!(provoked, POISONED, aimdb_db_free(db)));
    provoke!(provoked, BAD_HANDLE, aimdb_loan_free(loan));
    provoke!(provoked, BAD_HANDLE, aimdb_producer_free(producer));
    provoke!(provoked, BAD_HANDLE, aimdb_consumer_free(reader));
    provoke!(provoked, BAD_HANDLE, aimdb_waitset_free(set));
    provoke!(provoked, BAD_HANDLE, aimdb_db_free(db));
    // SAFETY: any handle may be freed.
    let freed = unsafe { [aimdb_consumer_free(watched), aimdb_waitset_free(sets[0]), aimdb_waitset_free(sets[1])] };
    assert_eq!(freed, [Status::OK; 3]);
}

/// Is called by nobody.
unsafe extern "C" fn nothing() {}

fn stats() -> [u64; 19] {
    let mut stats = [0; 19];
    stats[0] = size_of_val(&stats) as u64;
    stats
}

fn read_stats() -> [u64; 7] {
    let mut stats = [0; 7];
    stats[0] = size_of_val(&stats) as u64;
    stats
}

/// What C describes; its key is that of the record here.
fn record() -> Record {
    Record {
        struct_size: size_of::<Record>(),
        key: c"own".as_ptr(),
        kind: 0,
        policy: 0,
        capacity: 4,
        ty: NUMBER,
        rest: [null(); 7],
    }
}
