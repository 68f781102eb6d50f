//! How a task blocks: the seam to a kernel.
#![allow(unsafe_code)]

#[cfg(all(feature = "bare-metal", target_arch = "arm"))]
mod bare_metal;
#[cfg(feature = "freertos")]
mod freertos;
#[cfg(feature = "std")]
mod threads;

#[cfg(all(feature = "bare-metal", target_arch = "arm"))]
pub use bare_metal::{BareMetal, TickSource};
#[cfg(feature = "freertos")]
pub use freertos::FreeRtos;
#[cfg(feature = "std")]
pub use threads::Threads;

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use core::time::Duration;

use aimdb_core::buffer::Misuse;
use aimdb_core::waiting::{Clock, Deadline, Parker, block_on_with};

use crate::lean::Bell;

/// Names a task of a kernel: what the kernel's own calls name it by, a pointer or a number that fits
/// into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task(*const ());

// SAFETY: it is a name. What may be done with it is for the port to say.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Task {
    /// The task with this handle.
    #[must_use]
    pub const fn from_ptr(handle: *const ()) -> Self {
        Self(handle)
    }

    /// The handle.
    #[must_use]
    pub const fn as_ptr(self) -> *const () {
        self.0
    }
}

/// What blocking calls need of a kernel. A port is a type without values: it stands for the kernel,
/// and its functions for the task that calls them.
///
/// Each task has a *token*. [`Port::unpark`] gives it, [`Port::park`] waits for it and takes it. The
/// token is sticky: one that was given before the park ends that park at once, so no wake-up is lost
/// between a look at a record and the park. A park may also end for no reason.
///
/// Whoever uses a record, in whatever context, may be led to [`Port::in_isr`], [`Port::can_block`],
/// [`Port::wake`], and to the two calls that unpark. The others are called only where [`Port::can_block`], so they need
/// not be safe in an interrupt or before the scheduler runs.
///
/// `docs/porting.md` leads through a port to another kernel.
///
/// # Safety
///
/// Records are safe whatever a port does, but [`Port::current_task`] must name a task that
/// [`Port::unpark`] of the same port can be called with for as long as that task may wait and until every
/// call that woke it has returned. On a kernel that can delete tasks, a task is deleted only when no
/// other task or interrupt is inside a call on a record that it has waited on.
pub unsafe trait Port: 'static {
    /// Ticks of the port's clock in a second; at least 1.
    fn ticks_per_second() -> u32;

    /// The task that calls. Called only where [`Port::can_block`], as [`Port::now`] and [`Port::priority`] are.
    fn current_task() -> Task;

    /// Ticks since some moment. They only go forward and never wrap: a kernel that counts 32 bits counts
    /// its overflows too.
    fn now() -> u64;

    /// Stops the calling task until it has its token, which it takes, or until so many ticks have
    /// passed. `None` is for ever; a kernel that cannot count as far ends earlier. What was written before a token was
    /// given is seen by the task that took it: on one core that is so anyway, on several the token has to see to it.
    fn park(ticks: Option<u64>);

    /// As [`Port::park`] for ever. A port that does this in fewer instructions says how.
    fn park_for_ever() {
        Self::park(None);
    }

    /// Gives a task its token, from another task.
    ///
    /// # Safety
    ///
    /// The task was named by [`Port::current_task`] of this port.
    unsafe fn unpark(task: Task);

    /// Gives a task its token, from an interrupt, the way the kernel wants it there: the switch to a task
    /// of higher priority comes when the interrupt ends.
    ///
    /// # Safety
    ///
    /// As [`Port::unpark`].
    unsafe fn unpark_from_isr(task: Task);

    /// Gives a task its token, from wherever it is called: by [`Port::unpark`], or by [`Port::unpark_from_isr`] in an interrupt. A port
    /// that finds out which in fewer instructions, or has a way that is right in both, says how.
    ///
    /// # Safety
    ///
    /// As [`Port::unpark`].
    unsafe fn wake(task: Task) {
        // SAFETY: by this function's contract.
        unsafe { if Self::in_isr() { Self::unpark_from_isr(task) } else { Self::unpark(task) } }
    }

    /// Whether an interrupt is calling.
    fn in_isr() -> bool;

    /// Whether the caller may block: it is a task, the scheduler runs, nobody has suspended it, and where
    /// the port can tell, interrupts are not masked.
    fn can_block() -> bool;

    /// The priority of the calling task, more being more urgent. Waiters are served by priority, and by
    /// age among those of one priority. A future that is polled by an executor has 0.
    fn priority() -> u8;
}

