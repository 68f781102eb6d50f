//! A layout of one's own cannot clone what is not `Sync` either.
use std::cell::Cell;

use aimdb_core::buffer::Cloning;

fn main() {
    let _ = Cloning::<Cell<u32>>::allowed();
}
