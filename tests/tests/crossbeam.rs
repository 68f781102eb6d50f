//! A consumer that feeds a crossbeam channel (contract section "Waiting on many", W16).

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, AimDbHandle, Attach, BufferCfg, DropCause, RecvError, SyncConsumer, SyncProducer};
use crossbeam_channel::{TryRecvError, select, unbounded};

const PATIENCE: Duration = Duration::from_secs(300);

fn database(cfg: BufferCfg) -> (AimDbHandle, SyncProducer<u32>, SyncConsumer<u32>) {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u32>("a", |record| {
        record.buffer(cfg);
    });
    let handle = builder.attach().expect("the configuration is sound");
    let (producer, consumer) = (handle.producer("a"), handle.consumer("a"));
    (handle, producer.expect("it is there"), consumer.expect("it is there"))
}

fn queue(capacity: usize) -> BufferCfg {
    BufferCfg::Bounded { capacity, policy: aimdb_sync::Policy::PauseUpstream }
}

#[test]
fn w16_a_record_stands_in_a_select_beside_a_channel() {
    let (_handle, producer, consumer) = database(queue(2));
    let feed = consumer.into_crossbeam(1).expect("there are threads");
    let (other, of_other) = unbounded();
    let sending = thread::spawn(move || {
        for value in 0..500 {
            producer.send(value).expect("it is read");
            other.send(value).expect("it is read");
        }
        producer.close();
    });
    let (mut next, mut next_other) = (0, 0);
    let mut open = true;
    while open {
        select! {
            recv(feed) -> value => match value {
                Ok(value) => {
                    assert_eq!(value, Ok(next));
                    next += 1;
                }
                Err(_closed) => open = false,
            },
            recv(of_other) -> value => {
                if value == Ok(next_other) {
                    next_other += 1;
                }
            }
            default(PATIENCE) => panic!("nothing is missed"),
        }
    }
    assert_eq!((next, feed.try_recv()), (500, Err(TryRecvError::Disconnected)));
    sending.join().expect("no panic");
}

#[test]
fn w16_lag_is_told_through_the_channel() {
    let (_handle, producer, consumer) = database(BufferCfg::SpmcRing { capacity: 2 });
    (0..5).try_for_each(|value| producer.send(value)).expect("a ring accepts");
    let feed = consumer.into_crossbeam(0).expect("there are threads");
    producer.close();
    assert_eq!(feed.iter().collect::<Vec<_>>(), [Err(RecvError::Lagged(3)), Ok(3), Ok(4)]);
}

#[test]
fn w16_the_consumer_goes_with_the_last_receiver_and_takes_nothing_more() {
    for full in [false, true] {
        let (gone, told) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<Arc<()>>("a", move |record| {
            let gone = gone.clone();
            record.bounded(1).on_drop(move |_, cause| gone.send(cause).expect("the test waits"));
        });
        let handle = builder.attach().expect("the configuration is sound");
        let producer = handle.producer::<Arc<()>>("a").expect("it is there");
        let feed = handle.consumer::<Arc<()>>("a").expect("it is there").into_crossbeam(1).expect("there are threads");
        let other = feed.clone();
        drop(feed);
        if full {
            // One in the channel, one in the hand of the thread, one in the record.
            for _ in 0..3 {
                producer.send(Arc::new(())).expect("there is room, or will be");
            }
        } else {
            let value = Arc::new(());
            producer.send(Arc::clone(&value)).expect("there is room");
            assert!(other.recv_timeout(PATIENCE).is_ok_and(|it| it.is_ok_and(|it| Arc::ptr_eq(&it, &value))));
        }
        drop(other);
        while producer.stats().cursors > 0 {
            thread::yield_now();
        }
        let stays = if full { 1 } else { 0 };
        assert_eq!(producer.stats().occupancy, stays, "what it had not taken is the next one's");
        assert_eq!(producer.abort(), stays);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), vec![DropCause::Aborted; stays]);
    }
}

#[test]
fn w16_b23_an_absurd_capacity_gives_the_consumer_back() {
    let (_handle, producer, consumer) = database(queue(1));
    let refused = consumer.into_crossbeam(usize::MAX / 64).expect_err("there is no such memory");
    assert_eq!(refused.error.kind(), std::io::ErrorKind::OutOfMemory);
    let mut consumer = *refused.consumer;
    producer.send(1).expect("there is room");
    assert_eq!(consumer.recv(), Ok(1));
}
