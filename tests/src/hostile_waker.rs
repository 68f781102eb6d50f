//! Wakers that do what a user's may: call back, block, panic, when woken and when dropped.

use std::sync::Arc;
use std::task::{Wake, Waker};

type Act = Box<dyn Fn() + Send + Sync>;

struct Hostile {
    on_wake: Act,
    on_drop: Act,
}

impl Wake for Hostile {
    fn wake(self: Arc<Self>) {
        (self.on_wake)();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        (self.on_wake)();
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            (self.on_drop)();
        }
    }
}

/// A waker that acts when it is woken, and when its last clone is dropped (as the last waker of a
/// task drops the task, and what that holds).
pub fn waker(on_wake: impl Fn() + Send + Sync + 'static, on_drop: impl Fn() + Send + Sync + 'static) -> Waker {
    Waker::from(Arc::new(Hostile { on_wake: Box::new(on_wake), on_drop: Box::new(on_drop) }))
}
