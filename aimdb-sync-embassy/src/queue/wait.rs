//! How senders and readers of a queue wait.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, SendError};
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::shape::Shape;
use super::state;
use super::{QueuePolicy, StaticQueue};
use crate::lean::words::in_a_register;
use crate::lean::{End, Line, Lined, NOTHING, Node, ReadersWait, SendersWait, Stood, Waiters, not_sent};
use crate::lock::PreemptionSafe;
use crate::port::{ONE_TRY, Port};

/// Values are moved outside: one would find something.
const FINDS: u32 = 1;
/// The same: the queue has ended.
const ENDED: u32 = state::CLOSED as u32;

/// What a wait comes to.
pub(super) trait Outcomes: Parts {
    /// Until when a sender waits: one that is refused has an outcome at once.
    #[inline(always)]
    fn patience(&self, deadline: Deadline) -> Deadline {
        if self.pauses() { deadline } else { ONE_TRY }
    }

    /// What a sender is told whose value was not stored.
    #[inline(always)]
    fn told<T>(&self, stood: Stood<()>, value: impl FnOnce() -> T) -> Result<(), SendError<T>> {
        match stood {
            Stood::Has(()) => Ok(()),
            Stood::Ended => {
                self.count_refused();
                Err(SendError::Closed(value()))
            }
            Stood::Not if self.pauses() => {
                self.count_timed_out();
                Err(SendError::Timeout(value()))
            }
            Stood::Not => self.refuse(value()).map_err(not_sent),
        }
    }
}

impl<Q: Parts> Outcomes for Q {}

/// How one comes into a line of a queue whose values are moved outside: a function for each, so that no compiler makes one section
/// of two.
trait Comes: Parts {
    /// How many places are used when those of this end wait, if values are moved inside.
    #[inline(always)]
    fn used_at(&self, end: End) -> u32 {
        (self.shape().places() * end.line_at() / size_of::<Waiters>()) as u32
    }

    #[inline(never)]
    fn enters_to_send(&self, line: Line<'_, Self::Section>, node: Pin<&Node>) -> u32 {
        let places = self.shape().places() as u32;
        // SAFETY: inside the section. So many are used at most.
        unsafe { line.enter(node, || (*self.state()).word() ^ places, || ()) }
    }

    /// In the section in which it comes in a reader looks for values only: to find out there as well whether one may be on its way to a
    /// queue that is closed would make it too long. So it looks for the end before and after that; at the end all are woken, so that one is
    /// woken twice does no harm. For a value that comes meanwhile nobody is woken but the one whom its sender wakes.
    #[inline(never)]
    fn enters_to_read(&self, line: Line<'_, Self::Section>, node: Pin<&Node>) -> u32 {
        let mut seen = self.sees(End::Readers);
        if seen == NOTHING {
            // SAFETY: inside the section.
            seen = unsafe { line.enter(node, || (*self.state()).shown(), || ()) };
            if seen == NOTHING && self.sees(End::Readers) == ENDED {
                line.wake_one();
            }
        }
        seen
    }

    /// Looks, comes in, and looks again, in three sections: in a queue with very many places, where more may be inside than can be
    /// counted, and at one that is closed a value may be on its way, for which a reader waits. Whoever finds something then
    /// wakes the first, also if it was woken itself meanwhile: of two who came so, and two values, one would wait else.
    #[inline(never)]
    fn enters_unlooked(&self, end: End, line: Line<'_, Self::Section>, node: Pin<&Node>) -> u32 {
        let mut seen = self.sees(end);
        if seen == NOTHING {
            // SAFETY: it looks at nothing.
            seen = unsafe { line.enter(node, || NOTHING, || ()) };
            if seen == NOTHING && self.sees(end) != NOTHING {
                line.wake_one();
            }
        }
        seen
    }
}

impl<Q: Parts> Comes for Q {}

/// A value on its way into a queue. If a user's code panics meanwhile, it is dropped.
struct Going<'a, T> {
    value: &'a mut ManuallyDrop<T>,
    /// It is there, and not in the queue, nor on its way.
    in_hand: bool,
}

impl<'a, T> Going<'a, T> {
    const fn new(value: &'a mut ManuallyDrop<T>) -> Self {
        Self { value, in_hand: true }
    }
}

impl<T> Drop for Going<'_, T> {
    fn drop(&mut self) {
        if self.in_hand {
            // SAFETY: it is there, and a user's code has panicked, so whoever had it does not come back to it.
            unsafe { ManuallyDrop::drop(self.value) };
        }
    }
}

impl<Q: Parts> Lined for Q {
    type Section = Q::Section;
    type End = End;

