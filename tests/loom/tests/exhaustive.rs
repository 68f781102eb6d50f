//! Every scenario under every schedule within its bound of preemptions.
#![cfg(loom)]
#![allow(missing_docs)]

#[cfg(not(feature = "large"))]
use aimdb_models::{blocks, copies, counted, ended, gated, handles, lanes, late, parcels, shared};
use aimdb_models::{
    described, latests, lines, mailboxes, plain, queues, reserving, rings, scenarios, schedule::explore, turns,
    watching,
};

macro_rules! models {
    ($module:ident: $($name:ident: $preemptions:literal,)*) => {$(
        #[test]
        fn $name() {
            explore(stringify!($name), $preemptions, $module::$name);
        }
    )*};
}

models! { scenarios:
    c1_pop_meets_close: 4,
    c1_blocked_push_meets_close: 4,
    c1_push_and_pop_meet_close: 4,
    c1_close_wakes_both_shares: 4,
    c1_a_promise_ends_with_the_close: 3,
    w1_two_pushes_meet_two_pops: 3,
    w2_one_place_wakes_one_sender: 4,
    k5_a_slow_reader_leaves: 4,
    w2_two_values_at_once_wake_two_readers: 3,
    s7_latest_makes_room: 4,
    s6_a_batch_larger_than_the_capacity: 4,
    k4_a_reader_comes_and_goes: 4,
    k4_the_first_reader_finds_what_was_kept: 4,
    w2_a_cancelled_sender_passes_its_turn_on: 3,
    b22_a_dropped_push_meets_a_pop: 4,
    w2_a_cancelled_reader_passes_its_wake_up_on: 4,
    w2_a_woken_reader_that_is_dropped_passes_on: 4,
    w3_a_promise_is_passed_on: 4,
    w2_one_value_wakes_each_cursor: 3,
    w2_one_value_wakes_one_share: 4,
    k3_a_ring_is_overwritten_under_a_reader: 4,
    k3_a_ring_wakes_its_reader: 4,
    k_latest_is_replaced_under_a_peek: 4,
    k_mailbox_is_put_taken_and_put: 4,
    k_mailbox_is_taken_under_a_peek: 4,
    k_mailbox_has_one_taker: 3,
    k7_two_cursors_read_one_value: 4,
    s5_force_meets_a_pop: 4,
    k1_a_rendezvous: 4,
    k1_a_rendezvous_is_left: 4,
    k1_a_rendezvous_of_three: 3,
    k5_a_rendezvous_loses_a_cursor: 4,
    c1_a_rendezvous_is_closed: 4,
    c2_flush_meets_a_pop: 4,
    c2_flush_ends_beside_later_values: 4,
    c2_flush_meets_an_abort: 4,
    c2_flush_meets_a_close_without_readers: 4,
    c2_flush_meets_a_leave: 4,
    c2_a_drain_meets_a_close_and_a_pop: 3,
    c2_a_drain_meets_a_leave: 4,
    c2_flush_meets_force: 4,
    w2_force_wakes_a_flush: 4,
    c2_abort_meets_push_and_pop: 4,
    slots_grow_under_two_senders: 3,
    slots_of_two_writers_and_a_reader: 4,
    k7_the_buffer_is_dropped_with_values: 4,
    b11_the_last_reader_of_a_closed_buffer_leaves: 4,
    w2_ten_cursors_are_woken: 4,
    c1_ten_senders_are_woken: 4,
    w1_a_wake_up_carries_what_came_before_it: 4,
    w1_two_wake_ups_of_one_parker: 4,
    w1_a_parked_reader_is_woken: 4,
    w1_a_parked_sender_is_woken: 4,
    w4_a_deadline_meets_a_pop: 4,
    k_a_late_subscriber_meets_a_push: 4,
}

