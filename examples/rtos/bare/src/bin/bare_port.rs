//! The port to a machine without a kernel keeps what a port promises, and records work between its main loop and its
//! interrupts.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Misuse, Port, RecvError, RecvTimeoutError, SendError, StaticConsumer,
    StaticRecord, Ticks,
};
use bare::{MainLoop, Millis};
use board::{Exit, Interrupt, Timer, check, entry, interrupt};
use oracle::{Interrupts, Oracle, Order, Random, VALUES, Value, run};

entry!(main);

macro_rules! checks {
    ($($name:ident)+) => {
        fn main() -> Exit {
            Millis::start();
            $(run(stringify!($name), $name);)+
            Exit::Success
        }
    };
}

checks! {
    a_token_given_before_the_park_ends_it_at_once
    tokens_do_not_add_up
    a_park_lasts_as_many_ticks_as_asked
    an_interrupt_or_a_masked_main_loop_cannot_block
    timeouts_last_their_ticks_and_give_the_value_back
    an_interrupt_ends_the_waits_of_the_main_loop
    a_storm_of_interrupts_loses_nothing
}

/// What the interrupt that is pended does.
static ACTS: Interrupts<fn()> = Interrupts::nothing();
interrupt!(SOFT0, act);

fn act() {
    if let Some(act) = ACTS.with(|act| *act) {
        act();
    }
}

fn interrupted(by: fn()) {
    ACTS.put(by);
    Interrupt::Soft0.enable(0x80);
    Interrupt::Soft0.pend();
}

fn unpark() {
    // SAFETY: the main loop is always there.
    unsafe { MainLoop::unpark_from_isr(MainLoop::current_task()) }
}

/// How many ticks the park took, which begins with one.
fn park(ticks: u64) -> u64 {
    MainLoop::park(Some(1));
    let before = MainLoop::now();
    MainLoop::park(Some(ticks));
    MainLoop::now() - before
}

fn a_token_given_before_the_park_ends_it_at_once() {
    interrupted(unpark);
    let before = MainLoop::now();
    MainLoop::park(Some(50));
    check!(MainLoop::now() - before <= 1);
    interrupted(unpark);
    MainLoop::park(None);
}

fn tokens_do_not_add_up() {
    interrupted(unpark);
    interrupted(unpark);
    MainLoop::park(Some(50));
    check!(park(5) == 5);
}

fn a_park_lasts_as_many_ticks_as_asked() {
    for ticks in [0, 1, 2, 20] {
        check!(park(ticks) == ticks);
    }
}

static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 4> = StaticRecord::new();
static ASKED: AtomicBool = AtomicBool::new(false);

fn an_interrupt_or_a_masked_main_loop_cannot_block() {
    fn refused() {
        check!(!MainLoop::can_block());
        let mut reader = QUEUE.consumer().expect("its one reader").on::<MainLoop>();
        check!(reader.recv() == Err(RecvError::Misuse(Misuse::CannotBlock)));
        check!(reader.recv_timeout(Ticks(1)) == Err(RecvTimeoutError::Misuse(Misuse::CannotBlock)));
        let producer = QUEUE.producer().on::<MainLoop>();
        check!(producer.send(1) == Err(SendError::Misuse(1, Misuse::CannotBlock)));
        ASKED.store(true, Relaxed);
    }
    check!(MainLoop::can_block());
    interrupted(refused);
    check!(ASKED.load(Relaxed));
    critical_section::with(|_| refused());
    check!(MainLoop::can_block());
}

fn timeouts_last_their_ticks_and_give_the_value_back() {
    let producer = QUEUE.producer().on::<MainLoop>();
    let mut reader = QUEUE.consumer().expect("its one reader").on::<MainLoop>();
    for ticks in [0, 1, 10] {
        MainLoop::park(Some(1));
        let before = MainLoop::now();
        check!(reader.recv_timeout(Ticks(ticks)) == Err(RecvTimeoutError::Timeout));
        check!(MainLoop::now() - before == ticks.into());
    }
    check!(producer.send(1) == Ok(()));
    for ticks in [0, 1, 10] {
        MainLoop::park(Some(1));
        let before = MainLoop::now();
        check!(producer.send_timeout(2, Ticks(ticks)) == Err(SendError::Timeout(2)));
        check!(MainLoop::now() - before == ticks.into());
    }
    check!(reader.recv() == Ok(1));
    check!(QUEUE.stats().counters.timed_out == 3);
}

