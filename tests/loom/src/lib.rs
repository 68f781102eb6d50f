//! What the models of aimdb-core are made of.
//!
//! A *scenario* ([`scenarios`]) is one short run of a few threads against a buffer, with what must
//! hold at its end. Loom runs each scenario under every schedule within a bound (`tests/exhaustive.rs`),
//! shuttle runs the larger ones ([`crowds`]) under random and priority-based schedules
//! (`tests/random.rs`). Without `--cfg loom` or `--cfg shuttle` this package is empty.
//!
//! Run it with `tests/loom/run.sh`; `tests/loom/mutants.sh` shows that the models can turn red.
#![cfg(any(loom, shuttle))]

#[cfg(loom)]
pub mod copies;
pub mod crowds;
#[cfg(loom)]
pub mod gated;
pub mod lanes;
#[cfg(loom)]
pub mod late;
pub mod ledger;
pub mod scenarios;
pub mod schedule;
#[cfg(loom)]
pub mod shared;
pub mod verbs;
#[cfg(loom)]
pub mod watching;
