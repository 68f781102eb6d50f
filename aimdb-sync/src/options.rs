//! How the runtime of an attached database is made.

use crate::AttachError;

/// How the runtime of an attached database is made; see [`crate::Attach::attach_with`].
///
/// It matters to async services only. A blocking service has a thread of its own, and `send` and
/// `recv` run on the thread that calls them.
///
/// ```
/// use aimdb_sync::RuntimeOptions;
///
/// let options = RuntimeOptions::new().threads(4).name("sensors");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeOptions {
    threads: usize,
    name: String,
}

impl RuntimeOptions {
    /// More threads than this are refused.
    pub const MAX_THREADS: usize = 1024;

    /// Two threads, so that an async service which blocks by mistake does not stop all others, with
    /// names that begin with `aimdb`.
    #[must_use]
    pub fn new() -> Self {
        Self { threads: 2, name: "aimdb".to_owned() }
    }

    /// How many threads the async services share; 1 to [`RuntimeOptions::MAX_THREADS`]. Checked by
    /// `attach_with`.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// What the names of those threads begin with; a number follows. Some systems show the first 15
    /// bytes only.
    #[must_use]
    pub fn name(mut self, prefix: impl Into<String>) -> Self {
        self.name = prefix.into();
        self
    }

    /// The number of threads, if a runtime can have so many.
    pub(crate) const fn checked_threads(&self) -> Result<usize, AttachError> {
        match self.threads {
            1..=Self::MAX_THREADS => Ok(self.threads),
            asked => Err(AttachError::Threads { asked }),
        }
    }

    /// The prefix of the names.
    #[cfg(feature = "tokio")]
    pub(crate) fn prefix(&self) -> &str {
        &self.name
    }
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self::new()
    }
}