interrupt!(TIMER0, send);
interrupt!(TIMER1, read);

/// What the timers' interrupts do; whether they come again.
static SENDS: Interrupts<fn(&mut Random) -> bool> = Interrupts::nothing();
static READS: Interrupts<fn(&mut Random) -> bool> = Interrupts::nothing();
static RANDOM: [Interrupts<Random>; 2] = [const { Interrupts::nothing() }; 2];

fn send() {
    next(&SENDS, &RANDOM[0], Timer::Timer0, 0x40);
}

fn read() {
    next(&READS, &RANDOM[1], Timer::Timer1, 0x80);
}

fn next(act: &Interrupts<fn(&mut Random) -> bool>, random: &Interrupts<Random>, timer: Timer, priority: u8) {
    random.with(|random| {
        let random = random.get_or_insert(Random::from_seed(u32::from(priority)));
        if act.with(|act| act.is_some_and(|act| act(random))) {
            timer.start(300 + random.below(3_000), priority);
        } else {
            timer.stop();
        }
    });
}

fn an_interrupt_ends_the_waits_of_the_main_loop() {
    let mut reader = QUEUE.consumer().expect("its one reader").on::<MainLoop>();
    SENDS.put(|_| {
        check!(QUEUE.producer().try_send(5) == Ok(()));
        false
    });
    Timer::Timer0.start(100_000, 0x40);
    check!(reader.recv() == Ok(5));
    let producer = QUEUE.producer().on::<MainLoop>();
    check!(producer.send(6) == Ok(()));
    READS.put(|_| {
        check!(QUEUE.consumer().is_err());
        QUEUE.close();
        false
    });
    Timer::Timer1.start(100_000, 0x80);
    check!(producer.send(7) == Err(SendError::Closed(7)));
    check!(reader.recv() == Ok(6) && reader.recv() == Err(RecvError::Closed));
}

type Stream = StaticRecord<Bounded<4>, Value, Raw, 8>;

static UP: Stream = StaticRecord::new();
static DOWN: Stream = StaticRecord::new();
static ORACLES: [Oracle; 2] = [const { Oracle::new() }; 2];
static SENT: AtomicU32 = AtomicU32::new(0);
static DOWNS: Interrupts<(StaticConsumer<'static, Stream>, Order)> = Interrupts::nothing();

/// An interrupt sends what the main loop reads and passes on to the other interrupt, which reads more slowly than it comes.
fn a_storm_of_interrupts_loses_nothing() {
    SENDS.put(|_| {
        let value = Value::new(0, SENT.fetch_add(1, Relaxed));
        ORACLES[0].tried(value, UP.producer().try_send(value));
        let more = value.number() + 1 < VALUES;
        if !more {
            UP.close();
        }
        more
    });
    DOWNS.put((DOWN.consumer().expect("its one reader"), Order::default()));
    READS.put(|_| {
        DOWNS.with(|reader| {
            let (reader, order) = reader.as_mut().expect("it was put there");
            match reader.try_recv() {
                Ok(value) => {
                    order.follows(value);
                    ORACLES[1].came_out(value);
                    true
                }
                Err(error) => error != aimdb_sync_embassy::TryRecvError::Closed,
            }
        })
    });
    let mut up = UP.consumer().expect("its one reader").on::<MainLoop>();
    let down = DOWN.producer().on::<MainLoop>();
    Timer::Timer0.start(1_000, 0x40);
    Timer::Timer1.start(1_000, 0x80);
    let mut order = Order::default();
    while let Ok(value) = up.recv() {
        order.follows(value);
        ORACLES[0].came_out(value);
        check!(down.send(value) == Ok(()));
        ORACLES[1].was_stored();
    }
    check!(down.flush(Ticks(1_000)) == Ok(()));
    down.close();
    ORACLES[0].settle(&UP.stats());
    ORACLES[1].settle(&DOWN.stats());
    check!(ORACLES[1].out() > VALUES / 2 && DOWN.stats().counters.blocked > 100);
}
