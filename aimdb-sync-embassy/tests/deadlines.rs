//! Calls of the lean records that wait until a point in time, over a clock that the test moves: what is ready by then wins.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, Deadline, Port, RecvTimeoutError, StaticConsumer, StaticQueue, Task,
};

std::thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1) };
    /// What happens the next time that somebody asks for the time.
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// One task, which is stopped for a while when it asks for the time. It never sleeps.
struct Stopped;

// SAFETY: its one task is there for ever.
unsafe impl Port for Stopped {
    fn ticks_per_second() -> u32 {
        1
    }

    fn current_task() -> Task {
        Task::from_ptr(std::ptr::null())
    }

    fn now() -> u64 {
        if let Some(meanwhile) = MEANWHILE.take() {
            meanwhile();
        }
        NOW.get()
    }

    fn park(ticks: Option<u64>) {
        NOW.set(NOW.get() + ticks.expect("each call has a deadline"));
    }

    unsafe fn unpark(_task: Task) {}

    unsafe fn unpark_from_isr(_task: Task) {}

    fn in_isr() -> bool {
        false
    }

    fn can_block() -> bool {
        true
    }

    fn priority() -> u8 {
        0
    }
}

/// A reader that waits behind another is woken before its time is up, and is stopped before it sees that until after.
#[test]
fn w4_whoever_is_woken_in_time_and_looks_late_has_what_it_was_woken_for() {
    static QUEUE: StaticQueue<u32, Raw, 2> = StaticQueue::new();
    let mut first = Box::new(QUEUE.consumer());
    let mut waits = Box::pin(first.recv_async());
    assert!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut second: StaticConsumer<'_, _, Stopped> = QUEUE.consumer().on();
    MEANWHILE.set(Some(Box::new(|| {
        NOW.set(4);
        // One for each of the two.
        assert!(QUEUE.producer().try_send(1).is_ok() && QUEUE.producer().try_send(2).is_ok());
        assert_eq!(QUEUE.stats().waiting_consumers, 0, "both were woken");
        NOW.set(6);
    })));
    assert_eq!(second.recv_deadline(Deadline::At(5)), Ok(1));
    assert_eq!(waits.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(2)));
    // Whoever was not woken has no time left.
    assert_eq!(second.recv_deadline(Deadline::At(5)), Err(RecvTimeoutError::Timeout));
}
