//! A bounded queue: rtrb, whose two counts say all that is counted, and a door for each end.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Door;
use super::wait::{Wait, send};
use crate::link::{Class, Ends, Link, Named};
use crate::payload::Payload;

/// See the module's documentation. `W` is how one waits.
pub struct Queue<W>(PhantomData<W>);

/// The sending end.
pub struct Sender<T> {
    pub(super) values: rtrb::Producer<T>,
    pub(super) door: Arc<Door>,
}

/// The reading end.
pub struct Reader<T> {
    pub(super) values: rtrb::Consumer<T>,
    pub(super) door: Arc<Door>,
}

impl<T> Sender<T> {
    #[inline]
    pub(super) fn offer(&mut self, value: T) -> Result<(), T> {
        let Some(_inside) = self.door.enter() else { return Err(value) };
        self.values.push(value).map_err(|rtrb::PushError::Full(back)| back)
    }
}

impl<T> Reader<T> {
    #[inline]
    pub(super) fn take(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        self.values.pop().ok()
    }
}

impl<W: Wait> Named for Queue<W> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        format!("sketch: rtrb, a door each{}", W::name())
    }
}

impl<T: Payload, W: Wait> Link<T> for Queue<W> {
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

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.offer(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        if let Err(value) = sender.offer(value) {
            send::<W, T>(value, |value| sender.offer(value));
        }
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.take()
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<T>) -> T {
        reader.take().unwrap_or_else(|| W::until(|| reader.take()))
    }

    #[inline(always)]
    fn send_many(sender: &mut Sender<T>, batch: &mut VecDeque<T>) {
        let mut offer = || {
            let _inside = sender.door.enter()?;
            let some = sender.values.slots().min(batch.len());
            let chunk = sender.values.write_chunk_uninit(some).ok()?;
            chunk.fill_from_iter(batch.drain(..some));
            batch.is_empty().then_some(())
        };
        offer().unwrap_or_else(|| W::until(offer));
    }

    #[inline(always)]
    fn recv_many(reader: &mut Reader<T>, into: &mut Vec<T>, most: usize) {
        let mut take = || {
            let _inside = reader.door.enter()?;
            let some = reader.values.slots().min(most);
            into.extend(reader.values.read_chunk(some).ok()?);
            (some > 0).then_some(())
        };
        take().unwrap_or_else(|| W::until(take));
    }
}
