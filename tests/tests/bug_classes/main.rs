//! The bug classes B1 to B24 of this field, each with the test that it owes.
//!
//! | class | where |
//! |---|---|
//! | B1 to B5 | `wakeups` |
//! | B6, B7, B11, B12, B18, B21, B22 | `values` |
//! | B8, B14 to B17, B19, B20, B23, B24 | `limits` |
//! | B9, B10 | the test binary `hazards` |
//! | B13 | the test binary `linearizability` |
//! | B8 at compile time | the test binary `compile_fail` |
//! | C9, waits that are leaked | `leaks` |
//! | B23, when the allocator refuses | the test binary `allocations` |
//!
//! B2, B3 and B24 are also checked by models, which see every interleaving and ordering.

mod leaks;
mod limits;
mod values;
mod wakeups;

use std::thread::{self, JoinHandle};

use aimdb_core::buffer::{BufferCfg, HeapBuffer, Reader, RecvTimeoutError, SendError, send_blocking};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::Deadline;

const fn bounded(capacity: usize, policy: Policy) -> BufferCfg {
    BufferCfg::Bounded { capacity, policy }
}

fn new(cfg: &BufferCfg) -> HeapBuffer<u64> {
    HeapBuffer::builder(cfg).degrade(std::sync::Arc::new(|value| value)).build().expect("a buffer")
}

fn pausing(capacity: usize) -> HeapBuffer<u64> {
    new(&bounded(capacity, Policy::PauseUpstream))
}

/// Every kind and policy at this capacity, where it has a meaning.
fn kinds(capacity: usize) -> Vec<BufferCfg> {
    let mut cfgs = vec![BufferCfg::SpmcRing { capacity }, BufferCfg::SingleLatest, BufferCfg::Mailbox];
    cfgs.extend(Policy::ALL.map(|policy| bounded(capacity, policy)));
    cfgs.retain(|cfg| cfg.validate(true).is_ok());
    cfgs
}

fn send_apart(buffer: &HeapBuffer<u64>, value: u64) -> JoinHandle<Result<(), SendError<u64>>> {
    let buffer = buffer.clone();
    thread::spawn(move || send_blocking(&buffer, value, Deadline::Never))
}

fn recv_apart(mut reader: Reader<u64>) -> JoinHandle<Result<u64, RecvTimeoutError>> {
    thread::spawn(move || reader.recv_blocking(Deadline::Never))
}

/// For an answer that does not matter.
fn ignore<T>(_: T) {}
