//! The future of a consumer's next value.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::{Consumer, DbError, DbResult, RecordKey};
use crate::buffer::RecvError;

/// A task that always finds a value lets others have their turn after this many, as many as Tokio's own operations are
/// ready in one poll: giving a turn away costs some 85 ns on a current-thread runtime.
const BURST: u8 = 128;

/// See [`Consumer::recv`]. Written by hand, so that a value which is there is read where the task stands: each word
/// that is stored on the way holds up those that the other end wants to see.
#[must_use = "nothing is read until the future is polled"]
pub(super) struct NextValue<'a, T: Send + 'static> {
    consumer: &'a mut Consumer<T>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    /// It lets others have their turn.
    GivesWay,
    Waits,
}

impl<'a, T: Send + 'static> NextValue<'a, T> {
    pub(super) const fn of(consumer: &'a mut Consumer<T>) -> Self {
        Self { consumer, stage: Stage::New }
    }

    /// The rest of a poll, for one that has found no value, or has had its turn. Its errors are small, so that a value need
    /// not be carried past the place where a large one would be.
    #[inline(never)]
    fn poll_on(&mut self, task: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let Consumer { reader, burst, .. } = &mut *self.consumer;
        let before = self.stage;
        if before == Stage::New && *burst >= BURST {
            (self.stage, *burst) = (Stage::GivesWay, 0);
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        if before != Stage::Waits {
            *burst += 1;
        }
        self.stage = Stage::Waits;
        #[cfg(feature = "std")]
        if let Some(value) = if before == Stage::New { reader.recv_by_call() } else { reader.recv_at_once() } {
            return Poll::Ready(Ok(value));
        }
        let polled = reader.poll_recv(task);
        if polled.is_pending() {
            // Others have their turn now; the value to come is the first of a burst.
            *burst = 1;
        }
        polled
    }
}

impl<T: Send + 'static> Future for NextValue<'_, T> {
    type Output = DbResult<T>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<DbResult<T>> {
        #[cfg(feature = "std")]
        if self.stage == Stage::New && self.consumer.burst < BURST {
            let received = self.consumer.reader.recv_at_once_with(|value| Poll::Ready(Ok(value)));
            if let Some(received) = received {
                self.consumer.burst += 1;
                return received;
            }
        }
        match self.poll_on(task) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => Poll::Ready(Ok(value)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(of_record(error, &self.consumer.named.record.key))),
        }
    }
}

/// The error of the reader of this record. In place, so that the value beside it need not pass a call that writes it.
#[inline(always)]
fn of_record(error: RecvError, record: &RecordKey) -> DbError {
    match error {
        RecvError::Lagged(lag_count) => DbError::BufferLagged { lag_count, key: Some(record.clone()) },
        RecvError::Closed => DbError::BufferClosed { key: Some(record.clone()) },
        RecvError::Misuse(misuse) => DbError::Misuse(misuse),
    }
}

impl<T: Send + 'static> Drop for NextValue<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.stage == Stage::Waits {
            self.consumer.reader.end_recv();
        }
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{Count, poll_once, single};
    use super::*;
    use alloc::sync::Arc;
    use core::pin::pin;
    use core::task::Waker;

    #[test]
    fn w2_a_future_that_is_dropped_takes_neither_value_nor_wake_up_with_it() {
        let db = single::<u32>(|record| {
            record.bounded(4);
        });
        let mut one = db.consumer::<u32>("a").expect("it is there");
        let mut other = one.share().expect("it can be shared");
        let producer = db.producer::<u32>("a").expect("it is there");
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut waits = pin!(other.recv());
        {
            let mut leaves = pin!(one.recv());
            assert!(poll_once(leaves.as_mut()).is_pending(), "it stands first in the queue");
            assert!(waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            producer.produce(1);
            assert_eq!(count.woken(), 0, "the first is woken");
        }
        assert_eq!(count.woken(), 1, "and passes it on");
        assert_eq!(poll_once(waits), Poll::Ready(Ok(1)));
        // One that was not polled, or that found a value at once, has nothing to end.
        drop(one.recv());
        producer.produce(2);
        assert_eq!(poll_once(pin!(one.recv())), Poll::Ready(Ok(2)));
        producer.produce(3);
        assert_eq!(one.try_recv(), Ok(3));
    }

    #[test]
    fn w7_a_task_that_gives_its_turn_away_waits_for_nothing() {
        let db = single::<u32>(|record| {
            record.bounded(200);
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        (0..200).for_each(|value| producer.produce(value));
        for value in 0..u32::from(BURST) {
            assert_eq!(poll_once(pin!(consumer.recv())), Poll::Ready(Ok(value)));
        }
        {
            let mut gives_way = pin!(consumer.recv());
            assert!(poll_once(gives_way.as_mut()).is_pending());
            assert_eq!(poll_once(gives_way), Poll::Ready(Ok(128)));
        }
        assert_eq!(poll_once(pin!(consumer.recv())), Poll::Ready(Ok(129)));
    }

    #[test]
    fn w7_a_task_that_waits_for_two_records_lets_others_have_their_turn() {
        let db = single::<u32>(|record| {
            record.bounded(200);
        });
        let mut full = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        let empty_db = single::<u32>(|record| {
            record.bounded(1);
        });
        let mut empty = empty_db.consumer::<u32>("a").expect("it is there");
        (0..200).for_each(|value| producer.produce(value));
        let mut read_all = pin!(async {
            for value in 0..200 {
                core::future::poll_fn(|task| {
                    let mut nothing = pin!(empty.recv());
                    assert!(nothing.as_mut().poll(task).is_pending());
                    Poll::Ready(())
                })
                .await;
                assert_eq!(full.recv().await, Ok(value));
            }
        });
        let turns = (1..1000).find(|_| poll_once(read_all.as_mut()).is_ready());
        assert!(turns.is_some_and(|turns| turns > 1), "{turns:?}");
    }
}
