#!/usr/bin/env bash
# The library as a user has it: installed, moved to another place, and used from there by C and C++ programs through
# pkg-config, CMake, and CMake over the sources. Then what the shared library lets out and what it needs.
# `CI=true` turns what a machine cannot do (a skip) into a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD

say() { printf -- '-- %s\n' "$*"; }
fail() { printf 'packaging: %s\n' "$*" >&2; exit 1; }

# What one part needs that a machine may lack: so it is told, and a failure where CI=true.
lacks() { # part, tool, Debian's package
    if command -v "$2" > /dev/null; then return 1; fi
    echo "skipped: $1: there is no $2 (on Debian: apt-get install $3)"
    if [ "${CI:-}" = true ]; then fail "a skip is a failure where CI=true"; fi
}

missing=""
for tool in cargo make cc c++ pkg-config cmake readelf nm; do
    command -v "$tool" > /dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    echo "skipped: not here:$missing (on Debian: apt-get install build-essential pkg-config cmake)"
    if [ "${CI:-}" = true ]; then fail "a skip is a failure where CI=true"; fi
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(cargo pkgid | sed 's/.*[#@]//')
soversion=${version%%.*}

say "install, and move"
make --no-print-directory -C .. install PREFIX=/opt/aimdb DESTDIR="$work/stage" > /dev/null
mv "$work/stage/opt/aimdb" "$work/moved"
rmdir "$work/stage/opt" "$work/stage" || fail "something was installed outside of the prefix"
export PKG_CONFIG_PATH=$work/moved/lib/pkgconfig
if grep -rl "$work\|$here\|/opt/aimdb" "$work/moved/lib/pkgconfig" "$work/moved/lib/cmake"; then
    fail "these files name a folder of the machine that installed them"
fi
[ "$(pkg-config --modversion aimdb)" = "$version" ] || fail "aimdb.pc has another version"

expected=$(printf 'job %s\n' 1 2 3 4 5; echo AIMDB_CLOSED; echo "aimdb $version")
runs() { # how, program
    local output
    output=$(LD_LIBRARY_PATH=${library_path:-} "$2") || fail "$1: $2 failed"
    [ "$output" = "$expected" ] || fail "$1: $2 printed: $output"
    say "$1: $(basename "$2") runs"
}
# Whether a program takes the library from the file that its SONAME names, or has it inside.
is_shared() { readelf -d "$1" | grep -q "NEEDED.*libaimdb\.so\.$soversion\]"; }
is_static() { ! readelf -d "$1" | grep -q "NEEDED.*libaimdb"; }

mkdir "$work/pkg"
read -r -a cflags <<< "$(pkg-config --cflags aimdb)"
read -r -a shared <<< "$(pkg-config --libs aimdb)"
# -l:NAME is how a linker is told to take the archive, though the shared library lies beside it.
read -r -a static <<< "$(pkg-config --static --libs aimdb | sed 's/-laimdb/-l:libaimdb.a/')"
for how in shared static; do
    declare -n libs=$how
    cc -std=c11 -Wall -Wextra -Werror -pthread "${cflags[@]}" tests/packaging/consumer.c -o "$work/pkg/c_$how" "${libs[@]}"
    c++ -std=c++17 -Wall -Wextra -Werror -pthread "${cflags[@]}" tests/packaging/consumer.cpp -o "$work/pkg/cpp_$how" \
        "${libs[@]}"
done
# The program of the README, too.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' ../README.md > "$work/pkg/readme.c"
if [ -s "$work/pkg/readme.c" ]; then
    cc -std=c11 -Wall -Wextra -Werror -pthread "${cflags[@]}" "$work/pkg/readme.c" -o "$work/pkg/readme" "${shared[@]}"
    LD_LIBRARY_PATH=$work/moved/lib "$work/pkg/readme" > "$work/pkg/readme.out" || fail "the README's program failed"
    [ -s "$work/pkg/readme.out" ] || fail "the README's program printed nothing"
fi
programs() { # how, folder
    for program in c_shared cpp_shared; do
        is_shared "$2/$program" || fail "$1: $program does not need libaimdb.so.$soversion"
        runs "$1" "$2/$program"
    done
    for program in c_static cpp_static; do
        is_static "$2/$program" || fail "$1: $program needs the shared library"
        library_path="" runs "$1" "$2/$program"
    done
}
library_path=$work/moved/lib programs "pkg-config" "$work/pkg"
for language in c cpp; do
    make --no-print-directory -s -C "../examples/$language" check BUILD="$work/pkg/examples-$language" \
        LD_LIBRARY_PATH="$work/moved/lib"
    say "pkg-config: examples/$language say what they should"
