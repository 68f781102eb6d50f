//! What a value is, and the ends of a record as C has them: without a type, over bytes.

use core::ffi::c_void;
use core::fmt;
use core::mem::{MaybeUninit, offset_of};
use core::ptr::NonNull;

use aimdb_core::buffer::{BufferCfg, BufferMetrics, ReaderMetrics, SubscribeError, TrySendError};
use aimdb_core::pure::{Kind, Start};
use aimdb_core::waiting::{Counted, Hold, in_box};
use aimdb_core::{AimDbBuilder, DbError, DbResult, RecordKey, Registrar};
use aimdb_sync::{AimDbHandle, EndId, Form as EndForm, SyncProducer, WaitSet, WatchError};

use crate::block::{Block, BlockMut, Free};
use crate::block_record::Blocks;
use crate::callback::{Callback, Callbacks, TapFn};
use crate::failure::Failure;
use crate::object::Producer;
use crate::plain;
use crate::policy;
use crate::schema::Schema;
use crate::status::{Answer, Status, Unread};
use crate::time::Wait;
use crate::versioned::{self, Versioned};

/// `aimdb_type_t`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CType {
    struct_size: usize,
    form: i32,
    size: usize,
    alignment: usize,
    schema: Schema,
}

// SAFETY: it is numbers and bytes, and the first is its size.
unsafe impl Versioned for CType {
    const FIRST: usize = offset_of!(Self, schema) + size_of::<Schema>();
}

/// What the values of a record are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) form: Form,
    /// Plain: the size. Bytes: the most. Pointer: 0.
    pub(crate) size: usize,
    pub(crate) alignment: usize,
    pub(crate) schema: Schema,
}

/// `aimdb_form_t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Bytes,
    Pointer,
}

const MAX_ALIGNMENT: usize = 4096;

#[cfg(test)]
impl CType {
    pub(crate) const fn of(form: i32, size: usize, alignment: usize, schema: Schema) -> Self {
        Self { struct_size: size_of::<Self>(), form, size, alignment, schema }
    }
}

impl Type {
    /// What C says.
    ///
    /// # Safety
    ///
    /// `from` is null or leads to as many bytes as its first word says.
    pub(crate) unsafe fn read(from: *const CType) -> Result<Self, Failure> {
        if from.is_null() {
            return Err(Failure::new(Status::NULL_ARGUMENT, "the type is null"));
        }
        // SAFETY: the caller says so.
        Self::checked(&unsafe { versioned::read(from) }?)
    }

    pub(crate) fn checked(from: &CType) -> Result<Self, Failure> {
        let &CType { size, alignment, schema, .. } = from;
        let form = match from.form {
            0 => Form::Plain,
            1 => Form::Bytes,
            2 => Form::Pointer,
            other => return Err(Failure::new(Status::BAD_KIND, format_args!("there is no form {other}"))),
        };
        let alignment = if alignment == 0 { 8 } else { alignment };
        if !alignment.is_power_of_two() || alignment > MAX_ALIGNMENT {
            let said = format_args!("the alignment {alignment} is no power of two up to {MAX_ALIGNMENT}");
            return Err(Failure::new(Status::BAD_ALIGNMENT, said));
        }
        if form != Form::Pointer && (size == 0 || isize::try_from(size).is_err()) {
            return Err(Failure::new(Status::BAD_SIZE, format_args!("a value cannot have {size} bytes")));
        }
        let size = if form == Form::Pointer { 0 } else { size };
        Ok(Self { form, size, alignment, schema })
    }

    /// Whether whoever opens a record as this may have it, which is `record`.
    pub(crate) fn matches(&self, record: &Self, key: &str) -> Result<(), Failure> {
        if (self.form, self.size) != (record.form, record.size) || self.alignment > record.alignment {
            let said = format_args!("record `{key}` holds {record}, and was opened as {self}");
            return Err(Failure::new(Status::TYPE_MISMATCH, said));
        }
        if self.schema != record.schema {
            let said =
                format_args!("record `{key}` has the schema {}, and was opened with {}", record.schema, self.schema);
            return Err(Failure::new(Status::SCHEMA_MISMATCH, said));
        }
        Ok(())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Plain => write!(f, "plain values of {} bytes, aligned to {}", self.size, self.alignment),
            Form::Bytes => write!(f, "up to {} bytes, aligned to {}", self.size, self.alignment),
            Form::Pointer => f.write_str("pointers"),
        }
    }
}

