//! A row that has been measured, and what follows from it.

use crate::clock::{Clock, cores, pin};
use crate::goal::Goal;
use crate::link::Class;
use crate::measure::{Effort, Sampler, interleaved};
use crate::rows::Row;
use crate::statistics::Series;

/// One contestant's samples.
pub struct Entry {
    /// How the tables call it.
    pub name: String,
    /// What it is to the comparison.
    pub class: Class,
    /// In the unit of the row.
    pub series: Series,
}

/// A row's samples.
pub struct Answer {
    /// Its number in the table of goals, or what else it belongs to.
    pub number: &'static str,
    /// The row's name.
    pub name: String,
    /// Its question.
    pub asks: String,
    /// The time it was measured in.
    pub clock: Clock,
    /// What is counted for each operation.
    pub unit: &'static str,
    /// What is asked of ours.
    pub goal: Goal,
    /// How many processes measured it, each the same number of samples.
    pub processes: usize,
    /// One for each contestant.
    pub entries: Vec<Entry>,
}

impl Answer {
    /// Measures a row. Its links are made before and dropped after.
    pub fn measure(row: Row, effort: Effort) -> Self {
        let mut samplers: Vec<Sampler> = row.contestants.iter().map(|contestant| (contestant.open)()).collect();
        // Threads that the contestants started are free to run elsewhere.
        if row.clock == Clock::ThreadCpu {
            pin(&cores()[..1]);
        }
        let series = interleaved(&mut samplers, effort.rounds.min(row.most_rounds), effort.sample(row.clock));
        pin(cores());
        let entries = row.contestants.iter().zip(series);
        let entries = entries.map(|(one, series)| Entry { name: one.name.clone(), class: one.class, series }).collect();
        let Row { number, name, asks, clock, unit, goal, .. } = row;
        Self { number, name, asks, clock, unit, goal, processes: 1, entries }
    }

    /// A row of which ours, a peer and sketches have these samples.
    #[cfg(test)]
    pub fn sampled(goal: Goal, ours: &[f64], peer: &[f64], sketches: &[&[f64]]) -> Self {
        let entry = |class, samples: &[f64]| Entry { name: String::new(), class, series: Series::new(samples.into()) };
        let mut entries = vec![entry(Class::Ours, ours), entry(Class::Peer, peer)];
        entries.extend(sketches.iter().map(|samples| entry(Class::Sketch, samples)));
        let (name, asks) = (String::new(), String::new());
        Self { number: "-", name, asks, clock: Clock::Wall, unit: "ns", goal, processes: 1, entries }
    }

    /// The same with a sketch that asks all questions.
    #[cfg(test)]
    pub fn and_asking(mut self, samples: &[f64]) -> Self {
        let series = Series::new(samples.into());
        self.entries.push(Entry { name: String::new(), class: Class::Asking, series });
        self
    }

    /// Ours: the first, where a row has it in two forms.
    pub fn ours(&self) -> &Entry {
        self.entries.iter().find(|entry| entry.class == Class::Ours).expect("every row has ours")
    }

    /// The best peer by its median, if the row has peers.
    pub fn peer(&self) -> Option<&Entry> {
        self.best(Class::Peer)
    }

    /// The best of the row's sketches, if it has any; of those that ask all questions, if it has such.
    pub fn limit(&self) -> Option<&Entry> {
        self.best(Class::Asking).or_else(|| self.best(Class::Sketch))
    }

    /// Whether a peer takes less than this sketch, which bounds nothing then. One that asks all questions no peer
    /// refutes, since none of them asks these all.
    pub fn is_refuted_by_peer(&self, sketch: &Entry) -> bool {
        sketch.class == Class::Sketch && self.peer().is_some_and(|peer| peer.series.median() < sketch.series.median())
    }

    /// What one writes oneself.
    pub fn hand(&self) -> Option<&Entry> {
        self.best(Class::Hand)
    }

    /// The published AimDB.
    pub fn published(&self) -> Option<&Entry> {
        self.best(Class::Published)
    }

    /// Between which ratios to `other` the processes lie, each by its own samples; nothing of a single one.
    pub fn ratios_by_process(&self, other: &Entry) -> Option<(f64, f64)> {
        let (ours, theirs) = (self.ours().series.parts(self.processes), other.series.parts(self.processes));
        let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours.ratio_to(theirs)).collect();
        ratios.sort_by(f64::total_cmp);
        (ratios.len() > 1).then(|| (ratios[0], ratios[ratios.len() - 1]))
    }

    fn best(&self, class: Class) -> Option<&Entry> {
        let of_class = self.entries.iter().filter(|entry| entry.class == class);
        let sign = if matches!(self.goal, Goal::AtLeast(_)) { -1.0 } else { 1.0 };
        of_class.min_by(|a, b| (sign * a.series.median()).total_cmp(&(sign * b.series.median())))
    }
}
