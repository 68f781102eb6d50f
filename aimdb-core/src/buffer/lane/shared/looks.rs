//! Who is looking at which slot without the lock: a word for each slot, apart from its value.
//!
//! A reader of the lane of shared values clones outside its door, for a clone is code of the user's and
//! may take its time. So it *pins* the value first, and the word of the slot says so to the writer, which
//! must not move the value away, and to the machine, when the lane has been closed meanwhile. Whoever
//! wants the slot while somebody looks *dooms* the value instead, and the last to look disposes of it.
//!
//! | the word says | means | changed by |
//! |---|---|---|
//! | the number, and how many look | the value with this number is there; any reader may pin it | `pin`, `unpin` |
//! | the same, doomed | nobody pins it any more | the writer (`displace`), the machine (`let_go`) |
//! | the same, left | doomed, and the slot goes back to the machine when the last look has ended | the lane when it closes (`leave`), the machine |
//! | vacant | no value; the lane's writer may fill it | the last look (`vacate`) |
//!
//! A number has 48 bits here: a reader that is stopped between looking at a word and pinning would
//! have to sleep through 2⁴⁸ values, and wake up right then, to take one for another.

#![allow(unreachable_pub, reason = "a model looks at the words alone")]

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::sync::OnceLock;

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering};

use crate::buffer::lane::stamp::Since;
use crate::pure::{DropCause, TableFull};

/// The words of the first slots, and then of those that were added.
#[derive(Debug)]
pub struct Looks {
    words: Box<[Look]>,
    more: OnceLock<Box<Looks>>,
}

/// The word of one slot. See the module's documentation.
#[derive(Debug)]
pub struct Look(AtomicU64);

const LOOKS: u64 = (1 << 12) - 1;
const DOOMED: u64 = 1 << 12;
const LEFT: u64 = 1 << 13;
const ABORTED: u64 = 1 << 14;
const VACANT: u64 = 1 << 15;
/// Any of these: nobody begins to look.
const GIVEN_UP: u64 = DOOMED | LEFT | ABORTED | VACANT;

const fn there(number: u64) -> u64 {
    number << 16
}

/// What became of an attempt to pin a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinning {
    /// It stays until `unpin`.
    Pinned,
    /// Another value, or none, is there.
    NotThere,
    /// Others were faster, or too many are looking.
    Busy,
}

/// What the last of those who looked at a doomed value has to do.
#[derive(Debug, Clone, Copy)]
pub struct LastLook {
    /// What the drop hook is told.
    pub cause: DropCause,
}

impl Looks {
    /// Words of as many slots, at none of which anybody looks.
    pub fn new(slots: usize) -> Result<Self, TableFull> {
        let mut words = Vec::new();
        words.try_reserve_exact(slots).map_err(|_| TableFull)?;
        words.resize_with(slots, || Look(AtomicU64::new(VACANT)));
        Ok(Self { words: words.into_boxed_slice(), more: OnceLock::new() })
    }

    /// Adds the words of more slots, under the record's lock, before these slots are used.
    pub fn install(&self, more: Self) {
        let mut last = self;
        // Bounded by the chunks, of which there are at most 29.
        while let Some(next) = last.more.get() {
            last = next;
        }
        let added = last.more.set(Box::new(more));
        debug_assert!(added.is_ok(), "the record's lock keeps installers apart");
    }

    /// For how many slots there are words.
    pub fn len(&self) -> usize {
        self.words.len() + self.more.get().map_or(0, |more| more.len())
    }

    /// The word of a slot that the lane has or had.
    #[inline]
    pub fn of(&self, slot: u32) -> &Look {
        match self.words.get(slot as usize) {
            Some(word) => word,
            None => self.of_added(slot).expect("a lane has slots with words only"),
        }
    }

    /// The same, if that is told at once.
    #[inline(always)]
    pub fn at_once(&self, slot: u32) -> Option<&Look> {
        self.words.get(slot as usize)
    }

    #[cold]
    fn of_added(&self, slot: u32) -> Option<&Look> {
        let (mut at, mut rest) = (self, slot as usize);
        // Bounded by the chunks, as in `install`.
        loop {
            match at.words.get(rest) {
                Some(word) => return Some(word),
                None => rest -= at.words.len(),
            }
            at = at.more.get()?;
        }
    }

