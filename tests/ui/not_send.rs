//! A value crosses threads.
use std::rc::Rc;

use aimdb_core::buffer::{BufferCfg, HeapBuffer};

fn main() {
    let _ = HeapBuffer::<Rc<u32>>::single_cursor(&BufferCfg::Mailbox);
}
