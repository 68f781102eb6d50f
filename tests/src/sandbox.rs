//! A process without the barrier that lanes go by, as in a sandbox that filters system calls; and records
//! at work in it.
//!
//! A filter stays for the rest of the process, so each test that needs one has a file of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use aimdb_core::buffer::{BufferCfg, HeapBuffer, RecvTimeoutError, send_blocking};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::Deadline;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};

/// Has the system refuse `membarrier` to all threads of this process from now on.
///
/// # Panics
///
/// When the system installs no filter, or grants the call in spite of it.
pub fn refuse_the_barrier() {
    let always = [(libc::SYS_membarrier, Vec::new())].into_iter().collect();
    let refusal = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().expect("filters are made for this processor");
    let filter = SeccompFilter::new(always, SeccompAction::Allow, refusal, arch).expect("a sound filter");
    let program = BpfProgram::try_from(filter).expect("a filter that fits");
    apply_filter_all_threads(&program).expect("a process may always give something up");
    // SAFETY: membarrier reads nothing but its arguments.
    let answer = unsafe { libc::syscall(libc::SYS_membarrier, libc::MEMBARRIER_CMD_QUERY, 0, 0) };
    assert_eq!(answer, -1, "the call is refused");
}

/// Records at work: a queue, a ring and a latest value, each with a thread at either end that waits when
/// it must, while another thread has all ends stand still again and again.
///
/// `halfway` is called when values are on their way. Afterwards nothing is lost, twice or out of order,
/// and what was counted is what was done.
///
/// # Panics
///
/// When one of these is not so.
pub fn values_arrive(count: u64, halfway: impl FnOnce()) {
    let bounded = BufferCfg::Bounded { capacity: 16, policy: Policy::PauseUpstream };
    let queue = HeapBuffer::<u64>::new(&bounded).expect("a sound description");
    let ring = HeapBuffer::<u64>::new(&BufferCfg::SpmcRing { capacity: 16 }).expect("a sound description");
    let latest = HeapBuffer::<Box<u64>>::new(&BufferCfg::SingleLatest).expect("a sound description");
    let mut from_queue = queue.reader().expect("a cursor");
    let mut from_ring = ring.reader().expect("a cursor");
    let mut from_latest = latest.reader().expect("a cursor");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for value in 0..count {
                send_blocking(&queue, value, Deadline::Never).expect("the queue is open");
                ring.push(value);
                latest.push(Box::new(value));
            }
            queue.close();
            ring.close();
            latest.close();
        });
        let taker = scope.spawn(|| {
            for value in 0..count {
                assert_eq!(from_queue.recv_blocking(Deadline::Never), Ok(value));
            }
        });
        let ring_reader = scope.spawn(|| {
            let (mut next, mut lost) = (0, 0);
            loop {
                match from_ring.recv_blocking(Deadline::Never) {
                    Ok(value) => {
                        assert_eq!(value, next, "each value is read or told to be lost");
                        next += 1;
                    }
                    Err(RecvTimeoutError::Lagged(lag)) => {
                        next += lag;
                        lost += lag;
                    }
                    Err(_closed) => return (next, lost),
                }
            }
        });
        let onlooker = scope.spawn(|| {
            let mut last = None;
            while let Ok(value) = from_latest.recv_blocking(Deadline::Never) {
                assert!(last < Some(*value), "what is looked at is never older than before");
                last = Some(*value);
            }
            last
        });
        let disturber = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for metrics in [queue.metrics(), ring.metrics(), latest.metrics()] {
                    assert!(metrics.counters.accepted <= count);
                }
            }
        });
        while queue.metrics().counters.accepted < count / 4 {
            thread::yield_now();
        }
        halfway();
        taker.join().expect("each value arrived");
        assert_eq!(ring_reader.join().expect("each value was read or told").0, count);
        assert_eq!(onlooker.join().expect("values grew"), count.checked_sub(1));
        done.store(true, Ordering::Relaxed);
        disturber.join().expect("counts are sound");
    });
    for metrics in [queue.metrics(), ring.metrics(), latest.metrics()] {
        assert_eq!((metrics.counters.accepted, metrics.counters.refused), (count, 0));
    }
}
