//! Readers that come to wait at a closed queue side by side, while values are on their way: in one schedule of sections that only
//! threads of their own can have, as none of them is inside another.

mod port;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use aimdb_sync_embassy::{CriticalSectionRawMutex as Raw, PreemptionSafe, StaticQueue};
use embassy_sync::blocking_mutex::raw::RawMutex;
use port::{Wakes, poll_counted};

/// The critical section of the host, before each of which a thread waits for leave, if it is one that is led.
struct Led(Raw);

std::thread_local! {
    static LEAVE: RefCell<Option<Receiver<()>>> = const { RefCell::new(None) };
    static DONE: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

// SAFETY: it is the other one.
unsafe impl RawMutex for Led {
    const INIT: Self = Self(Raw::INIT);

    fn lock<R>(&self, critical: impl FnOnce() -> R) -> R {
        // Nobody leads any more whose end of the channel is gone: then it goes on alone.
        LEAVE.with_borrow(|leave| leave.as_ref().map(Receiver::recv));
        let result = self.0.lock(critical);
        DONE.with_borrow(|done| done.as_ref().map(|done| done.send(())));
        result
    }
}

// SAFETY: as above.
unsafe impl PreemptionSafe for Led {}

/// A thread that is led from section to section.
struct Thread<R> {
    leave: Sender<()>,
    done: Receiver<()>,
    thread: JoinHandle<R>,
}

impl<R: Send + 'static> Thread<R> {
    fn new(does: impl FnOnce() -> R + Send + 'static) -> Self {
        let ((leave, may), (has, done)) = (channel(), channel());
        let thread = thread::spawn(move || {
            LEAVE.set(Some(may));
            DONE.set(Some(has));
            does()
        });
        Self { leave, done, thread }
    }

    fn goes_through(&self, sections: usize) {
        for _ in 0..sections {
            self.leave.send(()).expect("it is there");
            self.done.recv().expect("it has a section more");
        }
    }

    fn goes_on(self) -> R {
        drop(self.leave);
        self.thread.join().expect("it ends")
    }
}

/// One that does not wait inside a section.
type Queue = StaticQueue<[u32; 4], Led, 2>;

/// W1: two values are on their way to a closed queue. Two readers see that nothing is there yet; then the values come, which wakes
/// nobody; then both come to wait. The one that looks again first wakes the other, who has yet to look again: that one was woken,
/// and wakes the first all the same.
#[test]
fn w1_one_that_was_woken_before_it_looked_again_answers_for_the_one_behind() {
    let queue: &'static Queue = Box::leak(Box::new(Queue::new()));
    let sends = [1, 2].map(|id| Thread::new(move || queue.producer().try_send([id; 4]).is_ok()));
    // Each has its place, and has not filled it.
    sends.iter().for_each(|sends| sends.goes_through(1));
    queue.close();
    let reads = [(); 2].map(|()| {
        Thread::new(move || {
            let (consumer, wakes) = (Box::leak(Box::new(queue.consumer())), Arc::<Wakes>::default());
            let mut waits = Box::pin(consumer.recv_async());
            assert!(poll_counted(waits.as_mut(), &wakes).is_pending());
            (waits, wakes)
        })
    });
    // It looks for a value, for what there is besides, and for one on its way.
    reads.iter().for_each(|reads| reads.goes_through(3));
    assert_eq!(sends.map(Thread::goes_on), [true; 2]);
    let [first, second] = reads;
    first.goes_through(1);
    let second = second.goes_on();
    for (mut waits, wakes) in [first.goes_on(), second] {
        assert_eq!(wakes.count(), 1, "W1: there is a value for each");
        assert!(poll_counted(waits.as_mut(), &wakes).is_ready());
    }
}
