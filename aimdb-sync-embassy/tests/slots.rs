//! What happens when every slot is in use: those who wait park, and a slot that is given back wakes
//! them (contract W1, W5, S2 in fixed storage).

mod port;

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Record, RecvError, SendError, Sending, SpmcRing, StaticProducer,
    StaticRecord, TryRecvError, TrySendError,
};
use port::{Threads, Wakes, conserves, poll_counted, watched};

std::thread_local! {
    /// What the next clones of this thread do, the last one first.
    static SCRIPT: RefCell<Vec<Box<dyn FnOnce()>>> = RefCell::default();
}

/// A value whose clone does what the test wants while it pins the slot.
#[derive(Debug, PartialEq)]
struct Scripted(u32);

impl Clone for Scripted {
    fn clone(&self) -> Self {
        let step = SCRIPT.with_borrow_mut(Vec::pop);
        if let Some(step) = step {
            step();
        }
        Self(self.0)
    }
}

fn script(steps: impl IntoIterator<Item = Box<dyn FnOnce()>>) {
    let mut steps: Vec<_> = steps.into_iter().collect();
    steps.reverse();
    SCRIPT.set(steps);
}

fn sending<R: Record<Value = Scripted>>(
    producer: StaticProducer<'static, R>,
    value: u32,
) -> impl Sending<Value = Scripted, Output = Result<(), SendError<Scripted>>> {
    producer.send_async(Scripted(value))
}

#[test]
fn w1_a_sender_to_a_ring_that_lacks_a_slot_is_woken_when_a_reader_gives_one_back() {
    static RING: StaticRecord<SpmcRing<1>, Scripted, Raw, 3, 3> = StaticRecord::new();
    watched(|| {
        let (mut one, mut two) = (RING.consumer().unwrap(), RING.consumer().unwrap());
        let wakes = Arc::new(Wakes::default());
        let sender = Rc::new(RefCell::new(Box::pin(sending(RING.producer(), 3))));
        let (seen, offered) = (Arc::clone(&wakes), Rc::clone(&sender));
        script([
            Box::new(move || {
                RING.producer().try_send(Scripted(1)).unwrap();
                assert_eq!(two.try_recv(), Err(TryRecvError::Lagged(1)));
                assert_eq!(two.try_recv(), Ok(Scripted(1)));
            }) as Box<dyn FnOnce()>,
            Box::new(move || {
                RING.producer().try_send(Scripted(2)).unwrap();
                assert_eq!(RING.producer().try_send(Scripted(9)), Err(TrySendError::Full(Scripted(9))));
                assert!(poll_counted(offered.borrow_mut().as_mut(), &seen).is_pending());
            }),
        ]);
        RING.producer().try_send(Scripted(0)).unwrap();
        assert_eq!(one.try_recv(), Ok(Scripted(0)));
        assert_eq!(wakes.count(), 1, "a slot was given back");
        assert_eq!(poll_counted(sender.borrow_mut().as_mut(), &wakes), Poll::Ready(Ok(())));
        assert_eq!(one.try_recv(), Err(TryRecvError::Lagged(2)));
        assert_eq!(one.try_recv(), Ok(Scripted(3)));
    });
}

