//! Storey 1: how anything waits.
//!
//! A blocked thread is a [`core::task::Waker`] whose `wake` unparks it, so one wait queue serves
//! threads, async tasks and RTOS tasks alike, and every operation is one poll function that is
//! driven four ways: once (`try_x`), by [`block_on`] (`x`, `x_timeout`, `x_deadline`), or by an
//! executor. This storey knows nothing of records, kinds or values.

mod block;
mod clock;
#[cfg(feature = "alloc")]
mod counted;
#[cfg(feature = "alloc")]
mod late;
mod lock;
mod queue;
mod wake_list;

#[cfg(feature = "std")]
pub mod barrier;
#[cfg(feature = "std")]
mod bell;
#[cfg(feature = "std")]
mod crowd;
#[cfg(feature = "std")]
mod fork;
#[cfg(feature = "std")]
mod gate;
#[cfg(feature = "std")]
mod looks;
#[cfg(feature = "std")]
mod park;
#[cfg(feature = "std")]
mod place;
#[cfg(feature = "std")]
mod ready_set;
#[cfg(all(feature = "std", unix))]
mod signal_fd;
#[cfg(feature = "std")]
mod sleepers;
#[cfg(feature = "std")]
mod token;
#[cfg(feature = "std")]
mod world;

pub use block::{Parker, block_on_with};
pub use clock::{Clock, Deadline};
pub use lock::Lock;
pub(crate) use queue::{Ticket, WaiterState};
pub use queue::{WaitQueue, Waiter};
pub(crate) use wake_list::WakeList;

// `counted.rs` counts in these; a model that has that file for itself, in those of the checker.
#[cfg(feature = "alloc")]
use core::sync::atomic;

#[cfg(feature = "alloc")]
pub use counted::{Block, Counted, Hold};
#[cfg(feature = "alloc")]
pub(crate) use late::boxed;
#[cfg(feature = "alloc")]
pub use late::{Late, in_box};
#[cfg(feature = "alloc")]
pub(crate) use lock::HeapLock;

#[cfg(feature = "std")]
pub(crate) use gate::{Door, Inside, Key, prepare, shut};
#[cfg(loom)]
#[doc(hidden)]
pub use token::Life;
#[cfg(feature = "std")]
pub(crate) use token::Token;
#[cfg(feature = "std")]
pub(crate) use world::{World, WorldCell};

#[cfg(feature = "std")]
pub use clock::SystemClock;
#[cfg(all(feature = "std", any(loom, shuttle)))]
pub use clock::model::set_model_clock;
#[cfg(feature = "std")]
pub use crowd::Outlook;
#[cfg(feature = "std")]
pub(crate) use crowd::{give_way, give_way_at_times, let_others_run};
#[cfg(feature = "std")]
pub use fork::{fork_generation, watch_for_forks};
#[cfg(feature = "std")]
pub(crate) use looks::Progress;
#[cfg(feature = "std")]
pub use park::{ThreadParker, block_on};
#[cfg(feature = "std")]
pub(crate) use park::{glance_for, has_seen_nothing, look_for, look_while_moving, wait_on};
#[cfg(feature = "std")]
pub use place::{Place, may_block, serves};
#[cfg(feature = "std")]
pub use ready_set::{EndId, Membership, NotReady, ReadySet, Watched};
#[cfg(feature = "std")]
pub use sleepers::{About, Sleeper, WaitsFor, sleepers};
