//! The name of a record.
#![allow(unsafe_code)]

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use alloc::string::String;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ptr::{self, NonNull};
use core::slice;
use core::sync::atomic::{self, AtomicU16};

/// The name of a record, such as `motor.cmd`. Cloning it allocates nothing, while fewer than 65,535 clones
/// share a text that is not in the program.
///
/// It compares, orders and hashes as its text does, so maps can be searched with a `&str`.
pub struct RecordKey {
    /// Where the text is: in the program, or behind a count of the keys that share it.
    text: NonNull<u8>,
    /// Its length, and `SHARED`.
    len: usize,
}

/// Stands in the length of a text that keys share. No text is so long.
const SHARED: usize = 1 << (usize::BITS - 1);

/// What lies before a text that keys share: how many do. The next has a copy where that is as many as it counts.
type Count = AtomicU16;

// SAFETY: nobody changes the text, and the count is atomic.
unsafe impl Send for RecordKey {}
// SAFETY: as above.
unsafe impl Sync for RecordKey {}

impl RecordKey {
    /// The key with this text, in a constant.
    #[must_use]
    pub const fn from_static(key: &'static str) -> Self {
        Self { text: NonNull::from_ref(key).cast(), len: key.len() }
    }

    /// The text of the key.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        // SAFETY: it was a text, whose bytes stay while the program, or a key, is there.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(self.text.as_ptr(), self.len & !SHARED)) }
    }

    /// The key that a caller's text names, for an error about it; without memory for the text, one that says so.
    pub(crate) fn named(text: &str) -> Self {
        Self::try_of(text).unwrap_or(Self::from_static("one for whose name there is no memory"))
    }

    fn of(text: &str) -> Self {
        Self::try_of(text).unwrap_or_else(|| handle_alloc_error(Self::layout(text.len())))
    }

    /// The key with a copy of this text, if there is memory for it.
    #[doc(hidden)]
    #[must_use]
    pub fn try_of(text: &str) -> Option<Self> {
        // SAFETY: the layout has the size of a count at least.
        let block = NonNull::new(unsafe { alloc(Self::layout(text.len())) })?;
        // SAFETY: the block has room for a count and the text behind it, and is ours alone.
        let place = unsafe {
            block.cast::<Count>().write(Count::new(1));
            let place = block.add(size_of::<Count>());
            ptr::copy_nonoverlapping(text.as_ptr(), place.as_ptr(), text.len());
            place
        };
        Some(Self { text: place, len: text.len() | SHARED })
    }

    fn layout(len: usize) -> Layout {
        let size = size_of::<Count>().checked_add(len);
        size.and_then(|size| Layout::from_size_align(size, align_of::<Count>()).ok()).expect("a text is in memory")
    }

    /// Where the text's keys are counted, if several may share it.
    fn count(&self) -> Option<NonNull<Count>> {
        if self.len & SHARED == 0 {
            return None;
        }
        // SAFETY: a text that is shared lies behind its count, in one block.
        Some(unsafe { self.text.sub(size_of::<Count>()).cast() })
    }
}

impl Clone for RecordKey {
    fn clone(&self) -> Self {
        if let Some(count) = self.count() {
            // Relaxed: whoever has a key may make another. SAFETY: the block stays while there is a key.
            let count = unsafe { count.as_ref() };
            let one_more = |count: u16| count.checked_add(1);
            if count.fetch_update(atomic::Ordering::Relaxed, atomic::Ordering::Relaxed, one_more).is_err() {
                // No more can be counted.
                return Self::of(self.as_str());
            }
        }
        Self { text: self.text, len: self.len }
    }
}

impl Drop for RecordKey {
    fn drop(&mut self) {
        let Some(count) = self.count() else { return };
        // AcqRel: whoever frees the text comes after all who read it. SAFETY: this key is one of those counted.
        if unsafe { count.as_ref() }.fetch_sub(1, atomic::Ordering::AcqRel) == 1 {
            // SAFETY: it was allocated with this layout, and no key is left.
            unsafe { dealloc(count.cast().as_ptr(), Self::layout(self.len & !SHARED)) };
        }
    }
}

impl From<&'static str> for RecordKey {
    fn from(key: &'static str) -> Self {
        Self::from_static(key)
    }
}

impl From<String> for RecordKey {
    fn from(key: String) -> Self {
        Self::of(&key)
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

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    #[test]
    fn r2_a_key_is_found_by_its_text_however_it_was_made() {
        let mut map = BTreeMap::new();
        map.insert(RecordKey::from("motor.cmd"), 1);
        assert_eq!(map.get("motor.cmd"), Some(&1));
        assert_eq!(map.get(&RecordKey::from("motor.cmd".to_string())), Some(&1));
        assert_eq!(map.get("motor"), None);
    }

    #[test]
    fn r2_a_key_is_two_words_and_its_text_lives_as_long_as_one_of_its_clones() {
        assert_eq!(size_of::<Option<RecordKey>>(), 2 * size_of::<usize>());
        for text in ["", "a", "größer.als.ein.wort"] {
            let first = RecordKey::from(text.to_string());
            let [one, other] = [first.clone(), RecordKey::from(&first)];
            drop(first);
            assert_eq!((one.as_str(), &one), (text, &other));
            std::thread::spawn(move || drop(other)).join().expect("no panic");
            assert_eq!(one, RecordKey::from(text));
        }
    }

    #[test]
    fn r2_more_keys_than_can_be_counted_have_the_text_too() {
        let first = RecordKey::from("motor.cmd".to_string());
        let clones: Vec<_> = (0..1 << 16).map(|_| first.clone()).collect();
        assert!(clones.iter().all(|key| *key == first));
        let shared = clones.iter().filter(|key| key.text == first.text).count();
        assert_eq!(shared, usize::from(u16::MAX) - 1, "the others have copies");
        drop(clones);
        assert_eq!(first.clone().text, first.text, "there is room for another");
    }

    #[test]
    fn r2_a_key_shows_as_its_text() {
        const KEY: RecordKey = RecordKey::from_static("a.b");
        assert_eq!(format!("{KEY} {KEY:?} {KEY:>5}"), "a.b \"a.b\"   a.b");
    }
}
