# What the scripts here need beside Rust; read by them. Says what is missing, and returns 1.
have_tools() {
    local missing=()
    command -v qemu-system-arm > /dev/null || missing+=(qemu-system-arm)
    command -v arm-none-eabi-gcc > /dev/null || missing+=(gcc-arm-none-eabi)
    command -v python3 > /dev/null || missing+=(python3)
    echo '#include <string.h>' | arm-none-eabi-gcc -E - > /dev/null 2>&1 || missing+=(libnewlib-arm-none-eabi)
    if [ ${#missing[@]} = 0 ]; then return; fi
    echo "skipped: not here: ${missing[*]} (Debian: apt-get install ${missing[*]})"
    return 1
}

# Skips the script where a tool is missing, which is a failure with CI=true.
need_tools() {
    have_tools || if [ "${CI:-}" = true ]; then exit 1; else exit 0; fi
}
