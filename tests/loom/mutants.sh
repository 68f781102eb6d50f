#!/bin/sh
# Shows that the models can turn red: applies each bug of mutants/*.patch to a copy of the sources and
# runs the loom models on it.
#   tests/loom/mutants.sh [name filter] [model filter]
# Fails when a patch no longer applies (mutants/make.py writes them anew) or a bug stays unnoticed. A model that does not come to its
# end in 60 s has noticed nothing: it only says so.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
filter=${1:-}
models=${2:-.}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$here/target}/mutants"

mkdir -p "$copy/tests"
cp -R "$root/Cargo.toml" "$root/aimdb-core" "$copy"
mkdir -p "$copy/aimdb-ffi/src"
cp -R "$root/aimdb-ffi/src/table" "$copy/aimdb-ffi/src"
cp -R "$root/aimdb-ffi/src/block" "$copy/aimdb-ffi/src"
mkdir "$copy/aimdb-sync-embassy"
cp -R "$root/aimdb-sync-embassy/src" "$copy/aimdb-sync-embassy"
mkdir "$copy/tests/loom"
cp -R "$here/Cargo.toml" "$here/run.sh" "$here/src" "$here/tests" "$copy/tests/loom"
[ -f "$here/Cargo.lock" ] && cp "$here/Cargo.lock" "$copy/tests/loom"

# One build, and all models with few preemptions, then with more. The file `red` says which fail.
verdicts() {
    (cd "$copy/tests/loom" && CARGO_TARGET_DIR=$CARGO_TARGET_DIR/loom RUSTFLAGS="--cfg loom" \
        cargo test --quiet --no-run --test exhaustive) >"$copy/build" 2>&1 || {
        cat "$copy/build" >&2
        return 2
    }
    for bound in 2 3; do
        ran=0
        MODEL_MOST_PREEMPTIONS=$bound MODEL_TIMEOUT=60 MODEL_LINES=0 "$copy/tests/loom/run.sh" loom "$models" >"$copy/out" 2>&1 || ran=$?
        case $ran in
        0) continue ;;
        2)
            tail -1 "$copy/out" >&2
            return 2
            ;;
        esac
        sed -n 's/^model \(.*\): FAILS$/\1/p' "$copy/out" | sort -u >"$copy/red"
        sed -n 's/^model .*: OUT OF TIME$/  &/p' "$copy/out"
        [ ! -s "$copy/red" ] || return 1
    done
    return 0
}

verdict=0
verdicts || verdict=$?
case $verdict in
1)
    echo "the unchanged sources are red:"
    cat "$copy/red"
    exit 1
    ;;
2) exit 1 ;;
esac
killed=0
total=0
for patch in "$here"/mutants/*"$filter"*.patch; do
    name=$(basename "$patch" .patch)
    file=$(sed -n 's,^+++ b/,,p' "$patch")
    total=$((total + 1))
    patch --quiet -p1 -d "$copy" <"$patch" || {
        echo "mutant $name: the patch no longer applies"
        exit 1
    }
    verdict=0
    verdicts || verdict=$?
    case $verdict in
    0) echo "mutant $name: NOT NOTICED" ;;
    1)
        killed=$((killed + 1))
        echo "mutant $name: noticed by $(wc -l <"$copy/red") models: $(head -3 "$copy/red" | tr '\n' ' ')"
        ;;
    *)
        echo "mutant $name: does not build"
        exit 1
        ;;
    esac
    cp "$root/$file" "$copy/$file"
    touch "$copy/$file"
done
echo "$killed of $total mutants noticed"
[ "$total" -gt 0 ] && [ "$killed" -eq "$total" ]
