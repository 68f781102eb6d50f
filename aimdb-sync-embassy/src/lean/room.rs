//! Where what a reader is told lies, and its value in that.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;

/// Whether values are so large that a copy less of one is worth a function that is given room, which is about a hundred bytes of flash.
pub(crate) const fn is_worth_room<T>() -> bool {
    size_of::<T>() > 64
}

/// Room for what a call gives back: a value, or why there is none. A value is taken to where it lies in that, and so it is copied
/// once, however many functions it comes through.
pub(crate) struct Room<'a, T, E>(&'a mut MaybeUninit<Result<T, E>>);

impl<'a, T, E: Copy> Room<'a, T, E> {
    /// Where a value lies in an `Ok`: where one does of which nothing is known. A compiler may lay a `T` elsewhere, and then
    /// [`Room::has`] moves it there.
    const AT: usize = {
        let told = Ok::<MaybeUninit<T>, E>(MaybeUninit::uninit());
        let at = match &told {
            // SAFETY: it lies in what was told.
            Ok(value) => unsafe { (&raw const *value).byte_offset_from(&raw const told) as usize },
            Err(_) => 0,
        };
        let is_room = at.is_multiple_of(align_of::<T>()) && at + size_of::<T>() <= size_of::<Result<T, E>>();
        if is_room { at } else { 0 }
    };

    #[inline(always)]
    pub(crate) const fn new(told: &'a mut MaybeUninit<Result<T, E>>) -> Self {
        Self(told)
    }

    /// Where a value is to be put.
    #[inline(always)]
    pub(crate) const fn value(&mut self) -> &mut MaybeUninit<T> {
        // SAFETY: what is told has room for one, and may begin wherever one may.
        unsafe { &mut *self.0.as_mut_ptr().byte_add(Self::AT).cast() }
    }

    /// The value is told.
    ///
    /// # Safety
    ///
    /// It was put there.
    #[inline(always)]
    pub(crate) const unsafe fn has(mut self) {
        // SAFETY: by this function's contract.
        let value = unsafe { self.value().assume_init_read() };
        // To where it is: compilers see that this is no copy.
        self.0.write(Ok(value));
    }

    /// There is none, and why is told.
    #[inline(always)]
    pub(crate) const fn fails(self, why: E) {
        self.0.write(Err(why));
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::num::NonZeroU8;
    use std::boxed::Box;
    use std::fmt::Debug;
    use std::rc::Rc;

    use super::*;
    use crate::{RecvError, TryRecvError};

    fn tells<T: Clone + PartialEq + Debug, E: Copy + PartialEq + Debug>(value: &T, why: E) {
        let mut told = MaybeUninit::uninit();
        let mut room = Room::new(&mut told);
        room.value().write(value.clone());
        // SAFETY: the value was put there.
        unsafe { room.has() };
        // SAFETY: it is told.
        assert_eq!(unsafe { told.assume_init() }, Ok::<T, E>(value.clone()));
        let mut told = MaybeUninit::uninit();
        Room::new(&mut told).fails(why);
        // SAFETY: as above.
        assert_eq!(unsafe { told.assume_init() }, Err::<T, E>(why));
    }

    #[test]
    fn what_is_told_is_the_value_wherever_it_lies_in_that() {
        tells(&[7_u32; 64], RecvError::Closed);
        tells(&[7_u8; 9], RecvError::Lagged(u64::MAX));
        // In some the error has a place beside the value, or is told by a value that there is not.
        tells(&(NonZeroU8::MAX, [7_u8; 12]), TryRecvError::Empty);
        tells(&[true, false, true], TryRecvError::Empty);
        tells(&(u128::MAX, false), TryRecvError::Lagged(1));
        tells(&Some(Box::new(7)), TryRecvError::Closed);
        tells(&[None, Some('x'), Some('y')], ());
        tells(&(), RecvError::Closed);
    }

    #[test]
    fn a_value_is_moved_and_not_copied() {
        let value = Rc::new(7);
        let mut told = MaybeUninit::<Result<_, RecvError>>::uninit();
        let mut room = Room::new(&mut told);
        room.value().write([Some(value.clone()), None, None]);
        // SAFETY: the value was put there.
        unsafe { room.has() };
        assert_eq!(Rc::strong_count(&value), 2);
        // SAFETY: it is told.
        drop(unsafe { told.assume_init() });
        assert_eq!(Rc::strong_count(&value), 1);
    }

    #[test]
    fn a_value_of_words_lies_where_it_is_told() {
        let mut told = MaybeUninit::<Result<[u32; 64], RecvError>>::uninit();
        let mut room = Room::new(&mut told);
        let there = core::ptr::from_mut(room.value()).addr();
        room.value().write([7; 64]);
        // SAFETY: the value was put there.
        unsafe { room.has() };
        // SAFETY: it is told.
        let told = unsafe { told.assume_init_ref() };
        assert_eq!(told.as_ref().map(|value| core::ptr::from_ref(value).addr()), Ok(there));
    }
}
