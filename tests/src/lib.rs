//! The test house: what every implementation of a record has to keep, as a library.
//!
//! | module | asks |
//! |---|---|
//! | [`mod@conformance`] | does this implementation keep each promise of the contract? |
//! | [`oracle`] | does it still, under a random schedule that a seed reproduces? |
//! | [`linearize`] | is there one order of these overlapping calls that explains their answers? |
//! | [`hazard`] | what if the value panics, calls back or blocks, at its n-th clone or drop? |
//!
//! An implementation takes part by one [`subject::Subject`] and one line of `conformance!`. Waiting
//! for another thread is always by its event ([`watchdog::until`] and the record's own count of
//! waiters), never by time; what may hang runs [`watchdog::within`] a bound.

pub mod attached;
pub mod conformance;
pub mod drive;
pub mod hazard;
pub mod hostile_waker;
pub mod kept;
pub mod linearize;
pub mod oracle;
pub mod own_buffer;
pub mod payload;
pub mod processor;
pub mod random;
#[cfg(target_os = "linux")]
pub mod sandbox;
pub mod static_queue;
pub mod static_record;
pub mod static_ring;
pub mod static_slot;
pub mod subject;
pub mod wakes;
pub mod watchdog;
