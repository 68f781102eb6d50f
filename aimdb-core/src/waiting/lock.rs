//! The one file that names a lock type.
//!
//! A lock is entered with a closure and left with what must be woken or dropped; nothing that a
//! user wrote runs inside. The rule for every caller: never two locks.

/// A lock around the state of one record.
pub trait Lock<S>: Sized {
    /// Runs `critical` alone. Short: a few instructions whatever the record carries. Not
    /// re-entrant.
    fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R;

    /// As [`Lock::with`], for what a reader does once: it says nothing of how often others will need the lock.
    fn with_once<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
        self.with(critical)
    }

    /// As [`Lock::with`], for work that can be done without the lock while the state is kept elsewhere:
    /// `None`, and nothing was done, if by now it is.
    fn unless_elsewhere<R>(&self, critical: impl FnOnce(&mut S) -> R) -> Option<R> {
        Some(self.with(critical))
    }

    /// A sender came to a queue, or one that came has left. Told inside a hold.
    fn note_offer(&self, came: bool) {
        let _ = came;
    }

    /// Looks at what only a hold of this lock changes, where other parts of the state may be kept
    /// elsewhere for the time being.
    fn look<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        self.with(|state| look(state))
    }
}

#[cfg(feature = "alloc")]
pub(crate) use heap::HeapLock;

#[cfg(all(feature = "alloc", loom))]
mod heap {
    /// The lock of buffers on the heap, under the model checker.
    pub(crate) struct HeapLock<S>(loom::sync::Mutex<S>);

    impl<S> HeapLock<S> {
        pub(crate) fn new(state: S) -> Self {
            Self(loom::sync::Mutex::new(state))
        }
    }

    impl<S> super::Lock<S> for HeapLock<S> {
        fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
            critical(&mut self.0.lock().expect("no code that could panic runs under the lock"))
        }
    }
}

#[cfg(all(feature = "alloc", shuttle, not(loom)))]
mod heap {
    /// The lock of buffers on the heap, under the schedule explorer.
    pub(crate) struct HeapLock<S>(shuttle::sync::Mutex<S>);

    impl<S> HeapLock<S> {
        pub(crate) fn new(state: S) -> Self {
            Self(shuttle::sync::Mutex::new(state))
        }
    }

    impl<S> super::Lock<S> for HeapLock<S> {
        fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
            critical(&mut self.0.lock().expect("no code that could panic runs under the lock"))
        }
    }
}

#[cfg(all(feature = "std", not(any(loom, shuttle))))]
mod heap {
    /// The lock of buffers on the heap, with an operating system.
    pub(crate) struct HeapLock<S>(parking_lot::Mutex<S>);

    impl<S> HeapLock<S> {
        pub(crate) const fn new(state: S) -> Self {
            Self(parking_lot::Mutex::new(state))
        }
    }

    impl<S> super::Lock<S> for HeapLock<S> {
        fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
            critical(&mut self.0.lock())
        }
    }
}

/// Has the calling thread make what it needs to wait for a lock, so that it allocates nothing when it
/// does. Called once per thread, when it first sleeps.
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
pub(super) fn be_ready() {
    let lock = parking_lot::Mutex::new(());
    // Nobody notifies, and the time has passed.
    parking_lot::Condvar::new().wait_for(&mut lock.lock(), core::time::Duration::ZERO);
}

#[cfg(all(feature = "alloc", not(feature = "std"), not(any(loom, shuttle))))]
mod heap {
    use core::cell::RefCell;

    /// The lock of buffers on the heap, without an operating system: a critical section.
    pub(crate) struct HeapLock<S>(critical_section::Mutex<RefCell<S>>);

    impl<S> HeapLock<S> {
        pub(crate) const fn new(state: S) -> Self {
            Self(critical_section::Mutex::new(RefCell::new(state)))
        }
    }

    impl<S> super::Lock<S> for HeapLock<S> {
        fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
            critical_section::with(|section| critical(&mut self.0.borrow_ref_mut(section)))
        }
    }
}

#[cfg(all(feature = "std", loom))]
use loom::sync as model;
#[cfg(all(feature = "std", shuttle, not(loom)))]
use shuttle::sync as model;

/// The bell (`bell`) under a model checker, which knows no time, and whose threads may lose a token at a
/// lock: so the token is a lock and a condition.
#[cfg(all(feature = "std", any(loom, shuttle)))]
#[derive(Debug)]
pub(super) struct Bell {
    lock: model::Mutex<()>,
    rung: model::Condvar,
}

#[cfg(all(feature = "std", any(loom, shuttle)))]
impl Bell {
    pub(super) fn of_this_thread() -> Self {
        Self { lock: model::Mutex::new(()), rung: model::Condvar::new() }
    }

    pub(super) fn wait_while(&self, _until: Option<std::time::Instant>, asleep: impl Fn() -> bool) {
        let mut guard = self.lock.lock().expect("never poisoned");
        while asleep() {
            guard = self.rung.wait(guard).expect("never poisoned");
        }
    }

    pub(super) fn ring(&self) {
        drop(self.lock.lock().expect("never poisoned"));
        self.rung.notify_one();
    }
}
