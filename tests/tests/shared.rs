//! Values that are cloned without the lock: what their clones do is nobody's trouble but the caller's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, TryRecvError};
use aimdb_core::pure::DropCause;
use aimdb_tests::payload::{Item, Ledger};
use aimdb_tests::watchdog::within;

/// A value whose clone runs some code first.
struct Scripted {
    item: Item,
    script: Arc<dyn Fn(u64) + Send + Sync>,
}

impl Clone for Scripted {
    fn clone(&self) -> Self {
        (self.script)(self.item.tag());
        Self { item: self.item.clone(), script: Arc::clone(&self.script) }
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.item.fmt(f)
    }
}

type Script = Arc<dyn Fn(u64) + Send + Sync>;

/// Sends the values with these tags, all of them through the lane.
fn send(buffer: &HeapBuffer<Scripted>, ledger: &Arc<Ledger>, script: &Script, tags: impl IntoIterator<Item = u64>) {
    // A lock hold opens the lane, once each cursor has its end of it.
    let _ = buffer.metrics();
    for tag in tags {
        let value = Scripted { item: ledger.item(tag), script: Arc::clone(script) };
        buffer.push_at_once(value).expect("the lane is open");
    }
}

fn rings() -> [BufferCfg; 3] {
    [BufferCfg::SpmcRing { capacity: 1 }, BufferCfg::SpmcRing { capacity: 3 }, BufferCfg::SingleLatest]
}

#[test]
fn k7_a_clone_that_panics_without_the_lock_skips_one_value_for_one_caller() {
    for cfg in rings() {
        let ledger = Ledger::new();
        let buffer = HeapBuffer::builder(&cfg).eager().build().expect("a buffer");
        let mut readers = [buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor")];
        let armed = Arc::new(AtomicBool::new(true));
        let script: Script = Arc::new(move |_| assert!(!armed.swap(false, Ordering::Relaxed), "as the test wants it"));
        send(&buffer, &ledger, &script, [1]);
        let [first, second] = &mut readers;
        assert!(catch_unwind(AssertUnwindSafe(|| first.try_recv())).is_err());
        assert!(matches!(first.try_recv(), Err(TryRecvError::Empty)), "it is skipped");
        assert_eq!(second.try_recv().expect("the others still get it").item.tag(), 1);
        assert_eq!(buffer.metrics().counters.clone_panics, 1);
        // No look is left behind: what is overwritten is dropped by the one who overwrites it.
        send(&buffer, &ledger, &script, 2..10);
        assert_eq!(ledger.alive(), buffer.metrics().occupancy as u64);
        drop((readers, buffer));
        ledger.assert_settled();
    }
}

#[test]
fn k8_a_clone_that_waits_without_the_lock_holds_nobody_up() {
    for (cfg, ends) in rings().into_iter().flat_map(|cfg| [(cfg, 0), (cfg, 1), (cfg, 2)]) {
        within(30, "a clone that waits", || {
            let ledger = Ledger::new();
            let told = Arc::new(Mutex::new(Vec::new()));
            let hook = Arc::clone(&told);
            let buffer = HeapBuffer::builder(&cfg)
                .eager()
                .on_drop(Arc::new(move |value: Scripted, cause| {
                    hook.lock().unwrap_or_else(PoisonError::into_inner).push((value.item.tag(), cause));
                }))
                .build()
                .expect("a buffer");
            let (entered, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(4)));
            let script: Script = {
                let (entered, leave, waits) = (Arc::clone(&entered), Arc::clone(&leave), AtomicU64::new(3));
                Arc::new(move |_| {
                    if waits.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                        entered.wait();
                        leave.wait();
                    }
                })
            };
            let mut late = buffer.reader().expect("a cursor");
            let readers: Vec<_> = (0..3).map(|_| buffer.reader().expect("a cursor")).collect();
            send(&buffer, &ledger, &script, [1]);
            thread::scope(|scope| {
                for mut reader in readers {
                    scope.spawn(move || assert_eq!(reader.try_recv().expect("it was there").item.tag(), 1));
                    // One after the other, so that each comes through the lane.
                    entered.wait();
                }
                // Three clones of value 1 are under way: the record goes on in every way.
                send(&buffer, &ledger, &script, 2..6);
                assert_eq!(buffer.metrics().counters.accepted, 5);
                let mut last = 0;
                while let Ok(tag) = late.try_recv().map(|value| value.item.tag()).or_else(|error| match error {
                    TryRecvError::Lagged(_) => Ok(0),
                    _ => Err(error),
                }) {
                    last = last.max(tag);
                }
                assert_eq!(last, 5);
                let value = Scripted { item: ledger.item(6), script: Arc::clone(&script) };
                drop(buffer.force_push(value).expect("it is open"));
                match ends {
                    0 => {}
                    1 => buffer.close(),
                    _ => assert_eq!(buffer.abort(), cfg.capacity()),
                }
                leave.wait();
            });
            drop(late);
            let told_of = |tag| {
                let told = told.lock().unwrap_or_else(PoisonError::into_inner);
                let causes: Vec<_> = told.iter().filter(|(of, _)| *of == tag).map(|(_, cause)| *cause).collect();
                causes
            };
            assert_eq!(told_of(1), [DropCause::Overwritten], "M5: by whoever looked last");
            drop(buffer);
            ledger.assert_settled();
        });
    }
}

