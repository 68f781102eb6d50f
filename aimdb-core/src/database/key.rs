//! The name of a record.

use alloc::string::String;
use alloc::sync::Arc;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

/// The name of a record, such as `motor.cmd`. Cloning it allocates nothing.
///
/// It compares, orders and hashes as its text does, so maps can be searched with a `&str`.
#[derive(Clone)]
pub struct RecordKey(Text);

#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl RecordKey {
    /// The key with this text, in a constant.
    #[must_use]
    pub const fn from_static(key: &'static str) -> Self {
        Self(Text::Static(key))
    }

    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }

    /// The key that a caller's text names, for an error about it.
    pub(crate) fn of(text: &str) -> Self {
        Self(Text::Shared(Arc::from(text)))
    }
}

impl From<&'static str> for RecordKey {
    fn from(key: &'static str) -> Self {
        Self::from_static(key)
    }
}

impl From<String> for RecordKey {
    fn from(key: String) -> Self {
        Self(Text::Shared(Arc::from(key)))
    }
}

impl From<&Self> for RecordKey {
    fn from(key: &Self) -> Self {
        key.clone()
    }
}

impl AsRef<str> for RecordKey {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for RecordKey {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for RecordKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RecordKey {}

impl PartialEq<str> for RecordKey {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for RecordKey {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for RecordKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RecordKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for RecordKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn r2_a_key_is_found_by_its_text_however_it_was_made() {
        let mut map = BTreeMap::new();
        map.insert(RecordKey::from("motor.cmd"), 1);
        assert_eq!(map.get("motor.cmd"), Some(&1));
        assert_eq!(map.get(&RecordKey::from("motor.cmd".to_string())), Some(&1));
        assert_eq!(map.get("motor"), None);
    }

    #[test]
    fn r2_a_key_shows_as_its_text() {
        const KEY: RecordKey = RecordKey::from_static("a.b");
        assert_eq!(format!("{KEY} {KEY:?} {KEY:>5}"), "a.b \"a.b\"   a.b");
    }
}
