//! What a consumer and the wait sets that it is in have to do with each other.

use aimdb_core::Consumer;
use aimdb_core::waiting::Watched;

use super::SyncConsumer;
use crate::WatchError;
use crate::tie::Tie;

impl<T: Send + 'static> SyncConsumer<T> {
    /// Tells the wait sets whether the next call tells a lag, of which the record knows nothing.
    #[inline]
    pub(super) fn note_untold_lag(&self) {
        if self.tie.is_used() {
            self.tie.note_untold_lag(self.consumer.as_ref().is_some_and(Consumer::has_untold_lag));
        }
    }

    /// For a layer above that has taken a value and keeps it for its next call: the wait sets of this consumer
    /// find it readable as long.
    #[doc(hidden)]
    pub fn note_kept(&self, kept: bool) {
        if self.tie.is_used() {
            self.tie.note_untold_lag(kept || self.consumer.as_ref().is_some_and(Consumer::has_untold_lag));
        }
    }

    /// What a wait set looks at.
    pub(crate) fn watch(&self) -> Result<Box<dyn Watched>, WatchError> {
        self.process.check().map_err(WatchError::Misuse)?;
        let watched = match self.consumer.as_ref() {
            Some(consumer) => Some(consumer.watch().ok_or(WatchError::Unsupported)?),
            None => None,
        };
        let watched = self.tie.watched(watched);
        self.note_untold_lag();
        Ok(watched)
    }

    pub(crate) const fn tie(&self) -> &Tie {
        &self.tie
    }
}
