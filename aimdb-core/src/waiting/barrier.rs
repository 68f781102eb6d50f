//! Two barriers of which one costs nothing: whoever goes by often tells the compiler only, and
//! whoever comes seldom has the system put a barrier into every running thread of the process.
//!
//! Two threads that each write one word and then read the other's must not both miss the write. If
//! one passes [`light`] between its write and its read, and the other [`heavy`], they do not. On
//! Linux the heavy one is `membarrier(2)`, 0.2 to 2 µs, on Windows `FlushProcessWriteBuffers`. Where it is
//! refused, under Wine, whose does nothing, and on other systems both are full ones.
//!
//! Whoever passes either has called [`prepare`] before, or has seen something that was written after somebody
//! called it.
#![allow(unsafe_code)]

#[cfg(any(loom, shuttle))]
pub(crate) use model::light_in;
#[cfg(any(loom, shuttle))]
pub use model::{heavy, light, prepare};
#[cfg(not(any(loom, shuttle)))]
pub(crate) use real::light_in;
#[cfg(not(any(loom, shuttle)))]
pub use real::{heavy, light, prepare};

/// A model checker knows no barrier of one side: both are full ones there.
#[cfg(any(loom, shuttle))]
mod model {
    #[cfg(loom)]
    use loom::sync::atomic::{Ordering, fence};
    #[cfg(not(loom))]
    use shuttle::sync::atomic::{Ordering, fence};

    use crate::waiting::World;

    /// Nothing is to be made ready.
    pub fn prepare() {}

    /// A full barrier.
    pub fn light() {
        fence(Ordering::SeqCst);
    }

    /// A full barrier.
    pub fn heavy() {
        fence(Ordering::SeqCst);
    }

    /// A full barrier, in the same process.
    pub(crate) fn light_in(world: World) -> bool {
        light();
        world.is_here()
    }
}

#[cfg(not(any(loom, shuttle)))]
mod real {
    use core::sync::atomic::{Ordering, compiler_fence, fence};

    use crate::waiting::World;
    use crate::waiting::world::barrier_state::{REFUSED, REGISTERED, UNKNOWN, WITHDRAWN};
    use crate::waiting::world::{barrier_is, set_barrier};

    /// Asks the system, once per process, whether the light barrier can be really light, which may take
    /// milliseconds.
    pub fn prepare() {
        if barrier_is() == UNKNOWN {
            let answer = if system::register() { REGISTERED } else { REFUSED };
            // The first answer holds: threads may go by it already.
            set_barrier(Some(UNKNOWN), answer);
        }
    }

    /// Keeps the compiler from moving accesses across; and the processor, where the system does not.
    #[inline(always)]
    pub fn light() {
        // What was written before stays before the look, too, which tells what comes after.
        compiler_fence(Ordering::SeqCst);
        if barrier_is() == REGISTERED {
            compiler_fence(Ordering::SeqCst);
        } else {
            full();
        }
    }

    /// As [`light`], for whoever was let in before: false in another process, where it is not to go on.
    #[inline(always)]
    pub(crate) fn light_in(world: World) -> bool {
        compiler_fence(Ordering::SeqCst);
        // One look: a second one would have its address kept in a register for it.
        let now = World::as_it_is();
        if world == now {
            compiler_fence(Ordering::SeqCst);
            return true;
        }
        full();
        world.is_same_process(now)
    }

    #[cold]
    fn full() {
        fence(Ordering::SeqCst);
    }

    /// A full barrier, here and in every other running thread of the process that passes a light one.
    pub fn heavy() {
        fence(Ordering::SeqCst);
        let state = barrier_is();
        // A forked child may have to register for itself.
        if state == UNKNOWN || state == REFUSED || state == REGISTERED && (system::barrier() || system::register()) {
            return;
        }
        // The system changed its mind (a filter was installed since). For those who just passed a light
        // barrier as if it had not: a write stays in a processor's buffer for microseconds; this is far longer.
        set_barrier(None, WITHDRAWN);
        crate::waiting::bell::doze(core::time::Duration::from_millis(10));
        fence(Ordering::SeqCst);
        set_barrier(None, REFUSED);
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

    #[cfg(windows)]
    mod system {
        use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
        use windows_sys::Win32::System::Threading::FlushProcessWriteBuffers;
        use windows_sys::{s, w};

        /// Whether this is Wine. Its barrier is a stub, in 8.0 as in 10.0: a call comes back and has done nothing.
        pub(super) fn is_wine() -> bool {
            // SAFETY: both names end with a null, and a library that each process has stays where it is.
            unsafe { GetProcAddress(GetModuleHandleW(w!("ntdll.dll")), s!("wine_get_version")).is_some() }
        }

        pub(super) fn register() -> bool {
            !is_wine() && barrier()
        }

        pub(super) fn barrier() -> bool {
            // SAFETY: it takes nothing, returns nothing, and is in every Windows that Rust knows.
            unsafe { FlushProcessWriteBuffers() };
            true
        }
    }

    #[cfg(not(any(target_os = "linux", windows)))]
    mod system {
        pub(super) fn register() -> bool {
            false
        }

        pub(super) fn barrier() -> bool {
            false
        }
    }

    #[cfg(all(test, windows))]
    mod tests {
        use super::{REFUSED, REGISTERED, barrier_is, prepare, system};

        #[test]
        fn p1_windows_has_the_barrier_and_wine_has_not() {
            prepare();
            assert_eq!(barrier_is(), if system::is_wine() { REFUSED } else { REGISTERED });
            assert!(system::barrier());
        }
    }
}
