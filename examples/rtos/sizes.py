#!/usr/bin/env python3
"""Says what each thing adds to a program for mps2-an385 in flash and RAM: its program of `sizes` without `base`.

    sizes.py FOLDER             where the programs are
    sizes.py FOLDER --c         where those in C are, of `c/sizes.c`

Flash is what `arm-none-eabi-size` calls text and data. RAM is the sizes of all variables, so that it does not depend on how they
are aligned behind each other; `beyond` is RAM without what the thing is there to hold.
"""

import pathlib
import subprocess
import sys

# Bytes that each holds: 16 words, or one.
PAYLOAD = {
    "queue": 64, "queue_try": 64, "queue_by_key": 64, "bounded": 64, "bounded_by_key": 64, "ring": 64, "lean_ring": 64,
    "latest": 4, "mailbox": 4, "lean_mailbox": 4, "lean_latest": 4,
    "sketch": 64, "spsc": 64, "channel_busy": 64, "channel": 64, "pubsub": 64, "watch": 4, "signal": 4, "kernel_queue": 64,
}

PAYLOAD_OF_C = {"c_size_queue": 64, "c_size_queue_try": 64, "c_size_mailbox": 4, "c_size_mailbox_try": 4, "c_size_latest": 4,
                "c_size_latest_try": 4, "c_size_ring": 64, "c_size_ring_try": 64, "c_size_record": 64, "c_size_kernel_queue": 64}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def weigh(program):
    """Flash and RAM of a program, and the flash of the records' port to the kernel in it."""
    text, data = run("arm-none-eabi-size", program).splitlines()[1].split()[:2]
    ram = port = 0
    for line in run("arm-none-eabi-nm", "--print-size", program).splitlines():
        words = line.split()
        if len(words) != 4:
            continue
        if words[2] in "bBdD":
            ram += int(words[1], 16)
        elif words[3].startswith("aimdb_port_"):
            port += int(words[1], 16)
    return int(text) + int(data), ram, port


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--c"]):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    base, payloads = ("c_size_base", PAYLOAD_OF_C) if sys.argv[2:] else ("base", PAYLOAD)
    flash_of_all, ram_of_all, _ = weigh(folder / base)
    for name, payload in payloads.items():
        flash, ram, port = weigh(folder / name)
        ram -= ram_of_all
        print(f"{name} flash {flash - flash_of_all} port {port} ram {ram} beyond {ram - payload}")


main()
