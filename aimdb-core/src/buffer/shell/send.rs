//! Storing a value, at once or after waiting for room.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::operation::{Offer, OfferStage, Pushing};
use super::plan::{Mode, NotStored, Plan, plan, publish_if_room};
use super::{Aftermath, Layout, SLOTLESS, Shell, State, UserCode};
use crate::buffer::{SendError, Slots, TryProduceError};
use crate::pure::{Claim, Doomed, DropCause, Owned, Room, Verdict};
use crate::waiting::{Clock, Lock, Ticket, WaiterState};

/// What an offer finds that was waiting.
enum Resumed {
    StillWaiting,
    Stored,
    Closed,
    TryAgain,
}

/// What an offer finds that is about to wait.
enum Begun {
    Waiting,
    Stored,
    /// Room was made, or the record closed, before it stood in the queue.
    TryAgain(Option<Claim>),
}

/// The value that a stored one displaced: disposed of when this is dropped, also when a waker that
/// runs before panics.
pub(super) struct Displaced<'a, T, L: Layout<T>> {
    shell: &'a Shell<T, L>,
    value: Option<(T, Option<DropCause>)>,
}

impl<T, L: Layout<T>> Displaced<'_, T, L> {
    fn take(mut self) -> Option<T> {
        self.value.take().map(|(value, _)| value)
    }
}

impl<T, L: Layout<T>> Drop for Displaced<'_, T, L> {
    fn drop(&mut self) {
        if let Some((value, cause)) = self.value.take() {
            self.shell.dispose_value(value, cause);
        }
    }
}

/// A value that is in hand between two steps of a store.
struct Carried<T>(Option<T>);

impl<T> Carried<T> {
    fn take(&mut self) -> T {
        self.0.take().expect("a store has its value in hand between its steps")
    }

    fn put(&mut self, value: T) {
        self.0 = Some(value);
    }
}

/// A sender that was woken for a slot: when it has tried, or left, a slot that it does not use is
/// the next one's.
struct PassOn<'a, T, L: Layout<T>>(&'a Shell<T, L>);

impl<T, L: Layout<T>> Drop for PassOn<'_, T, L> {
    fn drop(&mut self) {
        self.0.slots_freed(1);
    }
}

