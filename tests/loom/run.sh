#!/bin/sh
# Runs the model checks: every scenario under loom, and the larger ones under shuttle; each with small
# values, which are moved under the lock, and with large ones, which are not.
#   tests/loom/run.sh [loom|shuttle|all] [name filter]
# MODEL_PREEMPTIONS overrides the bound of each loom model, MODEL_MOST_PREEMPTIONS lowers it, MODEL_SEED and MODEL_RUNS the schedules of
# shuttle, MODEL_JOBS how many models run at a time. Each model has a process of its own and one line of
# verdict; what it said is shown when it fails. MODEL_TIMEOUT is how many seconds one may take.
set -eu
cd "$(dirname "$0")"
what=${1:-all}
filter=${2:-.}
target=${CARGO_TARGET_DIR:-$PWD/target}
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
export said

# Loom writes a line to standard error at each lock: thrown away, panics go to standard output.
one='verdict=0
     timeout ${MODEL_TIMEOUT:-300} "$0" --exact "$1" --nocapture >"$said/$1" 2>/dev/null || verdict=$?
     [ $verdict -eq 0 ] || echo "$1" >>"$said/red"
     [ $verdict -ne 124 ] || { echo "model $1: OUT OF TIME"; exit 0; }
     grep -a "^\(model\|sample\) .*holds" "$said/$1" || { echo "model $1: FAILS"; grep -av "^ *$" "$said/$1" | head -${MODEL_LINES:-40}; }'

models() { # cfg, test target, features
    export CARGO_TARGET_DIR="$target/$1" RUSTFLAGS="--cfg $1"
    echo "== $1${3:+, $3 values}"
    cargo test --quiet --no-run --test "$2" --features "${3:-}"
    binary=$(cargo test --no-run --test "$2" --features "${3:-}" 2>&1 | sed -n 's/^ *Executable.*(\(.*\))$/\1/p')
    case $binary in /*) ;; *) binary=$PWD/$binary ;; esac
    "$binary" --list 2>/dev/null | sed -n 's/: test$//p' | grep "$filter" | tee -a "$said/chosen" |
        xargs -r -P "${MODEL_JOBS:-2}" -n 1 sh -c "$one" "$binary"
}

for size in "" large; do
    case $what in loom | all) models loom exhaustive $size ;; esac
    case $what in shuttle | all) models shuttle random $size ;; esac
done
[ -s "$said/chosen" ] || {
    echo "no model has a name in which '$filter' is found"
    exit 2
}
[ ! -e "$said/red" ] || {
    echo "red: $(sort "$said/red" | tr '\n' ' ')"
    exit 1
}
