//! Records by their keys.

use core::any::{Any, type_name};

use aimdb_core::buffer::BufferMetrics;
use aimdb_core::pure::Start;

mod consumer;
mod erased;
mod error;
mod producer;

pub use consumer::AnyConsumer;
use erased::Erased;
pub use erased::Registered;
pub use error::RegistryError;
pub use producer::AnyProducer;

/// The records of a program, each with its key. A service that opens its ends by key and type knows nothing of
/// kinds, capacities and mutexes, so it can be written once for this and for an attached database of aimdb-sync.
///
/// A table in read-only memory. No place for another record is ever made, and to find one is to compare keys, one after
/// the other: services do it once, when they begin. A call on an end looks nothing up. It goes through one pointer
/// to the record's calls, so all of them are linked, needed or not; where that counts, use the record's own ends.
///
/// ```
/// use aimdb_sync_embassy::{
///     CriticalSectionRawMutex, Registry, RegistryError, SingleLatest, StaticQueue, StaticRecord, Threads as Kernel,
/// };
///
/// static TEMP: StaticRecord<SingleLatest, i16, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// static LOG: StaticQueue<u32, CriticalSectionRawMutex, 4> = StaticQueue::new();
/// static RECORDS: Registry = Registry::new(&[("sensor.temp", &TEMP), ("log", &LOG)]);
///
/// let log = RECORDS.producer::<u32>("log")?.on::<Kernel>();
/// let mut lines = RECORDS.consumer::<u32>("log")?.on::<Kernel>();
/// log.send(7).expect("it is open");
/// assert_eq!(lines.recv(), Ok(7));
///
/// let error = RECORDS.producer::<u8>("sensor.temp").unwrap_err();
/// assert_eq!(error.to_string(), "record `sensor.temp` holds `i16`, and was asked for as `u8`");
/// # Ok::<(), RegistryError<'static>>(())
/// ```
///
/// ```compile_fail,E0080
/// // One key is one record.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, Mailbox, Registry, StaticRecord};
/// static LEFT: StaticRecord<Mailbox, u32, CriticalSectionRawMutex, 3> = StaticRecord::new();
/// static RIGHT: StaticRecord<Mailbox, u32, CriticalSectionRawMutex, 3> = StaticRecord::new();
/// static RECORDS: Registry = Registry::new(&[("motor", &LEFT), ("pump", &RIGHT), ("motor", &RIGHT)]);
/// ```
#[derive(Clone, Copy)]
pub struct Registry {
    records: &'static [(&'static str, &'static dyn Registered)],
}

impl Registry {
    /// Lists records with their keys.
    ///
    /// # Panics
    ///
    /// When two have the same key: in a `static` or `const`, that does not compile.
    #[must_use]
    pub const fn new(records: &'static [(&'static str, &'static dyn Registered)]) -> Self {
        // Loops by index, because a `const fn` has no others. Bounded by the table.
        let mut at = 1;
        while at < records.len() {
            let mut before = 0;
            while before < at {
                assert!(!same(records[before].0, records[at].0), "two records of a registry have the same key");
                before += 1;
            }
            at += 1;
        }
        Self { records }
    }

    /// The writing end of a record; any number of them. May be called from an interrupt.
    ///
    /// # Errors
    ///
    /// [`RegistryError::RecordNotFound`], [`RegistryError::TypeMismatch`].
    pub fn producer<'k, T: 'static>(&self, key: &'k str) -> Result<AnyProducer<T>, RegistryError<'k>> {
        self.record(key).map(AnyProducer::new)
    }

    /// A reading end of a record, with a cursor of its own that starts as the record's kind says. On a mailbox, and on
    /// a [`StaticQueue`](crate::StaticQueue), all share one cursor.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::producer`], and [`RegistryError::Subscribe`] as
    /// [`StaticRecord::consumer`](crate::StaticRecord::consumer).
    pub fn consumer<'k, T: 'static>(&self, key: &'k str) -> Result<AnyConsumer<T>, RegistryError<'k>> {
        self.consumer_from(key, Start::Live)
    }

    /// As [`Registry::consumer`], and with [`Start::Oldest`] it begins with what a ring retains.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::consumer`].
    pub fn consumer_from<'k, T: 'static>(
        &self,
        key: &'k str,
        start: Start,
    ) -> Result<AnyConsumer<T>, RegistryError<'k>> {
        Ok(AnyConsumer::subscribe_to(self.record(key)?, start)?)
    }

    /// Every record's key, state and counts, in the order of the table; each is one consistent snapshot. For
    /// supervision and not for an interrupt, as [`StaticRecord::stats`](crate::StaticRecord::stats).
    pub fn stats(&self) -> impl Iterator<Item = (&'static str, BufferMetrics)> + use<> {
        self.records.iter().map(|(key, record)| (*key, record.metrics()))
    }

    fn record<'k, T: 'static>(&self, key: &'k str) -> Result<&'static dyn Erased<T>, RegistryError<'k>> {
        let (_, record) =
            self.records.iter().find(|(known, _)| *known == key).ok_or(RegistryError::RecordNotFound { key })?;
        // The record fills a place of its own type, which is there if that is the type that was asked for.
        let mut typed = None::<&'static dyn Erased<T>>;
        record.give(&mut typed as &mut dyn Any);
        typed.ok_or_else(|| RegistryError::TypeMismatch { key, expected: record.value_type(), found: type_name::<T>() })
    }
}

impl core::fmt::Debug for Registry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_map().entries(self.records.iter().map(|(key, record)| (key, record.value_type()))).finish()
    }
}

/// `==`, which cannot be called in a `const fn`.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
