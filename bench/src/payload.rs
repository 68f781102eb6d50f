//! What travels: a machine word, a cache line, and values that own something.

use std::fmt::Debug;

use aimdb_core::buffer::{BufferCfg, BufferCfgError, HeapBuffer};
use aimdb_core::database::Registrar;
use bytemuck::{Pod, Zeroable};

/// A value that carries a number, so that a reader can tell the right value from any other.
pub trait Payload: Clone + Debug + Send + Sync + Unpin + 'static {
    /// How the tables call it.
    const NAME: &'static str;

    /// The value that carries `tag`, of which the lower 56 bits count.
    fn tagged(tag: u64) -> Self;

    /// The number it carries.
    fn tag(&self) -> u64;

    /// Describes a record of ours for such values: whether they are plain data is known here.
    fn record(registrar: &mut Registrar<Self>, cfg: BufferCfg) {
        registrar.buffer(cfg);
    }

    /// A buffer of ours for such values.
    ///
    /// # Errors
    ///
    /// What is wrong with the description.
    fn buffer(cfg: &BufferCfg) -> Result<HeapBuffer<Self>, BufferCfgError> {
        HeapBuffer::builder(cfg).build()
    }
}

impl Payload for u64 {
    const NAME: &'static str = "u64";

    fn tagged(tag: u64) -> Self {
        tag
    }

    fn tag(&self) -> u64 {
        *self
    }
}

/// 64 bytes, every one of which is written and moved.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub struct Line([u64; 8]);

impl Payload for Line {
    const NAME: &'static str = "64 B";

    fn tagged(tag: u64) -> Self {
        Self([tag; 8])
    }

    fn tag(&self) -> u64 {
        self.0[7]
    }

    fn record(registrar: &mut Registrar<Self>, cfg: BufferCfg) {
        registrar.plain_buffer(cfg);
    }

    fn buffer(cfg: &BufferCfg) -> Result<HeapBuffer<Self>, BufferCfgError> {
        HeapBuffer::builder(cfg).build_plain()
    }
}

/// A number that the record does not know to be one: its clone may be any code.
#[derive(Debug, Clone)]
pub struct Opaque(u64);

impl Payload for Opaque {
    const NAME: &'static str = "any T";

    fn tagged(tag: u64) -> Self {
        Self(tag)
    }

    fn tag(&self) -> u64 {
        self.0
    }
}

/// A text on the heap: making one, and each clone, allocates.
#[derive(Debug, Clone)]
pub struct Text(String);

/// How many bits of the number a character of [`Text`] carries: all characters are ASCII.
const BITS: u32 = 7;

impl Payload for Text {
    const NAME: &'static str = "String";

    fn tagged(tag: u64) -> Self {
        let characters: [u8; 8] = std::array::from_fn(|place| (tag >> (BITS * place as u32)) as u8 & 0x7f);
        Self(String::from_utf8(characters.to_vec()).expect("ASCII"))
    }

    fn tag(&self) -> u64 {
        self.0.bytes().rev().fold(0, |tag, character| (tag << BITS) | u64::from(character))
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Opaque, Payload, Text};

    #[test]
    fn every_value_carries_its_number() {
        for tag in [0, 1, 127, 128, 1 << 40, (1 << 56) - 1] {
            assert_eq!(u64::tagged(tag).tag(), tag);
            assert_eq!(Line::tagged(tag).tag(), tag);
            assert_eq!(Opaque::tagged(tag).tag(), tag);
            assert_eq!(Text::tagged(tag).tag(), tag);
        }
    }
}
