//! Threads and memory over many lives of a database. One test, alone in its binary: it counts the
//! threads of the process.
#![cfg(target_os = "linux")]

mod watchdog;

use std::sync::{Arc, Weak};

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, Deadline};
use watchdog::{until, watched};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("Linux tells").count()
}

fn live(end: impl FnOnce(aimdb_sync::AimDbHandle)) -> Weak<()> {
    let value = Arc::new(());
    let seen = Arc::downgrade(&value);
    let mut builder = AimDbBuilder::new();
    builder.configure::<Arc<()>>("a", |record| {
        record.buffer(BufferCfg::SpmcRing { capacity: 8 });
        record.tap_blocking(|_, mut consumer| while consumer.recv_blocking(Deadline::Never).is_ok() {});
        record.source_blocking(|context, _| while context.sleep_blocking(std::time::Duration::MAX) {});
        #[cfg(feature = "tokio")]
        record.tap(|_, mut consumer| async move { while consumer.recv().await.is_ok() {} });
    });
    let handle = builder.attach().expect("sound");
    handle.producer::<Arc<()>>("a").expect("it is there").send(value).expect("a ring accepts");
    end(handle);
    seen
}

#[test]
fn c7_attach_and_detach_and_dropped_handles_leak_no_thread_and_no_memory() {
    watched(|| {
        let before = threads();
        for _ in 0..200 {
            let value = live(|handle| handle.detach().expect("all end"));
            // What was detached has ended: its threads were joined, and hold nothing any more.
            until(|| threads() <= before);
            assert_eq!(value.strong_count(), 0);
        }
        let values: Vec<_> = (0..50).map(|_| live(drop)).collect();
        until(|| threads() <= before);
        assert!(values.iter().all(|value| value.strong_count() == 0));
    });
}
