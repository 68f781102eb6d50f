//! The kernel's queue, uncontended: one send and one receive, and each alone, at 4 bytes and at 256; and a send that wakes a task.
#![no_std]
#![no_main]

use board::{Exit, check, count_from, count_to, entry, exit, watch_from, watch_to};
use freertos::{Queue, Scheduler, Suspended, Task};

static WORDS: Queue<u32, 16> = Queue::new();
static BLOCKS: Queue<[u32; 64], 16> = Queue::new();
static TASK: Task<1024> = Task::new();
static WAITS: Task<1024> = Task::new();

entry!(main);

fn main() -> Exit {
    WORDS.create();
    BLOCKS.create();
    check!(TASK.spawn(c"count", 2, count).is_ok());
    Scheduler::start()
}

fn count() {
    // An interrupt in one pass spoils its count, so there are several.
    for pass in 0..8 {
        words(pass);
        send_word(pass);
        receive_word(pass);
        let block = [pass; 64];
        blocks(&block);
        send_block(&block);
        receive_block(&block);
    }
    check!(WAITS.spawn(c"waits", 3, waits).is_ok());
    for pass in 0..8 {
        wake(pass);
    }
    exit(Exit::Success)
}

fn waits() {
    let mut there = 0;
    while WORDS.receive(&mut there, u32::MAX) {}
}

#[inline(never)]
fn wake(value: u32) {
    // The task that is woken runs afterwards.
    let _others = Suspended::now();
    watch_from!("xqueue_4_wake");
    let sent = WORDS.send(&value, 0);
    watch_to!("xqueue_4_wake");
    check!(sent);
}

#[inline(never)]
fn words(value: u32) {
    let mut there = 0;
    count_from!("xqueue_4_both");
    let sent = WORDS.send(&value, u32::MAX);
    let received = WORDS.receive(&mut there, u32::MAX);
    count_to!("xqueue_4_both");
    check!(sent && received && there == value);
}

#[inline(never)]
fn send_word(value: u32) {
    count_from!("xqueue_4_send");
    let sent = WORDS.send(&value, u32::MAX);
    count_to!("xqueue_4_send");
    check!(sent);
}

#[inline(never)]
fn receive_word(value: u32) {
    let mut there = 0;
    count_from!("xqueue_4_receive");
    let received = WORDS.receive(&mut there, u32::MAX);
    count_to!("xqueue_4_receive");
    check!(received && there == value);
}

#[inline(never)]
fn blocks(value: &[u32; 64]) {
    let mut there = [0; 64];
    count_from!("xqueue_256_both");
    let sent = BLOCKS.send(value, u32::MAX);
    let received = BLOCKS.receive(&mut there, u32::MAX);
    count_to!("xqueue_256_both");
    check!(sent && received && there == *value);
}

#[inline(never)]
fn send_block(value: &[u32; 64]) {
    count_from!("xqueue_256_send");
    let sent = BLOCKS.send(value, u32::MAX);
    count_to!("xqueue_256_send");
    check!(sent);
}

#[inline(never)]
fn receive_block(value: &[u32; 64]) {
    let mut there = [0; 64];
    count_from!("xqueue_256_receive");
    let received = BLOCKS.receive(&mut there, u32::MAX);
    count_to!("xqueue_256_receive");
    check!(received && there == *value);
}
