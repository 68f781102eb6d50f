#!/usr/bin/env bash
# Builds the programs in C of this folder for the board, with the kernel and the library, and prints where they are.
# What run.sh needs is needed here.
set -euo pipefail
cd "$(dirname "$0")"

root=$PWD/../../..
rtos=$PWD/..
target=thumbv7m-none-eabi
aimdb=$("$root/aimdb-sync-embassy/c/build.sh" "$target")
# The kernel's sources come with a package of the Rust side; see ../README.md.
cargo=$("$root/tests/targets.sh")/bin/cargo
package=$("$cargo" metadata --format-version 1 --filter-platform "$target" --manifest-path "$rtos/Cargo.toml" \
    | grep -o '"manifest_path":"[^"]*/freertos-next-[^"]*"' | cut -d'"' -f4)
kernel=$(dirname "$package")/FreeRTOS-Kernel
to=${CARGO_TARGET_DIR:-$rtos/target}/c
mkdir -p "$to"

machine=(-mcpu=cortex-m3 -mthumb -Os -g -ffunction-sections -fdata-sections)
headers=(-isystem "$rtos/freertos/config" -isystem "$kernel/include" -isystem "$kernel/portable/GCC/ARM_CM3")
strict=(-std=c11 -Wall -Wextra -Werror -pedantic -Wconversion -Wmissing-prototypes)

# The kernel, with checks of its own, and without them, as it is weighed.
kernel() { # folder, definitions
    local to=$1 source object
    shift
    mkdir -p "$to"
    objects=()
    for source in "$kernel"/{tasks,list,queue}.c "$kernel/portable/GCC/ARM_CM3/port.c"; do
        object=$to/$(basename "$source" .c).o
        arm-none-eabi-gcc "${machine[@]}" "${headers[@]}" "$@" -c "$source" -o "$object"
        objects+=("$object")
    done
    arm-none-eabi-gcc "${machine[@]}" "${headers[@]}" "$@" -std=c11 -Wall -Wextra -Werror -c "$aimdb/src/aimdb_port.c" -o "$to/aimdb_port.o"
    arm-none-eabi-gcc "${machine[@]}" "${strict[@]}" "$@" -c board.c -o "$to/board.o"
    objects+=("$to/aimdb_port.o" "$to/board.o")
}

unused=--gc-sections
further=()
library=libaimdb_sync_embassy_c_cortex_m3
program() { # source, name, further objects
    local source=$1 name=$2
    shift 2
    arm-none-eabi-gcc "${machine[@]}" "${strict[@]}" "${headers[@]}" "${further[@]}" -I "$aimdb/include" -c "$source" -o "$to/$name.o"
    arm-none-eabi-gcc "${machine[@]}" -nostartfiles -Wl,$unused,-z,noexecstack "${kept[@]}" -L "$rtos/board" -T mps2-an385.ld \
        "$to/$name.o" "$@" "${objects[@]}" "$aimdb/$target/$library.a" -o "$to/$name"
}

kept=()
kernel "$to"
for source in c_*.c; do
    program "$source" "$(basename "$source" .c)"
done
# The library's tests, which run on threads of the host too, with the library for any kernel.
library=libaimdb_sync_embassy_c
arm-none-eabi-gcc "${machine[@]}" "${strict[@]}" "${headers[@]}" -I "$aimdb/include" -c harness.c -o "$to/harness.o"
for source in "$root"/aimdb-sync-embassy/c/tests/c/*.c; do
    program "$source" "c_test_$(basename "$source" .c)" "$to/harness.o"
done
library=libaimdb_sync_embassy_c_cortex_m3
# The marks of what is counted (../count.py) are used by nothing.
unused=--no-gc-sections program figures.c figures
unused=--no-gc-sections program waits.c waits

# What a port promises, also in the idle task, which then has a hook.
kernel "$to/idle" -DCONFIG_IDLE_HOOK
further=(-DCONFIG_IDLE_HOOK)
arm-none-eabi-gcc "${machine[@]}" "${strict[@]}" "${headers[@]}" "${further[@]}" -I "$aimdb/include" -c harness.c -o "$to/idle/harness.o"
unused=--gc-sections program ../kernels/port.c c_port "$to/idle/harness.o"
further=()

# What the records' port and the kernel's queue have of the kernel is in each program that is weighed: the list of ../sizes/build.rs.
unused=--gc-sections
for function in $(sed -n '/^const KEPT/,/^];/s/^ *"\(.*\)",$/\1/p' ../sizes/build.rs); do kept+=("-Wl,--undefined=$function"); done
kernel "$to/unchecked" -DCONFIG_UNCHECKED
for thing in BASE QUEUE QUEUE_TRY MAILBOX MAILBOX_TRY LATEST LATEST_TRY RING RING_TRY RECORD KERNEL_QUEUE; do
    further=("-DTHING=$thing")
    program sizes.c "c_size_${thing,,}"
done
echo "$to"
