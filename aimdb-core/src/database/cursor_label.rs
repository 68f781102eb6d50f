//! Names for cursors, so that the one that holds a record up can be named.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::panic::Location;

use super::record::{Common, Shared};
use crate::buffer::Buffer;
use crate::waiting::{HeapLock, Late, Lock, boxed};

/// Whose a cursor is.
#[derive(Debug, Clone)]
pub(super) enum CursorLabel {
    /// A service's.
    Service(Arc<ServiceOrigin>),
    /// A consumer's, by where it was made.
    Consumer(&'static Location<'static>),
}

/// A service, by its name and where it was configured.
#[derive(Debug)]
pub(super) struct ServiceOrigin {
    name: Box<str>,
    origin: &'static Location<'static>,
}

impl CursorLabel {
    /// The label of the cursors of a service.
    pub(super) fn service(name: &str, origin: &'static Location<'static>) -> Self {
        Self::Service(Arc::new(ServiceOrigin { name: name.into(), origin }))
    }
}

impl fmt::Display for CursorLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => write!(f, "{} ({})", service.name, service.origin),
            Self::Consumer(origin) => write!(f, "consumer ({origin})"),
        }
    }
}

/// Who is at work on one record: the labels of its cursors, one for each reader, so a cursor that several
/// share has several; and whether a service writes it. A record with which nothing works, as with most
/// in a large database, has the room for it only; but one with a buffer of the user's own has that here.
pub(super) struct AtWork<T: Send + 'static>(Late<Beside<T>>);

/// What lies beside a record, once it has come.
struct Beside<T> {
    labels: HeapLock<Labels>,
    own: Option<Arc<dyn Buffer<T>>>,
}

/// In two lists, because there may be many consumers, and the place where one was made is one word.
#[derive(Default)]
struct Labels {
    written: bool,
    services: List<Arc<ServiceOrigin>>,
    consumers: List<&'static Location<'static>>,
    /// What its database has in common, for those who know the record without its type.
    common: Option<Arc<Common>>,
}

/// Cursors with a label for each of their readers. One that has gone leaves its place to another.
struct List<L> {
    places: Vec<Option<(u64, L)>>,
    free: u32,
}

impl<L> Default for List<L> {
    fn default() -> Self {
        Self { places: Vec::new(), free: 0 }
    }
}

impl<L> List<L> {
    /// Adds a label and says where it is. The list grows by an eighth, since most records have few readers, each of
    /// which would otherwise pay for two. `None` without memory.
    fn add(&mut self, cursor: u64, label: L) -> Option<u32> {
        if self.free > 0
            && let Some(at) = self.places.iter().position(Option::is_none)
        {
            self.free -= 1;
            self.places[at] = Some((cursor, label));
            return Some(at as u32);
        }
        let len = self.places.len();
        if len == self.places.capacity() {
            self.places.try_reserve_exact(1 + len / 8).ok()?;
        }
        self.places.push(Some((cursor, label)));
        Some(len as u32)
    }

    fn get(&self, at: u32) -> Option<&(u64, L)> {
        self.places.get(at as usize)?.as_ref()
    }

    fn remove(&mut self, at: u32) -> Option<(u64, L)> {
        let removed = self.places.get_mut(at as usize)?.take()?;
        self.free += 1;
        if self.free as usize == self.places.len() {
            (self.places, self.free) = (Vec::new(), 0);
        }
        Some(removed)
    }

    fn find(&self, cursor: u64) -> Option<&L> {
        self.places.iter().flatten().find(|(id, _)| *id == cursor).map(|(_, label)| label)
    }
}

/// Where a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At(u32);

impl At {
    /// Nowhere: without memory the cursor has no name.
    const NOWHERE: Self = Self(u32::MAX);
    /// Added to a place among the services.
    const SERVICE: u32 = 1 << 31;

    fn service(at: Option<u32>) -> Self {
        at.filter(|&at| at < Self::SERVICE - 1).map_or(Self::NOWHERE, |at| Self(at | Self::SERVICE))
    }

    fn consumer(at: Option<u32>) -> Self {
        at.filter(|&at| at < Self::SERVICE).map_or(Self::NOWHERE, Self)
    }
}