/// How the values of a record are kept.
pub(crate) trait RecordType: Send + Sync {
    fn ty(&self) -> Type;

    /// Describes the record, with what C gave to call.
    fn configure(&self, builder: &mut AimDbBuilder, key: RecordKey, cfg: BufferCfg, single: bool, calls: &Callbacks);

    fn tap(&self, builder: &mut AimDbBuilder, key: RecordKey, tap: Callback<TapFn>);

    fn producer(&self, db: &AimDbHandle, key: &str) -> Result<Counted<Producer>, Failure>;

    /// Waits as [`End::drain`] does, without a producer that C has.
    fn drain(&self, db: &AimDbHandle, key: &str, wait: Wait) -> Answer;

    fn consumer(&self, db: &AimDbHandle, key: &str, start: Start) -> DbResult<Box<dyn RecvEnd>>;

    /// How many values its consumers keep for their next calls.
    fn kept(&self) -> u64;
}

/// The same, for all who know the record.
pub(crate) type AnyType = Counted<Box<dyn RecordType>>;

impl Hold for Box<dyn RecordType> {}

/// One that all may know, if there is memory for it.
pub(crate) fn any_type(made: impl RecordType + 'static) -> Answer<AnyType> {
    let boxed = in_box(made).map(|made| -> Box<dyn RecordType> { made });
    boxed.and_then(Counted::new).ok_or(Status::OUT_OF_MEMORY)
}

/// How values of this type are kept.
pub(crate) fn record_type(ty: Type) -> Answer<AnyType> {
    let in_slots = if ty.form == Form::Plain { plain::class_of(ty) } else { None };
    in_slots.unwrap_or_else(|| Blocks::of(ty))
}

/// The writing end of a record.
pub(crate) trait SendEnd: Send {
    /// # Safety
    ///
    /// `value` leads to `size` bytes that can be read.
    unsafe fn send(&self, value: *const c_void, size: usize, wait: Wait) -> Answer;

    /// # Safety
    ///
    /// As [`SendEnd::send`].
    unsafe fn force_send(&self, value: *const c_void, size: usize) -> Answer;

    /// # Safety
    ///
    /// `values` leads to `count` values of the record's size.
    unsafe fn send_batch(&self, values: *const c_void, count: usize, wait: Wait, sent: &mut usize) -> Answer;

    /// Takes the value without a copy where it can, and frees it when the last reader is done with it; if it is
    /// refused, it is not freed.
    ///
    /// # Safety
    ///
    /// `data` leads to `size` bytes, until it is freed.
    unsafe fn send_move(&self, data: NonNull<c_void>, size: usize, free: Free, wait: Wait) -> Answer;

    /// Keeps a place and gives the memory for a value of so many bytes; says whether there is a place to let go of.
    fn loan(&self, size: usize, wait: Wait) -> Answer<(BlockMut, bool)>;

    /// Sends a value that was written so, in its place. Refused, it comes back, and the place is let go of.
    fn send_loan(&self, value: BlockMut, place: bool) -> Result<(), (Status, BlockMut)>;

    /// The end, for what is the same for values of every form.
    fn end(&self) -> &dyn End;

    fn kind(&self) -> Option<Kind>;

    /// How many values the record's consumers keep for their next calls.
    fn kept(&self) -> u64;
}

/// What a writing end does whatever its values are.
pub(crate) trait End {
    /// Adds it to a wait set, for room.
    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError>;

    fn flush(&self, wait: Wait) -> Answer;

    /// As a flush, which goes on when the record is closed.
    fn drain(&self, wait: Wait) -> Answer;

    /// Lets go of a place that was kept.
    fn let_go(&self);

    fn close(&self);
    fn abort(&self) -> u64;
    fn is_closed(&self) -> bool;
    fn metrics(&self) -> BufferMetrics;
}

impl<T: Send + 'static, F: EndForm> End for SyncProducer<T, F> {
    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        set.add_producer(self, token)
    }

    fn flush(&self, wait: Wait) -> Answer {
        Self::flush(self, wait.limit()).map_err(Status::from)
    }

    fn drain(&self, wait: Wait) -> Answer {
        Self::drain(self, wait.limit()).map_err(Status::from)
    }

    fn let_go(&self) {
        drop(self.permit_of(true));
    }

    fn close(&self) {
        Self::close(self);
    }

    fn abort(&self) -> u64 {
        Self::abort(self) as u64
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn metrics(&self) -> BufferMetrics {
        self.stats()
    }
}

