//! A row that has been measured, and what follows from it.

use crate::clock::{Clock, cores, pin};
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
    /// ns per operation.
    pub series: Series,
}

/// A row's samples.
pub struct Answer {
    /// The row's name.
    pub name: String,
    /// Its question.
    pub asks: String,
    /// The time it was measured in.
    pub clock: Clock,
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
        let series = interleaved(&mut samplers, effort.rounds, effort.sample(row.clock));
        pin(cores());
        let entries = row.contestants.into_iter().zip(series);
        let entries = entries.map(|(one, series)| Entry { name: one.name, class: one.class, series }).collect();
        Self { name: row.name, asks: row.asks, clock: row.clock, entries }
    }

    /// Ours.
    pub fn ours(&self) -> &Entry {
        self.best(Class::Ours).expect("every row has ours")
    }

    /// The peer with the least median, if the row has peers.
    pub fn peer(&self) -> Option<&Entry> {
        self.best(Class::Peer)
    }

    /// The published AimDB.
    pub fn published(&self) -> Option<&Entry> {
        self.best(Class::Published)
    }

    fn best(&self, class: Class) -> Option<&Entry> {
        let of_class = self.entries.iter().filter(|entry| entry.class == class);
        of_class.min_by(|a, b| a.series.median().total_cmp(&b.series.median()))
    }
}
