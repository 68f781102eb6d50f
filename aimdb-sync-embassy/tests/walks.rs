//! Who waits at a lean record, when something comes after each of the sections in which one comes to wait, looks again, or goes: and
//! something else after each section of all that. Whatever that is, nobody waits for what is there.

mod port;

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use aimdb_sync_embassy::{
    BufferMetrics, CriticalSectionRawMutex as Raw, PreemptionSafe, StaticLatest, StaticMailbox, StaticQueue,
    StaticRing, Waiting,
};
use embassy_sync::blocking_mutex::raw::RawMutex;
use port::{Load, Wakes, poll_counted};

/// The critical section of the host, behind which whatever is to come comes.
struct Counted(Raw);

type Comes = Box<dyn FnOnce()>;

std::thread_local! {
    static SECTIONS: Cell<usize> = const { Cell::new(0) };
    /// The next one last.
    static COMES: RefCell<Vec<(usize, Comes)>> = const { RefCell::new(Vec::new()) };
}

// SAFETY: it is the other one.
unsafe impl RawMutex for Counted {
    const INIT: Self = Self(Raw::INIT);

    fn lock<R>(&self, critical: impl FnOnce() -> R) -> R {
        let result = self.0.lock(critical);
        let now = SECTIONS.get() + 1;
        SECTIONS.set(now);
        let comes = COMES.with_borrow_mut(|comes| comes.pop_if(|(at, _)| *at == now));
        if let Some((_, comes)) = comes {
            comes();
        }
        result
    }
}

// SAFETY: as above.
unsafe impl PreemptionSafe for Counted {}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A value comes, or a place.
    Gives,
    /// Somebody who need not wait takes one.
    Steals,
    Closes,
    Aborts,
    /// One comes to wait, as urgent as that.
    Comes(u8),
    /// One that waits looks once more, with another waker.
    Looks(usize),
    /// One that waits, or was woken, goes.
    Goes(usize),
}

use Event::{Aborts, Closes, Comes as ComesAs, Gives, Goes, Looks, Steals};

const EVENTS: [Event; 10] =
    [Gives, Steals, Closes, Aborts, ComesAs(0), ComesAs(2), Looks(0), Looks(1), Goes(0), Goes(1)];

/// Says whether it has what it waited for, or that there will be none.
type Waits = Pin<Box<dyn Future<Output = bool>>>;

struct Waiter {
    waits: Waits,
    wakes: Arc<Wakes>,
    ended: bool,
}

/// A record, and those who wait at it.
struct World {
    waits: Box<dyn Fn(u8) -> Waits>,
    gives: Box<dyn Fn()>,
    steals: Box<dyn Fn()>,
    ends: Box<dyn Fn(bool)>,
    stats: Box<dyn Fn() -> BufferMetrics>,
    /// One that is inside a call of its own is not there.
    waiters: RefCell<Vec<Option<Waiter>>>,
    wakes: RefCell<Vec<Arc<Wakes>>>,
    ended: Cell<bool>,
}

impl World {
    fn wakes(&self) -> Arc<Wakes> {
        let wakes = Arc::<Wakes>::default();
        self.wakes.borrow_mut().push(Arc::clone(&wakes));
        wakes
    }

    fn looks(&self, waiter: &mut Waiter) {
        if !waiter.ended {
            waiter.wakes = self.wakes();
            waiter.ended = poll_counted(Pin::new(&mut waiter.waits), &waiter.wakes).is_ready();
        }
    }

    fn take(&self, at: usize) -> Option<Waiter> {
        self.waiters.borrow_mut().get_mut(at)?.take()
    }

    fn happens(&self, event: Event) {
        match event {
            Gives => (self.gives)(),
            Steals => (self.steals)(),
            Closes | Aborts => {
                (self.ends)(event == Aborts);
                self.ended.set(true);
            }
            ComesAs(priority) => {
                let at = self.waiters.borrow().len();
                self.waiters.borrow_mut().push(None);
                let mut waiter = Waiter { waits: (self.waits)(priority), wakes: self.wakes(), ended: false };
                self.looks(&mut waiter);
                self.waiters.borrow_mut()[at] = Some(waiter);
            }
            Looks(at) => {
                if let Some(mut waiter) = self.take(at) {
                    self.looks(&mut waiter);
                    self.waiters.borrow_mut()[at] = Some(waiter);
                }
            }
            Goes(at) => drop(self.take(at)),
        }
    }

    /// Whoever was woken looks, until nobody is.
    fn come_to_rest(&self) {
        let woken = || {
            let is_woken = |waiter: &Waiter| !waiter.ended && waiter.wakes.count() > 0;
            self.waiters.borrow().iter().position(|waiter| waiter.as_ref().is_some_and(is_woken))
        };
        let mut turns = 0;
        while let Some(at) = woken() {
            self.happens(Looks(at));
            turns += 1;
            assert!(turns < 100, "they wake each other for ever");
        }
    }

