//! A reader that sleeps at once: rtrb, and a futex whose word says that it sleeps.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, fence};
use std::time::{Duration, Instant};

use rustix::thread::futex::{self, Flags};

use super::wait::{Spin, send};
use crate::link::{Class, Ends, Link, Named, Timed};
use crate::payload::Payload;

/// See the module's documentation. Who waits for room spins.
pub struct Park;

/// 1 while the reader sleeps, or is about to.
#[derive(Default)]
#[repr(align(128))]
struct Bed(AtomicU32);

/// The sending end.
pub struct Sender<T> {
    values: rtrb::Producer<T>,
    bed: Arc<Bed>,
}

/// The reading end.
pub struct Reader<T> {
    values: rtrb::Consumer<T>,
    bed: Arc<Bed>,
}

impl<T> Reader<T> {
    fn take_until(&mut self, end: Option<Instant>) -> Option<T> {
        loop {
            if let Ok(value) = self.values.pop() {
                return Some(value);
            }
            self.bed.0.store(1, Relaxed);
            // Either the sender sees the flag, or the value is seen here.
            fence(SeqCst);
            if self.values.is_empty() {
                let left = end.map(|end| end.saturating_duration_since(Instant::now()));
                if left == Some(Duration::ZERO) {
                    return None;
                }
                let left = left.map(|left| left.try_into().expect("a limit is no age of the world"));
                // Whatever ended it, the queue is looked at again.
                let _ = futex::wait(&self.bed.0, Flags::PRIVATE, 1, left.as_ref());
            }
            self.bed.0.store(0, Relaxed);
        }
    }
}

impl Named for Park {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        "sketch: rtrb and a futex".into()
    }
}

impl<T: Payload> Link<T> for Park {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Reader<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Reader<T>> {
        assert!(readers <= 1, "there is one reader");
        let (sender, reader) = rtrb::RingBuffer::new(capacity);
        let bed = Arc::new(Bed::default());
        let sender = Sender { values: sender, bed: Arc::clone(&bed) };
        Ends { keep: (), sender, readers: vec![Reader { values: reader, bed }] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        let sent = sender.values.push(value).is_ok();
        fence(SeqCst);
        if sender.bed.0.load(Relaxed) == 1 && sender.bed.0.swap(0, SeqCst) == 1 {
            futex::wake(&sender.bed.0, Flags::PRIVATE, 1).expect("the word is one of this process");
        }
        sent
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        if !sender.values.is_full() {
            <Self as Link<T>>::try_send(sender, value);
            return;
        }
        send::<Spin<1>, _>(value, |value| {
            if sender.values.is_full() {
                return Err(value);
            }
            <Self as Link<T>>::try_send(sender, value);
            Ok(())
        });
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.values.pop().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<T>) -> T {
        reader.take_until(None).expect("it waits for ever")
    }
}

impl<T: Payload> Timed<T> for Park {
    #[inline(always)]
    fn recv_timeout(reader: &mut Reader<T>, limit: Duration) -> Option<T> {
        reader.take_until(Some(Instant::now() + limit))
    }
}
