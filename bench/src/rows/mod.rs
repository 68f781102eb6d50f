//! The rows: what is asked, and of whom. The numbers are those of the table in docs/performance.md.

mod growth;
mod guards;
mod latest;
mod mailbox;
mod others;
mod queue;
mod ring;

use crate::clock::Clock;
use crate::goal::Goal;
use crate::link::{Class, Named};
use crate::measure::Sampler;

/// Values that rings and queues hold where the row does not say otherwise.
const CAPACITY: usize = 1024;

/// One who answers a row.
pub struct Contestant {
    /// How the tables call it.
    pub name: String,
    /// What it is to the comparison.
    pub class: Class,
    /// Makes its link.
    pub open: Box<dyn Fn() -> Sampler>,
}

impl Contestant {
    /// One that is called and counted as `L` says.
    pub fn new<L: Named, S: Into<Sampler>>(open: impl Fn() -> S + 'static) -> Self {
        Self { name: L::name(), class: L::CLASS, open: Box::new(move || open().into()) }
    }

    /// The same outside of the competition, because it keeps something else than the row asks for.
    fn with_remark(self, remark: &str) -> Self {
        Self { name: format!("{} ({remark})", self.name), class: Class::Limit, ..self }
    }
}

/// One question and those who answer it, in the order in which they are measured.
pub struct Row {
    /// Its number in the table of goals, or what else it belongs to.
    pub number: &'static str,
    /// `<kind>/<question>`; what `--row` looks into.
    pub name: String,
    /// The question.
    pub asks: String,
    /// The time it is measured in.
    pub clock: Clock,
    /// What is counted for each operation.
    pub unit: &'static str,
    /// What is asked of ours.
    pub goal: Goal,
    /// More rounds than this would say nothing new.
    pub most_rounds: usize,
    /// Ours first.
    pub contestants: Vec<Contestant>,
}

impl Row {
    /// A row of ns for each operation.
    pub fn new(
        number: &'static str,
        name: impl Into<String>,
        asks: impl Into<String>,
        clock: Clock,
        goal: Goal,
        contestants: Vec<Contestant>,
    ) -> Self {
        let (name, asks) = (name.into(), asks.into());
        Self { number, name, asks, clock, unit: "ns", goal, most_rounds: usize::MAX, contestants }
    }

    /// The same row of another unit.
    fn in_unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same row in at most so many rounds.
    fn at_most(self, most_rounds: usize) -> Self {
        Self { most_rounds, ..self }
    }
}

/// `workload::<value>(arguments); contestant, …`: each of them with that workload.
macro_rules! contestants {
    ($workload:ident::<$value:ty> $arguments:tt; $($contestant:ty),+ $(,)?) => {
        vec![$(
            $crate::rows::Contestant::new::<$contestant, _>(
                move || $crate::workload::$workload::<$value, $contestant> $arguments
            )
        ),+]
    };
}
use contestants;

/// All rows, by their numbers; then the guards, growth, and those without a number.
pub fn all() -> Vec<Row> {
    let mut rows = queue::rows();
    rows.extend(ring::rows());
    rows.extend(latest::rows());
    rows.extend(mailbox::rows());
    rows.extend(others::rows());
    rows.extend(guards::rows());
    rows.extend(growth::rows());
    rows.sort_by_key(|row| match row.number {
        "guard" => 100,
        "growth" => 101,
        number => number.parse().unwrap_or(102),
    });
    rows
}
