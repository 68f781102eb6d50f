//! The lean records in storms of interrupts: after each critical section one may come, which publishes, reads, comes to
//! wait or gives up, and is interrupted itself. When the storm is over, whoever waits has nothing left to wait for, and
//! every value is accounted for.

mod port;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, PreemptionSafe, Record, RecvError, StaticConsumer, StaticProducer, StaticQueue,
    StaticRing, TryRecvError, Waiting,
};
use embassy_sync::blocking_mutex::raw::RawMutex;
use port::Load;

/// The critical section of the host, behind which an interrupt may come.
struct Stormy(Raw);

// SAFETY: it is the other one.
unsafe impl RawMutex for Stormy {
    const INIT: Self = Self(Raw::INIT);

    fn lock<R>(&self, critical: impl FnOnce() -> R) -> R {
        let result = self.0.lock(critical);
        interrupt();
        result
    }
}

// SAFETY: as above.
unsafe impl PreemptionSafe for Stormy {}

type Interrupt = Rc<dyn Fn()>;

std::thread_local! {
    static STORM: RefCell<Option<Interrupt>> = const { RefCell::new(None) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static DICE: Cell<u64> = const { Cell::new(1) };
}

/// Interrupts that are inside each other at most.
const DEEPEST: u32 = 3;

fn dice(sides: u64) -> u64 {
    let mut word = DICE.get();
    word ^= word << 13;
    word ^= word >> 7;
    word ^= word << 17;
    DICE.set(word);
    (word >> 20) % sides
}

fn interrupt() {
    let Some(storm) = STORM.with_borrow(Clone::clone) else { return };
    if DEPTH.get() < DEEPEST {
        DEPTH.set(DEPTH.get() + 1);
        storm();
        DEPTH.set(DEPTH.get() - 1);
    }
}

#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a reader is told, with the number of its cursor, or what became of a send.
enum Outcome {
    Received(usize, Result<u32, RecvError>),
    Sent(u32, bool),
}

/// A task that waits, when nobody looks after it at the time.
#[derive(Default)]
struct Task {
    bell: Arc<Bell>,
    wait: Option<Pin<Box<dyn Future<Output = Outcome>>>>,
    busy: bool,
}

#[derive(Default, Clone)]
struct Told {
    values: Vec<u32>,
    missed: u64,
}

struct Scene<R: Record + 'static, T> {
    producer: StaticProducer<'static, R>,
    roots: Vec<StaticConsumer<'static, R>>,
    waits_to_send: bool,
    /// Readers, a number for each cursor, and then senders.
    tasks: RefCell<Vec<Task>>,
    told: RefCell<Vec<Told>>,
    sent: RefCell<Vec<u32>>,
    next: Cell<u32>,
    _value: std::marker::PhantomData<T>,
}

const TASKS: usize = 8;