impl<T, L: Layout<T>> Shell<T, L> {
    /// Stores a value without waiting, or gives it back. See [`crate::buffer::Buffer::try_push`].
    ///
    /// # Errors
    ///
    /// The value, when the buffer is full and does not displace, or is closed.
    pub fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        let _disposed = self.store(value, Mode::Try, true)?;
        Ok(())
    }

    /// The same, unless values are stored without the lock by now: then it comes back.
    #[cfg(feature = "std")]
    pub(crate) fn try_push_unless_elsewhere(&self, value: T) -> Result<Result<(), TryProduceError<T>>, T> {
        Ok(match self.store(value, Mode::Try, false) {
            Ok(_disposed) => Ok(()),
            Err(NotStored::Full(value) | NotStored::Wait(value)) => Err(TryProduceError::Full(value)),
            Err(NotStored::Closed(value)) => Err(TryProduceError::Closed(value)),
            Err(NotStored::Elsewhere(value)) => return Err(value),
        })
    }

    /// Stores a value; one that is refused is counted and goes to the drop hook.
    pub fn push(&self, value: T) {
        if let Err(refused) = self.try_push(value) {
            self.code.dropped(refused.into_inner(), DropCause::Refused);
        }
    }

    /// Stores a value whatever happens and returns what it displaced. See
    /// [`crate::buffer::Buffer::force_push`].
    ///
    /// # Errors
    ///
    /// The value, when the buffer is closed, or is a rendezvous without a reader that waits.
    pub fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        Ok(self.store(value, Mode::Force, true)?.take())
    }

    /// Stores a value whatever happens; what it displaces goes to the drop hook. See
    /// [`crate::buffer::Buffer::displace`].
    ///
    /// # Errors
    ///
    /// Those of [`Shell::force_push`].
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "for buffers on the heap"))]
    pub(crate) fn displace(&self, value: T) -> Result<(), TryProduceError<T>> {
        let _disposed = self.store(value, Mode::Force, true)?;
        Ok(())
    }

    /// Stores a value if there is room and it has to be stored here, or gives it back, of which nothing is
    /// counted.
    #[cfg_attr(not(feature = "std"), expect(dead_code, reason = "for handles, which have none without it"))]
    pub(crate) fn push_at_once(&self, value: T) -> Result<(), T> {
        match self.store(value, Mode::AtOnce, false) {
            Ok(_disposed) => Ok(()),
            Err(
                NotStored::Full(value)
                | NotStored::Wait(value)
                | NotStored::Closed(value)
                | NotStored::Elsewhere(value),
            ) => Err(value),
        }
    }

    /// `insists` says that the value is to be stored here also where it could be stored without the lock.
    pub(super) fn store(&self, value: T, mode: Mode, mut insists: bool) -> Result<Displaced<'_, T, L>, NotStored<T>> {
        let mut value = Carried(Some(value));
        let mut held = None;
        let mut degraded = false;
        // Each further turn: another sender was faster, the value was degraded (once), or slots were added.
        loop {
            let mut after = Aftermath::new(self);
            let decide = |state: &mut _| self.decide(state, mode, degraded, &mut value, &mut held, &mut after);
            let plan = match core::mem::replace(&mut insists, true) {
                true => self.lock.with(decide),
                false => self.lock.unless_elsewhere(decide).unwrap_or(Plan::Elsewhere),
            };
            let claim = match plan {
                Plan::Stored(displaced) => {
                    let displaced = Displaced { shell: self, value: displaced };
                    after.finish();
                    return Ok(displaced);
                }
                Plan::Fill(claim) => claim,
                Plan::Again => continue,
                Plan::Grow if self.grow() => continue,
                Plan::Grow if matches!(mode, Mode::Wait | Mode::AtOnce) => return Err(NotStored::Wait(value.take())),
                Plan::Grow => {
                    self.lock.with(|state| state.log.counts.refused += 1);
                    return Err(NotStored::Full(value.take()));
                }
                Plan::Degrade => {
                    let worse = self.code.degrade(value.take());
                    value.put(worse);
                    degraded = true;
                    continue;
                }
                Plan::DropIncoming => {
                    self.code.dropped(value.take(), DropCause::DroppedNewest);
                    return Ok(Displaced { shell: self, value: None });
                }
                Plan::Full => return Err(NotStored::Full(value.take())),
                Plan::Wait => return Err(NotStored::Wait(value.take())),
                Plan::Elsewhere => return Err(NotStored::Elsewhere(value.take())),
                Plan::Closed => return Err(NotStored::Closed(value.take())),
            };
            self.fill(&claim, value.take());
            match self.lock.with(|state| self.publish(state, claim, mode, degraded, &mut after)) {
                Ok(displaced) => {
                    let value = displaced.map(|Doomed { owned, cause }| (self.take_out(owned), cause));
                    let displaced = Displaced { shell: self, value };
                    after.finish();
                    return Ok(displaced);
                }
                Err(claim) => {
                    value.put(self.slots.cell(claim.0).empty(&Owned(claim.0)));
                    held = Some(claim);
                }
            }
        }
    }

    /// The first half of a store, or all of it when the value is small.
    fn decide(
        &self,
        state: &mut State<L::Storage>,
        mode: Mode,
        degraded: bool,
        value: &mut Carried<T>,
        held: &mut Option<Claim>,
        after: &mut Aftermath<'_, T, L>,
    ) -> Plan<T> {
        let holds = held.is_some();
        let plan = plan::<T, L>(state, mode, degraded, held.take());
        if holds && !matches!(plan, Plan::Fill(_)) {
            after.slot_freed(state);
        }
        match plan {
            Plan::Fill(claim) if Self::MOVES_INSIDE => {
                self.fill(&claim, value.take());
                match self.publish(state, claim, mode, degraded, after) {
                    Ok(displaced) => Plan::Stored(displaced.map(|doomed| self.take_out_inside(state, doomed, after))),
                    Err(claim) => {
                        value.put(self.slots.cell(claim.0).empty(&Owned(claim.0)));
                        *held = Some(claim);
                        Plan::Again
                    }
                }
            }
            plan => plan,
        }
    }

    /// The second half of a store: the value lies in its slot.
    fn publish(
        &self,
        state: &mut State<L::Storage>,
        claim: Claim,
        mode: Mode,
        degraded: bool,
        after: &mut Aftermath<'_, T, L>,
    ) -> Result<Option<Doomed>, Claim> {
        let displaced = publish_if_room::<T, L>(state, claim, mode, degraded)?;
        let displaced = displaced.and_then(|doomed| L::let_go(&self.lock, doomed));
        state.log.counts.by_policy += u64::from(degraded);
        after.published(state);
        if mode == Mode::Force {
            // A flush may have waited for the value that was displaced.
            after.made_room(state);
        }
        Ok(displaced)
    }

    /// Adds slots; says whether there are more now.
    fn grow(&self) -> bool {
        let Ok(chunk) = self.slots.prepare() else { return false };
        let (installed, awaited) = self.lock.with(|state| {
            let installed = self.slots.install(chunk, |slots| state.log.back(slots));
            (installed, !state.onlookers.is_empty())
        });
        if installed.is_ok() && awaited {
            self.slots_freed(usize::MAX);
        }
        installed.is_ok()
    }

    /// Stores a value, waiting for room if the policy is to wait. Never blocks the thread.
    pub const fn push_async(&self, value: T) -> Pushing<'_, T, L> {
        Pushing::new(self, value)
    }

    /// Stores the offered value, or waits for room: pending means that the context's waker will be
    /// woken when the value is stored or the record closed.
    pub(crate) fn poll_offer(
        &self,
        mut offer: Pin<&mut Offer<T>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        if !offer.is_waiting() {
            return self.try_offer(offer, false, true, context).unwrap_or(Poll::Pending);
        }
        match self.resume_offer(offer.as_mut(), context) {
            Resumed::StillWaiting => Poll::Pending,
            Resumed::Stored => Poll::Ready(Ok(())),
            Resumed::Closed => {
                let value = self.take_back(offer);
                value.map_or(Poll::Pending, |value| Poll::Ready(Err(SendError::Closed(value))))
            }
            Resumed::TryAgain => {
                let value = self.take_back(offer.as_mut());
                *offer.as_mut().project().value = value;
                let _pass_on = PassOn(self);
                self.try_offer(offer, true, true, context).unwrap_or(Poll::Pending)
            }
        }
    }

    /// The same for an offer that has not begun to wait, unless values are stored without the lock by
    /// now: then `None`.
    #[cfg(feature = "std")]
    pub(crate) fn poll_offer_unless_elsewhere(
        &self,
        offer: Pin<&mut Offer<T>>,
        context: &mut Context<'_>,
    ) -> Option<Poll<Result<(), SendError<T>>>> {
        if offer.is_waiting() { None } else { self.try_offer(offer, false, false, context) }
    }

    /// Of an offer that `insists` there is an outcome in any case.
    fn try_offer(
        &self,
        mut offer: Pin<&mut Offer<T>>,
        resumed: bool,
        insists: bool,
        context: &mut Context<'_>,
    ) -> Option<Poll<Result<(), SendError<T>>>> {
        // Each further turn means that room was made, or the record closed, in the meantime.
        loop {
            // An offer that has ended stays pending, as a fused future would.
            let Some(value) = offer.as_mut().project().value.take() else { return Some(Poll::Pending) };
            let value = match self.store(value, Mode::Wait, insists) {
                Ok(_disposed) => return Some(Poll::Ready(Ok(()))),
                Err(NotStored::Full(value)) => return Some(Poll::Ready(Err(SendError::Full(value)))),
                Err(NotStored::Closed(value)) => return Some(Poll::Ready(Err(SendError::Closed(value)))),
                Err(NotStored::Wait(value)) => value,
                Err(NotStored::Elsewhere(value)) => {
                    *offer.as_mut().project().value = Some(value);
                    return None;
                }
            };
            #[cfg(feature = "std")]
            if crate::waiting::serves(self.identity()) {
                self.lock.with(|state| state.log.counts.refused += 1);
                return Some(Poll::Ready(Err(SendError::Misuse(value, crate::buffer::Misuse::OwnRecord))));
            }
            *offer.as_mut().project().value = Some(value);
            match self.begin_offer(offer.as_mut(), resumed, context) {
                Begun::Waiting => return Some(Poll::Pending),
                Begun::Stored => return Some(Poll::Ready(Ok(()))),
                Begun::TryAgain(None) => {}
                Begun::TryAgain(Some(claim)) => {
                    let value = self.take_out(Owned(claim.0));
                    *offer.as_mut().project().value = Some(value);
                }
            }
        }
    }

    /// Puts the value into a slot and the offer into the queue, unless there is room after all. When
    /// there is no slot for it, the value stays in the offer, which waits for one.
    fn begin_offer(&self, offer: Pin<&mut Offer<T>>, resumed: bool, context: &mut Context<'_>) -> Begun {
        // First what is the user's code: nothing is lost if it panics.
        let mut waker = Some(context.waker().clone());
        let mut claim = self.lock.with(|state| state.log.claim().ok());
        if claim.is_none() && self.grow() {
            claim = self.lock.with(|state| state.log.claim().ok());
        }
        let offer = offer.project();
        if let Some(claim) = &claim
            && let Some(value) = offer.value.take()
        {
            self.fill(claim, value);
        }
        let waiter = offer.waiter.into_ref();
        let now = self.clock.now();
        let mut after = Aftermath::new(self);
        let begun = self.lock.with(|state| {
            let room = state.room();
            let pauses = matches!(state.log.kind().when_full().verdict(), Verdict::Wait);
            let (queue, ticket) = match &claim {
                Some(claim) if room == Room::Full && pauses => {
                    (&mut state.senders, Ticket { slot: Some(claim.0), ..Ticket::default() })
                }
                None if room != Room::Closed && !state.log.has_free_slot() => {
                    let slot = Some(SLOTLESS);
                    (&mut state.onlookers, Ticket { slot, at_front: resumed, ..Ticket::default() })
                }
                None => return Begun::TryAgain(None),
                // What to displace, or to drop, is decided anew.
                Some(_) if !pauses => return Begun::TryAgain(claim.take()),
                Some(_) => {
                    let Some(claim) = claim.take() else { return Begun::TryAgain(None) };
                    // A buffer whose senders wait displaces nothing.
                    return match publish_if_room::<T, L>(state, claim, Mode::Wait, false) {
                        Ok(_none) => {
                            after.published(state);
                            Begun::Stored
                        }
                        Err(claim) => Begun::TryAgain(Some(claim)),
                    };
                }
            };
            let Some(waker) = waker.take() else { return Begun::TryAgain(claim.take()) };
            queue.link(waiter, ticket, waker);
            state.came();
            self.lock.note_offer(true);
            // A sender that waited for a slot, and now waits for room, goes on waiting.
            state.log.counts.blocked += u64::from(!resumed);
            *offer.stage = OfferStage::Waiting(claim.take());
            *offer.since = now;
            after.offered(state);
            Begun::Waiting
        });
        after.finish();
        begun
    }

    fn resume_offer(&self, offer: Pin<&mut Offer<T>>, context: &mut Context<'_>) -> Resumed {
        let offer = offer.project();
        let waiter = offer.waiter.into_ref();
        let mut waker = Some(context.waker().clone());
        let now = self.clock.now();
        // Wakers are dropped outside the lock: the last one of a task drops the task.
        let (resumed, spare) = self.lock.with(|state| {
            if state.senders.state(waiter) == WaiterState::Waiting
                && let Some(waker) = waker.take()
            {
                return (Resumed::StillWaiting, state.senders.rewake(waiter, waker));
            }
            let (was, old) = state.settle_offer(offer.stage, waiter);
            self.lock.note_offer(false);
            state.log.counts.blocked_ns += now.saturating_sub(*offer.since);
            let resumed = match was {
                WaiterState::Done => {
                    // The slot, and the value in it, are the record's now.
                    *offer.stage = OfferStage::Fresh;
                    Resumed::Stored
                }
                WaiterState::Idle | WaiterState::Waiting | WaiterState::Notified | WaiterState::Granted => {
                    if state.log.is_closed() {
                        state.log.counts.refused += 1;
                        Resumed::Closed
                    } else {
                        Resumed::TryAgain
                    }
                }
            };
            (resumed, old)
        });
        drop(spare);
        resumed
    }

    /// The value of an offer that has left the queue without being stored.
    fn take_back(&self, offer: Pin<&mut Offer<T>>) -> Option<T> {
        let offer = offer.project();
        match core::mem::replace(offer.stage, OfferStage::Fresh) {
            OfferStage::Waiting(Some(claim)) => Some(self.take_out(Owned(claim.0))),
            OfferStage::Waiting(None) | OfferStage::Fresh => offer.value.take(),
        }
    }

    /// Ends an offer. The value travels back, unless it was stored by now or its outcome has been
    /// told: then `None`. One that had begun to wait is counted as timed out.
    pub(crate) fn cancel_offer(&self, mut offer: Pin<&mut Offer<T>>) -> Option<T> {
        if !offer.is_waiting() {
            return offer.project().value.take();
        }
        let now = self.clock.now();
        let (was, spare) = {
            let offer = offer.as_mut().project();
            let waiter = offer.waiter.into_ref();
            self.lock.with(|state| {
                let (was, spare) = state.settle_offer(offer.stage, waiter);
                self.lock.note_offer(false);
                state.log.counts.blocked_ns += now.saturating_sub(*offer.since);
                if was == WaiterState::Done {
                    *offer.stage = OfferStage::Fresh;
                } else {
                    state.log.counts.timed_out += 1;
                }
                (was, spare)
            })
        };
        let value = if was == WaiterState::Done { None } else { self.take_back(offer) };
        let _pass_on = (was == WaiterState::Notified).then(|| PassOn(self));
        drop(spare);
        value
    }

    /// Ends an offer whose sender has gone. A value that had begun to wait goes to the drop hook.
    pub(crate) fn abandon_offer(&self, offer: Pin<&mut Offer<T>>) {
        let waited = offer.is_waiting();
        if let Some(value) = self.cancel_offer(offer) {
            if waited {
                self.code.dropped(value, DropCause::Cancelled);
            } else {
                drop(value);
            }
        }
    }
}
