#!/usr/bin/env bash
# The library for C on another kernel than FreeRTOS: builds the kernel from its sources, the port of this project to it, and the
# library's tests, for a Cortex-M3, and runs them in QEMU as ../run.sh does.
#
#   examples/rtos/kernels/run.sh threadx SOURCES     # of eclipse-threadx/threadx: common, ports/cortex_m3/gnu
#   examples/rtos/kernels/run.sh rt-thread SOURCES   # of RT-Thread/rtthread-nano, the folder rt-thread: include, src, libcpu
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
    *) echo "no such kernel: $kernel" >&2 && exit 2 ;;
esac

objects=()
compile() { # source, flags
    local object=$to/$(basename "$1").o
    arm-none-eabi-gcc "${machine[@]}" "${headers[@]}" "${@:2}" -c "$1" -o "$object"
    objects+=("$object")
}
compile "$root/aimdb-sync-embassy/$kernel/aimdb_port.c" -std=c11 -Wall -Wextra -Werror -Wconversion
for source in "${parts[@]}"; do compile "$source" -w; done
compile "$kernel/kernel.c" "${strict[@]}"
compile ../c/board.c "${strict[@]}"

programs=()
program() { # name, sources
    local name=$1 source own=()
    shift
    for source in "$@"; do
        own+=("$to/$name-$(basename "$source").o")
        arm-none-eabi-gcc "${machine[@]}" "${strict[@]}" "${headers[@]}" -I . -I ../c -I "$aimdb/include" -c "$source" -o "${own[-1]}"
    done
    arm-none-eabi-gcc "${machine[@]}" -nostartfiles -Wl,--gc-sections,-z,noexecstack "${linked[@]}" -L ../board -T mps2-an385.ld \
        "${own[@]}" "${objects[@]}" "$aimdb/$target/libaimdb_sync_embassy_c.a" -o "$to/$name"
    programs+=("$name")
}
for source in "$root"/aimdb-sync-embassy/c/tests/c/*.c; do program "$(basename "$source" .c)" "$source" harness.c; done
program port port.c harness.c
for source in ../c/c_*storm.c; do program "$(basename "$source" .c)" "$source"; done
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
