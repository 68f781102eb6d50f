//! Functions of C, and the pointers that they want.

use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};

use aimdb_core::Consumer;
use aimdb_core::buffer::RecvTimeoutError;
use aimdb_core::pure::DropCause;
use aimdb_core::waiting::{Counted, Deadline, Hold, Place};

use crate::status::{Answer, Status};

pub(crate) type UserFree = unsafe extern "C" fn(*mut c_void);
pub(crate) type TapFn = unsafe extern "C" fn(*mut c_void, *const c_void, usize);
pub(crate) type DropFn = unsafe extern "C" fn(*mut c_void, *const c_void, usize, i32);
pub(crate) type DegradeFn = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> usize;

/// A function of C with the pointer that it wants, which is freed with the last copy of this, once it is not the caller's any more.
pub(crate) struct Callback<F> {
    pub(crate) function: F,
    pub(crate) user: Counted<User>,
}

pub(crate) struct User {
    pub(crate) pointer: *mut c_void,
    free: Option<UserFree>,
    /// Not the caller's any more, whose call has done what it was to do.
    is_ours: AtomicBool,
}

impl Hold for User {}

// SAFETY: the header says that callbacks run on any thread, threads together, and that `user` is theirs.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    pub(crate) const fn new(pointer: *mut c_void, free: Option<UserFree>) -> Self {
        Self { pointer, free, is_ours: AtomicBool::new(false) }
    }

    /// From now on it is freed, and not before.
    pub(crate) fn take(&self) {
        self.is_ours.store(true, Ordering::Relaxed);
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(free) = self.free
            && *self.is_ours.get_mut()
        {
            let _inside = Place::enter(0, false);
            // SAFETY: the header says that it is called once with this pointer, on any thread.
            unsafe { free(self.pointer) };
        }
    }
}

impl<F: Copy> Clone for Callback<F> {
    fn clone(&self) -> Self {
        Self { function: self.function, user: self.user.clone() }
    }
}

impl<F> Callback<F> {
    /// With a `user` that is the caller's still, if there is memory for it.
    pub(crate) fn new(function: F, user: *mut c_void, free: Option<UserFree>) -> Answer<Self> {
        let user = Counted::new(User::new(user, free)).ok_or(Status::OUT_OF_MEMORY)?;
        Ok(Self { function, user })
    }
}

impl Callback<TapFn> {
    /// Calls the function with each value until the record is closed and drained.
    pub(crate) fn drain<T: Send + 'static>(self, consumer: &mut Consumer<T>, call: impl Fn(&T, &Self)) {
        // Ends when the record is closed. Lag is counted by the cursor.
        loop {
            match consumer.recv_blocking(Deadline::Never) {
                Ok(value) => {
                    let _inside = Place::enter(0, false);
                    call(&value, &self);
                }
                Err(RecvTimeoutError::Lagged(_)) => {}
                Err(_) => return,
            }
        }
    }

    pub(crate) fn came(&self, value: *const c_void, size: usize) {
        // SAFETY: a function of the type that the header asks for, with its own `user` and a value that is there.
        unsafe { (self.function)(self.user.pointer, value, size) };
    }
}

impl Callback<DropFn> {
    pub(crate) fn dropped(&self, value: *const c_void, size: usize, cause: DropCause) {
        let _inside = Place::enter(0, false);
        // SAFETY: as in `came`.
        unsafe { (self.function)(self.user.pointer, value, size, cause_code(cause)) };
    }
}

impl Callback<DegradeFn> {
    /// The new size, which is no larger.
    pub(crate) fn degrade(&self, value: *mut c_void, size: usize) -> usize {
        let _inside = Place::enter(0, false);
        // SAFETY: as in `came`, and the value may be written.
        unsafe { (self.function)(self.user.pointer, value, size) }.min(size)
    }
}

pub(crate) const fn cause_code(cause: DropCause) -> i32 {
    match cause {
        DropCause::Overwritten => 0,
        DropCause::Refused => 1,
        DropCause::DroppedNewest => 2,
        DropCause::Cancelled => 3,
        DropCause::Aborted => 4,
    }
}

/// What a record calls.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) degrade: Option<Callback<DegradeFn>>,
    pub(crate) dropped: Option<Callback<DropFn>>,
}

impl Callbacks {
    /// Each `user` is not the caller's any more.
    pub(crate) fn take(&self) {
        let users = [self.degrade.as_ref().map(|call| &call.user), self.dropped.as_ref().map(|call| &call.user)];
        users.into_iter().flatten().for_each(|user| user.take());
    }
}
