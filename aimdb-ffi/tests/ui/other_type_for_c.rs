//! A record of a type that is not plain is not for C.
use aimdb_ffi::Exports;
use aimdb_sync::{AimDbBuilder, Attach};

fn main() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<String>("log", |record| {
        record.bounded(1);
    });
    let _ = Exports::new(builder.attach().unwrap()).record::<String>("log");
}
