//! Which threads sleep, since when, and for what: for whoever is asked why nothing moves.
//!
//! Each thread that ever slept has a note. Notes lie in a list that only grows and are never freed, so they can be
//! read at any time, without a lock; the note of a thread that has ended is the next new one's. Only a thread
//! that goes to sleep writes, which costs it a look at the clock beside a system call.
#![allow(unsafe_code)]
#![cfg_attr(any(loom, shuttle), expect(dead_code, reason = "nobody sleeps in a model"))]

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use core::time::Duration;

use super::{Clock, SystemClock, fork_generation};

/// What a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitsFor {
    /// Room for a value.
    Room,
    /// A value.
    Value,
    /// That readers consume what was sent.
    Flush,
    /// Something that is none of a record's.
    Other,
}

/// A thread that sleeps in a call of this library.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sleeper {
    /// The name of the thread; empty if it has none.
    pub thread: String,
    /// The number that the system gave the thread; 0 where it gives none.
    pub thread_id: u32,
    /// The record that it waits for ([`crate::buffer::Buffer::identity`]), or 0.
    pub record: usize,
    /// What it waits for there.
    pub waits_for: WaitsFor,
    /// For how long it has slept.
    pub since: Duration,
}

const NAME: usize = 16;

struct Note {
    next: *const Note,
    taken: AtomicBool,
    thread_id: AtomicU32,
    name: [AtomicU8; NAME],
    record: AtomicUsize,
    waits_for: AtomicU8,
    /// When it fell asleep, plus one; 0 while it is awake.
    since: AtomicU64,
    /// In which process: a forked child has the notes of its parent's threads, and not the threads.
    process: AtomicU32,
}

static NOTES: AtomicPtr<Note> = AtomicPtr::new(ptr::null_mut());

/// A thread's note, while the thread lives.
struct Mine(&'static Note);

impl Drop for Mine {
    fn drop(&mut self) {
        self.0.since.store(0, Ordering::Relaxed);
        self.0.taken.store(false, Ordering::Release);
    }
}

std::thread_local! {
    static MINE: Mine = Mine(take_note());
    /// The record and the wait that the thread is in a call about.
    static ABOUT: Cell<(usize, WaitsFor)> = const { Cell::new((0, WaitsFor::Other)) };
}

/// The notes, first to last.
fn notes() -> impl Iterator<Item = &'static Note> {
    // SAFETY: what the list leads to was leaked when it was linked.
    let mut at = unsafe { NOTES.load(Ordering::Acquire).as_ref() };
    core::iter::from_fn(move || {
        let note = at?;
        // SAFETY: as above.
        at = unsafe { note.next.as_ref() };
        Some(note)
    })
}

/// A note for the calling thread.
fn take_note() -> &'static Note {
    let take = |note: &Note| note.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok();
    let note = notes().find(|note| take(note)).unwrap_or_else(link_note);
    let (id, name) = system::thread();
    note.thread_id.store(id, Ordering::Relaxed);
    for (place, byte) in note.name.iter().zip(name) {
        place.store(byte, Ordering::Relaxed);
    }
    note
}

#[cold]
fn link_note() -> &'static Note {
    let note = Box::leak(Box::new(Note {
        next: ptr::null(),
        taken: AtomicBool::new(true),
        thread_id: AtomicU32::new(0),
        name: [const { AtomicU8::new(0) }; NAME],
        record: AtomicUsize::new(0),
        waits_for: AtomicU8::new(0),
        since: AtomicU64::new(0),
        process: AtomicU32::new(0),
    }));
    let mut head = NOTES.load(Ordering::Relaxed);
    // Each turn but the last one, another thread has linked its own.
    loop {
        note.next = head;
        match NOTES.compare_exchange_weak(head, note, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return note,
            Err(now) => head = now,
        }
    }
}

/// Says what the calling thread is about to wait for, until it is dropped.
#[derive(Debug)]
pub struct About((usize, WaitsFor));

impl About {
    /// Enters a call that may wait for something of the record with this identity.
    #[must_use]
    pub fn enter(record: usize, waits_for: WaitsFor) -> Self {
        Self(ABOUT.try_with(|about| about.replace((record, waits_for))).unwrap_or((0, WaitsFor::Other)))
    }
}

impl Drop for About {
    fn drop(&mut self) {
        let _ = ABOUT.try_with(|about| about.set(self.0));
    }
}

/// The calling thread sleeps until this is dropped.
#[cfg(not(any(loom, shuttle)))]
pub(super) struct Asleep {
    note: Option<&'static Note>,
    since: u64,
}

