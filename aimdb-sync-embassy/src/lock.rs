//! The one file that names a lock type: an embassy-sync blocking mutex of the user's choice.
#![allow(unsafe_code)]

use core::cell::RefCell;

use aimdb_core::waiting::Lock;
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::{CriticalSectionRawMutex, RawMutex};

/// A raw mutex that keeps out every other task, and every interrupt that uses the record.
///
/// `ThreadModeRawMutex` and `NoopRawMutex` do neither: under a preemptive kernel every task runs in
/// thread mode, so they exclude nobody. They do not implement this trait, and nobody can add that.
/// Implement it for a raw mutex of your own, say around the kernel's critical section. One that only stops the
/// scheduler may be implemented for too, if it panics in an interrupt; one that is used from two cores needs a spin
/// lock inside.
///
/// # Safety
///
/// While `lock` runs its function, no other task, interrupt or core is in one of the same mutex. [`RawMutex`] promises
/// that of threads, and a [`StaticQueue`](crate::StaticQueue) looks no second time.
///
/// ```compile_fail,E0277
/// // Two tasks are both in thread mode: this mutex would let both in.
/// use aimdb_sync_embassy::{Bounded, StaticRecord};
/// use embassy_sync::blocking_mutex::raw::ThreadModeRawMutex;
/// static RECORD: StaticRecord<Bounded<2>, u32, ThreadModeRawMutex, 4> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0277
/// // This mutex lets everybody in.
/// use aimdb_sync_embassy::{Bounded, StaticRecord};
/// use embassy_sync::blocking_mutex::raw::NoopRawMutex;
/// let record = StaticRecord::<Bounded<2>, u32, NoopRawMutex, 4>::new();
/// ```
///
/// ```
/// // The same with a mutex that excludes, and the two names that were refused above.
/// use aimdb_sync_embassy::{Bounded, StaticRecord};
/// #[allow(unused_imports)]
/// use embassy_sync::blocking_mutex::raw::{CriticalSectionRawMutex, NoopRawMutex, ThreadModeRawMutex};
/// static RECORD: StaticRecord<Bounded<2>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// # assert_eq!(RECORD.stats().capacity, 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not keep other tasks and interrupts out",
    note = "use `CriticalSectionRawMutex`, or implement `PreemptionSafe` for a raw mutex of your own"
)]
pub unsafe trait PreemptionSafe: RawMutex + Send + Sync {}

// SAFETY: the critical section of the machine keeps out whatever runs on it.
unsafe impl PreemptionSafe for CriticalSectionRawMutex {}

/// The lock around a record's state.
pub struct StaticLock<M, S>(Mutex<M, RefCell<S>>);

impl<M: PreemptionSafe, S> StaticLock<M, S> {
    pub(crate) const fn new(state: S) -> Self {
        Self(Mutex::new(RefCell::new(state)))
    }
}

impl<M: PreemptionSafe, S> Lock<S> for StaticLock<M, S> {
    fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
        // The borrow succeeds: the mutex keeps others out, and nothing that runs inside comes back
        // here. Should a raw mutex break its promise, this panics instead of corrupting the record.
        self.0.lock(|state| critical(&mut state.borrow_mut()))
    }
}
