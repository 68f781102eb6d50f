//! Two readers would look at one value at the same time (RUSTSEC-2025-0023).
use std::cell::Cell;

use aimdb_core::buffer::{BufferCfg, HeapBuffer};

fn main() {
    let _ = HeapBuffer::<Cell<u32>>::new(&BufferCfg::SingleLatest);
}
