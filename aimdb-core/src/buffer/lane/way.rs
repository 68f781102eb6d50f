//! The way to the sending end of a lane, for a handle that threads use together: where the lane lies. Whose the
//! end is, each call asks with its thread's token; so nothing here changes when threads take turns, end, or come
//! to own the end.
#![allow(unsafe_code)]

use core::mem::ManuallyDrop;
use core::ptr;
// Not a model's: what it leads to was made before the handle could come there, and stays.
use core::sync::atomic::{AtomicPtr, Ordering};

use super::mailbox::MailboxLane;
use super::queue::QueueLane;
use super::ring::RingLane;
use super::scheme::{Called, Lane};
use super::{LaneLock, Stored, is_short};
use crate::buffer::SlotCell;
use crate::waiting::{Token, World, WorldCell};

/// See the module's documentation. Whoever has one keeps the lane where it is.
pub(in crate::buffer) struct Way {
    /// Where the lane lies, and which it is: lanes lie on cache lines of their own, so an address ends in zeros.
    to: AtomicPtr<u8>,
    world: WorldCell,
}

const QUEUE: usize = 0;
const RING: usize = 1;
const MAILBOX: usize = 2;
/// Of no lane, or none that a call would find a way in.
const NONE: usize = 3;

impl Way {
    pub(in crate::buffer) const fn new() -> Self {
        Self { to: AtomicPtr::new(ptr::without_provenance_mut(NONE)), world: WorldCell::new() }
    }

    /// Stores a value, if that takes no more than the few instructions that most calls are. `counts` and `may` are
    /// those of [`Grip::send`](super::Grip::send).
    ///
    /// # Safety
    ///
    /// The lane that was found is still there, and `cells` are the first of its record. A value that was stored is
    /// not used again.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn send<T>(
        &self,
        cells: &[SlotCell<T>],
        value: &ManuallyDrop<T>,
        counts: bool,
        may: impl FnOnce() -> bool,
    ) -> Stored {
        // Acquire: whoever sees the way sees the lane, and the world.
        let to = self.to.load(Ordering::Acquire);
        let (world, token) = (self.world.get(), Token::of_thread_as_it_is());
        // One question after the other, as in a grip, and a queue's address is as it is.
        // SAFETY: such a lane was found at this address, and the rest is this function's contract.
        unsafe {
            if to.addr() & NONE == QUEUE {
                return match may() {
                    true => (*to.cast::<QueueLane>()).send_in(cells, world, &token, value, counts),
                    false => Stored::NotHere,
                };
            }
            let lane = to.wrapping_sub(to.addr() & NONE);
            if to.addr() & NONE == RING {
                return (*lane.cast::<RingLane>()).publish_in(cells, world, &token, value);
            }
            if is_short::<T>() && to.addr() & NONE == MAILBOX {
                return (*lane.cast::<MailboxLane>()).put_in(cells, world, &token, value);
            }
        }
        Stored::NotHere
    }

    /// Whether the way was found, in this process.
    #[inline]
    pub(in crate::buffer) fn is_known(&self) -> bool {
        self.to.load(Ordering::Relaxed).addr() != NONE && self.world.get().is_here()
    }

    /// Remembers the way to the sending end of this lane. `gives` says that there is a hook which is given what a
    /// value displaces.
    fn lead_to(&self, lane: &Lane, gives: bool) {
        let (scheme, at) = match lane {
            Lane::Queue(_, lane) => (QUEUE, ptr::from_ref(lane).cast::<u8>()),
            Lane::Ring(lane) => (RING, ptr::from_ref(lane).cast()),
            Lane::Called(Called::Mailbox(lane)) if !gives => (MAILBOX, ptr::from_ref(lane).cast()),
            Lane::Called(_) => return,
        };
        // Whoever comes here at the same time writes the same.
        self.world.set(World::now());
        // Release: pairs with `send`.
        self.to.store(at.cast_mut().wrapping_add(scheme), Ordering::Release);
    }
}

impl LaneLock {
    /// Shows the way to the sending end.
    #[cold]
    pub(in crate::buffer) fn show(&self, way: &Way, gives: bool) {
        if let Some(lane) = self.lane() {
            way.lead_to(lane, gives);
        }
    }
}
