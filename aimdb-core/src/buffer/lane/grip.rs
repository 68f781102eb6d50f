//! A handle's grip of its end of the lane: where that lies, and the key of its door.
//!
//! A handle finds both on its way through [`LaneLock`](super::LaneLock) and keeps them, so that the next
//! call need not ask which lane there is, whether there is one, or whose the end is.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::gated::GatedLane;
use super::mailbox::MailboxLane;
use super::queue::QueueLane;
use super::ring::RingLane;
use super::scheme::{Called, Lane};
use super::shared::SharedLane;
use super::{CursorEnd, InLane, LaneEnd, LaneLock, Seen, Stored, Taken, is_short};
use crate::buffer::{Cloning, SlotCell, Slots};
use crate::waiting::{Counted, Key, Token, World};

/// See the module's documentation. Whoever has one keeps the lane, and the cursor's end, where they are.
#[derive(Clone, Copy)]
pub(in crate::buffer) struct Grip(Of);

/// Told apart by a number that stands by itself, so that a call finds its way with two comparisons or three: the
/// numbers lie so far apart that no compiler makes a table of them, where a processor would have to guess where it
/// leads. Of those that stand last numbers, for which they would be one more question, make no use.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Of {
    Else(Else) = 0,
    Queue(World, NonNull<QueueLane>, Key) = 60,
    Overwriting(World, Overwriting) = 120,
    /// Of one of several cursors of a queue.
    Gated(World, NonNull<GatedLane>, NonNull<CursorEnd>, Key) = 180,
    /// Of the sending end of a queue that is everybody's, and stays so.
    Common(World, NonNull<QueueLane>) = 210,
    /// Of values that are shared: with a cursor's end, or else of the end that writes; nobody is to be given what a
    /// value displaces.
    Shared(World, NonNull<SharedLane>, Key, Option<NonNull<CursorEnd>>) = 240,
}

// Each handle has one.
const _: () = assert!(size_of::<Grip>() <= 4 * size_of::<u64>());

/// What an end overwrites.
#[derive(Clone, Copy)]
enum Overwriting {
    /// With a cursor's end; of the end that writes it leads nowhere, and nobody goes there: to ask would be one more
    /// question for each read.
    Ring(NonNull<RingLane>, NonNull<CursorEnd>, Key),
    /// Nobody is to be given what a value displaces.
    Mailbox(NonNull<MailboxLane>, Key),
}

/// Why a handle has none of these.
#[derive(Clone, Copy)]
enum Else {
    /// It has not asked.
    NotAsked,
    /// The lane is another, or its door is everybody's: it never will have one.
    None,
    /// A visit to the lane is a call, which any holder makes.
    Called,
}

// SAFETY: lanes are made for several threads.
unsafe impl Send for Grip {}

impl Grip {
    pub(in crate::buffer) const NONE: Self = Self(Of::Else(Else::NotAsked));

