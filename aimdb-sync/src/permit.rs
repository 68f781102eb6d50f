//! A place that is kept for a value to come.

use std::fmt;
use std::mem;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{Misuse, NotReserved, TrySendError, reserve_blocking};
use aimdb_core::waiting::{may_block, serves};

use crate::form::{Form, Local};
use crate::limit::Limit;
use crate::{ReserveError, SyncProducer};

/// A place in a record that is kept for one value: what is sent with it is not refused for want of room.
///
/// A place that is kept counts as one in use: with it and the values that are buffered, the record's capacity is
/// exact. On records that overwrite or drop when they are full nothing is kept, and nothing is refused either. Closing
/// the record does not wait for permits. Dropping one lets go of its place, for the next sender. The idea, and the
/// name, are those of the permits of Tokio's channels.
///
/// ```
/// # use aimdb_sync::{AimDbBuilder, Attach};
/// # let mut builder = AimDbBuilder::new();
/// # builder.configure::<String>("report", |record| { record.bounded(1); });
/// # let handle = builder.attach()?;
/// let report = handle.producer::<String>("report")?;
/// let permit = report.reserve()?;
/// let expensive = "only made where it can be sent".to_owned();
/// permit.send(expensive)?;
/// assert!(report.try_reserve().is_err(), "it is full");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a permit that is dropped lets go of its place"]
pub struct Permit<'a, T: Send + 'static, F: Form = Local> {
    producer: &'a SyncProducer<T, F>,
    /// Whether there is a place to let go of.
    place: bool,
}

impl<T: Send + 'static, F: Form> SyncProducer<T, F> {
    /// Keeps a place for a value, and waits for one while the record is full, if its policy is `PauseUpstream`, behind
    /// those who wait to send. Blocks; allocates where it waits.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Full`] under `Fail`, [`ReserveError::Closed`], [`ReserveError::Unsupported`] on a rendezvous or a buffer of the user's own,
    /// and [`ReserveError::Misuse`] as [`SyncProducer::send`].
    pub fn reserve(&self) -> Result<Permit<'_, T, F>, ReserveError> {
        self.reserve_until(Limit::Never)
    }

    /// Keeps a place for a value if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Full`], and those of [`SyncProducer::reserve`].
    pub fn try_reserve(&self) -> Result<Permit<'_, T, F>, ReserveError> {
        self.check()?;
        self.permit(self.producer().buffer().reserve())
    }

    /// As [`SyncProducer::reserve`], and gives up when `timeout` has passed. Zero means one try.
    ///
    /// # Errors
    ///
    /// [`ReserveError::Timeout`], and those of [`SyncProducer::reserve`].
    pub fn reserve_timeout(&self, timeout: Duration) -> Result<Permit<'_, T, F>, ReserveError> {
        self.reserve_until(Limit::In(timeout))
    }

    /// As [`SyncProducer::reserve_timeout`], with a point in time.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::reserve_timeout`].
    pub fn reserve_deadline(&self, deadline: Instant) -> Result<Permit<'_, T, F>, ReserveError> {
        self.reserve_until(Limit::At(deadline))
    }

    /// For a layer above that keeps a permit apart from its producer: the permit with such a place.
    #[doc(hidden)]
    pub const fn permit_of(&self, place: bool) -> Permit<'_, T, F> {
        Permit { producer: self, place }
    }

    fn reserve_until(&self, limit: Limit) -> Result<Permit<'_, T, F>, ReserveError> {
        self.check()?;
        let buffer = self.producer().buffer();
        if !self.waits() {
            return self.permit(buffer.reserve());
        }
        let tries_once = limit.is_one_try();
        if !may_block() && !tries_once {
            return Err(ReserveError::Misuse(Misuse::RuntimeThread));
        }
        if serves(buffer.identity()) && !tries_once {
            return Err(ReserveError::Misuse(Misuse::OwnRecord));
        }
        let kept = self.permit(reserve_blocking(buffer, limit.deadline()));
        kept.map_err(|error| if error == ReserveError::Full { ReserveError::Timeout } else { error })
    }

    fn permit(&self, kept: Result<bool, NotReserved>) -> Result<Permit<'_, T, F>, ReserveError> {
        match kept {
            Ok(place) => Ok(Permit { producer: self, place }),
            Err(NotReserved::Full) => Err(ReserveError::Full),
            Err(NotReserved::Closed) => Err(ReserveError::Closed),
            Err(NotReserved::Unsupported) => Err(ReserveError::Unsupported),
        }
    }

    fn check(&self) -> Result<(), ReserveError> {
        self.process().check().map_err(ReserveError::Misuse)
    }
}

impl<T: Send + 'static, F: Form> Permit<'_, T, F> {
    /// Sends a value in the place that was kept. Never waits.
    ///
    /// # Errors
    ///
    /// The value, when the record was closed meanwhile, or in a forked child; `Full` only where there is no memory for
    /// it. The place is let go of.
    pub fn send(mut self, value: T) -> Result<(), TrySendError<T>> {
        if let Err(misuse) = self.producer.process().check() {
            return Err(TrySendError::Misuse(value, misuse));
        }
        // With the value goes the place, also where somebody whom that wakes panics.
        if !mem::replace(&mut self.place, false) {
            return self.producer.try_send(value);
        }
        self.producer.producer().buffer().push_reserved(value).map_err(|refused| {
            self.place = true;
            refused.into()
        })
    }

    /// For a layer above, which comes back with [`SyncProducer::permit_of`]: whether there is a place.
    #[doc(hidden)]
    #[must_use]
    pub const fn into_place(self) -> bool {
        let place = self.place;
        mem::forget(self);
        place
    }
}

impl<T: Send + 'static, F: Form> Drop for Permit<'_, T, F> {
    fn drop(&mut self) {
        if self.place && !self.producer.process().is_parent() {
            self.producer.producer().buffer().unreserve();
        }
    }
}

impl<T: Send + 'static, F: Form> fmt::Debug for Permit<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("key", self.producer.key()).finish_non_exhaustive()
    }
}