    /// Takes a slot of the machine's from all readers; see [`Look::let_go`].
    pub fn let_go(&self, slot: u32, cause: Option<DropCause>) -> bool {
        let word = self.words.get(slot as usize).or_else(|| self.of_added(slot));
        // A slot without a word was never in the lane.
        word.is_none_or(|word| word.let_go(cause))
    }
}

/// By how much the value of a word is later than this number, if there is one that is kept. The numbers of words have 48 bits: of a
/// cursor that is further behind than half of that nothing is known here.
#[inline(always)]
const fn later(word: u64, number: u64) -> Option<i64> {
    let is_kept = word & GIVEN_UP == 0;
    if is_kept { Some(((word >> 16).wrapping_sub(number) << 16) as i64 >> 16) } else { None }
}

impl Look {
    // ---- the reader --------------------------------------------------------------------------

    /// Begins to look at the value with this number, which then stays until `unpin`.
    #[inline(always)]
    pub fn pin(&self, number: u64) -> Pinning {
        let word = self.read();
        // One comparison: it is there, and there is room for one more look.
        let looks = word.wrapping_sub(there(number));
        match looks {
            0..LOOKS => self.pin_as(word),
            LOOKS => Pinning::Busy,
            _ => Pinning::NotThere,
        }
    }

    /// The same for whatever value is there: of a window of one place, in whose slot there is none but the newest.
    #[inline(always)]
    pub fn pin_any(&self) -> Pinning {
        let word = self.read();
        match word & (LOOKS | GIVEN_UP) {
            0..LOOKS => self.pin_as(word),
            LOOKS => Pinning::Busy,
            _ => Pinning::NotThere,
        }
    }

    /// Begins to look at whatever value is there, if it is the one with this number or a later one, and says which.
    #[inline(always)]
    pub fn pin_since(&self, number: u64) -> Since<()> {
        let word = self.read();
        match later(word, number) {
            Some(-1) => Since::Nothing,
            Some(later) if later >= 0 && word & LOOKS < LOOKS && self.pin_as(word) == Pinning::Pinned => {
                Since::Value(number.wrapping_add_signed(later), ())
            }
            Some(_) | None => Since::Busy,
        }
    }

    /// Whether the value with this number, or a later one, is there: then whoever could not pin it was in another's way.
    pub fn is_since(&self, number: u64) -> bool {
        later(self.0.load(Ordering::Acquire), number) >= Some(0)
    }

    #[inline(always)]
    fn read(&self) -> u64 {
        // Acquire: the value is seen.
        self.0.load(Ordering::Acquire)
    }

    /// Begins to look at what is there, as this word says, unless that is no longer so.
    #[inline(always)]
    fn pin_as(&self, word: u64) -> Pinning {
        // Acquire once more: no part of the value is read before it is pinned.
        match self.0.compare_exchange_weak(word, word + 1, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Pinning::Pinned,
            Err(_) => Pinning::Busy,
        }
    }

    /// Ends a look. Whoever is the last to look at a doomed value takes it out of the slot, then calls
    /// `vacate`, and disposes of it.
    #[inline]
    pub fn unpin(&self) -> Option<LastLook> {
        // Release: the value was read before the slot is another's. Acquire, for the last: all the
        // others have read it, too.
        let word = self.0.fetch_sub(1, Ordering::AcqRel);
        if word & (LOOKS | DOOMED) != DOOMED + 1 {
            return None;
        }
        let cause = if word & ABORTED == 0 { DropCause::Overwritten } else { DropCause::Aborted };
        Some(LastLook { cause })
    }

    /// The value has been taken out. Says whether the slot is to be given back to the machine; else it
    /// is the lane's.
    pub fn vacate(&self) -> bool {
        // Release: the slot was emptied before. Acquire: of the machine, which left it.
        self.0.swap(VACANT, Ordering::AcqRel) & LEFT != 0
    }

    // ---- the writer: one at a time -------------------------------------------------------------

