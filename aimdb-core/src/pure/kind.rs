//! The four kinds of a record, as a table of rules over one machine.
//!
//! | rule | `SpmcRing` | `SingleLatest` | `Mailbox` | `Bounded` |
//! |---|---|---|---|---|
//! | keeps a value after every cursor has read it | yes | yes | no | no |
//! | all subscriptions share one cursor | no | no | yes | no |
//! | a new cursor starts at | the next value | the current value | the pending value | the oldest unread, if it is the only cursor; else the next |
//! | tells a cursor that it lagged | yes | no | no | yes |
//! | has a value to peek at | no | yes | yes | no |
//! | when full | overwrites | overwrites | overwrites | the policy decides |

use super::Policy;

/// How a record moves its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A stream with bounded memory; a slow cursor is told how many values it missed.
    SpmcRing,
    /// The newest value; what lies between two reads is skipped.
    SingleLatest,
    /// The latest command; whoever takes it first has it.
    Mailbox,
    /// A queue that loses nothing unless its [`Policy`] says so.
    Bounded(Policy),
}

/// Where a new cursor begins on a record that retains old values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Start {
    /// As the kind's table says; on a ring, with the next value that is sent.
    #[default]
    Live,
    /// With the oldest value that is still retained. Differs from `Live` on a ring only.
    Oldest,
}

impl Kind {
    /// Whether a value stays after every cursor has read it.
    #[must_use]
    pub const fn retains(self) -> bool {
        match self {
            Self::SpmcRing | Self::SingleLatest => true,
            Self::Mailbox | Self::Bounded(_) => false,
        }
    }

    /// Whether all subscriptions share one cursor and so compete for each value.
    #[must_use]
    pub const fn shares_cursor(self) -> bool {
        matches!(self, Self::Mailbox)
    }

    /// Whether a cursor that missed values is told so by its next read.
    #[must_use]
    pub const fn tells_lag(self) -> bool {
        match self {
            Self::SpmcRing | Self::Bounded(_) => true,
            Self::SingleLatest | Self::Mailbox => false,
        }
    }

    /// Whether the record has a current value that can be looked at without taking it.
    #[must_use]
    pub const fn peeks(self) -> bool {
        match self {
            Self::SingleLatest | Self::Mailbox => true,
            Self::SpmcRing | Self::Bounded(_) => false,
        }
    }

    /// What a full record of this kind does with the next value.
    #[must_use]
    pub const fn when_full(self) -> Policy {
        match self {
            Self::SpmcRing | Self::SingleLatest | Self::Mailbox => Policy::DropOldest,
            Self::Bounded(policy) => policy,
        }
    }

    /// Whether a cursor of this kind holds the producer back.
    #[must_use]
    pub const fn gates(self) -> bool {
        match self {
            Self::Bounded(policy) => policy.gates(),
            Self::SpmcRing | Self::SingleLatest | Self::Mailbox => false,
        }
    }

    /// Whether capacity 0 has a meaning here: a rendezvous, where a value is accepted only into
    /// the hands of a reader that waits. The policies that make room by displacing an older value
    /// have none to displace.
    #[must_use]
    pub const fn allows_rendezvous(self) -> bool {
        match self {
            Self::Bounded(Policy::PauseUpstream | Policy::Fail | Policy::DropNewest) => true,
            Self::Bounded(Policy::DropOldest | Policy::DegradeQuality)
            | Self::SpmcRing
            | Self::SingleLatest
            | Self::Mailbox => false,
        }
    }

    /// The name of the kind as the documentation spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SpmcRing => "SpmcRing",
            Self::SingleLatest => "SingleLatest",
            Self::Mailbox => "Mailbox",
            Self::Bounded(_) => "Bounded",
        }
    }
}
