//! A lean ring in a storm: two interrupts, one inside the other, and a task publish; an urgent task follows, one that is now and
//! then late, and a task and an interrupt that share a cursor. Every value is whole, each sender's come in order, and each cursor
//! has every value or was told that it missed it.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, FreeRtos, NoUninit, RecvError, RecvTimeoutError, StaticConsumer, StaticRing, Ticks,
    TryRecvError,
};
use board::{Timer, check, interrupt};
use checks::{Helper, RUNNER, checks, helper, until};
use freertos::scheduler::delay;
use oracle::{Interrupts, Random};

/// How many values each of the three senders publishes.
const VALUES: u32 = 10_000;
const SENDERS: u32 = 3;

checks! {
    a_ring_of_small_values
    a_ring_of_large_values
    a_ring_of_large_values_that_is_soon_round
    a_ring_of_large_values_whose_late_reader_is_the_least_urgent
}

/// A value: whose it is with its number, and what shows whether it is whole, as often as there is room.
fn value<const WORDS: usize>(sender: u32, number: u32) -> [u32; WORDS] {
    let who = sender << 24 | number;
    core::array::from_fn(|at| if at % 2 == 0 { who } else { !who.rotate_left(7) })
}

/// What one cursor's readers have seen. Each of them has one; a share of a cursor sees each sender's values in order too.
#[derive(Default)]
struct Seen {
    next: [u32; SENDERS as usize],
    values: u32,
    missed: u32,
}

impl Seen {
    fn saw<const WORDS: usize>(&mut self, came: [u32; WORDS]) {
        let (sender, number) = (came[0] >> 24, came[0] & 0xff_ffff);
        check!(sender < SENDERS && came == value(sender, number));
        let next = &mut self.next[sender as usize];
        check!(number >= *next);
        *next = number + 1;
        self.values += 1;
    }
}

/// All that both who share a cursor, and those of other cursors, have seen and missed.
static SEEN: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];
static MISSED: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

fn note(cursor: usize, seen: &Seen) {
    SEEN[cursor].fetch_add(seen.values, Relaxed);
    MISSED[cursor].fetch_add(seen.missed, Relaxed);
}

/// An interrupt of the storm: what it does each time, until it says that there is no more to do.
struct Storm {
    act: fn(&mut Storm) -> bool,
    number: u32,
    when: Random,
    seen: Seen,
}

static URGENT: Interrupts<Storm> = Interrupts::nothing();
static OTHER: Interrupts<Storm> = Interrupts::nothing();

interrupt!(TIMER0, urgent);
interrupt!(TIMER1, other);

/// It interrupts the other one too.
fn urgent() {
    URGENT.with(|storm| next(storm, Timer::Timer0, 0x40));
}

fn other() {
    OTHER.with(|storm| next(storm, Timer::Timer1, 0x80));
}

fn next(storm: &mut Option<Storm>, timer: Timer, priority: u8) {
    let storm = storm.as_mut().expect("it was put there before the timer was started");
    if (storm.act)(storm) {
        timer.start(2_000 + storm.when.below(6_000), priority);
    } else {
        timer.stop();
    }
}

fn begin(act: fn(&mut Storm) -> bool, seed: u32) -> Storm {
    Storm { act, number: 0, when: Random::from_seed(seed), seen: Seen::default() }
}

/// Follows a cursor to its end, in each of the ways there are.
fn follow<T, const WORDS: usize, const N: usize, const W: usize>(
    reader: StaticConsumer<'static, StaticRing<T, Raw, N, 3, W>>,
    cursor: usize,
    is_late: bool,
) where
    T: NoUninit + Into<[u32; WORDS]> + Send + Sync,
{
    let mut reader = reader.on::<FreeRtos>();
    let mut random = Random::from_seed(20 + cursor as u32);
    let mut seen = Seen::default();
    loop {
        let told = match random.below(8) {
            0 => match reader.recv_timeout(Ticks(random.below(3))) {
                Ok(value) => Ok(value),
                Err(RecvTimeoutError::Lagged(lag)) => Err(RecvError::Lagged(lag)),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(_) => Err(RecvError::Closed),
            },
            _ => reader.recv(),
        };
        match told {
            Ok(value) => seen.saw(value.into()),
            Err(RecvError::Lagged(lag)) => seen.missed += lag as u32,
            Err(error) => {
                check!(error == RecvError::Closed);
                break;
            }
        }
        if is_late && random.below(50) == 0 {
            delay(random.below(3));
        }
    }
    note(cursor, &seen);
}

