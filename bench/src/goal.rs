//! What a row is to show, and whether it does.

use crate::answer::{Answer, Entry};

/// What is asked of our side in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// Nothing: the row is shown for what it says.
    None,
    /// At most so much of the best blocking peer.
    Peer(f64),
    /// At most so much of the published AimDB.
    Published(f64),
    /// At most so much of the contestant of this name.
    Named(&'static str, f64),
    /// At most so much of ours in the row of this name.
    Row(&'static str, f64),
    /// At most so much, in the unit of the row.
    AtMost(f64),
    /// At least so much, in the unit of the row.
    AtLeast(f64),
}

/// How a goal and a row compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// What the goal is about: a ratio, or a value in the unit of the row.
    pub value: f64,
    /// Whether it is good enough.
    pub met: bool,
    /// Whether it is not below what the row's sketch takes; what meets the goal is never.
    pub in_reach: bool,
}

impl Goal {
    /// What the measurements say about the goal of `answer`; nothing if the goal is none, or about
    /// someone who was not measured.
    pub fn verdict(&self, answer: &Answer, answers: &[Answer]) -> Option<Verdict> {
        let ours = &answer.ours().series;
        let verdict = |value: f64, met: bool| {
            let is_beyond = |aim: f64| answer.limit().is_some_and(|limit| aim < limit.series.median());
            Some(Verdict { value, met, in_reach: met || !self.aim(answer).is_some_and(is_beyond) })
        };
        let at_most = |value: f64, limit: f64| verdict(value, value <= limit);
        match self {
            Self::None => None,
            Self::Peer(part) => at_most(ours.ratio_to(&answer.peer()?.series), *part),
            Self::Published(part) => at_most(ours.ratio_to(&answer.published()?.series), *part),
            Self::Named(name, part) => {
                let named = answer.entries.iter().find(|entry| entry.name == *name)?;
                at_most(ours.ratio_to(&named.series), *part)
            }
            Self::Row(name, part) => {
                let other = answers.iter().find(|other| other.name == *name)?;
                at_most(ours.median() / other.ours().series.median(), *part)
            }
            Self::AtMost(limit) => at_most(ours.median(), *limit),
            Self::AtLeast(limit) => verdict(ours.median(), ours.median() >= *limit),
        }
    }

    /// What the goal comes to in the unit of the row, if that can be told from the row alone.
    pub fn aim(&self, answer: &Answer) -> Option<f64> {
        let median = |entry: &Entry| entry.series.median();
        match self {
            Self::None | Self::Row(..) => None,
            Self::Peer(part) => answer.peer().map(|peer| median(peer) * part),
            Self::Published(part) => answer.published().map(|published| median(published) * part),
            Self::Named(name, part) => {
                answer.entries.iter().find(|entry| entry.name == *name).map(|entry| median(entry) * part)
            }
            Self::AtMost(limit) | Self::AtLeast(limit) => Some(*limit),
        }
    }

    /// The goal as the tables say it.
    pub fn text(&self) -> String {
        match self {
            Self::None => "-".into(),
            Self::Peer(part) => format!("≤ {part} × peer"),
            Self::Published(part) => format!("≤ {part} × published"),
            Self::Named(name, part) => format!("≤ {part} × {name}"),
            Self::Row(name, part) => format!("≤ {part} × {name}"),
            Self::AtMost(limit) => format!("≤ {limit}"),
            Self::AtLeast(limit) => format!("≥ {limit}"),
        }
    }
}
