//! Builds the kernel's queue as a program in C has it, and keeps in every program what it may have of the kernel anyway.

use std::env;

/// What the records' port, or the kernel's queue, calls outside of itself.
const KEPT: [&str; 16] = [
    "xTaskGetCurrentTaskHandle",
    "vTaskSetTimeOutState",
    "ulTaskGenericNotifyTake",
    "xTaskGenericNotify",
    "vTaskGenericNotifyGiveFromISR",
    "xTaskGetSchedulerState",
    "uxTaskPriorityGet",
    "vTaskPlaceOnEventList",
    "xTaskRemoveFromEventList",
    "xTaskCheckForTimeOut",
    "vTaskInternalSetTimeOutState",
    "vTaskMissedYield",
    "vTaskSuspendAll",
    "xTaskResumeAll",
    "memcpy",
    "memset",
];

fn main() {
    println!("cargo::rustc-link-arg=-Tmps2-an385.ld");
    for function in KEPT {
        println!("cargo::rustc-link-arg=--undefined={function}");
    }
    let include = env::var_os("DEP_FREERTOS_KERNEL_INCLUDE").expect("freertos says where the headers are");
    let mut build = cc::Build::new();
    build.compiler("arm-none-eabi-gcc").archiver("arm-none-eabi-ar").includes(env::split_paths(&include));
    build.opt_level_str("s").force_frame_pointer(false).flag("-mcpu=cortex-m3").flag("-ffreestanding").warnings(false);
    build.define("CONFIG_UNCHECKED", None).file("src/xqueue.c").compile("xqueue");
    println!("cargo::rerun-if-changed=src/xqueue.c");
}