    #[inline(always)]
    fn line(&self, end: End) -> Line<'_, Q::Section> {
        let state = self.state();
        // SAFETY: the queue has both, and touches them inside its section only.
        unsafe { Line::new(self.mutex(), (&raw mut (*state).lines).cast::<Waiters>().byte_add(end.line_at())) }
    }

    /// What the line of a queue waits at: how many places are used, if values are moved inside. In a register before the address of the
    /// line is made, so that `end` is needed no longer then.
    #[inline(always)]
    fn waits_at(&self, end: End) -> u32 {
        if Q::INSIDE { in_a_register(self.used_at(end) as usize) as u32 } else { 0 }
    }

    #[inline(always)]
    fn sees(&self, end: End) -> u32 {
        let waits_at = self.used_at(end);
        // SAFETY: inside the section.
        self.line(end).looks(|| unsafe { self.look(end, waits_at) })
    }

    #[inline(always)]
    unsafe fn look(&self, end: End, waits_at: u32) -> u32 {
        // SAFETY: inside the section.
        let state = unsafe { &*self.state() };
        if Q::INSIDE {
            // It waits at one state of the queue, and finds something, or the end, in all others.
            return state.word() ^ waits_at;
        }
        match end {
            End::Senders if state.is_closed() => ENDED,
            End::Senders => u32::from(self.has_room(state)),
            End::Readers if self.has_value(state) => FINDS,
            // A value that is on its way is one that no reader would find.
            End::Readers if state.is_closed() && state.is_over() => ENDED,
            End::Readers => 0,
        }
    }

    #[inline(always)]
    fn enters(&self, end: End, line: Line<'_, Q::Section>, waits_at: u32, node: Pin<&Node>) -> u32 {
        if Q::INSIDE {
            // SAFETY: inside the section.
            return unsafe { line.enter(node, || self.look(end, waits_at), || ()) };
        }
        if self.shape().is_wide() {
            return self.enters_unlooked(end, line, node);
        }
        match end {
            End::Senders => self.enters_to_send(line, node),
            End::Readers => self.enters_to_read(line, node),
        }
    }

    const COUNTS: bool = !Q::INSIDE;

    #[inline(always)]
    fn finds(&self, end: End) -> u32 {
        // Nothing where as many are inside as can be counted: who is woken then would find nothing, and be woken again.
        match end {
            End::Senders => {
                let places = self.shape().places() as u32;
                self.section(|state| if self.has_room(state) { places - state.word() } else { 0 })
            }
            End::Readers => self.section(|state| if self.has_value(state) { state.readable() } else { 0 }),
        }
    }

    #[inline(always)]
    fn is_end(&self, end: End, seen: u32) -> bool {
        if Q::INSIDE || end == End::Senders { state::is_end(end, seen) } else { seen == ENDED }
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Whether the value was stored.
    #[inline(always)]
    fn goes(&self, going: &mut Going<'_, T>) -> Stood<()> {
        // Once it is stored, readers are woken.
        going.in_hand = false;
        // SAFETY: the value is there, and what is said tells what has become of it.
        let stored = unsafe { self.store(&raw const **going.value) };
        going.in_hand = !stored.is_there();
        stored
    }

    /// The next value, if there is one.
    #[inline(always)]
    pub(super) fn take(&self) -> Stood<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: there is room, and it says that the value is there.
        unsafe { Moves::take_to(self, there.as_mut_ptr()).map(|()| there.assume_init()) }
    }

    /// Blocks until the value is stored.
    #[inline(always)]
    pub(super) fn stand_to_send<Q: Port>(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        let mut value = ManuallyDrop::new(value);
        let mut going = Going::new(&mut value);
        let stood = self.stand::<Q, _>(End::Senders, self.patience(deadline), || self.goes(&mut going));
        core::mem::forget(going);
        self.told(stood, || ManuallyDrop::into_inner(value))
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> SendersWait for StaticQueue<T, M, N, P> {
    type Value = T;

    /// Stores the value, or has its sender wait: then it comes back.
    fn poll_send(
        &self,
        value: T,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Result<Result<(), SendError<T>>, T> {
        let mut value = ManuallyDrop::new(value);
        let mut going = Going::new(&mut value);
        if !self.pauses() {
            let stood = self.goes(&mut going);
            core::mem::forget(going);
            return Ok(self.told(stood, || ManuallyDrop::into_inner(value)));
        }
        let stood = self.poll(End::Senders, node, waited, context.waker(), || self.goes(&mut going));
        core::mem::forget(going);
        match stood {
            Stood::Not => Err(ManuallyDrop::into_inner(value)),
            stood => Ok(self.told(stood, || ManuallyDrop::into_inner(value))),
        }
    }

    /// A sender ends its wait. Room that it was woken for is the next one's.
    fn leave_senders(&self, node: Pin<&Node>, gave_up: bool) {
        if gave_up {
            self.count_timed_out();
        }
        self.leave(End::Senders, node);
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> ReadersWait for StaticQueue<T, M, N, P> {
    type Value = T;
    type Cursor = ();

    /// Takes a value, or has its reader wait.
    fn poll_recv(
        &self,
        (): (),
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        self.poll(End::Readers, node, waited, context.waker(), || self.take()).read().map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait, likewise.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave(End::Readers, node);
    }
}
