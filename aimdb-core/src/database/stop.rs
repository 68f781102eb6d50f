//! The stop signal: given once, seen by every service.

use alloc::sync::Arc;
use alloc::vec::{self, Vec};
use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};

use crate::waiting::{HeapLock, Lock};

/// Whether the database was told to stop, and who waits for that.
pub struct StopSignal {
    stopped: AtomicBool,
    waiting: HeapLock<Waiting>,
}

/// Places for wakers. A place is kept from the first poll of a [`Stopped`] to its drop, and then
/// used again, so a service that waits often allocates once.
#[derive(Default)]
struct Waiting {
    stopped: bool,
    places: Vec<Option<Waker>>,
    free: Vec<usize>,
}

impl StopSignal {
    pub(super) fn new() -> Self {
        Self { stopped: AtomicBool::new(false), waiting: HeapLock::new(Waiting::default()) }
    }

    /// Gives the signal. Says whether this call was the first to do so.
    pub(super) fn stop(&self) -> bool {
        // Sequentially consistent: a writer that leaves while we stop either sees the signal, or is
        // seen to have left; see `AimDb::close`.
        self.stopped.store(true, Ordering::SeqCst);
        let (first, places) = self.waiting.with(|waiting| {
            let first = !mem::replace(&mut waiting.stopped, true);
            (first, mem::take(&mut waiting.places))
        });
        WakeAll(places.into_iter()).go();
        first
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

impl Waiting {
    /// Puts the waker into its place; returns the one that lay there, to be dropped outside.
    fn keep(&mut self, place: &mut Option<usize>, waker: Waker) -> Option<Waker> {
        let at = *place.get_or_insert_with(|| {
            self.free.pop().unwrap_or_else(|| {
                self.places.push(None);
                self.places.len() - 1
            })
        });
        self.places[at].replace(waker)
    }
}

/// Wakes what it holds, outside the lock, also when one of the wakers panics.
struct WakeAll(vec::IntoIter<Option<Waker>>);

impl WakeAll {
    fn go(&mut self) {
        for waker in self.0.by_ref().flatten() {
            waker.wake();
        }
    }
}

impl Drop for WakeAll {
    fn drop(&mut self) {
        self.go();
    }
}

/// Ready when the database is being closed; see [`super::RuntimeContext::stopped`].
///
/// It may be dropped and made anew at any time: the signal, once given, stays.
#[must_use = "it does nothing until it is awaited"]
pub struct Stopped {
    signal: Arc<StopSignal>,
    place: Option<usize>,
}

impl Stopped {
    pub(super) fn new(signal: &Arc<StopSignal>) -> Self {
        Self { signal: Arc::clone(signal), place: None }
    }
}

impl Future for Stopped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.signal.is_stopped() {
            return Poll::Ready(());
        }
        // Cloning and dropping a waker is foreign code: both happen outside the lock.
        let waker = context.waker().clone();
        let place = &mut this.place;
        let left = this.signal.waiting.with(
            |waiting| {
                if waiting.stopped { Err(waker) } else { Ok(waiting.keep(place, waker)) }
            },
        );
        match left {
            Ok(_replaced) => Poll::Pending,
            Err(_unused) => Poll::Ready(()),
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let waker = self.signal.waiting.with(|waiting| {
            // Once stopped, there are no places any more.
            let waker = waiting.places.get_mut(place)?.take();
            waiting.free.push(place);
            waker
        });
        drop(waker);
    }
}

impl fmt::Debug for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopped").field("stopped", &self.signal.is_stopped()).finish()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::Count;
    use super::*;
    use alloc::task::Wake;
    use core::pin::pin;

    fn poll(future: Pin<&mut Stopped>, count: &Arc<Count>) -> Poll<()> {
        future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(count))))
    }

    #[test]
    fn c4_the_stop_signal_wakes_all_who_wait_and_stays() {
        let signal = Arc::new(StopSignal::new());
        let count = Arc::new(Count::default());
        let (mut one, mut two) = (pin!(Stopped::new(&signal)), pin!(Stopped::new(&signal)));
        assert!(poll(one.as_mut(), &count).is_pending());
        assert!(poll(two.as_mut(), &count).is_pending());
        assert!(poll(two.as_mut(), &count).is_pending());
        assert!(signal.stop());
        assert!(!signal.stop());
        assert_eq!(count.woken(), 2);
        assert!(poll(one.as_mut(), &count).is_ready());
        assert!(poll(two.as_mut(), &count).is_ready());
        assert!(poll(pin!(Stopped::new(&signal)), &count).is_ready());
    }

    #[test]
    fn b22_a_dropped_wait_for_the_stop_signal_is_not_woken_and_leaves_its_place() {
        let signal = Arc::new(StopSignal::new());
        let count = Arc::new(Count::default());
        for _ in 0..3 {
            let mut waits = pin!(Stopped::new(&signal));
            assert!(poll(waits.as_mut(), &count).is_pending());
        }
        assert_eq!(signal.waiting.with(|waiting| waiting.places.len()), 1);
        signal.stop();
        assert_eq!(count.woken(), 0);
        assert_eq!(Arc::strong_count(&count), 1, "no waker was kept");
    }

    #[test]
    fn k8_a_waker_that_panics_keeps_no_other_from_being_woken() {
        struct Bomb;
        impl Wake for Bomb {
            fn wake(self: Arc<Self>) {
                panic!("a seeded bug");
            }
        }
        let signal = Arc::new(StopSignal::new());
        let count = Arc::new(Count::default());
        let (mut bomb, mut other) = (pin!(Stopped::new(&signal)), pin!(Stopped::new(&signal)));
        assert!(bomb.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(Bomb)))).is_pending());
        assert!(poll(other.as_mut(), &count).is_pending());
        let stopping = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| signal.stop()));
        assert!(stopping.is_err());
        assert_eq!(count.woken(), 1);
    }
}
