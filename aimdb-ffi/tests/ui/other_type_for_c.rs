// refused: `String` is no plain value that C has too
//! A record of a type that is not plain is not for C.
fn export(exports: aimdb_ffi::Exports) {
    let _ = exports.record::<String>("log");
}

fn main() {}
