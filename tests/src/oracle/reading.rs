//! How the oracle's readers read, come and go.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use aimdb_core::buffer::{HeapBuffer, Reader, RecvError, RecvTimeoutError, TryRecvError};
use aimdb_core::waiting::{Deadline, SystemClock};

use super::Seen;
use crate::payload::Item;
use crate::random::Random;

/// Reads by every form until the end, or so many times.
pub(super) fn read(mut reader: Reader<Item>, mut random: Random, times: Option<usize>) -> Seen {
    let mut seen = Seen::default();
    for _ in 0..times.unwrap_or(usize::MAX) {
        if random.one_in(10) {
            thread::yield_now();
        }
        let answer = match random.below(9) {
            0 | 1 => reader.try_recv(),
            2 | 3 if times.is_none() => blocking(&mut reader, Deadline::Never),
            2..=4 => blocking(&mut reader, SystemClock.after(Duration::from_micros(random.below(200) as u64))),
            5 => blocking(&mut reader, Deadline::At(0)),
            6 => {
                drop(reader.recv());
                Err(TryRecvError::Empty)
            }
            7 => poll_once(&mut reader, &mut random),
            _ if random.one_in(3) => reader.try_latest(),
            _ => reader.try_recv(),
        };
        match answer {
            Ok(item) => seen.tags.push(item.tag()),
            Err(TryRecvError::Lagged(lag)) => seen.told_lag += lag,
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Closed) => break,
            Err(TryRecvError::Misuse(misuse)) => panic!("{misuse}"),
        }
    }
    seen
}

fn blocking(reader: &mut Reader<Item>, deadline: Deadline) -> Result<Item, TryRecvError> {
    reader.recv_blocking(deadline).map_err(|error| match error {
        RecvTimeoutError::Timeout => TryRecvError::Empty,
        RecvTimeoutError::Lagged(lag) => TryRecvError::Lagged(lag),
        RecvTimeoutError::Closed => TryRecvError::Closed,
        RecvTimeoutError::Misuse(misuse) => TryRecvError::Misuse(misuse),
    })
}

/// Polls once and drops the future: after the registration, or after the wake.
fn poll_once(reader: &mut Reader<Item>, random: &mut Random) -> Result<Item, TryRecvError> {
    let mut recv = pin!(reader.recv());
    match recv.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(item)) => Ok(item),
        Poll::Ready(Err(RecvError::Lagged(lag))) => Err(TryRecvError::Lagged(lag)),
        Poll::Ready(Err(RecvError::Closed)) => Err(TryRecvError::Closed),
        Poll::Ready(Err(RecvError::Misuse(misuse))) => Err(TryRecvError::Misuse(misuse)),
        Poll::Pending => {
            for _ in 0..random.below(4) {
                thread::yield_now();
            }
            Err(TryRecvError::Empty)
        }
    }
}

/// Comes, reads a little and goes, again and again.
pub(super) fn visit(buffer: &HeapBuffer<Item>, random: &mut Random, is_over: &AtomicBool) -> Vec<Seen> {
    let mut seen = Vec::new();
    for _ in 0..20 {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let reader = buffer.reader().expect("a cursor");
        let times = random.below(12);
        if random.one_in(3) {
            drop(reader.share().expect("a share"));
        }
        seen.push(read(reader, random.fork(), Some(times)));
    }
    seen
}
