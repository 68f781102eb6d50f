//! What a full queue does, said before it exists.

use core::fmt;
use core::ops::{Deref, DerefMut};

use super::Registrar;
use super::registrar::BufferPlan;
use crate::buffer::BufferCfg;
use crate::pure::Policy;

/// Says what a queue does when it is full; see [`Registrar::bounded`]. It is a [`Registrar`] too.
pub struct BoundedRegistrar<'a, T: Send + 'static> {
    registrar: &'a mut Registrar<T>,
    /// Which of the registrar's buffers this is about.
    at: usize,
}

impl<'a, T: Send + 'static> BoundedRegistrar<'a, T> {
    /// For the buffer that was chosen last.
    pub(super) fn new(registrar: &'a mut Registrar<T>) -> Self {
        let at = registrar.buffers.len() - 1;
        Self { registrar, at }
    }

    /// The producer waits.
    pub fn pause(self) -> Self {
        self.policy(Policy::PauseUpstream)
    }

    /// The value travels back.
    pub fn fail(self) -> Self {
        self.policy(Policy::Fail)
    }

    /// The oldest value makes room.
    pub fn drop_oldest(self) -> Self {
        self.policy(Policy::DropOldest)
    }

    /// The incoming value is dropped.
    pub fn drop_newest(self) -> Self {
        self.policy(Policy::DropNewest)
    }

    /// The oldest value makes room for `degrade(value)`.
    pub fn degrade(mut self, degrade: impl Fn(T) -> T + Send + Sync + 'static) -> Self {
        self.degrader(degrade);
        self.policy(Policy::DegradeQuality)
    }

    /// What the policy says, for one that is known at run time only.
    pub fn policy(self, chosen: Policy) -> Self {
        match &mut self.registrar.buffers[self.at] {
            BufferPlan::FanOut(BufferCfg::Bounded { policy, .. }, _)
            | BufferPlan::SingleCursor(BufferCfg::Bounded { policy, .. }) => *policy = chosen,
            BufferPlan::FanOut(..) | BufferPlan::SingleCursor(_) | BufferPlan::Raw(_) => {}
        }
        self
    }

    /// Back to the record.
    pub fn done(self) -> &'a mut Registrar<T> {
        self.registrar
    }
}

impl<T: Send + 'static> Deref for BoundedRegistrar<'_, T> {
    type Target = Registrar<T>;

    fn deref(&self) -> &Registrar<T> {
        self.registrar
    }
}

impl<T: Send + 'static> DerefMut for BoundedRegistrar<'_, T> {
    fn deref_mut(&mut self) -> &mut Registrar<T> {
        self.registrar
    }
}

impl<T: Send + 'static> fmt::Debug for BoundedRegistrar<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.registrar, f)
    }
}
