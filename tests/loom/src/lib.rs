//! What the models of aimdb-core, of the handle table of aimdb-ffi and of the lean records of aimdb-sync-embassy are made of.
//!
//! A *scenario* ([`scenarios`]) is one short run of a few threads against a buffer, with what must
//! hold at its end. Loom runs each scenario under every schedule within a bound (`tests/exhaustive.rs`),
//! shuttle runs the larger ones ([`crowds`]) under random and priority-based schedules
//! (`tests/random.rs`). Without `--cfg loom` or `--cfg shuttle` this package is empty.
//!
//! Run it with `tests/loom/run.sh`; `tests/loom/mutants.sh` shows that the models can turn red.
#![cfg(any(loom, shuttle))]

// For the file of aimdb-core that is over the atomics of the model here.
#[cfg(loom)]
extern crate alloc;

#[cfg(loom)]
pub mod blocks;
#[cfg(loom)]
pub mod copies;
#[cfg(loom)]
pub mod counted;
pub mod crowds;
#[cfg(loom)]
pub mod described;
#[cfg(loom)]
pub mod ended;
#[cfg(loom)]
pub mod gated;
#[cfg(loom)]
pub mod handles;
pub mod lanes;
#[cfg(loom)]
pub mod late;
#[cfg(loom)]
pub mod latests;
pub mod ledger;
#[cfg(loom)]
pub mod lines;
#[cfg(loom)]
pub mod mailboxes;
#[cfg(loom)]
pub mod parcels;
#[cfg(loom)]
pub mod plain;
#[cfg(loom)]
pub mod queues;
pub mod reserving;
#[cfg(loom)]
pub mod rings;
pub mod scenarios;
pub mod schedule;
#[cfg(loom)]
pub mod shared;
#[cfg(loom)]
pub mod turns;
pub mod verbs;

/// The handle table of aimdb-ffi, which as a whole is for no model.
#[cfg(loom)]
#[allow(unsafe_code, dead_code)]
#[path = "../../../aimdb-ffi/src/table/mod.rs"]
mod table;

/// What the table answers.
#[cfg(loom)]
mod status {
    pub(crate) type Answer<T = ()> = Result<T, Status>;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Status(u8);

    impl Status {
        pub(crate) const BAD_HANDLE: Self = Self(0);
        pub(crate) const BUSY: Self = Self(1);
        pub(crate) const FORKED_CHILD: Self = Self(2);
        pub(crate) const POISONED: Self = Self(3);
    }
}
#[cfg(loom)]
pub mod watching;

// The lean records of aimdb-sync-embassy with their handles. The rest of that crate is over aimdb-core's shell, whose slots are
// no constants here.
macro_rules! of_embassy {
    ($($file:literal $module:ident)+) => {$(
        #[cfg(loom)]
        #[allow(unsafe_code, missing_docs, dead_code, unreachable_pub, unused_imports)]
        #[path = $file]
        mod $module;
    )+};
}

of_embassy! {
    "../../../aimdb-sync-embassy/src/kind.rs" kind
    "../../../aimdb-sync-embassy/src/latest/mod.rs" latest
    "../../../aimdb-sync-embassy/src/lean/mod.rs" lean
    "../../../aimdb-sync-embassy/src/lock.rs" lock
    "../../../aimdb-sync-embassy/src/mailbox/mod.rs" mailbox
    "../../../aimdb-sync-embassy/src/port.rs" port
    "../../../aimdb-sync-embassy/src/producer.rs" producer
    "../../../aimdb-sync-embassy/src/consumer.rs" consumer
    "../../../aimdb-sync-embassy/src/queue/mod.rs" queue
    "../../../aimdb-sync-embassy/src/ring/mod.rs" ring
}

#[cfg(loom)]
#[allow(unsafe_code, dead_code, unreachable_pub)]
mod record;

#[cfg(loom)]
use {
    consumer::StaticConsumer, latest::StaticLatest, mailbox::StaticMailbox, producer::StaticProducer,
    queue::StaticQueue, ring::StaticRing,
};
