//! Two barriers of which one costs nothing: whoever goes by often tells the compiler only, and
//! whoever comes seldom has the system put a barrier into every running thread of the process.
//!
//! Two threads that each write one word and then read the other's must not both miss the write. If
//! one passes [`light`] between its write and its read, and the other [`heavy`], they do not. On
//! Linux the heavy one is `membarrier(2)`, 0.2 to 2 µs; where it is refused, and on other systems,
//! [`pays`] is false, and callers use read-modify-writes on both sides.
#![allow(unsafe_code)]

#[cfg(any(loom, shuttle))]
pub(super) use model::{heavy, light, pays};
#[cfg(not(any(loom, shuttle)))]
pub(super) use real::{heavy, light, pays};

/// A model checker knows no barrier of one side: both are full ones there.
#[cfg(any(loom, shuttle))]
mod model {
    #[cfg(loom)]
    use loom::sync::atomic::{Ordering, fence};
    #[cfg(not(loom))]
    use shuttle::sync::atomic::{Ordering, fence};

    pub(in crate::waiting) fn pays() -> bool {
        true
    }

    pub(in crate::waiting) fn light() {
        fence(Ordering::SeqCst);
    }

    pub(in crate::waiting) fn heavy() -> bool {
        fence(Ordering::SeqCst);
        true
    }
}

#[cfg(not(any(loom, shuttle)))]
mod real {
    use core::sync::atomic::{AtomicU8, Ordering, compiler_fence, fence};

    const UNKNOWN: u8 = 0;
    const REGISTERED: u8 = 1;
    const REFUSED: u8 = 2;

    static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

    /// Whether the light barrier is really light here. Asks the system once per process.
    pub(in crate::waiting) fn pays() -> bool {
        match STATE.load(Ordering::Relaxed) {
            UNKNOWN => {
                let answer = if system::register() { REGISTERED } else { REFUSED };
                // The first answer holds: threads may go by it already.
                let first = STATE.compare_exchange(UNKNOWN, answer, Ordering::Relaxed, Ordering::Relaxed);
                first.map_or_else(|first| first, |_| answer) == REGISTERED
            }
            state => state == REGISTERED,
        }
    }

    /// Keeps the compiler from moving accesses across. For those who once found that it [`pays`].
    #[inline]
    pub(in crate::waiting) fn light() {
        compiler_fence(Ordering::SeqCst);
    }

    /// A full barrier, here and, where [`pays`], in every other running thread of the process. False
    /// when the system no longer gives one: it did its work this time, and nobody may go by the light
    /// one from now on.
    pub(in crate::waiting) fn heavy() -> bool {
        fence(Ordering::SeqCst);
        // A forked child may have to register for itself.
        if pays() && (system::barrier() || system::register()) {
            return true;
        }
        // The system changed its mind (a filter was installed since). For those who just passed the
        // light barrier: a write stays in a processor's buffer for microseconds; this is far longer.
        STATE.store(REFUSED, Ordering::Relaxed);
        crate::waiting::bell::doze(core::time::Duration::from_millis(10));
        fence(Ordering::SeqCst);
        false
    }

    #[cfg(target_os = "linux")]
    mod system {
        fn membarrier(command: libc::c_int) -> bool {
            // SAFETY: membarrier reads nothing but its arguments and touches no memory of ours.
            unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
        }

        pub(super) fn register() -> bool {
            membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && barrier()
        }

        pub(super) fn barrier() -> bool {
            membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
        }
    }

    #[cfg(not(target_os = "linux"))]
    mod system {
        pub(super) fn register() -> bool {
            false
        }

        pub(super) fn barrier() -> bool {
            false
        }
    }
}