macro_rules! storm {
    ($name:ident, [u32; $words:literal], $places:literal, $writers:literal, $writer:expr, $late:expr) => {
        fn $name() {
            const { assert!($writer < RUNNER && $late < RUNNER) };
            type Ring = StaticRing<[u32; $words], Raw, $places, 3, $writers>;
            static RING: Ring = StaticRing::new();
            static READERS: [Interrupts<StaticConsumer<'static, Ring>>; 4] = [const { Interrupts::nothing() }; 4];

            fn publish(sender: u32, number: u32) {
                check!(RING.producer().try_send(value(sender, number)).is_ok());
            }

            fn publishes(storm: &mut Storm) -> bool {
                publish(0, storm.number);
                storm.number += 1;
                storm.number < VALUES
            }

            /// It publishes, and reads what the task that shares its cursor has not; at the end it lets go of its reader.
            fn publishes_and_reads(storm: &mut Storm) -> bool {
                if storm.number < VALUES {
                    publish(1, storm.number);
                    storm.number += 1;
                }
                READERS[3].with(|reader| {
                    let Some(consumer) = reader else { return false };
                    match consumer.try_recv() {
                        Ok(value) => storm.seen.saw(value),
                        Err(TryRecvError::Lagged(lag)) => storm.seen.missed += lag as u32,
                        Err(TryRecvError::Closed) => {
                            note(2, &storm.seen);
                            *reader = None;
                        }
                        Err(_) => {}
                    }
                    true
                })
            }

            let reads = |at: usize| {
                let reader = READERS[at].take().expect("it was put there");
                follow::<_, $words, $places, $writers>(reader, at, at == 1);
            };
            let writes = |_: usize| {
                let mut random = Random::from_seed(9);
                for number in 0..VALUES {
                    publish(2, number);
                    if random.below(100) == 0 {
                        delay(1);
                    }
                }
            };

            for counts in [&SEEN, &MISSED] {
                counts.iter().for_each(|count| count.store(0, Relaxed));
            }
            for reader in &READERS[..3] {
                reader.put(RING.consumer().expect("a ring with three cursors"));
            }
            READERS[2].with(|shared| READERS[3].put(shared.clone().expect("it was put there")));
            URGENT.put(begin(publishes, 1));
            OTHER.put(begin(publishes_and_reads, 2));
            let readers = [helper(RUNNER + 2, reads, 0), helper($late, reads, 1), helper(RUNNER + 1, reads, 2)];
            until(|| RING.stats().waiting_consumers == 3);
            Timer::Timer0.start(1_000, 0x40);
            Timer::Timer1.start(1_000, 0x80);
            helper($writer, writes, 0).join();
            until(|| RING.stats().counters.accepted == u64::from(SENDERS * VALUES));
            RING.close();
            readers.into_iter().for_each(Helper::join);
            until(|| critical_section::with(|_| READERS[3].with(|reader| reader.is_none())));

            let [seen, missed] = [&SEEN, &MISSED].map(|counts| counts.each_ref().map(|count| count.load(Relaxed)));
            for (seen, missed) in seen.into_iter().zip(missed) {
                check!(seen + missed == SENDERS * VALUES);
            }
            // The urgent one kept up, but for when the interrupts leave it no time; who was late held nobody up. But the late one may have
            // stopped the task that publishes between taking the urgent one out of the line and waking it, which is outside of
            // a section: that goes on when the late one waits, and values of interrupts come meanwhile.
            let one_in = if $late < $writer { 1_000 } else { 100 };
            check!(missed[0] * one_in <= SENDERS * VALUES && missed[1] > 1_000);
            let stats = RING.stats();
            check!(stats.counters.refused == 0 && stats.counters.overwritten == u64::from(SENDERS * VALUES - $places));
            check!(stats.counters.delivered == seen.into_iter().map(u64::from).sum::<u64>());
            check!(stats.counters.lagged == missed.into_iter().map(u64::from).sum::<u64>());
            check!(stats.cursors == 0 && stats.waiting_consumers == 0);
        }
    };
}

// Two words are moved inside the critical section.
storm!(a_ring_of_small_values, [u32; 2], 8, 1, RUNNER - 2, RUNNER - 1);
storm!(a_ring_of_large_values, [u32; 16], 8, 3, RUNNER - 2, RUNNER - 1);
storm!(a_ring_of_large_values_that_is_soon_round, [u32; 15], 3, 3, RUNNER - 2, RUNNER - 1);
storm!(a_ring_of_large_values_whose_late_reader_is_the_least_urgent, [u32; 16], 8, 3, RUNNER - 1, RUNNER - 2);