done

cmake -S tests/packaging -B "$work/found" -DCMAKE_PREFIX_PATH="$work/moved" -DAIMDB_VERSION_ASKED="${version%.*}" \
    > /dev/null
cmake --build "$work/found" > /dev/null
programs "find_package" "$work/found"
for asked in "0.99" "$((${version%%.*} + 1))"; do
    if cmake -S tests/packaging -B "$work/refused" -DCMAKE_PREFIX_PATH="$work/moved" -DAIMDB_VERSION_ASKED="$asked" \
        > /dev/null 2>&1; then
        fail "find_package took version $version for $asked"
    fi
done

cmake -S tests/packaging -B "$work/sources" -DAIMDB_SOURCE="$here" > /dev/null
cmake --build "$work/sources" > "$work/sources.log" 2>&1 || { cat "$work/sources.log" >&2; fail "add_subdirectory"; }
programs "add_subdirectory" "$work/sources"

say "what the shared libraries let out and need"
packaged=$work/moved/lib/libaimdb.so
for library in "$packaged" "$work/sources/aimdb/libaimdb.so"; do
    # Each function of the list, with the version from which on it is there, and nothing else.
    nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort > "$work/symbols"
    diff -u symbols.txt "$work/symbols" ||
        fail "other symbols than symbols.txt has; a new function is added there by hand, none ever leaves"
    readelf -d "$library" | grep -q "SONAME.*\[libaimdb\.so\.$soversion\]" || fail "$library has another SONAME"
    readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | while read -r needed; do
        case $needed in
        libc.so.*|libgcc_s.so.*|libm.so.*|libdl.so.*|librt.so.*|libpthread.so.*|libutil.so.*|ld-linux*) ;;
        *) fail "$library needs $needed" ;;
        esac
    done
done
native=$(cat ../target/package/native-libs 2> /dev/null || cat "${CARGO_TARGET_DIR:-none}/package/native-libs")
grep -q "^set(native ${native//-l/})$" CMakeLists.txt || fail "rustc names $native, and CMakeLists.txt others"

say "uninstall"
make --no-print-directory -C .. install PREFIX=/usr LIBDIR=lib64/deep DESTDIR="$work/again" > /dev/null
[ "$(PKG_CONFIG_PATH=$work/again/usr/lib64/deep/pkgconfig pkg-config --variable=libdir aimdb)" -ef \
    "$work/again/usr/lib64/deep" ] || fail "aimdb.pc does not find its libraries in another LIBDIR"
make --no-print-directory -C .. uninstall PREFIX=/usr LIBDIR=lib64/deep DESTDIR="$work/again" > /dev/null
[ -z "$(find "$work/again" -not -type d)" ] || fail "uninstall left $(find "$work/again" -not -type d)"
python() { # a Python that has cffi, its own or one of a virtual environment
    if python3 -c 'import cffi, setuptools' 2> /dev/null; then echo python3; return; fi
    python3 -m venv "$work/venv" > "$work/venv.log" 2>&1 || return 1
    "$work/venv/bin/pip" install --quiet cffi setuptools >> "$work/venv.log" 2>&1 || return 1
    echo "$work/venv/bin/python3"
}
if ! lacks "the Python binding" python3 "python3-venv python3-dev"; then
    if python=$(python); then
        say "the Python binding"
        cp -r ../examples/python "$work/python"
        (
            cd "$work/python"
            "$python" build_aimdb.py > build.log 2>&1 || { cat build.log >&2; fail "the Python binding is not built"; }
            "$python" jobs.py | diff -u expected.txt - || fail "the Python program printed something else"
            "$python" -m unittest --quiet || fail "the Python binding"
        )
    else
        echo "skipped: the Python binding: pip install cffi setuptools"
        if [ "${CI:-}" = true ]; then cat "$work/venv.log" >&2; fail "a skip is a failure where CI=true"; fi
    fi
fi

if ! lacks "the headers as pages" doxygen doxygen; then
    say "the headers as pages"
    mkdir -p ../target/doxygen
    doxygen Doxyfile || fail "doxygen warns of the comments of a header"
fi
say "done"
