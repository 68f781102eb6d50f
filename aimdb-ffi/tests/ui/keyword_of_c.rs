// refused: C and C++ can name nothing `class`
//! C++ could not name it.
aimdb_ffi::record! {
    pub struct Reading = "demo.Reading/1" {
        class: u32,
    }
}

fn main() {}
