//! Notices that the process is a forked child.
//!
//! A child has one thread: locks that other threads held stay locked, and nobody will wake its
//! waiters. So whoever made a handle remembers the generation, compares it with one relaxed load
//! before each call, and refuses when they differ.
#![allow(unsafe_code)]

use super::world;

/// Goes up by one in each forked child. One relaxed load; never blocks; may be called anywhere.
#[must_use]
#[inline]
pub fn fork_generation() -> u32 {
    world::generation()
}

/// Begins to watch, once per process; before that, forks go unnoticed. Says whether the platform
/// lets us watch.
#[cfg(unix)]
pub fn watch_for_forks() -> bool {
    use std::sync::OnceLock;
    static WATCHING: OnceLock<bool> = OnceLock::new();

    extern "C" fn in_child() {
        world::was_forked();
    }

    // What is initialised once must not be half done at a fork: the child would wait for it for ever.
    let _ = super::Clock::now(&super::SystemClock);
    *WATCHING.get_or_init(|| {
        // SAFETY: the handler is a function of this library that does one atomic add, which is
        // safe in a forked child; `pthread_atfork` keeps only its address.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) == 0 }
    })
}

/// There is no `fork` here.
#[cfg(not(unix))]
pub fn watch_for_forks() -> bool {
    true
}
