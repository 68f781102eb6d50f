//! B8, B14 to B17, B19, B20, B23, B24: time, processors, numbers, threads.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferCfgError, HeapBuffer, Misuse, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, send_blocking,
};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::{Clock, Deadline, Parker, Place, SystemClock, block_on_with};
use aimdb_tests::processor::thread_time;
use aimdb_tests::watchdog::{until, within};

use super::{bounded, kinds, new, pausing, recv_apart, send_apart};

/// B8: a value that is not `Sync`, and would notice two threads inside it at once.
struct Alone(Cell<u32>);

impl Alone {
    fn enter(&self) {
        assert_eq!(self.0.replace(1), 0, "two threads were inside at the same time");
        std::hint::spin_loop();
        self.0.set(0);
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.enter();
    }
}

/// B8: what is not `Sync` goes through a buffer with one cursor, and is never looked at by two.
/// The compile-fail cases show that it goes through no other.
#[test]
fn b08_a_value_that_is_not_sync_is_never_entered_by_two_threads() {
    within(60, "b08", || {
        for cfg in [bounded(1, Policy::PauseUpstream), bounded(2, Policy::DropOldest), BufferCfg::Mailbox] {
            let buffer: HeapBuffer<Alone> = HeapBuffer::single_cursor(&cfg).expect("a buffer");
            let first = buffer.reader().expect("a cursor");
            let expected = if cfg == BufferCfg::Mailbox { None } else { Some(SubscribeError::SingleCursor) };
            assert_eq!(buffer.reader().err(), expected, "{cfg:?}: a second cursor");
            assert!(buffer.peek().is_none(), "a look would clone");
            let readers: Vec<_> = [first.share().expect("a share"), first]
                .into_iter()
                .map(|mut reader| {
                    thread::spawn(move || {
                        loop {
                            match reader.recv_blocking(Deadline::Never) {
                                Ok(value) => value.enter(),
                                Err(RecvTimeoutError::Closed) => return,
                                Err(_) => {}
                            }
                        }
                    })
                })
                .collect();
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _ in 0..1_000 {
                            let value = Alone(Cell::new(0));
                            value.enter();
                            assert!(send_blocking(&buffer, value, Deadline::Never).is_ok());
                        }
                    });
                }
            });
            buffer.close();
            readers.into_iter().for_each(|reader| reader.join().expect("a reader"));
        }
    });
    for cfg in [BufferCfg::SingleLatest, BufferCfg::SpmcRing { capacity: 2 }] {
        let answer = HeapBuffer::<Alone>::single_cursor(&cfg).err();
        assert!(matches!(answer, Some(BufferCfgError::NeedsClone { .. })), "{cfg:?}: {answer:?}");
    }
}

/// A value whose clone stops until it is told to go on: as a thread that is preempted there.
#[derive(Debug)]
struct Slow(u64, Arc<Gate>);

#[derive(Debug, Default)]
struct Gate {
    shut: AtomicBool,
    somebody_waits: AtomicBool,
}

impl Gate {
    fn pass(&self) {
        if self.shut.swap(false, Ordering::SeqCst) {
            self.somebody_waits.store(true, Ordering::SeqCst);
            until(|| !self.somebody_waits.load(Ordering::SeqCst));
        }
    }
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        self.1.pass();
        Self(self.0, Arc::clone(&self.1))
    }
}