#[test]
fn k8_m5_a_value_that_is_aborted_under_a_clone_goes_to_the_hook() {
    let ledger = Ledger::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let buffer = HeapBuffer::builder(&BufferCfg::SpmcRing { capacity: 3 })
        .eager()
        .on_drop(Arc::new(move |value: Scripted, cause| {
            hook.lock().unwrap_or_else(PoisonError::into_inner).push((value.item.tag(), cause));
        }))
        .build()
        .expect("a buffer");
    let mut reader = buffer.reader().expect("a cursor");
    let script: Script = {
        let buffer = buffer.clone();
        Arc::new(move |_| {
            buffer.abort();
        })
    };
    send(&buffer, &ledger, &script, [1, 2]);
    assert_eq!(reader.try_recv().expect("it was there when it was looked for").item.tag(), 1);
    assert!(matches!(reader.try_recv(), Err(TryRecvError::Closed)));
    let causes = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(causes, [(2, DropCause::Aborted), (1, DropCause::Aborted)]);
    // The script holds the buffer, and the buffer no value with a script any more.
    drop((reader, script, buffer));
    ledger.assert_settled();
}

#[test]
fn k8_a_clone_without_the_lock_may_call_back_into_its_record() {
    for cfg in rings() {
        within(30, "a clone that calls back", move || {
            let ledger = Ledger::new();
            let buffer = HeapBuffer::builder(&cfg).eager().build().expect("a buffer");
            let mut reader = buffer.reader().expect("a cursor");
            let quiet: Script = Arc::new(|_| {});
            let script: Script = {
                let (buffer, ledger, quiet) = (buffer.clone(), Arc::clone(&ledger), Arc::clone(&quiet));
                Arc::new(move |tag| {
                    for next in 1..6 {
                        buffer.push(Scripted { item: ledger.item(tag + next), script: Arc::clone(&quiet) });
                    }
                    let mut other = buffer.reader().expect("a cursor");
                    buffer.push(Scripted { item: ledger.item(tag + 6), script: Arc::clone(&quiet) });
                    while let Ok(value) = other.try_recv() {
                        assert!(value.item.tag() > tag);
                    }
                    let _ = buffer.peek();
                    assert_eq!(buffer.metrics().counters.clone_panics, 0);
                })
            };
            send(&buffer, &ledger, &script, [1]);
            assert_eq!(reader.try_recv().expect("it was there").item.tag(), 1);
            // The script keeps the buffer; without a value that keeps the script, nothing does.
            send(&buffer, &ledger, &quiet, 10..14);
            drop((reader, script, buffer));
            ledger.assert_settled();
        });
    }
}

#[test]
fn k7_slots_that_were_added_under_clones_come_into_the_lane() {
    const DEEP: u64 = 12;
    for cfg in rings() {
        within(30, "clones within clones", move || {
            let ledger = Ledger::new();
            let buffer = HeapBuffer::builder(&cfg).eager().build().expect("a buffer");
            let mut reader = buffer.reader().expect("a cursor");
            let quiet: Script = Arc::new(|_| {});
            // Each clone overwrites what the ones around it are made of, and clones the newest.
            let script: Arc<Mutex<Option<Script>>> = Arc::default();
            let nested: Script = {
                let (buffer, ledger, script) = (buffer.clone(), Arc::clone(&ledger), Arc::clone(&script));
                Arc::new(move |tag| {
                    let next = script.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let Some(script) = next.filter(|_| tag < DEEP) else { return };
                    let mut other = buffer.reader().expect("a cursor");
                    for tag in [tag + 1; 3] {
                        buffer.push(Scripted { item: ledger.item(tag), script: Arc::clone(&script) });
                    }
                    let found = (0..2).find_map(|_| other.try_recv().ok());
                    assert_eq!(found.expect("it was pushed").item.tag(), tag + 1);
                })
            };
            *script.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&nested));
            send(&buffer, &ledger, &nested, [1]);
            assert_eq!(reader.try_recv().expect("it was there").item.tag(), 1);
            *script.lock().unwrap_or_else(PoisonError::into_inner) = None;
            // An end that finds the lane closed brings the words.
            let value = Scripted { item: ledger.item(DEEP + 1), script: Arc::clone(&quiet) };
            buffer.push(value);
            send(&buffer, &ledger, &quiet, DEEP + 2..DEEP + 20);
            assert_eq!(ledger.alive(), buffer.metrics().occupancy as u64, "nobody looks any more");
            drop((reader, nested, buffer));
            ledger.assert_settled();
        });
    }
}
