#!/usr/bin/env bash
# Makes the targets of the RTOS side ready, and prints the sysroot that has them; `bin/cargo` in it builds for them.
#
#   $(tests/targets.sh)/bin/cargo build -p aimdb-sync-embassy --target thumbv7m-none-eabi
#   tests/targets.sh build      # the crates without std, for each target
#   tests/targets.sh windows    # the sysroot that has `std` for Windows, with GNU's linker (tests/windows.sh)
#
# What the toolchain has is taken; where rustup may fetch a target, it does. Elsewhere (and where CI=true, so that every run takes the same road), the
# toolchain's own rustc builds `core` and `alloc`, or `std`, from Debian's sources of the same version; where that package has
# gone, Debian's newer rustc for browsers builds them, and everything for these targets. Nothing is installed: packages are
# unpacked in a private folder, and what was built stays in $XDG_CACHE_HOME (or ~/.cache), a minute the first time.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
windows) targets=(x86_64-pc-windows-gnu) crates=std,test ;;
*) targets=(thumbv6m-none-eabi thumbv7m-none-eabi thumbv7em-none-eabihf riscv32imac-unknown-none-elf) crates=core,alloc ;;
esac
# Goes up when what is built below changes, so that it is built anew.
revision=2
# AIMDB_TARGETS forces a road: rustup, source or web.
road=${AIMDB_TARGETS:-}
say() { printf 'targets: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# Whether a sysroot has `core` for each target.
has_all() {
    local target
    for target in "${targets[@]}"; do
        compgen -G "$1/lib/rustlib/$target/lib/libcore-*.rlib" > /dev/null || return 1
    done
}

# What the machine's own apt sources call the mirror whose path ends like this.
mirror() {
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null || true; } \
        | grep -v '^ *#' | grep -oE "[a-z+]+:[^] ]*/$1/?( |\$)" | sed -n '1s/ *$//p'
}

# apt with lists, archives and sources of its own, and the machine's record of what is installed.
private_apt() { # folder, lines of sources
    local folder=$1 line
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    shift
    for line in "$@"; do echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $line"; done > "$folder/sources.list"
    cat > "$folder/apt.conf" << EOF
Dir::State::Lists "$folder/lists";
Dir::Cache "$folder";
Dir::Etc::SourceList "$folder/sources.list";
Dir::Etc::SourceParts "-";
APT::Sandbox::User "root";
Debug::NoLocking "true";
EOF
    export APT_CONFIG=$folder/apt.conf
    apt-get -qq update
}

unpack() { # what, folder
    local package
    for package in "$1"/*.deb; do dpkg-deb -x "$package" "$2"; done
}

# Debian's rust-src of the toolchain's version, unpacked at $work/tree.
fetch_source() {
    local debian version
    debian=$(mirror debian) || { say "this machine's apt sources name no Debian mirror"; return 1; }
    private_apt "$work/apt" "$debian trixie-backports main" || return 1
    version=$(apt-cache madison rust-src | awk -v release="$release" '$3 ~ "^" release "[+-]" { print $3; exit }')
    [ -n "$version" ] || { say "Debian has no rust-src $release any more"; return 1; }
    (cd "$work/apt/archives" && apt-get -qq download "rust-src=$version") || return 1
    unpack "$work/apt/archives" "$work/tree"
}

# Debian's rustc for browsers with its sources, unpacked at $sysroot.new/web.
fetch_web() {
    local debian security
    debian=$(mirror debian) && security=$(mirror debian-security) || fail "this machine's apt sources name no Debian mirror"
    private_apt "$work/apt" "$debian bookworm main" "$security bookworm-security main"
    apt-get -qq -y install --download-only --no-install-recommends rustc-web rust-web-src > /dev/null
    unpack "$work/apt/archives" "$work/tree"
    mkdir -p "$sysroot.new"
    mv "$work/tree/usr/src" "$work/tree/src"
    mv "$work/tree/usr" "$sysroot.new/web"
    mkdir "$work/tree/usr" && mv "$work/tree/src" "$work/tree/usr/src"
}

# Builds the crates for each target from the sources in $work into $sysroot.new.
build_source() { # the sysroot of the host, in the end
    local library target to part
    library=$(echo "$work"/tree/usr/src/rustc-*/library)
    mkdir -p "$work/probe"
    cat > "$work/probe/Cargo.toml" << 'EOF'
