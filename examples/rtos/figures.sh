#!/usr/bin/env bash
# Counts instructions and masked sections of each program of `figures`, in QEMU; what a line says is in count.py.
#
#   examples/rtos/figures.sh [PROGRAM]
#
# The kernel is built without its own checks here, so it is built apart from the programs that run.sh runs.
set -euo pipefail
cd "$(dirname "$0")"
. ./tools.sh
need_tools

target=thumbv7m-none-eabi
programs=("$@")
if [ ${#programs[@]} = 0 ]; then
    for source in figures/src/bin/*.rs; do programs+=("$(basename "$source" .rs)"); done
fi
python3 count.py --self-test
cargo=$(../../tests/targets.sh)/bin/cargo
"$cargo" build -q --release --target "$target" -p figures
for name in "${programs[@]}"; do
    python3 count.py "${CARGO_TARGET_DIR:-target}/$target/release/$name"
done
