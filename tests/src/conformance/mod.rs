//! The conformance suite: one function for each promise of the contract, for any implementation.
//!
//! A function asks its promise on every kind, policy and capacity that the implementation has, and
//! skips what the implementation says it lacks. `conformance!(name, subject)` makes a module of
//! tests out of all of them.

mod closing;
mod counting;
mod kinds;
mod order;
mod sending;
mod waiting;

pub use closing::*;
pub use counting::*;
pub use kinds::*;
pub use order::*;
pub use sending::*;
pub use waiting::*;

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use aimdb_core::buffer::{BufferCfg, RecvTimeoutError, SendError, TryProduceError, TryRecvError};
use aimdb_core::pure::{DropCause, Policy, Start};
use parking_lot::Mutex;

use crate::payload::{Item, Ledger};
use crate::subject::{Cursor, Record, Spec, Subject, Until};
use crate::watchdog::until;

/// Capacities that the suite uses.
pub const CAPACITIES: [usize; 5] = [0, 1, 2, 3, 64];

pub(crate) const fn bounded(capacity: usize, policy: Policy) -> BufferCfg {
    BufferCfg::Bounded { capacity, policy }
}

pub(crate) const fn ring(capacity: usize) -> BufferCfg {
    BufferCfg::SpmcRing { capacity }
}

/// Every record that the implementation has, at these capacities.
pub(crate) fn all(subject: &dyn Subject, capacities: &[usize]) -> Vec<BufferCfg> {
    let mut cfgs = vec![BufferCfg::SingleLatest, BufferCfg::Mailbox];
    for &capacity in capacities {
        cfgs.push(ring(capacity));
        cfgs.extend(Policy::ALL.map(|policy| bounded(capacity, policy)));
    }
    cfgs.retain(|cfg| cfg.validate(true).is_ok() && subject.supports(cfg));
    cfgs
}

/// Every record that makes its producer wait.
pub(crate) fn pausing(subject: &dyn Subject, capacities: &[usize]) -> Vec<BufferCfg> {
    let mut cfgs: Vec<_> = capacities.iter().map(|&capacity| bounded(capacity, Policy::PauseUpstream)).collect();
    cfgs.retain(|cfg| subject.supports(cfg));
    cfgs
}

pub(crate) fn open(subject: &dyn Subject, cfg: BufferCfg) -> Arc<dyn Record> {
    subject.open(Spec::new(cfg)).unwrap_or_else(|error| panic!("{cfg:?}: {error}"))
}

pub(crate) fn live(record: &dyn Record) -> Box<dyn Cursor> {
    record.subscribe(Start::Live).expect("a cursor")
}

/// What the drop hook was given.
pub(crate) type Dropped = Arc<Mutex<Vec<(u64, DropCause)>>>;

/// A record with a drop hook that notes what it is given.
pub(crate) fn hooked(subject: &dyn Subject, cfg: BufferCfg) -> (Arc<dyn Record>, Dropped) {
    let dropped = Dropped::default();
    let seen = Arc::clone(&dropped);
    let hook = move |item: Item, cause| seen.lock().push((item.tag(), cause));
    let spec = Spec { on_drop: Some(Arc::new(hook)), ..Spec::new(cfg) };
    (subject.open(spec).unwrap_or_else(|error| panic!("{cfg:?}: {error}")), dropped)
}

/// What a call answered, with the tag in place of the value, so that it can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Ok(u64),
    Sent,
    Full(u64),
    Timeout(u64),
    Closed(u64),
    Lagged(u64),
    Empty,
    TimedOut,
    Ended,
    Misuse,
}

pub(crate) trait Told {
    fn told(self) -> Answer;
}

impl Told for Result<(), TryProduceError<Item>> {
    fn told(self) -> Answer {
        match self {
            Ok(()) => Answer::Sent,
            Err(TryProduceError::Full(item)) => Answer::Full(item.tag()),
            Err(TryProduceError::Closed(item)) => Answer::Closed(item.tag()),
        }
    }
}

impl Told for Result<(), SendError<Item>> {
    fn told(self) -> Answer {
        match self {
            Ok(()) => Answer::Sent,
            Err(SendError::Full(item)) => Answer::Full(item.tag()),
            Err(SendError::Timeout(item)) => Answer::Timeout(item.tag()),
            Err(SendError::Closed(item)) => Answer::Closed(item.tag()),
            Err(SendError::Misuse(..)) => Answer::Misuse,
        }
    }
}

impl Told for Result<Item, TryRecvError> {
    fn told(self) -> Answer {
        match self {
            Ok(item) => Answer::Ok(item.tag()),
            Err(TryRecvError::Empty) => Answer::Empty,
            Err(TryRecvError::Lagged(lag)) => Answer::Lagged(lag),
            Err(TryRecvError::Closed) => Answer::Ended,
            Err(TryRecvError::Misuse(_)) => Answer::Misuse,
        }
    }
}

impl Told for Result<Item, RecvTimeoutError> {
    fn told(self) -> Answer {
        match self {
            Ok(item) => Answer::Ok(item.tag()),
            Err(RecvTimeoutError::Timeout) => Answer::TimedOut,
            Err(RecvTimeoutError::Lagged(lag)) => Answer::Lagged(lag),
            Err(RecvTimeoutError::Closed) => Answer::Ended,
            Err(RecvTimeoutError::Misuse(_)) => Answer::Misuse,
        }
    }
}

/// Sends from another thread, which may block.
pub(crate) fn send_apart(record: &Arc<dyn Record>, item: Item, wait: Until) -> JoinHandle<Answer> {
    let record = Arc::clone(record);
    thread::spawn(move || record.send(item, wait).told())
}

