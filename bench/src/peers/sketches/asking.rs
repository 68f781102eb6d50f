//! A sketch whose calls ask all that a call has to ask before it may touch a record, whatever lies behind.
//!
//! | asks | because |
//! |---|---|
//! | whether this is the process in which the end was made | a forked child must not touch its parent's records |
//! | which kind of record it is | a handle's type says what is moved, not how |
//! | in waiting calls, whether this thread may wait | a service of a runtime that would is told so |
//! | in a handle that threads share, whether this one has the end | it is the only one that may go by the end alone |

use std::cell::Cell;
use std::hint::cold_path;
use std::marker::PhantomData;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use crate::link::{Class, Ends, Link, Named, Peek};
use crate::payload::Payload;

/// The sketch `L` with these questions. `SHARED`: its sender stands for one that threads share.
pub struct Asking<L, const SHARED: bool = false>(PhantomData<L>);

/// An end of `L`, and what the answers have to be.
pub struct Asked<E> {
    process: u32,
    form: u8,
    owner: u64,
    end: E,
}

static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static MAY_WAIT: Cell<bool> = const { Cell::new(false) };
    static THREAD: Cell<u64> = const { Cell::new(0) };
}

/// The form of record that all of these are.
const FORM: u8 = 60;

impl<E> Asked<E> {
    /// An end of the process and the thread that comes here.
    fn new(end: E) -> Self {
        PROCESS.store(std::process::id(), Relaxed);
        MAY_WAIT.set(true);
        THREAD.set(u64::from(std::process::id()));
        Self { process: std::process::id(), form: FORM, owner: THREAD.get(), end }
    }

    /// The end, if the answers are right.
    #[inline(always)]
    fn ask<const WAITS: bool, const SHARED: bool>(&mut self) -> Option<&mut E> {
        let here = self.form == FORM
            && (!WAITS || MAY_WAIT.get())
            && (!SHARED || self.owner == THREAD.get())
            && self.process == PROCESS.load(Relaxed);
        if !here {
            cold_path();
            return None;
        }
        Some(&mut self.end)
    }
}

const NOT_HERE: &str = "a row of one thread uses its ends where it opened them";

impl<L: Named, const SHARED: bool> Named for Asking<L, SHARED> {
    const CLASS: Class = Class::Asking;

    fn name() -> String {
        format!("{}, all questions", L::name())
    }
}

impl<T: Payload, L: Link<T>, const SHARED: bool> Link<T> for Asking<L, SHARED> {
    type Keep = L::Keep;
    type Sender = Asked<L::Sender>;
    type Reader = Asked<L::Reader>;

    const OVERWRITES: bool = L::OVERWRITES;

    fn open(capacity: usize, readers: usize) -> Ends<Self::Keep, Self::Sender, Self::Reader> {
        let Ends { keep, sender, readers } = L::open(capacity, readers);
        Ends { keep, sender: Asked::new(sender), readers: readers.into_iter().map(Asked::new).collect() }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        L::try_send(sender.ask::<false, SHARED>().expect(NOT_HERE), value)
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        L::send(sender.ask::<true, SHARED>().expect(NOT_HERE), value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        L::try_recv(reader.ask::<false, false>().expect(NOT_HERE))
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        L::recv(reader.ask::<true, false>().expect(NOT_HERE))
    }
}

impl<T: Payload, L: Peek<T>, const SHARED: bool> Peek<T> for Asking<L, SHARED> {
    #[inline(always)]
    fn peek(reader: &mut Self::Reader) -> T {
        L::peek(reader.ask::<false, false>().expect(NOT_HERE))
    }
}
