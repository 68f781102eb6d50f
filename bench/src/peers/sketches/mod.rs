//! The least code that could keep what a record promises in a row: the bare data structure, without a
//! lock, and what others need who may want its ends to stand still. So what a sketch takes is what the
//! machine allows: a goal below that cannot be reached. A sketch keeps no promise itself; it has what the
//! keeping costs those who do not wait.

mod asking;
mod batches;
mod counted;
mod crowd;
mod fetch;
pub mod least;
mod mailbox;
mod park;
mod queue;
mod ring;
mod stamped;
mod task;
mod wait;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, compiler_fence};

pub use asking::Asking;
pub use batches::Batches;
pub use counted::Counted;
pub use crowd::Crowd;
pub use mailbox::Mailbox;
pub use park::Park;
pub use queue::Queue;
pub use ring::Ring;
pub use stamped::Stamped;
pub use task::Task;
pub use wait::{GiveWay, Moment, Spin};

use crate::payload::{Line, Opaque, Payload, Text};

/// The way in for one end. Whoever shuts it for all that is rare (close, wait, count, come and leave)
/// takes the pass away, puts a barrier into every running thread and looks at the flag.
#[derive(Debug)]
#[repr(align(128))]
struct Door {
    open: AtomicBool,
    inside: AtomicBool,
}

/// Somebody is inside until this is dropped.
struct Inside<'a>(&'a Door);

impl Door {
    fn new() -> Arc<Self> {
        Arc::new(Self { open: AtomicBool::new(true), inside: AtomicBool::new(false) })
    }

    #[inline]
    fn enter(&self) -> Option<Inside<'_>> {
        self.inside.store(true, Relaxed);
        compiler_fence(SeqCst);
        let inside = Inside(self);
        self.open.load(Acquire).then_some(inside)
    }
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.inside.store(false, Release);
    }
}

/// A value as it lies where others may look at it while it is replaced.
pub trait Kept: Payload {
    /// Where it lies.
    type Place: Default + Send + Sync + 'static;

    /// Where it lies in a row of places that no value shares a cache line in which it need not.
    type OnLines: Default + Send + Sync + 'static;

    /// Whether a reader must say that it looks, because a clone is more than a copy that can be thrown away.
    const PINNED: bool;

    /// The place of such a row.
    fn place(on_lines: &Self::OnLines) -> &Self::Place;

    /// Puts it there.
    fn put(self, place: &Self::Place);

    /// Copies, or clones, what is there; what comes may be torn if it was being replaced.
    fn look(place: &Self::Place) -> Self;
}

impl Kept for u64 {
    type Place = AtomicU64;
    type OnLines = AtomicU64;

    const PINNED: bool = false;

    fn place(on_lines: &AtomicU64) -> &AtomicU64 {
        on_lines
    }

    fn put(self, place: &AtomicU64) {
        place.store(self, Relaxed);
    }

    fn look(place: &AtomicU64) -> Self {
        place.load(Relaxed)
    }
}

/// One cache line.
#[derive(Default)]
#[repr(align(64))]
pub struct OnLine([AtomicU64; 8]);

impl Kept for Line {
    type Place = [AtomicU64; 8];
    type OnLines = OnLine;

    const PINNED: bool = false;

    fn place(on_lines: &OnLine) -> &Self::Place {
        &on_lines.0
    }

    fn put(self, place: &Self::Place) {
        for (to, word) in place.iter().zip(bytemuck::cast::<Self, [u64; 8]>(self)) {
            to.store(word, Relaxed);
        }
    }

    fn look(place: &Self::Place) -> Self {
        bytemuck::cast(std::array::from_fn::<u64, 8, _>(|word| place[word].load(Relaxed)))
    }
}

impl Kept for Opaque {
    type Place = AtomicU64;
    type OnLines = AtomicU64;

    const PINNED: bool = true;

    fn place(on_lines: &AtomicU64) -> &AtomicU64 {
        on_lines
    }

    fn put(self, place: &AtomicU64) {
        place.store(self.tag(), Relaxed);
    }

    fn look(place: &AtomicU64) -> Self {
        Self::tagged(place.load(Relaxed))
    }
}

/// Without unsafe code a lock of its own stands in for the pin: two read-modify-writes either way.
impl Kept for Text {
    type Place = Mutex<Option<Self>>;
    type OnLines = Self::Place;

    const PINNED: bool = false;

    fn place(on_lines: &Self::Place) -> &Self::Place {
        on_lines
    }

    fn put(self, place: &Self::Place) {
        let before = place.lock().expect("no clone panics").replace(self);
        drop(before);
    }

    fn look(place: &Self::Place) -> Self {
        place.lock().expect("no clone panics").clone().expect("a value was put there")
    }
}
