//! The lean bounded record, with tasks that are stopped at a chosen point while others go on: after each critical
//! section an interrupt may come, and these tests say after which one it comes and what it does.

mod port;
#[path = "port/preempted.rs"]
mod stopped;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use aimdb_sync_embassy::{RecvError, StaticQueue, TryRecvError, TrySendError};
use port::{TestTime, Wakes, conserves, poll_counted, poll_once, watched};
use stopped::{Preempted, after};

/// Moved outside the critical section.
type Large = [u64; 4];
type Queue<T, const N: usize> = &'static StaticQueue<T, Preempted, N>;

fn queue<T: Send, const N: usize>() -> Queue<T, N> {
    Box::leak(Box::new(StaticQueue::new()))
}

/// A task that is more urgent than whoever wakes it: it runs at once.
struct Urgent {
    polls: AtomicUsize,
}

type Waits = Pin<Box<dyn Future<Output = Result<Large, RecvError>>>>;

std::thread_local! {
    static TASK: RefCell<Option<Waits>> = const { RefCell::new(None) };
    static ENDED: Cell<Option<Result<Large, RecvError>>> = const { Cell::new(None) };
}

impl Urgent {
    fn start(task: impl Future<Output = Result<Large, RecvError>> + 'static) -> Arc<Self> {
        let urgent = Arc::new(Self { polls: AtomicUsize::new(0) });
        TASK.set(Some(Box::pin(task)));
        Wake::wake(Arc::clone(&urgent));
        urgent
    }
}

impl Wake for Urgent {
    fn wake(self: Arc<Self>) {
        self.polls.fetch_add(1, Ordering::Relaxed);
        let Some(mut task) = TASK.take() else { return };
        match task.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self)))) {
            Poll::Ready(outcome) => ENDED.set(Some(outcome)),
            Poll::Pending => TASK.set(Some(task)),
        }
    }
}

async fn next<const N: usize>(queue: Queue<Large, N>) -> Result<Large, RecvError> {
    let mut consumer = queue.consumer();
    consumer.recv_async().await
}

#[test]
fn c1_a_close_wakes_a_reader_once_though_a_value_is_still_on_its_way() {
    let queue = queue::<Large, 2>();
    let reader = Urgent::start(next(queue));
    let counted = Arc::clone(&reader);
    after(1, move || {
        let before = counted.polls.load(Ordering::Relaxed);
        queue.close();
        assert!(counted.polls.load(Ordering::Relaxed) - before <= 1, "the reader was woken again and again");
    });
    queue.producer().try_send([1; 4]).unwrap();
    assert_eq!(ENDED.take(), Some(Ok([1; 4])), "what was on its way is delivered");
    assert_eq!(queue.consumer().try_recv(), Err(TryRecvError::Closed));
    conserves(&queue.stats(), 1);
}

#[test]
fn c1_a_close_wakes_every_reader_when_the_last_value_has_come() {
    let queue = queue::<Large, 2>();
    let wakes: [_; 3] = std::array::from_fn(|_| Arc::new(Wakes::default()));
    let mut waiting: Vec<_> = wakes.iter().map(|_| Box::pin(next(queue))).collect();
    for (waits, wakes) in waiting.iter_mut().zip(&wakes) {
        assert!(poll_counted(waits.as_mut(), wakes).is_pending());
    }
    after(1, move || queue.close());
    queue.producer().try_send([1; 4]).unwrap();
    let ended: Vec<_> = waiting.iter_mut().map(|waits| poll_once(waits.as_mut())).collect();
    assert!(wakes.iter().all(|wakes| wakes.count() > 0));
    assert_eq!(
        ended,
        [Poll::Ready(Ok([1; 4])), Poll::Ready(Err(RecvError::Closed)), Poll::Ready(Err(RecvError::Closed))]
    );
}

fn panics(call: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

/// A value that does not go quietly.
struct Grudge<T>(T);

impl<T> Drop for Grudge<T> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any("it does not go quietly");
        }
    }
}

#[test]
fn c1_an_abort_wakes_everybody_whatever_a_values_drop_does() {
    fn waits<T: Send + 'static>(value: impl Fn() -> T) {
        let queue = queue::<Grudge<T>, 1>();
        assert!(queue.producer().try_send(Grudge(value())).is_ok());
        let wakes = Arc::new(Wakes::default());
        let mut sending = [(); 3].map(|()| Box::pin(queue.producer().send_async(Grudge(value()))));
        for sending in &mut sending {
            assert!(poll_counted(sending.as_mut(), &wakes).is_pending());
        }
        assert!(panics(|| _ = queue.abort()));
        assert_eq!(wakes.count(), 3, "a sender waits for ever");
        for mut sending in sending {
            let Poll::Ready(Err(refused)) = poll_once(sending.as_mut()) else { panic!("it is closed") };
            std::mem::forget(refused);
        }
    }
    waits(|| 1_u32);
    waits(|| [1_u64; 4]);
}

