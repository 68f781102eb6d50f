//! The buffer, and what it is told. Beside it, a place for the lines of the library that faults too: some calls have
//! nothing else of the program's in their midst.

use core::cell::Cell;
use core::task::{Context, Poll, Waker};
use std::panic::resume_unwind;

use aimdb_core::buffer::{
    Buffer, BufferMetrics, BufferReader, NotReserved, ReaderMetrics, RecvError, SubscribeError, TryProduceError,
    TryRecvError,
};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Watched;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What is to be done with the calls of this thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    /// The next one panics, and then all is fine.
    Faulty,
    /// Makes no cursor, keeps no word, watches nothing.
    Refusing(SubscribeError),
}

std::thread_local! {
    static MOOD: Cell<Mood> = const { Cell::new(Mood::Fine) };
}

/// Until it is dropped.
pub(crate) struct Until;

pub(crate) fn in_a(mood: Mood) -> Until {
    MOOD.set(mood);
    Until
}

impl Until {
    pub(crate) fn is_over(&self) -> bool {
        MOOD.get() == Mood::Fine
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        MOOD.set(Mood::Fine);
    }
}

/// Panics if it is to, which nobody is told of.
fn act() {
    if MOOD.get() == Mood::Faulty {
        MOOD.set(Mood::Fine);
        resume_unwind(Box::new("a fault"));
    }
}

fn refusal() -> Option<SubscribeError> {
    if let Mood::Refusing(why) = MOOD.get() { Some(why) } else { None }
}

/// A buffer that keeps nothing.
pub(crate) struct Own;

impl Buffer<u64> for Own {
    fn push(&self, _: u64) {
        act();
    }

    fn reserve(&self) -> Result<bool, NotReserved> {
        Ok(true)
    }

    fn push_reserved(&self, value: u64) -> Result<(), TryProduceError<u64>> {
        act();
        if refusal().is_some() { Err(TryProduceError::Full(value)) } else { Ok(()) }
    }

    fn unreserve(&self) {
        act();
    }

    fn subscribe(&self, _: Start) -> Result<Box<dyn BufferReader<u64>>, SubscribeError> {
        refusal().map_or_else(|| Ok(Box::new(Cursor) as _), Err)
    }

    fn watch_room(&self) -> Option<Box<dyn Watched>> {
        watch()
    }

    fn metrics(&self) -> BufferMetrics {
        act();
        BufferMetrics::default()
    }
}

struct Cursor;

impl BufferReader<u64> for Cursor {
    fn try_recv(&mut self) -> Result<u64, TryRecvError> {
        act();
        Err(TryRecvError::Empty)
    }

    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Result<u64, RecvError>> {
        act();
        Poll::Ready(Err(RecvError::Closed))
    }

    fn watch(&self) -> Option<Box<dyn Watched>> {
        watch()
    }

    fn share(&self) -> Result<Box<dyn BufferReader<u64>>, SubscribeError> {
        refusal().map_or_else(|| Ok(Box::new(Self) as _), Err)
    }

    fn metrics(&self) -> ReaderMetrics {
        act();
        ReaderMetrics::default()
    }
}

struct Watch;

fn watch() -> Option<Box<dyn Watched>> {
    if refusal().is_some() { None } else { Some(Box::new(Watch)) }
}

impl Watched for Watch {
    fn poll_ready(&self, _: &Waker) -> bool {
        act();
        false
    }

    fn cancel(&self) {}
}

impl Drop for Watch {
    fn drop(&mut self) {
        act();
    }
}

/// Has the lines of this program.
pub(crate) struct Told;

impl Subscriber for Told {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, _: &Event<'_>) {
        act();
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
