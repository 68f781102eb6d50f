//! What comes of an attempt to use a lane.

use core::mem::{ManuallyDrop, MaybeUninit};

use super::shared::Seen;

/// What became of a value that was offered to the lane by where it lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::buffer) enum Stored {
    /// It was stored, and is the caller's no more.
    Done,
    /// There is no room.
    Full,
    /// The lane is closed, or has no place for this holder: it is the shell's.
    NotHere,
}

/// What became of a value that was sent through the lane.
pub(in crate::buffer) enum InLane<T> {
    /// It was stored.
    Done,
    /// There is no room.
    Full(T),
    /// The lane is closed, or has no place for this holder: it is the shell's.
    NotHere(T),
}

/// What was found in the lane.
pub(in crate::buffer) enum Taken<T> {
    /// A value.
    Value(T),
    /// None.
    Empty,
    /// So many values were overwritten before they were read.
    Lagged(u64),
    /// The lane is closed, or has no place for this holder: ask the shell.
    NotHere,
}

impl<T> InLane<T> {
    /// Of a store that is told where the value lies.
    #[inline(always)]
    pub(in crate::buffer) fn of(value: T, store: impl FnOnce(&ManuallyDrop<T>) -> Stored) -> Self {
        let value = ManuallyDrop::new(value);
        match store(&value) {
            Stored::Done => Self::Done,
            Stored::Full => Self::Full(ManuallyDrop::into_inner(value)),
            Stored::NotHere => Self::NotHere(ManuallyDrop::into_inner(value)),
        }
    }

    /// Of a store whose end is out again: what is done with a value that was displaced may be any code.
    #[inline(always)]
    pub(super) fn outside(stored: Result<Option<T>, T>, dispose: impl FnOnce(T)) -> Self {
        match stored {
            Ok(None) => {}
            Ok(Some(displaced)) => dispose(displaced),
            Err(value) => return Self::NotHere(value),
        }
        Self::Done
    }
}

impl<T> Taken<T> {
    /// What was found, with the value put where there is room for it.
    #[inline(always)]
    pub(super) fn to(self, room: &mut MaybeUninit<T>) -> Taken<()> {
        match self {
            Self::Value(value) => {
                room.write(value);
                Taken::Value(())
            }
            Self::Empty => Taken::Empty,
            Self::Lagged(lag) => Taken::Lagged(lag),
            Self::NotHere => Taken::NotHere,
        }
    }
}

impl<'a> Taken<Seen<'a>> {
    /// The value itself, if one was pinned.
    pub(super) fn brought<T>(self, clone: impl FnOnce(Seen<'a>) -> Option<T>) -> Taken<T> {
        match self {
            Self::Value(seen) => clone(seen).map_or(Taken::NotHere, Taken::Value),
            Self::Empty => Taken::Empty,
            Self::Lagged(lag) => Taken::Lagged(lag),
            Self::NotHere => Taken::NotHere,
        }
    }
}
