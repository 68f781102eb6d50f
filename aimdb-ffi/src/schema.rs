//! Which structure the bytes of a plain value are.

use core::ffi::{CStr, c_char};
use core::fmt;

/// `aimdb_schema_t`: 16 bytes that say which structure a plain value is, the same on every side. All zero where none
/// was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Schema {
    /// The bytes.
    pub bytes: [u8; 16],
}

impl Schema {
    /// A schema made from a text: its 128-bit FNV-1a hash, which needs no table and is the same everywhere.
    #[must_use]
    pub const fn of(text: &[u8]) -> Self {
        let mut hash = Hash::new();
        let mut at = 0;
        while at < text.len() {
            hash = hash.add(text[at]);
            at += 1;
        }
        hash.schema()
    }
}

/// The schema of a text that is not yet at its end.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u128);

impl Hash {
    pub(crate) const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    pub(crate) const fn add(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u128).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b))
    }

    pub(crate) const fn schema(self) -> Schema {
        Schema { bytes: self.0.to_be_bytes() }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// `aimdb_schema_of`. Null is no text, and gives the schema of none.
///
/// # Safety
///
/// `text` is null or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_schema_of(text: *const c_char) -> Schema {
    if text.is_null() {
        return Schema::default();
    }
    // SAFETY: the caller says so.
    Schema::of(unsafe { CStr::from_ptr(text) }.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_the_hash_that_the_definition_of_fnv_gives() {
        // From the test vectors of the hash's authors.
        assert_eq!(Schema::of(b"").to_string(), "6c62272e07bb014262b821756295c58d");
        assert_eq!(Schema::of(b"a").to_string(), "d228cb696f1a8caf78912b704e4a8964");
    }
}