impl<R: Record<Value = T> + 'static, T: Load> Scene<R, T> {
    fn new(producer: StaticProducer<'static, R>, roots: Vec<StaticConsumer<'static, R>>, waits_to_send: bool) -> Self {
        let told = RefCell::new(vec![Told::default(); roots.len()]);
        let tasks = RefCell::new((0..TASKS).map(|_| Task::default()).collect());
        let (sent, next) = (RefCell::default(), Cell::new(1));
        Self { producer, roots, waits_to_send, tasks, told, sent, next, _value: std::marker::PhantomData }
    }

    fn number(&self) -> u32 {
        let number = self.next.get();
        self.next.set(number + 1);
        number
    }

    fn tell(&self, cursor: usize, told: Result<u32, RecvError>) {
        let all = &mut self.told.borrow_mut()[cursor];
        match told {
            Ok(value) => all.values.push(value),
            Err(RecvError::Lagged(missed)) => all.missed += missed,
            Err(_) => {}
        }
    }

    /// Something that a task or an interrupt does.
    fn act(&self) {
        match dice(12) {
            0..=2 => {
                let number = self.number();
                if self.producer.try_send(T::of(number)).is_ok() {
                    self.sent.borrow_mut().push(number);
                }
            }
            3..=8 => self.poll(dice(TASKS as u64) as usize, true),
            9 => {
                let wait = {
                    let task = &mut self.tasks.borrow_mut()[dice(TASKS as u64) as usize];
                    if task.busy { None } else { task.wait.take() }
                };
                drop(wait);
            }
            _ => {
                let cursor = dice(self.roots.len() as u64) as usize;
                let told = self.roots[cursor].clone().try_recv();
                match told {
                    Ok(value) => self.tell(cursor, Ok(value.number())),
                    Err(TryRecvError::Lagged(missed)) => self.tell(cursor, Err(RecvError::Lagged(missed))),
                    Err(_) => {}
                }
            }
        }
    }

    fn begin(&self, at: usize) -> Pin<Box<dyn Future<Output = Outcome>>> {
        let priority = dice(3) as u8;
        if self.waits_to_send && at % 2 == 1 {
            let (number, producer) = (self.number(), self.producer);
            return Box::pin(async move {
                let mut sending = std::pin::pin!(producer.send_async(T::of(number)).urgent(priority));
                Outcome::Sent(number, sending.as_mut().await.is_ok())
            });
        }
        let cursor = at % self.roots.len();
        let mut consumer = self.roots[cursor].clone();
        Box::pin(async move {
            let told = consumer.recv_async().with_priority(priority).await;
            Outcome::Received(cursor, told.map(T::number))
        })
    }

    fn poll(&self, at: usize, begins: bool) {
        let (wait, bell) = {
            let task = &mut self.tasks.borrow_mut()[at];
            if task.busy || task.wait.is_none() && !begins {
                return;
            }
            task.busy = true;
            (task.wait.take(), task.bell.clone())
        };
        bell.0.store(false, Ordering::Relaxed);
        let mut wait = wait.unwrap_or_else(|| self.begin(at));
        let outcome = wait.as_mut().poll(&mut Context::from_waker(&Waker::from(bell)));
        let wait = match outcome {
            Poll::Pending => Some(wait),
            Poll::Ready(outcome) => {
                drop(wait);
                match outcome {
                    Outcome::Received(cursor, told) => self.tell(cursor, told),
                    Outcome::Sent(number, true) => self.sent.borrow_mut().push(number),
                    Outcome::Sent(_, false) => {}
                }
                None
            }
        };
        let task = &mut self.tasks.borrow_mut()[at];
        (task.wait, task.busy) = (wait, false);
    }

    /// Whoever was woken looks, until nobody is. Says who waits still.
    fn settles(&self) -> Vec<usize> {
        let woken = |task: &Task| task.wait.is_some() && task.bell.0.load(Ordering::Relaxed);
        loop {
            let next = self.tasks.borrow().iter().position(woken);
            let Some(next) = next else { break };
            self.poll(next, false);
        }
        let waits = |(at, task): (usize, &Task)| task.wait.is_some().then_some(at);
        self.tasks.borrow().iter().enumerate().filter_map(waits).collect()
    }
}

trait Urgent: Waiting + Sized {
    fn urgent(mut self, priority: u8) -> Self {
        self.set_priority(priority);
        self
    }
}

impl<W: Waiting> Urgent for W {}

/// Runs a storm, and says who waits when it is over.
fn storm<R: Record<Value = T> + 'static, T: Load + 'static>(seed: u64, scene: &Rc<Scene<R, T>>) -> Vec<usize> {
    DICE.set(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let acts = Rc::clone(scene);
    STORM.set(Some(Rc::new(move || {
        if dice(3) == 0 {
            acts.act();
        }
    })));
    for _ in 0..60 {
        scene.act();
    }
    STORM.set(None);
    scene.settles()
}

fn ring_in_storms<T: Load + 'static, const N: usize, const READERS: usize>(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let ring: &'static StaticRing<T, Stormy, N, READERS, 4> = Box::leak(Box::new(StaticRing::new()));
        let roots = (0..READERS).map(|_| ring.consumer().unwrap()).collect();
        let scene = Rc::new(Scene::new(ring.producer(), roots, false));
        let waiting = storm(seed, &scene);
        for at in waiting {
            let counters = scene.roots[at % READERS].stats().counters;
            assert_eq!(counters.readable, 0, "W1: storm {seed}, a value is there, and nobody was woken");
        }
        ring.close();
        assert_eq!(scene.settles(), [0; 0], "C1: storm {seed}");
        let stats = ring.stats();
        let sent = scene.sent.borrow();
        assert_eq!(stats.counters.accepted, sent.len() as u64);
        assert_eq!((stats.waiting_consumers, stats.counters.refused), (0, 0), "storm {seed}");
        for cursor in 0..READERS {
            loop {
                match scene.roots[cursor].clone().try_recv() {
                    Ok(value) => scene.tell(cursor, Ok(value.number())),
                    Err(TryRecvError::Lagged(missed)) => scene.tell(cursor, Err(RecvError::Lagged(missed))),
                    Err(_) => break,
                }
            }
            let told = &scene.told.borrow()[cursor];
            let counters = scene.roots[cursor].stats().counters;
            assert_eq!((counters.delivered, counters.lagged), (told.values.len() as u64, told.missed), "storm {seed}");
            assert_eq!(counters.accepted, counters.delivered + counters.lagged, "storm {seed}");
            let mut values = told.values.clone();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), told.values.len(), "storm {seed}: each at most once");
            assert!(values.iter().all(|value| sent.contains(value)), "storm {seed}");
        }
    }
}

