//! The constants of `aimdb.h` are the numbers that the Rust side reads and writes. Statuses and policies are compared
//! in `tests/header.rs`.

use std::collections::BTreeMap;

use aimdb_core::buffer::BufferCfg;
use aimdb_core::pure::{DropCause, Policy, Start};
use tracing::Level;

use crate::form::{self, CType, Form, Type};
use crate::{callback, consumer, log, schema::Schema};

/// Those that stand behind the type of this name in the header, up to the next empty line.
fn after(of: &str) -> BTreeMap<&'static str, i32> {
    let header = include_str!("../include/aimdb.h");
    let (_, rest) = header.split_once(&format!("{of}\n")).expect("the header has it");
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let pairs = lines.filter_map(|line| {
        let mut words = line.strip_prefix("#define AIMDB_")?.split_whitespace();
        Some((words.next()?, words.next()?.parse().ok()?))
    });
    pairs.collect()
}

/// What each constant of a list is in Rust, and that the number after the last is nothing.
fn named<T>(of: &str, read: impl Fn(i32) -> Option<T>) -> BTreeMap<&'static str, T> {
    let constants = after(of);
    let (first, last) = (constants.values().min().copied(), constants.values().max().copied());
    let (first, last) = first.zip(last).expect("there are some");
    assert!(read(first - 1).is_none() && read(last + 1).is_none(), "{of}: Rust has a number that the header lacks");
    assert_eq!(usize::try_from(last - first + 1), Ok(constants.len()), "{of}: the header has each number once");
    constants.into_iter().map(|(name, number)| (name, read(number).expect("Rust knows it"))).collect()
}

#[test]
fn kinds_forms_and_starts_of_the_header_are_those_of_rust() {
    let kinds = named("typedef int32_t aimdb_kind_t;", |kind| form::cfg(kind, 0, 3).ok());
    let expected = [
        ("SPMC_RING", BufferCfg::SpmcRing { capacity: 3 }),
        ("SINGLE_LATEST", BufferCfg::SingleLatest),
        ("MAILBOX", BufferCfg::Mailbox),
        ("BOUNDED", BufferCfg::Bounded { capacity: 3, policy: Policy::PauseUpstream }),
    ];
    assert_eq!(kinds, expected.into());

    let forms = named("typedef int32_t aimdb_form_t;", |form| {
        Type::checked(&CType::of(form, 8, 8, Schema::default())).ok().map(|ty| ty.form)
    });
    assert_eq!(forms, [("PLAIN", Form::Plain), ("BYTES", Form::Bytes), ("POINTER", Form::Pointer)].into());

    let starts = named("typedef int32_t aimdb_start_t;", |start| consumer::start(start).ok());
    assert_eq!(starts, [("LIVE", Start::Live), ("OLDEST", Start::Oldest)].into());
}

#[test]
fn causes_and_levels_of_the_header_are_those_of_rust() {
    let causes = [
        ("DROPPED_OVERWRITTEN", DropCause::Overwritten),
        ("DROPPED_REFUSED", DropCause::Refused),
        ("DROPPED_NEWEST", DropCause::DroppedNewest),
        ("DROPPED_CANCELLED", DropCause::Cancelled),
        ("DROPPED_ABORTED", DropCause::Aborted),
    ];
    let causes = causes.map(|(name, cause)| (name, callback::cause_code(cause)));
    assert_eq!(after("typedef int32_t aimdb_drop_cause_t;"), causes.into());

    let levels = [
        ("LOG_ERROR", Level::ERROR),
        ("LOG_WARN", Level::WARN),
        ("LOG_INFO", Level::INFO),
        ("LOG_DEBUG", Level::DEBUG),
    ];
    let levels = levels.map(|(name, level)| (name, log::code(level)));
    assert_eq!(after("typedef void (*aimdb_log_t)(void *user, int32_t level, const char *text);\n"), levels.into());
}
