//! What travels: a machine word, and a cache line.

use std::fmt::Debug;

use bytemuck::NoUninit;

/// A value that carries a number, so that a reader can tell the right value from any other.
pub trait Payload: Clone + NoUninit + Debug + Send + Sync + 'static {
    /// How the tables call it.
    const NAME: &'static str;

    /// The value that carries `tag`.
    fn tagged(tag: u64) -> Self;

    /// The number it carries.
    fn tag(&self) -> u64;
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
#[derive(Debug, Clone, Copy, NoUninit)]
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
}

/// A number that the record does not know to be one: its clone may be any code.
#[derive(Debug, Clone, Copy, NoUninit)]
#[repr(transparent)]
pub struct Opaque(u64);

impl Payload for Opaque {
    const NAME: &'static str = "opaque";

    fn tagged(tag: u64) -> Self {
        Self(tag)
    }

    fn tag(&self) -> u64 {
        self.0
    }
}
