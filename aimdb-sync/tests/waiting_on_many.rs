//! `WaitSet` (contract section "Waiting on many").

#![allow(unsafe_code, reason = "it polls descriptors as C programs do")]

mod watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aimdb_sync::{
    AimDbBuilder, AimDbHandle, Attach, BufferCfg, Misuse, Policy, RecvError, SyncConsumer, SyncProducer, TryRecvError,
    WaitError, WaitSet, WaitTimeoutError,
};
use watchdog::{aside, pausing, single, until, watched};

const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 3 };

/// What is ready now, in the order of its tokens.
fn ready(set: &WaitSet) -> Vec<u64> {
    let mut tokens = [0; 32];
    let count = set.try_wait(&mut tokens).expect("it is open");
    let mut tokens = tokens[..count].to_vec();
    tokens.sort_unstable();
    tokens
}

fn ends(handle: &AimDbHandle, key: &str) -> (SyncProducer<u32>, SyncConsumer<u32>) {
    (handle.producer(key).expect("it is there"), handle.consumer(key).expect("it is there"))
}

fn queues(count: usize, cfg: BufferCfg) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    for at in 0..count {
        builder.configure::<u32>(format!("q{at}").leak() as &'static str, |record| {
            record.buffer(cfg);
        });
    }
    builder.attach().expect("the configuration is sound")
}

#[test]
fn w10_a_token_is_reported_for_as_long_as_there_is_something_to_read() {
    for cfg in [pausing(4), RING, BufferCfg::Mailbox, BufferCfg::SingleLatest] {
        let handle = single::<u32>(cfg);
        let (producer, mut consumer) = ends(&handle, "a");
        let set = WaitSet::new();
        set.add_consumer(&consumer, 7).expect("it can be watched");
        for round in 0..100 {
            assert_eq!(ready(&set), [], "{cfg:?}, round {round}");
            producer.send(round).expect("there is room");
            assert_eq!((ready(&set), ready(&set)), (vec![7], vec![7]), "{cfg:?}, round {round}: again");
            assert_eq!(consumer.try_recv(), Ok(round));
        }
        producer.close();
        assert_eq!(ready(&set), [7], "the end is something to read");
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(ready(&set), [7], "for ever");
    }
}

#[test]
fn w10_a_lag_is_something_to_read_also_one_that_a_batch_has_found() {
    let handle = single::<u32>(RING);
    let (producer, mut consumer) = ends(&handle, "a");
    let set = WaitSet::new();
    set.add_consumer(&consumer, 1).expect("it can be watched");
    (0..10).try_for_each(|value| producer.send(value)).expect("a ring accepts");
    assert_eq!(ready(&set), [1]);
    assert_eq!(consumer.try_recv(), Err(TryRecvError::Lagged(7)));
    assert_eq!(ready(&set), [1]);
    assert_eq!(consumer.try_iter().count(), 3);
    assert_eq!(ready(&set), []);

    // The clone of the first value, on its way out, lets the ring overtake the cursor.
    let handle = single::<Overtaken>(BufferCfg::SpmcRing { capacity: 1 });
    let producer = handle.producer::<Overtaken>("a").expect("it is there").shared();
    let mut consumer = handle.consumer::<Overtaken>("a").expect("it is there");
    let mut other = consumer.clone();
    let set = WaitSet::new();
    set.add_consumer(&consumer, 1).expect("it can be watched");
    let sender = producer.clone();
    let overtake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        let _ = sender.send(Overtaken(None));
        let _ = sender.send(Overtaken(None));
    });
    producer.send(Overtaken(Some(overtake))).expect("a ring accepts");
    assert_eq!(consumer.recv_many(&mut Vec::new(), 10), Ok(1));
    // Another reader of the cursor takes all that the record has; the lag is still to be told.
    assert!(other.try_recv().is_ok());
    assert_eq!((ready(&set), ready(&set)), (vec![1], vec![1]));
    assert_eq!(consumer.recv_many(&mut Vec::new(), 10), Err(RecvError::Lagged(1)));
    assert_eq!(ready(&set), []);
}