fn queue_in_storms<T: Load + 'static, const N: usize>(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let queue: &'static StaticQueue<T, Stormy, N> = Box::leak(Box::new(StaticQueue::new()));
        let scene = Rc::new(Scene::new(queue.producer(), vec![queue.consumer()], true));
        let waiting = storm(seed, &scene);
        let stored = queue.stats().occupancy;
        for at in waiting {
            let nothing = if at % 2 == 1 { N } else { 0 };
            assert_eq!(stored, nothing, "W1: storm {seed}, task {at} could go on, and was not woken");
        }
        queue.close();
        assert_eq!(scene.settles(), [0; 0], "C1: storm {seed}");
        while let Ok(value) = scene.roots[0].clone().try_recv() {
            scene.tell(0, Ok(value.number()));
        }
        let (mut sent, mut had) = (scene.sent.borrow().clone(), scene.told.borrow()[0].values.clone());
        sent.sort_unstable();
        had.sort_unstable();
        assert_eq!(sent, had, "K5: storm {seed}, each once");
    }
}

const STORMS: std::ops::Range<u64> = 0..200;

#[test]
fn w1_a_ring_in_storms_of_interrupts_loses_no_wake_up_and_no_value() {
    ring_in_storms::<u32, 1, 1>(STORMS);
    ring_in_storms::<u32, 3, 3>(STORMS);
    ring_in_storms::<[u32; 3], 1, 1>(STORMS);
    ring_in_storms::<[u32; 3], 1, 2>(STORMS);
    ring_in_storms::<[u32; 3], 3, 3>(STORMS);
}

#[test]
fn w1_a_queue_in_storms_of_interrupts_loses_no_wake_up_and_no_value() {
    queue_in_storms::<u32, 1>(STORMS);
    queue_in_storms::<u32, 3>(STORMS);
    queue_in_storms::<[u32; 3], 1>(STORMS);
    queue_in_storms::<[u32; 3], 3>(STORMS);
}

/// What comes for the second of three who wait, while the first takes its turn, wakes the second and not the third: after
/// whichever of the first one's sections it comes.
fn one_is_woken_for_one<W: Future + 'static, C: Fn() -> bool + 'static>(scene: impl Fn() -> (Vec<W>, C)) {
    let mut lies = Vec::new();
    // Bounded by the sections of one turn.
    for at in 0.. {
        let (waits, comes) = scene();
        let comes = Rc::new(comes);
        let mut tasks: Vec<_> = waits.into_iter().map(|wait| (Arc::new(Bell::default()), Box::pin(wait))).collect();
        let mut poll = |task: usize| {
            let (bell, wait) = &mut tasks[task];
            wait.as_mut().poll(&mut Context::from_waker(&Waker::from(bell.clone()))).is_ready()
        };
        assert_eq!((0..3).map(&mut poll).filter(|ends| *ends).count(), 0);
        assert!(comes());
        let (sections, came) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        let (sees, told, brings) = (sections.clone(), came.clone(), comes.clone());
        STORM.set(Some(Rc::new(move || {
            // Its own sections are not counted.
            if DEPTH.get() == 1 {
                sees.set(sees.get() + 1);
                if sees.get() == at + 1 {
                    told.set(brings());
                }
            }
        })));
        assert!(poll(0));
        STORM.set(None);
        let woken: Vec<_> = tasks.iter().map(|(bell, _)| bell.0.load(Ordering::Relaxed)).collect();
        lies.push(came.get());
        assert_eq!(woken, [true, came.get(), false], "W3: after section {at} of {}", sections.get());
        if at == sections.get() {
            break;
        }
    }
    assert!(lies.contains(&true), "it never came");
}

