//! Names for cursors, so that the one that holds a record up can be named.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::panic::Location;

use super::record::Record;
use crate::waiting::{HeapLock, Lock};

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
/// in a large database, has the empty box only.
pub(super) struct AtWork(HeapLock<Option<Box<Labels>>>);

/// In two lists, because there may be many consumers, and the place where one was made is one word.
#[derive(Default)]
struct Labels {
    written: bool,
    services: Vec<(u64, Arc<ServiceOrigin>)>,
    consumers: Vec<(u64, &'static Location<'static>)>,
}

/// Adds to a list that grows by an eighth, since most records have few readers, each of which would
/// otherwise pay for two. Without memory the cursor has no name.
fn add<E>(list: &mut Vec<E>, element: E) {
    if list.len() < list.capacity() || list.try_reserve_exact(1 + list.len() / 8).is_ok() {
        list.push(element);
    }
}

/// Removes an element; which of several equal ones does not matter.
fn remove<E>(list: &mut Vec<E>, is_it: impl FnMut(&E) -> bool) -> Option<E> {
    list.iter().position(is_it).map(|at| list.remove(at))
}

impl AtWork {
    pub(super) fn new() -> Self {
        Self(HeapLock::new(None))
    }

    /// Notes whether a service writes the record that will close it.
    pub(super) fn set_written(&self, written: bool) {
        self.0.with(|labels| labels.get_or_insert_default().written = written);
    }

    /// Whether there is such a service.
    pub(super) fn is_written(&self) -> bool {
        self.0.with(|labels| labels.as_ref().is_some_and(|labels| labels.written))
    }

    /// Names the cursor with this id.
    fn add(&self, cursor: u64, label: CursorLabel) {
        // No code of a user's runs here: labels are plain data.
        self.0.with(|labels| {
            let labels = labels.get_or_insert_default();
            match label {
                CursorLabel::Service(service) => add(&mut labels.services, (cursor, service)),
                CursorLabel::Consumer(origin) => add(&mut labels.consumers, (cursor, origin)),
            }
        });
    }

    /// Forgets one such label.
    fn remove(&self, cursor: u64, label: &CursorLabel) {
        let removed = self.0.with(|labels| {
            let labels = labels.as_mut()?;
            match label {
                CursorLabel::Service(service) => {
                    remove(&mut labels.services, |(id, other)| *id == cursor && Arc::ptr_eq(other, service))
                }
                CursorLabel::Consumer(origin) => {
                    remove(&mut labels.consumers, |other| *other == (cursor, *origin));
                    None
                }
            }
        });
        drop(removed);
    }

    /// A label of the cursor with this id, if a reader of it still lives.
    pub(super) fn find(&self, cursor: u64) -> Option<CursorLabel> {
        self.0.with(|labels| {
            let labels = labels.as_ref()?;
            let service = labels.services.iter().find(|(id, _)| *id == cursor);
            let consumer = || labels.consumers.iter().find(|(id, _)| *id == cursor);
            service
                .map(|(_, service)| CursorLabel::Service(Arc::clone(service)))
                .or_else(|| consumer().map(|(_, origin)| CursorLabel::Consumer(origin)))
        })
    }
}

/// A reader's hold on its record, under its name: dropping it forgets the name.
pub(super) struct Named<T: Send + 'static> {
    pub(super) record: Arc<Record<T>>,
    cursor: u64,
    pub(super) label: CursorLabel,
}

impl<T: Send + 'static> Named<T> {
    /// Names the cursor with this id.
    pub(super) fn new(record: Arc<Record<T>>, cursor: u64, label: CursorLabel) -> Self {
        record.at_work.add(cursor, label.clone());
        Self { record, cursor, label }
    }
}

impl<T: Send + 'static> Clone for Named<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.record), self.cursor, self.label.clone())
    }
}

impl<T: Send + 'static> Drop for Named<T> {
    fn drop(&mut self) {
        self.record.at_work.remove(self.cursor, &self.label);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn m3_a_cursor_is_named_while_it_lives_and_forgotten_after() {
        let labels = AtWork::new();
        let (tap, consumer) = (CursorLabel::service("a/tap#1", Location::caller()), {
            let here = Location::caller();
            CursorLabel::Consumer(here)
        });
        labels.add(1, tap.clone());
        labels.add(2, consumer.clone());
        labels.add(2, consumer.clone());
        assert!(labels.find(1).expect("alive").to_string().starts_with("a/tap#1 ("));
        labels.remove(1, &tap);
        assert!(labels.find(1).is_none());
        labels.remove(2, &consumer);
        assert!(labels.find(2).expect("one reader of it lives").to_string().starts_with("consumer ("));
        labels.remove(2, &consumer);
        assert!(labels.find(2).is_none());
        labels.0.with(|labels| {
            let labels = labels.as_ref().expect("it was used");
            assert_eq!((labels.services.len(), labels.consumers.len()), (0, 0));
        });
    }
}