#[test]
fn w5_a_sender_that_finds_room_but_no_slot_parks_instead_of_spinning() {
    static QUEUE: StaticRecord<Bounded<1>, Scripted, Raw, 3, 2> = StaticRecord::new();
    watched(|| {
        let mut one = QUEUE.consumer().unwrap();
        let mut one_again = one.clone();
        let mut two = QUEUE.consumer().unwrap();
        let mut two_again = two.clone();
        let wakes = Arc::new(Wakes::default());
        let sender = Rc::new(RefCell::new(Box::pin(sending(QUEUE.producer(), 3))));
        let (seen, offered) = (Arc::clone(&wakes), Rc::clone(&sender));
        script([
            // The first reader pins the first value, which is displaced; the second one the second.
            Box::new(move || {
                assert_eq!(QUEUE.producer().force_send(Scripted(1)), Ok(None));
                assert_eq!(two.try_recv(), Err(TryRecvError::Lagged(1)));
                assert_eq!(two.try_recv(), Ok(Scripted(1)));
            }) as Box<dyn FnOnce()>,
            // Both cursors read the third value, which leaves the window: there is room, and each of
            // the three slots is pinned.
            Box::new(move || {
                assert_eq!(QUEUE.producer().force_send(Scripted(2)), Ok(None));
                assert_eq!(one_again.try_recv(), Err(TryRecvError::Lagged(1)));
                assert_eq!(one_again.try_recv(), Ok(Scripted(2)));
            }),
            Box::new(move || assert_eq!(two_again.try_recv(), Ok(Scripted(2)))),
            Box::new(move || {
                assert_eq!(QUEUE.stats().occupancy, 0);
                assert_eq!(QUEUE.producer().try_send(Scripted(9)), Err(TrySendError::Full(Scripted(9))));
                assert!(poll_counted(offered.borrow_mut().as_mut(), &seen).is_pending());
            }),
        ]);
        QUEUE.producer().try_send(Scripted(0)).unwrap();
        assert_eq!(one.try_recv(), Ok(Scripted(0)));
        assert_eq!(wakes.count(), 1, "a slot was given back");
        assert_eq!(poll_counted(sender.borrow_mut().as_mut(), &wakes), Poll::Ready(Ok(())));
        assert_eq!(one.try_recv(), Ok(Scripted(3)));
    });
}

#[test]
fn w2_a_slot_that_a_cancelled_sender_gives_back_goes_to_the_next_one() {
    static QUEUE: StaticRecord<Bounded<1>, Scripted, Raw, 3> = StaticRecord::single_cursor();
    let mut reader = QUEUE.consumer().unwrap();
    QUEUE.producer().try_send(Scripted(0)).unwrap();
    let wakes = Arc::new(Wakes::default());
    let mut last = pin!(sending(QUEUE.producer(), 3));
    {
        let (mut first, mut second) = (pin!(sending(QUEUE.producer(), 1)), pin!(sending(QUEUE.producer(), 2)));
        assert!(poll_counted(first.as_mut(), &wakes).is_pending());
        assert!(poll_counted(second.as_mut(), &wakes).is_pending());
        assert!(poll_counted(last.as_mut(), &wakes).is_pending(), "it waits without a slot");
        assert_eq!((first.cancel(), second.cancel()), (Some(Scripted(1)), Some(Scripted(2))));
    }
    assert_eq!(wakes.count(), 1, "the slot, but no room yet");
    assert!(poll_counted(last.as_mut(), &wakes).is_pending());
    assert_eq!(reader.try_recv(), Ok(Scripted(0)));
    assert_eq!(wakes.count(), 2);
    assert_eq!(reader.try_recv(), Ok(Scripted(3)), "stored on its behalf");
    assert_eq!(poll_counted(last, &wakes), Poll::Ready(Ok(())));
    assert_eq!(QUEUE.stats().counters.blocked, 3, "one episode each");
}

#[test]
fn s2_eight_threads_on_a_ring_with_two_spare_slots_never_hang() {
    const COUNT: u64 = 10_000;
    static RING: StaticRecord<SpmcRing<1>, u64, Raw, 3, 4> = StaticRecord::new();
    watched(|| {
        thread::scope(|scope| {
            for _ in 0..4 {
                let mut reader = RING.consumer().unwrap().on::<Threads>();
                scope.spawn(move || {
                    let (mut read, mut lost) = (0, 0);
                    loop {
                        match reader.recv() {
                            Ok(_) => read += 1,
                            Err(RecvError::Lagged(lag)) => lost += lag,
                            Err(_) => break,
                        }
                    }
                    assert_eq!(read + lost, 4 * COUNT);
                });
            }
            let senders = [(); 4].map(|()| {
                scope.spawn(|| {
                    for value in 0..COUNT {
                        RING.producer().on::<Threads>().send(value).unwrap();
                    }
                })
            });
            for sender in senders {
                sender.join().unwrap();
            }
            RING.close();
        });
        conserves(&RING.stats(), 4 * COUNT);
        assert_eq!(RING.stats().counters.accepted, 4 * COUNT);
    });
}
