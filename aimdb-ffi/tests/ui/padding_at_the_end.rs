// refused: there is a gap at the end of `Reading`, of bytes that nobody writes
//! So would a gap behind the last one.
aimdb_ffi::record! {
    pub struct Reading = "demo.Reading/1" {
        microseconds: u64,
        sensor: u32,
    }
}

fn main() {}
