//! Keeping a place for a value to come, so that it cannot be refused for want of one.

use super::plan::Mode;
use super::{Aftermath, Layout, Shell};
use crate::buffer::{NotReserved, TryProduceError};
use crate::pure::Room;
use crate::waiting::Lock;

impl<T, L: Layout<T>> Shell<T, L> {
    /// Keeps a place. See [`crate::buffer::Buffer::reserve`].
    ///
    /// # Errors
    ///
    /// Why none is kept.
    pub(crate) fn reserve(&self) -> Result<bool, NotReserved> {
        self.lock.with(|state| {
            if state.log.is_closed() {
                return Err(NotReserved::Closed);
            }
            if !state.log.kind().gates() {
                return Ok(false);
            }
            if state.log.capacity() == 0 || state.log.reserved() == usize::from(u16::MAX) {
                return Err(NotReserved::Unsupported);
            }
            if state.room() == Room::Free && state.log.reserve() { Ok(true) } else { Err(NotReserved::Full) }
        })
    }

    /// Lets go of a place that was kept, for the next sender.
    pub(crate) fn unreserve(&self) {
        let mut after = Aftermath::new(self);
        self.lock.with(|state| {
            state.log.unreserve();
            after.made_room(state);
        });
        after.finish();
    }

    /// Stores a value in a place that was kept, which is then no longer kept. Without waiting.
    ///
    /// # Errors
    ///
    /// The value, when the buffer is closed, or there is no memory for it; the place is kept then.
    pub(crate) fn push_reserved(&self, value: T) -> Result<(), TryProduceError<T>> {
        let _disposed = self.store(value, Mode::Reserved, true)?;
        Ok(())
    }
}
