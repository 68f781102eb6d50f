#!/usr/bin/env bash
# AddressSanitizer over the whole suite, ThreadSanitizer over the stress main. Then the programs in C and C++ of aimdb-ffi, of
# aimdb-sync-embassy's library for C and of the examples: with AddressSanitizer and UndefinedBehaviorSanitizer, with ThreadSanitizer (`thread-c`, by hand; each with a
# library that is instrumented, too), and as they are under valgrind. The sanitizers work on the stable toolchain with RUSTC_BOOTSTRAP=1.
#
#   tests/sanitize.sh [address|thread|thread-c|valgrind|all] [seconds of stress]
#
# AIMDB_FUZZ_CALLS is how many calls each of the two threads of tests/c/fuzz.c makes under AddressSanitizer: 500,000 where
# nothing is said. `AIMDB_FUZZ_CALLS=5000000 tests/sanitize.sh address` makes ten million in less than a minute.
set -euo pipefail
cd "$(dirname "$0")/.."

which=${1:-all}
seconds=${2:-20}
target=x86_64-unknown-linux-gnu
base=${CARGO_TARGET_DIR:-$PWD/target}

# What a machine may lack: so it is told, and a failure where CI=true.
lacks() { # part, package of Debian, tools
    local part=$1 package=$2 tool
    for tool in "${@:3}"; do
        if ! command -v "$tool" > /dev/null; then
            echo "skipped: $part: there is no $tool (on Debian: apt-get install $package)"
            if [ "${CI:-}" = true ]; then exit 1; fi
            return 0
        fi
    done
    return 1
}

# The static library, instrumented. The tests that compile programs are as they always are.
library() { # flags of rustc, the crate, its library
    RUSTFLAGS=$1 RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$instrumented \
        cargo rustc -q -p "$2" --lib --crate-type staticlib --target "$target"
    export AIMDB_LIBRARY="$instrumented/$target/debug/$3"
}

# The programs in C and C++, by one compiler, and not the tests that only compile.
programs() { # arguments of the tests
    timeout 600 cargo test -q -p aimdb-ffi --test programs --test cpp --test examples --test legacy_server -- \
        --skip every_template --skip what_must_not "$@"
}

# Those of the library for tasks of an RTOS, with threads in the place of tasks.
task_programs() { # arguments of the tests
    timeout 600 cargo test -q -p aimdb-sync-embassy-c --test programs -- "$@"
}

run_address() {
    echo "== AddressSanitizer: use after free, double free, leaks"
    export CARGO_TARGET_DIR="$base/asan"
    # What must not compile is not run twice; allocations.rs brings an allocator of its own.
    for suite in bug_classes hazards peers conformance oracle; do
        RUSTFLAGS="-Zsanitizer=address" RUSTC_BOOTSTRAP=1 \
            timeout 600 cargo test -q -p aimdb-tests --target "$target" --test "$suite"
    done
    RUSTFLAGS="-Zsanitizer=address" RUSTC_BOOTSTRAP=1 \
        timeout 600 cargo test -q -p aimdb-tests --target "$target" --test stress -- "$seconds"

    if lacks "AddressSanitizer for C and C++" g++ gcc g++; then return; fi
    echo "== AddressSanitizer and UndefinedBehaviorSanitizer: the programs in C and C++"
    local instrumented=$CARGO_TARGET_DIR
    export CARGO_TARGET_DIR=$base
    export CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    export CXXFLAGS=$CFLAGS CC=gcc CXX=g++ AIMDB_FUZZ_CALLS=${AIMDB_FUZZ_CALLS:-500000}
    library "-Zsanitizer=address" aimdb-ffi libaimdb_ffi.a
    programs
    library "-Zsanitizer=address" aimdb-sync-embassy-c libaimdb_sync_embassy_c.a
    task_programs
}

run_thread() {
    echo "== ThreadSanitizer: data races"
    local flags="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
    export CARGO_TARGET_DIR="$base/tsan"
    RUSTFLAGS=$flags RUSTC_BOOTSTRAP=1 AIMDB_STRESS_KEEPS=1 \
        TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/tests/tsan.supp" \
        timeout 900 cargo test -q -p aimdb-tests --target "$target" --test stress -- "$seconds"
}

# By hand, and not of `all`: the standard library is not instrumented, so what it orders by a lock, a `Once` or a fence
# may look like a race. tsan.supp knows those that were seen; each report wants a reader.
run_thread_c() {
    if lacks "ThreadSanitizer for C and C++" clang clang clang++; then return; fi
    echo "== ThreadSanitizer: the programs in C and C++"
    local instrumented=$base/tsan
    export CARGO_TARGET_DIR=$base
    library "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" aimdb-ffi libaimdb_ffi.a
    # Rust's own runtime: those of gcc 12 and clang 14 lack what its instrumentation calls. It is told not to count
    # threads that nobody joins: fuzz.c leaves databases open. A forked child may not start threads under it.
    local runtime
    runtime=$(rustc --print target-libdir)/librustc-stable_rt.tsan.a
    export CFLAGS="-fsanitize=thread -fno-sanitize-link-runtime -Wl,--whole-archive,$runtime,--no-whole-archive"
    export CXXFLAGS=$CFLAGS CC=clang CXX=clang++ AIMDB_FUZZ_CALLS=50000
    TSAN_OPTIONS="report_thread_leaks=0:suppressions=$PWD/aimdb-ffi/tests/tsan.supp" programs --skip forked
}

run_valgrind() {
    if lacks "valgrind" "valgrind g++" valgrind gcc g++; then return; fi
    echo "== valgrind: reads of what was never written, and all that precompiled code does"
    # What Rust keeps by a pointer into its middle (every `Arc` that was made a pointer) is only possibly lost.
    local check="valgrind -q --error-exitcode=9 --fair-sched=yes --leak-check"
    export CC=gcc CXX=g++ AIMDB_FUZZ_CALLS=5000
    AIMDB_RUN_UNDER="$check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite" programs --skip forked
    # The threads of a parent are not in its child, and what they had is lost there.
    AIMDB_RUN_UNDER="$check=no" timeout 600 cargo test -q -p aimdb-ffi --test programs -- forked
    # Its thousands of runs take minutes there; AddressSanitizer has them all.
    AIMDB_RUN_UNDER="$check=full" task_programs --skip stopped_after_a_section
}

case "$which" in
    address) run_address ;;
    thread) run_thread ;;
    thread-c) run_thread_c ;;
    valgrind) run_valgrind ;;
    all)
        (run_address)
        (run_thread)
        (run_valgrind)
        ;;
    *)
        echo "address, thread, thread-c, valgrind or all" >&2
        exit 2
        ;;
esac
