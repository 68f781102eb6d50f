//! Marks for `count.py`, which counts the instructions between two of them in QEMU.
//!
//! A mark costs no instruction: its address and name stand in a section `.count` of the program, which is not loaded. The
//! compiler may put one mark in several places.

/// Where counting begins: `count_from!("queue_u32");`. A name may have several parts.
#[macro_export]
macro_rules! count_from {
    ($($name:literal),+) => {
        $crate::mark!("from ", $($name),+)
    };
}

/// Where counting ends: `count_to!("queue_u32");`.
#[macro_export]
macro_rules! count_to {
    ($($name:literal),+) => {
        $crate::mark!("to ", $($name),+)
    };
}

/// Where watching begins: only what runs with PRIMASK set is counted, whichever task that is in, so tasks may be switched before
/// [`watch_to!`].
#[macro_export]
macro_rules! watch_from {
    ($($name:literal),+) => {
        $crate::mark!("from ~", $($name),+)
    };
}

/// Where watching ends.
#[macro_export]
macro_rules! watch_to {
    ($($name:literal),+) => {
        $crate::mark!("to ~", $($name),+)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! mark {
    ($kind:literal, $($name:literal),+) => {
        // SAFETY: a label and no instruction.
        unsafe {
            ::core::arch::asm!(
                ".pushsection .count, \"\", %progbits",
                ".balign 4",
                ".word 771f",
                ::core::concat!(".asciz \"", $kind, $($name,)+ "\""),
                ".popsection",
                "771:",
                options(nostack, preserves_flags)
            );
        }
    };
}
