//! What the lean records share: how they wait and wake, and where a value lies.
//!
//! A lean record is one kind with a state and sections of its own, as small as it can be: [`crate::StaticQueue`],
//! [`crate::StaticRing`],
//! [`crate::StaticMailbox`], [`crate::StaticLatest`].

mod at_once;
mod bell;
mod form;
mod line;
mod look;
mod operation;
mod place;
mod room;
mod stands;
pub(crate) mod told;
mod waiters;
mod waking;
pub(crate) mod words;

pub use at_once::SendAtOnce;
pub(crate) use at_once::{at_once, not_sent};
pub(crate) use bell::Bell;
pub use form::{Bytes, Form, WORD, Word};
pub(crate) use line::{Line, NOTHING};
pub use look::End;
pub(crate) use look::{Lined, Stood};
pub use operation::{LeanRecv, LeanSend};
pub(crate) use operation::{ReadersWait, SendersWait};
pub(crate) use place::Place;
pub(crate) use room::{Room, is_worth_room};
pub use stands::FOR_EVER;
pub(crate) use stands::Stands;
pub(crate) use waiters::{NOBODY, Node, Waiters};
pub(crate) use waking::{ALL, Taken, Waking};

/// Values of so many bytes are moved inside the critical section.
pub(crate) const MOVED_INSIDE: usize = 8;
