//! What cannot be cloned or shared goes through one cursor, and its futures cross threads.
use std::cell::Cell;

use aimdb_core::buffer::{BufferCfg, HeapBuffer};
use aimdb_core::pure::Policy;

fn crosses<T: Send>(value: T) -> T {
    value
}

fn is_shared<T: Send + Sync>(_: &T) {}

fn main() {
    let cfg = BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream };
    let buffer = HeapBuffer::<Cell<u32>>::single_cursor(&cfg).unwrap();
    is_shared(&buffer);
    let mut reader = crosses(buffer.reader().unwrap());
    drop(crosses(buffer.push_async(Cell::new(1))));
    drop(crosses(reader.recv()));
}