    /// The grip that this holder can have of an end at which it was just now. `gives` says that there is a
    /// hook which is given what a value displaces.
    pub(super) fn of(lane: &Lane, end: LaneEnd<'_>, token: &Token, gives: bool) -> Self {
        let world = World::now();
        let overwriting = |of| Of::Overwriting(world, of);
        let (never, of) = match (lane, end) {
            (Lane::Queue(several, lane), _) => {
                let own = lane.key(end, token).map(|key| Of::Queue(world, lane.into(), key));
                // Sending beside several cursors is a call.
                let gated = || match end {
                    LaneEnd::Taking(Some(cursor)) => {
                        several.key(cursor, token).map(|(lane, key)| Of::Gated(world, lane.into(), cursor.into(), key))
                    }
                    LaneEnd::Taking(None) | LaneEnd::Sending | LaneEnd::Peeking => None,
                };
                (lane.is_common(end), own.or_else(gated))
            }
            (Lane::Ring(lane), LaneEnd::Taking(Some(cursor))) => {
                let ring = |key| Overwriting::Ring(lane.into(), cursor.into(), key);
                (lane.is_common(end), lane.key(end, token).map(ring).map(overwriting))
            }
            (Lane::Ring(lane), LaneEnd::Sending) => {
                let ring = |key| Overwriting::Ring(lane.into(), NonNull::dangling(), key);
                (lane.is_common(end), lane.key(end, token).map(ring).map(overwriting))
            }
            (Lane::Ring(_), LaneEnd::Taking(None)) => (false, None),
            (Lane::Called(Called::Mailbox(lane)), _) if !gives => {
                let mailbox = |key| Overwriting::Mailbox(lane.into(), key);
                (lane.is_common(end), lane.key(end, token).map(mailbox).map(overwriting))
            }
            (Lane::Called(Called::Shared(lane)), LaneEnd::Taking(Some(cursor))) => {
                let shared = |key| Of::Shared(world, lane.into(), key, Some(cursor.into()));
                (lane.is_common(end), lane.key(end, token).map(shared))
            }
            (Lane::Called(Called::Shared(lane)), LaneEnd::Sending) if !gives => {
                let shared = |key| Of::Shared(world, lane.into(), key, None);
                (lane.is_common(end), lane.key(end, token).map(shared))
            }
            (Lane::Called(_), _) => (true, Some(Of::Else(Else::Called))),
            (Lane::Ring(_), LaneEnd::Peeking) => (true, None),
        };
        let of = match (lane, end) {
            (Lane::Queue(_, lane), LaneEnd::Sending) if never => Some(Of::Common(world, lane.into())),
            _ => of,
        };
        // A door that is shut, or has no owner yet, may still be this holder's.
        Self(of.unwrap_or(Of::Else(if never { Else::None } else { Else::NotAsked })))
    }

    /// Whether there may be a better one: there is none yet, or another holder has come and gone.
    #[inline(always)]
    pub(in crate::buffer) const fn is_open_question(self) -> bool {
        !matches!(self.0, Of::Else(Else::None | Else::Called) | Of::Common(..))
    }

    /// Whether an end may be this holder's that it has no grip of.
    #[inline(always)]
    pub(in crate::buffer) const fn may_call(self) -> bool {
        !matches!(self.0, Of::Else(Else::None) | Of::Common(..))
    }

    /// Whether a call would find no more than [`Grip::take`] does.
    #[inline(always)]
    pub(in crate::buffer) const fn is_shared(self) -> bool {
        matches!(self.0, Of::Shared(..))
    }

