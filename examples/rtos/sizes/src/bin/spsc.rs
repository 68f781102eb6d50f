//! heapless's queue of 16 words for one sender and one reader. It has no blocking calls, so its tasks ask again and
//! again; its halves lie in static memory, where the tasks find them.
#![no_std]
#![no_main]

use core::cell::UnsafeCell;

use heapless::spsc::{Consumer, Producer, Queue};

struct Once<T>(UnsafeCell<Option<T>>);

// SAFETY: `main` fills it before the tasks run, and one task takes it.
unsafe impl<T: Send> Sync for Once<T> {}

impl<T> Once<T> {
    fn take(&self) -> Option<T> {
        // SAFETY: see `Sync`.
        unsafe { (*self.0.get()).take() }
    }

    fn put(&self, value: T) {
        // SAFETY: see `Sync`.
        unsafe { *self.0.get() = Some(value) };
    }
}

struct Whole(UnsafeCell<Queue<u32, 17>>);

// SAFETY: `main` alone touches it, and splits it.
unsafe impl Sync for Whole {}

static QUEUE: Whole = Whole(UnsafeCell::new(Queue::new()));
static PRODUCER: Once<Producer<'static, u32>> = Once(UnsafeCell::new(None));
static CONSUMER: Once<Consumer<'static, u32>> = Once(UnsafeCell::new(None));

sizes::program! {
    setup {
        // SAFETY: once, before any task runs.
        let (producer, consumer) = unsafe { &mut *QUEUE.0.get() }.split();
        PRODUCER.put(producer);
        CONSUMER.put(consumer);
    };
    sender PRODUCER.take();
    send |producer, value| match &mut producer {
        Some(producer) => {
            while producer.enqueue(value).is_err() {}
            true
        }
        None => false,
    };
    reader CONSUMER.take();
    receive |consumer| consumer.dequeue();
}
