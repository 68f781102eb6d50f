//! Marks for `count.py`, which counts the instructions between two of them in QEMU.
//!
//! A mark is a name for the place where it stands and costs no instruction. It may stand once in a
//! program, so what is counted is a function of its own that is not inlined.

/// Where counting begins: `count_from!("queue_u32");`.
#[macro_export]
macro_rules! count_from {
    ($name:literal) => {
        $crate::mark!("count_from_", $name)
    };
}

/// Where counting ends: `count_to!("queue_u32");`.
#[macro_export]
macro_rules! count_to {
    ($name:literal) => {
        $crate::mark!("count_to_", $name)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! mark {
    ($kind:literal, $name:literal) => {
        // SAFETY: a label and no instruction.
        unsafe {
            ::core::arch::asm!(
                ::core::concat!(".global ", $kind, $name),
                ::core::concat!($kind, $name, ":"),
                options(nostack, preserves_flags)
            );
        }
    };
}