    /// Stores a value, if that takes no more than the few instructions that most calls are. `counts` says
    /// that a refusal is one; where somebody may wait for room, `may` says whether this caller is one who may.
    ///
    /// # Safety
    ///
    /// The grip is of a sending end, whose lane is still there; `cells` are the first of its record; and the
    /// holder that the grip was made for calls: one thread at a time. A value that was stored is not used again.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn send<T: 'static>(
        self,
        cells: &[SlotCell<T>],
        value: &ManuallyDrop<T>,
        counts: bool,
        may: impl FnOnce() -> bool,
    ) -> Stored {
        // One question after the other: compilers make a table of a choice of four, and look there first.
        // SAFETY: by this function's contract, and the key is of this lane's door.
        unsafe {
            if let Of::Shared(world, lane, key, _) = self.0
                && !Cloning::<T>::is_number()
            {
                return lane.as_ref().publish_with_key(cells, (world, key), value);
            }
            if let Of::Queue(world, lane, key) = self.0 {
                if !may() {
                    return Stored::NotHere;
                }
                return match is_short::<T>() {
                    true => lane.as_ref().send_at_once(cells, (world, key), value, counts),
                    false => lane.as_ref().send_with_key(cells, (world, key), value, counts),
                };
            }
            // A hint only: the comparison of queues comes first.
            if Cloning::<T>::is_number() && cold() {
                return Stored::NotHere;
            }
            if let Of::Overwriting(world, overwriting) = self.0 {
                return match overwriting {
                    Overwriting::Ring(lane, _, key) => lane.as_ref().publish_with_key(cells, (world, key), value),
                    Overwriting::Mailbox(lane, key) if is_short::<T>() => {
                        lane.as_ref().put_with_key(cells, (world, key), value)
                    }
                    Overwriting::Mailbox(..) => Stored::NotHere,
                };
            }
            if is_short::<T>() { Stored::NotHere } else { self.send_in_turn(cells, value, counts, may) }
        }
    }

    /// The same for a short value that went elsewhere: where it is a queue's, and takes a look at the other end, or
    /// its sending end is everybody's. Such a value lies in a register, and so do all that it is stored by: a call among
    /// them, or more of them, would have each call save some.
    ///
    /// # Safety
    ///
    /// As for [`Grip::send`].
    #[inline(always)]
    pub(in crate::buffer) unsafe fn send_looking<T>(
        self,
        cells: &[SlotCell<T>],
        value: &ManuallyDrop<T>,
        counts: bool,
        may: impl FnOnce() -> bool,
    ) -> Stored {
        if !is_short::<T>() {
            return Stored::NotHere;
        }
        // SAFETY: by this function's contract, and the key is of this lane's door.
        unsafe {
            if let Of::Queue(world, lane, key) = self.0 {
                if !may() {
                    return Stored::NotHere;
                }
                return lane.as_ref().send_with_key(cells, (world, key), value, counts);
            }
            self.send_in_turn(cells, value, counts, may)
        }
    }

    #[inline(always)]
    unsafe fn send_in_turn<T>(
        self,
        cells: &[SlotCell<T>],
        value: &ManuallyDrop<T>,
        counts: bool,
        may: impl FnOnce() -> bool,
    ) -> Stored {
        let Of::Common(world, lane) = self.0 else { return Stored::NotHere };
        if !may() {
            return Stored::NotHere;
        }
        // A copy: what a pointer leads to has to lie in memory for all other ways, too.
        // SAFETY: by the contract of `send`.
        unsafe { lane.as_ref().send_in_turn(cells, world, &core::ptr::read(value), counts) }
    }

    /// Looks at the newest value, if that takes no more than the few instructions that most looks are, or a call of
    /// `clone`. At plain data that are no number, [`Grip::peek_plain`] looks: one more question is a tenth of a look.
    ///
    /// # Safety
    ///
    /// As for [`Grip::take`].
    #[inline(always)]
    pub(in crate::buffer) unsafe fn peek<T: 'static>(self, clone: impl FnOnce(Seen<'_>) -> Option<T>) -> Option<T> {
        // SAFETY: by this function's contract, and the key is of this cursor's door.
        unsafe {
            if Cloning::<T>::is_number() {
                return self.peek_plain();
            }
            let Of::Shared(world, lane, key, Some(cursor)) = self.0 else { return None };
            let (lane, cursor) = (lane.as_ref(), cursor.as_ref());
            lane.peek_inside(cursor, cursor.door.enter_with_key(world, key)).and_then(clone)
        }
    }

    /// The same for plain data.
    ///
    /// # Safety
    ///
    /// As for [`Grip::take`].
    #[inline(always)]
    pub(in crate::buffer) unsafe fn peek_plain<T>(self) -> Option<T> {
        let Of::Overwriting(world, Overwriting::Ring(lane, cursor, key)) = self.0 else { return None };
        // SAFETY: by this function's contract, and the key is of this cursor's door.
        unsafe { lane.as_ref().peek_with_key(cursor.as_ref(), (world, key)) }
    }

    /// Takes the next value, if that takes no more, or a call of `clone`. Never a lag.
    ///
    /// # Safety
    ///
    /// As for [`Grip::send`], of a taking end; the cursor's end is there, too.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn take<T: 'static>(
        self,
        cells: &[SlotCell<T>],
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<T> {
        // SAFETY: by this function's contract, and the key is of this lane's door.
        unsafe {
            if let Of::Shared(world, lane, key, Some(cursor)) = self.0
                && !Cloning::<T>::is_number()
            {
                return lane.as_ref().read_with_key(cursor.as_ref(), world, key, clone);
            }
            if let Of::Queue(world, lane, key) = self.0 {
                return lane.as_ref().take_with_key(cells, (world, key));
            }
            // A hint only, as above.
            if Cloning::<T>::is_number() && cold() {
                return Taken::NotHere;
            }
            if let Of::Overwriting(world, overwriting) = self.0 {
                return match overwriting {
                    Overwriting::Ring(lane, cursor, key) => {
                        lane.as_ref().read_with_key(cells, cursor.as_ref(), (world, key))
                    }
                    Overwriting::Mailbox(lane, key) if is_short::<T>() => {
                        lane.as_ref().take_with_key(cells, (world, key))
                    }
                    Overwriting::Mailbox(..) => Taken::NotHere,
                };
            }
            match self.0 {
                Of::Gated(world, lane, cursor, key) if !Cloning::<T>::is_number() => {
                    lane.as_ref().take_with_key(cells, cursor.as_ref(), (world, key))
                }
                _ => Taken::NotHere,
            }
        }
    }

    /// The same of a value that is no short one, to where the caller has room for it: compilers copy such a value each time
    /// that it is handed on, and where the ways meet on which it may have come.
    ///
    /// # Safety
    ///
    /// As for [`Grip::take`].
    #[inline(always)]
    pub(in crate::buffer) unsafe fn take_to<T: 'static>(
        self,
        cells: &[SlotCell<T>],
        room: &mut MaybeUninit<T>,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<()> {
        // SAFETY: by this function's contract, and the key is of this lane's door.
        unsafe {
            match self.0 {
                Of::Queue(world, lane, key) => lane.as_ref().take_to(cells, (world, key), room),
                Of::Overwriting(world, Overwriting::Ring(lane, cursor, key)) => {
                    lane.as_ref().read_to(cells, cursor.as_ref(), (world, key), room)
                }
                Of::Overwriting(..) | Of::Gated(..) | Of::Common(..) | Of::Shared(..) | Of::Else(_) => {
                    self.take(cells, clone).to(room)
                }
            }
        }
    }
}