fn w3_of_queues<T: Load + 'static>() {
    one_is_woken_for_one(|| {
        let queue: &'static StaticQueue<T, Stormy, 1> = Box::leak(Box::new(StaticQueue::new()));
        queue.producer().try_send(T::of(0)).unwrap();
        let sends = (1..4).map(|n| queue.producer().send_async(T::of(n))).collect();
        (sends, || queue.consumer().try_recv().is_ok())
    });
    one_is_woken_for_one(|| {
        let queue: &'static StaticQueue<T, Stormy, 2> = Box::leak(Box::new(StaticQueue::new()));
        let consumers: &'static mut [_; 3] = Box::leak(Box::new(std::array::from_fn(|_| queue.consumer())));
        let reads = consumers.iter_mut().map(|consumer| consumer.recv_async()).collect();
        (reads, || queue.producer().try_send(T::of(1)).is_ok())
    });
}

fn w3_of_rings<T: Load + 'static>() {
    one_is_woken_for_one(|| {
        let ring: &'static StaticRing<T, Stormy, 2, 2, 4> = Box::leak(Box::new(StaticRing::new()));
        let root = ring.consumer().unwrap();
        let consumers: &'static mut [_; 3] = Box::leak(Box::new(std::array::from_fn(|_| root.clone())));
        let reads = consumers.iter_mut().map(|consumer| consumer.recv_async()).collect();
        (reads, || ring.producer().try_send(T::of(1)).is_ok())
    });
}

#[test]
fn w3_whoever_has_used_its_wake_up_passes_none_on() {
    w3_of_queues::<u32>();
    w3_of_queues::<[u32; 3]>();
    w3_of_rings::<u32>();
    w3_of_rings::<[u32; 3]>();
}

/// What comes for one that comes to the front of a line, and stands there, wakes nobody else: after whichever of its sections it
/// comes.
#[test]
fn w3_one_that_is_woken_as_it_comes_wakes_nobody_for_that() {
    let mut lies = Vec::new();
    // Bounded by the sections of one look.
    for at in 0.. {
        let queue: &'static StaticQueue<u32, Stormy, 2> = Box::leak(Box::new(StaticQueue::new()));
        let [first, last] = [(); 2].map(|()| Box::leak(Box::new(queue.consumer())));
        let (mut last, mut first) = (Box::pin(last.recv_async()), Box::pin(first.recv_async().with_priority(1)));
        let [bell, rings] = [(); 2].map(|()| Arc::new(Bell::default()));
        assert!(last.as_mut().poll(&mut Context::from_waker(&Waker::from(bell.clone()))).is_pending());
        let (sections, was_last) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        let (sees, told, heard) = (sections.clone(), was_last.clone(), bell.clone());
        STORM.set(Some(Rc::new(move || {
            // Its own sections are not counted.
            if DEPTH.get() == 1 {
                sees.set(sees.get() + 1);
                if sees.get() == at + 1 {
                    assert!(queue.producer().try_send(7).is_ok());
                    told.set(heard.0.load(Ordering::Relaxed));
                }
            }
        })));
        let found = first.as_mut().poll(&mut Context::from_waker(&Waker::from(rings.clone()))).is_ready();
        STORM.set(None);
        if at == sections.get() {
            break;
        }
        assert!(found || rings.0.load(Ordering::Relaxed) || was_last.get(), "W1: after section {at}");
        assert_eq!(bell.0.load(Ordering::Relaxed), was_last.get(), "W3: after section {at} of {}", sections.get());
        lies.push(was_last.get());
    }
    assert!(lies.contains(&false) && lies.contains(&true), "one of them is never woken");
}
