//! How many places a queue has, and on which side of its sections values are moved.

use core::marker::PhantomData;

use crate::lean::{Form, MOVED_INSIDE};

/// As many as can be counted while they fill or empty a place. In a queue with more places than that, more may come.
#[cfg(not(loom))]
pub(super) const MOST_INSIDE: u8 = u8::MAX;
/// As many as a model has threads, but for one.
#[cfg(loom)]
pub(super) const MOST_INSIDE: u8 = 3;

/// What a queue's sections have to know of it: how many places it has, and on which side of them values are moved. In Rust both are
/// in its type and cost nothing; of a queue of C they are known when it runs.
pub(crate) trait Shape: Copy {
    /// Values are moved inside the section: they are no more than two words.
    const INSIDE: bool;

    /// Whether the place of a value follows from how many came before it: the places are a power of two, and a value is counted in the
    /// section that moves it. Nothing else has to be kept up to date then.
    const BY_COUNT: bool = false;

    fn places(self) -> usize;

    /// The place of a value before which so many came, if that is how places are found.
    #[inline(always)]
    fn at(self, count: u32) -> u16 {
        debug_assert!(Self::BY_COUNT && self.places().is_power_of_two(), "others are found one after another");
        count as u16 & (self.places() - 1) as u16
    }

    /// Whether so many are used, and one is left. Of a closed queue more are used than it has.
    #[inline(always)]
    fn has_more_than(self, used: u16) -> bool {
        usize::from(used) < self.places()
    }

    /// The place that comes after another, if they are found so: the ring runs downwards, because to find the end of it costs an
    /// instruction less there.
    fn after(self, at: u16) -> u16;

    /// Whether more may come than can be counted while they fill or empty a place.
    #[inline(always)]
    fn is_wide(self) -> bool {
        !Self::INSIDE && self.places() > usize::from(MOST_INSIDE)
    }
}

/// The shape of a queue of so many `T`.
pub(crate) struct Fixed<T, const N: usize>(PhantomData<fn() -> T>);

impl<T, const N: usize> Fixed<T, N> {
    pub(super) const SHAPE: Self = Self(PhantomData);
}

impl<T, const N: usize> Clone for Fixed<T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const N: usize> Copy for Fixed<T, N> {}

impl<T, const N: usize> Shape for Fixed<T, N> {
    const INSIDE: bool = size_of::<T>() <= MOVED_INSIDE;

    const BY_COUNT: bool = Self::INSIDE && N.is_power_of_two();

    #[inline(always)]
    fn places(self) -> usize {
        N
    }

    #[inline(always)]
    fn after(self, at: u16) -> u16 {
        let next = i32::from(at) - 1;
        if N.is_power_of_two() {
            return next as u16 & (N - 1) as u16;
        }
        if next < 0 { (N - 1) as u16 } else { next as u16 }
    }
}

/// The shape of a queue of so many values that have this form; no more than can be counted while they are moved.
pub(crate) struct Given<F> {
    /// The place that comes after the first. That one, and not how many there are, is in the description: a compiler that knows how one follows
    /// from the other would count a place more first, and then one down, inside the section.
    last: u32,
    form: PhantomData<fn() -> F>,
}

impl<F> Given<F> {
    #[inline(always)]
    pub(super) const fn new(last: u8) -> Self {
        Self { last: last as u32, form: PhantomData }
    }
}

impl<F> Clone for Given<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Given<F> {}

impl<F: Form> Shape for Given<F> {
    const INSIDE: bool = F::IS_WORD;

    #[inline(always)]
    fn places(self) -> usize {
        self.last as usize + 1
    }

    #[inline(always)]
    fn has_more_than(self, used: u16) -> bool {
        u32::from(used) <= self.last
    }

    #[inline(always)]
    fn after(self, at: u16) -> u16 {
        let (next, is_past) = u32::from(at).overflowing_sub(1);
        (if is_past { self.last } else { next }) as u16
    }

    #[inline(always)]
    fn is_wide(self) -> bool {
        debug_assert!(self.places() <= usize::from(MOST_INSIDE), "a byte counts them");
        false
    }
}