    fn waiting(&self) -> Vec<usize> {
        let waiters = self.waiters.borrow();
        (0..waiters.len()).filter(|at| waiters[*at].as_ref().is_some_and(|waiter| !waiter.ended)).collect()
    }

    /// Nobody waits for what is there, and what is left of those who went is nothing.
    fn ends_well(&self, said: &str) {
        self.come_to_rest();
        let waiting = self.waiting();
        let stats = (self.stats)();
        assert_eq!(
            stats.waiting_consumers + stats.waiting_producers,
            waiting.len(),
            "{said}: who waits stands in the line"
        );
        assert!(waiting.is_empty() || !self.ended.get(), "{said}: whoever waits is told the end");
        for at in &waiting {
            self.happens(Looks(*at));
        }
        assert_eq!(self.waiting(), waiting, "{said}: one finds something of which it was not told");
        self.waiters.take();
        let stats = (self.stats)();
        assert_eq!(stats.waiting_consumers + stats.waiting_producers, 0, "{said}");
        assert!(
            self.wakes.take().iter().all(|wakes| Arc::strong_count(wakes) == 1),
            "{said}: each waker is dropped once"
        );
    }
}

/// Has one event happen, and others after so many sections of that; says how many of those there were too few for.
fn happen(world: World, waiting: &[u8], first: Event, then: &[(usize, Event)]) -> usize {
    let world = Rc::new(world);
    waiting.iter().for_each(|priority| world.happens(ComesAs(*priority)));
    let comes = |(at, event): &(usize, Event)| {
        let (at, event, world) = (*at, *event, Rc::clone(&world));
        (at, Box::new(move || world.happens(event)) as Comes)
    };
    COMES.set(then.iter().rev().map(comes).collect());
    SECTIONS.set(0);
    world.happens(first);
    let left = COMES.take().len();
    world.ends_well(&format!("{first:?} where {waiting:?} wait, then {then:?}"));
    left
}

/// Each event, where three wait and where nobody does, with each other one after each of its sections; and, if there is time for that, with
/// a third one after each section of both.
fn each_order(world: impl Fn() -> World, thrice: bool) {
    for waiting in [&[][..], &[1, 1, 0]] {
        for first in EVENTS {
            for second in EVENTS {
                // Ends where the sections of the first do.
                for at in 1.. {
                    if happen(world(), waiting, first, &[(at, second)]) > 0 {
                        break;
                    }
                    for third in EVENTS.into_iter().filter(|_| thrice) {
                        let is_over =
                            |after: &usize| happen(world(), waiting, first, &[(at, second), (*after, third)]) > 0;
                        (at + 1..).find(is_over);
                    }
                }
            }
        }
    }
}

fn leaked<T>(record: T) -> &'static T {
    Box::leak(Box::new(record))
}

/// Readers of a record that is empty.
macro_rules! readers {
    ($record:expr, $value:ty, $thrice:expr, $consumer:expr) => {
        each_order(
            || {
                let record = leaked($record);
                let consumer = ($consumer)(record);
                let thief = consumer.clone();
                World {
                    waits: Box::new(move |priority| {
                        let mut consumer = consumer.clone();
                        Box::pin(async move { consumer.recv_async().with_priority(priority).await.is_ok() })
                    }),
                    gives: Box::new(move || _ = record.producer().try_send(<$value>::of(7))),
                    steals: Box::new(move || _ = thief.clone().try_recv()),
                    ends: Box::new(move |at_once| {
                        if at_once {
                            record.abort();
                        } else {
                            record.close();
                        }
                    }),
                    stats: Box::new(move || record.stats()),
                    waiters: RefCell::default(),
                    wakes: RefCell::default(),
                    ended: Cell::new(false),
                }
            },
            $thrice,
        );
    };
}

/// Senders at a queue that is full.
macro_rules! senders {
    ($record:expr, $value:ty, $thrice:expr) => {
        each_order(
            || {
                let record = leaked($record);
                while record.producer().try_send(<$value>::of(7)).is_ok() {}
                World {
                    waits: Box::new(move |priority| {
                        let mut sends = record.producer().send_async(<$value>::of(8));
                        sends.set_priority(priority);
                        Box::pin(async move { sends.await.is_ok() })
                    }),
                    gives: Box::new(move || _ = record.consumer().try_recv()),
                    steals: Box::new(move || _ = record.producer().try_send(<$value>::of(9))),
                    ends: Box::new(move |at_once| {
                        if at_once {
                            record.abort();
                        } else {
                            record.close();
                        }
                    }),
                    stats: Box::new(move || record.stats()),
                    waiters: RefCell::default(),
                    wakes: RefCell::default(),
                    ended: Cell::new(false),
                }
            },
            $thrice,
        );
    };
}

type Large = [u32; 8];

