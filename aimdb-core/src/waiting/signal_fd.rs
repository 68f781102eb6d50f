//! The port to loops that wait for file descriptors: one that is readable while it is raised.
//!
//! On Linux an event descriptor, elsewhere on Unix a pipe. Neither is ever raised twice, so nothing
//! waits in a write or a read here.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Write};
#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
use std::os::fd::AsRawFd;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A file descriptor that others wait for.
#[derive(Debug)]
pub(super) struct SignalFd {
    read: File,
    /// Where it is another one.
    write: Option<File>,
}

impl SignalFd {
    /// One that is not raised. It is closed in programs that this one starts.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn new() -> io::Result<Self> {
        use std::os::fd::FromRawFd;
        // SAFETY: the call takes two numbers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made, and nobody else knows it.
        Ok(Self { read: File::from(unsafe { OwnedFd::from_raw_fd(fd) }), write: None })
    }

    /// One that is not raised. It is closed in programs that this one starts.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn new() -> io::Result<Self> {
        Self::pipe()
    }

    #[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
    fn pipe() -> io::Result<Self> {
        let (read, write) = io::pipe()?;
        let (read, write) = (OwnedFd::from(read), OwnedFd::from(write));
        for end in [&read, &write] {
            // Whoever reads from it all the same makes nobody wait.
            // SAFETY: the descriptor is open, and the call takes numbers.
            if unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Self { read: File::from(read), write: Some(File::from(write)) })
    }

    /// Makes it readable.
    pub(super) fn raise(&self) {
        // It can only fail where somebody has filled it, and then it is readable.
        let _ = self.write.as_ref().unwrap_or(&self.read).write(&1_u64.to_ne_bytes());
    }

    /// Ends that.
    pub(super) fn lower(&self) {
        // It can only fail where somebody has emptied it.
        let _ = (&self.read).read(&mut [0; 8]);
    }
}

impl AsFd for SignalFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn is_readable(fd: &SignalFd) -> bool {
        let mut poll = libc::pollfd { fd: fd.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: it is one entry, which is ours.
        unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
    }

    #[test]
    fn w15_a_descriptor_is_readable_while_it_is_raised() {
        for fd in [SignalFd::new(), SignalFd::pipe()] {
            let fd = fd.expect("the system has one");
            for _ in 0..3 {
                assert!(!is_readable(&fd));
                fd.raise();
                assert!(is_readable(&fd) && is_readable(&fd));
                fd.lower();
            }
            fd.lower();
            assert!(!is_readable(&fd), "a read too many makes nobody wait");
        }
    }
}
