//! What an interrupt may ask of a record, and a record of the kernel then (E2, E4).

use std::time::Duration;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Deadline, FlushError, Misuse, Port, Record, RecvTimeoutError, SendError,
    StaticConsumer, StaticProducer, StaticQueue, StaticRecord, Task, Threads, Ticks,
};

/// A kernel that may not be asked anything where nobody may block, as FreeRTOS may not.
enum Strict {}

impl Strict {
    fn asked() {
        assert!(Threads::can_block(), "the kernel was asked where it may not be");
    }
}

// SAFETY: tasks are those of `Threads`.
unsafe impl Port for Strict {
    fn ticks_per_second() -> u32 {
        Threads::ticks_per_second()
    }

    fn current_task() -> Task {
        Self::asked();
        Threads::current_task()
    }

    fn now() -> u64 {
        Self::asked();
        Threads::now()
    }

    fn park(ticks: Option<u64>) {
        Self::asked();
        Threads::park(ticks);
    }

    unsafe fn unpark(task: Task) {
        Self::asked();
        // SAFETY: a task of `Threads`.
        unsafe { Threads::unpark(task) }
    }

    unsafe fn unpark_from_isr(task: Task) {
        // SAFETY: as above.
        unsafe { Threads::unpark(task) }
    }

    fn in_isr() -> bool {
        Threads::in_isr()
    }

    fn can_block() -> bool {
        Threads::can_block()
    }

    fn priority() -> u8 {
        Self::asked();
        0
    }
}

#[test]
fn e4_where_nobody_may_block_the_kernel_is_asked_nothing() {
    static RECORD: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::new();
    static QUEUE: StaticQueue<u32, Raw, 1> = StaticQueue::new();
    fn asks(
        producer: StaticProducer<'_, impl Record<Value = u32>, Strict>,
        mut reader: StaticConsumer<'_, impl Record<Value = u32>, Strict>,
    ) {
        let (wait, refused) = (Duration::from_secs(1), Misuse::CannotBlock);
        assert_eq!(producer.send_timeout(1, wait), Err(SendError::Misuse(1, refused)));
        assert_eq!(reader.recv_timeout(wait), Err(RecvTimeoutError::Misuse(refused)));
        assert_eq!(reader.recv_timeout(Ticks(1)), Err(RecvTimeoutError::Misuse(refused)));
        // One try does not block, whether there is something or not.
        assert_eq!(reader.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
        assert_eq!(producer.send_timeout(2, Duration::ZERO), Ok(()));
        assert_eq!(producer.send_timeout(3, Duration::ZERO), Err(SendError::Timeout(3)));
        assert_eq!(producer.send_deadline(4, Deadline::At(0)), Err(SendError::Timeout(4)));
        assert_eq!(reader.recv_deadline(Deadline::At(0)), Ok(2));
    }
    Threads::as_interrupt(|| {
        asks(QUEUE.producer().on(), QUEUE.consumer().on());
        let (producer, mut reader) = (RECORD.producer().on::<Strict>(), RECORD.consumer().unwrap().on::<Strict>());
        asks(producer, reader.clone());
        assert_eq!(producer.flush(Ticks(1)), Err(FlushError::Misuse(Misuse::CannotBlock)));
        assert_eq!(reader.latest_timeout(Ticks(1)), Err(RecvTimeoutError::Misuse(Misuse::CannotBlock)));
        producer.try_send(5).unwrap();
        assert_eq!(producer.flush(Ticks(0)), Err(FlushError::Timeout));
        assert_eq!(reader.latest_timeout(Ticks(0)), Ok(5));
        assert_eq!(reader.latest_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
    });
    assert_eq!(QUEUE.stats().counters.offered(), 3);
}
