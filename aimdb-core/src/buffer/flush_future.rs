//! The future of a flush.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::FlushError;
use super::shell::Flush;

/// A buffer that can be flushed. Implemented by the buffers of this crate.
pub(crate) trait Flushes {
    fn poll_flush(&self, flush: Pin<&mut Flush>, context: &mut Context<'_>) -> Poll<Result<(), FlushError>>;
    fn cancel_flush(&self, flush: Pin<&mut Flush>);
}

pin_project! {
    /// Ready when every value that was stored before its first poll has been consumed by every
    /// cursor that gates, and with [`FlushError::Closed`] when the buffer is closed before (a drain: when nobody is
    /// left to consume them). Allocates nothing; may be dropped at any time.
    #[must_use = "nothing is awaited until the future is polled"]
    pub struct FlushFuture<'a> {
        buffer: Option<&'a (dyn Flushes + Sync)>,
        #[pin]
        flush: Flush,
    }

    impl PinnedDrop for FlushFuture<'_> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(buffer) = this.buffer {
                buffer.cancel_flush(this.flush);
            }
        }
    }
}

impl<'a> FlushFuture<'a> {
    /// A flush that has nothing to wait for.
    pub const fn ready() -> Self {
        Self { buffer: None, flush: Flush::new() }
    }

    pub(crate) const fn new(buffer: &'a (dyn Flushes + Sync)) -> Self {
        Self { buffer: Some(buffer), flush: Flush::new() }
    }

    pub(crate) const fn draining(buffer: &'a (dyn Flushes + Sync)) -> Self {
        Self { buffer: Some(buffer), flush: Flush::draining() }
    }
}

impl Future for FlushFuture<'_> {
    type Output = Result<(), FlushError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), FlushError>> {
        let this = self.project();
        match this.buffer {
            Some(buffer) => buffer.poll_flush(this.flush, context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl core::fmt::Debug for FlushFuture<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FlushFuture")
    }
}
