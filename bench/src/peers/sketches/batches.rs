//! A bounded queue of numbers for batches: rtrb, which copies a slice at a time, and a door for each end.

use std::collections::VecDeque;
use std::marker::PhantomData;

use super::queue::{Queue, Reader, Sender};
use super::wait::Wait;
use crate::link::{Class, Ends, Link, Named};

/// See the module's documentation. `W` is how one waits. Of single values it is as [`Queue`].
pub struct Batches<W>(PhantomData<W>);

impl<W: Wait> Named for Batches<W> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        format!("sketch: rtrb by slices, a door each{}", W::name())
    }
}

impl<W: Wait> Link<u64> for Batches<W> {
    type Keep = ();
    type Sender = Sender<u64>;
    type Reader = Reader<u64>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<u64>, Reader<u64>> {
        <Queue<W> as Link<u64>>::open(capacity, readers)
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<u64>, value: u64) -> bool {
        <Queue<W> as Link<u64>>::try_send(sender, value)
    }

    #[inline(always)]
    fn send(sender: &mut Sender<u64>, value: u64) {
        <Queue<W> as Link<u64>>::send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<u64>) -> Option<u64> {
        <Queue<W> as Link<u64>>::try_recv(reader)
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<u64>) -> u64 {
        <Queue<W> as Link<u64>>::recv(reader)
    }

    #[inline(always)]
    fn send_many(sender: &mut Sender<u64>, batch: &mut VecDeque<u64>) {
        let mut left = &*batch.make_contiguous();
        let mut offer = || {
            let _inside = sender.door.enter()?;
            left = sender.values.push_partial_slice(left).1;
            left.is_empty().then_some(())
        };
        offer().unwrap_or_else(|| W::until(offer));
        batch.clear();
    }

    #[inline(always)]
    fn recv_many(reader: &mut Reader<u64>, into: &mut Vec<u64>, most: usize) {
        let begin = into.len();
        into.resize(begin + most, 0);
        let mut take = || {
            let _inside = reader.door.enter()?;
            let some = reader.values.pop_partial_slice(&mut into[begin..]).0.len();
            (some > 0).then_some(some)
        };
        let some = take().unwrap_or_else(|| W::until(take));
        into.truncate(begin + some);
    }
}
