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

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::buffer::{Buffer, BufferCfg, HeapBuffer};
    use crate::pure::Policy;
    use alloc::boxed::Box;
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use alloc::vec::Vec;
    use core::task::Waker;
    use std::sync::Mutex;

    /// A drain that is polled by whoever wakes it, and how it ended.
    struct Inline {
        drain: Mutex<Pin<Box<FlushFuture<'static>>>>,
        ended: Mutex<Option<Result<(), FlushError>>>,
    }

    impl Inline {
        fn poll(self: &Arc<Self>) {
            let waker = Waker::from(Arc::clone(self));
            let polled = self.drain.lock().expect("no panic").as_mut().poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(outcome) = polled {
                *self.ended.lock().expect("no panic") = Some(outcome);
            }
        }
    }

    impl Wake for Inline {
        fn wake(self: Arc<Self>) {
            self.poll();
        }
    }

    #[test]
    fn c2_a_close_ends_beside_any_number_of_drains_that_come_back_at_once() {
        let cfg = BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream };
        let buffer: &'static HeapBuffer<u64> = Box::leak(Box::new(HeapBuffer::new(&cfg).expect("a sound description")));
        let mut reader = buffer.reader().expect("a cursor");
        buffer.push(1);
        let drains: Vec<_> = (0..20)
            .map(|_| Arc::new(Inline { drain: Mutex::new(Box::pin(Buffer::drain(buffer))), ended: Mutex::new(None) }))
            .collect();
        drains.iter().for_each(Inline::poll);
        buffer.close();
        assert!(drains.iter().all(|drain| drain.ended.lock().expect("no panic").is_none()), "there is a reader");
        assert_eq!(reader.try_recv(), Ok(1));
        assert!(drains.iter().all(|drain| *drain.ended.lock().expect("no panic") == Some(Ok(()))));
    }

    #[test]
    fn c2_a_flush_whose_values_were_consumed_ends_so_whatever_is_discarded_after() {
        let cfg = BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream };
        let buffer = HeapBuffer::<u64>::new(&cfg).expect("a sound description");
        let mut reader = buffer.reader().expect("a cursor");
        buffer.push(1);
        let mut flush = core::pin::pin!(Buffer::flush(&buffer));
        let mut context = Context::from_waker(Waker::noop());
        assert!(flush.as_mut().poll(&mut context).is_pending());
        buffer.push(2);
        assert_eq!(reader.try_recv(), Ok(1));
        assert_eq!(buffer.abort(), 1);
        assert_eq!(flush.as_mut().poll(&mut context), Poll::Ready(Ok(())));
    }
}
