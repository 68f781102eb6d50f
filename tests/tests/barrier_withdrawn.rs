//! A process that loses the barrier that lanes go by while values are on their way: a filter that is
//! installed late.
#![cfg(target_os = "linux")]

use aimdb_tests::sandbox::{refuse_the_barrier, values_arrive};
use aimdb_tests::watchdog::within;

#[test]
fn w2_w3_m1_values_arrive_where_the_system_withdraws_the_barrier() {
    within(120, "w2_w3_m1_values_arrive_where_the_system_withdraws_the_barrier", || {
        values_arrive(60_000, refuse_the_barrier);
        values_arrive(20_000, || ());
    });
}
