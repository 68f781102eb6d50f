// refused: `usize` is no plain value that C has too
//! Not every byte is a `bool`, and a `usize` is not the same everywhere.
aimdb_ffi::record! {
    pub struct Reading = "demo.Reading/1" {
        sensor: usize,
    }
    pub struct Switch = "demo.Switch/1" {
        on: bool,
    }
}

fn main() {}