/// A value whose clone does something first.
struct Overtaken(Option<Arc<dyn Fn() + Send + Sync>>);

impl Clone for Overtaken {
    fn clone(&self) -> Self {
        if let Some(overtake) = &self.0 {
            overtake();
        }
        Self(None)
    }
}

#[test]
fn w10_a_producer_is_ready_while_there_is_room() {
    for cfg in [pausing(2), BufferCfg::Bounded { capacity: 2, policy: Policy::Fail }] {
        let handle = single::<u32>(cfg);
        let (producer, mut consumer) = ends(&handle, "a");
        let set = WaitSet::new();
        set.add_producer(&producer, 3).expect("it can be watched");
        for round in 0..100 {
            assert_eq!((ready(&set), ready(&set)), (vec![3], vec![3]), "{cfg:?}, round {round}");
            producer.try_send(1).expect("there is room");
            producer.try_send(2).expect("there is room");
            assert_eq!(ready(&set), [], "{cfg:?}, round {round}: full");
            assert_eq!((consumer.recv(), ready(&set), consumer.recv()), (Ok(1), vec![3], Ok(2)));
        }
        producer.try_send(1).expect("there is room");
        producer.try_send(2).expect("there is room");
        producer.close();
        assert_eq!(ready(&set), [3], "closed is not full");
    }
    for policy in [Policy::DropOldest, Policy::DropNewest] {
        let handle = single::<u32>(BufferCfg::Bounded { capacity: 1, policy });
        let (producer, _consumer) = ends(&handle, "a");
        let set = WaitSet::new();
        set.add_producer(&producer.shared(), 3).expect("it can be watched");
        assert_eq!(ready(&set), [], "the shared form has gone again");
        set.add_producer(&producer, 3).expect("it can be watched");
        producer.try_send(1).expect("it accepts");
        assert_eq!(ready(&set), [3], "{policy} never says full");
    }
}

#[test]
fn w10_at_a_rendezvous_an_end_is_ready_while_the_other_side_waits() {
    watched(|| {
        let handle = single::<u32>(pausing(0));
        let (producer, mut consumer) = ends(&handle, "a");
        let set = WaitSet::new();
        let of_consumer = set.add_consumer(&consumer, 1).expect("it can be watched");
        set.add_producer(&producer, 2).expect("it can be watched");
        assert_eq!(ready(&set), [], "nobody waits");
        let sending = aside({
            let producer = producer.clone();
            move || producer.send(5)
        });
        let mut tokens = [0; 4];
        assert_eq!(set.wait(&mut tokens), Ok(1));
        assert_eq!((tokens[0], consumer.try_recv()), (1, Ok(5)));
        assert_eq!(sending.join().expect("no panic"), Ok(()));
        assert!(set.remove(of_consumer));
        let receiving = aside(move || consumer.recv());
        assert_eq!(set.wait(&mut tokens), Ok(1));
        assert_eq!((tokens[0], producer.try_send(6)), (2, Ok(())));
        assert_eq!(receiving.join().expect("no panic"), Ok(6));
    });
}

#[test]
fn w10_a_timer_is_reported_once_for_each_time_that_it_is_due() {
    let set = WaitSet::new();
    let once = set.add_timer(1, Duration::ZERO, None).expect("it is no child");
    assert_eq!((ready(&set), ready(&set), set.remove(once)), (vec![1], vec![], false));
    let late = set.add_timer(2, Duration::MAX, None).expect("it is no child");
    let again = set.add_timer(3, Duration::ZERO, Some(Duration::from_micros(1))).expect("it is no child");
    let mut tokens = [0; 4];
    for _ in 0..10 {
        assert_eq!(set.wait(&mut tokens), Ok(1));
        assert_eq!(tokens[0], 3);
    }
    assert_eq!((set.len(), set.remove(again), set.remove(late), set.len()), (2, true, true, 0));
    assert_eq!(ready(&set), []);
    let begun = Instant::now();
    set.add_timer(4, Duration::from_millis(2), None).expect("it is no child");
    assert_eq!(set.wait(&mut tokens), Ok(1));
    assert!(begun.elapsed() >= Duration::from_millis(2), "it was not early");
}

