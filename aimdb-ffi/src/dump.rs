//! `aimdb_db_dump`: who holds what, who waits on what, and for how long, for people.

use core::ffi::c_int;
use core::fmt::Write;

use aimdb_core::RecordStats;
use aimdb_core::pure::Kind;
use aimdb_core::waiting::{Sleeper, sleepers};
use aimdb_sync::{AimDbHandle, WaitsFor};

use crate::database;
use crate::entry::{self, DatabaseHandle};
use crate::signals;
use crate::status::{Answer, Status};

/// The whole text, so that it goes out in few pieces.
fn text(db: &AimDbHandle) -> String {
    let mut out = String::new();
    let blocked = db.blocked();
    let state = if db.is_closed() { "closed" } else { "open" };
    // Writing to a string does not fail.
    let _ = writeln!(out, "database: {state}, {} records, {} threads asleep", db.stats().len(), blocked.len());
    for record in db.stats() {
        describe(&mut out, &record);
        for sleeper in blocked.iter().filter(|blocked| blocked.record == record.record.key) {
            asleep(&mut out, &sleeper.sleeper);
        }
    }
    // A wait for a set is for none of its records.
    for sleeper in sleepers().iter().filter(|sleeper| sleeper.waits_for == WaitsFor::Other) {
        asleep(&mut out, sleeper);
    }
    for service in db.running() {
        let _ = writeln!(out, "running: {service}");
    }
    for failure in db.failures() {
        let _ = writeln!(out, "failed: {} on {}: {}", failure.service, failure.record, failure.message);
    }
    out
}

fn describe(out: &mut String, record: &RecordStats) {
    let metrics = &record.buffer;
    let counters = &metrics.counters;
    let kind = match record.record.kind() {
        Some(Kind::Bounded(policy)) => format!("Bounded ({policy})"),
        Some(kind) => kind.name().to_owned(),
        None => "a buffer of its own kind".to_owned(),
    };
    let closed = if metrics.closed { ", closed" } else { "" };
    let _ = writeln!(
        out,
        "record {}: {kind}, {} of {} values, {} cursors{closed}",
        record.record.key, metrics.occupancy, metrics.capacity, metrics.cursors
    );
    let _ = writeln!(
        out,
        "  accepted {}, delivered {}, refused {}, timed out {}, overwritten {}, lagged {}, aborted {}",
        counters.accepted,
        counters.delivered,
        counters.refused,
        counters.timed_out,
        counters.overwritten,
        counters.lagged,
        counters.aborted
    );
    let _ = writeln!(
        out,
        "  waiting: {} producers, {} consumers; blocked {} times, {:.3} ms in all",
        metrics.waiting_producers,
        metrics.waiting_consumers,
        counters.blocked,
        counters.blocked_ns as f64 / 1e6
    );
    if let Some(slowest) = record.slowest.as_ref().filter(|slowest| slowest.unread > 0) {
        let _ = writeln!(out, "  furthest behind: cursor {} by {}: {}", slowest.id, slowest.unread, slowest.name);
    }
}

fn asleep(out: &mut String, sleeper: &Sleeper) {
    let what = match sleeper.waits_for {
        WaitsFor::Room => "room",
        WaitsFor::Value => "a value",
        WaitsFor::Flush => "its readers, to flush",
        WaitsFor::Other => "something of no one record, such as a wait set,",
    };
    let _ = writeln!(
        out,
        "  thread {} \"{}\" has waited for {what} for {:.3} ms",
        sleeper.thread_id,
        sleeper.thread,
        sleeper.since.as_secs_f64() * 1e3
    );
}

/// Writes all of it.
fn write(fd: c_int, mut bytes: &[u8]) -> Answer {
    // Each turn writes a piece, or was interrupted by a signal.
    while !bytes.is_empty() {
        // SAFETY: the bytes are there; a descriptor that is none is answered with an error.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(0) => return Err(Status::IO),
            Ok(written) => bytes = &bytes[written..],
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Status::IO),
        }
    }
    Ok(())
}

/// `aimdb_db_dump`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_db_dump(db: DatabaseHandle, fd: c_int) -> Status {
    entry::call(|| {
        let pinned = database::pinned(db)?;
        let text = text(&database::of(&pinned)?.handle);
        signals::without_broken_pipes(|| write(fd, text.as_bytes()))
    })
}
