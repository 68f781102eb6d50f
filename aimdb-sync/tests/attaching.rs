//! From a description to running services (contract sections 4 and 5).

mod watchdog;

use std::sync::mpsc;
use std::thread;

use aimdb_sync::{AimDbBuilder, Attach, AttachError, BufferCfg, DbError, Deadline, ErrorKind, RuntimeOptions};
use watchdog::{pausing, single, watched};

const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 4 };

#[test]
fn r1_attach_reports_all_mistakes_together_each_with_its_record() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u8>("none", |_| {});
    builder.configure::<u8>("zero", |record| {
        record.buffer(BufferCfg::SpmcRing { capacity: 0 });
    });
    builder.configure::<u8>("fed", |record| {
        record.buffer(RING).transform::<u8>("unknown", |from| from.map(|value| value));
    });
    let error = builder.attach().expect_err("there are three mistakes");
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let AttachError::Configuration(mistakes) = error else { panic!("it is another error: {error}") };
    let keys: Vec<_> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(keys, ["fed", "none", "zero"]);
}

#[test]
fn u6_r3_a_record_without_a_buffer_cannot_be_attached() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u8>("a", |_| {});
    assert!(builder.attach().is_err());
}

#[test]
fn r2_an_unknown_key_and_a_wrong_type_are_errors_when_the_end_is_made() {
    let handle = single::<u8>(RING);
    let error = handle.producer::<u8>("b").expect_err("there is no such record");
    assert!(matches!(error, DbError::RecordNotFound { .. }));
    let error = handle.consumer::<u16>("a").expect_err("it has another type");
    assert!(matches!(error, DbError::TypeMismatch { .. }));
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn r1_a_number_of_threads_that_no_runtime_can_have_is_an_error() {
    for threads in [0, RuntimeOptions::MAX_THREADS + 1, usize::MAX] {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u8>("a", |record| {
            record.buffer(RING);
        });
        let error = builder.attach_with(RuntimeOptions::new().threads(threads)).expect_err("no such runtime");
        assert!(matches!(error, AttachError::Threads { asked, .. } if asked == threads));
    }
}

#[cfg(feature = "tokio")]
#[test]
fn c5_a_value_sent_right_after_attach_is_seen_by_every_tap() {
    watched(|| {
        for _ in 0..20 {
            let (told, seen) = mpsc::channel();
            let mut builder = AimDbBuilder::new();
            builder.configure::<u32>("a", |record| {
                record.buffer(RING);
                for _ in 0..2 {
                    let tell = told.clone();
                    record.tap(move |_, mut consumer| async move {
                        tell.send(consumer.recv().await.ok()).expect("the test listens");
                    });
                    let tell = told.clone();
                    record.tap_blocking(move |_, mut consumer| {
                        tell.send(consumer.recv_blocking(Deadline::Never).ok()).expect("the test listens");
                    });
                }
            });
            let handle = builder.attach().expect("sound");
            handle.producer::<u32>("a").expect("it is there").send(7).expect("a ring accepts");
            for _ in 0..4 {
                assert_eq!(seen.recv().expect("four taps"), Some(7));
            }
            handle.shutdown().expect("all taps have returned");
        }
    });
}

#[test]
fn a7_a_blocking_service_has_a_thread_of_its_own_named_after_its_record() {
    watched(|| {
        let (told, names) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        // A name with a zero in it is no name for a thread.
        for key in ["cmd", "c\0d"] {
            let told = told.clone();
            builder.configure::<u32>(key, |record| {
                record.buffer(RING).source_blocking(move |_, _| {
                    told.send(thread::current().name().map(str::to_owned)).expect("the test listens");
                });
            });
        }
        let handle = builder.attach().expect("sound");
        let mut seen = [names.recv(), names.recv()].map(|name| name.expect("two sources").expect("a name"));
        seen.sort();
        assert_eq!(seen, ["c?d/source", "cmd/source"]);
        handle.shutdown().expect("the sources have returned");
        assert_eq!(handle.running(), [""; 0]);
    });
}

#[cfg(feature = "tokio")]
#[test]
fn a7_async_services_run_on_as_many_threads_as_asked_for_with_the_name_asked_for() {
    watched(|| {
        let (told, names) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING);
            for _ in 0..8 {
                let told = told.clone();
                record.tap(move |_, mut consumer| async move {
                    let _ = consumer.recv().await;
                    told.send(thread::current().name().map(str::to_owned)).expect("the test listens");
                });
            }
        });
        let handle = builder.attach_with(RuntimeOptions::new().threads(1).name("x\0y")).expect("sound");
        handle.producer::<u32>("a").expect("it is there").send(1).expect("a ring accepts");
        for _ in 0..8 {
            assert_eq!(names.recv().expect("eight taps").as_deref(), Some("x?y-0"));
        }
        handle.shutdown().expect("the taps have returned");
    });
}

#[cfg(not(feature = "tokio"))]
#[test]
fn a7_without_a_runtime_an_async_service_is_an_error_that_names_it_and_closes_the_database() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u32>("a", |record| {
        record.buffer(RING).tap(|_, _| async {});
    });
    let db = builder.build().expect("sound");
    let error = db.clone().attach().expect_err("there is no runtime");
    assert!(matches!(&error, AttachError::NoRuntime { services, .. } if *services == ["a/tap#1"]));
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(db.is_closed());
}

#[test]
fn c4_a_built_database_can_be_attached_and_its_clones_see_it_end() {
    watched(|| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(pausing(2)).tap_blocking(
                |_, mut consumer| {
                    while consumer.recv_blocking(Deadline::Never).is_ok() {}
                },
            );
        });
        let db = builder.build().expect("sound");
        let handle = db.clone().attach().expect("sound");
        assert_eq!(handle.running(), ["a/tap#1"]);
        assert!(!handle.is_closed());
        assert_eq!(handle.db().records().len(), 1);
        db.close();
        assert!(handle.is_closed());
        handle.detach().expect("the tap ends with its record");
        assert!(db.is_closed());
    });
}

#[test]
fn m1_the_handle_tells_the_stats_of_every_record() {
    let mut builder = AimDbBuilder::new();
    for key in ["b", "a"] {
        builder.configure::<u32>(key, |record| {
            record.buffer(RING);
        });
    }
    let handle = builder.attach().expect("sound");
    handle.producer::<u32>("b").expect("it is there").send(1).expect("a ring accepts");
    let accepted: Vec<_> =
        handle.stats().iter().map(|stats| (stats.record.key.to_string(), stats.buffer.counters.accepted)).collect();
    assert_eq!(accepted, [("a".to_owned(), 0), ("b".to_owned(), 1)]);
}
