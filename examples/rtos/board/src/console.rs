//! Text to the host and the exit status of the program, by ARM semihosting: the debugger, here
//! QEMU, answers a breakpoint.

use core::arch::asm;
use core::fmt::{self, Write};

const WRITE0: u32 = 0x04;
const EXIT_EXTENDED: u32 = 0x20;
const APPLICATION_EXIT: u32 = 0x2_0026;

/// How a program ends: the status that the host sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All was as it should be: 0.
    Success,
    /// Something was not: 1.
    Failure,
}

/// Ends the program, and with it QEMU.
pub fn exit(how: Exit) -> ! {
    let status = match how {
        Exit::Success => 0,
        Exit::Failure => 1,
    };
    let block = [APPLICATION_EXIT, status];
    loop {
        // Without a debugger the call does not end the program, so it is made for ever.
        call(EXIT_EXTENDED, block.as_ptr() as u32);
    }
}

fn call(operation: u32, argument: u32) -> u32 {
    let result;
    // SAFETY: the semihosting call reads and writes what `argument` points to, as its operation says: here a block
    // or a text that outlives the call.
    unsafe {
        asm!("bkpt 0xab", inlateout("r0") operation => result, in("r1") argument, options(nostack));
    }
    result
}

/// A line for the host. It is sent in one piece, so that lines of several tasks do not mix; what is
/// longer than the buffer is sent in several.
#[derive(Debug)]
pub struct Line {
    text: [u8; 128],
    len: usize,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: [0; 128], len: 0 }
    }

    /// Sends what is in the line.
    pub fn send(&mut self) {
        if self.len > 0 {
            self.text[self.len] = 0;
            call(WRITE0, self.text.as_ptr() as u32);
            self.len = 0;
        }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            // One byte is left for the zero at the end.
            if self.len == self.text.len() - 1 {
                self.send();
            }
            self.text[self.len] = byte;
            self.len += 1;
        }
        Ok(())
    }
}

/// Prints a line on the host. Does not block, but takes the time of the host; a task needs about 300 bytes of
/// stack for it.
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::console::print(::core::format_args!($($argument)*), "\n")
    };
}

/// As [`println!`], and the line goes on.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => {
        $crate::console::print(::core::format_args!($($argument)*), "")
    };
}

/// What [`println!`] calls.
pub fn print(arguments: fmt::Arguments<'_>, end: &str) {
    let mut line = Line::new();
    // A line takes all that is written to it.
    let _ = line.write_fmt(arguments);
    let _ = line.write_str(end);
    line.send();
}

/// Fails the program, with a line that says where, unless the condition holds.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            $crate::println!("{}:{}: not so: {}", ::core::file!(), ::core::line!(), ::core::stringify!($condition));
            $crate::exit($crate::Exit::Failure);
        }
    };
}
