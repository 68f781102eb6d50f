//! Storey 0: what a record *is*, without a lock, a waker, a clock or a thread.
//!
//! One machine, [`Log`], carries all four kinds; [`Kind`] is the table that tells them apart and
//! [`Policy`] the table of what a full `Bounded` record does. They decide over slot *indices* and
//! never touch a value, so the same code runs under a thread lock, in a critical section on a
//! microcontroller, and under a model checker.

mod counters;
mod error_kind;
mod kind;
mod log;
mod policy;
mod slot_pool;
mod table;

pub use counters::{Counters, Counts, CursorCounters, Readers};
pub use error_kind::ErrorKind;
pub use kind::{Kind, Start};
pub use log::{Cursor, CursorId, Ends, Entry, Log, Next, Room, Storage};
pub use policy::{Policy, UnknownPolicy, Verdict};
pub use slot_pool::{Claim, Doomed, DropCause, Owned, Pinned, SlotMeta};
pub use table::{Beside, Both, Rows, Table, TableFull, With, Zero};
