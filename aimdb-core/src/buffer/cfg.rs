//! How a buffer on the heap is described.

use alloc::sync::Arc;

use super::BufferCfgError;
use crate::pure::{DropCause, Kind, Policy};

/// A function that makes a value cheaper to carry; see [`Policy::DegradeQuality`].
pub type Degrader<T> = Arc<dyn Fn(T) -> T + Send + Sync>;

/// A function that is given each value which no reader will get, with the cause.
pub type DropHook<T> = Arc<dyn Fn(T, DropCause) + Send + Sync>;

/// The kind of a buffer and its capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BufferCfg {
    /// A stream for any number of readers; the slow ones are told their lag.
    SpmcRing {
        /// Values that are retained; at least 1.
        capacity: usize,
    },
    /// The newest value.
    SingleLatest,
    /// The latest command, taken once.
    Mailbox,
    /// A queue; the policy says what happens when it is full.
    Bounded {
        /// Values that it holds; 0 is a rendezvous.
        capacity: usize,
        /// What happens to a value that meets a full queue.
        policy: Policy,
    },
}

impl BufferCfg {
    /// The description of a buffer of this kind and capacity.
    pub(super) const fn of(kind: Kind, capacity: usize) -> Self {
        match kind {
            Kind::SpmcRing => Self::SpmcRing { capacity },
            Kind::SingleLatest => Self::SingleLatest,
            Kind::Mailbox => Self::Mailbox,
            Kind::Bounded(policy) => Self::Bounded { capacity, policy },
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::SpmcRing { .. } => Kind::SpmcRing,
            Self::SingleLatest => Kind::SingleLatest,
            Self::Mailbox => Kind::Mailbox,
            Self::Bounded { policy, .. } => Kind::Bounded(*policy),
        }
    }

    /// How many values it holds.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        match self {
            Self::SpmcRing { capacity } | Self::Bounded { capacity, .. } => *capacity,
            Self::SingleLatest | Self::Mailbox => 1,
        }
    }

    /// Whether a buffer can be made so. `degrades` says whether a degrader goes with it.
    ///
    /// # Errors
    ///
    /// What is wrong with the description, the first fault found.
    pub fn validate(&self, degrades: bool) -> Result<(), BufferCfgError> {
        if self.capacity() == 0 && !self.kind().allows_rendezvous() {
            return Err(BufferCfgError::ZeroCapacity { kind: self.described() });
        }
        if self.capacity() > Self::MAX_CAPACITY {
            return Err(BufferCfgError::CapacityTooLarge { capacity: self.capacity() });
        }
        if self.kind() == Kind::Bounded(Policy::DegradeQuality) && !degrades {
            return Err(BufferCfgError::MissingDegrader);
        }
        Ok(())
    }

    /// Slots are numbered with 32 bits, and some are kept for values on their way in and out.
    pub const MAX_CAPACITY: usize = (u32::MAX / 2) as usize;

    const fn described(&self) -> &'static str {
        match self {
            Self::Bounded { policy: Policy::DropOldest, .. } => "Bounded (drop_oldest)",
            Self::Bounded { policy: Policy::DegradeQuality, .. } => "Bounded (degrade_quality)",
            Self::SpmcRing { .. } | Self::SingleLatest | Self::Mailbox | Self::Bounded { .. } => self.kind().name(),
        }
    }
}
