//! No message allocates once the record's blocks have been used, and where there is no memory, a call says so.
#![allow(unsafe_code, reason = "these are functions of C, and a global allocator")]

use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::CString;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

// The functions are reached by their symbols, as from C.
use aimdb_ffi as _;

/// Counts what the calling thread allocates, and refuses it memory where a test says so.
struct Refusing;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// How many of them it has not freed.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// Lines of the log that came of what it did.
    static LINES: Cell<usize> = const { Cell::new(0) };
    /// So many are granted still.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn granted() -> bool {
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    let take = |left: &Cell<usize>| left.replace(left.get().saturating_sub(1)) > 0;
    // A panic is told with memory, or it would end in one more, and the test in no verdict.
    let granted = LEFT.try_with(take).unwrap_or(true) || thread::panicking();
    hold(isize::from(granted));
    granted
}

fn hold(more: isize) {
    let _ = HELD.try_with(|held| held.set(held.get() + more));
}

// SAFETY: every block comes from, and goes back to, the system's allocator; what is refused is answered with null, as the
// trait lets it be.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        if granted() { unsafe { System.alloc(layout) } } else { ptr::null_mut() }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        hold(-1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

fn without_memory<R>(work: impl FnOnce() -> R) -> R {
    with_memory_for(0, work)
}