#[test]
fn w1_whatever_comes_between_readers_of_a_queue_are_told() {
    readers!(StaticQueue::<u32, Counted, 4>::new(), u32, true, |queue: &'static StaticQueue<_, _, 4>| queue.consumer());
    readers!(StaticQueue::<Large, Counted, 4>::new(), Large, true, |queue: &'static StaticQueue<_, _, 4>| queue
        .consumer());
}

#[test]
fn w1_whatever_comes_between_readers_of_a_wide_queue_are_told() {
    type Wide = StaticQueue<Large, Counted, 256>;
    readers!(Wide::new(), Large, false, |queue: &'static Wide| queue.consumer());
}

#[test]
fn w1_whatever_comes_between_senders_are_told() {
    senders!(StaticQueue::<u32, Counted, 2>::new(), u32, true);
    senders!(StaticQueue::<Large, Counted, 2>::new(), Large, true);
    senders!(StaticQueue::<Large, Counted, 256>::new(), Large, false);
}

#[test]
fn w1_whatever_comes_between_readers_of_a_mailbox_are_told() {
    readers!(StaticMailbox::<u32, Counted, 1>::new(), u32, true, |it: &'static StaticMailbox<_, _, 1>| it.consumer());
    readers!(StaticMailbox::<Large, Counted, 3>::new(), Large, true, |it: &'static StaticMailbox<_, _, 3>| it
        .consumer());
}

#[test]
fn w1_whatever_comes_between_readers_of_a_latest_value_are_told() {
    type One = StaticLatest<u32, Counted, 1, 1>;
    type Two = StaticLatest<u32, Counted, 2, 1>;
    type Outside = StaticLatest<Large, Counted, 2, 2>;
    readers!(One::new(), u32, true, |it: &'static One| it.consumer().unwrap());
    readers!(Two::new(), u32, true, |it: &'static Two| it.consumer().unwrap());
    readers!(Outside::new(), Large, true, |it: &'static Outside| it.consumer().unwrap());
}

#[test]
fn w1_whatever_comes_between_readers_of_a_ring_are_told() {
    type One = StaticRing<u32, Counted, 2, 1, 2>;
    type Two = StaticRing<u32, Counted, 2, 2, 2>;
    type Outside = StaticRing<Large, Counted, 2, 2, 2>;
    readers!(One::new(), u32, true, |it: &'static One| it.consumer().unwrap());
    readers!(Two::new(), u32, true, |it: &'static Two| it.consumer().unwrap());
    readers!(Outside::new(), Large, true, |it: &'static Outside| it.consumer().unwrap());
}

/// Functions of a waker, one of which panics.
macro_rules! broken {
    ($clone:expr, $wake:expr, $drop:expr) => {{
        const TABLE: RawWakerVTable = RawWakerVTable::new($clone, $wake, $wake, $drop);
        &TABLE
    }};
}

/// Two wait; the first, which was woken or not, looks with a waker that panics, and goes. What was for it is the second's.
fn breaks<T: Load>(table: &'static RawWakerVTable, was_woken: bool) {
    let queue = StaticQueue::<T, Counted, 2>::new();
    let (mut one, mut other) = (queue.consumer(), queue.consumer());
    let (mut first, mut second) = (Box::pin(one.recv_async()), Box::pin(other.recv_async()));
    let wakes = Arc::<Wakes>::default();
    // SAFETY: none of the functions looks at the pointer.
    let broken = ManuallyDrop::new(unsafe { Waker::new(std::ptr::null(), table) });
    let panics = |call: &mut dyn FnMut()| _ = catch_unwind(AssertUnwindSafe(call));
    panics(&mut || _ = first.as_mut().poll(&mut Context::from_waker(&broken)).is_ready());
    panics(&mut || assert!(first.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()));
    assert!(poll_counted(second.as_mut(), &wakes).is_pending());
    if was_woken {
        queue.producer().try_send(T::of(1)).unwrap();
        // Another has it, so the first comes to wait again.
        queue.consumer().try_recv().unwrap();
    }
    panics(&mut || _ = first.as_mut().poll(&mut Context::from_waker(&broken)).is_ready());
    panics(&mut || queue.producer().try_send(T::of(2)).unwrap());
    let mut first = Some(first);
    panics(&mut || first = None);
    assert_eq!(wakes.count(), 1, "it is the second's");
    assert_eq!(poll_counted(second.as_mut(), &wakes), Poll::Ready(Ok(T::of(2))));
    assert_eq!(queue.stats().waiting_consumers, 0);
}

#[test]
fn k7_a_waker_that_panics_leaves_what_it_was_for_to_the_next() {
    fn same(of: *const ()) -> RawWaker {
        RawWaker::new(of, broken!(same, |_| panic!("it does not wake"), |_| {}))
    }
    for was_woken in [false, true] {
        for table in [
            broken!(|_| panic!("it is not cloned"), |_| {}, |_| {}),
            broken!(same, |_| panic!("it does not wake"), |_| {}),
            broken!(|of| RawWaker::new(of, broken!(same, |_| {}, |_| panic!("it does not go"))), |_| {}, |_| panic!(
                "it does not go"
            )),
        ] {
            breaks::<u32>(table, was_woken);
            breaks::<Large>(table, was_woken);
        }
    }
}