#[test]
fn w4_a_wait_set_keeps_deadlines_and_what_is_ready_wins() {
    let handle = single::<u32>(pausing(4));
    let (producer, consumer) = ends(&handle, "a");
    let set = WaitSet::new();
    set.add_consumer(&consumer, 1).expect("it can be watched");
    let mut tokens = [0; 4];
    let (zero, past) = (Duration::ZERO, Instant::now());
    assert_eq!(set.wait_timeout(&mut tokens, zero), Err(WaitTimeoutError::Timeout));
    assert_eq!(set.wait_deadline(&mut tokens, past), Err(WaitTimeoutError::Timeout));
    let begun = Instant::now();
    assert_eq!(set.wait_timeout(&mut tokens, Duration::from_millis(3)), Err(WaitTimeoutError::Timeout));
    assert!(begun.elapsed() >= Duration::from_millis(3), "it was not early");
    producer.send(1).expect("there is room");
    assert_eq!(set.wait_timeout(&mut tokens, zero), Ok(1));
    assert_eq!(set.wait_deadline(&mut tokens, past), Ok(1));
    assert_eq!(set.wait_timeout(&mut tokens, Duration::MAX), Ok(1));
    assert_eq!(set.wait(&mut []), Ok(0), "nothing is asked for");
}

#[test]
fn w11_where_more_is_ready_than_is_asked_for_each_has_its_turn() {
    let handle = queues(7, pausing(1));
    let set = WaitSet::new();
    let consumers: Vec<_> = (0..7).map(|at| ends(&handle, &format!("q{at}"))).collect();
    for (at, (producer, consumer)) in consumers.iter().enumerate() {
        set.add_consumer(consumer, at as u64).expect("it can be watched");
        producer.send(0).expect("there is room");
    }
    let mut seen = [0; 7];
    let mut tokens = [0; 3];
    for _ in 0..70 {
        assert_eq!(set.wait(&mut tokens), Ok(3));
        tokens.iter().for_each(|token| seen[*token as usize] += 1);
    }
    assert_eq!(seen, [30; 7]);
}

#[test]
fn w12_what_is_added_and_removed_while_a_thread_waits_counts() {
    watched(|| {
        let handle = queues(2, pausing(4));
        let ((first, of_first), (second, of_second)) = (ends(&handle, "q0"), ends(&handle, "q1"));
        let set = Arc::new(WaitSet::new());
        let id = set.add_consumer(&of_first, 1).expect("it can be watched");
        let waiting = aside({
            let set = Arc::clone(&set);
            move || {
                let mut tokens = [0; 4];
                (set.wait(&mut tokens), tokens[0])
            }
        });
        assert!(set.remove(id));
        assert!(!set.remove(id));
        first.send(1).expect("there is room");
        second.send(1).expect("there is room");
        set.add_consumer(&of_second, 2).expect("it can be watched");
        assert_eq!(waiting.join().expect("no panic"), (Ok(1), 2));
    });
}

#[test]
fn w12_a_timer_that_is_added_shortens_the_wait_of_a_thread() {
    watched(|| {
        let set = Arc::new(WaitSet::new());
        let waiting = aside({
            let set = Arc::clone(&set);
            move || {
                let mut tokens = [0; 4];
                (set.wait(&mut tokens), tokens[0])
            }
        });
        set.add_timer(9, Duration::from_millis(1), None).expect("it is no child");
        assert_eq!(waiting.join().expect("no panic"), (Ok(1), 9));
    });
}