/// B14, the structural part: a peer that is stopped in the long part of its call, where it moves,
/// clones or degrades the value, holds up no `try_` call of another. (crossbeam #997: `try_recv`
/// waits for a preempted sender.) How long the few instructions under the lock may hold up a
/// real-time thread, the stress binary measures where it may choose its scheduler.
#[test]
fn b14_a_try_call_does_not_wait_for_a_peer_that_is_stopped() {
    within(60, "b14", || {
        for cfg in
            [BufferCfg::SpmcRing { capacity: 3 }, bounded(3, Policy::PauseUpstream), bounded(3, Policy::DropOldest)]
        {
            let gate = Arc::new(Gate::default());
            let buffer = HeapBuffer::new(&cfg).expect("a buffer");
            let (mut stopped, mut goes_on) = (buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor"));
            buffer.push(Slow(0, Arc::clone(&gate)));
            gate.shut.store(true, Ordering::SeqCst);
            let stopped = thread::spawn(move || stopped.try_recv().map(|value| value.0));
            until(|| gate.somebody_waits.load(Ordering::SeqCst));
            // The other reader and the sender go on: around the window and more, or as far as the one
            // that is stopped lets them by having read nothing further.
            for tag in 1..if cfg.kind().gates() { 4 } else { 20 } {
                assert!(buffer.try_push(Slow(tag, Arc::clone(&gate))).is_ok(), "{cfg:?}");
                assert_eq!(goes_on.try_recv().map(|value| value.0), Ok(tag - 1), "{cfg:?}");
            }
            gate.somebody_waits.store(false, Ordering::SeqCst);
            assert_eq!(stopped.join().expect("the reader"), Ok(0), "{cfg:?}: it has what it began to read");
        }
        let gate = Arc::new(Gate::default());
        let apart = Arc::clone(&gate);
        let buffer = HeapBuffer::builder(&bounded(1, Policy::DegradeQuality))
            .degrade(Arc::new(move |value: u64| {
                apart.pass();
                value
            }))
            .build()
            .expect("a buffer");
        let mut reader = buffer.reader().expect("a cursor");
        buffer.push(0);
        gate.shut.store(true, Ordering::SeqCst);
        let stopped = send_apart(&buffer, 1);
        until(|| gate.somebody_waits.load(Ordering::SeqCst));
        assert_eq!(reader.try_recv(), Ok(0), "a degrader that is stopped holds up no reader");
        assert_eq!(buffer.try_push(2), Ok(()), "nor another sender");
        gate.somebody_waits.store(false, Ordering::SeqCst);
        assert_eq!(stopped.join().expect("the sender"), Ok(()));
    });
}

/// B15: kanal needs 7.3 s here, against 0.2. Processor time, so that other tests do not matter.
#[test]
fn b15_sixty_four_threads_on_few_cores_do_not_collapse() {
    const EACH: u32 = 60;
    within(120, "b15", || {
        let buffer = pausing(1);
        let first = buffer.reader().expect("a cursor");
        let mut shares: Vec<_> = (1..32).map(|_| first.share().expect("a share")).collect();
        shares.push(first);
        let spent = thread::scope(|scope| {
            let receiving: Vec<_> = shares
                .into_iter()
                .map(|mut reader| {
                    scope.spawn(move || {
                        (0..EACH).for_each(|_| super::ignore(reader.recv_blocking(Deadline::Never).expect("a value")));
                        thread_time()
                    })
                })
                .collect();
            let sending: Vec<_> = (0..32)
                .map(|_| {
                    scope.spawn(|| {
                        (0..EACH).for_each(|_| send_blocking(&buffer, 1, Deadline::Never).expect("it is open"));
                        thread_time()
                    })
                })
                .collect();
            let threads = receiving.into_iter().chain(sending);
            threads.filter_map(|thread| thread.join().expect("a thread")).sum::<Duration>()
        });
        let each = spent / (64 * EACH);
        assert!(each < Duration::from_micros(400), "{each:?} of processor time for one call");
    });
}

/// B16: kanal panics, crossfire returns at once, on `Duration::MAX`.
#[test]
fn b16_every_odd_deadline_in_both_directions() {
    let past = Instant::now();
    until(|| past.elapsed() > Duration::ZERO);
    let clock = SystemClock;
    let over = [
        Deadline::At(0),
        Deadline::At(1),
        clock.after(Duration::ZERO),
        clock.at(past),
        clock.after(Duration::from_nanos(1)),
    ];
    for deadline in over {
        let buffer = pausing(1);
        let mut reader = buffer.reader().expect("a cursor");
        assert_eq!(reader.recv_blocking(deadline), Err(RecvTimeoutError::Timeout), "{deadline:?}");
        assert_eq!(send_blocking(&buffer, 1, deadline), Ok(()), "{deadline:?}: there is room");
        assert_eq!(send_blocking(&buffer, 2, deadline), Err(SendError::Timeout(2)), "{deadline:?}");
        assert_eq!(aimdb_core::buffer::flush_blocking(&buffer, deadline).ok(), None, "{deadline:?}");
        assert_eq!(reader.recv_blocking(deadline), Ok(1), "{deadline:?}: what is ready wins");
        assert_eq!(aimdb_core::buffer::flush_blocking(&buffer, deadline), Ok(()), "{deadline:?}");
    }
    let far = Instant::now().checked_add(Duration::from_secs(1 << 40)).unwrap_or_else(Instant::now);
    let never = [
        Deadline::Never,
        Deadline::At(u64::MAX),
        clock.after(Duration::MAX),
        clock.after(Duration::from_nanos(u64::MAX)),
        clock.after(Duration::from_secs(u64::MAX)),
        clock.at(far),
    ];
    for deadline in never {
        within(30, "b16", || {
            let buffer = pausing(1);
            let mut reader = buffer.reader().expect("a cursor");
            let apart = buffer.clone();
            let waits = thread::spawn(move || (reader.recv_blocking(deadline), reader));
            until(|| buffer.metrics().waiting_consumers == 1);
            assert_eq!(send_blocking(&apart, 1, deadline), Ok(()));
            let (answer, reader) = waits.join().expect("the reader");
            assert_eq!(answer, Ok(1), "{deadline:?}");
            buffer.push(2);
            let waits = thread::spawn(move || send_blocking(&apart, 3, deadline));
            until(|| buffer.metrics().waiting_producers == 1);
            assert_eq!(recv_apart(reader).join().expect("the reader"), Ok(2));
            assert_eq!(waits.join().expect("the sender"), Ok(()), "{deadline:?}");
        });
    }
}

/// B17: std #39364, for years. Timeout × clone × send, and nothing is left behind.
#[test]
fn b17_a_hundred_thousand_timeouts_leave_nothing_behind() {
    within(90, "b17", || {
        let buffer = pausing(1);
        let mut reader = buffer.reader().expect("a cursor");
        for round in 0..100_000_u64 {
            assert_eq!(reader.recv_blocking(Deadline::At(0)), Err(RecvTimeoutError::Timeout));
            let mut share = reader.share().expect("a share");
            buffer.clone().push(round);
            assert_eq!(send_blocking(&buffer.clone(), round, Deadline::At(0)), Err(SendError::Timeout(round)));
            assert_eq!(share.recv_blocking(Deadline::At(0)), Ok(round));
            reader = share;
        }
        let metrics = buffer.metrics();
        assert_eq!((metrics.waiting_producers, metrics.waiting_consumers, metrics.cursors), (0, 0, 1));
        assert_eq!((metrics.counters.accepted, metrics.counters.timed_out), (100_000, 100_000));
        assert_eq!(metrics.counters.blocked, 100_000);
    });
}

/// B19: fjall #260. The end does not queue behind the data.
#[test]
fn b19_closing_a_full_record_without_a_reader_waits_for_nobody() {
    for cfg in kinds(2) {
        within(30, "b19", || {
            let buffer = new(&cfg);
            drop(buffer.reader().expect("a cursor"));
            for value in 0..4 {
                buffer.push(value);
            }
            let producer = (cfg == bounded(2, Policy::PauseUpstream)).then(|| {
                let producer = send_apart(&buffer, 9);
                until(|| buffer.metrics().waiting_producers == 1);
                producer
            });
            buffer.close();
            if let Some(producer) = producer {
                assert_eq!(producer.join().expect("the producer"), Err(SendError::Closed(9)));
            }
            drop(buffer);
        });
    }
}

/// B20: dragonfly #3035. A service that would wait for the record that it drains is told so.
#[test]
fn b20_a_service_that_sends_into_its_own_full_record_gets_an_error() {
    within(30, "b20", || {
        let (own, other) = (pausing(1), pausing(1));
        let _inside = Place::enter(Buffer::identity(&own), true);
        assert_eq!(send_blocking(&own, 1, Deadline::Never), Ok(()), "there is room");
        let answer = send_blocking(&own, 2, Deadline::Never);
        assert_eq!(answer, Err(SendError::Misuse(2, Misuse::OwnRecord)));
        assert_eq!(own.try_push(3), Err(TryProduceError::Full(3)));
        assert_eq!(own.metrics().counters.offered(), 3, "M1: it is counted");
        other.push(4);
        assert_eq!(send_blocking(&other, 5, Deadline::At(0)), Err(SendError::Timeout(5)), "another record may pause");
        drop(_inside);
        assert_eq!(send_blocking(&own, 6, Deadline::At(0)), Err(SendError::Timeout(6)), "outside it may wait");
    });
}

/// B23: crossbeam, std and kanal abort the process at `usize::MAX / 64`.
#[test]
fn b23_an_absurd_capacity_is_a_typed_error() {
    let absurd =
        [usize::MAX, usize::MAX - 1, usize::MAX / 8, usize::MAX / 64, u32::MAX as usize, BufferCfg::MAX_CAPACITY + 1];
    for capacity in absurd {
        for cfg in kinds(2) {
            let cfg = match cfg {
                BufferCfg::SpmcRing { .. } => BufferCfg::SpmcRing { capacity },
                BufferCfg::Bounded { policy, .. } => bounded(capacity, policy),
                BufferCfg::SingleLatest | BufferCfg::Mailbox => continue,
            };
            let built = HeapBuffer::<[u8; 4096]>::builder(&cfg).degrade(Arc::new(|value| value)).build();
            assert_eq!(built.err(), Some(BufferCfgError::CapacityTooLarge { capacity }), "{cfg:?}");
        }
    }
    // The largest that can be numbered cannot be had with large values: an error too.
    let largest = bounded(BufferCfg::MAX_CAPACITY, Policy::PauseUpstream);
    let built = HeapBuffer::<[u8; 1 << 32]>::single_cursor(&largest).map(drop);
    assert_eq!(built, Err(BufferCfgError::CapacityTooLarge { capacity: BufferCfg::MAX_CAPACITY }));
}

/// B24: plain data behind the value, written before it is sent and read after it was received. The
/// models try every ordering, and the stress binary runs this under ThreadSanitizer.
#[test]
fn b24_what_was_written_before_the_send_is_seen_after_the_receive() {
    within(60, "b24", || {
        for cfg in kinds(2) {
            let buffer: HeapBuffer<Arc<Vec<u64>>> =
                HeapBuffer::builder(&cfg).degrade(Arc::new(|value| value)).build().expect("a buffer");
            let mut reader = buffer.reader().expect("a cursor");
            let sender = buffer.clone();
            let producer = thread::spawn(move || {
                for n in 0..5_000 {
                    let mut value = Arc::new((n..n + 8).collect::<Vec<u64>>());
                    while let Err(TryProduceError::Full(back)) = sender.try_push(value) {
                        value = back;
                        thread::yield_now();
                    }
                }
                sender.close();
            });
            loop {
                match reader.try_recv() {
                    Ok(value) => assert!(value.len() == 8 && value.windows(2).all(|pair| pair[0] + 1 == pair[1])),
                    Err(TryRecvError::Closed) => break,
                    // Where there is one core, the producer wants it.
                    Err(_) => thread::yield_now(),
                }
            }
            producer.join().expect("the producer");
        }
    });
}

/// A clock that each park sets on by one.
struct Parks(Cell<u64>);

impl Clock for Parks {
    fn now(&self) -> u64 {
        self.0.get()
    }
}

impl Parker for Parks {
    fn waker(&self) -> &Waker {
        Waker::noop()
    }

    fn park(&self, _until: Deadline) {
        self.0.set(self.0.get() + 1);
    }
}

/// W4: a wait looks once more when its time is up, so what is there by then is not missed.
#[test]
fn w4_what_has_come_when_the_time_is_up_wins() {
    // The time is up after so many parks, and the operation ready after so many looks.
    let wait = |deadline, ready| {
        let (parks, looks) = (Parks(Cell::new(0)), Cell::new(0));
        let operation = pin!(poll_fn(|_| {
            looks.set(looks.get() + 1);
            if looks.get() > ready { Poll::Ready(()) } else { Poll::Pending }
        }));
        (block_on_with(&parks, &parks, operation, Deadline::At(deadline)), looks.get())
    };
    for deadline in 0..4 {
        for ready in 0..=deadline {
            assert_eq!(wait(deadline, ready), (Some(()), ready + 1), "at {deadline}, ready after {ready}");
        }
        assert_eq!(wait(deadline, deadline + 1), (None, deadline + 1), "at {deadline}, and too late");
    }
}
