//! What the kernel calls when something is wrong.

use core::ffi::{CStr, c_char, c_void};

use board::{Exit, exit, println};

/// The kernel's assertion failed.
#[unsafe(no_mangle)]
extern "C" fn freertos_assert_failed(file: *const c_char, line: u32) -> ! {
    // SAFETY: `configASSERT` hands over `__FILE__`.
    let file = unsafe { CStr::from_ptr(file) };
    println!("{}:{line}: the kernel's assertion failed", file.to_str().unwrap_or("?"));
    exit(Exit::Failure)
}

/// A task used more stack than it has.
#[unsafe(no_mangle)]
extern "C" fn vApplicationStackOverflowHook(_task: *mut c_void, name: *const c_char) {
    // SAFETY: the name that the task was made with, which the kernel copied.
    let name = unsafe { CStr::from_ptr(name) };
    println!("{}: the stack has overflowed", name.to_str().unwrap_or("?"));
    exit(Exit::Failure)
}
