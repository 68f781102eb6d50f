//! What becomes of a message's cost as there is more of everything.

use std::hint::black_box;

use super::whole;
use crate::clock::{Clock, time};
use crate::link::{Link, Records};
use crate::measure::Timed;
use crate::payload::Payload;

/// One value in and out, always of the same record, which is one of `records`.
pub fn one_of<T: Payload, L: Records<T>>(records: usize) -> Timed {
    pairs::<T, L>(records, |_, records| records / 2)
}

/// One value in and out, each time of the next of `records`.
pub fn each_of<T: Payload, L: Records<T>>(records: usize) -> Timed {
    pairs::<T, L>(records, |tag, records| tag as usize % records)
}

fn pairs<T: Payload, L: Records<T>>(records: usize, which: fn(u64, usize) -> usize) -> Timed {
    let mut all = L::open_many(64, records);
    Box::new(move |count| {
        let all = whole(&mut all);
        time(Clock::ThreadCpu, || {
            for tag in 0..count {
                let (sender, reader) = &mut all.ends[which(tag, records)];
                assert!(L::try_send(sender, black_box(T::tagged(tag))), "there is space");
                let value = L::try_recv(reader).expect("the value that was just sent");
                assert_eq!(black_box(value).tag(), tag);
            }
        })
    })
}

/// A value published and read by all of `readers`. The time is that of one reading.
pub fn read_by<T: Payload, L: Link<T>>(capacity: usize, readers: usize) -> Timed {
    let mut ends = L::open(capacity, readers);
    Box::new(move |count| {
        let ends = whole(&mut ends);
        let values = count.div_ceil(readers as u64);
        let took = time(Clock::ThreadCpu, || {
            for tag in 0..values {
                L::send(&mut ends.sender, black_box(T::tagged(tag)));
                for reader in &mut ends.readers {
                    let value = L::try_recv(reader).expect("the value that was just sent");
                    assert_eq!(black_box(value).tag(), tag);
                }
            }
        });
        took.mul_f64(count as f64 / (values * readers as u64) as f64)
    })
}
