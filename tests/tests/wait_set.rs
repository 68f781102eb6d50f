//! Wait sets against what the calls of their ends say, at random (contract section "Waiting on many").
#![allow(unsafe_code, reason = "it polls a descriptor as C programs do")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use aimdb_sync::{
    AimDbBuilder, AimDbHandle, Attach, BufferCfg, EndId, Policy, Start, SyncConsumer, SyncProducer, TryRecvError,
    TrySendError, WaitSet,
};
use aimdb_tests::random::Random;
use aimdb_tests::watchdog::within;

const KEYS: [&str; 12] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11"];

fn kinds() -> Vec<BufferCfg> {
    let mut cfgs = vec![BufferCfg::SpmcRing { capacity: 3 }, BufferCfg::SingleLatest, BufferCfg::Mailbox];
    for capacity in [1, 5] {
        cfgs.extend(
            [Policy::PauseUpstream, Policy::Fail, Policy::DropOldest, Policy::DropNewest]
                .map(|policy| BufferCfg::Bounded { capacity, policy }),
        );
    }
    cfgs
}

fn database(cfgs: &[BufferCfg]) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    for (key, cfg) in KEYS.iter().zip(cfgs) {
        builder.configure::<u64>(*key, |record| {
            record.buffer(*cfg);
        });
    }
    builder.attach().expect("the configuration is sound")
}

