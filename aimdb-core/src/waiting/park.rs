//! The port to the operating system's threads: a parker for each, made once and kept.

use alloc::sync::Arc;
use alloc::task::Wake;
#[cfg(not(any(loom, shuttle)))]
use core::cell::Cell;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::Waker;

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU32, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering, fence};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU32, Ordering, fence};

use super::bell::Bell;
#[cfg(not(any(loom, shuttle)))]
use super::bell::doze;
#[cfg(not(any(loom, shuttle)))]
use super::crowd::let_others_run;
use super::looks::Progress;
#[cfg(not(any(loom, shuttle)))]
use super::looks::{Looks, next_gap};
use super::{Deadline, Outlook, Parker, SystemClock, block_on_with};

/// Nobody has rung and the thread runs; `wake` has rung; the thread sleeps, or is about to.
const AWAKE: u32 = 0;
const RUNG: u32 = 1;
const ASLEEP: u32 = 2;

/// Parks the thread that made it, and stays there. Waking it from several threads, or before it parks, is
/// fine.
#[derive(Debug)]
pub struct ThreadParker {
    inner: Arc<Inner>,
    waker: Waker,
    _on_its_thread: PhantomData<*const ()>,
}

#[derive(Debug)]
struct Inner {
    state: AtomicU32,
    bell: Bell,
}

/// Bounds of the spin, in turns of the loop; a turn is one pause of the processor, 5 to 50 ns. The
/// longest spin is a little longer than it takes to wake a sleeper, so that two threads which hand
/// values to and fro stay awake; waits that turn out long bring it down to the shortest. A thread of
/// which nothing is known yet spins little, since most waits are long.
#[cfg(not(any(loom, shuttle)))]
pub(super) const MIN_SPINS: u32 = 64;
/// After so many turns it asks whether there are others to let run.
#[cfg(not(any(loom, shuttle)))]
pub(super) const FEW_SPINS: u32 = 16;
#[cfg(not(any(loom, shuttle)))]
pub(super) const MAX_SPINS: u32 = 4_096;
#[cfg(not(any(loom, shuttle)))]
pub(super) const FIRST_SPINS: u32 = 512;
/// Now and then a thread for which it does not pay spins for so long that it would see another one come
/// back that it has just woken: of two that wake each other every time, the first to try it finds out.
#[cfg(not(any(loom, shuttle)))]
pub(super) const PROBE_SPINS: u32 = 1_024;
/// The longest spin of a task, and how rarely one for which it does not pay tries it again.
#[cfg(not(any(loom, shuttle)))]
const MAX_GLANCE: u32 = 256;
#[cfg(not(any(loom, shuttle)))]
const GLANCES_APART: u32 = 256;
/// Where pauses are long, time ends the spin first.
#[cfg(not(any(loom, shuttle)))]
pub(super) const MAX_SPIN_NS: u64 = 50_000;
/// After the spin, how often the processor is offered to others before the thread sleeps: cheaper
/// than sleeping when the other side waits for this very core.
#[cfg(not(any(loom, shuttle)))]
pub(super) const YIELDS: u32 = 4;

impl ThreadParker {
    /// A parker for the calling thread. Allocates once.
    #[must_use]
    pub fn new() -> Self {
        let inner = Arc::new(Inner { state: AtomicU32::new(AWAKE), bell: Bell::of_this_thread() });
        Self { waker: Waker::from(Arc::clone(&inner)), inner, _on_its_thread: PhantomData }
    }
}

impl Default for ThreadParker {
    fn default() -> Self {
        Self::new()
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: the sleeper sees what was done before the wake-up.
        if self.state.swap(RUNG, Ordering::Release) == ASLEEP {
            self.bell.ring();
        }
    }
}

