//! A reader waits once at a time.
use aimdb_core::buffer::{BufferCfg, HeapBuffer};

fn main() {
    let buffer = HeapBuffer::<u32>::new(&BufferCfg::Mailbox).unwrap();
    let mut reader = buffer.reader().unwrap();
    let one = reader.recv();
    let two = reader.recv();
    drop((one, two));
}
