// accepted
//! Records can be made where nothing may be unsafe and everything has a comment.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings)]

aimdb_ffi::record! {
    /// A place.
    #[derive(Default)]
    pub struct Place = "demo.Place/1" {
        /// To the right.
        pub x: f32,
        /// Upwards.
        pub y: f32,
    }

    /// What was measured there.
    pub struct Reading = "demo.Reading/1" {
        /// Where.
        pub place: Place,
        /// What.
        pub samples: [u16; 4],
    }
}

/// Uses them.
fn main() {
    let reading = Reading { place: Place::default(), samples: [1; 4] };
    assert_eq!(reading, reading);
}
