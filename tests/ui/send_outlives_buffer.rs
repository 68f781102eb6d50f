//! A send on its way borrows its buffer.
use aimdb_core::buffer::{BufferCfg, HeapBuffer};

fn main() {
    let buffer = HeapBuffer::<u32>::new(&BufferCfg::Mailbox).unwrap();
    let push = buffer.push_async(1);
    drop(buffer);
    drop(push);
}
