//! Storey 2: a buffer, usable on its own.
//!
//! [`HeapBuffer`] is the [`Shell`] on the heap, for threads and tasks; other layouts put the same
//! shell into a `static`. [`Buffer`] and [`BufferReader`] are what the database knows of either,
//! and of a buffer that the user wrote.

mod error;
mod metrics;
mod shell;
mod slots;

#[cfg(feature = "std")]
mod blocking;
#[cfg(feature = "alloc")]
mod cfg;
#[cfg(feature = "alloc")]
mod dispatcher;
#[cfg(feature = "alloc")]
mod flush_future;
#[cfg(feature = "alloc")]
mod heap;
#[cfg(feature = "std")]
mod lane;
#[cfg(feature = "alloc")]
mod push_future;
#[cfg(feature = "alloc")]
mod reader;
#[cfg(feature = "alloc")]
mod table;
#[cfg(feature = "alloc")]
mod traits;

pub use error::{
    BufferCfgError, FlushError, Misuse, NotReserved, RecvError, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, TrySendError,
};
pub use metrics::{BufferMetrics, ReaderMetrics};
pub use shell::{Cloning, Flushing, Held, Layout, Pushing, Receiving, ReceivingInPlace, Shell, State, UserCode};
pub use slots::{SlotCell, Slots};

#[cfg(loom)]
#[doc(hidden)]
pub use lane::{Looks, Pinning, Since, Stamp, Stamps};

#[cfg(feature = "std")]
pub use blocking::{drain_blocking, flush_blocking, reserve_blocking, send_blocking, send_waiting, send_waiting_with};
#[cfg(feature = "alloc")]
pub use cfg::{BufferCfg, Degrader, DropHook};
#[cfg(feature = "std")]
pub use dispatcher::Dispatcher;
#[cfg(feature = "alloc")]
pub use dispatcher::dispatch;
#[cfg(feature = "alloc")]
pub use flush_future::FlushFuture;
#[cfg(feature = "std")]
pub use heap::{CommonSender, HeapSender};
#[cfg(feature = "alloc")]
pub use heap::{HeapBuffer, HeapBufferBuilder};
#[cfg(feature = "alloc")]
pub(crate) use heap::{HeapShell, Housed, Unhoused};
#[cfg(feature = "alloc")]
pub use push_future::{PushFuture, Refusal};
#[cfg(feature = "alloc")]
pub use reader::{Reader, Recv};
#[cfg(feature = "alloc")]
pub use traits::{Buffer, BufferReader};
