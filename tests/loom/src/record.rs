//! What the handles of aimdb-sync-embassy ask of a record.

#[path = "../../../aimdb-sync-embassy/src/record/ops.rs"]
mod ops;

pub(crate) use ops::{ForHandles, Found, Ops, Record, Sending, Waiting, WholeOps, WholeRecord};
