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

# The code of the page about ports.
if [ $# = 0 ]; then
    echo "== docs/porting.md"
    sed -n '/^## Zephyr/,/^## Others/{/^```c/,/^```$/{/^```/!p}}' ../../docs/porting.md > "$built/porting.c"
    arm-none-eabi-gcc -std=c11 -Wall -Wextra -Werror -Wconversion -mcpu=cortex-m3 -mthumb -I zephyr -c "$built/porting.c" -o "$built/porting.o"
    for function in $(sed -n 's/^ *fn \(aimdb_port_[a-z_]*\).*/\1/p' ../../aimdb-sync-embassy/{src/port/freertos.rs,c/src/kernel.rs}); do
        arm-none-eabi-nm "$built/porting.o" | grep -q " T $function\$" || { echo "$function is not there"; exit 1; }
    done
    echo "Zephyr: compiles"
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
