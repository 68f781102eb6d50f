//! Cursors that code beside the handles gives back: it may be wrong, and breaks nothing.

use aimdb_sync_embassy::{CriticalSectionRawMutex as Raw, Record, Start, StaticLatest, StaticRing};

fn leaves_twice<R: Record<Value = u32>>(record: &R) {
    let Ok(cursor) = record.subscribe(Start::Live) else { panic!("a cursor is free") };
    record.unsubscribe(cursor);
    record.unsubscribe(cursor);
    assert!(record.try_push(1).is_ok());
}

#[test]
fn e5_a_cursor_that_is_given_back_twice_is_free_once() {
    static RING: StaticRing<u32, Raw, 2, 2> = StaticRing::new();
    static LATEST: StaticLatest<u32, Raw, 2> = StaticLatest::new();
    leaves_twice(&RING);
    leaves_twice(&LATEST);
    let rings = [RING.consumer(), RING.consumer(), RING.consumer()];
    assert_eq!(rings.map(|consumer| consumer.is_ok()), [true, true, false]);
    let latest = [LATEST.consumer(), LATEST.consumer(), LATEST.consumer()];
    assert_eq!(latest.map(|consumer| consumer.is_ok()), [true, true, false]);
    assert_eq!((RING.stats().counters.delivered, LATEST.stats().counters.lagged), (0, 0));
}
