//! AimDB for threaded C and C++ programs: the functions behind `include/aimdb.h`.
//!
//! What a caller in C has to know stands in that header.
//!
//! | module | is |
//! |---|---|
//! | `status` | the status codes, their names and texts |
//! | `table` | handles: numbers that are looked up |
//! | `signals` | none on a thread of this library |
//! | `entry` | what each function begins with: panics stay here, pointers are looked at, handles opened |
//! | `form`, `plain`, `plain_send`, `plain_recv`, `reading` | what a value is, and how it gets from C's bytes into a record and out again |
//! | `block` | values of any number of bytes, held by count, and the pools that they come from |
//! | `block_record`, `block_send`, `block_recv` | records of such values |
//! | `callback` | functions of C, and the pointers that they want |
//! | `builder`, `database`, `producer`, `consumer`, `message`, `loan`, `waitset`, `failure` | the functions, by their first argument |
//! | `versioned` | structures of other versions of the header |
//! | `dump`, `log` | what a person is told |
//! | `record!`, `shape`, `header`, `exports` | records that Rust describes and C opens |
//!
//! `unsafe` stands where C's pointers are read and written, and in the table; each place says by which promise of
//! the header.
#![allow(unsafe_code)]
// A function of C is reached by its symbol, not by its path.
#![allow(unreachable_pub)]

mod block;
mod block_record;
mod block_recv;
mod block_send;
mod builder;
mod callback;
#[cfg(test)]
mod constants;
mod consumer;
mod database;
mod dump;
mod entry;
mod exports;
mod failure;
mod form;
mod header;
mod loan;
mod log;
mod message;
mod object;
mod plain;
mod plain_recv;
mod plain_send;
mod policy;
mod producer;
mod reading;
mod record;
mod schema;
mod shape;
mod signals;
mod status;
mod table;
mod time;
mod versioned;
mod waitset;

pub use entry::DatabaseHandle;
pub use exports::Exports;
pub use header::c_header;
#[doc(hidden)]
pub use record::parts;
pub use schema::Schema;
pub use shape::{PlainValue, Shape};
pub use status::Status;
