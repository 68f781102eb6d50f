//! From reset to `main`: the vector table, the memory as Rust expects it, and what happens when
//! something goes wrong.

use core::arch::naked_asm;
use core::panic::PanicInfo;

use crate::{Exit, exit, println};

unsafe extern "C" {
    fn SVCall();
    fn PendSV();
    fn SysTick();
    fn TIMER0();
    fn TIMER1();
    fn SOFT0();
    fn SOFT1();
    fn board_main() -> !;
}

/// An entry of the vector table; the first, the stack, is the linker script's.
type Handler = unsafe extern "C" fn();

/// The 15 exceptions of the processor and 32 interrupts of the board.
#[repr(C)]
pub struct Vectors([Handler; 15 + 32]);

#[unsafe(no_mangle)]
#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: Vectors = {
    let mut table: [Handler; 47] = [unexpected; 47];
    table[0] = reset;
    table[2] = fault;
    table[3] = fault;
    table[4] = fault;
    table[5] = fault;
    table[10] = SVCall;
    table[13] = PendSV;
    table[14] = SysTick;
    table[15 + 8] = TIMER0;
    table[15 + 9] = TIMER1;
    table[15 + 30] = SOFT0;
    table[15 + 31] = SOFT1;
    Vectors(table)
};

/// Copies `.data`, clears `.bss`, and goes on in `main`. In assembly, since Rust code may rely on what this
/// does.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn reset() {
    naked_asm!(
        "ldr r0, =data_start",
        "ldr r1, =data_end",
        "ldr r2, =data_load",
        "1:",
        "cmp r0, r1",
        "beq 2f",
        "ldr r3, [r2]",
        "str r3, [r0]",
        "adds r0, #4",
        "adds r2, #4",
        "b 1b",
        "2:",
        "ldr r0, =bss_start",
        "ldr r1, =bss_end",
        "movs r2, #0",
        "3:",
        "cmp r0, r1",
        "beq 4f",
        "str r2, [r0]",
        "adds r0, #4",
        "b 3b",
        "4:",
        "bl {main}",
        main = sym board_main,
    )
}

/// An interrupt or exception that the program does not define.
#[unsafe(no_mangle)]
extern "C" fn unexpected() {
    println!("an interrupt without a handler");
    exit(Exit::Failure)
}

/// The processor refused an instruction or an address.
extern "C" fn fault() {
    println!("a fault");
    exit(Exit::Failure)
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    exit(Exit::Failure)
}

/// Defines where the program begins: `entry!(main);` with `fn main() -> Exit`.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        const _: () = {
            #[unsafe(no_mangle)]
            extern "C" fn board_main() -> ! {
                let main: fn() -> $crate::Exit = $main;
                $crate::exit(main())
            }
        };
    };
}
