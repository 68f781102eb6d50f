// refused: there is a gap before `microseconds`, of bytes that nobody writes
//! A gap before a field would be bytes that nobody has written.
aimdb_ffi::record! {
    pub struct Reading = "demo.Reading/1" {
        sensor: u32,
        microseconds: u64,
    }
}

fn main() {}