models! { queues:
    w1_q_a_sender_waits_for_a_reader: 3,
    w1_q_two_senders_meet_a_reader: 3,
    w1_q_two_fill_while_a_reader_waits: 3,
    w2_q_two_readers_have_a_value_each: 3,
    w2_q_two_fill_while_two_readers_wait: 3,
    w1_q_two_empty_while_a_sender_waits: 3,
    w2_q_a_sender_that_gives_up_passes_its_turn_on: 3,
    w2_q_a_reader_that_leaves_passes_its_wake_up_on: 3,
    c1_q_a_close_meets_a_send_and_a_reader: 3,
    c1_q_a_close_meets_two_senders: 3,
    c2_q_an_abort_meets_a_send_and_a_reader: 3,
    k6_q_two_senders_and_a_reader_keep_order: 3,
}

models! { lines:
    w5_line_three_priorities_stand_in_order: 3,
    w2_line_one_leaves_behind_whom_another_comes: 3,
    w5_line_the_first_is_woken_while_one_comes: 3,
    w2_line_two_leave_while_two_come: 3,
    w1_line_values_meet_two_who_come: 3,
    w1_line_one_that_came_too_late_comes_again: 3,
    w5_line_one_behind_another_leaves_it_what_it_was_woken_for: 3,
    w3_line_whoever_has_used_its_wake_up_passes_none_on: 3,
    w3_line_one_behind_another_answers_for_nobody: 3,
    w1_line_values_meet_three_who_come: 2,
    c1_line_a_close_meets_two_who_come: 3,
}

models! { rings:
    w1_r_a_reader_waits_for_a_value: 4,
    w2_r_a_value_wakes_each_cursor: 3,
    w2_r_two_who_share_a_cursor_have_a_value_each: 3,
    w2_r_two_who_share_one_of_two_cursors_have_a_value_each: 3,
    w2_r_a_reader_that_leaves_passes_its_wake_up_on: 3,
    k3_r_a_reader_is_overtaken: 4,
    k3_r_two_who_share_a_cursor_are_overtaken: 4,
    k7_r_two_publish_and_a_third_reads: 4,
    k7_r_a_publisher_goes_round_beside_another: 4,
    k6_r_two_cursors_see_one_order: 4,
    s1_r_one_publisher_too_many_is_refused: 4,
    s1_r_whoever_comes_first_sets_it_up: 3,
    s5_r_what_is_displaced_is_whole: 4,
    c1_r_a_close_meets_a_publisher_and_a_reader: 3,
    c1_r_a_close_wakes_each_cursor: 3,
    c2_r_an_abort_meets_a_publisher_and_a_reader: 3,
    c2_r_an_abort_meets_who_sets_it_up: 3,
}

models! { latests:
    k2_la_a_reader_follows_a_writer: 3,
    s5_la_two_writers_displace_each_other: 3,
    s5_la_two_writers_bring_the_first_value: 3,
    k0_la_a_look_meets_two_writers: 3,
    w1_la_a_reader_waits_for_a_value: 3,
    w2_la_one_value_wakes_each_cursor: 3,
    k6_la_two_shares_have_a_value_once: 3,
    w2_la_a_reader_that_leaves_passes_its_wake_up_on: 3,
    c1_la_a_close_meets_a_writer_and_a_reader: 3,
    c2_la_an_abort_meets_a_writer_and_a_reader: 3,
}

models! { mailboxes:
    w1_mb_a_reader_waits_for_the_newest: 3,
    k6_mb_two_writers_and_a_reader: 3,
    k7_mb_a_writer_comes_while_another_displaces: 3,
    k6_mb_two_readers_and_a_writer: 3,
    w2_mb_a_reader_that_leaves_passes_its_wake_up_on: 3,
    c1_mb_a_close_meets_a_writer_and_readers: 3,
    c2_mb_an_abort_meets_a_writer_and_a_reader: 3,
}

