#!/usr/bin/env bash
# The bug zoo: each patch seeds one bug into a copy of the tree, and the test that its head names
# must then be red. Run it after a change to the tests, or to the code that they guard.
#
#   tests/zoo/run.sh [part of a patch's name]
set -euo pipefail
cd "$(dirname "$0")/../.."

base=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)/zoo
tree=$base/tree
export CARGO_TARGET_DIR=$base/target AIMDB_WATCHDOG=10
rm -rf "$tree"
mkdir -p "$tree"
tar -cf - --exclude=./target --exclude=./.git --exclude=./bench . | tar -xf - -C "$tree"

survived=()
for patch in "$tree"/tests/zoo/*"${1:-}"*.patch; do
    name=$(basename "$patch" .patch)
    read -r suite filter < <(sed -n 's/^test: //p' "$patch")
    if ! (cd "$tree" && patch -p1 -s -f --no-backup-if-mismatch < "$patch"); then
        echo "$name: does not fit the tree any more; seed its bug anew"
        survived+=("$name")
        continue
    fi
    if ! (cd "$tree" && cargo test -q -p aimdb-tests --test "$suite" --no-run) 2> "$base/$name.log"; then
        echo "$name: does not compile any more; seed its bug anew"
        survived+=("$name")
    elif (cd "$tree" && timeout 180 cargo test -q -p aimdb-tests --test "$suite" -- ${filter:+"$filter"}) > "$base/$name.log" 2>&1; then
        echo "$name: SURVIVED $suite $filter"
        survived+=("$name")
    else
        echo "$name: red, as it must be ($suite $filter)"
    fi
    (cd "$tree" && patch -R -p1 -s -f --no-backup-if-mismatch < "$patch")
done
if [ ${#survived[@]} -gt 0 ]; then
    echo "${#survived[@]} not caught: ${survived[*]}" >&2
    exit 1
fi
