//! The port to a Cortex-M without a kernel: a main loop that sleeps, and interrupts.

use core::arch::asm;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};

use super::{Port, Task};

/// A main loop and interrupts on one core, without a kernel. The main loop, which alone may block, and only while
/// interrupts are on, sleeps in `WFE`; what wakes it sets its token and ends with `SEV`.
///
/// `C` tells the time; a wait with a timeout ends at the first interrupt after it, such as that of the
/// timer behind `C`, because nothing else wakes the core.
#[derive(Debug)]
pub struct BareMetal<C>(PhantomData<C>);

/// The clock of a machine without a kernel.
pub trait TickSource: 'static {
    /// Ticks in a second; at least 1.
    const TICKS_PER_SECOND: u32;

    /// Ticks since some moment, which only go forward and do not wrap. May be called from an interrupt.
    fn ticks() -> u64;
}

/// The token of the main loop.
static TOKEN: AtomicBool = AtomicBool::new(false);

// SAFETY: the one task is the main loop, which is always there.
unsafe impl<C: TickSource> Port for BareMetal<C> {
    fn ticks_per_second() -> u32 {
        C::TICKS_PER_SECOND
    }

    fn current_task() -> Task {
        Task::from_ptr(core::ptr::null())
    }

    fn now() -> u64 {
        C::ticks()
    }

    fn park(ticks: Option<u64>) {
        let until = ticks.and_then(|ticks| C::ticks().checked_add(ticks));
        // Ends with the token or the time. An interrupt that comes between the look and the sleep leaves
        // its event behind, so the sleep ends at once.
        while !TOKEN.load(Ordering::Acquire) && until.is_none_or(|until| C::ticks() < until) {
            // SAFETY: it sleeps until an event. Without `nomem`, so that no access of memory moves across.
            unsafe { asm!("wfe", options(nostack, preserves_flags)) };
        }
        TOKEN.store(false, Ordering::Relaxed);
    }

    unsafe fn unpark(_task: Task) {
        TOKEN.store(true, Ordering::Release);
        // SAFETY: it sets the event, after the token is there to be seen.
        unsafe { asm!("dsb", "sev", options(nostack, preserves_flags)) };
    }

    unsafe fn unpark_from_isr(task: Task) {
        // SAFETY: as for `unpark`.
        unsafe { Self::unpark(task) }
    }

    fn in_isr() -> bool {
        let exception: u32;
        // SAFETY: it reads the number of the exception that is handled.
        unsafe { asm!("mrs {}, IPSR", out(reg) exception, options(nomem, nostack, preserves_flags)) };
        exception != 0
    }

    fn can_block() -> bool {
        let masked: u32;
        // SAFETY: it reads whether interrupts are masked: then nobody would end the sleep.
        unsafe { asm!("mrs {}, PRIMASK", out(reg) masked, options(nomem, nostack, preserves_flags)) };
        masked == 0 && !Self::in_isr()
    }

    fn priority() -> u8 {
        0
    }
}
