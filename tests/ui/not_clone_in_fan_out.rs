//! Several readers of one value need clones of it.
use aimdb_core::buffer::{BufferCfg, HeapBuffer};

struct Once;

fn main() {
    let _ = HeapBuffer::<Once>::new(&BufferCfg::SpmcRing { capacity: 1 });
}
