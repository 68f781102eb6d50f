//! Memory: none per message, and an error instead of an abort when there is none (P1, W6, K1, B23).
#![allow(unsafe_code, reason = "a global allocator can be implemented no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferCfgError, BufferReader, HeapBuffer, Reader, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, send_blocking,
};
use aimdb_core::pure::{Kind, Policy, Start};
use aimdb_core::waiting::{About, Deadline, ReadySet, SystemClock, WaitsFor, sleepers};
use aimdb_core::{AimDbBuilder, ConfigMistake, DbError, ProduceAnyError};
use aimdb_tests::watchdog::{until, within};

/// Counts what the calling thread allocates, and refuses it memory where a test says so.
struct Refusing;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// How many blocks it has been given, and has not freed.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// How many more allocations of at least `LARGE` bytes succeed; `None` for all.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static LARGE: Cell<usize> = const { Cell::new(0) };
}

fn hold(more: isize) {
    let _ = HELD.try_with(|held| held.set(held.get() + more));
}

fn granted(size: usize) -> bool {
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    let left = LEFT.try_with(Cell::get).ok().flatten();
    // A panic is told with memory, or it would end in one more, and the test in no verdict.
    match left.filter(|_| !thread::panicking()) {
        Some(left) if size >= LARGE.get() => {
            LEFT.set(Some(left.saturating_sub(1)));
            left > 0
        }
        _ => true,
    }
}

