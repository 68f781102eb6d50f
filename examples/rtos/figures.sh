#!/usr/bin/env bash
# What records cost on a Cortex-M3, beside what they are compared with. Weighs each program of `sizes`, counts instructions and
# masked sections of each of `figures`, in QEMU, and holds all that against `ceilings`. What a line says is in sizes.py and count.py.
#
#   examples/rtos/figures.sh            # everything
#   examples/rtos/figures.sh sizes      # flash and RAM
#   examples/rtos/figures.sh c          # flash, RAM and instructions of programs in C
#   examples/rtos/figures.sh PROGRAM... # these of `figures`
#
# The kernel is built without its own checks here, so it is built apart from the programs that run.sh runs.
set -euo pipefail
cd "$(dirname "$0")"
. ./tools.sh
need_tools

target=thumbv7m-none-eabi
folder=${CARGO_TARGET_DIR:-target}/$target/release
programs=("$@")
some=(--some)
if [ ${#programs[@]} = 0 ]; then
    programs=(sizes c)
    for source in figures/src/bin/*.rs; do programs+=("$(basename "$source" .rs)"); done
    some=()
fi

python3 count.py --self-test
python3 ceilings.py --self-test
cargo=$(../../tests/targets.sh)/bin/cargo
"$cargo" build -q --release --target "$target" -p figures -p sizes

# Each passes all its numbers from task to task: what is weighed works.
works() { # program
    timeout 300 qemu-system-arm -M mps2-an385 -nographic -monitor none -serial none -icount shift=5,sleep=off \
        -semihosting-config enable=on,target=native -kernel "$1" < /dev/null \
        || { echo "$1 failed with status $?" >&2; return 1; }
}

weigh() {
    local source
    for source in sizes/src/bin/*.rs; do
        works "$folder/$(basename "$source" .rs)" || return 1
    done
    python3 sizes.py "$folder"
}

of_c() {
    local in_c thing
    in_c=$(c/build.sh) || return 1
    for thing in base queue queue_try mailbox mailbox_try latest latest_try ring ring_try record kernel_queue; do
        works "$in_c/c_size_$thing" || return 1
    done
    python3 sizes.py "$in_c" --c && python3 count.py "$in_c/figures" && python3 count.py "$in_c/waits"
}

for name in "${programs[@]}"; do
    case $name in
        sizes) weigh ;;
        c) of_c ;;
        *) python3 count.py "$folder/$name" ;;
    esac || exit 1
done | python3 ceilings.py ceilings "${some[@]}"
