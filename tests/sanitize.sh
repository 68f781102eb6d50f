#!/usr/bin/env bash
# AddressSanitizer over the whole suite, ThreadSanitizer over the stress main. Both work on the
# stable toolchain with RUSTC_BOOTSTRAP=1 and need nothing installed. Minutes, not hours.
#
#   tests/sanitize.sh [address|thread|both] [seconds of stress]
set -euo pipefail
cd "$(dirname "$0")/.."

which=${1:-both}
seconds=${2:-20}
target=x86_64-unknown-linux-gnu
export RUSTC_BOOTSTRAP=1
base=${CARGO_TARGET_DIR:-target}

run_address() {
    echo "== AddressSanitizer: use after free, double free, leaks"
    export RUSTFLAGS="-Zsanitizer=address" CARGO_TARGET_DIR="$base/asan"
    # What must not compile is not run twice; allocations.rs brings an allocator of its own.
    for suite in bug_classes hazards peers conformance oracle; do
        timeout 600 cargo test -q -p aimdb-tests --target "$target" --test "$suite"
    done
    timeout 600 cargo test -q -p aimdb-tests --target "$target" --test stress -- "$seconds"
}

run_thread() {
    echo "== ThreadSanitizer: data races"
    export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" CARGO_TARGET_DIR="$base/tsan"
    export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tests/tsan.supp" AIMDB_STRESS_KEEPS=1
    timeout 900 cargo test -q -p aimdb-tests --target "$target" --test stress -- "$seconds"
}

case "$which" in
    address) run_address ;;
    thread) run_thread ;;
    both)
        (run_address)
        (run_thread)
        ;;
    *)
        echo "address, thread or both" >&2
        exit 2
        ;;
esac