#[test]
fn w12_an_end_that_is_dropped_has_left_the_set_and_its_record_is_as_before() {
    let handle = single::<u32>(pausing(2));
    let (producer, consumer) = ends(&handle, "a");
    let (set, other) = (WaitSet::new(), WaitSet::new());
    let shared = consumer.clone();
    for set in [&set, &other] {
        set.add_consumer(&consumer, 1).expect("it can be watched");
        set.add_producer(&producer.clone(), 2).expect("it can be watched");
        set.add_consumer(&shared, 3).expect("it can be watched");
        assert_eq!(set.len(), 2, "the clone has left");
    }
    producer.send(1).expect("there is room");
    assert_eq!(ready(&set), [1, 3]);
    drop(consumer);
    assert_eq!((ready(&set), set.len()), (vec![3], 1), "though the cursor is there");
    drop(shared);
    assert_eq!((ready(&set), set.len(), other.len()), (vec![], 0, 0));
    // The last cursor has gone: the value is the next one's.
    let mut next = handle.consumer::<u32>("a").expect("it is there");
    assert_eq!((ready(&set), next.try_recv()), (vec![], Ok(1)));
}

#[test]
fn w12_a_set_that_is_dropped_lets_go_of_its_ends() {
    let handle = single::<u32>(pausing(2));
    let (producer, mut consumer) = ends(&handle, "a");
    for round in 0..3 {
        let set = WaitSet::new();
        set.add_consumer(&consumer, 1).expect("it can be watched");
        assert_eq!(ready(&set), []);
        drop(set);
        producer.send(round).expect("there is room");
        assert_eq!(consumer.recv(), Ok(round));
    }
}

#[test]
fn w13_a_watch_takes_no_wake_up_from_those_who_wait() {
    watched(|| {
        let handle = single::<u32>(pausing(2));
        let (producer, consumer) = ends(&handle, "a");
        let set = WaitSet::new();
        set.add_consumer(&consumer, 1).expect("it can be watched");
        for round in 0..200 {
            assert_eq!(ready(&set), []);
            let mut shared = consumer.clone();
            let receiving = aside(move || shared.recv());
            until(|| producer.stats().waiting_consumers == 1);
            producer.send(round).expect("there is room");
            assert_eq!(receiving.join().expect("no panic"), Ok(round));
        }
    });
}

#[test]
fn c1_c3_a_close_and_a_shutdown_wake_the_set() {
    watched(|| {
        let handle = queues(2, pausing(1));
        let (producer, consumer) = ends(&handle, "q0");
        let other = handle.consumer::<u32>("q1").expect("it is there");
        let set = Arc::new(WaitSet::new());
        set.add_consumer(&consumer, 1).expect("it can be watched");
        let wait = || {
            let set = Arc::clone(&set);
            aside(move || {
                let mut tokens = [0; 4];
                set.wait(&mut tokens).map(|count| tokens[..count].to_vec())
            })
        };
        let waiting = wait();
        producer.close();
        assert_eq!(waiting.join().expect("no panic"), Ok(vec![1]));
        drop(consumer);
        set.add_consumer(&other, 2).expect("it can be watched");
        let waiting = wait();
        handle.shutdown().expect("nothing holds it up");
        assert_eq!(waiting.join().expect("no panic"), Ok(vec![2]));
    });
}

#[test]
fn w8_a_wait_for_a_set_is_refused_on_a_runtime_thread() {
    let handle = single::<u32>(pausing(1));
    let (producer, consumer) = ends(&handle, "a");
    let set = WaitSet::new();
    set.add_consumer(&consumer, 1).expect("it can be watched");
    producer.send(1).expect("there is room");
    let mut tokens = [0; 4];
    {
        let _service = aimdb_core::waiting::Place::enter(0, false);
        assert_eq!(set.wait(&mut tokens), Err(WaitError::Misuse(Misuse::RuntimeThread)), "though it would not wait");
        let refused = set.wait_timeout(&mut tokens, Duration::from_secs(1));
        assert_eq!(refused, Err(WaitTimeoutError::Misuse(Misuse::RuntimeThread)));
        assert_eq!(set.wait_timeout(&mut tokens, Duration::ZERO), Ok(1));
        assert_eq!(set.try_wait(&mut tokens), Ok(1));
    }
    assert_eq!(set.wait(&mut tokens), Ok(1));
}

