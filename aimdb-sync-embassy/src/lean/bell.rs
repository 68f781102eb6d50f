//! How one that waits is woken: a task by a function of its port, a future by its waker.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};
use core::task::{RawWakerVTable, Waker};

type Ring = unsafe fn(*const (), MaybeUninit<*const RawWakerVTable>);

/// What is called to wake one. A waker of its own for a task would be a table of four functions, of which one is called.
#[derive(Clone, Copy)]
pub(crate) struct Bell {
    ring: Ring,
    of: *const (),
    /// The table of a waker. There is none for a task.
    table: MaybeUninit<*const RawWakerVTable>,
}

impl Bell {
    /// Of a task.
    ///
    /// # Safety
    ///
    /// The function may be called with this task, from anywhere, as long as the bell is there.
    pub(crate) const unsafe fn of_task(ring: Ring, task: *const ()) -> Self {
        Self { ring, of: task, table: MaybeUninit::uninit() }
    }

    /// Of a future: it is the waker.
    pub(crate) fn of_waker(waker: Waker) -> Self {
        let waker = ManuallyDrop::new(waker);
        Self { ring: Self::wake, of: waker.data(), table: MaybeUninit::new(waker.vtable()) }
    }

    /// # Safety
    ///
    /// They are those of a waker, which is not used again.
    unsafe fn wake(of: *const (), table: MaybeUninit<*const RawWakerVTable>) {
        // SAFETY: by this function's contract; a table is there for ever.
        unsafe { Waker::new(of, &*table.assume_init()) }.wake();
    }

    /// # Safety
    ///
    /// The bell is not used again.
    #[inline(always)]
    pub(crate) unsafe fn ring(self) {
        // SAFETY: by the contracts of the two functions that make one, and this one's.
        unsafe { (self.ring)(self.of, self.table) };
    }

    /// # Safety
    ///
    /// The bell is a future's, and not used again.
    pub(crate) unsafe fn discard(self) {
        // SAFETY: it was made of a waker, and by this function's contract.
        drop(unsafe { Waker::new(self.of, &*self.table.assume_init()) });
    }
}
