//! A wait set among the file descriptors of a poll, epoll, libuv or asio loop.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use aimdb_core::waiting::EndId;

use super::WaitSet;
use crate::lock::Guarded;
use crate::thread::spawn;

/// Whether a thread keeps the time of the timers.
pub(super) struct Keeper(Guarded<bool>);

impl Keeper {
    pub(super) const fn new() -> Self {
        Self(Guarded::new(false))
    }
}

impl WaitSet {
    /// A file descriptor that is readable while anything in the set is ready, or the set is closed, for a
    /// loop that waits for descriptors: on Linux an event descriptor, elsewhere the end of a pipe. The
    /// loop waits for it level-triggered, calls [`WaitSet::try_wait`] when it is readable, and never reads
    /// from it, writes to it or closes it: it is the set's.
    ///
    /// It is readable from the moment when something becomes ready until a [`WaitSet::try_wait`], or
    /// another wait, has found nothing: a loop that has served everything calls it once more, or is told
    /// once more and calls it then. For timers there is a thread, `aimdb-timer`, from then on.
    ///
    /// ```
    /// # use aimdb_sync::WaitSet;
    /// # use std::os::fd::AsRawFd;
    /// let set = WaitSet::new();
    /// let number = set.as_fd()?.as_raw_fd();
    /// // poll({ number, POLLIN }) or epoll_ctl(ADD, number, EPOLLIN), then set.try_wait(..)
    /// # assert!(number > 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the system gives no descriptor or no thread, and in a forked child.
    pub fn as_fd(&self) -> io::Result<BorrowedFd<'_>> {
        self.process.check().map_err(io::Error::other)?;
        let fd = self.set.fd()?;
        self.keep_time()?;
        Ok(fd)
    }

    /// The same for one end or timer, as a descriptor of the caller's own, who closes it. It is readable
    /// from the moment when the end becomes ready until [`WaitSet::is_ready`], or a wait, has found that it
    /// no longer is; never again once the end has left the set.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] if the end is not in the set, and those of [`WaitSet::as_fd`].
    pub fn fd_of(&self, end: EndId) -> io::Result<OwnedFd> {
        self.process.check().map_err(io::Error::other)?;
        let fd = self.set.fd_of(end).ok_or(io::ErrorKind::NotFound)??;
        self.keep_time()?;
        Ok(fd)
    }

    /// Has a thread keep the time of the timers, once there are some and a descriptor.
    pub(super) fn keep_time(&self) -> io::Result<()> {
        if !self.set.needs_a_keeper() || self.keeper.0.change(|kept| std::mem::replace(kept, true)) {
            return Ok(());
        }
        let set = Arc::clone(&self.set);
        match spawn("aimdb-timer", 0, move || set.keep_time()) {
            Ok(_ends_with_the_set) => Ok(()),
            Err(error) => {
                self.keeper.0.change(|kept| *kept = false);
                Err(error)
            }
        }
    }
}
