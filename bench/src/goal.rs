//! What a row is to show, and whether it does.

use crate::answer::Answer;

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
}

impl Goal {
    /// What the measurements say about the goal of `answer`; nothing if the goal is none, or about
    /// someone who was not measured.
    pub fn verdict(&self, answer: &Answer, answers: &[Answer]) -> Option<Verdict> {
        let ours = &answer.ours().series;
        let at_most = |value: f64, limit: f64| Some(Verdict { value, met: value <= limit });
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
            Self::AtLeast(limit) => Some(Verdict { value: ours.median(), met: ours.median() >= *limit }),
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