impl Inner {
    fn take_ring(&self) -> bool {
        self.state.compare_exchange(RUNG, AWAKE, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Looks for the wake-up for a bounded while, unless the thread looked before it began to wait. In a
    /// crowd that is likely to come once others have run.
    #[cfg(not(any(loom, shuttle)))]
    fn spin(&self, until: Deadline) -> bool {
        let rung = || self.state.load(Ordering::Relaxed) == RUNG && self.take_ring();
        match LOOKED.try_with(|looked| looked.replace(Outlook::Open)).unwrap_or(Outlook::Nothing) {
            Outlook::Open => look_for(Deadline::Never, 1, || Some(u64::from(rung())), || false),
            Outlook::Crowd => let_others_run(until, rung),
            Outlook::Nothing => false,
        }
    }

    /// A model checker gains nothing from a spin.
    #[cfg(any(loom, shuttle))]
    fn spin(&self, _until: Deadline) -> bool {
        false
    }
}

impl Parker for ThreadParker {
    fn waker(&self) -> &Waker {
        &self.waker
    }

    fn park(&self, until: Deadline) {
        let inner = &*self.inner;
        if inner.spin(until) {
            return;
        }
        if inner.state.compare_exchange(AWAKE, ASLEEP, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            // It was rung between the spin and here.
            inner.take_ring();
            return;
        }
        #[cfg(not(any(loom, shuttle)))]
        let asleep = super::sleepers::Asleep::now();
        inner.bell.wait_while(SystemClock.instant(until), || inner.state.load(Ordering::Relaxed) == ASLEEP);
        inner.state.swap(AWAKE, Ordering::Relaxed);
        fence(Ordering::Acquire);
        #[cfg(not(any(loom, shuttle)))]
        let _ = LOOKS.try_with(|looks| looks.set(looks.get().after_sleep(asleep.end())));
    }
}

/// Says again what the thread knew before a wait, also when that panics.
#[cfg(not(any(loom, shuttle)))]
struct Before(Option<Outlook>);

#[cfg(not(any(loom, shuttle)))]
impl Drop for Before {
    fn drop(&mut self) {
        let _ = self.0.map(|looked| LOOKED.try_with(|place| place.set(looked)));
    }
}

std::thread_local! {
    #[cfg(not(any(loom, shuttle)))]
    static LOOKS: Cell<Looks> = const { Cell::new(Looks::NEW) };
    /// How many turns the next glance of a task on this thread spins, how many before it looks at all, and how
    /// many glances until one spins although that has not paid.
    #[cfg(not(any(loom, shuttle)))]
    static GLANCES: Cell<(u32, u32, u32)> = const { Cell::new((MAX_GLANCE, 1, GLANCES_APART)) };
    /// What the thread knew before the wait that it is at.
    #[cfg(not(any(loom, shuttle)))]
    static LOOKED: Cell<Outlook> = const { Cell::new(Outlook::Open) };
}

/// Looks for a bounded while whether something has come, before the thread goes to wait for it:
/// then whoever brings it need wake nobody. `come` says how many have, and `None` where it cannot tell; then, and when
/// nothing came, the answer is false.
///
/// It spins first, which pays when the other side runs on another core. Then it lets others run a
/// few times, which pays when the other side waits for this very core. How long the spin is worth it
/// is learnt from how it went lately. While `others_first` says that nothing can come before others have
/// run, who may want this very core, it does not spin, and learns nothing from that.
#[cfg(not(any(loom, shuttle)))]
pub(crate) fn look_for(
    until: Deadline,
    widest: u32,
    come: impl FnMut() -> Option<u64>,
    others_first: impl Fn() -> bool,
) -> bool {
    look_while_moving(until, widest, come, others_first, || None)
}

/// The same, and goes on while those who make what is waited for [`Progress`], which says that they run at this
/// very time.
#[cfg(not(any(loom, shuttle)))]
pub(crate) fn look_while_moving(
    until: Deadline,
    widest: u32,
    mut come: impl FnMut() -> Option<u64>,
    others_first: impl Fn() -> bool,
    progress: impl Fn() -> Option<Progress>,
) -> bool {
    if until == Deadline::At(0) {
        return come().is_some_and(|come| come > 0);
    }
    let mut looks = LOOKS.try_with(Cell::get).unwrap_or(Looks::NEW);
    looks.gap = looks.gap.min(widest);
    // Nobody brings anything on this core before others have run on it.
    if !looks.is_shared() {
        for _ in 0..looks.gap {
            core::hint::spin_loop();
        }
    }
    let there = come();
    let came = match there {
        None => false,
        Some(there) => {
            looks.gap = next_gap(looks.gap, there);
            there > 0 || looks.look(until, || come().map(|come| come > 0), others_first, progress)
        }
    };
    let _ = LOOKS.try_with(|place| place.set(looks));
    came
}

/// Whether the calling thread, which is about to wait, has looked and seen nothing.
pub(crate) fn has_seen_nothing() -> bool {
    #[cfg(not(any(loom, shuttle)))]
    return LOOKED.try_with(Cell::get) == Ok(Outlook::Nothing);
    // A model's threads do not look.
    #[cfg(any(loom, shuttle))]
    false
}

/// As [`look_for`], for a task that is about to wait: short, because other tasks of the thread want
/// their turn, and without yielding the processor, because they do not run meanwhile. Where the
/// other side is a task of the same thread it never pays, and is soon not done at all. Nor is it done
/// for a thread that has looked already.
#[cfg(not(any(loom, shuttle)))]
pub(crate) fn glance_for(widest: u32, mut come: impl FnMut() -> Option<u64>) -> bool {
    if LOOKED.try_with(Cell::get) != Ok(Outlook::Open) {
        return false;
    }
    let Ok((limit, gap, until_probe)) = GLANCES.try_with(Cell::get) else { return false };
    let (turns, until_probe) = match (limit, until_probe) {
        (0, 0) => (MIN_SPINS, GLANCES_APART),
        (0, left) => (0, left - 1),
        (limit, _) => (limit, GLANCES_APART),
    };
    let learn = |limit, gap| {
        let _ = GLANCES.try_with(|glances| glances.set((limit, gap, until_probe)));
    };
    let gap = gap.min(widest);
    for turn in 0..turns {
        for _ in 0..if turn == 0 { gap } else { 1 } {
            core::hint::spin_loop();
        }
        match come() {
            None => return false,
            Some(0) => {}
            Some(come) => {
                learn(MAX_GLANCE, next_gap(gap, if turn == 0 { come } else { 0 }));
                return true;
            }
        }
    }
    // Below a few turns it is not worth beginning.
    learn(if limit > 8 { limit - limit / 4 } else { 0 }, 1);
    false
}

/// A model checker gains nothing from it.
#[cfg(any(loom, shuttle))]
pub(crate) fn glance_for(_widest: u32, _come: impl FnMut() -> Option<u64>) -> bool {
    false
}

/// A model checker gains nothing from it.
#[cfg(any(loom, shuttle))]
pub(crate) fn look_while_moving<C, P>(_: Deadline, _widest: u32, _come: C, _first: impl Fn() -> bool, _: P) -> bool
where
    P: Fn() -> Option<Progress>,
{
    false
}

/// A model checker gains nothing from it.
#[cfg(any(loom, shuttle))]
pub(crate) fn look_for<C>(_until: Deadline, _widest: u32, _come: C, _others_first: impl Fn() -> bool) -> bool {
    false
}

/// One turn of waiting for a thread that is inside a few instructions: pauses; then, as it must have
/// been stopped there, lets it run.
#[cfg(not(any(loom, shuttle)))]
pub(super) fn linger(turn: u32) {
    const MOMENT: core::time::Duration = core::time::Duration::from_micros(50);
    match turn {
        0..MIN_SPINS => core::hint::spin_loop(),
        MIN_SPINS..72 => std::thread::yield_now(),
        // A thread of lower priority runs only while this one sleeps.
        _ => doze(MOMENT),
    }
}

#[cfg(loom)]
pub(super) fn linger(_turn: u32) {
    loom::thread::yield_now();
}

#[cfg(all(shuttle, not(loom)))]
pub(super) fn linger(_turn: u32) {
    shuttle::thread::yield_now();
}

#[cfg(not(any(loom, shuttle)))]
std::thread_local! {
    /// The thread's parker, with its waker, while no wait of this thread uses it. A wait inside a
    /// wait (a waker or a degrader that blocks) finds none and makes its own, so that neither
    /// takes the other's wake-up.
    static PARKER: Cell<Option<ThreadParker>> = const { Cell::new(None) };
}

/// Blocks the calling thread until `operation` ends or the deadline passes: then `None`.
///
/// Allocates on the thread's first wait only. Works while the thread's local storage is being torn
/// down, where it allocates each time.
pub fn block_on<F: Future>(operation: Pin<&mut F>, deadline: Deadline) -> Option<F::Output> {
    wait_on(operation, deadline, Outlook::Open)
}

/// The same for a thread that may have looked, and need not do so once more.
pub(crate) fn wait_on<F: Future>(operation: Pin<&mut F>, deadline: Deadline, looked: Outlook) -> Option<F::Output> {
    #[cfg(not(any(loom, shuttle)))]
    let parker = PARKER.try_with(Cell::take).ok().flatten().unwrap_or_default();
    // What one run of a model has made must not come into the next one.
    #[cfg(any(loom, shuttle))]
    let parker = ThreadParker::new();
    #[cfg(not(any(loom, shuttle)))]
    let _before = Before(LOOKED.try_with(|place| place.replace(looked)).ok());
    #[cfg(any(loom, shuttle))]
    let _ = looked;
    let output = block_on_with(&parker, &SystemClock, operation, deadline);
    // Not reached when the operation panics: then the thread makes a new parker.
    #[cfg(not(any(loom, shuttle)))]
    let _ = PARKER.try_with(|place| place.set(Some(parker)));
    output
}
