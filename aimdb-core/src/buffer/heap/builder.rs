//! What a buffer on the heap is to be.

use bytemuck::NoUninit;

#[cfg(feature = "std")]
use super::INSIDE_BYTES;
use super::code::{All, HeapCode};
use super::{HeapBuffer, HeapClock, HeapShell, Unhoused};
#[cfg(loom)]
use crate::buffer::lane::are_words;
#[cfg(feature = "std")]
use crate::buffer::lane::{LaneLock, Lanes, SPARES};
use crate::buffer::slots::HeapSlots;
use crate::buffer::table::{HeapRows, HeapTable};
use crate::buffer::{BufferCfg, BufferCfgError, Cloning, Degrader, DropHook, Shell, State};
use crate::pure::Kind;
#[cfg(not(feature = "std"))]
use crate::waiting::HeapLock;

/// Describes a [`HeapBuffer`] with user code in it.
pub struct HeapBufferBuilder<T> {
    cfg: BufferCfg,
    degrade: Option<Degrader<T>>,
    on_drop: Option<DropHook<T>>,
    first_number: u64,
    #[cfg(feature = "std")]
    lanes: Lanes,
    #[cfg(feature = "std")]
    eager: bool,
}

impl<T: Send + 'static> HeapBufferBuilder<T> {
    pub(super) fn new(cfg: &BufferCfg) -> Self {
        Self {
            cfg: *cfg,
            degrade: None,
            on_drop: None,
            first_number: 0,
            #[cfg(feature = "std")]
            lanes: Lanes::Moving,
            #[cfg(feature = "std")]
            eager: cfg!(loom),
        }
    }

    /// Gives the function that `Policy::DegradeQuality` applies. It runs on the sender's thread,
    /// outside every lock; a panic in it reaches the sender and changes nothing.
    #[must_use]
    pub fn degrade(mut self, degrader: Degrader<T>) -> Self {
        self.degrade = Some(degrader);
        self
    }

    /// Gives the function that each value goes to which no reader will get. It runs outside every
    /// lock, on whichever thread found out.
    #[must_use]
    pub fn on_drop(mut self, hook: DropHook<T>) -> Self {
        self.on_drop = Some(hook);
        self
    }

    /// Numbers the values from here on: for tests of what happens when the numbers wrap.
    #[doc(hidden)]
    #[must_use]
    pub fn first_number(mut self, first: u64) -> Self {
        self.first_number = first;
        self
    }

    /// Leaves out what is faster and not needed: for tests that compare it with the reference.
    #[doc(hidden)]
    #[must_use]
    pub fn reference(self) -> Self {
        #[cfg(feature = "std")]
        return Self { lanes: Lanes::None, ..self };
        #[cfg(not(feature = "std"))]
        self
    }

    /// Lets a lane be opened again at once when it was closed, whether or not that pays: for tests
    /// that look at the lanes.
    #[doc(hidden)]
    #[must_use]
    pub fn eager(self) -> Self {
        #[cfg(feature = "std")]
        return Self { eager: true, ..self };
        #[cfg(not(feature = "std"))]
        self
    }

    /// Leaves the lane to be made by whoever comes first, as it is outside a model: for the models of
    /// that; all others have theirs from the start.
    #[cfg(loom)]
    #[doc(hidden)]
    #[must_use]
    pub fn late(self) -> Self {
        Self { eager: false, ..self }
    }

    /// Makes a buffer whose values may be cloned for several readers.
    ///
    /// # Errors
    ///
    /// What is wrong with the description.
    pub fn build(self) -> Result<HeapBuffer<T>, BufferCfgError>
    where
        T: Clone + Sync,
    {
        self.fan_out()?.alone()
    }

    /// The same, to lie in a house.
    pub(crate) fn fan_out<H>(self) -> Result<Unhoused<T, H>, BufferCfgError>
    where
        T: Clone + Sync,
    {
        if Cloning::<T>::is_number() {
            let all = const { &All::plain(Cloning::of_number(), Unhoused::<T, H>::DROP_BLOCK) };
            return self.with_copies().unhoused(all);
        }
        self.unhoused(const { &All::plain(Cloning::allowed(), Unhoused::<T, H>::DROP_BLOCK) })
    }

    /// Makes a buffer for plain data, without padding and without pointers to look after: as
    /// [`HeapBufferBuilder::build`], and a small value is copied without a pin, while nobody waits
    /// even without the lock.
    ///
    /// # Errors
    ///
    /// What is wrong with the description.
    pub fn build_plain(self) -> Result<HeapBuffer<T>, BufferCfgError>
    where
        T: NoUninit + Sync,
    {
        self.plain()?.alone()
    }

    /// The same, to lie in a house.
    pub(crate) fn plain<H>(self) -> Result<Unhoused<T, H>, BufferCfgError>
    where
        T: NoUninit + Sync,
    {
        self.with_copies().unhoused(const { &All::plain(Cloning::plain(), Unhoused::<T, H>::DROP_BLOCK) })
    }

    /// The values are plain data, so what overwrites has a lane too, unless a hook is to be given each
    /// value that is overwritten.
    fn with_copies(self) -> Self {
        #[cfg(feature = "std")]
        if self.lanes == Lanes::Moving && self.on_drop.is_none() {
            return Self { lanes: Lanes::MovingAndCopying, ..self };
        }
        self
    }

    /// Makes a buffer for values that are never cloned.
    ///
    /// # Errors
    ///
    /// What is wrong with the description; a `SpmcRing` and a `SingleLatest` need to clone.
    pub fn build_single_cursor(self) -> Result<HeapBuffer<T>, BufferCfgError> {
        self.single_cursor()?.alone()
    }

    /// The same, to lie in a house.
    pub(crate) fn single_cursor<H>(self) -> Result<Unhoused<T, H>, BufferCfgError> {
        match self.cfg.kind() {
            Kind::Mailbox | Kind::Bounded(_) => {
                self.unhoused(const { &All::plain(Cloning::none(), Unhoused::<T, H>::DROP_BLOCK) })
            }
            kind @ (Kind::SpmcRing | Kind::SingleLatest) => Err(BufferCfgError::NeedsClone { kind: kind.name() }),
        }
    }

    /// Which lanes suit the values.
    #[cfg(feature = "std")]
    const fn lanes_of_values(&self) -> Lanes {
        match self.lanes {
            _ if size_of::<T>() > INSIDE_BYTES => Lanes::None,
            // A model checker follows copies by words of its own width only.
            #[cfg(loom)]
            Lanes::MovingAndCopying if self.cfg.kind().retains() && !are_words::<T>() => Lanes::None,
            Lanes::Moving if self.cfg.kind().retains() => Lanes::MovingAndSharing,
            lanes => lanes,
        }
    }

    /// `all` is what is said of such values in such a house.
    fn unhoused<H>(self, all: &'static All<T>) -> Result<Unhoused<T, H>, BufferCfgError> {
        #[cfg(feature = "std")]
        let (lanes, eager) = (self.lanes_of_values(), self.eager);
        let Self { cfg, degrade, on_drop, first_number, .. } = self;
        cfg.validate(degrade.is_some())?;
        let capacity = cfg.capacity();
        let too_large = BufferCfgError::CapacityTooLarge { capacity };
        // One slot more for a value on its way in, one for a value on its way out; more are added
        // when more threads are at it at the same time.
        let slots = capacity + 2;
        // A lane of values that are cloned has some more for those that are overwritten meanwhile.
        #[cfg(feature = "std")]
        let slots = if lanes == Lanes::MovingAndSharing { capacity + SPARES.max(2) } else { slots };
        #[cfg(not(loom))]
        let cells = HeapSlots::new(slots).map_err(|_| too_large)?;
        #[cfg(loom)]
        let cells =
            HeapSlots::new(slots, lanes == Lanes::MovingAndCopying && cfg.kind().retains()).map_err(|_| too_large)?;
        let rows = HeapRows::new(capacity, slots).map_err(|_| too_large)?;
        let state = State::new(cfg.kind(), capacity, rows, HeapTable::new(), first_number);
        let code = HeapCode::new(all, degrade, on_drop).ok_or(too_large)?;
        #[cfg(feature = "std")]
        let lock = LaneLock::new(state, lanes, eager);
        #[cfg(not(feature = "std"))]
        let lock = HeapLock::new(state);
        let shell: HeapShell<T> = Shell::from_parts(lock, cells, code, HeapClock);
        #[cfg(feature = "std")]
        shell.lock().begin(shell.slots());
        Ok(Unhoused::new(shell))
    }
}