/// Lets only so many allocations succeed while `work` runs.
fn with_memory_for<R>(left: usize, work: impl FnOnce() -> R) -> R {
    LEFT.set(left);
    let result = work();
    LEFT.set(usize::MAX);
    result
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Handle(u64);

#[derive(Clone, Copy)]
#[repr(C)]
struct Type {
    struct_size: usize,
    form: i32,
    size: usize,
    alignment: usize,
    schema: [u8; 16],
}

#[repr(C)]
struct Record {
    struct_size: usize,
    key: *const c_char,
    kind: i32,
    policy: i32,
    capacity: usize,
    ty: Type,
    single_cursor: i32,
    callbacks: [usize; 6],
}

#[repr(C)]
struct Tap {
    tap: See,
    user: *const c_void,
    user_free: Release,
}

/// With what a later version has beside.
#[repr(C)]
struct TappedRecord {
    record: Record,
    taps: *const Tap,
    tap_count: usize,
}

type See = extern "C" fn(*mut c_void, *const c_void, usize);
type Release = extern "C" fn(*mut c_void);
type Log = extern "C" fn(*mut c_void, i32, *const c_char);
type DataFree = extern "C" fn(*mut c_void, *mut c_void);

unsafe extern "C" {
    fn aimdb_builder_new(builder: *mut Handle) -> i32;
    fn aimdb_builder_record(builder: Handle, record: *const Record, error: *mut Handle) -> i32;
    fn aimdb_builder_tap(
        builder: Handle,
        key: *const c_char,
        tap: See,
        user: *const c_void,
        user_free: Release,
        error: *mut Handle,
    ) -> i32;
    fn aimdb_builder_free(builder: Handle) -> i32;
    fn aimdb_set_log(level: i32, log: Option<Log>, user: *const c_void, user_free: Option<Release>) -> i32;
    fn aimdb_builder_attach(builder: Handle, db: *mut Handle, error: *mut Handle) -> i32;
    fn aimdb_db_free(db: Handle) -> i32;
    fn aimdb_db_stats(db: Handle, key: *const c_char, stats: *mut c_void) -> i32;
    fn aimdb_error_free(error: Handle) -> i32;
    fn aimdb_producer_open(
        db: Handle,
        key: *const c_char,
        ty: *const Type,
        producer: *mut Handle,
        error: *mut Handle,
    ) -> i32;
    fn aimdb_producer_try_send(producer: Handle, value: *const c_void, size: usize) -> i32;
    fn aimdb_producer_send_batch(
        producer: Handle,
        values: *const c_void,
        count: usize,
        ns: i64,
        sent: *mut usize,
    ) -> i32;
    fn aimdb_producer_send_move(
        producer: Handle,
        data: *mut c_void,
        size: usize,
        free: DataFree,
        user: *mut c_void,
        ns: i64,
    ) -> i32;
    fn aimdb_producer_close(producer: Handle, ns: i64, left: *mut u64) -> i32;
    fn aimdb_producer_free(producer: Handle) -> i32;
    fn aimdb_consumer_open(
        db: Handle,
        key: *const c_char,
        ty: *const Type,
        start: i32,
        consumer: *mut Handle,
        error: *mut Handle,
    ) -> i32;
    fn aimdb_consumer_share(consumer: Handle, other: *mut Handle) -> i32;
    fn aimdb_consumer_subscribe(consumer: Handle, other: *mut Handle) -> i32;
    fn aimdb_consumer_try_recv(consumer: Handle, buffer: *mut c_void, capacity: usize, size: *mut usize) -> i32;
    fn aimdb_consumer_recv_batch(consumer: Handle, values: *mut c_void, max: usize, ns: i64, got: *mut usize) -> i32;
    fn aimdb_consumer_recv_message(
        consumer: Handle,
        ns: i64,
        message: *mut Handle,
        data: *mut *const c_void,
        size: *mut usize,
    ) -> i32;
    fn aimdb_consumer_free(consumer: Handle) -> i32;
    fn aimdb_message_free(message: Handle) -> i32;
}

const OK: i32 = 0;
const EMPTY: i32 = 2;
const TIMEOUT: i32 = 3;
const RECORD_NOT_FOUND: i32 = 108;
const TYPE_MISMATCH: i32 = 109;
const OUT_OF_MEMORY: i32 = 300;
const TOO_MANY: i32 = 302;

/// The two ends of a queue of 8; or the sending one, and no consumer yet.
#[derive(Clone, Copy)]
struct Ends {
    db: Handle,
    producer: Handle,
    consumer: Handle,
    ty: Type,
}

fn attached(form: i32, size: usize) -> Ends {
    let ends = unread(form, size);
    Ends { consumer: ends.open().expect("a consumer"), ..ends }
}

fn unread(form: i32, size: usize) -> Ends {
    let ty = Type { struct_size: size_of::<Type>(), form, size, alignment: 0, schema: [0; 16] };
    let (kind, policy, key) = (3, 1, c"values".as_ptr());
    let record = Record {
        struct_size: size_of::<Record>(),
        key,
        kind,
        policy,
        capacity: 8,
        ty,
        single_cursor: 0,
        callbacks: [0; 6],
    };
    let [mut builder, mut db, mut producer, consumer] = [Handle::default(); 4];
    let none = ptr::null_mut();
    // SAFETY: all of it may be read and written, and the key ends with a zero.
    let answers = unsafe {
        [
            aimdb_builder_new(&raw mut builder),
            aimdb_builder_record(builder, &raw const record, none),
            aimdb_builder_attach(builder, &raw mut db, none),
            aimdb_producer_open(db, key, &raw const ty, &raw mut producer, none),
        ]
    };
    assert_eq!(answers, [OK; 4]);
    Ends { db, producer, consumer, ty }
}

impl Ends {
    fn detach(self) {
        // SAFETY: handles may be any.
        let answers =
            unsafe { [aimdb_db_free(self.db), aimdb_producer_free(self.producer), aimdb_consumer_free(self.consumer)] };
        assert_eq!(answers, [OK; 3]);
    }

    /// Another producer of this key, and whether there is a sentence about it if there is none.
    fn open_producer(self, key: &CStr, says: bool) -> Result<Handle, i32> {
        let (mut producer, mut error) = (Handle::default(), Handle::default());
        let (ty, error_to) = (&raw const self.ty, if says { &raw mut error } else { ptr::null_mut() });
        // SAFETY: all of it may be read and written, and the key ends with a zero; an error may be none.
        let answers = unsafe {
            [aimdb_producer_open(self.db, key.as_ptr(), ty, &raw mut producer, error_to), aimdb_error_free(error)]
        };
        match answers {
            [OK, OK] => Ok(producer),
            [refused, freed] => {
                assert_eq!(freed, OK);
                Err(refused)
            }
        }
    }

    /// Another consumer.
    fn open(self) -> Result<Handle, i32> {
        let (mut consumer, none) = (Handle::default(), ptr::null_mut());
        let (key, ty) = (c"values".as_ptr(), &raw const self.ty);
        // SAFETY: all of it may be read and written, and the key ends with a zero.
        match unsafe { aimdb_consumer_open(self.db, key, ty, 0, &raw mut consumer, none) } {
            OK => Ok(consumer),
            refused => Err(refused),
        }
    }

    fn send(self, value: &[u8]) -> i32 {
        // SAFETY: there are so many bytes.
        unsafe { aimdb_producer_try_send(self.producer, value.as_ptr().cast(), value.len()) }
    }

    fn send_move(self, value: &mut [u64]) -> i32 {
        extern "C" fn nothing(_: *mut c_void, _: *mut c_void) {}
        let (data, size) = (value.as_mut_ptr().cast(), size_of_val(value));
        // SAFETY: there are so many bytes, and they outlive the test.
        unsafe { aimdb_producer_send_move(self.producer, data, size, nothing, ptr::null_mut(), 0) }
    }

    fn recv(self, buffer: &mut [u8]) -> i32 {
        let mut size = 0;
        // SAFETY: there is so much room.
        unsafe { aimdb_consumer_try_recv(self.consumer, buffer.as_mut_ptr().cast(), buffer.len(), &raw mut size) }
    }

    fn message(self) -> Result<Handle, i32> {
        let mut message = Handle::default();
        let (mut data, mut size) = (ptr::null(), 0);
        // SAFETY: all may be written.
        let answer =
            unsafe { aimdb_consumer_recv_message(self.consumer, 0, &raw mut message, &raw mut data, &raw mut size) };
        if answer == OK { Ok(message) } else { Err(answer) }
    }

    fn batch(self, values: &mut [u8]) {
        let (mut count, mut got) = (0, 0);
        // SAFETY: there are four of them.
        let answers = unsafe {
            [
                aimdb_producer_send_batch(self.producer, values.as_ptr().cast(), 4, 0, &raw mut count),
                aimdb_consumer_recv_batch(self.consumer, values.as_mut_ptr().cast(), 4, 0, &raw mut got),
            ]
        };
        assert_eq!((answers, count, got), ([OK; 2], 4, 4));
    }
}

/// What is given to a callback, and how often that was freed.
#[derive(Default)]
struct User(AtomicUsize);

impl User {
    extern "C" fn release(user: *mut c_void) {
        // SAFETY: it is one, and lives as long as its test.
        unsafe { &*user.cast::<Self>() }.0.fetch_add(1, Ordering::SeqCst);
    }

    extern "C" fn see(_: *mut c_void, _: *const c_void, _: usize) {}

    extern "C" fn log(_: *mut c_void, _: i32, _: *const c_char) {
        LINES.set(LINES.get() + 1);
    }

    fn released(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn pointer(&self) -> *const c_void {
        ptr::from_ref(self).cast()
    }
}

fn free(message: Handle) {
    // SAFETY: a handle may be any.
    assert_eq!(unsafe { aimdb_message_free(message) }, OK);
}

/// Of the tests that have the table of handles, which is one for all, grow, and that count what is allocated: one at a time.
static GROWS: Mutex<()> = Mutex::new(());

const BYTES: i32 = 1;
const POINTER: i32 = 2;
const SHAPES: [(i32, usize); 4] = [(0, 48), (0, 1_000), (BYTES, 100_000), (POINTER, 0)];

#[test]
fn p1_no_message_allocates_after_warm_up() {
    let _alone = GROWS.lock().expect("no other test has failed");
    for (form, size) in SHAPES {
        let ends = attached(form, size);
        let mut value = vec![7_u64; 12_500];
        let mut buffer = vec![0_u8; 100_000];
        let mut turn = |rounds: usize| {
            for round in 0..rounds {
                let size = match form {
                    0 => size,
                    _ => 8 * (round * 7919 % 12_500),
                };
                if form != POINTER {
                    assert_eq!(ends.send(&buffer[..size]), OK);
                    assert_eq!(ends.recv(&mut buffer[..size]), OK);
                    assert_eq!(ends.send(&buffer[..size]), OK);
                    free(ends.message().expect("a message"));
                }
                if form == 0 {
                    ends.batch(&mut buffer[..4 * size]);
                }
                assert_eq!(ends.send_move(&mut value[..size / 8]), OK);
                // Several are held together.
                assert_eq!(ends.send_move(&mut value[..size / 8]), OK);
                let messages = [ends.message(), ends.message()];
                messages.into_iter().for_each(|message| free(message.expect("a message")));
            }
        };
        // Once through all the sizes.
        turn(if form == BYTES { 12_500 } else { 10 });
        assert_eq!(allocations(|| turn(1_000)), 0, "form {form}, size {size}");
        ends.detach();
    }
}

#[test]
fn w6_a_value_for_which_there_is_no_memory_is_refused_and_stays_the_callers() {
    for (form, size) in SHAPES {
        let ends = attached(form, size);
        let mut value = vec![7_u64; 125];
        let bytes = vec![7_u8; size.min(1_000)];
        let mut buffer = vec![0_u8; 1_000];
        let is_block = (form, size) != (0, 48);
        // The smallest blocks are there then, and no larger ones.
        if form == BYTES {
            assert_eq!((ends.send(&[]), ends.recv(&mut buffer)), (OK, OK));
        }
        if is_block {
            without_memory(|| {
                if form != POINTER {
                    assert_eq!(ends.send(&bytes), OUT_OF_MEMORY);
                }
                assert_eq!(ends.message().err(), Some(EMPTY));
            });
        } else {
            // A message of a small value needs memory, and without it the value stays the next one.
            assert_eq!(ends.send(&bytes), OK);
            assert_eq!(without_memory(|| ends.message().err()), Some(OUT_OF_MEMORY));
            assert_eq!(ends.recv(&mut buffer), OK);
        }
        if form == POINTER {
            assert_eq!(without_memory(|| ends.send_move(&mut value)), OUT_OF_MEMORY);
            assert_eq!(ends.send_move(&mut value), OK);
        } else {
            assert_eq!(ends.send(&bytes), OK);
            assert_eq!(ends.recv(&mut buffer), OK);
        }
        ends.detach();
    }
}

/// What `make` makes, with as many allocations as it takes; says how many. With fewer it is refused.
fn with_just_enough(make: impl Fn() -> Result<Handle, i32>) -> (Handle, usize) {
    let mut granted = 0;
    // Bounded by the allocations of a consumer.
    loop {
        match with_memory_for(granted, &make) {
            Ok(made) => return (made, granted),
            Err(refused) => assert!([OUT_OF_MEMORY, TOO_MANY].contains(&refused), "{refused} after {granted}"),
        }
        granted += 1;
    }
}

/// C1, B23: a consumer that gets no memory, for its cursor, for itself, or for its handle, leaves a closed record its values.
#[test]
fn c1_b23_a_consumer_of_c_that_gets_no_memory_takes_no_value_with_it() {
    for (form, size) in [(0, 48), (0, 1_000), (BYTES, 1_000)] {
        let ends = unread(form, size);
        // SAFETY: a handle may be any, and nobody wants to know what is left.
        let close = || unsafe { aimdb_producer_close(ends.producer, 0, ptr::null_mut()) };
        assert_eq!((ends.send(&vec![7; size]), close()), (OK, TIMEOUT));
        let (consumer, granted) = with_just_enough(|| ends.open());
        assert!(granted > 2, "a cursor, a consumer and its handle have a place: {granted}");
        let ends = Ends { consumer, ..ends };
        assert_eq!(ends.recv(&mut vec![0; size]), OK, "form {form}, size {size}");
        ends.detach();
    }
}

/// B23: so is one that shares a cursor, or subscribes again; and where the table of handles grows there is a place for each.
#[test]
fn b23_consumers_of_c_that_get_no_memory_are_refused() {
    let _alone = GROWS.lock().expect("no other test has failed");
    let ends = attached(0, 48);
    let another = |make: unsafe extern "C" fn(Handle, *mut Handle) -> i32| {
        let mut other = Handle::default();
        // SAFETY: a handle may be any, and the other may be written.
        match unsafe { make(ends.consumer, &raw mut other) } {
            OK => Ok(other),
            refused => Err(refused),
        }
    };
    // More than the table has in one piece.
    let mut consumers = Vec::with_capacity(600);
    for _ in 0..200 {
        consumers.push(with_just_enough(|| ends.open()).0);
        consumers.push(with_just_enough(|| another(aimdb_consumer_share)).0);
        consumers.push(with_just_enough(|| another(aimdb_consumer_subscribe)).0);
    }
    for consumer in consumers {
        // SAFETY: handles may be any.
        assert_eq!(unsafe { aimdb_consumer_free(consumer) }, OK);
    }
    assert_eq!((ends.send(&[7; 48]), ends.recv(&mut [0; 48])), (OK, OK));
    ends.detach();
}

/// B23: a producer for which there is no memory is refused, and what it had by then is free again.
#[test]
fn b23_producers_of_c_that_get_no_memory_are_refused() {
    let _alone = GROWS.lock().expect("no other test has failed");
    for (form, size) in SHAPES {
        let ends = attached(form, size);
        let held = HELD.get();
        let open = |says| {
            let (producer, granted) = with_just_enough(|| ends.open_producer(c"values", says));
            // SAFETY: a handle may be any.
            assert_eq!(unsafe { aimdb_producer_free(producer) }, OK);
            granted
        };
        assert_eq!([open(false), open(true)], [3; 2], "its two ends, and what holds them: form {form}, size {size}");
        assert_eq!(HELD.get(), held, "form {form}, size {size}");
        ends.detach();
    }
}

/// B23: how a record fares is told without memory, and so is that there is none of this key.
#[test]
fn b23_the_counts_of_a_record_are_told_to_c_without_memory() {
    const COUNTS: usize = size_of::<usize>() + 18 * size_of::<u64>();
    let ends = attached(0, 48);
    assert_eq!(ends.send(&[7; 48]), OK);
    let mut counts = [COUNTS as u64; COUNTS / size_of::<u64>()];
    // SAFETY: the key ends with a zero, and there is as much room as its first word says.
    let mut counted = |key: &CStr| unsafe { aimdb_db_stats(ends.db, key.as_ptr(), counts.as_mut_ptr().cast()) };
    assert_eq!(without_memory(|| [counted(c"values"), counted(c"nothing")]), [OK, RECORD_NOT_FOUND]);
    let [_, capacity, occupancy, accepted, ..] = counts;
    assert_eq!([capacity, occupancy, accepted], [8, 1, 1]);
    ends.detach();
}

/// B23: so is what is described, and the `user` of a callback stays the caller's until the call succeeds.
#[test]
fn b23_what_is_described_by_c_without_memory_is_refused_and_its_users_stay_the_callers() {
    let _alone = GROWS.lock().expect("no other test has failed");
    let (user, none) = (User::default(), ptr::null_mut());
    let tap = Tap { tap: User::see, user: user.pointer(), user_free: User::release };
    let described = |key: &CStr, form, size| TappedRecord {
        record: Record {
            struct_size: size_of::<TappedRecord>(),
            key: key.as_ptr(),
            kind: 3,
            policy: 1,
            capacity: 8,
            ty: Type { struct_size: size_of::<Type>(), form, size, alignment: 0, schema: [0; 16] },
            single_cursor: 0,
            // A function that is told of what is dropped; it never is.
            callbacks: [
                0,
                0,
                0,
                User::see as *const () as usize,
                user.pointer().addr(),
                User::release as *const () as usize,
            ],
        },
        taps: &raw const tap,
        tap_count: 1,
    };
    let answer = |answer, made| if answer == OK { Ok(made) } else { Err(answer) };
    let held = HELD.get();
    let (builder, granted) = with_just_enough(|| {
        let mut builder = Handle::default();
        // SAFETY: it may be written.
        answer(unsafe { aimdb_builder_new(&raw mut builder) }, builder)
    });
    assert_eq!(granted, 1);
    for (at, (form, size)) in [(0, 8)].into_iter().chain(SHAPES).enumerate() {
        let key = CString::new(format!("record {at}")).expect("there is no zero in it");
        let record = described(&key, form, size);
        // SAFETY: all of it may be read, and the key ends with a zero.
        let add = || answer(unsafe { aimdb_builder_record(builder, (&raw const record).cast(), none) }, builder);
        let granted = with_just_enough(add).1;
        assert!(granted > 4, "its taps and their users, its key, and what its values are: {granted}");
        // SAFETY: as above.
        let tapped =
            || unsafe { aimdb_builder_tap(builder, key.as_ptr(), User::see, user.pointer(), User::release, none) };
        let granted = with_just_enough(|| answer(tapped(), builder)).1;
        assert!(granted >= 2, "{granted}");
    }
    assert_eq!(user.released(), 0);
    // SAFETY: a handle may be any.
    assert_eq!(unsafe { aimdb_builder_free(builder) }, OK);
    assert_eq!((user.released(), HELD.get()), (3 * (1 + SHAPES.len()), held));
}

/// B23: so is a log, and lines for which there is no memory are left out.
#[test]
fn b23_a_log_of_c_goes_on_without_memory() {
    let _alone = GROWS.lock().expect("no other test has failed");
    let user = User::default();
    // SAFETY: the user lives until it is freed, which is before the end of the test.
    let log = |log| unsafe { aimdb_set_log(4, log, user.pointer(), Some(User::release)) };
    assert_eq!(log(Some(User::log)), OK);
    let (_, granted) = with_just_enough(|| match log(Some(User::log)) {
        OK => Ok(Handle::default()),
        refused => Err(refused),
    });
    assert_eq!((granted, user.released()), (1, 1), "the one that was replaced");
    let ends = attached(0, 48);
    let lines = LINES.get();
    assert!(lines > 0, "a database was attached");
    // SAFETY: a handle may be any.
    assert_eq!(without_memory(|| unsafe { aimdb_db_free(ends.db) }), OK);
    assert_eq!(LINES.get(), lines);
    attached(0, 48).detach();
    assert!(LINES.get() > lines + 1, "one is attached, and ends");
    assert_eq!((log(None), user.released()), (OK, 3), "that of the call that ends it, too");
    // SAFETY: as above.
    assert_eq!(unsafe { [aimdb_producer_free(ends.producer), aimdb_consumer_free(ends.consumer)] }, [OK; 2]);
}

/// B23: where there is no memory for a sentence about what is wrong, its status says it.
#[test]
fn b23_what_is_wrong_with_a_call_of_c_is_answered_without_memory() {
    let ends = attached(0, 48);
    let wrong = Ends { ty: Type { size: 8, ..ends.ty }, ..ends };
    let held = HELD.get();
    for granted in 0..8 {
        for says in [false, true] {
            let unknown = with_memory_for(granted, || ends.open_producer(c"nothing", says));
            let mistaken = with_memory_for(granted, || wrong.open_producer(c"values", says));
            assert_eq!([unknown.err(), mistaken.err()], [Some(RECORD_NOT_FOUND), Some(TYPE_MISMATCH)]);
        }
    }
    assert_eq!(HELD.get(), held);
    ends.detach();
}

/// What a record's type takes says so, too.
#[test]
fn a_record_of_any_size_is_made_and_its_values_are_refused() {
    let ends = attached(BYTES, usize::MAX / 2);
    assert_eq!(ends.ty.size, usize::MAX / 2);
    // SAFETY: nothing is read: there is no memory for so many bytes.
    let answer = unsafe { aimdb_producer_try_send(ends.producer, ptr::dangling(), usize::MAX / 4) };
    assert_eq!((answer, ends.send(b"short")), (OUT_OF_MEMORY, OK));
    ends.detach();
}
