"""Builds _aimdb, the part of the binding that is C: `python3 build_aimdb.py`, with the library installed and pkg-config
told where (PKG_CONFIG_PATH). The declarations are those of the aimdb.h that is found there."""
import os
import re
import subprocess

import cffi


def pkg_config(*what):
    return subprocess.run(["pkg-config", *what, "aimdb"], check=True, capture_output=True, text=True).stdout.strip()


def declarations(header, called):
    """What cffi reads of the header: no comments, no preprocessor but for numbers, no C++, and of the functions those that are
    called."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.DOTALL)
    numbers = re.findall(r"^#define (AIMDB_\w+) (-?\d+)\s*$", text, flags=re.MULTILINE)
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    code = re.sub(r"AIMDB_API ([^;]*?)(\w+)\(([^;]*);",
                  lambda found: f"{found[1]}{found[2]}({found[3]};" if found[2] in called else "", code)
    return "\n".join(f"#define {name} {value}" for name, value in numbers) + "\n" + code


HERE = os.path.dirname(os.path.abspath(__file__))

# Functions of Python that the library calls; cffi takes the lock of the interpreter for each call.
CALLBACKS = """
extern "Python" void aimdb_py_tap(void *user, const void *data, size_t size);
extern "Python" void aimdb_py_free(void *user);
"""


def builder():
    libdir = pkg_config("--variable=libdir")
    includedir = pkg_config("--variable=includedir")
    with open(os.path.join(HERE, "aimdb.py"), encoding="utf-8") as module:
        called = set(re.findall(r"\blib\.(aimdb_\w+)", module.read()))
    with open(os.path.join(includedir, "aimdb.h"), encoding="utf-8") as header:
        text = declarations(header.read(), called)
    ffi = cffi.FFI()
    ffi.cdef(text + CALLBACKS)
    ffi.set_source(
        "_aimdb",
        "#include <aimdb.h>",
        libraries=["aimdb"],
        include_dirs=[includedir],
        library_dirs=[libdir],
        runtime_library_dirs=[libdir],
    )
    return ffi


if __name__ == "__main__":
    builder().compile(verbose=False)
