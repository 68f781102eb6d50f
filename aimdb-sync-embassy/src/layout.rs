//! What the shell of a static record is made of. The one file with `unsafe` in it: a word that the
//! parts are what the shell takes them for.
#![allow(unsafe_code)]

use core::marker::PhantomData;

use aimdb_core::buffer::{Cloning, Layout, State, UserCode};
use aimdb_core::pure::DropCause;
use aimdb_core::waiting::Clock;

use crate::lock::{PreemptionSafe, StaticLock};
use crate::storage::{FixedSlots, FixedStorage};

/// Fixed storage behind an embassy-sync blocking mutex.
pub struct StaticLayout<M, const SLOTS: usize, const CURSORS: usize>(PhantomData<M>);

// SAFETY: the lock lets one caller in at a time: the blocking mutex keeps other threads out by the
// contract of `RawMutex`, and the `RefCell` in it whoever came by re-entry. Slots are an array inside
// the shell, so each number names its own and none moves while the shell is borrowed; the shell is
// told that there are `SLOTS` of them (`StaticRecord::from_code`). The tables are vectors of fixed
// capacity. Values are `Send`.
unsafe impl<T, M, const SLOTS: usize, const CURSORS: usize> Layout<T> for StaticLayout<M, SLOTS, CURSORS>
where
    T: Send,
    M: PreemptionSafe,
{
    type Storage = FixedStorage<SLOTS, CURSORS>;
    type Lock = StaticLock<M, State<Self::Storage>>;
    type Slots = FixedSlots<T, SLOTS>;
    type Code = StaticCode<T>;
    type Clock = StaticClock;
}

/// The user's code of a static record: plain functions, which need no memory.
pub struct StaticCode<T> {
    pub(crate) cloning: Cloning<T>,
    pub(crate) degrade: Option<fn(T) -> T>,
    pub(crate) on_drop: Option<fn(T, DropCause)>,
}

impl<T: Send> UserCode<T> for StaticCode<T> {
    fn cloning(&self) -> &Cloning<T> {
        &self.cloning
    }

    fn degrade(&self, value: T) -> T {
        match self.degrade {
            Some(degrade) => degrade(value),
            None => value,
        }
    }

    fn dropped(&self, value: T, cause: DropCause) {
        match self.on_drop {
            Some(hook) => hook(value, cause),
            None => drop(value),
        }
    }
}

/// Where a record takes the time from; without a function it stands still.
pub struct StaticClock(pub(crate) Option<fn() -> u64>);

impl Clock for StaticClock {
    fn now(&self) -> u64 {
        self.0.map_or(0, |now| now())
    }
}