    /// Takes the value that is there from all readers to come. False when some still look: then it is
    /// theirs, and the slot with it.
    #[inline]
    pub fn displace(&self) -> bool {
        // Acquire: those who have looked have read. Release: so have those who looked by the machine's
        // leave while the lane was closed, says this end to whoever disposes of the value. An addition is
        // one instruction; the flag is not set.
        self.0.fetch_add(DOOMED, Ordering::AcqRel) & LOOKS == 0
    }

    /// Whether nobody looks. Asked while nobody may begin to, so it stays so.
    #[inline]
    pub fn is_unseen(&self) -> bool {
        // Acquire: those who have looked have read.
        self.0.load(Ordering::Acquire) & LOOKS == 0
    }

    /// As `displace` for the value with this number, unless somebody looks: then nothing has happened.
    pub fn displace_unseen(&self, number: u64) -> bool {
        let doomed = there(number) | DOOMED;
        self.0.compare_exchange(there(number), doomed, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// The slot, which is the writer's, was filled.
    #[inline]
    pub fn publish(&self, number: u64) {
        // Release: whoever pins it sees the value.
        self.0.store(there(number), Ordering::Release);
    }

    /// Whether the lane's writer may fill the slot.
    pub fn is_vacant(&self) -> bool {
        // Acquire: it was emptied.
        self.0.load(Ordering::Acquire) & VACANT != 0
    }

    // ---- whoever closed the lane ---------------------------------------------------------------

    /// Says which value is there, or that none is, of a slot at which nobody looks.
    pub fn set(&self, number: Option<u64>) {
        self.0.store(number.map_or(VACANT, there), Ordering::Relaxed);
    }

    /// Takes a slot of the lane's back. False when some still look at the value in it: then the last of
    /// them gives it back.
    pub fn leave(&self) -> bool {
        // Acquire: it was emptied. Release: see `vacate`.
        self.0.fetch_or(LEFT, Ordering::AcqRel) & VACANT != 0
    }

    /// Takes a slot of the machine's from all readers, none of whom can pin it now. False when some
    /// still look: then the last of them disposes of the value and gives the slot back.
    pub fn let_go(&self, cause: Option<DropCause>) -> bool {
        // Nobody begins to look, so once nobody does it stays so.
        if self.0.load(Ordering::Acquire) & LOOKS == 0 {
            return true;
        }
        let flags = DOOMED | LEFT | if cause == Some(DropCause::Aborted) { ABORTED } else { 0 };
        self.0.fetch_or(flags, Ordering::AcqRel) & LOOKS == 0
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn k7_a_word_says_nothing_to_a_cursor_that_is_further_behind_than_it_can_tell() {
        let look = Look(AtomicU64::new(VACANT));
        look.publish(7);
        assert_eq!((look.pin_since(8), look.is_since(8)), (Since::Nothing, false));
        assert_eq!((look.pin_since(5), look.is_since(5)), (Since::Value(7, ()), true));
        let far = 7_u64.wrapping_sub(1 << 47);
        assert_eq!((look.pin_since(far), look.is_since(far)), (Since::Busy, false));
    }

    #[test]
    fn k7_a_value_is_looked_at_by_no_more_than_its_word_has_room_for() {
        let pins = |look: &Look| (look.pin(7), look.pin_any(), look.pin_since(7), look.pin_since(6));
        let full = Look(AtomicU64::new(there(7) + LOOKS));
        assert_eq!(pins(&full), (Pinning::Busy, Pinning::Busy, Since::Busy, Since::Busy));
        let look = Look(AtomicU64::new(there(7) + LOOKS - 4));
        let pinned = Pinning::Pinned;
        assert_eq!(pins(&look), (pinned, pinned, Since::Value(7, ()), Since::Value(7, ())));
        assert_eq!(look.0.load(Ordering::Relaxed), there(7) + LOOKS);
        for flag in [DOOMED, LEFT, ABORTED, VACANT] {
            let given_up = Look(AtomicU64::new(there(7) | flag));
            assert_eq!(pins(&given_up), (Pinning::NotThere, Pinning::NotThere, Since::Busy, Since::Busy));
        }
        assert_eq!((look.pin(6), look.pin(8)), (Pinning::NotThere, Pinning::NotThere));
    }
}
