#!/usr/bin/env bash
# Builds the library for applications in C on FreeRTOS or another kernel, and prints the folder that has what such an application
# needs: include/aimdb_sync_embassy.h, src/aimdb_port.c and TARGET/libaimdb_sync_embassy_c.a. The port to another kernel is
# src/KERNEL/aimdb_port.c.
#
#   aimdb-sync-embassy/c/build.sh               # for thumbv7m-none-eabi and thumbv7em-none-eabihf
#   aimdb-sync-embassy/c/build.sh TARGET...     # for these
#
# tests/targets.sh makes Rust ready for the targets; no C compiler is needed.
set -euo pipefail
cd "$(dirname "$0")/../.."

targets=("$@")
[ ${#targets[@]} != 0 ] || targets=(thumbv7m-none-eabi thumbv7em-none-eabihf)
# What a loop begins with is there once, and not a second time in front of it: a section is as short, and a program smaller.
export RUSTFLAGS="-Cllvm-args=-rotation-max-header-size=0 ${RUSTFLAGS:-}"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cargo=$(tests/targets.sh)/bin/cargo
to=$CARGO_TARGET_DIR/aimdb-sync-embassy-c
mkdir -p "$to/include" "$to/src"
cp aimdb-sync-embassy/c/include/aimdb_sync_embassy.h "$to/include"
cp aimdb-sync-embassy/freertos/aimdb_port.c "$to/src"
for kernel in rt-thread threadx zephyr; do
    mkdir -p "$to/src/$kernel"
    cp "aimdb-sync-embassy/$kernel/aimdb_port.c" "$to/src/$kernel"
done
for target in "${targets[@]}"; do
    # The one crate type alone, since an rlib beside it would keep it from being optimised as a whole.
    "$cargo" rustc -q -p aimdb-sync-embassy-c --crate-type staticlib --profile device --target "$target" >&2
    mkdir -p "$to/$target"
    cp "$CARGO_TARGET_DIR/$target/device/libaimdb_sync_embassy_c.a" "$to/$target"
    [ "$target" = thumbv7m-none-eabi ] || continue
    "$cargo" rustc -q -p aimdb-sync-embassy-c --features cortex-m3 --crate-type staticlib --profile device --target "$target" >&2
    cp "$CARGO_TARGET_DIR/$target/device/libaimdb_sync_embassy_c.a" "$to/$target/libaimdb_sync_embassy_c_cortex_m3.a"
done
echo "$to"
