//! Whether something is pending, shown to those who wait by other means than this library's.

use core::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use super::super::signal_fd::SignalFd;
#[cfg(unix)]
use super::super::{HeapLock, Lock};

/// Of a set, or of one of its ends.
pub(super) struct Light {
    /// Changed under the set's lock.
    on: AtomicBool,
    /// Once somebody has asked for it.
    #[cfg(unix)]
    lamp: OnceLock<Lamp>,
}

/// A file descriptor that is readable while the light is on.
#[cfg(unix)]
struct Lamp {
    fd: SignalFd,
    /// Whether it was raised.
    shows: HeapLock<bool>,
}

impl Light {
    pub(super) const fn new() -> Self {
        Self {
            on: AtomicBool::new(false),
            #[cfg(unix)]
            lamp: OnceLock::new(),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Called under the set's lock, and followed by [`Light::show`] outside of it.
    pub(super) fn set(&self, on: bool) {
        self.on.store(on, Ordering::Release);
    }

    /// Has the descriptor show what the light says. Whoever comes last after a change sees the last change.
    pub(super) fn show(&self) {
        #[cfg(unix)]
        if let Some(lamp) = self.lamp.get() {
            // One system call at a time, in the order of the looks.
            lamp.shows.with(|shows| match (self.is_on(), *shows) {
                (true, false) => {
                    *shows = true;
                    lamp.fd.raise();
                }
                (false, true) => {
                    *shows = false;
                    lamp.fd.lower();
                }
                (true, true) | (false, false) => {}
            });
        }
    }

    /// Whether anybody has asked for the descriptor.
    #[cfg(unix)]
    pub(super) fn is_shown(&self) -> bool {
        self.lamp.get().is_some()
    }

    /// The descriptor, made by whoever asks first.
    #[cfg(unix)]
    pub(super) fn fd(&self) -> io::Result<BorrowedFd<'_>> {
        if self.lamp.get().is_none() {
            // Of two who come at once one keeps its own.
            let _ = self.lamp.set(Lamp { fd: SignalFd::new()?, shows: HeapLock::new(false) });
            self.show();
        }
        self.lamp.get().map(|lamp| lamp.fd.as_fd()).ok_or_else(|| io::ErrorKind::Other.into())
    }
}
