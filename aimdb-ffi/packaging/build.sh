#!/usr/bin/env bash
# Builds what is installed, into target/package: libaimdb.a, libaimdb.so.VERSION, and the system's libraries that
# they need. Prints that folder. Needs cargo, a C compiler (CC) and, to make the files smaller, strip.
#
# cargo makes the archive, and the C compiler links the shared library from it: rustc has an export list of
# its own for a cdylib, beside which no version script has an effect.
set -euo pipefail
cd "$(dirname "$0")/.."

cc=${CC:-cc}
strip=${STRIP:-strip}
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
built=$target/${CARGO_BUILD_TARGET:+$CARGO_BUILD_TARGET/}release
package=$target/package
mkdir -p "$package"

# One crate type: the sources are then optimised as one, which cargo does not do for one that is a Rust library too.
cargo rustc -p aimdb-ffi --lib --release --crate-type staticlib -- \
    --print "native-static-libs=$package/native-libs" >&2
[ -s "$package/native-libs" ] || { echo "cargo named no system libraries: remove $built and try again" >&2; exit 1; }

version=$(cargo pkgid -p aimdb-ffi | sed 's/.*[#@]//')
library=libaimdb.so.$version
rm -f "$package"/libaimdb.*
cp "$built/libaimdb_ffi.a" "$package/libaimdb.a"
mapfile -t native < <(tr " " "\n" < "$package/native-libs")
# Its threads and the destructors of what it keeps for each thread outlive a dlclose: hence nodelete.
"$cc" -shared -o "$package/$library" -Wl,-soname,"libaimdb.so.${version%%.*}" \
    -Wl,--version-script="$PWD/packaging/aimdb.map" -Wl,--gc-sections -Wl,-z,relro,-z,now,-z,nodelete,-z,defs \
    -Wl,--as-needed -Wl,--whole-archive "$package/libaimdb.a" -Wl,--no-whole-archive "${native[@]}"
if [ -z "${KEEP_DEBUG:-}" ] && command -v "$strip" > /dev/null; then
    "$strip" --strip-debug "$package/libaimdb.a" "$package/$library"
fi
printf '%s\n' "$version" > "$package/version"
printf '%s\n' "$package"