[workspace]
[package]
name = "probe"
version = "0.0.0"
edition = "2024"
[lib]
path = "lib.rs"
EOF
    echo '#![no_std] extern crate alloc;' > "$work/probe/lib.rs"
    for target in "${targets[@]}"; do
        # Bitcode, so that a program may be linked with LTO; panics abort on these targets anyway.
        (cd "$work/probe" && env -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS \
            RUSTC="$rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$work/target" \
            __CARGO_TESTS_ONLY_SRC_ROOT="$library" "$cargo" build -q --release --offline --target "$target" \
            -Zbuild-std="$crates" --config 'source.crates-io.replace-with="debian"' \
            --config "source.debian.directory=\"$library/vendor\"" >&2)
        to=$sysroot.new/lib/rustlib/$target/lib
        mkdir -p "$to"
        cp "$work/target/$target"/release/deps/lib*.rlib "$to"
        rm -f "$to"/libprobe-*
        case $target in
        *-windows-gnu)
            # What each program is linked between.
            for part in rsbegin rsend; do
                RUSTC_BOOTSTRAP=1 "$rustc" --target "$target" --sysroot "$sysroot.new" --crate-type lib --emit obj \
                    -o "$to/$part.o" "$library/rtstartup/$part.rs"
            done
            ;;
        esac
    done
    # The host's own library, so that build scripts and macros are built with the same flags, and its linker.
    ln -s "$1/lib/rustlib/$host" "$sysroot.new/lib/rustlib/$host"
}

# `bin/cargo` of the sysroot: cargo, told of the sysroot.
write_cargo() {
    mkdir -p "$sysroot.new/bin"
    {
        echo '#!/usr/bin/env bash'
        echo '# Cargo with the targets of this sysroot. Written by tests/targets.sh.'
        flags=--sysroot=$sysroot
        if [ "$road" = web ]; then
            echo "export RUSTC='$sysroot/web/rustc'"
            # Debian's rustc has no linker of its own for these targets.
            for target in "${targets[@]}"; do
                case $target in thumb*) name=${target^^} ;; *) continue ;; esac
                echo "export CARGO_TARGET_${name//-/_}_LINKER=arm-none-eabi-ld"
                linker=" -Clinker-flavor=ld"
            done
            flags=$flags${linker:-}
        fi
        echo "export RUSTFLAGS=\"$flags \${RUSTFLAGS:-}\""
        echo "exec '$cargo' \"\$@\""
    } > "$sysroot.new/bin/cargo"
    chmod +x "$sysroot.new/bin/cargo"
}

# The sysroot of this toolchain and this script, built where it is not there yet.
build_sysroot() {
    local cache key
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/aimdb-sync
    mkdir -p "$cache"
    # One for each toolchain and revision.
    key=$({ "$rustc" -vV; echo "$revision $road $cargo $rustc ${targets[*]}"; } | cksum | cut -d' ' -f1)
    sysroot=$cache/targets-$release-$key
    exec 9> "$sysroot.lock"
    flock 9
    if has_all "$sysroot"; then return; fi
    command -v apt-get > /dev/null || fail "no rustup that fetches targets, and no apt-get: install ${targets[*]} for $release"
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work" "$sysroot.new"' EXIT
    rm -rf "$sysroot" "$sysroot.new"
    say "building $crates for ${targets[*]}, once"
    if [ "$road" != web ] && fetch_source; then
        build_source "$("$rustc" --print sysroot)"
    else
        road=web
        fetch_web
        use_web "$sysroot.new/web"
        build_source "$sysroot/web"
    fi
    write_cargo
    mv "$sysroot.new" "$sysroot"
}

# From here on the toolchain is the one in this folder.
use_web() {
    cat > "$1/rustc" << 'EOF'
#!/usr/bin/env bash
# Debian's rustc where it was unpacked, with the libraries beside it. Written by tests/targets.sh.
here=$(cd "$(dirname "$0")" && pwd)
for lib in "$here"/lib/*-linux-gnu; do LD_LIBRARY_PATH=$lib:${LD_LIBRARY_PATH:-}; done
export LD_LIBRARY_PATH
exec "$here/bin/rustc" "$@"
EOF
    chmod +x "$1/rustc"
    rustc=$1/rustc
}

cargo=$(rustup which cargo 2> /dev/null || command -v cargo) || fail "cargo is not here"
rustc=$(rustup which rustc 2> /dev/null || command -v rustc) || fail "rustc is not here"
release=$("$rustc" -vV | sed -n 's/^release: //p')
host=$("$rustc" -vV | sed -n 's/^host: //p')
sysroot=$("$rustc" --print sysroot)

if [ -z "$road" ] && has_all "$sysroot"; then
    road=rustup
elif [ "$road" = rustup ] || { [ -z "$road" ] && [ "${CI:-}" != true ] && command -v rustup > /dev/null; }; then
    if rustup target add "${targets[@]}" >&2; then road=rustup; else road=source; fi
fi
if [ "$road" != rustup ]; then
    road=${road:-source}
    build_sysroot
fi

if [ "${1:-}" = build ]; then
    for target in "${targets[@]}"; do
        say "aimdb-core and aimdb-sync-embassy for $target"
        "$sysroot/bin/cargo" build -q -p aimdb-core -p aimdb-sync-embassy --no-default-features \
            --features aimdb-sync-embassy/freertos,aimdb-sync-embassy/bare-metal --target "$target" >&2
    done
fi
echo "$sysroot"