models! { described:
    w1_of_c_a_queue_is_sent_to_and_read: 3,
    w2_of_c_a_reader_of_a_queue_leaves_in_time: 2,
    w2_of_c_a_sender_leaves_in_time: 2,
    c1_of_c_a_queue_is_closed: 2,
    c2_of_c_a_queue_is_aborted: 2,
    w1_of_c_a_mailbox_is_sent_to_and_read: 3,
    k6_of_c_a_mailbox_has_two_senders: 3,
    c2_of_c_a_mailbox_is_aborted: 3,
    w1_of_c_a_latest_value_is_sent_and_read: 2,
    w2_of_c_a_reader_of_a_latest_value_leaves_in_time: 2,
    w3_of_c_a_latest_value_comes_when_both_stand: 2,
    k2_of_c_a_latest_value_has_two_senders: 3,
    c1_of_c_a_latest_value_is_closed: 3,
}

models! { reserving:
    s9_a_kept_place_meets_a_push: 4,
    s9_w2_a_place_that_is_let_go_of_is_the_next_senders: 4,
    s9_a_kept_place_meets_a_pop_and_a_push: 3,
    s9_c1_a_close_meets_a_kept_place: 4,
}

models! { watching:
    w13_a_watch_of_a_cursor_meets_a_push: 4,
    w13_a_watch_of_room_meets_a_pop: 4,
    c1_watches_meet_a_close: 4,
    w13_a_watch_takes_no_wake_up_from_a_reader: 3,
    w13_a_watch_that_ends_leaves_the_wake_up: 3,
    w13_a_reader_that_gives_up_leaves_the_value_to_the_watch: 4,
    k1_a_watch_at_a_rendezvous: 4,
    k5_a_watched_cursor_leaves: 4,
    w10_a_set_meets_two_pushes: 3,
    w10_two_threads_wait_for_a_set: 3,
    w12_a_removal_meets_a_push: 3,
    w12_a_removal_meets_a_look: 4,
    w12_an_end_is_added_and_the_set_is_closed: 3,
    c1_a_close_meets_a_wait_for_a_set: 4,
    b22_a_dropped_wait_beside_a_watch: 4,
}

#[cfg(not(feature = "large"))]
mod watching_in_lanes {
    use super::*;
    models! { watching:
        w13_a_watch_meets_a_push_in_the_lane: 3,
    }
}

// Large values have no lane.
#[cfg(not(feature = "large"))]
models! { lanes:
    k6_values_pass_in_order: 3,
    k6_a_lap_has_several_pieces: 3,
    m1_ends_that_only_try_are_counted: 3,
    s6_a_batch_meets_a_batch: 4,
    w1_a_reader_goes_to_wait: 3,
    w1_a_sender_goes_to_wait: 3,
    c1_a_close_meets_both_ends: 3,
    c2_an_abort_meets_a_push: 3,
    k6_a_door_changes_hands: 3,
    k6_a_kept_key_meets_another_owner: 3,
    b13_a_kept_key_meets_a_pop: 3,
    c1_a_close_meets_kept_keys: 3,
    k6_threads_together_meet_at_a_door: 3,
    c1_a_close_meets_a_common_handle: 3,
    k6_a_common_door: 3,
    k6_handles_meet_at_a_common_door: 3,
    c1_a_close_meets_a_handle_at_a_common_door: 3,
    k_two_readers_share_the_end: 3,
    k4_a_second_cursor_comes: 3,
    b3_a_reader_gives_up: 3,
    b22_a_sender_gives_up: 3,
    k4_the_reader_leaves: 3,
    c2_a_flush_meets_a_pop: 3,
    s5_a_forced_value_meets_a_pop: 3,
    k_a_mailbox_is_put_and_taken: 3,
    k_a_slot_of_a_mailbox_goes_round: 3,
    w1_a_taker_goes_to_wait: 3,
    c1_a_mailbox_is_closed_beside_a_put: 3,
    c1_a_mailbox_is_closed_beside_kept_keys: 3,
}

#[cfg(not(feature = "large"))]
models! { parcels:
    k7_values_in_place_pass_one_place: 4,
    k7_two_read_in_place_by_one_cursor: 4,
    k3_a_ring_is_overwritten_under_a_read_in_place: 4,
    c1_a_close_meets_a_read_in_place: 4,
}

#[cfg(not(feature = "large"))]
models! { blocks:
    p1_a_block_is_taken_by_one_at_a_time: 4,
    p1_the_last_of_three_gives_a_block_back: 4,
    p1_a_holder_is_added_while_another_leaves: 4,
}

