//! Threads of this library and the program's signals: a C program handles them on threads that it knows.

use core::mem::MaybeUninit;
use core::ptr;

/// Runs `start` with all signals blocked that the processor does not raise: threads that are started in it have them
/// blocked for good.
pub(crate) fn blocked(start: &mut dyn FnMut()) {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: both are of the type that these functions write; the calls change the calling thread's mask only.
    let changed = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        // Of a thread that blocks what it causes itself, the system ends the process without a word.
        for own in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT] {
            libc::sigdelset(all.as_mut_ptr(), own);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) == 0
    };
    start();
    if changed {
        // SAFETY: the call above wrote it.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    }
}

/// Runs `work`, which writes to a descriptor of the caller's. A pipe that nobody reads any more is answered there, and
/// does not end the process with a signal.
#[cfg(target_os = "linux")]
pub(crate) fn without_broken_pipes<R>(work: impl FnOnce() -> R) -> R {
    let mut pipe = MaybeUninit::uninit();
    let mut pending = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: all are of the type that these functions write; the calls change the calling thread's mask only.
    let (changed, was_pending) = unsafe {
        libc::sigemptyset(pipe.as_mut_ptr());
        libc::sigaddset(pipe.as_mut_ptr(), libc::SIGPIPE);
        libc::sigemptyset(pending.as_mut_ptr());
        libc::sigpending(pending.as_mut_ptr());
        let was_pending = libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1;
        (libc::pthread_sigmask(libc::SIG_BLOCK, pipe.as_ptr(), before.as_mut_ptr()) == 0, was_pending)
    };
    let done = work();
    if changed {
        let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the calls above wrote both; nobody asks for what the signal was.
        unsafe {
            if !was_pending {
                libc::sigtimedwait(pipe.as_ptr(), ptr::null_mut(), &raw const at_once);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
        }
    }
    done
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn without_broken_pipes<R>(work: impl FnOnce() -> R) -> R {
    work()
}
