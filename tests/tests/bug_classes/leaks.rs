//! C9: futures that are leaked in the midst of a wait, which safe code may do.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Waker};

use aimdb_core::buffer::{Buffer, BufferReader, Reader};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;
use aimdb_tests::watchdog::{until, within};

use super::{pausing, recv_apart};

/// Begins to receive, and never ends.
fn leak_a_wait(reader: &mut Reader<u64>) {
    let mut future = ManuallyDrop::new(reader.recv());
    assert!(Pin::new(&mut *future).poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn c9_a_leaked_wait_ends_with_its_reader() {
    within(30, "c9", || {
        let buffer = pausing(4);
        let mut reader = buffer.reader().expect("a cursor");
        leak_a_wait(&mut reader);
        assert_eq!(buffer.metrics().waiting_consumers, 1);
        drop(reader);
        assert_eq!(buffer.metrics().waiting_consumers, 0);
        let mut next = buffer.reader().expect("a cursor");
        buffer.push(1);
        buffer.close();
        assert_eq!(next.recv_blocking(Deadline::Never), Ok(1));
        assert!(next.try_recv().is_err());
    });
}

#[test]
fn c9_a_leaked_wait_takes_no_wake_up_from_the_next_one_of_its_reader() {
    within(30, "c9", || {
        for round in 0..200 {
            let buffer = pausing(4);
            let mut reader = if round % 2 == 0 {
                buffer.reader().expect("a cursor")
            } else {
                // A wait that was begun through the trait.
                let mut inner: Box<dyn BufferReader<u64>> = Buffer::subscribe(&buffer, Start::Live).expect("a cursor");
                assert!(inner.poll_recv(&mut Context::from_waker(Waker::noop())).is_pending());
                Reader::new(inner)
            };
            if round % 4 < 2 {
                leak_a_wait(&mut reader);
            }
            let receiving = recv_apart(reader);
            until(|| round % 3 == 0 || buffer.metrics().waiting_consumers == 1);
            buffer.push(7);
            assert_eq!(receiving.join().expect("the reader"), Ok(7));
        }
    });
}
