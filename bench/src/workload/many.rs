//! Questions to more than two threads.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::threads::{Pace, many_threads};
use super::{ends_of, whole};
use crate::clock::cores;
use crate::link::{Link, Shared};
use crate::measure::{Probe, Timed};
use crate::payload::Payload;

/// In which bit of a number the sender's begins.
const SENDER: u32 = 40;

/// One thread sends on the first core, `readers` on the second have every value each. Where the link
/// overwrites, the sender stays less than `capacity` ahead of the slowest, as in
/// [`stream`](super::stream). The time is that of one value sent, however many have it.
pub fn fan<T: Payload, L: Link<T>>(capacity: usize, readers: usize) -> Timed {
    let mut ends = L::open(capacity, readers);
    Box::new(move |count| {
        let ends = whole(&mut ends);
        let window = if L::OVERWRITES { capacity as u64 } else { u64::MAX };
        let paces: Vec<Pace> = (0..readers).map(|_| Pace::new(window)).collect();
        let readers = ends.readers.iter_mut().zip(&paces);
        let readers = readers.map(|(reader, pace)| {
            move || {
                let mut steps = pace.steps();
                for tag in 0..count {
                    assert_eq!(L::recv(reader).tag(), tag);
                    steps.reached(tag + 1);
                }
            }
        });
        let slowest = || paces.iter().map(Pace::allowed).min().expect("there is a reader");
        let sender = &mut ends.sender;
        let send = || {
            let mut allowed = slowest();
            for tag in 0..count {
                while tag >= allowed {
                    spin_loop();
                    allowed = slowest();
                }
                L::send(sender, T::tagged(tag));
            }
        };
        many_threads(&cores()[..1], &cores()[1..2], send, readers.collect())
    })
}

/// `senders` threads send to one, wherever the system puts them on the first two cores. Each
/// sender's values arrive in its order. The time is that of one value.
pub fn gather<T: Payload, L: Shared<T>>(capacity: usize, senders: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    let mut others: Vec<L::Sender> = (0..senders).map(|_| L::another(&ends.sender)).collect();
    Box::new(move |count| {
        let reader = &mut whole(&mut ends).readers[0];
        let share = count.div_ceil(senders as u64);
        let work = others.iter_mut().enumerate().map(|(number, sender)| {
            move || {
                for tag in 0..share {
                    L::send(sender, T::tagged((number as u64) << SENDER | tag));
                }
            }
        });
        let mut next = vec![0; senders];
        let receive = || {
            for _ in 0..share * senders as u64 {
                in_order(&mut next, &L::recv(reader));
            }
        };
        let two = &cores()[..2];
        let took = many_threads(two, two, receive, work.collect());
        took.mul_f64(count as f64 / (share * senders as u64) as f64)
    })
}

/// `senders` threads press into a link that holds less than they have. The answer is how many values
/// the least favoured got through, as a part of what the most favoured did: 1 is fair.
pub fn fairness<T: Payload, L: Shared<T>>(capacity: usize, senders: usize) -> Probe {
    /// Long enough for every thread to have had its turns on the two cores.
    const SETTLING: Duration = Duration::from_millis(20);
    const COUNTED: Duration = Duration::from_millis(120);
    let mut ends = L::open(capacity, 1);
    let mut others: Vec<L::Sender> = (0..senders).map(|_| L::another(&ends.sender)).collect();
    Box::new(move || {
        let (_, reader) = ends_of(&mut ends);
        let (stop, done) = (&AtomicBool::new(false), &AtomicUsize::new(0));
        let work = others.iter_mut().enumerate().map(|(number, sender)| {
            move || {
                let mut tag = 0;
                while !stop.load(Ordering::Relaxed) {
                    L::send(sender, T::tagged((number as u64) << SENDER | tag));
                    tag += 1;
                }
                done.fetch_add(1, Ordering::Release);
            }
        });
        let mut next = vec![0; senders];
        let mut settled = Vec::new();
        let mut counted = Vec::new();
        let receive = || {
            let begin = Instant::now();
            while begin.elapsed() < SETTLING {
                in_order(&mut next, &L::recv(reader));
            }
            settled.clone_from(&next);
            while begin.elapsed() < SETTLING + COUNTED {
                in_order(&mut next, &L::recv(reader));
            }
            counted.clone_from(&next);
            stop.store(true, Ordering::Relaxed);
            // What they were still waiting to send is taken, too, until the last of them is done.
            while done.load(Ordering::Acquire) < senders {
                if let Some(value) = L::try_recv(reader) {
                    in_order(&mut next, &value);
                }
            }
            while let Some(value) = L::try_recv(reader) {
                in_order(&mut next, &value);
            }
        };
        let two = &cores()[..2];
        many_threads(two, two, receive, work.collect());
        let got: Vec<u64> = counted.iter().zip(&settled).map(|(after, before)| after - before).collect();
        let of = |got: Option<&u64>| *got.expect("there is a sender") as f64;
        of(got.iter().min()) / of(got.iter().max())
    })
}

/// Checks that `value` is the next of its sender.
fn in_order<T: Payload>(next: &mut [u64], value: &T) {
    let next = &mut next[(value.tag() >> SENDER) as usize];
    assert_eq!(value.tag() & ((1 << SENDER) - 1), *next);
    *next += 1;
}
