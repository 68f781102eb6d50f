#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod consumer;
mod kind;
mod latest;
mod layout;
mod lean;
mod lock;
mod mailbox;
mod port;
mod producer;
mod queue;
mod record;
mod registry;
mod ring;
mod storage;

pub use consumer::{Recv, StaticConsumer};
pub use kind::{
    Bounded, DegradeQuality, DropNewest, DropOldest, Fail, Mailbox, PauseUpstream, SingleCursorKind, SingleLatest,
    SpmcRing, StaticKind, StaticPolicy, WithoutDegrader,
};
pub use latest::{LatestCursor, StaticLatest};
pub use lean::{LeanRecv, LeanSend, SendAtOnce};
pub use lock::PreemptionSafe;
pub use mailbox::StaticMailbox;
#[cfg(feature = "freertos")]
pub use port::FreeRtos;
#[cfg(feature = "std")]
pub use port::Threads;
#[cfg(all(feature = "bare-metal", target_arch = "arm"))]
pub use port::{BareMetal, TickSource};
pub use port::{NoPort, Port, Task, Ticks, Timeout};
pub use producer::StaticProducer;
pub use queue::{QueuePolicy, StaticQueue};
pub use record::{Record, Sending, StaticRecord, StaticRecordBuilder, Waiting, WholeRecord};
pub use registry::{AnyConsumer, AnyProducer, Registered, Registry, RegistryError};
pub use ring::{RingCursor, StaticRing};

pub use aimdb_core::buffer::{
    BufferMetrics, FlushError, Flushing, Misuse, Pushing, ReaderMetrics, RecvError, RecvTimeoutError, SendError,
    SubscribeError, TryRecvError, TrySendError,
};
pub use aimdb_core::pure::{Counters, CursorCounters, DropCause, ErrorKind, Kind, Policy, Start};
pub use aimdb_core::waiting::Deadline;
pub use bytemuck::NoUninit;
pub use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;

/// What the binding for C blocks through, and its lean records; no part of the interface.
#[doc(hidden)]
pub mod driving {
    pub use crate::latest::{ByteLatest, LATEST_BYTES};
    pub use crate::lean::{Bytes, End, FOR_EVER, Form, WORD, Word};
    pub use crate::mailbox::{ByteMailbox, MailboxState};
    pub use crate::port::block_on;
    pub use crate::queue::{ByteQueue, ByteState};
    #[cfg(not(loom))]
    pub use crate::ring::{ByteRing, NotStored, RING_BYTES};
}