#[test]
fn w14_a_set_that_is_closed_ends_every_wait() {
    watched(|| {
        let set = Arc::new(WaitSet::new());
        let waiting = [(); 3].map(|()| {
            let set = Arc::clone(&set);
            aside(move || set.wait(&mut [0; 4]))
        });
        set.close();
        for waiting in waiting {
            assert_eq!(waiting.join().expect("no panic"), Err(WaitError::Closed));
        }
        assert_eq!(set.wait_timeout(&mut [0; 4], Duration::MAX), Err(WaitTimeoutError::Closed));
        assert_eq!(set.try_wait(&mut [0; 4]), Err(WaitError::Closed));
    });
}

#[test]
fn w10_each_of_several_threads_that_wait_is_told() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let (producer, mut consumer) = ends(&handle, "a");
        let set = Arc::new(WaitSet::new());
        set.add_consumer(&consumer, 1).expect("it can be watched");
        let waiting = [(); 4].map(|()| {
            let set = Arc::clone(&set);
            aside(move || set.wait(&mut [0; 4]))
        });
        producer.send(1).expect("there is room");
        for waiting in waiting {
            assert_eq!(waiting.join().expect("no panic"), Ok(1));
        }
        assert_eq!(consumer.try_recv(), Ok(1));
    });
}

