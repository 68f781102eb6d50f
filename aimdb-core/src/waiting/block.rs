//! The one blocking loop.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use super::{Clock, Deadline};

/// How one thread or RTOS task stops and is set going again.
///
/// The wake-up is sticky: a `wake` of [`Parker::waker`] that comes before the `park` ends that
/// `park` at once.
pub trait Parker {
    /// A waker that ends this caller's current or next [`Parker::park`].
    fn waker(&self) -> &Waker;

    /// Stops the caller until it is woken or the deadline passes. May return early for no reason.
    fn park(&self, until: Deadline);
}

/// Drives `operation` to its end, or until the deadline: then `None`, and the caller cancels what
/// is left of the operation.
///
/// The operation is polled once more after the deadline has passed, so what is ready by then wins
/// over the timeout. A deadline that has passed already means one try. Allocates nothing.
pub fn block_on_with<F: Future>(
    parker: &impl Parker,
    clock: &impl Clock,
    mut operation: Pin<&mut F>,
    deadline: Deadline,
) -> Option<F::Output> {
    let mut context = Context::from_waker(parker.waker());
    // Ends with the operation or the deadline; each round is one wake-up.
    loop {
        let expired = match deadline {
            Deadline::Never => false,
            Deadline::At(_) => deadline.has_passed(clock.now()),
        };
        if let Poll::Ready(output) = operation.as_mut().poll(&mut context) {
            return Some(output);
        }
        if expired {
            return None;
        }
        parker.park(deadline);
    }
}