/// Where a value is to be written.
pub(crate) struct Room {
    pub(crate) buffer: *mut c_void,
    pub(crate) capacity: usize,
    /// Null where nobody wants it.
    pub(crate) size: *mut usize,
}

/// A reading end in a box of its own, for which there is memory before its cursor comes: one that came and left again would be the last of
/// a closed record, whose values nobody can read after it.
pub(crate) fn boxed<E: RecvEnd + 'static>(end: impl FnOnce() -> DbResult<E>) -> DbResult<Box<dyn RecvEnd>> {
    let room = in_box(MaybeUninit::<E>::uninit()).ok_or(DbError::Subscribe(SubscribeError::NoPlace))?;
    let end: Box<E> = Box::write(room, end()?);
    Ok(end)
}

/// The reading end of a record, for one thread at a time.
pub(crate) trait RecvEnd: Send {
    /// # Safety
    ///
    /// `room` can be written.
    unsafe fn recv(&mut self, room: Room, wait: Wait) -> Result<(), Unread>;

    /// # Safety
    ///
    /// As [`RecvEnd::recv`].
    unsafe fn latest(&mut self, room: Room, wait: Wait) -> Result<(), Unread>;

    /// # Safety
    ///
    /// As [`RecvEnd::recv`].
    unsafe fn peek(&mut self, room: Room) -> Answer;

    /// # Safety
    ///
    /// `values` has room for `max` values of the record's size.
    unsafe fn recv_batch(
        &mut self,
        values: *mut c_void,
        max: usize,
        wait: Wait,
        received: &mut usize,
    ) -> Result<(), Unread>;

    /// As [`RecvEnd::recv`], without a copy where that can be.
    fn recv_message(&mut self, wait: Wait) -> Result<Block, Unread>;
    fn latest_message(&mut self, wait: Wait) -> Result<Block, Unread>;
    fn peek_message(&mut self) -> Answer<Block>;

    /// Takes back the message that it gave last, as the next value.
    fn keep(&mut self, block: Block);

    /// Adds it to a wait set, for something to read.
    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError>;
    fn share(&self) -> DbResult<Box<dyn RecvEnd>>;
    fn subscribe(&self) -> DbResult<Box<dyn RecvEnd>>;
    fn is_closed(&self) -> bool;
    fn metrics(&self) -> ReaderMetrics;
}

/// Whether a policy that C named, on a kind that it named, is one.
pub(crate) fn cfg(kind: i32, policy: i32, capacity: usize) -> Result<BufferCfg, Failure> {
    match kind {
        0 => Ok(BufferCfg::SpmcRing { capacity }),
        1 => Ok(BufferCfg::SingleLatest),
        2 => Ok(BufferCfg::Mailbox),
        3 => Ok(BufferCfg::Bounded { capacity, policy: policy::of(policy)? }),
        other => Err(Failure::new(Status::BAD_KIND, format_args!("there is no kind {other}"))),
    }
}

/// Keeps a place for a value to come, if the record has places to keep; says whether it has.
pub(crate) fn keep_place<T: Send + 'static, F: EndForm>(end: &SyncProducer<T, F>, wait: Wait) -> Answer<bool> {
    let permit = match wait {
        Wait::Try => end.try_reserve(),
        Wait::Forever => end.reserve(),
        Wait::For(time) => end.reserve_timeout(time),
    };
    Ok(permit?.into_place())
}

/// Why a value that was written in a loan was not sent. It is not refused for want of room, only for want of memory.
pub(crate) fn unsent<T>(error: &TrySendError<T>) -> Status {
    match error {
        TrySendError::Full(_) => Status::OUT_OF_MEMORY,
        TrySendError::Closed(_) | TrySendError::Misuse(..) => error.into(),
    }
}

/// Chooses the buffer that C asked for, of one cursor or of `many`.
pub(crate) fn choose<T: Send + 'static>(
    record: &mut Registrar<T>,
    cfg: BufferCfg,
    single: bool,
    many: impl FnOnce(&mut Registrar<T>),
) {
    match cfg {
        BufferCfg::Bounded { capacity, policy } if single => {
            record.work_queue(capacity).policy(policy);
        }
        BufferCfg::Mailbox if single => {
            record.single_mailbox();
        }
        BufferCfg::SpmcRing { .. } | BufferCfg::SingleLatest | BufferCfg::Mailbox | BufferCfg::Bounded { .. } => {
            many(record);
        }
    }
}