#[cfg(not(feature = "large"))]
models! { counted:
    k7_two_let_go_while_a_third_clones: 4,
    k7_a_hold_is_given_away_while_another_lets_go: 4,
    k7_a_house_goes_whole_whoever_lets_go_last: 3,
}

#[cfg(not(feature = "large"))]
models! { copies:
    k_a_copy_that_is_kept_is_whole: 3,
    k_a_copy_of_the_newest_is_whole: 3,
    k_a_copy_of_what_has_come_since_is_whole: 3,
}

// Plain data that is large here is copied to where its reader wants it.
models! { plain:
    k3_a_plain_ring_of_one_is_overwritten_under_its_reader: 2,
    k3_a_plain_ring_of_two_is_overwritten_under_its_reader: 3,
    k3_a_reader_of_a_plain_ring_loses_several: 3,
    m1_a_plain_ring_is_counted_beside_both_ends: 3,
    c1_a_plain_ring_is_closed_beside_both_ends: 3,
    c1_a_plain_latest_value_is_closed_beside_both_ends: 3,
    c2_an_abort_meets_a_reader_of_a_plain_ring: 3,
    w1_a_reader_of_a_plain_ring_goes_to_wait: 3,
    s6_a_batch_of_plain_values_meets_a_batch: 3,
    k6_the_ends_of_a_plain_ring_change_hands: 3,
}

// These are the same with large values, which take them minutes.
#[cfg(not(feature = "large"))]
mod plain_and_small {
    use super::*;
    models! { plain:
        k3_two_read_a_plain_ring_that_is_overwritten: 3,
        k_a_plain_latest_value_is_replaced_under_a_peek: 2,
        k_a_reader_looks_at_a_plain_latest_value: 2,
        k2_a_reader_follows_a_plain_latest_value: 2,
        m1_a_plain_latest_value_is_counted_beside_both_ends: 2,
        s5_a_plain_latest_value_is_displaced_beside_a_reader: 2,
        s5_a_plain_latest_value_is_displaced_under_a_peek: 3,
    }
}

#[cfg(not(feature = "large"))]
models! { ended:
    k6_a_thread_that_ends_leaves_its_flag_to_the_next: 3,
    k6_a_thread_stores_at_its_very_end: 3,
    k6_a_place_in_the_roll_is_used_again: 3,
}

#[cfg(not(feature = "large"))]
models! { late:
    k6_both_ends_make_the_lane: 3,
    c1_a_close_meets_the_first_sender: 3,
}

#[cfg(not(feature = "large"))]
models! { gated:
    k5_a_place_is_filled_again_when_both_have_read_it: 3,
    k6_one_of_several_doors_changes_hands: 2,
    k5_two_threads_read_what_a_third_sends: 3,
    s6_a_batch_meets_two_that_read_batches: 3,
    m1_the_lane_is_counted_beside_its_ends: 3,
    w1_a_sender_waits_for_the_slower: 3,
    w1_both_readers_wait: 3,
    c1_a_close_meets_all_ends: 3,
    c2_an_abort_meets_a_reader: 3,
    k5_the_slower_leaves: 3,
    k4_a_third_cursor_comes: 3,
    k4_the_lanes_of_a_queue_take_turns: 3,
    k_a_cursor_is_shared: 3,
}

