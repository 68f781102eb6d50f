//! A sketch, to be compared with: the least queue of 16 words, over the port that records have, at which tasks block by priority and then by
//! age, until a deadline, and which has an end. A word is moved inside the section, as in a `StaticQueue`.
//!
//! Beside that one it lacks sections of 16 instructions, whoever waits (here one comes and goes in a section as long as its line, and both ends
//! are one piece of code that finds out which when it runs), counts, a value that comes back, an abort, futures, larger values, and a turn
//! for those who were overtaken.
#![no_std]
#![no_main]

use core::cell::{Cell, UnsafeCell};
use core::ptr;

use aimdb_sync_embassy::{FreeRtos, Port, Task};

const PLACES: usize = 16;

/// For ever.
const NEVER: u64 = u64::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Senders,
    Readers,
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Through,
    /// The queue is closed.
    TooLate,
    /// Its time is up.
    ToNothing,
    /// It may not wait where it was made.
    FromNowhere,
}

/// One that waits, on its stack.
struct Waiter {
    next: Cell<*const Self>,
    task: Task,
    priority: u8,
    waits: Cell<bool>,
}

/// The most urgent is the first.
struct Line(Cell<*const Waiter>);

/// Each function is called inside the section, and whoever is in a line is there.
impl Line {
    fn enter(&self, one: &Waiter) {
        let mut at = &self.0;
        // SAFETY: whoever is in the line is there.
        while let Some(other) = unsafe { at.get().as_ref() } {
            if other.priority < one.priority {
                break;
            }
            at = &other.next;
        }
        one.next.set(at.get());
        at.set(one);
    }

    /// Takes out the first.
    fn first(&self) -> Option<Task> {
        // SAFETY: as above.
        let first = unsafe { self.0.get().as_ref() }?;
        self.0.set(first.next.get());
        first.waits.set(false);
        Some(first.task)
    }

    /// Takes out one that waits, which it says.
    fn leave(&self, one: &Waiter) -> bool {
        let mut at = &self.0;
        while !ptr::eq(at.get(), one) {
            // SAFETY: as above, and it is one of them.
            at = unsafe { &(*at.get()).next };
        }
        at.set(one.next.get());
        true
    }
}

struct Queue {
    senders: Line,
    readers: Line,
    used: Cell<usize>,
    read: Cell<usize>,
    closed: Cell<bool>,
    values: UnsafeCell<[u32; PLACES]>,
}

// SAFETY: all of it is touched inside the critical section only.
unsafe impl Sync for Queue {}

impl Queue {
    const fn new() -> Self {
        Self {
            senders: Line(Cell::new(ptr::null())),
            readers: Line(Cell::new(ptr::null())),
            used: Cell::new(0),
            read: Cell::new(0),
            closed: Cell::new(false),
            values: UnsafeCell::new([0; PLACES]),
        }
    }

    /// Moves a value if that can be done. Inside the section.
    #[inline(always)]
    fn moves(&self, end: End, value: &mut u32) -> bool {
        let (used, read) = (self.used.get(), self.read.get());
        let values = self.values.get().cast::<u32>();
        if end == End::Senders {
            if used == PLACES || self.closed.get() {
                return false;
            }
            // SAFETY: a place of the array, inside the section.
            unsafe { values.add((read + used) % PLACES).write(*value) };
            self.used.set(used + 1);
        } else {
            if used == 0 {
                return false;
            }
            // SAFETY: as above.
            *value = unsafe { values.add(read).read() };
            self.read.set((read + 1) % PLACES);
            self.used.set(used - 1);
        }
        true
    }

    /// Both calls: sends the value, or receives one there.
    #[inline(never)]
    fn calls(&self, end: End, value: &mut u32, until: u64) -> Came {
        if !FreeRtos::can_block() {
            return Came::FromNowhere;
        }
        let [own, others] = match end {
            End::Senders => [&self.senders, &self.readers],
            End::Readers => [&self.readers, &self.senders],
        };
        let one = Waiter {
            next: Cell::new(ptr::null()),
            task: FreeRtos::current_task(),
            priority: FreeRtos::priority(),
            waits: Cell::new(false),
        };
        // Each turn is a wake-up.
        loop {
            // SAFETY: each section is left, and once.
            let before = unsafe { critical_section::acquire() };
            let moved = self.moves(end, value);
            if moved || self.closed.get() {
                let woken = if moved { others.first() } else { None };
                // SAFETY: as above; and the port has named the task.
                unsafe {
                    critical_section::release(before);
                    if let Some(task) = woken {
                        FreeRtos::wake(task);
                    }
                }
                return if moved { Came::Through } else { Came::TooLate };
            }
            one.waits.set(true);
            own.enter(&one);
            // SAFETY: as above.
            unsafe { critical_section::release(before) };
            while critical_section::with(|_| one.waits.get()) {
                if until == NEVER {
                    FreeRtos::park_for_ever();
                    continue;
                }
                let left = until.saturating_sub(FreeRtos::now());
                if left > 0 {
                    FreeRtos::park(Some(left));
                    continue;
                }
                // It may have been woken by now; then it looks.
                let gone = critical_section::with(|_| one.waits.get() && own.leave(&one));
                if gone {
                    return Came::ToNothing;
                }
            }
        }
    }

    fn send(&self, mut value: u32) -> bool {
        self.calls(End::Senders, &mut value, NEVER) == Came::Through
    }

    fn receive(&self) -> Option<u32> {
        let mut value = 0;
        (self.calls(End::Readers, &mut value, NEVER) == Came::Through).then_some(value)
    }

    /// Refuses all values to come, and wakes everyone.
    #[allow(dead_code, reason = "none of the programs that are weighed closes anything")]
    fn close(&self) {
        critical_section::with(|_| self.closed.set(true));
        for line in [&self.senders, &self.readers] {
            while let Some(task) = critical_section::with(|_| line.first()) {
                // SAFETY: the port has named it.
                unsafe { FreeRtos::wake(task) };
            }
        }
    }
}

static QUEUE: Queue = Queue::new();

sizes::program! {
    sender &QUEUE;
    send |queue, value| queue.send(value);
    reader Some(&QUEUE);
    receive |queue| queue.receive();
}
