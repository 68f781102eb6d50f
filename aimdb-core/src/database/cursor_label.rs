//! Names for cursors, so that the one that holds a record up can be named.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::fmt;
use core::panic::Location;

use crate::waiting::{HeapLock, Lock};

/// Whose a cursor is.
#[derive(Debug, Clone)]
pub(super) enum CursorLabel {
    /// A service's, by its name and where it was configured.
    Service(Arc<str>, &'static Location<'static>),
    /// A consumer's, by where it was made.
    Consumer(&'static Location<'static>),
}

impl fmt::Display for CursorLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name, origin) => write!(f, "{name} ({origin})"),
            Self::Consumer(origin) => write!(f, "consumer ({origin})"),
        }
    }
}

/// The labels of one record's cursors. A label lives in the consumers that share the cursor, and
/// is forgotten here some time after the last of them is gone.
pub(super) struct CursorLabels(HeapLock<Labels>);

#[derive(Default)]
struct Labels {
    all: Vec<(u64, Weak<CursorLabel>)>,
    /// How many there were when the forgotten ones were last cleared away.
    cleared: usize,
}

impl CursorLabels {
    pub(super) fn new() -> Self {
        Self(HeapLock::new(Labels::default()))
    }

    /// Names the cursor with this id.
    pub(super) fn add(&self, cursor: u64, label: CursorLabel) -> Arc<CursorLabel> {
        let label = Arc::new(label);
        let entry = (cursor, Arc::downgrade(&label));
        // No code of a user's runs here: labels are plain data.
        self.0.with(|labels| {
            if labels.all.len() >= 2 * labels.cleared {
                labels.all.retain(|(_, label)| label.strong_count() > 0);
                labels.cleared = labels.all.len();
            }
            labels.all.push(entry);
        });
        label
    }

    /// The label of the cursor with this id, if a consumer of it still lives.
    pub(super) fn find(&self, cursor: u64) -> Option<Arc<CursorLabel>> {
        self.0.with(|labels| labels.all.iter().filter(|(id, _)| *id == cursor).find_map(|(_, label)| label.upgrade()))
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn m3_a_cursor_is_named_while_it_lives_and_forgotten_after() {
        let labels = CursorLabels::new();
        let here = Location::caller();
        let tap = labels.add(1, CursorLabel::Service("a/tap#1".into(), here));
        let consumer = labels.add(2, CursorLabel::Consumer(here));
        assert!(labels.find(1).expect("alive").to_string().starts_with("a/tap#1 ("));
        assert!(labels.find(2).expect("alive").to_string().starts_with("consumer ("));
        drop(tap);
        assert!(labels.find(1).is_none());
        let _third = labels.add(3, CursorLabel::Consumer(here));
        assert_eq!(labels.0.with(|labels| labels.all.len()), 2);
        drop(consumer);
    }
}
