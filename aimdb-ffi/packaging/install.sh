#!/usr/bin/env bash
# install.sh install|uninstall: what `make install` and `make uninstall` do. PREFIX, LIBDIR (below the prefix) and
# DESTDIR say where. Without cargo, as it may be for the superuser, it installs what was built before.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-lib}
case $prefix in /*) ;; *) echo "PREFIX must begin with a slash: $prefix" >&2; exit 1 ;; esac
case $libdir in /*) echo "LIBDIR is relative to PREFIX: $libdir" >&2; exit 1 ;; esac
root=${DESTDIR:-}$prefix
lib=$root/$libdir

if command -v cargo > /dev/null; then
    package=$("$here/build.sh")
else
    package=${CARGO_TARGET_DIR:-$here/../../target}/package
    [ -s "$package/version" ] || { echo "nothing is built: run \`make library\` as a user who has cargo" >&2; exit 1; }
fi
version=$(cat "$package/version")
soversion=${version%%.*}
headers=$(cd "$here/../include" && ls)

files() {
    for header in $headers; do echo "$root/include/$header"; done
    for name in libaimdb.a libaimdb.so "libaimdb.so.$soversion" "libaimdb.so.$version" pkgconfig/aimdb.pc \
        cmake/aimdb/aimdb-config.cmake cmake/aimdb/aimdb-config-version.cmake; do
        echo "$lib/$name"
    done
}

# Fills in a template. The way up to the prefix is counted from the folder that the file is installed in.
fill() { # folder below LIBDIR, file
    local up native
    up=$(printf '%s' "$libdir/$1" | sed 's,[^/][^/]*,..,g')
    native=$(cat "$package/native-libs")
    sed -e "s,@UP@,$up,g" -e "s,@LIBDIR@,$libdir,g" -e "s,@VERSION@,$version,g" -e "s,@SOVERSION@,$soversion,g" \
        -e "s,@MAJOR@,$soversion,g" -e "s,@MAJOR_MINOR@,${version%.*},g" -e "s,@POINTER@,$(pointer),g" \
        -e "s,@NATIVE@,$native,g" -e "s,@NATIVE_LIST@,${native// /;},g" \
        "$here/$2.in" > "$lib/$1/$2"
    chmod 644 "$lib/$1/$2"
}

pointer() { # bytes: the fifth byte of an ELF file says 1 for 32 bits and 2 for 64
    echo $((4 * $(od -An -j4 -N1 -tu1 "$package/libaimdb.so.$version")))
}

case ${1:-} in
install)
    install -d "$root/include" "$lib/pkgconfig" "$lib/cmake/aimdb"
    for header in $headers; do install -m 644 "$here/../include/$header" "$root/include/$header"; done
    install -m 644 "$package/libaimdb.a" "$lib/libaimdb.a"
    install -m 755 "$package/libaimdb.so.$version" "$lib/libaimdb.so.$version"
    ln -sf "libaimdb.so.$version" "$lib/libaimdb.so.$soversion"
    ln -sf "libaimdb.so.$soversion" "$lib/libaimdb.so"
    fill pkgconfig aimdb.pc
    fill cmake/aimdb aimdb-config.cmake
    fill cmake/aimdb aimdb-config-version.cmake
    echo "aimdb $version is in $root"
    ;;
uninstall)
    files | while read -r file; do rm -f "$file"; done
    rmdir "$lib/cmake/aimdb" 2> /dev/null || true
    ;;
*)
    echo "usage: install.sh install|uninstall" >&2
    exit 2
    ;;
esac
