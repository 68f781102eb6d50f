//! The lean ring does what `StaticRecord` with `SpmcRing` does: the same calls, at random, have the same outcomes and leave
//! the same numbers. With one reader from the start it is what a `StaticRecord` of `Bounded` is that drops its oldest.

use aimdb_sync_embassy::{
    Bounded, Counters, CriticalSectionRawMutex as Raw, CursorCounters, DropOldest, NoUninit, SpmcRing, Start,
    StaticConsumer, StaticRecord, StaticRing,
};

/// From nothing to `n - 1`.
fn rnd(s: &mut u64, n: u64) -> u64 {
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    (*s >> 20) % n
}

/// A ring, and a record with slots for all: one after the other does each step.
fn run<const N: usize, const S: usize, V: NoUninit + Send + Sync + PartialEq + std::fmt::Debug + 'static>(
    seed: u64,
    of: fn(u32) -> V,
) {
    let a: &'static StaticRing<V, Raw, N, 3, 3> = Box::leak(Box::new(StaticRing::new()));
    let b: &'static StaticRecord<SpmcRing<N>, V, Raw, S, 3> = Box::leak(Box::new(StaticRecord::new()));
    let mut s = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut ca: Vec<StaticConsumer<'static, StaticRing<V, Raw, N, 3, 3>>> = vec![];
    let mut cb: Vec<StaticConsumer<'static, StaticRecord<SpmcRing<N>, V, Raw, S, 3>>> = vec![];
    for step in 0..120u32 {
        let ctx = format!("seed {seed} step {step}");
        match rnd(&mut s, 40) {
            0..=9 => assert_eq!(a.producer().try_send(of(step)), b.producer().try_send(of(step)), "{ctx}"),
            10..=12 => assert_eq!(a.producer().force_send(of(step)), b.producer().force_send(of(step)), "{ctx}"),
            13 => {
                a.producer().produce(of(step));
                b.producer().produce(of(step));
            }
            14..=26 if !ca.is_empty() => {
                let i = rnd(&mut s, ca.len() as u64) as usize;
                assert_eq!(ca[i].try_recv(), cb[i].try_recv(), "{ctx}");
            }
            27..=28 if !ca.is_empty() => {
                let i = rnd(&mut s, ca.len() as u64) as usize;
                assert_eq!(ca[i].try_latest(), cb[i].try_latest(), "{ctx}");
            }
            29..=32 => {
                let start = || if seed.is_multiple_of(2) { Start::Oldest } else { Start::Live };
                match (a.consumer_from(start()), b.consumer_from(start())) {
                    (Ok(x), Ok(y)) => {
                        ca.push(x);
                        cb.push(y);
                    }
                    (Err(x), Err(y)) => assert_eq!(x, y, "{ctx}"),
                    other => panic!("{ctx} {other:?}"),
                }
            }
            33..=34 if !ca.is_empty() => {
                let i = rnd(&mut s, ca.len() as u64) as usize;
                let (x, y) = (ca[i].clone(), cb[i].clone());
                ca.push(x);
                cb.push(y);
            }
            35..=36 if !ca.is_empty() => {
                let i = rnd(&mut s, ca.len() as u64) as usize;
                drop(ca.swap_remove(i));
                drop(cb.swap_remove(i));
            }
            37 if step > 60 && rnd(&mut s, 3) == 0 => {
                a.close();
                b.close();
            }
            38 if step > 60 && rnd(&mut s, 3) == 0 => assert_eq!(a.abort(), b.abort(), "{ctx}"),
            _ => {}
        }
        // A record discards then what nobody can read; a ring of plain data has no need to.
        if ca.is_empty() && a.stats().closed {
            return;
        }
        let (x, y) = (a.stats(), b.stats());
        assert_eq!(
            (x.occupancy, x.capacity, x.cursors, x.closed),
            (y.occupancy, y.capacity, y.cursors, y.closed),
            "{ctx}"
        );
        let f = |c: Counters| (c.accepted, c.refused, c.overwritten, c.aborted, c.delivered, c.lagged);
        assert_eq!(f(x.counters), f(y.counters), "{ctx}");
        assert_eq!(x.slowest.map(|s| s.1), y.slowest.map(|s| s.1), "{ctx}");
        for (p, q) in ca.iter().zip(&cb) {
            let g = |c: CursorCounters| (c.accepted, c.delivered, c.lagged, c.skipped, c.readable);
            assert_eq!(g(p.stats().counters), g(q.stats().counters), "{ctx}");
        }
    }
}

#[test]
fn k1_a_ring_of_small_values_does_what_a_record_does() {
    for seed in 0..500 {
        run::<1, 8, u32>(seed, |number| number);
        run::<3, 10, u32>(seed, |number| number);
        run::<4, 10, u32>(seed, |number| number);
    }
}

#[test]
fn k1_a_ring_of_large_values_does_what_a_record_does() {
    for seed in 0..500 {
        run::<1, 8, [u8; 13]>(seed, |number| [number as u8; 13]);
        run::<3, 10, [u64; 3]>(seed, |number| [number.into(); 3]);
        run::<5, 12, [u16; 7]>(seed, |number| [number as u16; 7]);
    }
}

/// A ring of one reader, and a queue that displaces its oldest value: read from the start, they give the same answers. What each
/// calls displaced or stored differs, because a ring retains what was read.
fn run_as_a_queue<const N: usize, const S: usize, V>(seed: u64, of: fn(u32) -> V)
where
    V: NoUninit + Send + Sync + PartialEq + std::fmt::Debug + 'static,
{
    let ring: &'static StaticRing<V, Raw, N> = Box::leak(Box::new(StaticRing::new()));
    let queue: &'static StaticRecord<Bounded<N, DropOldest>, V, Raw, S> = Box::leak(Box::new(StaticRecord::new()));
    let mut s = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let early = rnd(&mut s, 2 * N as u64 + 1) as u32;
    for step in 0..early {
        assert_eq!(ring.producer().try_send(of(step)), queue.producer().try_send(of(step)));
    }
    let (mut one, mut other) = (ring.consumer_from(Start::Oldest).unwrap(), queue.consumer().unwrap());
    for step in early..200 {
        let ctx = format!("seed {seed} step {step}");
        match rnd(&mut s, 40) {
            0..=19 => assert_eq!(ring.producer().try_send(of(step)), queue.producer().try_send(of(step)), "{ctx}"),
            39 if step > 150 => {
                ring.close();
                queue.close();
            }
            _ => assert_eq!(one.try_recv(), other.try_recv(), "{ctx}"),
        }
        let counted = |c: Counters| (c.accepted, c.refused, c.delivered, c.lagged);
        assert_eq!(counted(ring.stats().counters), counted(queue.stats().counters), "{ctx}");
        let (mine, others) = (one.stats().counters, other.stats().counters);
        assert_eq!((mine.lagged, mine.readable), (others.lagged, others.readable), "{ctx}");
    }
}

#[test]
fn e1_a_ring_of_one_reader_is_a_queue_that_drops_its_oldest() {
    for seed in 0..500 {
        run_as_a_queue::<1, 4, u32>(seed, |number| number);
        run_as_a_queue::<4, 7, u32>(seed, |number| number);
        run_as_a_queue::<3, 6, [u64; 3]>(seed, |number| [number.into(); 3]);
    }
}
