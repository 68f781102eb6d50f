//! What a handle can name, and the one table of all handles.

use core::cell::UnsafeCell;
use core::ops::Deref;
use core::sync::atomic::AtomicU64;

use aimdb_core::waiting::{Counted, Hold as MayBeHeld, in_box};
use aimdb_sync::WaitSet;

use crate::block::Block;
use crate::builder::Builder;
use crate::callback::Callback;
use crate::database::Database;
use crate::failure::Failure;
use crate::form::{RecvEnd, SendEnd};
use crate::loan::Loan;
use crate::log::LogFn;
use crate::status::{Answer, Status};
use crate::table::{Grip, Pin, Table, Vacancy};

/// What a handle names. Small, because the table has a place of one cache line for each.
pub(crate) enum Object {
    Builder(Box<Held<Builder>>),
    Database(Box<Database>),
    Producer(Counted<Producer>),
    Consumer(Box<Consumer>),
    Failure(Failure),
    Log(Callback<LogFn>),
    WaitSet(Box<WaitSet>),
    Message(Block),
    Loan(Held<Loan>),
}

/// The writing end of a record, twice: whoever holds the handle has an end of its own, which is faster, and
/// threads that come meanwhile share the other.
pub(crate) struct Producer {
    pub(crate) own: Held<Box<dyn SendEnd>>,
    pub(crate) shared: Box<dyn SendEnd + Sync>,
}

impl MayBeHeld for Producer {}

impl Producer {
    /// These two ends, if there is memory for them.
    pub(crate) fn new(own: impl SendEnd + 'static, shared: impl SendEnd + Sync + 'static) -> Answer<Counted<Self>> {
        let made = || {
            let own: Box<dyn SendEnd> = in_box(own)?;
            Counted::new(Self { own: Held::new(own), shared: in_box(shared)? })
        };
        made().ok_or(Status::OUT_OF_MEMORY)
    }
}

/// The reading end of a record.
pub(crate) struct Consumer {
    pub(crate) end: Held<Box<dyn RecvEnd>>,
    /// How many values the last lag was about.
    pub(crate) lag: AtomicU64,
}

/// What only the thread that holds the handle may touch.
pub(crate) struct Held<T>(UnsafeCell<T>);

// SAFETY: the inside is reached through `Hold`, of which the table gives out one at a time for each handle.
unsafe impl<T: Send> Sync for Held<T> {}

impl<T> Held<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }
}

static TABLE: Table<Object> = Table::new();

/// An object that stays while this does.
pub(crate) type Pinned = Watched<Pin<'static, Object>>;

/// A builder or loan that no other thread holds.
pub(crate) type Gripped = Watched<Grip<'static, Object>>;

/// An object that is poisoned when a panic passes here.
pub(crate) struct Watched<G: Guard> {
    guard: G,
    /// The panic that is under way, if one is, came from elsewhere.
    before: bool,
}

pub(crate) trait Guard: Deref<Target = Object> {
    fn poison(&self);
}

impl Guard for Pin<'_, Object> {
    fn poison(&self) {
        Pin::poison(self);
    }
}

impl Guard for Grip<'_, Object> {
    fn poison(&self) {
        Grip::poison(self);
    }
}

impl<G: Guard> Watched<G> {
    fn new(guard: G) -> Self {
        Self { guard, before: std::thread::panicking() }
    }
}

impl<G: Guard> Deref for Watched<G> {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.guard
    }
}

impl<G: Guard> Drop for Watched<G> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.before {
            self.guard.poison();
        }
    }
}

/// An object whose handle no other thread holds.
pub(crate) type Hold = Grip<'static, Object>;

/// Gives an object a handle.
pub(crate) fn insert(object: Object) -> Answer<u64> {
    let may_be_held = match &object {
        Object::Builder(_) | Object::Producer(_) | Object::Consumer(_) | Object::Loan(_) => true,
        Object::Database(_) | Object::Failure(_) | Object::Log(_) | Object::WaitSet(_) | Object::Message(_) => false,
    };
    TABLE.insert(object, may_be_held).map_err(|_| Status::TOO_MANY)
}

/// A place for an object that is made when there is one.
pub(crate) fn place() -> Answer<Vacancy<'static, Object>> {
    TABLE.reserve().ok_or(Status::TOO_MANY)
}

/// Gives a callback a handle. Without one, its `user` stays the caller's.
pub(crate) fn insert_callback<F>(callback: Callback<F>, wrap: fn(Callback<F>) -> Object) -> Answer<u64>
where
    Callback<F>: Clone,
{
    let inserted = insert(wrap(callback.clone()))?;
    callback.user.take();
    Ok(inserted)
}

/// Gives a message a handle.
///
/// # Errors
///
/// The message.
pub(crate) fn insert_message(block: Block) -> Result<u64, Block> {
    TABLE.insert(Object::Message(block), false).map_err(|object| match object {
        Object::Message(block) => block,
        _ => unreachable!("what is not taken comes back"),
    })
}

#[inline]
pub(crate) fn pin(handle: u64) -> Answer<Pinned> {
    TABLE.pin(handle).map(Watched::new)
}

#[inline(always)]
pub(crate) fn with_hold<C, R>(
    handle: u64,
    carried: C,
    work: impl FnOnce(&mut Hold, C) -> R,
    refused: impl FnOnce(Status, C) -> R,
) -> R {
    TABLE.with_hold(handle, carried, work, refused)
}

pub(crate) fn hold(handle: u64) -> Answer<Gripped> {
    TABLE.hold(handle).map(Watched::new)
}

/// Frees a handle of the kind that `is_it` knows. 0 is none, and freed already.
pub(crate) fn free(handle: u64, is_it: fn(&Object) -> bool) -> Answer {
    if handle == 0 {
        return Ok(());
    }
    TABLE.retire(handle, is_it)
}

impl Grip<'_, Object> {
    #[inline(always)]
    pub(crate) fn consumer(&mut self) -> Answer<&mut dyn RecvEnd> {
        match &**self {
            // SAFETY: this handle is held, and the hold is borrowed for as long as the end is.
            Object::Consumer(consumer) => Ok(unsafe { &mut **consumer.end.0.get() }),
            _ => Err(Status::BAD_HANDLE),
        }
    }

    #[inline(always)]
    pub(crate) fn producer(&mut self) -> Answer<&mut dyn SendEnd> {
        match &**self {
            // SAFETY: as above.
            Object::Producer(producer) => Ok(unsafe { &mut **producer.own.0.get() }),
            _ => Err(Status::BAD_HANDLE),
        }
    }
}

impl Gripped {
    pub(crate) fn loan(&mut self) -> Answer<&mut Loan> {
        match &*self.guard {
            // SAFETY: as above.
            Object::Loan(loan) => Ok(unsafe { &mut *loan.0.get() }),
            _ => Err(Status::BAD_HANDLE),
        }
    }

    pub(crate) fn builder(&mut self) -> Answer<&mut Builder> {
        match &*self.guard {
            // SAFETY: as above.
            Object::Builder(builder) => Ok(unsafe { &mut *builder.0.get() }),
            _ => Err(Status::BAD_HANDLE),
        }
    }
}
