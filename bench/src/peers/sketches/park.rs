//! A reader that sleeps at once: rtrb, a flag that says so, and std's `park`, which is one futex.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, fence};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::link::{Class, Ends, Link, Named, Timed};
use crate::payload::Payload;
use crate::peers::limits::spin_send;

/// See the module's documentation. Who waits for room spins.
pub struct Park;

#[derive(Default)]
struct Bed {
    asleep: AtomicBool,
    thread: Mutex<Option<Thread>>,
}

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
            *self.bed.thread.lock().expect("nobody panics here") = Some(thread::current());
            self.bed.asleep.store(true, Relaxed);
            // Either the sender sees the flag, or the value is seen here.
            fence(SeqCst);
            if self.values.is_empty() {
                match end.map(|end| end.saturating_duration_since(Instant::now())) {
                    Some(Duration::ZERO) => return None,
                    Some(left) => thread::park_timeout(left),
                    None => thread::park(),
                }
            }
            self.bed.asleep.store(false, Relaxed);
        }
    }
}

impl Named for Park {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        "sketch: rtrb and a park".into()
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

    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        let sent = sender.values.push(value).is_ok();
        fence(SeqCst);
        if sender.bed.asleep.load(Relaxed)
            && sender.bed.asleep.swap(false, SeqCst)
            && let Some(thread) = &*sender.bed.thread.lock().expect("nobody panics here")
        {
            thread.unpark();
        }
        sent
    }

    fn send(sender: &mut Sender<T>, value: T) {
        spin_send(Some(value), |value| match value {
            Some(value) if !sender.values.is_full() => {
                <Self as Link<T>>::try_send(sender, value);
                Ok(())
            }
            back => Err(back),
        });
    }

    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.values.pop().ok()
    }

    fn recv(reader: &mut Reader<T>) -> T {
        reader.take_until(None).expect("it waits for ever")
    }
}

impl<T: Payload> Timed<T> for Park {
    fn recv_timeout(reader: &mut Reader<T>, limit: Duration) -> Option<T> {
        reader.take_until(Some(Instant::now() + limit))
    }
}
