//! Calls of the lean records that wait until a point in time, over a clock that the test moves: what is ready by then wins.

#[path = "port/preempted.rs"]
mod preempted;

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, Deadline, Port, RecvError, RecvTimeoutError, SendError, StaticConsumer,
    StaticQueue, StaticRing, Task,
};
use bytemuck::NoUninit;
use preempted::{Preempted, after};

std::thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1) };
    /// What happens the next time that somebody asks for the time.
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// One task, which is stopped for a while when it asks for the time. It never sleeps.
struct Stopped;

// SAFETY: its one task is there for ever.
unsafe impl Port for Stopped {
    fn ticks_per_second() -> u32 {
        1
    }

    fn current_task() -> Task {
        Task::from_ptr(std::ptr::null())
    }

    fn now() -> u64 {
        if let Some(meanwhile) = MEANWHILE.take() {
            meanwhile();
        }
        NOW.get()
    }

    fn park(ticks: Option<u64>) {
        NOW.set(NOW.get() + ticks.expect("each call has a deadline"));
    }

    unsafe fn unpark(_task: Task) {}

    unsafe fn unpark_from_isr(_task: Task) {}

    fn in_isr() -> bool {
        false
    }

    fn can_block() -> bool {
        true
    }

    fn priority() -> u8 {
        0
    }
}

/// A reader that waits behind another is woken before its time is up, and is stopped before it sees that until after.
#[test]
fn w4_whoever_is_woken_in_time_and_looks_late_has_what_it_was_woken_for() {
    static QUEUE: StaticQueue<u32, Raw, 2> = StaticQueue::new();
    let mut first = Box::new(QUEUE.consumer());
    let mut waits = Box::pin(first.recv_async());
    assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut second: StaticConsumer<'_, _, Stopped> = QUEUE.consumer().on();
    MEANWHILE.set(Some(Box::new(|| {
        NOW.set(4);
        // One for each of the two.
        assert!(QUEUE.producer().try_send(1).is_ok() && QUEUE.producer().try_send(2).is_ok());
        assert_eq!(QUEUE.stats().waiting_consumers, 0, "both were woken");
        NOW.set(6);
    })));
    assert_eq!(second.recv_deadline(Deadline::At(5)), Ok(1));
    assert_eq!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(2)));
    // Whoever was not woken has no time left.
    assert_eq!(second.recv_deadline(Deadline::At(5)), Err(RecvTimeoutError::Timeout));
}

/// A task that is stopped half way.
struct Halfway {
    goes_on: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Halfway {
    /// In what it does it is stopped where it calls the function that it is given.
    fn stopped(does: impl FnOnce(Box<dyn FnOnce()>) + Send + 'static) -> Self {
        let ((stops, stopped), (goes_on, waits)) = (mpsc::channel(), mpsc::channel());
        let stop = move || {
            stops.send(()).expect("somebody waits for it");
            waits.recv().expect("it goes on");
        };
        let task = thread::spawn(move || does(Box::new(stop)));
        stopped.recv().expect("it is stopped");
        Self { goes_on, task }
    }

    /// After so many sections of what it does.
    fn stopped_after(sections: u32, does: impl FnOnce() + Send + 'static) -> Self {
        Self::stopped(move |stop| {
            after(sections, stop);
            does();
        })
    }

    fn goes_on(self) {
        self.goes_on.send(()).expect("it waits");
        self.task.join().expect("it ends");
    }
}

/// Has those stopped half way in what they do before a task of [`Stopped`] sees that its time is up. They go on when this is called.
fn stopped_meanwhile(stop: impl FnOnce() -> Vec<Halfway> + 'static) -> impl FnOnce() {
    let stopped = Rc::new(RefCell::new(Vec::new()));
    let theirs = Rc::clone(&stopped);
    NOW.set(4);
    MEANWHILE.set(Some(Box::new(move || {
        theirs.replace(stop());
        NOW.set(6);
    })));
    move || {
        let stopped = stopped.take();
        assert!(!stopped.is_empty());
        stopped.into_iter().for_each(Halfway::goes_on);
    }
}

fn leaked<R>(record: R) -> &'static R {
    Box::leak(Box::new(record))
}

fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// One that waits behind another, and whose time is up while the ring is being closed, has come to its end as well.
#[test]
fn b18_whoever_stands_second_is_told_the_end_of_a_ring_while_others_are_yet_to_be_woken() {
    fn closes<T: NoUninit + Send + Sync + PartialEq + Debug>() {
        let ring = leaked(StaticRing::<T, Preempted, 2, 2, 2>::new());
        let mut first = ring.consumer().expect("a cursor");
        let mut second = first.clone().on::<Stopped>();
        let mut waits = Box::pin(first.recv_async());
        assert!(poll(&mut waits).is_pending());
        let go_on = stopped_meanwhile(|| vec![Halfway::stopped_after(1, || ring.close())]);
        assert_eq!(second.recv_deadline(Deadline::At(5)), Err(RecvTimeoutError::Closed));
        go_on();
        assert_eq!(poll(&mut waits), Poll::Ready(Err(RecvError::Closed)));
    }
    closes::<u32>();
    closes::<[u32; 8]>();
}

/// One that waits behind another has what is there for both when its time is up, and else nothing, whether or not somebody was woken for it.
#[test]
fn w3_w4_whoever_stands_second_has_a_value_if_there_is_one_for_the_first_as_well() {
    fn publishes<T: NoUninit + Send + Sync + PartialEq + Debug>(values: [T; 2], sections: u32) {
        for count in 1..3 {
            let ring = leaked(StaticRing::<T, Preempted, 2, 2, 2>::new());
            let mut first = ring.consumer().expect("a cursor");
            let mut second = first.clone().on::<Stopped>();
            let mut waits = Box::pin(first.recv_async());
            assert!(poll(&mut waits).is_pending());
            let publish = move |value| Halfway::stopped_after(sections, move || _ = ring.producer().try_send(value));
            let go_on = stopped_meanwhile(move || values.into_iter().take(count).map(publish).collect());
            let had = second.recv_deadline(Deadline::At(5));
            assert_eq!(had, if count == 2 { Ok(values[0]) } else { Err(RecvTimeoutError::Timeout) });
            go_on();
            assert_eq!(poll(&mut waits), Poll::Ready(Ok(values[count - 1])));
        }
    }
    publishes([1_u32, 2], 1);
    publishes([[1_u32; 8], [2; 8]], 2);
}

/// The same at a queue of large values, where one that is stopped while it fills or empties a place holds the others' back: so several are there
/// at once.
#[test]
fn w3_w4_whoever_stands_second_at_a_queue_has_something_if_there_is_something_for_the_first_as_well() {
    type Large = [u32; 8];
    fn both(first: impl Fn() + Send + 'static, second: impl FnOnce() + Send + 'static) -> Halfway {
        Halfway::stopped(move |stop| {
            after(1, move || {
                second();
                after(1, stop);
            });
            first();
        })
    }
    for count in 1..3 {
        let queue = leaked(StaticQueue::<Large, Preempted, 2>::new());
        let (mut first, mut second) = (queue.consumer(), queue.consumer().on::<Stopped>());
        let mut waits = Box::pin(first.recv_async());
        assert!(poll(&mut waits).is_pending());
        let send = move |value| move || assert!(queue.producer().try_send([value; 8]).is_ok());
        let go_on = stopped_meanwhile(move || match count {
            1 => vec![Halfway::stopped_after(2, send(1))],
            _ => vec![both(send(1), send(2))],
        });
        let had = second.recv_deadline(Deadline::At(5));
        assert_eq!(had, if count == 2 { Ok([1; 8]) } else { Err(RecvTimeoutError::Timeout) });
        go_on();
        assert_eq!(poll(&mut waits), Poll::Ready(Ok([count; 8])));
    }
    for count in 1..3 {
        let queue = leaked(StaticQueue::<Large, Preempted, 2>::new());
        assert!((0..2).all(|value| queue.producer().try_send([value; 8]).is_ok()));
        let (first, second) = (queue.producer(), queue.producer().on::<Stopped>());
        let mut waits = Box::pin(first.send_async([7; 8]));
        assert!(poll(&mut waits).is_pending());
        let take = move || assert!(queue.consumer().try_recv().is_ok());
        let go_on = stopped_meanwhile(move || match count {
            1 => vec![Halfway::stopped_after(2, take)],
            _ => vec![both(take, take)],
        });
        let sent = second.send_deadline([8; 8], Deadline::At(5));
        assert_eq!(sent, if count == 2 { Ok(()) } else { Err(SendError::Timeout([8; 8])) });
        go_on();
        assert_eq!(poll(&mut waits), Poll::Ready(Ok(())));
    }
}
