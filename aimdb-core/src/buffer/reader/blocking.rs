//! Reading for threads, which wait.

use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Inner, Reader};
use crate::buffer::shell::Reading;
use crate::buffer::{RecvError, RecvTimeoutError, TryRecvError};
use crate::waiting::{Deadline, Outlook, wait_on};

/// What a look finds may be gone, to another reader of the cursor, when it is asked for.
const LOOKS: usize = 3;

impl<T: Send + 'static> Reader<T> {
    /// Blocks the calling thread until there is a value or the deadline passes.
    ///
    /// # Errors
    ///
    /// Why there is no value. What is ready when the deadline passes wins over the timeout.
    pub fn recv_blocking(&mut self, deadline: Deadline) -> Result<T, RecvTimeoutError> {
        match self.recv_at_once() {
            Some(value) => Ok(value),
            None => self.recv_waiting(deadline),
        }
    }

    /// The rest of [`Reader::recv_blocking`], for a reader that has just found nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Reader::recv_blocking`].
    pub fn recv_waiting(&mut self, deadline: Deadline) -> Result<T, RecvTimeoutError> {
        // Before it is known as one who waits, the thread looks for a while.
        let mut looked = if self.untold > 0 { Outlook::Nothing } else { Outlook::Open };
        for _ in 0..if looked == Outlook::Open { LOOKS } else { 0 } {
            let Some(there) = self.inner.look_for_value(deadline) else { break };
            if !there {
                // What has come since, or why nothing will, the wait sees in the lock hold in which it begins.
                looked = Outlook::Nothing;
                break;
            }
            // A lag is told once, so what comes now is the answer, unless it is nothing.
            match self.inner.try_recv() {
                Ok(value) => return Ok(value),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Lagged(lag)) => return Err(RecvTimeoutError::Lagged(lag)),
                Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
                Err(TryRecvError::Misuse(misuse)) => return Err(RecvTimeoutError::Misuse(misuse)),
            }
        }
        // What a leaked future may have left is over.
        self.inner.cancel_recv();
        match wait_on(pin!(Wait { reader: self, reading: Reading::new() }), deadline, looked) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(error.into()),
            None => Err(RecvTimeoutError::Timeout),
        }
    }
}

pin_project! {
    /// As [`super::Recv`], with a place in the queue of its own: nobody can leak it, and a blocking
    /// wait allocates nothing.
    struct Wait<'a, T>
    where
        T: Send,
        T: 'static,
    {
        reader: &'a mut Reader<T>,
        #[pin]
        reading: Reading,
    }

    impl<T> PinnedDrop for Wait<'_, T>
    where
        T: Send,
        T: 'static,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            match &mut this.reader.inner {
                Inner::Heap(reader) => reader.cancel_recv_in(this.reading),
                Inner::Other(reader) => reader.cancel_recv(),
            }
        }
    }
}

impl<T: Send + 'static> Future for Wait<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let lag = core::mem::take(&mut this.reader.untold);
        if lag > 0 {
            return Poll::Ready(Err(RecvError::Lagged(lag)));
        }
        match &mut this.reader.inner {
            Inner::Heap(reader) => reader.poll_recv_in(this.reading, context),
            Inner::Other(reader) => reader.poll_recv(context),
        }
    }
}
