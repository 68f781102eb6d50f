//! What a test leaks on purpose, where a leak checker still finds it.

use std::any::Any;

use parking_lot::Mutex;

static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

/// Leaks a value: it is never dropped.
pub fn keep<T: Send + 'static>(value: T) {
    KEPT.lock().push(Box::new(value));
}

/// Leaks a value and gives it for ever.
pub fn leak<T: Send + Sync + 'static>(value: T) -> &'static T {
    let leaked: &'static T = Box::leak(Box::new(value));
    keep(leaked);
    leaked
}
