//! Records in static memory for FreeRTOS applications in C. What an application sees is
//! `include/aimdb_sync_embassy.h`; README.md leads from here to one that runs.
//!
//! A record of Rust has its values' type, its capacity and its kind in its own type. One of C has them in a constant
//! that the header's macros write ([`Record`]), and its memory beside it; so there is one shell for all of
//! them, whose values are parcels: what passes the machine says where the bytes are, and the bytes are
//! copied outside the critical section, between the same two lock holds.
//!
//! Beside the shell stand lean records, [`Queue`], [`Ring`], [`Mailbox`] and [`Latest`], over the state and the waiters of `StaticQueue`,
//! `StaticRing`, `StaticMailbox` and `StaticLatest`. A program that has only those is linked without a shell.
#![cfg_attr(target_os = "none", no_std)]

mod exports;
mod kernel;
mod latest;
mod lean;
mod mailbox;
mod memory;
mod queue;
mod record;
mod ring;
mod status;

pub use exports::*;
pub use latest::*;
pub use mailbox::*;
pub use queue::*;
#[doc(hidden)]
pub use record::SPARE_BYTES;
pub use record::{Record, Stats};
pub use ring::*;
pub use status::Status;
