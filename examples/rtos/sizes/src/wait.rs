//! How a task waits for a future, for what brings no blocking calls of its own.

use core::pin::pin;
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

use board::{Exit, exit};
use freertos::notification::FOR_EVER;
use freertos::{Notification, TaskRef};

/// Asks again and again, as `embassy_futures::block_on`: the processor is never free, and less urgent tasks never run.
pub fn busy<F: Future>(operation: F) -> F::Output {
    let mut operation = pin!(operation);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(outcome) = operation.as_mut().poll(&mut context) {
            return outcome;
        }
    }
}

/// Waits for the task's notification in between: the least that blocks on this kernel.
pub fn parked<F: Future>(operation: F) -> F::Output {
    static WAKER: RawWakerVTable = RawWakerVTable::new(|task| RawWaker::new(task, &WAKER), wake, wake, |_| {});

    fn wake(task: *const ()) {
        // SAFETY: the word is the task's, from below, and tasks are static.
        Notification::give_from_anywhere(unsafe { TaskRef::from_ptr(task) });
    }

    let mut operation = pin!(operation);
    // Without a panic of its own: the records' port has none for this either.
    let Some(task) = TaskRef::current() else { exit(Exit::Failure) };
    // SAFETY: the functions may be called from anywhere, and count nothing.
    let waker = unsafe { Waker::from_raw(RawWaker::new(task.as_ptr(), &WAKER)) };
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(outcome) = operation.as_mut().poll(&mut context) {
            return outcome;
        }
        Notification::take(FOR_EVER);
    }
}
