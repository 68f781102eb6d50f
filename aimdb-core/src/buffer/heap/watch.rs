//! Watching an end of a buffer on the heap.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::Waker;
use std::sync::OnceLock;

use super::HeapLayout;
use crate::buffer::Shell;
use crate::buffer::lane::CursorEnd;
use crate::buffer::shell::Watching;
use crate::pure::CursorId;
use crate::waiting::Counted;
use crate::waiting::{Waiter, Watched};

/// Tells when a cursor has something to read, or the buffer room. It keeps the buffer, but not the
/// cursor.
pub(super) struct HeapWatch<T: Send + 'static> {
    shell: Counted<Shell<T, HeapLayout>>,
    watching: Watching,
    /// The cursor's end of the lane, once there is one.
    end: OnceLock<Counted<CursorEnd>>,
    waiter: Pin<Box<Waiter>>,
}

impl<T: Send + 'static> HeapWatch<T> {
    pub(super) fn of_cursor(shell: Counted<Shell<T, HeapLayout>>, cursor: CursorId) -> Self {
        let watching = shell.watching(cursor);
        Self::new(shell, watching)
    }

    pub(super) fn of_room(shell: Counted<Shell<T, HeapLayout>>) -> Self {
        Self::new(shell, Watching::Room)
    }

    fn new(shell: Counted<Shell<T, HeapLayout>>, watching: Watching) -> Self {
        Self { shell, watching, end: OnceLock::new(), waiter: Box::pin(Waiter::new()) }
    }

    /// Whether an open lane shows that it is ready: then nobody need close it. A model looks under the
    /// lock each time.
    fn is_ready_at_a_glance(&self) -> bool {
        let lock = self.shell.lock();
        match self.watching {
            _ if cfg!(any(loom, shuttle)) => false,
            Watching::Room => lock.has_room_in_lane(),
            Watching::Value { cursor, .. } => {
                if self.end.get().is_none()
                    && let Some(end) = lock.join(cursor)
                {
                    let _ = self.end.set(end);
                }
                lock.unread_in_lane(self.end.get().map(|end| &**end)).is_some_and(|unread| unread > 0)
            }
        }
    }
}

impl<T: Send + 'static> Watched for HeapWatch<T> {
    fn poll_ready(&self, waker: &Waker) -> bool {
        self.is_ready_at_a_glance() || self.shell.poll_watch(self.watching, self.waiter.as_ref(), waker.clone())
    }

    fn cancel(&self) {
        self.shell.cancel_watch(self.waiter.as_ref());
    }
}

impl<T: Send + 'static> Drop for HeapWatch<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}
