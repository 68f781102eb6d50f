//! The conformance suite: one line for each implementation.

use aimdb_sync_embassy::{CriticalSectionRawMutex as Raw, StaticMailbox};
use aimdb_tests::attached::Attached;
use aimdb_tests::conformance;
use aimdb_tests::drive::{Drive, Driven, current_thread, multi_thread};
use aimdb_tests::own_buffer;
use aimdb_tests::static_queue::{Large, Lean, Small};
use aimdb_tests::static_record::Static;
use aimdb_tests::static_ring::LeanRing;
use aimdb_tests::static_slot::{Latest, Slots};

const fn own(drive: Drive) -> Driven {
    Driven { make: own_buffer::make, drive, lacks: own_buffer::LACKS, supports: own_buffer::supports }
}

conformance!(shell_by_threads, Driven::heap(Drive::Threads));
conformance!(shell_by_tasks_on_one_thread, Driven::heap(Drive::Tasks(current_thread())));
conformance!(shell_by_tasks_on_two_threads, Driven::heap(Drive::Tasks(multi_thread())));
conformance!(shell_by_threads_and_tasks, Driven::heap(Drive::Mixed(multi_thread())));
conformance!(reference_by_threads, Driven::reference(Drive::Threads));
conformance!(reference_by_threads_and_tasks, Driven::reference(Drive::Mixed(multi_thread())));
conformance!(own_buffer_by_threads, own(Drive::Threads));
conformance!(own_buffer_by_threads_and_tasks, own(Drive::Mixed(multi_thread())));
conformance!(attached_database, Attached);
conformance!(static_record_by_threads, Static(Drive::Threads));
conformance!(static_record_by_threads_and_tasks, Static(Drive::Mixed(multi_thread())));
conformance!(static_queue_of_small_values_by_threads, Lean::<Small>::by(Drive::Threads));
conformance!(static_queue_of_small_values_by_threads_and_tasks, Lean::<Small>::by(Drive::Mixed(multi_thread())));
conformance!(static_queue_of_large_values_by_threads, Lean::<Large>::by(Drive::Threads));
conformance!(static_queue_of_large_values_by_threads_and_tasks, Lean::<Large>::by(Drive::Mixed(multi_thread())));
conformance!(static_ring_of_small_values_by_threads, LeanRing::<u32>::by(Drive::Threads));
conformance!(static_ring_of_small_values_by_threads_and_tasks, LeanRing::<u32>::by(Drive::Mixed(multi_thread())));
conformance!(static_ring_of_large_values_by_threads, LeanRing::<[u32; 64]>::by(Drive::Threads));
conformance!(static_ring_of_large_values_by_threads_and_tasks, LeanRing::<[u32; 64]>::by(Drive::Mixed(multi_thread())));
conformance!(static_mailbox_of_small_values_by_threads, Slots::<StaticMailbox<Small, Raw>>::by(Drive::Threads));
conformance!(
    static_mailbox_of_small_values_by_threads_and_tasks,
    Slots::<StaticMailbox<Small, Raw>>::by(Drive::Mixed(multi_thread()))
);
conformance!(static_mailbox_of_large_values_by_threads, Slots::<StaticMailbox<Large, Raw, 3>>::by(Drive::Threads));
conformance!(
    static_mailbox_of_large_values_by_threads_and_tasks,
    Slots::<StaticMailbox<Large, Raw, 3>>::by(Drive::Mixed(multi_thread()))
);
conformance!(static_latest_of_small_values_by_threads, Slots::<Latest<1, 1>>::by(Drive::Threads));
conformance!(
    static_latest_of_small_values_by_threads_and_tasks,
    Slots::<Latest<1, 1>>::by(Drive::Mixed(multi_thread()))
);
conformance!(static_latest_of_large_values_by_threads, Slots::<Latest<5, 2>>::by(Drive::Threads));
conformance!(
    static_latest_of_large_values_by_threads_and_tasks,
    Slots::<Latest<5, 2>>::by(Drive::Mixed(multi_thread()))
);
