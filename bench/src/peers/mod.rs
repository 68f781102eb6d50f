//! Those we are compared with, each through the calls that a threaded program would use.

pub mod async_broadcast;
pub mod bus;
pub mod channels;
pub mod crossbeam;
pub mod embassy;
pub mod limits;
pub mod plain;
pub mod published;
pub mod queues;
pub mod sketches;
pub mod tokio_broadcast;
pub mod tokio_mpsc;
pub mod tokio_watch;