/// A waker that panics, which only an executor's can.
struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("this one is broken");
    }
}

#[test]
fn c1_a_close_wakes_everybody_whatever_a_waker_does() {
    let broken = || Waker::from(Arc::new(Broken));
    let queue = queue::<Large, 1>();
    let wakes = Arc::new(Wakes::default());
    let mut waiting = [(); 3].map(|()| Box::pin(next(queue)));
    assert!(waiting[0].as_mut().poll(&mut Context::from_waker(&broken())).is_pending());
    assert!(poll_counted(waiting[1].as_mut(), &wakes).is_pending());
    assert!(poll_counted(waiting[2].as_mut(), &wakes).is_pending());
    assert!(panics(|| queue.close()));
    assert_eq!(wakes.count(), 2, "the other ones wait for ever");
    let full = self::queue::<Large, 1>();
    full.producer().try_send([0; 4]).unwrap();
    let mut sending = [(); 2].map(|()| Box::pin(full.producer().send_async([1; 4])));
    assert!(sending[0].as_mut().poll(&mut Context::from_waker(&broken())).is_pending());
    assert!(poll_counted(sending[1].as_mut(), &wakes).is_pending());
    assert!(panics(|| full.close()));
    assert_eq!(wakes.count(), 3, "the other one waits for ever");
}

#[test]
fn k7_a_value_is_dropped_once_though_a_waker_panics_that_its_reader_wakes() {
    type Of<T> = (Arc<()>, T);
    fn takes<T: Send + 'static>(more: fn() -> T, read: impl FnOnce(Queue<Of<T>, 1>)) {
        let (value, refused) = (Arc::new(()), Arc::new(()));
        let queue = queue::<Of<T>, 1>();
        assert!(queue.producer().try_send((Arc::clone(&value), more())).is_ok());
        let mut sending = Box::pin(queue.producer().send_async((refused, more())));
        assert!(sending.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(Broken)))).is_pending());
        assert!(panics(|| read(queue)));
        assert_eq!(Arc::strong_count(&value), 1, "it was taken, and nobody has it");
        assert!(matches!(sending.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(()))));
    }
    fn in_each_way<T: Send + 'static>(more: fn() -> T) {
        takes(more, |queue| _ = queue.consumer().try_recv());
        takes(more, |queue| _ = queue.consumer().on::<TestTime>().recv());
        takes(more, |queue| _ = queue.consumer().on::<TestTime>().recv_timeout(Duration::ZERO));
        takes(more, |queue| _ = queue.consumer().on::<TestTime>().recv_timeout(Duration::MAX));
        takes(more, |queue| _ = poll_once(pin!(queue.consumer().recv_async())));
    }
    in_each_way(|| ());
    in_each_way(|| [0_u64; 4]);
}

#[test]
fn c2_nothing_is_read_from_a_record_that_was_aborted() {
    fn aborts<T: Send + PartialEq + std::fmt::Debug + 'static>(value: impl Fn() -> T) {
        let queue = queue::<T, 3>();
        for _ in 0..3 {
            queue.producer().try_send(value()).unwrap();
        }
        after(1, move || assert_eq!(queue.consumer().try_recv(), Err(TryRecvError::Closed)));
        assert_eq!(queue.abort(), 3, "a reader came between, and took a value from the middle");
        conserves(&queue.stats(), 3);
    }
    aborts(|| 1_u32);
    aborts(|| [1_u64; 4]);
}

#[test]
fn c2_a_value_that_comes_after_the_abort_is_read_by_nobody() {
    let queue = queue::<Large, 2>();
    after(1, move || {
        assert_eq!(queue.abort(), 0);
        assert_eq!(queue.consumer().try_recv(), Err(TryRecvError::Closed));
        // It is stored, and not yet discarded.
        after(1, move || assert_eq!(queue.consumer().try_recv(), Err(TryRecvError::Closed)));
    });
    queue.producer().try_send([1; 4]).unwrap();
    let stats = queue.stats();
    conserves(&stats, 1);
    assert_eq!((stats.counters.accepted, stats.counters.aborted, stats.occupancy), (1, 1, 0));
}

