//! A cursor of a buffer on the heap, or a share of one.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::HeapLayout;
#[cfg(feature = "std")]
use crate::buffer::lane::Taken;
use crate::buffer::shell::Reading;
use crate::buffer::{BufferReader, ReaderMetrics, RecvError, Shell, SubscribeError, TryRecvError};
use crate::pure::CursorId;

/// A reader of a [`HeapBuffer`].
pub(super) struct HeapReader<T: Send + 'static> {
    shell: Arc<Shell<T, HeapLayout>>,
    cursor: CursorId,
    reading: Pin<Box<Reading>>,
}

impl<T: Send + 'static> HeapReader<T> {
    pub(super) fn new(shell: Arc<Shell<T, HeapLayout>>, cursor: CursorId) -> Self {
        Self { shell, cursor, reading: Box::pin(Reading::new()) }
    }
}

impl<T: Send + 'static> BufferReader<T> for HeapReader<T> {
    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.cancel_recv();
        #[cfg(feature = "std")]
        match self.shell.lock().take(self.shell.slots()) {
            Taken::Value(value) => return Ok(value),
            Taken::Empty => return Err(TryRecvError::Empty),
            Taken::NotHere => {}
        }
        self.shell.try_recv(self.cursor)
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        #[cfg(feature = "std")]
        if !self.reading.is_waiting()
            && let Taken::Value(value) = self.shell.lock().take(self.shell.slots())
        {
            return Poll::Ready(Ok(value));
        }
        self.shell.poll_recv(self.cursor, self.reading.as_mut(), context)
    }

    #[cfg(feature = "std")]
    fn has_value(&self) -> Option<bool> {
        self.shell.lock().lane()?.has_value()
    }

    fn cancel_recv(&mut self) {
        self.shell.cancel_recv(self.cursor, self.reading.as_mut());
    }

    fn skip_to_newest(&mut self) {
        self.shell.skip_to_newest(self.cursor);
    }

    fn share(&self) -> Result<Box<dyn BufferReader<T>>, SubscribeError> {
        self.shell.share(self.cursor);
        Ok(Box::new(Self::new(Arc::clone(&self.shell), self.cursor)))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.shell.reader_metrics(self.cursor)
    }

    fn id(&self) -> u64 {
        self.shell.reader_metrics(self.cursor).id
    }
}

impl<T: Send + 'static> Drop for HeapReader<T> {
    fn drop(&mut self) {
        self.cancel_recv();
        self.shell.unsubscribe(self.cursor);
    }
}
