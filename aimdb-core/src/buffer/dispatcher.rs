//! Draining a buffer into a handler, as a task or as a thread.

use super::{Reader, RecvError};

/// What a dispatcher has done when its buffer was closed and drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dispatched {
    /// Values that the handler was given.
    pub handled: u64,
    /// Values that were overwritten before they could be.
    pub lagged: u64,
}

/// Gives each value of the reader to the handler, until the buffer is closed and drained. A future
/// for any executor.
pub async fn dispatch<T, F>(mut reader: Reader<T>, mut handler: impl FnMut(T) -> F) -> Dispatched
where
    T: Send + 'static,
    F: Future<Output = ()>,
{
    let mut done = Dispatched::default();
    // Ends when the buffer is closed.
    loop {
        match reader.recv().await {
            Ok(value) => {
                handler(value).await;
                done.handled += 1;
            }
            Err(RecvError::Lagged(lag)) => done.lagged += lag,
            Err(RecvError::Closed | RecvError::Misuse(_)) => return done,
        }
    }
}

#[cfg(feature = "std")]
pub use thread::Dispatcher;

#[cfg(feature = "std")]
mod thread {
    use alloc::string::String;
    use core::pin::pin;
    use std::io;
    use std::thread::{Builder, JoinHandle};

    use super::{Dispatched, Reader, dispatch};
    use crate::waiting::{Deadline, block_on};

    /// A thread that gives each value of a reader to a handler.
    #[derive(Debug)]
    pub struct Dispatcher {
        thread: JoinHandle<Dispatched>,
    }

    impl Dispatcher {
        /// Starts the thread. It ends when the buffer is closed and drained.
        ///
        /// # Errors
        ///
        /// When the operating system gives no thread.
        pub fn spawn<T: Send + 'static>(
            name: impl Into<String>,
            reader: Reader<T>,
            mut handler: impl FnMut(T) + Send + 'static,
        ) -> io::Result<Self> {
            let thread = Builder::new().name(name.into()).spawn(move || {
                let work = dispatch(reader, move |value| {
                    handler(value);
                    core::future::ready(())
                });
                block_on(pin!(work), Deadline::Never).unwrap_or_default()
            })?;
            Ok(Self { thread })
        }

        /// Whether the thread has ended.
        #[must_use]
        pub fn is_finished(&self) -> bool {
            self.thread.is_finished()
        }

        /// Waits until the buffer is closed and drained.
        ///
        /// # Errors
        ///
        /// What the handler panicked with.
        pub fn join(self) -> std::thread::Result<Dispatched> {
            self.thread.join()
        }
    }
}
