//! A process that never had the barrier that lanes go by: every door is everybody's.
#![cfg(target_os = "linux")]

use aimdb_tests::sandbox::{refuse_the_barrier, values_arrive};
use aimdb_tests::watchdog::within;

#[test]
fn w2_w3_m1_values_arrive_where_the_system_refuses_the_barrier() {
    within(120, "w2_w3_m1_values_arrive_where_the_system_refuses_the_barrier", || {
        refuse_the_barrier();
        values_arrive(60_000, || ());
    });
}
