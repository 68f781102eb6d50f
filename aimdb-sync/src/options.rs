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
    /// `None` leaves it to the number of services.
    threads: Option<usize>,
    name: String,
}

impl RuntimeOptions {
    /// More threads than this are refused.
    pub const MAX_THREADS: usize = 1024;

    /// Two threads, so that an async service which blocks by mistake does not stop all others; one
    /// if there are no others. Their names begin with `aimdb`.
    ///
    /// A blocking service counts as another: the time that its context keeps is the runtime's. Tasks
    /// that a service starts itself do not count; [`RuntimeOptions::threads`] makes room for them.
    #[must_use]
    pub fn new() -> Self {
        Self { threads: None, name: "aimdb".to_owned() }
    }

    /// How many threads the async services share, however many services there are; 1 to
    /// [`RuntimeOptions::MAX_THREADS`]. Checked by `attach_with`.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// What the names of those threads begin with; a number follows. Some systems show the first 15
    /// bytes only.
    #[must_use]
    pub fn name(mut self, prefix: impl Into<String>) -> Self {
        self.name = prefix.into();
        self
    }

    /// The number of threads for so many services, if a runtime can have it.
    pub(crate) const fn checked_threads(&self, services: usize) -> Result<usize, AttachError> {
        match self.threads {
            None => Ok(if services > 1 { 2 } else { 1 }),
            Some(asked @ 1..=Self::MAX_THREADS) => Ok(asked),
            Some(asked) => Err(AttachError::Threads { asked }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u9_a7_one_service_has_one_thread_more_have_two_and_who_asks_has_what_was_asked_for() {
        let threads = |options: RuntimeOptions, services| options.checked_threads(services).ok();
        for (services, expected) in [(1, 1), (2, 2), (9, 2)] {
            assert_eq!(threads(RuntimeOptions::new(), services), Some(expected));
            assert_eq!(threads(RuntimeOptions::new().threads(1), services), Some(1));
            assert_eq!(threads(RuntimeOptions::new().threads(4), services), Some(4));
        }
        assert_eq!(threads(RuntimeOptions::new().threads(0), 1), None);
    }
}
