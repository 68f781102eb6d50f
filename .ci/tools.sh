#!/usr/bin/env bash
# What the checks of the C interface and of the RTOS side need beside Rust and a C compiler. Where CI=true, and as the superuser of a Debian
# system, it is installed; elsewhere each check says what it lacks, and skips itself.
set -euo pipefail

packages=(
    make:make g++:c++ binutils:readelf pkg-config:pkg-config cmake:cmake doxygen:doxygen abigail-tools:abidw
    clang:clang++ valgrind:valgrind
    qemu-system-arm:qemu-system-arm gcc-arm-none-eabi:arm-none-eabi-gcc gcc-mingw-w64-x86-64:x86_64-w64-mingw32-gcc
)
wanted=()
for package in "${packages[@]}"; do
    command -v "${package#*:}" > /dev/null || wanted+=("${package%%:*}")
done
# Python with virtual environments, and with what compiles modules for it.
python='import ensurepip, os, sysconfig; assert os.path.exists(sysconfig.get_path("include") + "/Python.h")'
python3 -c "$python" 2> /dev/null || wanted+=(python3 python3-venv python3-dev)
# Debian puts it where no path leads.
command -v wine64 > /dev/null || [ -x /usr/lib/wine/wine64 ] || wanted+=(wine64)
# The headers of the cross compiler's C library, which is a package of its own.
echo '#include <string.h>' | arm-none-eabi-gcc -E - > /dev/null 2>&1 || wanted+=(libnewlib-arm-none-eabi)
if [ ${#wanted[@]} = 0 ]; then exit 0; fi
if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${wanted[@]}" > /dev/null
else
    echo "not here: ${wanted[*]}"
fi