#[cfg(not(feature = "large"))]
models! { shared:
    k7_a_ring_is_overwritten_under_a_clone: 3,
    k7_the_lane_is_made_under_a_clone: 3,
    k3_a_lag_is_told_once: 3,
    k_the_latest_value_is_replaced_under_a_peek: 3,
    k_a_reader_looks_at_the_latest_value: 2,
    k7_a_spare_slot_goes_round: 3,
    k7_a_reader_ends_the_quiet: 3,
    k7_the_writer_goes_by_how_far_its_reader_has_come: 3,
    k7_the_writer_goes_by_the_slowest_reader: 3,
    k7_a_reader_in_the_way_is_sent_away: 2,
    k7_a_reader_is_behind_when_the_lane_is_opened: 2,
    k4_a_cursor_comes_to_a_quiet_lane: 2,
    s5_a_forced_value_meets_a_clone: 3,
    c1_a_ring_is_closed_beside_both_ends: 2,
    c2_an_abort_meets_a_clone: 3,
    m1_a_ring_is_counted_beside_both_ends: 3,
    w1_a_reader_of_a_ring_goes_to_wait: 3,
    k4_a_cursor_comes_and_one_leaves: 3,
    k7_a_value_is_seen_by_whoever_pins_it: 4,
    k7_two_look_at_what_is_displaced: 4,
    k7_two_look_at_the_newest_while_it_is_displaced: 4,
    k7_looks_of_both_kinds_have_ended: 4,
    k7_a_slot_that_was_left_is_given_back_once: 4,
    k7_the_machine_lets_go_under_looks: 4,
}

// Handles have no values.
#[cfg(not(feature = "large"))]
models! { handles:
    a_look_meets_a_free: 4,
    a_hold_meets_a_free: 4,
    two_holds_meet_a_free: 3,
    two_holds_meet: 4,
    a_hold_and_a_look_meet_a_free: 3,
    two_free: 4,
    a_hold_comes_after_a_look_that_was_refused: 4,
    an_old_handle_meets_a_new_one: 4,
    an_old_handle_is_looked_up_and_freed_again: 4,
    places_are_given_back_and_taken: 4,
    a_place_comes_back_as_the_first: 4,
    a_table_grows_under_two_threads: 4,
}

models! { turns:
    w1_turns_two_readers_have_two_values: 2,
    w1_turns_two_readers_of_two_priorities_have_two_values: 2,
    w1_turns_the_first_looks_for_two_behind_it: 2,
    w1_turns_a_try_takes_what_one_was_woken_for: 2,
    w2_turns_one_gives_up_while_a_value_comes: 2,
    w2_turns_one_that_is_less_urgent_gives_up: 2,
    w2_turns_one_that_is_more_urgent_gives_up: 2,
    w2_turns_a_sender_gives_up_while_a_place_comes: 2,
    w1_turns_two_senders_and_a_reader_block: 2,
    c1_turns_a_close_meets_two_readers_and_a_value: 2,
    c1_turns_a_close_meets_a_value_on_its_way: 2,
    c2_turns_an_abort_meets_a_sender_and_a_reader: 2,
    w1_turns_two_cursors_of_a_ring: 2,
    w2_turns_one_of_a_cursor_gives_up: 2,
    w4_turns_two_values_of_a_ring_are_there_in_time: 2,
    b18_turns_a_ring_is_closed_in_time: 2,
    k6_turns_two_read_a_mailbox_beside_its_writer: 3,
    w2_turns_one_gives_up_at_a_mailbox: 2,
    w2_turns_one_gives_up_at_a_latest_value: 2,
    w3_turns_a_value_of_a_ring_comes_when_both_stand: 2,
    w3_turns_a_latest_value_comes_when_both_stand: 2,
    w3_turns_a_value_of_a_mailbox_comes_when_both_stand: 2,
    w3_turns_a_value_of_a_queue_comes_when_both_stand: 2,
}

// Of small values two are there at once only if two were stopped before they have woken anybody.
#[cfg(feature = "large")]
mod turns_of_large_values {
    use super::*;
    models! { turns:
        w4_turns_two_large_values_are_there_in_time: 2,
    }
    models! { described:
        w4_of_c_two_values_are_there_in_time: 2,
    }
}

// Small values are moved inside, where nobody has to be counted.
#[cfg(feature = "large")]
mod wide_queues {
    use super::*;
    models! { queues:
        w1_q_a_reader_waits_at_a_wide_queue: 3,
        w1_q_more_senders_than_are_counted_fill_a_wide_queue: 3,
        w1_q_more_readers_than_are_counted_empty_a_wide_queue: 3,
        c2_q_an_abort_meets_many_readers_of_a_wide_queue: 3,
    }
}
