//! Where the calling thread is: inside a service of some record, or on a thread of its own.
//!
//! A runtime marks its threads while it polls a service. A blocking call that finds the mark
//! refuses, before it can stop the runtime; a service that would wait for its own record is told
//! so, before it can wait for itself.

use core::cell::Cell;

#[derive(Clone, Copy)]
struct Mark {
    may_block: bool,
    record: usize,
}

std::thread_local! {
    static MARK: Cell<Mark> = const { Cell::new(Mark { may_block: true, record: 0 }) };
}

/// Marks the calling thread until it is dropped.
#[derive(Debug)]
pub struct Place {
    may_block: bool,
    record: usize,
}

impl Place {
    /// Enters a service of the record with this identity ([`crate::buffer::Buffer::identity`], 0
    /// for none). `may_block` is false on a thread that other services share.
    #[must_use]
    pub fn enter(record: usize, may_block: bool) -> Self {
        let before = MARK.try_with(|mark| mark.replace(Mark { may_block, record })).ok();
        let before = before.unwrap_or(Mark { may_block: true, record: 0 });
        Self { may_block: before.may_block, record: before.record }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let before = Mark { may_block: self.may_block, record: self.record };
        let _ = MARK.try_with(|mark| mark.set(before));
    }
}

/// Whether the calling thread may block.
#[must_use]
#[inline]
pub fn may_block() -> bool {
    MARK.try_with(|mark| mark.get().may_block).unwrap_or(true)
}

/// Whether the calling thread is inside a service of the record with this identity.
#[must_use]
#[inline]
pub fn serves(record: usize) -> bool {
    MARK.try_with(|mark| mark.get().record == record).unwrap_or(false)
}
