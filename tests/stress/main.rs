//! Stress, for the sanitizers and for a long night: `stress [seconds] [seed]`, 3 seconds by default.
//!
//! No test harness and no lock but `parking_lot`'s: so ThreadSanitizer, which does not see into the
//! precompiled standard library, reports nothing that is not there, and needs no suppressions.
//! Random schedules of the oracle, plain data handed from thread to thread by every kind, ends that
//! pass values without the lock, records that are made, used and dropped by several threads at
//! once, and the handles of the library for C.

mod handles;
mod lanes;
mod priority;
/// The handle table of aimdb-ffi, which as a whole is linked with C programs.
#[path = "../../aimdb-ffi/src/table/mod.rs"]
mod table;

/// What the table answers.
mod status {
    pub(crate) type Answer<T = ()> = Result<T, Status>;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Status(u8);

    impl Status {
        pub(crate) const BAD_HANDLE: Self = Self(0);
        pub(crate) const BUSY: Self = Self(1);
        pub(crate) const FORKED_CHILD: Self = Self(2);
        pub(crate) const POISONED: Self = Self(3);
    }
}

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{BufferCfg, HeapBuffer, TryProduceError, TryRecvError, send_blocking};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::{Clock, Deadline, SystemClock};
use aimdb_tests::oracle;
use aimdb_tests::payload::Ledger;
use aimdb_tests::random::Random;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let seconds = numbers.next().unwrap_or(3);
    let seed = numbers.next().unwrap_or_else(|| SystemClock.now().rotate_left(32) ^ u64::from(std::process::id()));
    priority::abort_after(seconds * 10 + 120);
    println!("stress for {seconds} s, seed {seed}");
    warm_up();
    let share = Duration::from_secs(seconds) / 5;
    let mut random = Random::new(seed);
    let schedules = rounds(share, || {
        oracle::run(random.next_u64());
        1
    });
    let handed = rounds(share, hand_over);
    let passed = rounds(share, || lanes::pass(&mut random));
    let made = rounds(share, make_and_drop);
    let calls = rounds(share, || handles::crowd(&mut random));
    println!(
        "{schedules} schedules, {handed} values handed over, {passed} passed in lanes, {made} records made and dropped, \
         {calls} calls with handles"
    );
    match priority::worst_try_recv(Duration::from_millis(300)) {
        Some(worst) => {
            println!("B14: worst try_recv of a real-time reader among normal senders: {worst:?}, goal < 1 ms")
        }
        None => println!("B14: the scheduler cannot be chosen here; the structural test of B14 stands"),
    }
}

/// As many rounds as begin in this time, and one where none would: a slow machine leaves nothing out. Says what they did.
fn rounds(share: Duration, mut round: impl FnMut() -> u64) -> u64 {
    let begin = Instant::now();
    let mut done = 0;
    loop {
        done += round();
        if begin.elapsed() >= share {
            return done;
        }
    }
}

/// Waits once before there is another thread: what the process makes once (the clock's zero) is
/// published by code of the standard library that ThreadSanitizer does not see.
fn warm_up() {
    let buffer: HeapBuffer<u64> = HeapBuffer::new(&BufferCfg::Mailbox).expect("a buffer");
    let mut reader = buffer.reader().expect("a cursor");
    assert!(reader.recv_blocking(SystemClock.after(Duration::from_millis(1))).is_err());
}

fn kinds() -> Vec<BufferCfg> {
    let mut cfgs = vec![BufferCfg::SpmcRing { capacity: 3 }, BufferCfg::SingleLatest, BufferCfg::Mailbox];
    for capacity in [1, 64] {
        cfgs.extend(Policy::ALL.map(|policy| BufferCfg::Bounded { capacity, policy }));
    }
    cfgs
}

/// B24: data without any lock or atomic, written before the send and read after the receive.
fn hand_over() -> u64 {
    const EACH: u64 = 500;
    let mut handed = 0;
    for cfg in kinds() {
        let buffer: HeapBuffer<Box<[u64; 4]>> =
            HeapBuffer::builder(&cfg).degrade(Arc::new(|value| value)).build().expect("a buffer");
        let readers: Vec<_> = (0..2).map(|_| buffer.reader().expect("a cursor")).collect();
        let readers: Vec<_> = readers
            .into_iter()
            .map(|mut reader| {
                thread::spawn(move || {
                    let mut read = 0;
                    loop {
                        match reader.try_recv() {
                            Ok(value) => {
                                assert_eq!(value.iter().sum::<u64>(), value[0] * 4 + 6, "{cfg:?}");
                                read += 1;
                            }
                            Err(TryRecvError::Closed) => return read,
                            Err(TryRecvError::Empty) => {
                                let _ = reader
                                    .recv_blocking(SystemClock.after(Duration::from_micros(50)))
                                    .map(|_| read += 1);
                            }
                            Err(_) => {}
                        }
                    }
                })
            })
            .collect();
        let senders: Vec<_> = (0..2_u64)
            .map(|sender| {
                let buffer = buffer.clone();
                thread::spawn(move || {
                    for n in 0..EACH {
                        let mut value = Box::new([n, n + 1, n + 2, n + 3]);
                        if (n + sender).is_multiple_of(3) {
                            let _ = send_blocking(&buffer, value, Deadline::Never);
                            continue;
                        }
                        while let Err(TryProduceError::Full(back)) = buffer.try_push(value) {
                            value = back;
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        senders.into_iter().for_each(|sender| sender.join().expect("a sender"));
        buffer.close();
        handed += readers.into_iter().map(|reader| reader.join().expect("a reader")).sum::<u64>();
    }
    handed
}

/// B6: the last handles of a record go at the same time, in several threads.
fn make_and_drop() -> u64 {
    let cfgs = kinds();
    for cfg in &cfgs {
        let ledger = Ledger::new();
        let buffer = HeapBuffer::builder(cfg).degrade(Arc::new(|value| value)).build().expect("a buffer");
        let mut reader = buffer.reader().expect("a cursor");
        let share = reader.share().expect("a share");
        let threads = [
            {
                let (buffer, ledger) = (buffer.clone(), Arc::clone(&ledger));
                thread::spawn(move || (0..5).for_each(|tag| buffer.push(ledger.item(tag))))
            },
            thread::spawn(move || while reader.recv_blocking(Deadline::At(0)).is_ok() {}),
            thread::spawn(move || drop(share)),
            {
                let buffer = buffer.clone();
                thread::spawn(move || buffer.close())
            },
        ];
        // ThreadSanitizer does not know the fence in the standard library's `Arc`, so under it the
        // last handle goes after the threads have ended.
        let keeps = std::env::var_os("AIMDB_STRESS_KEEPS").map(|_| buffer.clone());
        drop(buffer);
        threads.into_iter().for_each(|thread| thread.join().expect("a thread"));
        drop(keeps);
        ledger.assert_settled();
    }
    cfgs.len() as u64
}
