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
    /// Whether it is good enough, and if not, how that stands to what the row's best sketch takes.
    pub standing: Standing,
}

/// How ours stands to a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is met.
    Met,
    /// It is not, and ours takes no more than the row's sketch, by the medians and by the rounds.
    AtLimit,
    /// It is not, and even the row's sketch, which takes less than ours, takes more than the goal.
    BelowLimit,
    /// It is not, and no sketch shows that it cannot be.
    Short,
}

impl Standing {
    /// As the tables say it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Met => "yes",
            Self::AtLimit => "at limit",
            Self::BelowLimit => "below limit",
            Self::Short => "no",
        }
    }
}

impl Goal {
    /// What the measurements say about the goal of `answer`; nothing if the goal is none, or about
    /// someone who was not measured.
    pub fn verdict(&self, answer: &Answer, answers: &[Answer]) -> Option<Verdict> {
        let ours = &answer.ours().series;
        let verdict = |value: f64, met: bool| {
            let standing = if met { Standing::Met } else { self.shortfall(answer) };
            Some(Verdict { value, standing })
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

    /// How ours stands to the goal, which is not met.
    fn shortfall(&self, answer: &Answer) -> Standing {
        // Of what is to be much, a sketch that has less shows nothing.
        let Some(sketch) = answer.limit().filter(|_| !matches!(self, Self::AtLeast(_))) else { return Standing::Short };
        let (ours, limit) = (&answer.ours().series, &sketch.series);
        if answer.is_refuted_by_peer(sketch) {
            return Standing::Short;
        }
        if ours.median() <= limit.median() && ours.ratio_to(limit) <= 1.0 {
            return Standing::AtLimit;
        }
        match self.aim(answer) {
            Some(aim) if aim < limit.median() && limit.median() < ours.median() => Standing::BelowLimit,
            _ => Standing::Short,
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

#[cfg(test)]
mod tests {
    use super::{Goal, Standing};
    use crate::answer::Answer;

    fn standing(goal: Goal, ours: &[f64], sketches: &[&[f64]]) -> Option<Standing> {
        let answer = Answer::sampled(goal, ours, &[12.0; 3], sketches);
        Some(answer.goal.verdict(&answer, &[])?.standing)
    }

    #[test]
    fn what_takes_no_more_than_the_bare_structure_is_at_the_limit() {
        assert_eq!(standing(Goal::Peer(0.4), &[6.0; 3], &[&[6.0; 3]]), Some(Standing::AtLimit));
        assert_eq!(standing(Goal::Peer(0.4), &[6.0; 3], &[&[7.0; 3]]), Some(Standing::AtLimit));
        assert_eq!(standing(Goal::Peer(0.4), &[6.0; 3], &[&[7.0; 3], &[5.5; 3]]), Some(Standing::BelowLimit));
        assert_eq!(standing(Goal::Row("another", 1.1), &[6.0; 3], &[&[6.0; 3]]), None, "that row was not measured");
    }

    #[test]
    fn the_limit_is_reached_by_the_medians_and_by_the_rounds() {
        let (ours, sketch) = ([3.0, 6.0, 8.0], [2.0, 7.0, 7.0]);
        assert_eq!(standing(Goal::Peer(0.2), &ours, &[&sketch]), Some(Standing::Short), "by the medians alone");
        let (ours, sketch) = ([6.0, 7.0, 8.0], [6.5, 6.8, 8.5]);
        assert_eq!(standing(Goal::Peer(0.2), &ours, &[&sketch]), Some(Standing::BelowLimit), "by the rounds alone");
    }

    #[test]
    fn a_goal_lies_below_the_limit_where_the_bare_structure_takes_more_than_it() {
        assert_eq!(standing(Goal::Peer(0.4), &[6.0; 3], &[&[5.5; 3]]), Some(Standing::BelowLimit));
        assert_eq!(standing(Goal::AtMost(5.0), &[6.0; 3], &[&[5.5; 3]]), Some(Standing::BelowLimit));
        assert_eq!(standing(Goal::Peer(0.4), &[6.0; 3], &[&[4.0; 3]]), Some(Standing::Short), "it is in reach");
        assert_eq!(standing(Goal::Peer(0.4), &[6.0; 3], &[]), Some(Standing::Short), "there is no sketch");
    }

    #[test]
    fn a_sketch_that_takes_more_than_a_peer_shows_nothing() {
        for (ours, sketch) in [([6.0; 3], [13.0; 3]), ([14.0; 3], [13.0; 3])] {
            assert_eq!(standing(Goal::Peer(0.4), &ours, &[&sketch]), Some(Standing::Short));
        }
    }

    #[test]
    fn where_a_sketch_asks_all_questions_it_is_the_limit_and_no_peer_refutes_it() {
        let standing = |ours: f64, asking: f64| {
            let answer = Answer::sampled(Goal::Peer(0.4), &[ours; 3], &[4.0; 3], &[&[3.0; 3]]).and_asking(&[asking; 3]);
            Some(answer.goal.verdict(&answer, &[])?.standing)
        };
        assert_eq!(standing(6.0, 5.0), Some(Standing::BelowLimit));
        assert_eq!(standing(5.0, 5.0), Some(Standing::AtLimit));
        assert_eq!(standing(6.0, 1.5), Some(Standing::Short), "the goal is in reach");
    }

    #[test]
    fn what_meets_its_goal_does_so_whatever_a_sketch_takes() {
        assert_eq!(standing(Goal::Peer(0.5), &[6.0; 3], &[&[7.0; 3]]), Some(Standing::Met));
        assert_eq!(standing(Goal::Peer(0.5), &[6.0; 3], &[]), Some(Standing::Met));
        assert_eq!(standing(Goal::AtLeast(7.0), &[6.0; 3], &[&[6.0; 3]]), Some(Standing::Short));
    }
}
