#!/usr/bin/env bash
# Builds what is here for a Cortex-M3 and runs it in QEMU, each program under a timeout. A program's exit status is its verdict,
# and what it writes must be what its file says, if it has one (expected/NAME.txt).
#
#   examples/rtos/run.sh            # every program
#   examples/rtos/run.sh NAME...    # these
#   examples/rtos/run.sh --lint     # none: formatting and clippy
#
# Needs a cross compiler and QEMU; what is missing is named. Then nothing runs, which with CI=true is a failure.
set -euo pipefail
cd "$(dirname "$0")"

target=thumbv7m-none-eabi
programs=("$@")
if [ ${#programs[@]} = 0 ]; then
    for source in */src/bin/*.rs; do
        # What these have is counted and weighed, by figures.sh.
        case $source in figures/* | sizes/*) continue ;; esac
        programs+=("$(basename "$source" .rs)")
    done
    for source in c/c_*.c; do programs+=("$(basename "$source" .c)"); done
    # The tests of the library for C, which run on the host too.
    for source in ../../aimdb-sync-embassy/c/tests/c/*.c; do programs+=("c_test_$(basename "$source" .c)"); done
    programs+=(c_port)
    # For this machine: the services of `motor` on its threads.
    programs+=(host)
fi

. ./tools.sh
need_tools

cargo=$(../../tests/targets.sh)/bin/cargo
if [ "${1:-}" = --lint ]; then
    "$cargo" fmt --all --check
    "$cargo" clippy -q --release --target "$target" --workspace --exclude host -- -D warnings
    "$cargo" clippy -q --release -p host -- -D warnings
    exit
fi
"$cargo" build -q --release --target "$target" --workspace --exclude figures --exclude sizes --exclude host
"$cargo" build -q --release -p host
c/build.sh > /dev/null
built=${CARGO_TARGET_DIR:-target}

# The ports to kernels that are not here, compiled against declarations of what they use: that each function is there, and that the
# library's header takes the kernel's ticks. kernels/run.sh builds such a kernel from its sources, and runs.
declared() { # kernel, its header, a time to wait
    local to=$built/declared flags=(-std=c11 -Wall -Wextra -Werror -Wconversion -mcpu=cortex-m3 -mthumb)
    mkdir -p "$to"
    # What the declarations have in the kernel's first header.
    for header in rthw.h tx_initialize.h tx_semaphore.h tx_thread.h tx_timer.h; do : > "$to/$header"; done
    flags+=(-I kernels/declared -I "kernels/declared/$1" -I "$to" -I ../../aimdb-sync-embassy/c/include)
    arm-none-eabi-gcc "${flags[@]}" -c "../../aimdb-sync-embassy/$1/aimdb_port.c" -o "$to/$1.o"
    for function in $(sed -n 's/^ *fn \(aimdb_p[a-z_]*\)(.*/\1/p' ../../aimdb-sync-embassy/{src/port/freertos.rs,c/src/kernel.rs}); do
        arm-none-eabi-nm "$to/$1.o" | grep -q " [TW] $function\$" || { echo "$function is not there"; exit 1; }
    done
    arm-none-eabi-gcc "${flags[@]}" "-DKERNEL=$2" "-DTICKS=$3" -c kernels/declared/uses.c -o "$to/uses.o"
    echo "$1: compiles"
}
if [ $# = 0 ]; then
    echo "== the ports to other kernels"
    declared zephyr "<zephyr/kernel.h>" "K_TICKS(10)"
    declared threadx "<tx_api.h>" 10
    declared rt-thread "<rtthread.h>" 10
fi

# Time passes by instructions, 32 ns each, so that a run is the same whatever else the machine does.
emulate() {
    timeout 300 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -icount shift=5,sleep=off \
        -semihosting-config enable=on,target=native -kernel "$1" < /dev/null
}

failed=0
for name in "${programs[@]}"; do
    echo "== $name"
    status=0 expected=expected/$name.txt
    case $name in
        # What it writes is what it writes on FreeRTOS.
        host) command=(timeout 300 "$built/release/host") expected=expected/motor.txt ;;
        c_*) command=(emulate "$built/c/$name") ;;
        *) command=(emulate "$built/$target/release/$name") ;;
    esac
    "${command[@]}" > "$built/output" 2>&1 || status=$?
    if [ $status != 0 ] || [ ! -e "$expected" ]; then
        cat "$built/output"
    elif diff "$expected" "$built/output"; then
        echo "$(wc -l < "$expected") lines, as in $expected"
    else
        status="0, but does not write what it should"
    fi
    if [ "$status" != 0 ]; then
        echo "$name failed with status $status"
        failed=1
    fi
done
exit $failed
