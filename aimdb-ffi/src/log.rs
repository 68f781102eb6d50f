//! `aimdb_set_log`: where this library's own lines go.
//!
//! The libraries below write events of the crate `tracing`; here they become lines for a function of C. Which one,
//! says a handle: whoever writes a line pins it, so a function that is replaced meanwhile stays until that line is written, and
//! nothing locks.

use core::cell::Cell;
use core::ffi::{CStr, c_char, c_void};
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::OnceLock;

use aimdb_core::waiting::Place;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber, subscriber};

use crate::callback::{Callback, User, UserFree};
use crate::entry;
use crate::failure::Text;
use crate::object::{self, Object};
use crate::status::Status;

pub(crate) type LogFn = unsafe extern "C" fn(*mut c_void, i32, *const c_char);

/// The handle of the function, or 0.
static TO: AtomicU64 = AtomicU64::new(0);
/// The most detailed level that is wanted.
static UP_TO: AtomicI32 = AtomicI32::new(0);

std::thread_local! {
    /// The thread is inside the function, so what it causes is not written.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

impl Callback<LogFn> {
    fn line(&self, level: i32, text: &CStr) {
        let _inside = Place::enter(0, false);
        // SAFETY: a function of the type that the header asks for, with its own `user` and a text that is there.
        unsafe { (self.function)(self.user.pointer, level, text.as_ptr()) };
    }
}

/// Makes lines of events.
struct Lines;

pub(crate) const fn code(level: Level) -> i32 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG | Level::TRACE => 4,
    }
}

impl Subscriber for Lines {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        about.target().starts_with("aimdb") && code(*about.level()) <= UP_TO.load(Ordering::Relaxed)
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> subscriber::Interest {
        // The level may change at any time.
        subscriber::Interest::sometimes()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if WRITING.try_with(|writing| writing.replace(true)).unwrap_or(true) {
            return;
        }
        if let Ok(pinned) = object::pin(TO.load(Ordering::Acquire))
            && let Object::Log(log) = &*pinned
        {
            let mut line = Line::default();
            event.record(&mut line);
            line.message.append(&line.fields);
            let line = line.message.ended();
            // A line for which there is no memory is left out, or what of it there is none for.
            if let Some(Ok(line)) = line.as_deref().map(CStr::from_bytes_with_nul) {
                log.line(code(*event.metadata().level()), line);
            }
        }
        let _ = WRITING.try_with(|writing| writing.set(false));
    }
}

/// The message of an event, and its fields behind it.
#[derive(Default)]
struct Line {
    message: Text,
    fields: Text,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

/// Whether lines come here: not where the program has made a place for events itself, which then has them.
fn are_ours() -> bool {
    static OURS: OnceLock<bool> = OnceLock::new();
    *OURS.get_or_init(|| subscriber::set_global_default(Lines).is_ok())
}

/// `aimdb_set_log`.
///
/// # Safety
///
/// `log` may be called with `user` on any thread until `user_free` was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_set_log(
    level: i32,
    log: Option<LogFn>,
    user: *mut c_void,
    user_free: Option<UserFree>,
) -> Status {
    entry::call(|| {
        let Some(log) = log else {
            UP_TO.store(0, Ordering::Relaxed);
            let _ = object::free(TO.swap(0, Ordering::AcqRel), is_log);
            // It belongs to this call, which has no use for it.
            User::new(user, user_free).take();
            return Ok(());
        };
        if !(1..=4).contains(&level) {
            return Err(Status::BAD_ARGUMENT);
        }
        if !are_ours() {
            return Err(Status::NOT_SUPPORTED);
        }
        let handle = object::insert_callback(Callback::new(log, user, user_free)?, Object::Log)?;
        UP_TO.store(level, Ordering::Relaxed);
        let _ = object::free(TO.swap(handle, Ordering::AcqRel), is_log);
        Ok(())
    })
}

const fn is_log(object: &Object) -> bool {
    matches!(object, Object::Log(_))
}