#[cfg(unix)]
fn is_readable(set: &WaitSet) -> bool {
    use std::os::fd::AsRawFd;
    let fd = set.as_fd().expect("the system has one").as_raw_fd();
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: it is one entry, which is ours.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

fn reported(set: &WaitSet) -> Vec<u64> {
    let mut tokens = [0; 64];
    #[cfg(unix)]
    let shown = is_readable(set);
    let count = set.try_wait(&mut tokens).expect("it is open");
    #[cfg(unix)]
    {
        assert!(shown || count == 0, "W15: what is ready shows");
        assert_eq!(is_readable(set), count > 0, "W15: and nothing else, once one has looked");
    }
    tokens[..count].to_vec()
}

/// The ends of all records, some of which are in the set.
struct House {
    handle: AimDbHandle,
    set: WaitSet,
    consumers: Vec<(usize, SyncConsumer<u64>, Option<EndId>)>,
    producers: Vec<(usize, SyncProducer<u64>, Option<EndId>)>,
    /// Records that were closed.
    closed: [bool; 12],
}

impl House {
    fn new(random: &mut Random) -> Self {
        let cfgs = kinds();
        let handle = database(&cfgs);
        let mut house =
            Self { handle, set: WaitSet::new(), consumers: Vec::new(), producers: Vec::new(), closed: [false; 12] };
        for record in 0..cfgs.len() {
            house.come(random, record);
        }
        house
    }

    fn come(&mut self, random: &mut Random, record: usize) {
        let start = random.pick(&[Start::Live, Start::Oldest]);
        self.consumers.push((record, self.handle.consumer_from(KEYS[record], start).expect("it is there"), None));
        self.producers.push((record, self.handle.producer(KEYS[record]).expect("it is there"), None));
    }

    fn step(&mut self, random: &mut Random) {
        let of_consumer = random.below(self.consumers.len());
        let of_producer = random.below(self.producers.len());
        let (set, value) = (&self.set, random.next_u64());
        match random.below(24) {
            0..6 => {
                let _ = self.producers[of_producer].1.try_send(value);
            }
            6..12 => {
                let _ = self.consumers[of_consumer].1.try_recv();
            }
            12 => {
                let _ = self.consumers[of_consumer].1.try_latest();
            }
            13 => {
                let mut values = Vec::new();
                let most = random.below(4);
                let _ = self.consumers[of_consumer].1.recv_many_timeout(&mut values, most, Duration::ZERO);
            }
            14 => {
                let _ = self.producers[of_producer].1.force_send(value);
            }
            15..18 => {
                let (_, consumer, end) = &mut self.consumers[of_consumer];
                match end.take() {
                    Some(end) => assert!(set.remove(end)),
                    None => *end = Some(set.add_consumer(consumer, 0).expect("it can be watched")),
                }
            }
            18..20 => {
                let (_, producer, end) = &mut self.producers[of_producer];
                match end.take() {
                    Some(end) => assert!(set.remove(end)),
                    None => *end = Some(set.add_producer(producer, 0).expect("it can be watched")),
                }
            }
            20 => drop(self.consumers.swap_remove(of_consumer)),
            21 => drop(self.producers.swap_remove(of_producer)),
            22 => self.consumers.push({
                let (record, consumer, _) = &self.consumers[of_consumer];
                (*record, consumer.clone(), None)
            }),
            _ => {
                let record = self.producers[of_producer].0;
                if random.one_in(40) {
                    self.producers[of_producer].1.close();
                    self.closed[record] = true;
                }
            }
        }
        // Records whose ends have all gone get new ones.
        for record in 0..kinds().len() {
            let lacks = |all: usize| all == 0;
            if lacks(self.consumers.iter().filter(|(of, ..)| *of == record).count())
                || lacks(self.producers.iter().filter(|(of, ..)| *of == record).count())
            {
                self.come(random, record);
            }
        }
    }

    /// Compares what the set reports with what the calls of one end say.
    fn check(&mut self, random: &mut Random) {
        let tokens = reported(&self.set);
        let watched = self.consumers.iter().filter_map(|(.., end)| *end);
        let watched = watched.chain(self.producers.iter().filter_map(|(.., end)| *end)).count();
        assert_eq!(self.set.len(), watched, "W12: who was dropped has left");
        assert!(tokens.len() <= watched);
        let ready = |end: &Option<EndId>| end.map(|end| self.set.is_ready(end).expect("it is there"));
        let of_consumers: Vec<_> = self.consumers.iter().map(|(.., end)| ready(end)).collect();
        let of_producers: Vec<_> = self.producers.iter().map(|(.., end)| ready(end)).collect();
        let all = of_consumers.iter().chain(&of_producers).filter(|ready| **ready == Some(true)).count();
        assert_eq!(tokens.len(), all, "W10: a wait reports what is ready, each once");
        if random.one_in(2) {
            let at = random.below(self.consumers.len());
            let found = self.consumers[at].1.try_recv();
            if let Some(ready) = of_consumers[at] {
                assert_eq!(ready, found != Err(TryRecvError::Empty), "W10: {}", self.consumers[at].1.key());
            }
        } else {
            let at = random.below(self.producers.len());
            let sent = self.producers[at].1.try_send(1);
            if let Some(ready) = of_producers[at] {
                let full = matches!(sent, Err(TrySendError::Full(_)));
                assert_eq!(ready, !full, "W10: {}", self.producers[at].1.key());
            }
        }
    }
}

#[test]
fn w10_w12_w15_a_set_says_what_the_calls_of_its_ends_would_say() {
    within(120, "w10_w12_w15_a_set_says_what_the_calls_of_its_ends_would_say", || {
        for seed in 0..40 {
            let mut random = Random::new(seed);
            let mut house = House::new(&mut random);
            for _ in 0..600 {
                house.step(&mut random);
                if random.one_in(2) {
                    house.check(&mut random);
                }
            }
            house.handle.shutdown().expect("nothing holds it up");
            let watched = house.set.len();
            assert_eq!(reported(&house.set).len(), watched, "C3: all are told of the end");
        }
    });
}

/// What those who send and the one who reads know of a record.
#[derive(Default)]
struct Account {
    sent: AtomicU64,
    sum: AtomicU64,
}

/// Several threads send into many records, two wait for one set and share the readers' work, others come
/// and go. Each value is read once, each record comes to its end, and nobody hangs.
#[test]
fn w10_w11_w12_w13_many_threads_and_one_set_lose_nothing() {
    within(240, "w10_w11_w12_w13_many_threads_and_one_set_lose_nothing", || {
        for seed in 0..4 {
            crowd(&mut Random::new(seed));
        }
    });
}

fn crowd(random: &mut Random) {
    const SENDERS: usize = 3;
    const VALUES: usize = 1_000;
    /// Ends that are ready all the time keep those who wait from sleeping, so there are not too many.
    const PASSES: usize = 400;
    let cfgs: Vec<_> = (0..8)
        .map(|_| {
            let capacity = random.pick(&[1, 2, 7, 64]);
            BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream }
        })
        .collect();
    let records = cfgs.len();
    let handle = database(&cfgs);
    let accounts: Arc<Vec<Account>> = Arc::new((0..records).map(|_| Account::default()).collect());
    let set = Arc::new(WaitSet::new());
    let firsts: Vec<SyncConsumer<u64>> =
        KEYS[..records].iter().map(|key| handle.consumer(key).expect("it is there")).collect();
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let mut random = random.fork();
            let accounts = Arc::clone(&accounts);
            let producers: Vec<SyncProducer<u64>> =
                KEYS[..records].iter().map(|key| handle.producer(key).expect("it is there")).collect();
            thread::spawn(move || send(&mut random, &producers, &accounts, VALUES))
        })
        .collect();
    let ended = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let consumers: Vec<_> = firsts.iter().map(SyncConsumer::clone).collect();
            let (set, accounts, ended) = (Arc::clone(&set), Arc::clone(&accounts), Arc::clone(&ended));
            for (token, consumer) in (0..).zip(&consumers) {
                set.add_consumer(consumer, token).expect("it can be watched");
            }
            thread::spawn(move || work(&set, consumers, &accounts, &ended))
        })
        .collect();
    // A third of the readers waits in calls of its own.
    let mut patient = firsts[0].clone();
    let of_patient = Arc::clone(&accounts);
    let patient = thread::spawn(move || {
        for value in &mut patient {
            of_patient[0].sum.fetch_add(value, Ordering::Relaxed);
        }
    });
    drop(firsts);
    let restless = {
        let set = Arc::clone(&set);
        let producers: Vec<SyncProducer<u64>> =
            KEYS[..records].iter().map(|key| handle.producer(key).expect("it is there")).collect();
        thread::spawn(move || {
            for producer in producers.iter().cycle().take(PASSES) {
                let end = set.add_producer(&producer.clone(), 99).expect("it can be watched");
                assert!(!set.remove(end), "its producer has gone");
                let end = set.add_producer(producer, 99).expect("it can be watched");
                let timer = set.add_timer(98, Duration::ZERO, None).expect("there are threads");
                thread::yield_now();
                set.remove(timer);
                assert!(set.remove(end));
            }
        })
    };
    senders.into_iter().for_each(|sender| sender.join().expect("a sender"));
    KEYS[..records].iter().for_each(|key| handle.producer::<u64>(key).expect("it is there").close());
    workers.into_iter().for_each(|worker| worker.join().expect("a worker"));
    patient.join().expect("a reader");
    restless.join().expect("the restless one");
    assert_eq!(ended.load(Ordering::Relaxed), 2 * records as u64);
    for (key, account) in KEYS.iter().zip(accounts.iter()) {
        assert_eq!(account.sum.load(Ordering::Relaxed), account.sent.load(Ordering::Relaxed), "{key}");
    }
    assert!(set.is_empty());
}

