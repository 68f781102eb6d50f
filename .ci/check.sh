#!/usr/bin/env bash
# Formatting, clippy with warnings as errors, docs without warnings, every feature combination.
# Needs Rust only; what it installs, it installs with cargo.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "formatting"
cargo fmt --all --check

step "clippy, all targets, default features"
cargo clippy --workspace --all-targets -- -D warnings
step "clippy, all targets, all features"
cargo clippy --workspace --all-targets --all-features -- -D warnings

step "aimdb-core in each feature combination"
for features in "" "alloc" "std"; do
    cargo clippy -p aimdb-core --no-default-features --features "$features" -- -D warnings
done

step "aimdb-sync in each feature combination"
for features in "" "tokio" "tracing" "log" "crossbeam" "tokio,tracing" "tokio,log"; do
    cargo clippy -p aimdb-sync --no-default-features --features "$features" -- -D warnings
done

step "aimdb-sync-embassy in each feature combination"
for features in "" "freertos" "bare-metal" "std"; do
    cargo clippy -p aimdb-sync-embassy --no-default-features --features "$features" -- -D warnings
done

step "docs"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features
