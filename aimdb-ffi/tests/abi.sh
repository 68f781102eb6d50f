#!/usr/bin/env bash
# Whether the ABI is what was written down: functions with their types and structures in abi/aimdb.abi, constants in
# abi/constants.txt. An accidental change is red. `tests/abi.sh --renew` writes both down anew, for a change that is
# meant: see abi/README.md for which changes may be.
#
# What is looked at is aimdb.h, compiled by the C compiler with bodies that do nothing, so that no Rust compiler's
# changes come into it. That the library is what aimdb.h says, is shown by tests/header.rs and tests/packaging.sh. Its
# functions are those of symbols.txt here, and so are those of the library there, each with its version.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in "${CC:-cc}" nm abidw abidiff; do
    if ! command -v "$tool" > /dev/null; then
        echo "skipped: the ABI: there is no $tool (on Debian: apt-get install abigail-tools)"
        if [ "${CI:-}" = true ]; then exit 1; fi
        exit 0
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
    echo '#include <aimdb.h>'
    # A prototype goes from AIMDB_API to the semicolon.
    awk '/^AIMDB_API/ { on = 1 } on { print } /;$/ { on = 0 }' include/aimdb.h |
        sed -e 's/^AIMDB_API //' -e 's/;$/ { __builtin_trap(); }/'
} > "$work/aimdb.c"
include=$PWD/include map=$PWD/packaging/aimdb.map
(
    cd "$work"
    "${CC:-cc}" -std=c11 -g -O0 -fPIC -shared -Wl,-soname,libaimdb.so.0 -Wl,--version-script="$map" -I "$include" \
        aimdb.c -o libaimdb.so
)
sed -n 's/^#define \(AIMDB_[A-Z0-9_]*\) \(-\{0,1\}[0-9][0-9]*\)\( .*\)\{0,1\}$/\1 \2/p' include/aimdb.h |
    grep -v '^AIMDB_VERSION_' | LC_ALL=C sort > "$work/constants.txt"

# A function that only one of the two has: packaging.sh compares the list with what the library exports.
nm -D --defined-only --with-symbol-versions "$work/libaimdb.so" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort |
    diff -u symbols.txt - || { echo "aimdb.h has other functions than symbols.txt" >&2; exit 1; }

if [ "${1:-}" = --renew ]; then
    abidw --no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --out-file abi/aimdb.abi "$work/libaimdb.so"
    cp "$work/constants.txt" abi/constants.txt
    git diff --stat -- abi || true
    exit 0
fi

failed=0
# A difference of any kind: a function more is red, too, until it is written down.
abidiff --no-architecture --no-show-locs abi/aimdb.abi "$work/libaimdb.so" || failed=1
diff -u abi/constants.txt "$work/constants.txt" || failed=1
if [ $failed = 1 ]; then
    echo "the ABI is not what abi/ says: see abi/README.md" >&2
    exit 1
fi
echo "the ABI is what abi/ says: $(grep -c '<elf-symbol ' abi/aimdb.abi) functions, $(wc -l < abi/constants.txt) constants"
