//! What a user builds who has a queue and needs several readers: one queue for each.

use std::marker::PhantomData;

use crate::link::{Class, Ends, Link, Named};
use crate::payload::Payload;

/// One link of kind `L` for each reader.
pub struct FanOut<L>(PhantomData<L>);

impl<L: Named> Named for FanOut<L> {
    const CLASS: Class = L::CLASS;

    fn name() -> String {
        format!("{}, one each", L::name())
    }
}

impl<T: Payload, L: Link<T>> Link<T> for FanOut<L> {
    type Keep = Vec<L::Keep>;
    type Sender = Vec<L::Sender>;
    type Reader = L::Reader;

    const OVERWRITES: bool = L::OVERWRITES;

    fn open(capacity: usize, readers: usize) -> Ends<Self::Keep, Self::Sender, Self::Reader> {
        let mut all = Ends { keep: Vec::new(), sender: Vec::new(), readers: Vec::new() };
        for _ in 0..readers {
            let one = L::open(capacity, 1);
            all.keep.push(one.keep);
            all.sender.push(one.sender);
            all.readers.extend(one.readers);
        }
        all
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.iter_mut().all(|each| L::try_send(each, value.clone()))
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        for each in sender {
            L::send(each, value.clone());
        }
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        L::try_recv(reader)
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        L::recv(reader)
    }
}