/// The handle cannot block: calls that would are not there. What an interrupt should hold.
///
/// ```compile_fail,E0599
/// // A handle without a port does not block, so that an interrupt cannot hang.
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, StaticRecord};
/// static RECORD: StaticRecord<Bounded<2>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// let _ = RECORD.producer().send(1);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NoPort;

/// How long a call waits: a [`Duration`], rounded up to whole ticks, or [`Ticks`] of the port.
pub trait Timeout {
    /// The same in ticks; `None` when it is further than the clock counts, which is for ever.
    fn ticks(self, per_second: u32) -> Option<u64>;
}

/// Ticks of a port's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(pub u32);

impl Timeout for Ticks {
    fn ticks(self, _per_second: u32) -> Option<u64> {
        Some(u64::from(self.0))
    }
}

impl Timeout for Duration {
    fn ticks(self, per_second: u32) -> Option<u64> {
        const NANOS: u64 = 1_000_000_000;
        let per_second = u64::from(per_second);
        let part = (u64::from(self.subsec_nanos()) * per_second).div_ceil(NANOS);
        self.as_secs().checked_mul(per_second)?.checked_add(part)
    }
}

/// The deadline of a call that is one try. Whoever makes it may be an interrupt, or run before the scheduler does, so
/// the kernel is asked nothing.
pub(crate) const ONE_TRY: Deadline = Deadline::At(0);

/// The point on the port's clock that lies so far ahead; a timeout of zero is one try. A call that could hang is
/// refused first: where it could, the kernel's clock may not be asked either.
pub(crate) fn deadline<P: Port>(timeout: impl Timeout) -> Result<Deadline, Misuse> {
    let ticks = match timeout.ticks(P::ticks_per_second()) {
        Some(0) => return Ok(ONE_TRY),
        ticks => ticks,
    };
    may_wait::<P>(Deadline::Never)?;
    Ok(ticks.and_then(|ticks| P::now().checked_add(ticks)).map_or(Deadline::Never, Deadline::At))
}

/// Refuses a call that could hang. One that ends after one try cannot.
pub(crate) fn may_wait<P: Port>(deadline: Deadline) -> Result<(), Misuse> {
    if deadline == ONE_TRY || P::can_block() { Ok(()) } else { Err(Misuse::CannotBlock) }
}

/// The priority that the caller waits with.
pub(crate) fn priority<P: Port>(deadline: Deadline) -> u8 {
    if deadline == ONE_TRY { 0 } else { P::priority() }
}

/// Drives an operation to its end, or until the deadline: then `None`.
pub fn block_on<P: Port, F: Future>(operation: Pin<&mut F>, deadline: Deadline) -> Option<F::Output> {
    if deadline == ONE_TRY {
        return match operation.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        };
    }
    let caller = Caller::<P>::new();
    block_on_with(&caller, &caller, operation, deadline)
}

/// The task that calls, to the blocking loop.
pub(crate) struct Caller<P> {
    waker: Waker,
    _port: PhantomData<P>,
}

impl<P: Port> Caller<P> {
    /// A waker is the task's name and the port's functions: nothing to count, nothing to drop.
    const WAKER: RawWakerVTable = RawWakerVTable::new(
        |task| RawWaker::new(task, &Self::WAKER),
        |task| Self::wake(task),
        |task| Self::wake(task),
        |_| {},
    );

    pub(crate) fn new() -> Self {
        let task = RawWaker::new(P::current_task().as_ptr(), &Self::WAKER);
        // SAFETY: the table's functions may be called from anywhere and keep no count.
        Self { waker: unsafe { Waker::from_raw(task) }, _port: PhantomData }
    }

    /// The same for who waits at a lean record.
    pub(crate) fn bell(&self) -> Bell {
        // SAFETY: as above.
        unsafe { Bell::of_task(|task, _| Self::wake(task), self.waker.data()) }
    }

    fn wake(task: *const ()) {
        // SAFETY: the pointer is what `current_task` of this port gave, see `new`.
        unsafe { P::wake(Task::from_ptr(task)) };
    }
}

impl<P: Port> Parker for Caller<P> {
    fn waker(&self) -> &Waker {
        &self.waker
    }

    fn park(&self, until: Deadline) {
        match until {
            Deadline::Never => P::park_for_ever(),
            Deadline::At(at) => P::park(Some(at.saturating_sub(P::now()))),
        }
    }
}

impl<P: Port> Clock for Caller<P> {
    fn now(&self) -> u64 {
        P::now()
    }
}
