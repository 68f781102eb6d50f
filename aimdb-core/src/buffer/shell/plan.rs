//! What is decided under the lock of a value that is to be stored, and what its sender is told.

use super::{Layout, State};
use crate::buffer::TryProduceError;
use crate::pure::{Claim, Doomed, DropCause, Room, Storage, Verdict};
use crate::waiting::WaitQueue;

/// How a value asks to be stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It comes back when there is no room.
    Try,
    /// It comes back, and nothing is counted: its sender asks once more.
    AtOnce,
    /// Its sender would wait, so a lack of room is not yet a refusal.
    Wait,
    /// It displaces.
    Force,
    /// A place was kept for it.
    Reserved,
}

/// Whether there is room for a value: before those who wait only for one that takes no place from them.
fn room<S: Storage<WaitQueue>>(state: &mut State<S>, mode: Mode) -> Room {
    match mode {
        Mode::Force | Mode::Reserved => state.log.room(),
        Mode::Try | Mode::AtOnce | Mode::Wait => state.room(),
    }
}

/// Whether a value may displace another one, of which there must be one: the places of a full window may all be
/// kept for values to come.
fn displaces<T, L: Layout<T>>(state: &State<L::Storage>, mode: Mode) -> bool {
    mode == Mode::Force && state.log.capacity() > 0 && !state.log.is_empty()
}

/// What the first lock hold decides, or does.
pub(super) enum Plan<T> {
    /// Stored already, because the value is small; with what it displaced.
    Stored(Option<(T, Option<DropCause>)>),
    Again,
    Fill(Claim),
    Grow,
    Degrade,
    DropIncoming,
    Full,
    Wait,
    Elsewhere,
    Closed,
}

/// A value that was not stored. What was counted as refused says so.
pub(super) enum NotStored<T> {
    /// Counted.
    Full(T),
    /// Not stored at once, or full and the policy lets the sender wait. Not counted.
    Wait(T),
    /// Counted.
    Closed(T),
    /// Values are stored without the lock by now, and the sender would rather do that.
    Elsewhere(T),
}

impl<T> From<NotStored<T>> for TryProduceError<T> {
    fn from(not_stored: NotStored<T>) -> Self {
        match not_stored {
            NotStored::Full(value) | NotStored::Wait(value) | NotStored::Elsewhere(value) => Self::Full(value),
            NotStored::Closed(value) => Self::Closed(value),
        }
    }
}

/// What is to become of a value that is to be stored, and of the slot that it may hold; counts a refusal.
pub(super) fn plan<T, L: Layout<T>>(
    state: &mut State<L::Storage>,
    mode: Mode,
    degraded: bool,
    held: Option<Claim>,
) -> Plan<T> {
    let plan = match room(state, mode) {
        Room::Free => Plan::Grow,
        Room::Full if mode == Mode::Reserved || displaces::<T, L>(state, mode) => Plan::Grow,
        Room::Full | Room::Closed if mode == Mode::AtOnce => Plan::Wait,
        Room::Closed => Plan::Closed,
        Room::Full => match state.log.kind().when_full().verdict() {
            Verdict::Displace => Plan::Grow,
            // Without a slot the value waits, or travels back, as it is.
            Verdict::Degrade if degraded || held.is_none() && !state.log.has_free_slot() => Plan::Grow,
            Verdict::Degrade => Plan::Degrade,
            Verdict::DropIncoming => Plan::DropIncoming,
            Verdict::Wait if mode == Mode::Wait => Plan::Wait,
            Verdict::Wait | Verdict::Refuse => Plan::Full,
        },
    };
    if let Plan::Grow = plan {
        // The value will be stored: in the slot that it has, or in another.
        return match held {
            Some(claim) => Plan::Fill(claim),
            None => state.log.claim().map_or(Plan::Grow, Plan::Fill),
        };
    }
    if let Some(claim) = held {
        state.log.release(claim.0);
    }
    match plan {
        Plan::Full | Plan::Closed => state.log.counts.refused += 1,
        Plan::DropIncoming => {
            state.log.counts.refused += 1;
            state.log.counts.by_policy += 1;
        }
        Plan::Stored(_) | Plan::Again | Plan::Fill(_) | Plan::Grow | Plan::Degrade | Plan::Wait | Plan::Elsewhere => {}
    }
    plan
}

/// Shows a value that lies in its slot, if it may be stored now.
pub(super) fn publish_if_room<T, L: Layout<T>>(
    state: &mut State<L::Storage>,
    claim: Claim,
    mode: Mode,
    degraded: bool,
) -> Result<Option<Doomed>, Claim> {
    let may = match room(state, mode) {
        Room::Closed => false,
        Room::Free => true,
        Room::Full if mode == Mode::Reserved || displaces::<T, L>(state, mode) => true,
        Room::Full => match state.log.kind().when_full().verdict() {
            Verdict::Displace => true,
            Verdict::Degrade => degraded,
            Verdict::Wait | Verdict::Refuse | Verdict::DropIncoming => false,
        },
    };
    if !may {
        return Err(claim);
    }
    if mode == Mode::Reserved {
        state.log.unreserve();
    }
    let published = state.log.publish(claim);
    if mode == Mode::Reserved && published.is_err() {
        // Its place is still there: that it was kept just now says so.
        let _ = state.log.reserve();
    }
    published
}
