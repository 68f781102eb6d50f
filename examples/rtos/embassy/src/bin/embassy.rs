//! Tasks of an Embassy executor, tasks of FreeRTOS and an interrupt, all on one record: each may send, the two kinds of
//! tasks may read, some wait by blocking and some by awaiting, in one queue.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, FreeRtos, Mailbox, RecvError, StaticConsumer, StaticRecord,
};
use board::{Exit, Timer, check, entry, exit, interrupt, println};
use freertos::{Scheduler, Task};
use oracle::{Interrupts, Oracle, Order, Random, VALUES, Value};

type Work = StaticRecord<Bounded<4>, Value, Raw, 10>;

static WORK: Work = StaticRecord::new();
static ORACLE: Oracle = Oracle::new();

/// Readers of one cursor: each value goes to one of them.
static READERS: [Interrupts<StaticConsumer<'static, Work>>; 2] = [const { Interrupts::nothing() }; 2];

/// Who has sent all, and how much each reader has read.
static SENT: StaticRecord<Bounded<3>, &str, Raw, 8> = StaticRecord::new();
static READ: StaticRecord<Bounded<2>, (&str, u32), Raw, 6> = StaticRecord::new();

/// A command to the Embassy task that no sender of it waits for.
static GREETING: StaticRecord<Mailbox, u32, Raw, 3> = StaticRecord::new();

static EXECUTOR: Task<1024> = Task::new();
static SENDER: Task<512> = Task::new();
static READER: Task<512> = Task::new();
static SUPERVISOR: Task<1024> = Task::new();

entry!(main);
interrupt!(TIMER0, interrupt);

fn main() -> Exit {
    let reader = WORK.consumer().expect("the first reader");
    READERS[0].put(reader.clone());
    READERS[1].put(reader);
    WHEN.put((Random::from_seed(9), 0));
    // The executor is the most urgent: the others run because it does not, while its tasks wait.
    check!(EXECUTOR.spawn(c"executor", 5, || embassy::run(spawn)).is_ok());
    check!(READER.spawn(c"reader", 4, read).is_ok());
    check!(SENDER.spawn(c"sender", 2, send).is_ok());
    check!(SUPERVISOR.spawn(c"supervisor", 1, supervise).is_ok());
    Timer::Timer0.start(10_000, 0x40);
    Scheduler::start()
}

fn spawn(spawner: embassy_executor::Spawner) {
    let once = "it is spawned once";
    spawner.spawn(greet().expect(once));
    spawner.spawn(read_async().expect(once));
    spawner.spawn(send_async().expect(once));
}

#[embassy_executor::task]
async fn greet() {
    let mut greeting = GREETING.consumer().expect("its one reader");
    while let Ok(number) = greeting.recv_async().await {
        println!("an Embassy task has got {number} from a task of FreeRTOS");
    }
    println!("and that there are no more");
}

#[embassy_executor::task]
async fn read_async() {
    let mut reader = READERS[0].take().expect("main put it there");
    let (mut order, mut count) = (Order::default(), 0);
    loop {
        match reader.recv_async().await {
            Ok(value) => {
                order.follows(value);
                ORACLE.came_out(value);
                count += 1;
            }
            Err(error) => {
                check!(error == RecvError::Closed);
                break;
            }
        }
    }
    check!(READ.producer().send_async(("a task of Embassy", count)).await.is_ok());
}

#[embassy_executor::task]
async fn send_async() {
    for number in 0..VALUES {
        let value = Value::new(1, number);
        check!(ORACLE.sent(value, WORK.producer().send_async(value).await));
    }
    check!(SENT.producer().send_async("a task of Embassy").await.is_ok());
}

fn read() {
    let mut reader = READERS[1].take().expect("main put it there").on::<FreeRtos>();
    let (mut order, mut count) = (Order::default(), 0);
    while let Ok(value) = reader.recv() {
        order.follows(value);
        ORACLE.came_out(value);
        count += 1;
    }
    check!(READ.producer().on::<FreeRtos>().send(("a task of FreeRTOS", count)).is_ok());
}

fn send() {
    let producer = WORK.producer().on::<FreeRtos>();
    for number in 0..VALUES {
        let value = Value::new(2, number);
        check!(ORACLE.sent(value, producer.send(value)));
    }
    check!(SENT.producer().on::<FreeRtos>().send("a task of FreeRTOS").is_ok());
}

static WHEN: Interrupts<(Random, u32)> = Interrupts::nothing();

/// Sends without waiting; what finds no room it has again.
fn interrupt() {
    WHEN.with(|when| {
        let (when, number) = when.as_mut().expect("main put it there");
        let value = Value::new(0, *number);
        *number += 1;
        ORACLE.tried(value, WORK.producer().try_send(value));
        if *number < VALUES {
            Timer::Timer0.start(600 + when.below(2_000), 0x40);
        } else {
            Timer::Timer0.stop();
            check!(SENT.producer().try_send("an interrupt").is_ok());
        }
    });
}

/// Hears from all senders, closes, and hears from all readers.
fn supervise() {
    for number in [1, 2] {
        GREETING.producer().produce(number);
    }
    GREETING.close();
    let mut sent = SENT.consumer().expect("its one reader").on::<FreeRtos>();
    let mut names = [(); 3].map(|()| sent.recv().expect("nobody closes it"));
    names.sort_unstable();
    for name in names {
        println!("{name} has sent {VALUES} values");
    }
    WORK.close();
    let mut read = READ.consumer().expect("its one reader").on::<FreeRtos>();
    let mut counts = [(); 2].map(|()| read.recv().expect("nobody closes it"));
    counts.sort_unstable();
    for (name, count) in counts {
        check!(count > VALUES / 10);
        println!("{name} has read its share");
    }
    check!(counts[0].1 + counts[1].1 == ORACLE.out());
    ORACLE.settle(&WORK.stats());
    println!("each that was stored was read once, in its sender's order");
    exit(Exit::Success)
}
