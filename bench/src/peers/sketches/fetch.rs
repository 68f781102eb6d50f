//! Cache lines that are asked for before they are needed.
#![allow(unsafe_code, reason = "a processor's hint can be given no other way")]

/// The bytes of a cache line.
const LINE: usize = 64;

/// Has the lines of `places` come, to be written or read. A hint; where there is none, it does nothing.
#[inline(always)]
pub fn fetch<const TO_WRITE: bool, P>(places: &[P]) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of_val(places)).step_by(LINE) {
        let place = places.as_ptr().cast::<i8>().wrapping_add(line);
        // SAFETY: a prefetch reads and writes nothing that a program could see, and faults nowhere.
        unsafe {
            if TO_WRITE {
                std::arch::asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
            } else {
                std::arch::asm!("prefetcht0 [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (places, LINE);
}