/// So many tasks are stopped inside `call`, then `then` runs, then they go on.
fn inside(tasks: u32, call: impl Fn() + Copy + 'static, then: impl FnOnce() + 'static) {
    if tasks == 0 {
        return then();
    }
    after(1, move || inside(tasks - 1, call, then));
    call();
}

#[test]
fn w1_a_sender_waits_when_more_are_inside_than_can_be_counted_and_is_woken() {
    watched(|| {
        let queue = queue::<Large, 300>();
        let wakes: Vec<_> = (0..40).map(|_| Arc::new(Wakes::default())).collect();
        let mut sending: Vec<_> = (0..40).map(|n| Box::pin(queue.producer().send_async([n; 4]))).collect();
        let (sent, waking) = (std::rc::Rc::new(RefCell::new(Vec::new())), wakes.clone());
        let sends = move || assert_eq!(queue.producer().try_send([99; 4]), Ok(()));
        let kept = std::rc::Rc::clone(&sent);
        inside(255, sends, move || {
            for (sending, wakes) in sending.iter_mut().zip(&waking) {
                assert!(poll_counted(sending.as_mut(), wakes).is_pending());
            }
            *kept.borrow_mut() = sending;
        });
        assert!(wakes.iter().all(|wakes| wakes.count() == 1), "there is room for all of them");
        for mut sending in sent.take() {
            assert_eq!(poll_once(sending.as_mut()), Poll::Ready(Ok(())));
        }
        conserves(&queue.stats(), 295);
        assert_eq!(queue.stats().occupancy, 295);
    });
}

#[test]
fn w1_a_reader_waits_when_more_are_inside_than_can_be_counted_and_is_woken() {
    watched(|| {
        let queue = queue::<Large, 300>();
        for _ in 0..300 {
            queue.producer().try_send([1; 4]).unwrap();
        }
        let wakes = Arc::new(Wakes::default());
        let (read, waking) = (std::rc::Rc::new(RefCell::new(None)), Arc::clone(&wakes));
        let reads = move || assert_eq!(queue.consumer().try_recv(), Ok([1; 4]));
        let kept = std::rc::Rc::clone(&read);
        inside(255, reads, move || {
            let mut reading = Box::pin(next(queue));
            assert!(poll_counted(reading.as_mut(), &waking).is_pending());
            *kept.borrow_mut() = Some(reading);
        });
        assert_eq!(wakes.count(), 1, "there are values left");
        assert_eq!(poll_once(read.take().unwrap().as_mut()), Poll::Ready(Ok([1; 4])));
        assert_eq!(queue.stats().occupancy, 44);
        conserves(&queue.stats(), 300);
    });
}

#[test]
fn c2_an_abort_discards_everything_when_more_are_inside_than_can_be_counted() {
    let queue = queue::<Large, 300>();
    for _ in 0..300 {
        queue.producer().try_send([1; 4]).unwrap();
    }
    let reads = move || assert_eq!(queue.consumer().try_recv(), Ok([1; 4]));
    inside(255, reads, move || {
        queue.abort();
        assert_eq!(queue.consumer().try_recv(), Err(TryRecvError::Closed));
    });
    let stats = queue.stats();
    conserves(&stats, 300);
    assert_eq!((stats.counters.delivered, stats.counters.aborted, stats.occupancy), (255, 45, 0));
}

#[test]
fn k1_the_largest_queues_hold_what_they_say() {
    fn fills<const N: usize>() {
        let queue = queue::<Large, N>();
        for round in 0..3 {
            for value in 0..N as u64 {
                queue.producer().try_send([round + value; 4]).unwrap();
            }
            assert!(matches!(queue.producer().try_send([0; 4]), Err(TrySendError::Full(_))));
            // Each round begins at another place.
            for value in 0..N as u64 {
                assert_eq!(queue.consumer().try_recv(), Ok([round + value; 4]));
            }
            queue.producer().try_send([7; 4]).unwrap();
            assert_eq!(queue.consumer().try_recv(), Ok([7; 4]));
        }
        for value in 0..N as u64 {
            queue.producer().try_send([value; 4]).unwrap();
        }
        assert_eq!(queue.abort(), N);
        conserves(&queue.stats(), 4 * N as u64 + 6);
    }
    fills::<1>();
    fills::<255>();
    fills::<256>();
    fills::<257>();
    fills::<16_383>();
}