#[cfg(not(any(loom, shuttle)))]
impl Asleep {
    /// A thread whose local storage is gone already is not noted.
    pub(super) fn now() -> Self {
        let note = MINE.try_with(|mine| mine.0).ok();
        let since = SystemClock.now();
        if let Some(note) = note {
            let (record, waits_for) = ABOUT.try_with(Cell::get).unwrap_or((0, WaitsFor::Other));
            // Who sees what follows sees that it was awake before.
            fence(Ordering::Release);
            note.record.store(record, Ordering::Relaxed);
            note.waits_for.store(waits_for.code(), Ordering::Relaxed);
            note.process.store(fork_generation(), Ordering::Relaxed);
            // Release: who sees the time sees the rest.
            note.since.store(since.saturating_add(1), Ordering::Release);
        }
        Self { note, since }
    }

    /// It sleeps no more; says for how many nanoseconds it did.
    pub(super) fn end(self) -> u64 {
        SystemClock.now().saturating_sub(self.since)
    }
}

#[cfg(not(any(loom, shuttle)))]
impl Drop for Asleep {
    fn drop(&mut self) {
        if let Some(note) = self.note {
            note.since.store(0, Ordering::Relaxed);
        }
    }
}

impl WaitsFor {
    const ALL: [Self; 4] = [Self::Room, Self::Value, Self::Flush, Self::Other];

    const fn code(self) -> u8 {
        match self {
            Self::Room => 0,
            Self::Value => 1,
            Self::Flush => 2,
            Self::Other => 3,
        }
    }
}

/// The threads of this process that sleep in a call of this library, the one that has slept longest first. A
/// glance at each: a thread may have woken meanwhile. Allocates; never blocks.
#[must_use]
pub fn sleepers() -> Vec<Sleeper> {
    let now = SystemClock.now();
    let mut found: Vec<_> = notes().filter_map(|note| note.sleeper(now)).collect();
    found.sort_by_key(|sleeper| core::cmp::Reverse(sleeper.since));
    found
}

impl Note {
    fn sleeper(&self, now: u64) -> Option<Sleeper> {
        let since = self.since.load(Ordering::Acquire).checked_sub(1)?;
        if self.process.load(Ordering::Relaxed) != fork_generation() {
            return None;
        }
        let name: Vec<u8> =
            self.name.iter().map(|byte| byte.load(Ordering::Relaxed)).take_while(|byte| *byte != 0).collect();
        let waits_for = WaitsFor::ALL.get(usize::from(self.waits_for.load(Ordering::Relaxed)));
        let sleeper = Sleeper {
            thread: String::from_utf8_lossy(&name).into_owned(),
            thread_id: self.thread_id.load(Ordering::Relaxed),
            record: self.record.load(Ordering::Relaxed),
            waits_for: waits_for.copied().unwrap_or(WaitsFor::Other),
            since: Duration::from_nanos(now.saturating_sub(since)),
        };
        // Acquire: the look below comes after those above.
        fence(Ordering::Acquire);
        // It slept all the while, so all of that belongs together.
        (self.since.load(Ordering::Relaxed) == since + 1).then_some(sleeper)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::NAME;

    /// The calling thread's number and name, as the system has them.
    pub(super) fn thread() -> (u32, [u8; NAME]) {
        let mut name = [0_u8; NAME];
        // SAFETY: the system writes up to 16 bytes there, with a zero at the end; the other call only answers.
        let id = unsafe {
            libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr());
            libc::gettid()
        };
        (u32::try_from(id).unwrap_or(0), name)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::NAME;

    /// The calling thread's name, if std knows it, cut to what fits.
    pub(super) fn thread() -> (u32, [u8; NAME]) {
        let mut name = [0_u8; NAME];
        let thread = std::thread::current();
        for (place, byte) in name.iter_mut().zip(thread.name().unwrap_or_default().bytes()) {
            *place = byte;
        }
        (0, name)
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn m3_a_sleeping_thread_is_seen_with_what_it_waits_for_and_gone_when_it_wakes() {
        let (asleep, told) = mpsc::channel();
        let (wake, woken) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("a-sleeper".into()).spawn(move || {
            let _about = About::enter(4711, WaitsFor::Room);
            let _asleep = Asleep::now();
            asleep.send(()).expect("it is awaited");
            let _ = woken.recv();
        });
        told.recv().expect("it sleeps");
        let ours = || sleepers().into_iter().find(|sleeper| sleeper.record == 4711);
        let seen = ours().expect("it sleeps");
        assert_eq!((seen.thread.as_str(), seen.waits_for), ("a-sleeper", WaitsFor::Room));
        drop(wake);
        thread.expect("a thread is to be had").join().expect("it wakes");
        assert_eq!(ours(), None);
    }
}
