//! A critical section behind which an interrupt comes.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};

use aimdb_sync_embassy::{CriticalSectionRawMutex as Raw, PreemptionSafe};
use embassy_sync::blocking_mutex::raw::RawMutex;

/// The critical section of the host, behind which whoever waits for it comes.
pub(crate) struct Preempted(Raw);

// SAFETY: it is the other one.
unsafe impl RawMutex for Preempted {
    const INIT: Self = Self(Raw::INIT);

    fn lock<R>(&self, critical: impl FnOnce() -> R) -> R {
        let result = self.0.lock(critical);
        let left = SECTIONS.get();
        SECTIONS.set(left.saturating_sub(1));
        if left == 1 {
            let comes = COMES.take().expect("somebody comes");
            comes();
        }
        result
    }
}

// SAFETY: as above.
unsafe impl PreemptionSafe for Preempted {}

std::thread_local! {
    static SECTIONS: Cell<u32> = const { Cell::new(0) };
    static COMES: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Has the calling thread stopped after so many sections, while this runs.
pub(crate) fn after(sections: u32, comes: impl FnOnce() + 'static) {
    let before = COMES.replace(Some(Box::new(comes)));
    assert!(before.is_none(), "one at a time");
    SECTIONS.set(sections);
}

/// Nobody comes any more. Says whether somebody was still to come.
pub(crate) fn nobody_comes() -> bool {
    SECTIONS.set(0);
    COMES.take().is_some()
}
