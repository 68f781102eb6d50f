//! Those we are compared with, each through the calls that a threaded program would use.

pub mod crossbeam;
pub mod plain;
pub mod published;
pub mod tokio_broadcast;
pub mod tokio_mpsc;
pub mod tokio_watch;
