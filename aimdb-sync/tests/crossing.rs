//! A value crosses no thread that does not use it.

use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use aimdb_sync::{AimDbBuilder, Attach};

type Seen = Arc<Mutex<Vec<ThreadId>>>;

/// Notes each thread that clones or drops it.
struct Traveller(Seen);

impl Clone for Traveller {
    fn clone(&self) -> Self {
        note(&self.0);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Traveller {
    fn drop(&mut self) {
        note(&self.0);
    }
}

fn note(seen: &Seen) {
    seen.lock().expect("no thread panics while it notes").push(thread::current().id());
}

#[test]
fn p2_a_value_is_stored_by_its_sender_and_touched_by_its_reader_alone() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<Traveller>("job", |record| {
        record.bounded(2);
    });
    let db = builder.attach().expect("the database is sound");
    let jobs = db.producer::<Traveller>("job").expect("the record is there");
    let mut worker = db.consumer::<Traveller>("job").expect("the record is there");
    let seen = Seen::default();
    jobs.send(Traveller(Arc::clone(&seen))).expect("there is room");
    assert_eq!(jobs.stats().occupancy, 1, "it is in the record when `send` returns");
    let reader = thread::spawn(move || {
        drop(worker.recv().expect("it was sent"));
        thread::current().id()
    });
    let reader = reader.join().expect("the reader does not panic");
    assert_eq!(*seen.lock().expect("no thread panics while it notes"), [reader], "moved, never cloned, dropped once");
}