fn send(random: &mut Random, producers: &[SyncProducer<u64>], accounts: &[Account], values: usize) {
    // Some wait for room in a call, some in a set of their own.
    let set = WaitSet::new();
    for (token, producer) in (0..).zip(producers) {
        set.add_producer(producer, token).expect("it can be watched");
    }
    let mut tokens = [0; 3];
    for _ in 0..values {
        let value = random.next_u64() >> 32;
        let mut record = random.below(producers.len());
        if random.one_in(2) {
            producers[record].send(value).expect("it is open");
        } else {
            // Each turn is a place that another sender was faster to take.
            loop {
                set.wait(&mut tokens).expect("it is open");
                record = tokens[0] as usize;
                if producers[record].try_send(value).is_ok() {
                    break;
                }
            }
        }
        accounts[record].sent.fetch_add(value, Ordering::Relaxed);
    }
}

fn work(set: &WaitSet, consumers: Vec<SyncConsumer<u64>>, accounts: &[Account], ended: &AtomicU64) {
    let mut consumers: Vec<_> = consumers.into_iter().map(Some).collect();
    let mut tokens = [0; 4];
    while consumers.iter().any(Option::is_some) {
        let count = set.wait(&mut tokens).expect("it is open");
        for token in &tokens[..count] {
            let record = *token as usize;
            // Another's token, or one that was just dropped here.
            let Some(place) = consumers.get_mut(record) else { continue };
            let Some(consumer) = place else { continue };
            match consumer.try_recv() {
                Ok(value) => {
                    accounts[record].sum.fetch_add(value, Ordering::Relaxed);
                }
                Err(TryRecvError::Closed) => {
                    *place = None;
                    ended.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => {}
            }
        }
    }
}

#[test]
fn w11_a_busy_record_starves_no_quiet_one() {
    let cfgs = [BufferCfg::SingleLatest; 7];
    let handle = database(&cfgs);
    let set = WaitSet::new();
    let mut consumers: Vec<SyncConsumer<u64>> =
        KEYS[..7].iter().map(|key| handle.consumer(key).expect("it is there")).collect();
    for ((token, consumer), key) in (0..).zip(&consumers).zip(KEYS) {
        set.add_consumer(consumer, token).expect("it can be watched");
        handle.producer::<u64>(key).expect("it is there").send(0).expect("it overwrites");
    }
    let busy = handle.producer::<u64>(KEYS[0]).expect("it is there");
    let mut told = [0; 7];
    let mut tokens = [0; 2];
    for _ in 0..70 {
        assert_eq!(set.try_wait(&mut tokens), Ok(2));
        tokens.iter().for_each(|token| told[*token as usize] += 1);
        // One is read each time, and has a value again; the others stay as they are.
        let _ = consumers[0].try_recv();
        busy.send(1).expect("it overwrites");
    }
    assert_eq!(told, [20; 7], "W11");
}

#[test]
fn w13_room_and_values_are_told_to_sets_that_have_nothing_else() {
    within(60, "w13_room_and_values_are_told_to_sets_that_have_nothing_else", || {
        const VALUES: u64 = 2_000;
        let handle = database(&[BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream }]);
        let producer = handle.producer::<u64>(KEYS[0]).expect("it is there");
        let mut consumer = handle.consumer::<u64>(KEYS[0]).expect("it is there");
        let sending = thread::spawn(move || {
            let set = WaitSet::new();
            set.add_producer(&producer, 1).expect("it can be watched");
            for value in 0..VALUES {
                assert_eq!(set.wait(&mut [0]), Ok(1));
                assert_eq!(producer.try_send(value), Ok(()), "nobody else sends");
            }
        });
        let set = WaitSet::new();
        set.add_consumer(&consumer, 1).expect("it can be watched");
        for value in 0..VALUES {
            assert_eq!(set.wait(&mut [0]), Ok(1));
            assert_eq!(consumer.try_recv(), Ok(value), "nobody else reads");
        }
        sending.join().expect("a sender");
    });
}
