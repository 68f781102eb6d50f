#!/usr/bin/env bash
# The library for C on another kernel than FreeRTOS: builds the kernel from its sources, the port of this project to it, and the
# library's tests, for a Cortex-M3, and runs them in QEMU as ../run.sh does.
#
#   examples/rtos/kernels/run.sh threadx SOURCES     # of eclipse-threadx/threadx: common, ports/cortex_m3/gnu
#   examples/rtos/kernels/run.sh rt-thread SOURCES   # of RT-Thread/rtthread-nano, the folder rt-thread: include, src, libcpu
#   examples/rtos/kernels/run.sh zephyr SOURCES      # of zephyrproject-rtos/zephyr 2.6, with what its own build wants: cmake, ninja,
#                                                    # Python's packages, ZEPHYR_TOOLCHAIN_VARIANT, and ZEPHYR_MODULES, its cmsis
set -euo pipefail
kernel=${1:?a kernel} sources=$(realpath "${2:?the folder of its sources}")
cd "$(dirname "$0")"
. ../tools.sh
need_tools

root=$PWD/../../..
target=thumbv7m-none-eabi
aimdb=$("$root/aimdb-sync-embassy/c/build.sh" "$target")
to=${CARGO_TARGET_DIR:-$PWD/../target}/kernels/$kernel
mkdir -p "$to"
machine=(-mcpu=cortex-m3 -mthumb -Os -g -ffunction-sections -fdata-sections)
strict=(-std=c11 -Wall -Wextra -Werror -pedantic -Wconversion -Wmissing-prototypes)
linked=()
case $kernel in
    threadx)
        headers=(-DTX_INCLUDE_USER_DEFINE_FILE -I threadx -isystem "$sources/common/inc" -isystem "$sources/ports/cortex_m3/gnu/inc")
        parts=("$sources"/common/src/*.c "$sources"/ports/cortex_m3/gnu/src/*.S)
        ;;
    rt-thread)
        headers=(-I rt-thread -isystem "$sources/include")
        parts=("$sources"/src/{clock,components,idle,ipc,irq,kservice,object,scheduler,thread,timer}.c
            "$sources"/libcpu/arm/cortex-m3/{cpuport.c,context_gcc.S})
        # An interrupt says to the kernel that it is one.
        linked=(-Wl,--wrap=SOFT0,--wrap=TIMER0)
        ;;
    zephyr)
        parts=()
        # Its headers had no folder of their own before 3.1.
        mkdir -p "$to/headers/zephyr"
        printf '#include "%s/include/%s.h"\n' "$sources" kernel "$sources" init "$sources" irq > "$to/headers/zephyr/kernel.h"
        ;;
    *) echo "no such kernel: $kernel" >&2 && exit 2 ;;
esac

objects=()
compile() { # source, flags
    local object=$to/$(basename "$1").o
    arm-none-eabi-gcc "${machine[@]}" "${headers[@]}" "${@:2}" -c "$1" -o "$object"
    objects+=("$object")
}
if [ "$kernel" != zephyr ]; then
    compile "$root/aimdb-sync-embassy/$kernel/aimdb_port.c" -std=c11 -Wall -Wextra -Werror -Wconversion
    for source in "${parts[@]}"; do compile "$source" -w; done
    compile "$kernel/kernel.c" "${strict[@]}"
    compile ../c/board.c "${strict[@]}"
fi

programs=()
program() { # name, sources
    local name=$1 source own=()
    shift
    programs+=("$name")
    if [ "$kernel" = zephyr ]; then
        ZEPHYR_BASE=$sources cmake -Wno-dev -GNinja -B "$to/build" -S zephyr -DBOARD=mps2_an385 "-DZEPHYR_MODULES=${ZEPHYR_MODULES:-}" \
            "-DROOT=$(realpath "$root")" "-DAIMDB=$aimdb" "-DHEADERS=$to/headers" "-DPROGRAM=$(realpath "$@" | paste -sd ';')" > "$to/cmake.log" 2>&1 \
            || { cat "$to/cmake.log"; exit 1; }
        ninja -C "$to/build" > "$to/ninja.log" || { cat "$to/ninja.log"; exit 1; }
        cp "$to/build/zephyr/zephyr.elf" "$to/$name"
        return
    fi
    for source in "$@"; do
        own+=("$to/$name-$(basename "$source").o")
        arm-none-eabi-gcc "${machine[@]}" "${strict[@]}" "${headers[@]}" -I . -I ../c -I "$aimdb/include" -c "$source" -o "${own[-1]}"
    done
    arm-none-eabi-gcc "${machine[@]}" -nostartfiles -Wl,--gc-sections,-z,noexecstack "${linked[@]}" -L ../board -T mps2-an385.ld \
        "${own[@]}" "${objects[@]}" "$aimdb/$target/libaimdb_sync_embassy_c.a" -o "$to/$name"
}
for source in "$root"/aimdb-sync-embassy/c/tests/c/*.c; do program "$(basename "$source" .c)" "$source" harness.c; done
program port port.c harness.c
for source in ../c/c_*storm.c; do program "$(basename "$source" .c)" "$source"; done
[ "$kernel" != zephyr ] || program times zephyr/times.c
if [ "$kernel" = rt-thread ]; then
    unset "objects[0]"
    compile "$root/aimdb-sync-embassy/$kernel/aimdb_port.c" -std=c11 -Wall -Wextra -Werror -Wconversion -DAIMDB_THREADS=2
    program threads rt-thread/threads.c harness.c
fi

failed=0
for name in "${programs[@]}"; do
    echo "== $kernel: $name"
    timeout 300 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -icount shift=5,sleep=off \
        -semihosting-config enable=on,target=native -kernel "$to/$name" < /dev/null || failed=1
done
exit $failed