/// Many records, several that send, one set: nothing is lost, each record's values come in order, while
/// other ends come and go.
#[test]
fn w10_w11_w12_one_thread_serves_many_records_while_ends_come_and_go() {
    const RECORDS: usize = 24;
    const SENDERS: usize = 3;
    const VALUES: u32 = 400;
    watched(|| {
        let handle = queues(RECORDS, pausing(4));
        let mut consumers: Vec<_> =
            (0..RECORDS).map(|at| handle.consumer::<u32>(format!("q{at}")).expect("it is there")).collect();
        let set = Arc::new(WaitSet::new());
        for (at, consumer) in consumers.iter().enumerate() {
            set.add_consumer(consumer, at as u64).expect("it can be watched");
        }
        let sending: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let own: Vec<_> = (sender..RECORDS)
                    .step_by(SENDERS)
                    .map(|at| handle.producer::<u32>(format!("q{at}")).expect("it is there"))
                    .collect();
                aside(move || {
                    for value in 0..VALUES {
                        own.iter().for_each(|producer| producer.send(value).expect("it is read"));
                    }
                    own.iter().for_each(SyncProducer::close);
                })
            })
            .collect();
        let done = Arc::new(AtomicBool::new(false));
        let restless = aside({
            let (set, done) = (Arc::clone(&set), Arc::clone(&done));
            let extra = single::<u32>(pausing(1));
            move || {
                while !done.load(Ordering::Relaxed) {
                    let (producer, consumer) = ends(&extra, "a");
                    let id = set.add_producer(&producer, 1_000).expect("it can be watched");
                    set.add_consumer(&consumer, 1_001).expect("it can be watched");
                    set.add_timer(1_002, Duration::ZERO, None).expect("it is no child");
                    let _ = producer.try_send(1);
                    set.remove(id);
                }
            }
        });
        let mut next = [0; RECORDS];
        let mut open = RECORDS;
        let mut tokens = [0; 5];
        while open > 0 {
            let count = set.wait(&mut tokens).expect("it is open");
            for token in &tokens[..count] {
                let at = *token as usize;
                if at >= RECORDS || next[at] == u32::MAX {
                    continue;
                }
                match consumers[at].try_recv() {
                    Ok(value) => {
                        assert_eq!(value, next[at], "record {at}");
                        next[at] += 1;
                    }
                    Err(TryRecvError::Closed) => {
                        assert_eq!(next[at], VALUES, "record {at}");
                        next[at] = u32::MAX;
                        open -= 1;
                    }
                    Err(TryRecvError::Empty) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
        done.store(true, Ordering::Relaxed);
        restless.join().expect("no panic");
        sending.into_iter().for_each(|sending| sending.join().expect("no panic"));
        assert_eq!(consumers[0].recv(), Err(RecvError::Closed));
    });
}

#[cfg(unix)]
mod fd {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd};
    use std::time::Duration;

    use super::*;

    /// Waits for a descriptor with poll(2), and says whether it is readable.
    fn poll(fd: impl AsFd, timeout_ms: i32) -> bool {
        let mut poll = libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: it is one entry, which is ours.
        let count = unsafe { libc::poll(&raw mut poll, 1, timeout_ms) };
        assert!(count >= 0, "{}", io::Error::last_os_error());
        count == 1
    }

    const PATIENCE_MS: i32 = 300_000;

    #[test]
    fn w15_the_descriptor_of_a_set_is_readable_while_something_is_ready() {
        let handle = queues(2, pausing(4));
        let ((first, mut of_first), (second, mut of_second)) = (ends(&handle, "q0"), ends(&handle, "q1"));
        let set = WaitSet::new();
        set.add_consumer(&of_first, 1).expect("it can be watched");
        let fd = set.as_fd().expect("the system has one");
        set.add_consumer(&of_second, 2).expect("it can be watched");
        for round in 0..50 {
            assert_eq!(ready(&set), []);
            assert!(!poll(fd, 0), "round {round}");
            first.send(round).expect("there is room");
            second.send(round).expect("there is room");
            assert!(poll(fd, 0) && poll(fd, 0));
            assert_eq!(ready(&set), [1, 2]);
            assert_eq!(of_first.try_recv(), Ok(round));
            assert!(poll(fd, 0), "the other one is ready");
            assert_eq!((ready(&set), poll(fd, 0), of_second.try_recv()), (vec![2], true, Ok(round)));
        }
        assert!(set.as_fd().expect("it is there").as_raw_fd() == fd.as_raw_fd(), "it is one");
        assert_eq!((ready(&set), poll(fd, 0)), (vec![], false));
        first.close();
        assert_eq!((poll(fd, 0), ready(&set), poll(fd, 0)), (true, vec![1], true));
        drop(of_first);
        assert_eq!((poll(fd, 0), ready(&set)), (false, vec![]), "it has left");
        set.close();
        assert!(poll(fd, 0), "a loop is told that it is closed");
    }

    #[test]
    fn w15_a_thread_that_polls_is_woken_by_one_that_sends() {
        watched(|| {
            let handle = single::<u32>(pausing(1));
            let (producer, mut consumer) = ends(&handle, "a");
            let set = WaitSet::new();
            set.add_consumer(&consumer, 1).expect("it can be watched");
            let sending = aside(move || {
                for value in 0..2_000 {
                    producer.send(value).expect("it is read");
                }
                producer.close();
            });
            let fd = set.as_fd().expect("the system has one");
            let mut next = 0;
            'all: loop {
                assert!(poll(fd, PATIENCE_MS), "nothing is missed");
                let mut tokens = [0; 1];
                while set.try_wait(&mut tokens) == Ok(1) {
                    match consumer.try_recv() {
                        Ok(value) => {
                            assert_eq!(value, next);
                            next += 1;
                        }
                        Err(TryRecvError::Closed) => break 'all,
                        Err(TryRecvError::Empty) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
            assert_eq!(next, 2_000);
            sending.join().expect("no panic");
        });
    }

    #[test]
    fn w15_each_end_has_a_descriptor_of_its_own() {
        let handle = single::<u32>(pausing(1));
        let (producer, mut consumer) = ends(&handle, "a");
        let set = WaitSet::new();
        let (value, room) = (set.add_consumer(&consumer, 1), set.add_producer(&producer, 2));
        let (value, room) = (value.expect("it can be watched"), room.expect("it can be watched"));
        let fds = [value, room].map(|end| set.fd_of(end).expect("the system has one"));
        let shown = || fds.each_ref().map(|fd| poll(fd, 0));
        for round in 0..50 {
            assert_eq!((set.is_ready(value), set.is_ready(room)), (Some(false), Some(true)));
            assert_eq!(shown(), [false, true], "round {round}");
            producer.send(round).expect("there is room");
            assert_eq!((set.is_ready(value), set.is_ready(room)), (Some(true), Some(false)));
            assert_eq!(shown(), [true, false]);
            assert_eq!(consumer.try_recv(), Ok(round));
            assert_eq!(shown(), [true, true], "nobody has looked");
            assert_eq!((ready(&set), shown()), (vec![2], [false, true]), "a wait looks at all");
        }
        drop(producer);
        assert_eq!((shown(), set.is_ready(room)), ([false, false], None));
        assert_eq!(set.fd_of(room).expect_err("it has left").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn w15_timers_show_at_the_descriptors_in_time() {
        watched(|| {
            let set = WaitSet::new();
            set.add_timer(1, Duration::from_millis(1), None).expect("it is no child");
            let fd = set.as_fd().expect("the system has one");
            assert!(poll(fd, PATIENCE_MS));
            assert_eq!((ready(&set), ready(&set), poll(fd, 0)), (vec![1], vec![], false));
            let again = set.add_timer(2, Duration::from_millis(1), Some(Duration::from_millis(1)));
            let own = set.fd_of(again.expect("there are threads")).expect("the system has one");
            for _ in 0..5 {
                assert!(poll(fd, PATIENCE_MS) && poll(&own, PATIENCE_MS));
                assert_eq!(ready(&set), [2]);
            }
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn w15_a_set_takes_part_in_an_epoll_loop() {
        use std::os::fd::{FromRawFd, OwnedFd};
        watched(|| {
            // SAFETY: the call takes a number.
            let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
            assert!(epoll >= 0);
            // SAFETY: it was just made.
            let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
            let handle = queues(2, pausing(2));
            let ((first, mut of_first), (second, mut of_second)) = (ends(&handle, "q0"), ends(&handle, "q1"));
            let sets = [WaitSet::new(), WaitSet::new()];
            sets[0].add_consumer(&of_first, 1).expect("it can be watched");
            sets[1].add_consumer(&of_second, 1).expect("it can be watched");
            for (at, set) in sets.iter().enumerate() {
                let fd = set.as_fd().expect("the system has one").as_raw_fd();
                let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: at as u64 };
                // SAFETY: both descriptors are open, and the event is ours.
                let added = unsafe { libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &raw mut event) };
                assert_eq!(added, 0);
            }
            let sending = [first, second].map(|producer| {
                aside(move || {
                    (0..500).for_each(|value| producer.send(value).expect("it is read"));
                    producer.close();
                })
            });
            let mut next = [0; 2];
            let mut open = [true; 2];
            while open != [false; 2] {
                let mut events = [libc::epoll_event { events: 0, u64: 0 }; 4];
                // SAFETY: there is room for four events.
                let count = unsafe { libc::epoll_wait(epoll.as_raw_fd(), events.as_mut_ptr(), 4, PATIENCE_MS) };
                if count < 0 {
                    // Whoever stops the process and lets it go on, as a debugger does, ends this call, and poll(2) does not.
                    assert_eq!(io::Error::last_os_error().kind(), io::ErrorKind::Interrupted);
                    continue;
                }
                assert!(count > 0, "nothing is missed");
                for event in &events[..count as usize] {
                    let at = event.u64 as usize;
                    let consumer = [&mut of_first, &mut of_second].into_iter().nth(at).expect("there are two");
                    match (sets[at].try_wait(&mut [0]), consumer.try_recv()) {
                        (Ok(_), Ok(value)) => {
                            assert_eq!(value, next[at]);
                            next[at] += 1;
                        }
                        (Ok(_), Err(TryRecvError::Empty)) => {}
                        (Ok(_), Err(TryRecvError::Closed)) => {
                            open[at] = false;
                            sets[at].close();
                        }
                        other => panic!("{other:?}"),
                    }
                    if !open[at] {
                        let fd = sets[at].as_fd().expect("it is there").as_raw_fd();
                        // SAFETY: both descriptors are open.
                        unsafe { libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut()) };
                    }
                }
            }
            assert_eq!(next, [500; 2]);
            sending.into_iter().for_each(|sending| sending.join().expect("no panic"));
        });
    }
}
