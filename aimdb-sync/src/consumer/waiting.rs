//! The calls of [`SyncConsumer`] that wait.

use aimdb_core::buffer::{Misuse, Reader, RecvError, RecvTimeoutError, TryRecvError};
use aimdb_core::waiting::may_block;

use super::{SyncConsumer, without_timeout};
use crate::events;
use crate::limit::{Limit, is_over};

impl<T: Send + 'static> SyncConsumer<T> {
    #[inline]
    pub(super) fn recv_until(&mut self, limit: Limit) -> Result<T, RecvTimeoutError> {
        self.recv_with(limit, |value| value)
    }

    /// As [`SyncConsumer::recv_deadline`]; the value goes to `take`, because compilers copy a value once more for each
    /// `Result` that carries it. For bindings to other languages.
    #[doc(hidden)]
    #[inline(always)]
    pub fn recv_with<R>(&mut self, limit: Limit, take: impl Fn(T) -> R) -> Result<R, RecvTimeoutError> {
        match self.recv_at_once(&take) {
            Some(taken) => Ok(taken),
            None => self.recv_or_wait(limit).map(take),
        }
    }

    /// Takes the next value, where that takes a few instructions and the calling thread might wait for it.
    #[inline(always)]
    pub(super) fn recv_at_once<R>(&mut self, take: impl FnOnce(T) -> R) -> Option<R> {
        self.reader_that_may_wait()?.recv_at_once_with(take)
    }

    /// The reader, if the calling thread might wait for it.
    #[inline(always)]
    pub(super) fn reader_that_may_wait(&mut self) -> Option<&mut Reader<T>> {
        match self.consumer.as_mut() {
            Some(consumer) if may_block() => Some(consumer.reader_mut()),
            Some(_) | None => None,
        }
    }

    /// The rest of [`SyncConsumer::recv`].
    #[inline(never)]
    pub(super) fn recv_for_ever(&mut self, value: &mut Option<T>) -> Result<(), RecvError> {
        *value = Some(self.recv_or_wait(Limit::Never).map_err(without_timeout)?);
        Ok(())
    }

    /// The rest of a call that may wait.
    #[inline(never)]
    fn recv_or_wait(&mut self, limit: Limit) -> Result<T, RecvTimeoutError> {
        self.may_wait(limit)?;
        let Some(consumer) = self.consumer.as_mut() else { return Err(RecvTimeoutError::Closed) };
        if let Some(value) = consumer.reader_mut().recv_by_call() {
            return Ok(value);
        }
        let received = consumer.reader_mut().try_recv_elsewhere();
        match self.noting_lag(received) {
            Ok(value) => return Ok(value),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Lagged(lag)) => return Err(RecvTimeoutError::Lagged(lag)),
            Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
            Err(TryRecvError::Misuse(misuse)) => return Err(RecvTimeoutError::Misuse(misuse)),
        }
        let Some(consumer) = self.consumer.as_mut() else { return Err(RecvTimeoutError::Closed) };
        let _about = consumer.about_to_wait();
        let received = consumer.reader_mut().recv_waiting(limit.deadline());
        if let Err(RecvTimeoutError::Lagged(lag)) = received {
            events::lagged(self.key(), lag);
            self.note_untold_lag();
        }
        received
    }

    pub(super) fn recv_many_until(
        &mut self,
        values: &mut Vec<T>,
        max: usize,
        limit: Limit,
    ) -> Result<usize, RecvTimeoutError> {
        if max == 0 {
            return Ok(0);
        }
        values.push(self.recv_until(limit)?);
        let more = self.consumer.as_mut().map_or(0, |consumer| consumer.reader_mut().take_more(values, max - 1));
        self.note_untold_lag();
        Ok(1 + more)
    }

    pub(super) fn latest_until(&mut self, limit: Limit) -> Result<T, RecvTimeoutError> {
        self.may_wait(limit)?;
        let deadline = limit.deadline();
        // Each turn but the last one found that the newest value had been overwritten meanwhile.
        loop {
            match self.try_latest() {
                Ok(value) => return Ok(value),
                Err(TryRecvError::Empty | TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Closed) => return Err(RecvTimeoutError::Closed),
                Err(TryRecvError::Misuse(misuse)) => return Err(RecvTimeoutError::Misuse(misuse)),
            }
            let Some(consumer) = self.consumer.as_mut() else { return Err(RecvTimeoutError::Closed) };
            let _about = consumer.about_to_wait();
            match consumer.reader_mut().recv_blocking(deadline) {
                // More may have come with it; if not, or if it is gone again, it is the newest.
                Ok(value) => return Ok(self.try_latest().unwrap_or(value)),
                Err(RecvTimeoutError::Lagged(_)) if is_over(deadline) => return Err(RecvTimeoutError::Timeout),
                Err(RecvTimeoutError::Lagged(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Refuses where the call must not be made, also when it would not wait: a mistake shows in the first test.
    fn may_wait(&self, limit: Limit) -> Result<(), RecvTimeoutError> {
        self.process.check().map_err(RecvTimeoutError::Misuse)?;
        if !may_block() && !limit.is_one_try() {
            return Err(RecvTimeoutError::Misuse(Misuse::RuntimeThread));
        }
        Ok(())
    }
}
