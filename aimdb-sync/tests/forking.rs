//! Forked children, and use after `main` returned (C8, C9). The one test file that needs `unsafe`
//! to fork; it has no harness, whose threads would not be in the child.
#![allow(unsafe_code)]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(unix)]
mod unix {
    use std::any::Any;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};
    use std::task::{Context, Poll};
    use std::time::Duration;

    use aimdb_core::buffer::{Buffer, BufferReader};
    use aimdb_sync::{
        AimDbBuilder, AimDbHandle, Attach, BufferCfg, BufferMetrics, DbError, Deadline, FlushError, Misuse, Policy,
        RecvError, RecvTimeoutError, SendError, SendManyError, SharedProducer, ShutdownError, Start, SubscribeError,
        SyncConsumer, SyncProducer, TryRecvError, TrySendError, WaitError, WaitSet, WaitTimeoutError, WatchError,
    };

    pub(super) fn main() {
        c8_a_forked_child_is_refused_and_hangs_nowhere_and_attaches_a_database_of_its_own();
        c8_handles_that_know_their_way_are_refused_in_a_forked_child();
        c8_a_fork_while_others_hold_the_locks_hangs_nowhere();
        c8_what_a_forked_child_drops_is_leaked_because_it_might_take_a_lock();
        c8_a_wait_set_is_refused_in_a_forked_child();
        c9_ends_can_be_used_after_main_has_returned();
        println!("test result: ok. 6 passed");
    }

    /// Runs `child` in a forked child and says whether it came to its end. A child that hangs is
    /// killed by its alarm.
    fn forked(child: impl FnOnce()) -> bool {
        // SAFETY: the child is this thread alone. It allocates, which glibc makes safe after a
        // fork, and touches of the parent's locks only what is under test.
        match unsafe { libc::fork() } {
            -1 => panic!("no fork"),
            0 => {
                // SAFETY: no handler is installed; the alarm ends the process.
                unsafe { libc::alarm(30) };
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
                // SAFETY: ends the child without the parent's exit handlers.
                unsafe { libc::_exit(i32::from(outcome.is_err())) }
            }
            pid => {
                let mut status = 0;
                // SAFETY: it is our child, and the status is ours to write.
                assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
                libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
            }
        }
    }

    fn database() -> AimDbHandle {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream });
        });
        builder.configure::<u32>("b", |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 8 });
            record.tap_blocking(|_, mut consumer| while consumer.recv_blocking(Deadline::Never).is_ok() {});
            #[cfg(feature = "tokio")]
            record.tap(|_, mut consumer| async move { while consumer.recv().await.is_ok() {} });
        });
        builder.attach().expect("sound")
    }

    fn of_kind(cfg: BufferCfg) -> AimDbHandle {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(cfg);
        });
        builder.attach().expect("sound")
    }

    fn c8_a_forked_child_is_refused_and_hangs_nowhere_and_attaches_a_database_of_its_own() {
        let handle = database();
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        // Moved into the child's copy of this closure, and dropped there.
        let ends = Mutex::new(Some((handle, producer, consumer.clone())));
        let child = || {
            let (handle, producer, other) =
                ends.lock().unwrap_or_else(PoisonError::into_inner).take().expect("nobody else takes it");
            refuses(&handle, &producer, other);
            drop((handle, producer));
            works(database());
        };
        assert!(forked(child), "the child hung or panicked");
        let (handle, producer, other) =
            ends.lock().unwrap_or_else(PoisonError::into_inner).take().expect("the child took its own");
        drop(other);
        assert_eq!(consumer.recv(), Ok(1));
        producer.send(2).expect("the parent goes on");
        assert_eq!(consumer.recv(), Ok(2));
        handle.shutdown().expect("the parent's services are alive");
    }

    /// One that was used keeps the way that its values go, and asks for nothing else on it but whether this is still
    /// the process.
    fn c8_handles_that_know_their_way_are_refused_in_a_forked_child() {
        let kinds = [
            BufferCfg::Bounded { capacity: 4, policy: Policy::PauseUpstream },
            BufferCfg::SpmcRing { capacity: 4 },
            BufferCfg::SingleLatest,
            BufferCfg::Mailbox,
        ];
        for cfg in kinds {
            let [handle, other] = [(); 2].map(|()| of_kind(cfg));
            let producer = handle.producer::<u32>("a").expect("it is there");
            let mut consumer = handle.consumer::<u32>("a").expect("it is there");
            let shared = producer.shared();
            for value in 0..100 {
                // The sending end is the thread's first, and then the other producer's.
                if value < 50 { shared.send(value) } else { producer.send(value) }.expect("there is room");
                assert_eq!(consumer.try_recv(), Ok(value));
            }
            let together = other.producer::<u32>("a").expect("it is there").shared();
            let mut reader = other.consumer::<u32>("a").expect("it is there");
            for value in 0..100 {
                together.send(value).expect("there is room");
                assert_eq!(reader.recv(), Ok(value));
            }
            producer.send(100).expect("there is room");
            together.send(100).expect("there is room");
            let looks = matches!(cfg, BufferCfg::SingleLatest | BufferCfg::Mailbox).then_some(100);
            assert_eq!([&consumer, &reader].map(|consumer| [consumer.peek(), consumer.peek()]), [[looks; 2]; 2]);
            let child = Mutex::new((consumer, reader));
            assert!(
                forked(|| {
                    let (consumer, reader) = &mut *child.lock().unwrap_or_else(PoisonError::into_inner);
                    let misuse = Misuse::ForkedChild;
                    // Twice: a refusal teaches the way anew to nobody.
                    for _ in 0..2 {
                        assert_eq!(producer.try_send(1), Err(TrySendError::Misuse(1, misuse)));
                        assert_eq!(producer.send(1), Err(SendError::Misuse(1, misuse)));
                        assert_eq!(together.try_send(1), Err(TrySendError::Misuse(1, misuse)));
                        assert_eq!(together.send(1), Err(SendError::Misuse(1, misuse)));
                        assert_eq!(shared.try_send(1), Err(TrySendError::Misuse(1, misuse)));
                        for consumer in [&mut *consumer, &mut *reader] {
                            assert_eq!(consumer.try_recv(), Err(TryRecvError::Misuse(misuse)));
                            assert_eq!(consumer.recv(), Err(RecvError::Misuse(misuse)));
                            assert_eq!(consumer.peek(), None);
                        }
                    }
                }),
                "the child hung, or was let in"
            );
            let (mut consumer, mut reader) = child.into_inner().unwrap_or_else(PoisonError::into_inner);
            assert_eq!((consumer.try_recv(), reader.recv()), (Ok(100), Ok(100)), "the parent goes on");
        }
    }

    fn refuses(handle: &AimDbHandle, producer: &SyncProducer<u32>, mut consumer: SyncConsumer<u32>) {
        let misuse = Misuse::ForkedChild;
        assert_eq!(handle.producer::<u32>("a").map(drop), Err(DbError::Misuse(misuse)));
        assert_eq!(handle.consumer::<u32>("a").map(drop), Err(DbError::Misuse(misuse)));
        assert_eq!(handle.shutdown(), Err(ShutdownError::Misuse(misuse)));
        assert_eq!(handle.shutdown_timeout(Duration::ZERO), Err(ShutdownError::Misuse(misuse)));
        assert!(handle.is_closed() && handle.failures().is_empty() && handle.stats().is_empty());
        assert!(handle.running().is_empty());

        assert_eq!(producer.send(1), Err(SendError::Misuse(1, misuse)));
        assert_eq!(producer.try_send(1), Err(TrySendError::Misuse(1, misuse)));
        assert_eq!(producer.force_send(1), Err(TrySendError::Misuse(1, misuse)));
        assert_eq!(producer.send_timeout(1, Duration::MAX), Err(SendError::Misuse(1, misuse)));
        let mut batch = [1, 2].into();
        assert_eq!(producer.send_many(&mut batch), Err(SendManyError::Misuse { sent: 0, misuse }));
        assert_eq!(batch, [1, 2]);
        assert_eq!(producer.flush(Duration::MAX), Err(FlushError::Misuse(misuse)));
        producer.close();
        assert_eq!((producer.abort(), producer.is_closed()), (0, true));
        assert_eq!(producer.stats(), BufferMetrics::default());
        drop((producer.clone(), producer.shared()));

        assert_eq!(consumer.recv(), Err(RecvError::Misuse(misuse)));
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Misuse(misuse)));
        assert_eq!(consumer.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Misuse(misuse)));
        assert_eq!(consumer.recv_many(&mut Vec::new(), 1), Err(RecvError::Misuse(misuse)));
        assert_eq!(consumer.latest(), Err(RecvError::Misuse(misuse)));
        assert_eq!(consumer.try_latest(), Err(TryRecvError::Misuse(misuse)));
        assert_eq!((consumer.iter().next(), consumer.try_iter().next(), consumer.peek()), (None, None, None));
        assert_eq!(consumer.subscribe().map(drop), Err(DbError::Misuse(misuse)));
        assert_eq!(consumer.share().map(drop), Err(DbError::Misuse(misuse)));
        assert_eq!(consumer.clone().recv(), Err(RecvError::Misuse(misuse)));
        assert_eq!((consumer.stats().id, consumer.is_closed()), (0, true));
        assert!(format!("{consumer:?} {producer:?} {handle:?}").contains("closed: true"));
    }

    fn works(handle: AimDbHandle) {
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        let reads = std::thread::spawn(move || consumer.iter().sum::<u32>());
        (0..100).try_for_each(|value| producer.send(value)).expect("it is open");
        handle.producer::<u32>("b").expect("it is there").send(1).expect("a ring accepts");
        handle.shutdown().expect("its services are alive");
        assert_eq!(reads.join().expect("no panic"), 4_950);
    }

    fn c8_a_fork_while_others_hold_the_locks_hangs_nowhere() {
        let handle = Arc::new(database());
        let enough = Arc::new(AtomicBool::new(false));
        let busy: Vec<_> = (0..3)
            .map(|_| {
                let (handle, enough) = (Arc::clone(&handle), Arc::clone(&enough));
                std::thread::spawn(move || {
                    let producer = handle.producer::<u32>("a").expect("it is there");
                    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
                    while !enough.load(Ordering::Relaxed) {
                        let _ = producer.force_send(1);
                        let _ = consumer.try_recv();
                        drop(handle.stats());
                    }
                })
            })
            .collect();
        for _ in 0..100 {
            let producer = handle.producer::<u32>("a").expect("it is there");
            let consumer = handle.consumer::<u32>("a").expect("it is there");
            let ends = Mutex::new(Some((producer, consumer)));
            let child = || {
                let (producer, consumer) =
                    ends.lock().unwrap_or_else(PoisonError::into_inner).take().expect("nobody else takes it");
                refuses(&handle, &producer, consumer);
            };
            assert!(forked(child), "the child hung or panicked");
        }
        enough.store(true, Ordering::Relaxed);
        for thread in busy {
            thread.join().expect("no panic");
        }
        handle.shutdown().expect("the parent's services are alive");
    }

    static IN_CHILD: AtomicBool = AtomicBool::new(false);

    /// A buffer of the user's own, and its reader, that must not be dropped in a child.
    struct OfTheParent;

    impl Drop for OfTheParent {
        fn drop(&mut self) {
            assert!(!IN_CHILD.load(Ordering::Relaxed), "it was dropped in the child");
        }
    }

    impl Buffer<u32> for OfTheParent {
        fn push(&self, _: u32) {}

        fn subscribe(&self, _: Start) -> Result<Box<dyn BufferReader<u32>>, SubscribeError> {
            Ok(Box::new(Self))
        }
    }

    impl BufferReader<u32> for OfTheParent {
        fn try_recv(&mut self) -> Result<u32, TryRecvError> {
            Err(TryRecvError::Closed)
        }

        fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Result<u32, RecvError>> {
            Poll::Ready(Err(RecvError::Closed))
        }

        fn share(&self) -> Result<Box<dyn BufferReader<u32>>, SubscribeError> {
            Err(SubscribeError::NoReaders)
        }
    }

    fn c8_what_a_forked_child_drops_is_leaked_because_it_might_take_a_lock() {
        // The handle, the producer or the consumer alone holds the record.
        for last in 0..3 {
            let mut builder = AimDbBuilder::new();
            builder.configure::<u32>("a", |record| {
                record.buffer_raw(OfTheParent);
            });
            let handle = builder.attach().expect("sound");
            let producer = handle.producer::<u32>("a").expect("it is there");
            let consumer = handle.consumer::<u32>("a").expect("it is there");
            // A clone that this buffer cannot make is closed from the start.
            assert!(consumer.share().is_err());
            assert_eq!(consumer.clone().recv(), Err(RecvError::Closed));
            let ends: [Box<dyn Any + Send>; 3] = [Box::new(handle), Box::new(producer), Box::new(consumer)];
            let last = Mutex::new(ends.into_iter().nth(last));
            let child = || {
                IN_CHILD.store(true, Ordering::Relaxed);
                drop(last.lock().unwrap_or_else(PoisonError::into_inner).take());
            };
            assert!(forked(child), "the child dropped what is the parent's");
        }
    }

    fn c8_a_wait_set_is_refused_in_a_forked_child() {
        let handle = database();
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        let set = WaitSet::new();
        let end = set.add_consumer(&consumer, 1).expect("it can be watched");
        set.add_timer(2, Duration::MAX, None).expect("it is no child");
        let fd = set.as_fd().map(|_| ()).map_err(|error| error.kind());
        assert_eq!((fd, set.try_wait(&mut [0; 4])), (Ok(()), Ok(0)));
        let other = consumer.clone();
        set.add_consumer(&other, 3).expect("it can be watched");
        let ends = Mutex::new(Some((set, other, producer.clone())));
        let child = || {
            let (set, other, producer) =
                ends.lock().unwrap_or_else(PoisonError::into_inner).take().expect("nobody else takes it");
            let misuse = Misuse::ForkedChild;
            assert_eq!(set.wait(&mut [0; 4]), Err(WaitError::Misuse(misuse)));
            assert_eq!(set.try_wait(&mut [0; 4]), Err(WaitError::Misuse(misuse)));
            assert_eq!(set.wait_timeout(&mut [0; 4], Duration::MAX), Err(WaitTimeoutError::Misuse(misuse)));
            assert_eq!(set.add_consumer(&other, 1), Err(WatchError::Misuse(misuse)));
            assert_eq!(set.add_producer(&producer, 1), Err(WatchError::Misuse(misuse)));
            assert_eq!(set.add_timer(1, Duration::ZERO, None), Err(WatchError::Misuse(misuse)));
            assert!(set.as_fd().is_err() && set.fd_of(end).is_err());
            assert_eq!((set.remove(end), set.is_ready(end), set.len()), (false, None, 0));
            set.close();
            // One of its own takes what is of this process.
            let own = WaitSet::new();
            assert_eq!(own.add_consumer(&other, 1), Err(WatchError::Misuse(misuse)));
            own.add_timer(5, Duration::from_millis(1), None).expect("it is this process's");
            assert_eq!(own.wait(&mut [0; 4]), Ok(1));
            drop((other, producer, set));
        };
        assert!(forked(child), "the child hung or panicked");
        let (set, other, _) =
            ends.lock().unwrap_or_else(PoisonError::into_inner).take().expect("the child took its own");
        producer.send(7).expect("there is room");
        let mut tokens = [0; 4];
        assert_eq!(set.wait(&mut tokens), Ok(2));
        drop(other);
        assert_eq!((consumer.recv(), set.try_wait(&mut tokens)), (Ok(7), Ok(0)));
    }

    static AFTER_MAIN: OnceLock<(SharedProducer<u32>, Mutex<SyncConsumer<u32>>)> = OnceLock::new();

    extern "C" fn after_main() {
        let (producer, consumer) = AFTER_MAIN.get().expect("it was set");
        let mut consumer = consumer.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = producer.send(1);
        let seen = (consumer.recv(), consumer.recv_timeout(Duration::from_millis(1)));
        if (sent, seen) != (Ok(()), (Ok(1), Err(RecvTimeoutError::Timeout))) {
            std::process::abort();
        }
    }

    fn c9_ends_can_be_used_after_main_has_returned() {
        let handle = database();
        let producer = handle.producer::<u32>("a").expect("it is there").shared();
        let consumer = Mutex::new(handle.consumer::<u32>("a").expect("it is there"));
        assert!(AFTER_MAIN.set((producer, consumer)).is_ok());
        // It would close the records.
        std::mem::forget(handle);
        // SAFETY: the function is ours, and does not unwind: it aborts.
        assert_eq!(unsafe { libc::atexit(after_main) }, 0);
    }
}
