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