/// Receives on another thread, which may block; the cursor comes back.
pub(crate) fn recv_apart(mut cursor: Box<dyn Cursor>, wait: Until) -> JoinHandle<(Answer, Box<dyn Cursor>)> {
    thread::spawn(move || (cursor.recv(wait).told(), cursor))
}

pub(crate) fn until_producers_wait(record: &dyn Record, count: usize) {
    until(|| record.metrics().waiting_producers >= count);
}

pub(crate) fn until_consumers_wait(record: &dyn Record, count: usize) {
    until(|| record.metrics().waiting_consumers >= count);
}

/// Fills a record that refuses, with the tags from 0 on.
pub(crate) fn fill(record: &dyn Record, ledger: &Arc<Ledger>, capacity: usize) {
    for tag in 0..capacity as u64 {
        assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
    }
}

/// Everything that a cursor of a closed record still has; lag is left out.
pub(crate) fn drain(cursor: &mut dyn Cursor) -> Vec<u64> {
    let mut tags = Vec::new();
    loop {
        match cursor.recv(Until::Never).told() {
            Answer::Ok(tag) => tags.push(tag),
            Answer::Lagged(_) => {}
            Answer::Ended => return tags,
            other => panic!("a closed record answered {other:?}"),
        }
    }
}

/// Makes a module `$name` with one test for each promise, asked of `$subject`.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $subject:expr) => {
        $crate::for_each_promise! { $name, $subject,
            k0_a_late_subscriber_sees_what_the_table_says,
            k0_each_subscription_has_each_value_except_on_a_mailbox,
            k0_peek_looks_at_the_current_value_and_takes_nothing,
            k1_capacity_is_exact_and_never_rounded,
            k1_capacity_zero_is_a_rendezvous_or_a_configuration_error,
            k1_a_rendezvous_hands_over_in_both_directions,
            k1_an_absurd_capacity_is_an_error,
            k2_pushing_the_same_value_again_is_a_change,
            k3_after_a_lag_comes_the_oldest_retained,
            k4_without_a_subscriber_values_are_kept_for_the_first,
            k4_the_last_reader_leaves_its_unread_values_to_the_next,
            k5_a_gating_cursor_that_is_dropped_wakes_the_producers,
            k5_of_two_readers_the_slow_one_is_dropped,
            k5_a_gating_cursor_that_is_dropped_while_it_waits_gates_no_more,
            k6_per_producer_order_and_one_order_on_every_cursor,
            k6_a_shared_cursor_gives_each_value_to_one_reader,
            k7_every_value_is_dropped_exactly_once,
            k7_a_value_that_one_cursor_reads_is_moved_not_cloned,
            k8_a_hook_may_call_back_or_wait_for_a_thread_that_does,
            k8_a_degrader_may_call_back,
            s1_every_refusal_returns_the_value,
            s2_overwriting_kinds_are_never_full_and_never_wait,
            s3_a_refused_push_is_counted_and_given_to_the_hook,
            s4_the_degrader_is_applied_to_what_meets_a_full_record,
            s4_a_degrader_that_panics_leaves_the_record_as_it_was,
            s4_degrade_quality_without_a_degrader_cannot_be_built,
            s5_force_send_stores_and_returns_what_it_displaced,
            s6_a_policy_table_row_for_row,
            s7_latest_skips_what_lies_before_and_ends,
            s7_what_is_skipped_makes_room_for_a_sender_that_waits,
            s7_the_errors_of_reading,
            s8_a_policy_travels_by_its_slug,
            w1_no_wakeup_is_lost_between_two_threads,
            w1_no_wakeup_is_lost_on_a_rendezvous,
            w2_one_freed_slot_wakes_one_waiter,
            w2_one_value_wakes_each_cursor_that_waits,
            w2_each_of_many_values_wakes_a_reader_of_a_shared_cursor,
            w2_a_waiter_that_times_out_takes_no_wakeup_with_it,
            w3_senders_are_served_in_the_order_in_which_they_came,
            w4_zero_means_one_try,
            w4_a_deadline_at_the_end_of_time_waits_and_does_not_panic,
            w4_what_is_ready_at_expiry_wins,
            w4_a_timed_out_send_stores_nothing,
            w5_a_waiting_thread_uses_no_processor,
            w6_more_waiters_than_any_table_holds,
            w7_threads_and_tasks_wait_on_the_same_record,
            c1_close_wakes_every_waiter_on_both_sides,
            c1_consumers_drain_and_are_told_the_end_for_ever,
            c1_close_is_idempotent_and_a_closed_record_refuses,
            c2_abort_discards_and_says_how_many,
            c2_flush_waits_until_every_gating_cursor_has_consumed,
            c2_flush_ends_when_its_values_are_discarded,
            c2_flush_ends_when_its_values_are_displaced,
            c3_a_leaked_reader_keeps_nobody_parked_after_close,
            m1_offered_is_accepted_refused_and_timed_out,
            m1_a_cursor_accounts_for_every_value,
            m1_a_snapshot_is_never_torn,
            m2_occupancy_never_exceeds_capacity_and_overwrites_count,
            m3_blocked_counts_episodes_and_their_time,
            m3_the_slowest_gating_cursor_is_named,
            m5_the_hook_is_told_each_cause,
        }
    };
}

/// Makes the tests of [`conformance!`].
#[macro_export]
macro_rules! for_each_promise {
    ($name:ident, $subject:expr, $($promise:ident,)+) => {
        mod $name {
            #[allow(unused_imports, reason = "the subject may be an expression over them")]
            use super::*;
            $(
                #[test]
                fn $promise() {
                    let name = concat!(stringify!($name), "::", stringify!($promise));
                    $crate::watchdog::within(60, name, || $crate::conformance::$promise(&$subject));
                }
            )+
        }
    };
}
