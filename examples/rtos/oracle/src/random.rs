//! Numbers that look random and are the same in each run.

/// xorshift32, Marsaglia 2003.
#[derive(Debug, Clone, Copy)]
pub struct Random(u32);

impl Random {
    /// A sequence of its own for each seed, which is not 0.
    #[must_use]
    pub const fn from_seed(seed: u32) -> Self {
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % limit
    }
}