// SAFETY: every block comes from, and goes back to, the system's allocator; what is refused is
// answered with null, as the trait lets it be.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !granted(layout.size()) {
            return std::ptr::null_mut();
        }
        hold(1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        hold(-1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        if granted(size) { unsafe { System.realloc(block, layout, size) } } else { std::ptr::null_mut() }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

/// How often the calling thread allocates in `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

/// Lets only `left` allocations of at least `large` bytes succeed while `work` runs.
fn with_memory_for<R>(left: usize, large: usize, work: impl FnOnce() -> R) -> R {
    LARGE.set(large);
    LEFT.set(Some(left));
    let result = work();
    LEFT.set(None);
    result
}

fn kinds(capacity: usize) -> Vec<BufferCfg> {
    let mut cfgs = vec![BufferCfg::SpmcRing { capacity }, BufferCfg::SingleLatest, BufferCfg::Mailbox];
    cfgs.extend(Policy::ALL.map(|policy| BufferCfg::Bounded { capacity, policy }));
    cfgs
}

fn new(cfg: &BufferCfg) -> HeapBuffer<u64> {
    HeapBuffer::builder(cfg).degrade(Arc::new(|value| value)).build().expect("a buffer")
}

fn pausing(capacity: usize) -> HeapBuffer<u64> {
    new(&BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream })
}

#[test]
fn p1_no_message_allocates_after_warm_up() {
    for cfg in kinds(4) {
        let buffer = new(&cfg);
        let (mut one, mut two) = (buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor"));
        let mut turn = |rounds: u64| {
            for value in 0..rounds {
                let _ = buffer.try_push(value);
                buffer.push(value);
                let _ = send_blocking(&buffer, value, Deadline::At(0));
                let _ = Buffer::force_push(&buffer, value);
                let _ = (one.try_recv(), one.try_latest(), two.try_recv(), buffer.peek());
                let _ = two.recv_blocking(Deadline::At(0));
            }
        };
        turn(20);
        assert_eq!(allocations(|| turn(500)), 0, "{cfg:?}");
    }
}

/// The thread's first sleep, which may allocate. It is woken when it is seen asleep: a wait for a time may end before it
/// sleeps, where the thread does not run for as long.
fn sleep_once() {
    let buffer = pausing(1);
    let mut reader = buffer.reader().expect("a cursor");
    let record = Buffer::identity(&buffer);
    thread::scope(|scope| {
        scope.spawn(move || {
            until(|| sleepers().iter().any(|sleeper| sleeper.record == record));
            buffer.push(1);
        });
        let _about = About::enter(record, WaitsFor::Value);
        assert_eq!(reader.recv_blocking(Deadline::Never), Ok(1));
    });
}

/// W6: "Waiting allocates nothing per wait."
#[test]
fn w6_no_wait_allocates_after_warm_up() {
    within(60, "w6_no_wait_allocates_after_warm_up", || {
        for capacity in [0, 1] {
            let (there, back) = (pausing(capacity), pausing(capacity));
            let (mut at_there, mut at_back) = (there.reader().expect("a cursor"), back.reader().expect("a cursor"));
            let echo = {
                let back = back.clone();
                thread::spawn(move || {
                    sleep_once();
                    let mut turn = |rounds: u64| {
                        for _ in 0..rounds {
                            let value = at_there.recv_blocking(Deadline::Never).expect("a value");
                            send_blocking(&back, value, Deadline::Never).expect("it is open");
                        }
                    };
                    turn(50);
                    allocations(|| turn(500))
                })
            };
            sleep_once();
            let mut turn = |rounds: u64| {
                for value in 0..rounds {
                    send_blocking(&there, value, Deadline::Never).expect("it is open");
                    assert_eq!(at_back.recv_blocking(Deadline::Never), Ok(value));
                }
            };
            turn(50);
            assert_eq!(allocations(|| turn(500)), 0, "capacity {capacity}");
            assert_eq!(echo.join().expect("the echo"), 0, "capacity {capacity}");
        }
        // A wait that ends by its deadline, and one that is cancelled.
        let buffer = pausing(1);
        let mut reader = buffer.reader().expect("a cursor");
        let mut turn = |rounds: u64| {
            for value in 0..rounds {
                let soon = SystemClock.after(std::time::Duration::from_micros(20));
                assert_eq!(reader.recv_blocking(soon), Err(RecvTimeoutError::Timeout));
                buffer.push(value);
                assert_eq!(send_blocking(&buffer, value, soon), Err(SendError::Timeout(value)));
                let mut push = pin!(buffer.push_async(value));
                assert!(push.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
                assert_eq!(push.cancel(), Some(value));
                assert_eq!(reader.try_recv(), Ok(value));
            }
        };
        turn(5);
        assert_eq!(allocations(|| turn(100)), 0);
    });
}

/// W6, W14: nor does a wait for a set.
#[test]
fn w6_a_wait_for_a_set_allocates_nothing_after_warm_up() {
    within(60, "w6_a_wait_for_a_set_allocates_nothing_after_warm_up", || {
        let (there, back) = (pausing(1), pausing(1));
        let (mut at_there, mut at_back) = (there.reader().expect("a cursor"), back.reader().expect("a cursor"));
        let sets = [&at_there, &at_back].map(|reader| {
            let set = ReadySet::new();
            set.add(reader.watch().expect("it can be watched"), 1);
            set.add_timer(2, 0, Some(1_000_000));
            set
        });
        let [of_there, of_back] = sets;
        let echo = {
            let back = back.clone();
            thread::spawn(move || {
                sleep_once();
                let mut turn = |rounds: u64| {
                    for _ in 0..rounds {
                        back.push(next_of(&of_there, &mut at_there));
                    }
                };
                turn(50);
                allocations(|| turn(500))
            })
        };
        sleep_once();
        let mut turn = |rounds: u64| {
            for value in 0..rounds {
                there.push(value);
                assert_eq!(next_of(&of_back, &mut at_back), value);
            }
        };
        turn(50);
        assert_eq!(allocations(|| turn(500)), 0);
        assert_eq!(echo.join().expect("the echo"), 0);
    });
}

/// The next value of a reader in this set.
fn next_of(set: &ReadySet, reader: &mut Reader<u64>) -> u64 {
    loop {
        set.wait(&mut [0; 2], Deadline::Never).expect("it is open");
        if let Ok(value) = reader.try_recv() {
            return value;
        }
    }
}

/// B23: for every n, the n-th allocation that grows with the capacity is refused.
#[test]
fn b23_a_buffer_that_gets_no_memory_is_an_error_and_no_abort() {
    const CAPACITY: usize = 1_000;
    for cfg in kinds(CAPACITY) {
        if cfg.capacity() < CAPACITY {
            continue;
        }
        let mut refused = 0;
        // Bounded by the allocations of a construction.
        loop {
            let built = with_memory_for(refused, 1_024, || {
                HeapBuffer::<u64>::builder(&cfg).degrade(Arc::new(|value| value)).build()
            });
            match built {
                Ok(_) => break,
                Err(error) => assert_eq!(error, BufferCfgError::CapacityTooLarge { capacity: CAPACITY }, "{cfg:?}"),
            }
            refused += 1;
        }
        assert!(refused > 0, "{cfg:?}: a construction allocates");
    }
}

/// B23: for every n, a cursor gets memory n times, and no more.
#[test]
fn b23_a_cursor_that_gets_no_memory_is_an_error() {
    let buffer = pausing(1);
    let mut granted = 0;
    // Bounded by the allocations of a cursor.
    while let Err(refused) = with_memory_for(granted, 0, || buffer.reader()) {
        assert_eq!(refused, SubscribeError::NoPlace);
        assert_eq!(buffer.metrics().cursors, 0);
        granted += 1;
    }
    assert!(granted > 1, "a cursor has a place, and its reader is made");
    assert_eq!(buffer.metrics().cursors, 0, "the reader is gone");
}

/// C1, B23: a reader that gets no memory leaves a closed record its values.
#[test]
fn c1_b23_a_reader_that_gets_no_memory_takes_no_value_with_it() {
    let buffer = pausing(1);
    assert_eq!(buffer.try_push(1), Ok(()));
    buffer.close();
    let mut granted = 0;
    // Bounded by the allocations of a reader.
    let mut reader = loop {
        match with_memory_for(granted, 0, || buffer.reader()) {
            Ok(reader) => break reader,
            Err(refused) => assert_eq!(refused, SubscribeError::NoPlace),
        }
        granted += 1;
    };
    assert!(granted > 1, "a cursor has a place, and its reader is made");
    assert_eq!((reader.try_recv(), buffer.metrics().counters.aborted), (Ok(1), 0));
}

/// B23: a cursor that comes to a lane, and gets no memory for its end of it, is refused, or reads under the lock.
#[test]
fn b23_a_cursor_without_memory_for_its_end_of_a_lane_has_none() {
    let ring = new(&BufferCfg::SpmcRing { capacity: 4 });
    let mut readers = Vec::with_capacity(16);
    for granted in 0..16 {
        // Has the lane made, and opened.
        let _ = ring.try_push(0);
        if let Ok(reader) = with_memory_for(granted, 0, || ring.reader()) {
            readers.push(reader);
        }
    }
    assert!(readers.len() > 10, "a reader takes a few allocations: {}", readers.len());
    assert_eq!(ring.try_push(7), Ok(()));
    assert!(readers.iter_mut().all(|reader| (1..20).any(|_| reader.try_recv() == Ok(7))));
}

/// B23: the same of consumers, of those that share a cursor, and of a record that is asked for without its type.
#[test]
fn b23_a_consumer_that_gets_no_memory_is_an_error() {
    let mut builder = AimDbBuilder::new();
    for key in ["a", "b"] {
        builder.configure::<u64>(key, |record| {
            record.bounded(4);
        });
    }
    let db = builder.build().expect("a sound description");
    let cursors = || db.stats()[0].buffer.cursors;
    let refused = Some(DbError::Subscribe(SubscribeError::NoPlace));
    let mut granted = 0;
    let mut consumer = loop {
        match with_memory_for(granted, 0, || db.consumer::<u64>("a")) {
            // Its name is what it goes on without.
            Ok(consumer) => break consumer,
            Err(error) => assert_eq!((Some(error), cursors()), (refused.clone(), 0)),
        }
        granted += 1;
    };
    assert!(granted > 1, "{granted}");
    assert!(format!("{consumer:?}").contains("without a name"), "{consumer:?}");
    assert_eq!(with_memory_for(0, 0, || consumer.share().err()), refused);
    assert_eq!(with_memory_for(0, 0, || consumer.subscribe().err()), refused);
    assert_eq!(cursors(), 1);
    db.producer::<u64>("a").expect("it is there").produce(7);
    assert_eq!(consumer.try_recv(), Ok(7), "nothing is lost by all that");
    let record = with_memory_for(0, 0, || db.erased("b")).expect("it is there");
    let wrong = record.produce_any(Box::new(1_u8)).expect_err("it holds u64");
    assert!(matches!(wrong, ProduceAnyError::WrongType { found: None, .. }), "{wrong}");
    assert!(record.produce_any(Box::new(1_u64)).is_ok());
}

/// P1, B23: what opens a lane under the lock, for cursors that came after it was made, needs no memory.
#[test]
fn b23_a_lane_that_is_older_than_its_cursors_opens_without_memory() {
    for cfg in [BufferCfg::Mailbox, BufferCfg::Bounded { capacity: 4, policy: Policy::PauseUpstream }] {
        let buffer = new(&cfg);
        // Has the lane made, with no cursor, and closed without having carried anything: it stays so for a while.
        for _ in 0..4 {
            let _ = buffer.try_push(0);
            let _ = buffer.metrics();
        }
        let mut reader = buffer.reader().expect("a cursor");
        let asked = allocations(|| {
            for value in 0..2_000 {
                let _ = buffer.try_push(value);
                let _ = reader.try_recv();
                let _ = buffer.metrics();
            }
        });
        assert_eq!(asked, 0, "{cfg:?}");
    }
}

/// B23: more senders than slots, and no memory for more slots: they wait all the same, and no value
/// is lost.
#[test]
fn b23_senders_wait_without_memory() {
    within(30, "b23_senders_wait_without_memory", || {
        let buffer = pausing(1);
        let mut reader = buffer.reader().expect("a cursor");
        buffer.push(0);
        let mut pushes: Vec<_> = (1..9).map(|value| Box::pin(buffer.push_async(value))).collect();
        let mut context = Context::from_waker(Waker::noop());
        with_memory_for(0, 0, || {
            for push in &mut pushes {
                assert!(push.as_mut().poll(&mut context).is_pending());
            }
            assert_eq!(buffer.try_push(99), Err(TryProduceError::Full(99)));
        });
        assert_eq!(buffer.metrics().waiting_producers, 8);
        let mut read = Vec::new();
        // Bounded: each turn reads a value or lets a sender store one.
        while read.len() < 9 {
            with_memory_for(0, 0, || {
                if let Ok(value) = reader.try_recv() {
                    LEFT.set(None);
                    read.push(value);
                }
            });
            pushes.retain_mut(|push| with_memory_for(0, 0, || push.as_mut().poll(&mut context)) != Poll::Ready(Ok(())));
        }
        assert_eq!(read, (0..9).collect::<Vec<_>>(), "in the order in which they came");
        assert!(pushes.is_empty());
        until(|| buffer.metrics().waiting_producers == 0);
    });
}

/// A waker that says whether it was woken since it was last asked.
#[derive(Default)]
struct Told(AtomicBool);

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Told {
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

/// B23, W2: senders that wait for a slot stand beside a flush and a watch, and each is told what it waits for.
#[test]
fn b23_w2_a_slot_that_is_freed_is_told_to_a_sender_and_not_to_a_flush_or_a_watch() {
    within(30, "b23_w2_a_slot_that_is_freed", || {
        let buffer = pausing(1);
        let mut reader = buffer.reader().expect("a cursor");
        buffer.push(0);
        let (flushing, watching) = (Arc::new(Told::default()), Arc::new(Told::default()));
        let mut flush = pin!(Buffer::flush(&buffer));
        let flush_waker = Waker::from(Arc::clone(&flushing));
        assert!(flush.as_mut().poll(&mut Context::from_waker(&flush_waker)).is_pending());
        let watch = Buffer::watch_room(&buffer).expect("there is a watch");
        assert!(!watch.poll_ready(&Waker::from(Arc::clone(&watching))));
        let mut pushes: Vec<_> = (1..9)
            .map(|value| {
                let told = Arc::new(Told::default());
                (Box::pin(buffer.push_async(value)), Waker::from(Arc::clone(&told)), told)
            })
            .collect();
        with_memory_for(0, 0, || {
            for (push, waker, _) in &mut pushes {
                assert!(push.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
            }
        });
        assert_eq!(buffer.metrics().waiting_producers, 8);
        let mut read = Vec::with_capacity(9);
        // Bounded: each turn reads a value, or a sender that was told goes on.
        while read.len() < 9 {
            let mut goes_on = false;
            if let Ok(value) = with_memory_for(0, 0, || reader.try_recv()) {
                read.push(value);
                goes_on = true;
            }
            pushes.retain_mut(|(push, waker, told)| {
                let is_told = told.take();
                goes_on |= is_told;
                let mut context = Context::from_waker(waker);
                !is_told || with_memory_for(0, 0, || push.as_mut().poll(&mut context)) != Poll::Ready(Ok(()))
            });
            assert!(goes_on, "B23: {read:?} were read, and nobody was told of a slot");
            assert!(!watching.take() || read.len() >= 8, "{read:?} were read, and each place is a sender's");
        }
        assert_eq!(read, (0..9).collect::<Vec<_>>(), "in the order in which they came");
        assert!(flushing.take() && flush.as_mut().poll(&mut Context::from_waker(&flush_waker)).is_ready());
        assert!(watch.poll_ready(Waker::noop()), "there is room");
        assert_eq!(buffer.metrics().waiting_producers, 0);
    });
}

/// B23: slots are added whole or not at all: for every n, so many allocations of more slots succeed, and none after these.
#[test]
fn b23_slots_without_memory_for_all_that_goes_with_them_are_not_added() {
    let pausing = BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream };
    let buffer = HeapBuffer::<u64>::builder(&pausing).reference().build().expect("a buffer");
    let mut reader = buffer.reader().expect("a cursor");
    let mut context = Context::from_waker(Waker::noop());
    let mut pushes: Vec<_> = (1..12).map(|value| Box::pin(buffer.push_async(value))).collect();
    buffer.push(0);
    let (first, more) = pushes.split_at_mut(2);
    assert!(first.iter_mut().all(|push| push.as_mut().poll(&mut context).is_pending()), "each has a slot");
    let held = HELD.get();
    for (granted, push) in more.iter_mut().enumerate().take(3) {
        assert!(with_memory_for(granted, 0, || push.as_mut().poll(&mut context)).is_pending());
        assert_eq!(HELD.get(), held, "{granted} granted");
    }
    for push in &mut more[3..] {
        assert!(with_memory_for(3, 0, || push.as_mut().poll(&mut context)).is_pending());
    }
    assert!(HELD.get() > held, "slots, what holds them, and the notes of all");
    let mut read = Vec::new();
    // Bounded: each turn reads a value or lets a sender store one.
    while read.len() < 12 {
        read.extend(reader.try_recv());
        pushes.retain_mut(|push| push.as_mut().poll(&mut context) != Poll::Ready(Ok(())));
    }
    read.sort_unstable();
    assert_eq!((read, pushes.len()), ((0..12).collect(), 0), "those that had no slot have one by now");
}

/// B23: for every n, the n-th allocation of a buffer is refused.
#[test]
fn b23_each_allocation_of_a_buffer_can_be_refused() {
    drop(pausing(1));
    for cfg in kinds(4) {
        if cfg.kind() == Kind::Bounded(Policy::DegradeQuality) {
            // Its degrader is allocated by who gives it.
            continue;
        }
        let mut granted = 0;
        // Bounded by the allocations of a construction.
        while let Err(error) = with_memory_for(granted, 0, || HeapBuffer::<u64>::new(&cfg).map(drop)) {
            assert_eq!(error, BufferCfgError::CapacityTooLarge { capacity: cfg.capacity() }, "{cfg:?}");
            granted += 1;
        }
        assert_eq!(granted, 3, "{cfg:?}: slots, their places, and the rest");
    }
}

/// When its record is made, so many allocations succeed from then on; or all of them, unless one was refused.
struct Switch(Option<usize>);

impl Buffer<u8> for Switch {
    fn push(&self, _: u8) {}

    fn subscribe(&self, _: Start) -> Result<Box<dyn BufferReader<u8>>, SubscribeError> {
        Err(SubscribeError::NoReaders)
    }

    fn cfg(&self) -> Option<BufferCfg> {
        if self.0.is_some() || LEFT.get() != Some(0) {
            LEFT.set(self.0);
        }
        None
    }
}

/// B23: for every n, so many allocations of the records of a database succeed, and none after these.
#[test]
fn b23_each_allocation_of_the_records_of_a_database_can_be_refused() {
    // So many that a sort which wants memory would ask for it.
    const RECORDS: usize = 10 * 8;
    let described = |granted| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u8>("00", |record| _ = record.buffer_raw(Switch(Some(granted))));
        let kinds = kinds(4).into_iter().cycle();
        // Not in the order in which errors name them.
        for (at, cfg) in (1..=RECORDS).map(|at| RECORDS + 1 - at).zip(kinds) {
            builder.configure::<u64>(format!("{at:02}"), |record| {
                record.buffer(cfg);
                if cfg.kind() == Kind::Bounded(Policy::DegradeQuality) {
                    record.degrader(|value| value);
                }
            });
        }
        builder.configure::<u8>("99", |record| _ = record.buffer_raw(Switch(None)));
        builder
    };
    drop(described(usize::MAX).build().expect("there is memory"));
    LARGE.set(0);
    let (held, mut granted, mut made) = (HELD.get(), 0, 0);
    // Bounded by the allocations of the records.
    loop {
        let built = described(granted).build();
        LEFT.set(None);
        let Err(errors) = built else { break };
        let refused: Vec<_> = errors.iter().map(|error| error.key.as_str()).collect();
        // The last ones that were described, each told once, in order of their keys.
        let first = usize::from(refused.len() < RECORDS + 2);
        let last = (first..first + refused.len() - 1).map(|at| format!("{at:02}")).chain(["99".to_owned()]);
        assert!(
            last.eq(refused.iter().copied()) && RECORDS + 2 - refused.len() >= made,
            "{granted} granted: {refused:?}"
        );
        made = RECORDS + 2 - refused.len();
        let no_memory =
            |mistake: &ConfigMistake| matches!(mistake, ConfigMistake::Buffer(BufferCfgError::CapacityTooLarge { .. }));
        assert!(errors.iter().all(|error| no_memory(&error.mistake)), "{errors}");
        drop(refused);
        drop(errors);
        assert_eq!(HELD.get(), held, "{granted} granted");
        granted += 1;
    }
    assert_eq!(HELD.get(), held);
    // The first has a buffer of the user's beside it; of the others each is slots, their places, and the record itself,
    // and of some a degrader; the last is refused where nothing is left for it.
    assert_eq!((granted, made), (2 + RECORDS * 3 + RECORDS / 8 + 1, RECORDS + 1));
}
