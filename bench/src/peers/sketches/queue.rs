//! A bounded queue: rtrb, whose two counts say all that is counted, and a door for each end.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Door;
use crate::link::{Class, Ends, Link, Named};
use crate::payload::Payload;
use crate::peers::limits::{spin, spin_send};

/// See the module's documentation. Who waits spins.
pub struct Queue;

/// The sending end.
pub struct Sender<T> {
    values: rtrb::Producer<T>,
    door: Arc<Door>,
}

/// The reading end.
pub struct Reader<T> {
    values: rtrb::Consumer<T>,
    door: Arc<Door>,
}

impl<T> Sender<T> {
    #[inline]
    fn offer(&mut self, value: T) -> Result<(), T> {
        let Some(_inside) = self.door.enter() else { return Err(value) };
        self.values.push(value).map_err(|rtrb::PushError::Full(back)| back)
    }
}

impl<T> Reader<T> {
    #[inline]
    fn take(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        self.values.pop().ok()
    }
}

impl Named for Queue {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        "sketch: rtrb, a door each".into()
    }
}

impl<T: Payload> Link<T> for Queue {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Reader<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Reader<T>> {
        assert!(readers <= 1, "there is one reader");
        let (sender, reader) = rtrb::RingBuffer::new(capacity);
        let sender = Sender { values: sender, door: Door::new() };
        Ends { keep: (), sender, readers: vec![Reader { values: reader, door: Door::new() }] }
    }

    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.offer(value).is_ok()
    }

    fn send(sender: &mut Sender<T>, value: T) {
        if let Err(value) = sender.offer(value) {
            spin_send(value, |value| sender.offer(value));
        }
    }

    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.take()
    }

    fn recv(reader: &mut Reader<T>) -> T {
        reader.take().unwrap_or_else(|| spin(|| reader.take()))
    }

    fn send_many(sender: &mut Sender<T>, batch: &mut VecDeque<T>) {
        spin(|| {
            let _inside = sender.door.enter()?;
            let some = sender.values.slots().min(batch.len());
            let chunk = sender.values.write_chunk_uninit(some).ok()?;
            chunk.fill_from_iter(batch.drain(..some));
            batch.is_empty().then_some(())
        });
    }

    fn recv_many(reader: &mut Reader<T>, into: &mut Vec<T>, most: usize) {
        spin(|| {
            let _inside = reader.door.enter()?;
            let some = reader.values.slots().min(most);
            into.extend(reader.values.read_chunk(some).ok()?);
            (some > 0).then_some(())
        });
    }
}
