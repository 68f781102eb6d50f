#!/bin/sh
# Builds the library and the program that measures it from C++, and runs it. Needs a C++17 compiler and Debian's
# libconcurrentqueue-dev.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --quiet --release -p aimdb-ffi
"${CXX:-c++}" -std=c++17 -O2 -Wall -Wextra -Werror -pthread -I aimdb-ffi/include bench/ffi/overhead.cpp \
    "$target/release/libaimdb_ffi.a" -ldl -lm -o "$target/release/overhead"
[ "${1:-}" = build ] || "$target/release/overhead"
