//! The five policies of a full `Bounded` record, as one table.
//!
//! | full | `try_send` | `send` |
//! |---|---|---|
//! | `PauseUpstream` | refused | waits |
//! | `Fail` | refused | refused |
//! | `DropOldest` | the oldest goes | the oldest goes |
//! | `DropNewest` | the incoming one goes | the incoming one goes |
//! | `DegradeQuality` | the oldest goes, the incoming one is degraded | the same |
//!
//! The idea of naming what a full stream does, and four of the five names, come from axon's
//! `Stream<T>`.

use core::fmt;
use core::str::FromStr;

/// What a full `Bounded` record does with the next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The producer waits for space. Slug `pause_upstream`.
    PauseUpstream,
    /// The value is refused and travels back. Slug `fail`.
    Fail,
    /// The oldest value is displaced. Slug `drop_oldest`.
    DropOldest,
    /// The incoming value is dropped. Slug `drop_newest`.
    DropNewest,
    /// The oldest value is displaced and a degraded form of the incoming one is stored. Slug
    /// `degrade_quality`.
    DegradeQuality,
}

/// What becomes of a value that meets a full record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The producer waits, if its call is one that waits; otherwise the value travels back.
    Wait,
    /// The value travels back at once.
    Refuse,
    /// The oldest value makes room.
    Displace,
    /// The incoming value is dropped, and the call succeeds.
    DropIncoming,
    /// The oldest value makes room for a degraded form of the incoming one.
    Degrade,
}

impl Policy {
    /// Every policy, in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::PauseUpstream, Self::Fail, Self::DropOldest, Self::DropNewest, Self::DegradeQuality];

    /// What happens to a value that meets a full record.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::PauseUpstream => Verdict::Wait,
            Self::Fail => Verdict::Refuse,
            Self::DropOldest => Verdict::Displace,
            Self::DropNewest => Verdict::DropIncoming,
            Self::DegradeQuality => Verdict::Degrade,
        }
    }

    /// Whether a cursor may not be overtaken under this policy.
    #[must_use]
    pub const fn gates(self) -> bool {
        match self {
            Self::PauseUpstream | Self::Fail => true,
            Self::DropOldest | Self::DropNewest | Self::DegradeQuality => false,
        }
    }

    /// The policy's name in configuration, in C and in metrics.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::PauseUpstream => "pause_upstream",
            Self::Fail => "fail",
            Self::DropOldest => "drop_oldest",
            Self::DropNewest => "drop_newest",
            Self::DegradeQuality => "degrade_quality",
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// A slug that names no policy. It carries as much of the slug as fits, so that it needs no heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPolicy {
    text: [u8; Self::SHOWN],
    len: usize,
}

impl UnknownPolicy {
    const SHOWN: usize = 32;

    fn new(slug: &str) -> Self {
        let mut len = slug.len().min(Self::SHOWN);
        while !slug.is_char_boundary(len) {
            len -= 1;
        }
        let mut text = [0; Self::SHOWN];
        text[..len].copy_from_slice(&slug.as_bytes()[..len]);
        Self { text, len }
    }

    /// The slug that was not understood; its first 32 bytes if it is longer.
    #[must_use]
    pub fn slug(&self) -> &str {
        core::str::from_utf8(&self.text[..self.len]).unwrap_or_default()
    }

    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> super::ErrorKind {
        super::ErrorKind::Configuration
    }
}

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no policy; the policies are", self.slug())?;
        for (i, policy) in Policy::ALL.iter().enumerate() {
            write!(f, "{}{policy}", if i == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownPolicy {}

impl FromStr for Policy {
    type Err = UnknownPolicy;

    fn from_str(slug: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|policy| policy.slug() == slug).ok_or_else(|| UnknownPolicy::new(slug))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn s8_every_slug_reads_back_and_an_unknown_one_is_named() {
        for policy in Policy::ALL {
            assert_eq!(policy.to_string().parse::<Policy>(), Ok(policy));
        }
        let error = "DROP_LATEST".parse::<Policy>().expect_err("no such policy");
        assert_eq!(error.slug(), "DROP_LATEST");
        assert_eq!(
            error.to_string(),
            "`DROP_LATEST` is no policy; the policies are pause_upstream, fail, drop_oldest, drop_newest, degrade_quality"
        );
        let long = "ä".repeat(40).parse::<Policy>().expect_err("no such policy");
        assert_eq!(long.slug(), "ä".repeat(16));
    }
}