impl<T: Send + 'static> AtWork<T> {
    /// Of a new record; with its buffer, if that is the user's own and there is memory for it.
    pub(super) fn new(own: Option<Arc<dyn Buffer<T>>>) -> Option<Self> {
        // Each use of what comes later is under the lock in it, so a model need not look at its coming.
        let beside = Late::new(true);
        if own.is_some() {
            beside.bring(boxed(Beside { labels: HeapLock::new(Labels::default()), own })?);
        }
        Some(Self(beside))
    }

    /// The buffer of a record that has one of the user's own.
    pub(super) fn own_buffer(&self) -> &Arc<dyn Buffer<T>> {
        self.0.get().and_then(|beside| beside.own.as_ref()).expect("it came with the record")
    }

    /// The lists, made by whoever comes first, if there is memory for them.
    fn labels(&self) -> Option<&HeapLock<Labels>> {
        if self.0.get().is_none() {
            self.0.bring(boxed(Beside { labels: HeapLock::new(Labels::default()), own: None })?);
        }
        self.labels_if_any()
    }

    fn labels_if_any(&self) -> Option<&HeapLock<Labels>> {
        self.0.get().map(|beside| &beside.labels)
    }

    /// Notes what the record's database has in common, unless that is known, or there is no memory for it.
    pub(super) fn set_common(&self, common: &Arc<Common>) {
        if let Some(labels) = self.labels() {
            labels.with(|labels| _ = labels.common.get_or_insert_with(|| Arc::clone(common)));
        }
    }

    /// What was noted.
    pub(super) fn common(&self) -> Option<Arc<Common>> {
        self.labels_if_any()?.with(|labels| labels.common.clone())
    }

    /// Notes whether a service writes the record that will close it. Allocates for the first of them, as the service
    /// itself does.
    pub(super) fn set_written(&self, written: bool) {
        if written && self.0.get().is_none() {
            self.0.bring(Box::new([Beside { labels: HeapLock::new(Labels::default()), own: None }]));
        }
        if let Some(labels) = self.labels_if_any() {
            labels.with(|labels| labels.written = written);
        }
    }

    /// Whether there is such a service.
    pub(super) fn is_written(&self) -> bool {
        self.labels_if_any().is_some_and(|labels| labels.with(|labels| labels.written))
    }

    /// Names the cursor with this id.
    fn add(&self, cursor: u64, label: CursorLabel) -> At {
        // No code of a user's runs here: labels are plain data.
        self.labels().map_or(At::NOWHERE, |labels| {
            labels.with(|labels| match label {
                CursorLabel::Service(service) => At::service(labels.services.add(cursor, service)),
                CursorLabel::Consumer(origin) => At::consumer(labels.consumers.add(cursor, origin)),
            })
        })
    }

    /// Names another reader as the one whose label is here.
    fn add_as(&self, at: At) -> At {
        let Some(labels) = self.labels_if_any() else { return At::NOWHERE };
        labels.with(|labels| match at.0.checked_sub(At::SERVICE) {
            Some(at) => {
                let named = labels.services.get(at).cloned();
                At::service(named.and_then(|(cursor, service)| labels.services.add(cursor, service)))
            }
            None => {
                let named = labels.consumers.get(at.0).copied();
                At::consumer(named.and_then(|(cursor, origin)| labels.consumers.add(cursor, origin)))
            }
        })
    }

    /// Forgets a label.
    fn remove(&self, at: At) {
        let Some(labels) = self.labels_if_any() else { return };
        let removed = labels.with(|labels| match at.0.checked_sub(At::SERVICE) {
            Some(at) => labels.services.remove(at).map(|(_, service)| service),
            None => {
                labels.consumers.remove(at.0);
                None
            }
        });
        drop(removed);
    }

    /// The label here.
    fn get(&self, at: At) -> Option<CursorLabel> {
        self.labels_if_any()?.with(|labels| match at.0.checked_sub(At::SERVICE) {
            Some(at) => labels.services.get(at).map(|(_, service)| CursorLabel::Service(Arc::clone(service))),
            None => labels.consumers.get(at.0).map(|(_, origin)| CursorLabel::Consumer(origin)),
        })
    }

    /// A label of the cursor with this id, if a reader of it still lives.
    pub(super) fn find(&self, cursor: u64) -> Option<CursorLabel> {
        self.labels_if_any()?.with(|labels| {
            let service = labels.services.find(cursor);
            let consumer = || labels.consumers.find(cursor);
            service
                .map(|service| CursorLabel::Service(Arc::clone(service)))
                .or_else(|| consumer().map(|origin| CursorLabel::Consumer(origin)))
        })
    }
}

/// A reader's hold on its record, under its name: dropping it forgets the name.
pub(super) struct Named<T: Send + 'static> {
    pub(super) record: Shared<T>,
    at: At,
}

impl<T: Send + 'static> Named<T> {
    /// Names the cursor with this id.
    pub(super) fn new(record: Shared<T>, cursor: u64, label: CursorLabel) -> Self {
        let at = record.at_work.add(cursor, label);
        Self { record, at }
    }

    /// The name.
    pub(super) fn label(&self) -> Option<CursorLabel> {
        self.record.at_work.get(self.at)
    }
}

impl<T: Send + 'static> Clone for Named<T> {
    fn clone(&self) -> Self {
        Self { record: self.record.clone(), at: self.record.at_work.add_as(self.at) }
    }
}

impl<T: Send + 'static> Drop for Named<T> {
    fn drop(&mut self) {
        self.record.at_work.remove(self.at);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn m3_a_cursor_is_named_while_it_lives_and_forgotten_after() {
        let labels = AtWork::<u8>::new(None).expect("it needs no memory");
        let (tap, consumer) = (CursorLabel::service("a/tap#1", Location::caller()), {
            let here = Location::caller();
            CursorLabel::Consumer(here)
        });
        let [first, second] = [labels.add(1, tap), labels.add(2, consumer)];
        let third = labels.add_as(second);
        let name = |at| labels.get(at).map(|label| label.to_string());
        assert_eq!((name(first), name(third)), (Some(labels.find(1).expect("alive").to_string()), name(second)));
        assert!(labels.find(1).expect("alive").to_string().starts_with("a/tap#1 ("));
        labels.remove(first);
        assert!(labels.find(1).is_none());
        labels.remove(second);
        assert!(labels.find(2).expect("one reader of it lives").to_string().starts_with("consumer ("));
        let fourth = labels.add(3, CursorLabel::Consumer(Location::caller()));
        assert_eq!(fourth, second, "a place is used again");
        labels.remove(third);
        assert!(labels.find(2).is_none() && labels.find(3).is_some());
        labels.remove(fourth);
        labels.remove(At::NOWHERE);
        labels.labels().expect("they are there").with(|labels| {
            assert_eq!((labels.services.places.capacity(), labels.consumers.places.capacity()), (0, 0));
        });
    }
}