#[inline(always)]
fn cold() -> bool {
    core::hint::cold_path();
    false
}

/// What a handle asks of the lock that has no grip.
impl LaneLock {
    /// Puts a value into a mailbox, stores it for several cursors, or shares it, for the holder that owns the
    /// end.
    #[inline(always)]
    pub(in crate::buffer) fn send_by_call<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        counts: bool,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        match self.lane() {
            Some(Lane::Called(lane)) => lane.send_as_owner(slots, token, value, dispose),
            Some(Lane::Queue(several, _)) => several.send_as_owner(slots, token, value, counts),
            Some(Lane::Ring(_)) | None => InLane::NotHere(value),
        }
    }

    /// Takes the value of a mailbox, the next of a queue that several cursors read, or of those that are
    /// shared, likewise.
    #[inline(always)]
    pub(in crate::buffer) fn take_by_call<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&Counted<CursorEnd>>,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<T> {
        match (self.lane(), cursor) {
            (Some(Lane::Called(Called::Mailbox(lane))), _) => lane.take_as_owner(slots, token),
            (Some(Lane::Queue(several, _)), cursor) if is_short::<T>() => several.take_as_owner(slots, token, cursor),
            (Some(Lane::Called(Called::Shared(lane))), Some(end)) => lane.take_as_owner(end, token, clone),
            (Some(_) | None, _) => Taken::NotHere,
        }
    }

    /// The grip that this holder may have of an end.
    #[cold]
    pub(in crate::buffer) fn grip(&self, end: LaneEnd<'_>, token: &Token, gives: bool) -> Grip {
        self.lane().map_or(Grip::NONE, |lane| Grip::of(lane, end, token, gives))
    }
}
