#!/usr/bin/env bash
# The tests of aimdb-core and aimdb-sync, and the suites of this folder, built for Windows and run by Wine. Wine has no barrier that
# reaches other threads (its FlushProcessWriteBuffers does nothing), so ends of lanes pass full ones here, as where Linux refuses
# membarrier; on Windows itself they do not.
set -euo pipefail
cd "$(dirname "$0")/.."

linker=x86_64-w64-mingw32-gcc
wine=$(PATH=$PATH:/usr/lib/wine; command -v wine64 || command -v wine || true)
if [ -z "$wine" ] || ! command -v "$linker" > /dev/null; then
    echo "skipped: tests for Windows: there is no wine64 or no $linker (on Debian: apt-get install wine64 gcc-mingw-w64-x86-64)"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
fi

sysroot=$(tests/targets.sh windows)
base=${CARGO_TARGET_DIR:-$PWD/target}/wine
mkdir -p "$base"
export WINEPREFIX=$base/prefix WINEDEBUG=-all
"$wine" wineboot --init > /dev/null 2>&1
# Rust's random numbers come from a library that Wine before 8.10 has not.
if [ ! -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ]; then
    cat > "$base/random.c" << 'EOF'
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
EOF
    "$linker" -shared -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$base/random.c" -ladvapi32
fi

export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$wine
windows() { "$sysroot/bin/cargo" "$1" --target x86_64-pc-windows-gnu "${@:2}"; }
windows test -p aimdb-core -p aimdb-sync --lib --tests
# Without those that look at sources, at the compiler, or at Linux alone.
windows test -p aimdb-tests --test allocations --test bug_classes --test conformance --test crossbeam --test hazards --test lanes \
    --test linearizability --test memory --test oracle --test rings --test shared --test wait_set
"$wine" wineboot --shutdown > /dev/null 2>&1 || true
