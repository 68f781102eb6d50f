//! Builds the kernel for Cortex-M3 with the configuration in this folder, and the C half of the port with it.

use std::env;
use std::path::PathBuf;

fn main() {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let kernel = PathBuf::from(env::var("DEP_FREERTOS_KERNEL").expect("freertos-next says where the kernel is"));
    let port = kernel.join("portable/GCC/ARM_CM3");
    // Our own half of the port, which is compiled with the kernel; its other half is in Rust.
    let product = here.join("../../../aimdb-sync-embassy/freertos");
    let folders = [here.join("config"), kernel.join("include"), port.clone()];
    let sources = [kernel.join("tasks.c"), kernel.join("list.c"), kernel.join("queue.c"), port.join("port.c")];

    let mut build = cc::Build::new();
    build.compiler("arm-none-eabi-gcc").archiver("arm-none-eabi-ar");
    build.includes(&folders).files(&sources).file(here.join("config/layout.c"));
    build.file(product.join("aimdb_port.c"));
    // As a product is built, whatever the profile of the Rust side.
    build.opt_level_str("s").force_frame_pointer(false).flag("-mcpu=cortex-m3").flag("-ffreestanding").warnings(false);
    if env::var_os("CARGO_FEATURE_UNCHECKED").is_some() {
        build.define("CONFIG_UNCHECKED", None);
    }
    build.compile("freertos");

    println!("cargo::rerun-if-changed=config");
    println!("cargo::rerun-if-changed={}", product.display());
    // For packages with C of their own: DEP_FREERTOS_KERNEL_INCLUDE.
    let include = env::join_paths(&folders).expect("no folder has a colon");
    println!("cargo::metadata=INCLUDE={}", include.to_str().expect("paths are text"));
}
