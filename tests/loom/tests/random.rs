//! The larger scenarios under random schedules.
#![cfg(shuttle)]
#![allow(missing_docs)]

use aimdb_models::{crowds, schedule::sample};

macro_rules! samples {
    ($($name:ident: $runs:literal,)*) => {$(
        #[test]
        fn $name() {
            sample(stringify!($name), $runs, crowds::$name);
        }
    )*};
}

samples! {
    work_queue_and_journal: 5_000,
    many_give_up: 5_000,
    readers_come_and_go: 5_000,
    the_end_in_the_midst: 5_000,
    a_crowded_rendezvous: 5_000,
    a_crowded_ring: 5_000,
    a_crowded_lane_of_plain_data: 5_000,
    a_crowded_latest: 5_000,
    a_crowded_mailbox: 5_000,
    every_policy: 5_000,
    promises: 5_000,
    slots_grow_in_a_crowd: 5_000,
}
