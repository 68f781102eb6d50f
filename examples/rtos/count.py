#!/usr/bin/env python3
"""Counts instructions of a program for mps2-an385 in QEMU, exactly, between marks in it.

    count.py PROGRAM            every pair of marks, `count_from!` and `count_to!` of one name, `watch_from!` and `watch_to!`
    count.py PROGRAM NAME...    these
    count.py --self-test        what it makes of a trace that was written by hand

For each: the instructions from one mark to the other, how many sections in between ran with interrupts masked (PRIMASK
or BASEPRI), and the instructions of the longest, from the one after the masking instruction to the unmasking one, which
still runs masked. A pass with an interrupt in it does not count; passes that differ are shown as LEAST..MOST.

Between marks that watch, tasks may be switched. There each section of the records' own is shown, in their order, and the longest with
any mask: in Rust records mask with PRIMASK and the kernel with BASEPRI, in C records raise it by BASEPRI_MAX, which the kernel does not.

QEMU runs one instruction at a time and says which, with the registers before it; the disassembly says what it is.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

QEMU = [
    "timeout", "400", "qemu-system-arm", "-M", "mps2-an385", "-nographic", "-monitor", "none", "-serial", "none",
    "-icount", "shift=0,sleep=off", "-semihosting-config", "enable=on,target=native",
    "-singlestep", "-d", "exec,cpu,int,nochain", "-D", "/dev/stdout", "-kernel",
]
MASKS = re.compile(r"^\s*([0-9a-f]+):\s.*\t(cpsi[de]\s+i|msr\s+(?:PRIMASK|BASEPRI|BASEPRI_MAX), (?:r\d+|ip|lr|sp|fp|sl|sb))", re.I)
REGISTERS = {"sb": 9, "sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14}


def marks(program):
    """The addresses of the marks, by name: where each pair begins and ends."""
    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder, "marks")
        subprocess.run(
            ["arm-none-eabi-objcopy", "--dump-section", f".count={dump}", program, pathlib.Path(folder, "copy")], check=True
        )
        section = dump.read_bytes()
    return marks_of(section)


def marks_of(section):
    """Each is a word, the address, and a text with a zero at its end; the next begins at a multiple of 4."""
    found, at = {}, 0
    while at < len(section):
        end = section.index(b"\0", at + 4)
        kind, _, name = section[at + 4:end].decode().partition(" ")
        address = int.from_bytes(section[at:at + 4], "little") & ~1
        found.setdefault(name, (set(), set()))[kind == "to"].add(address)
        at = (end + 4) & ~3
    return found


def masking(program):
    """The instructions that change a mask: address to what the mask becomes, a number or a register."""
    listing = subprocess.run(["arm-none-eabi-objdump", "-d", program], capture_output=True, text=True, check=True).stdout
    return masking_of(listing.splitlines())


def masking_of(listing):
    found = {}
    for line in listing:
        match = MASKS.match(line)
        if not match:
            continue
        words = match[2].lower().replace(",", "").split()
        if words[0] != "msr":
            found[int(match[1], 16)] = ("primask", 1 if words[0] == "cpsid" else 0)
        else:
            register = REGISTERS[words[2]] if words[2] in REGISTERS else int(words[2][1:])
            found[int(match[1], 16)] = (words[1], f"R{register:02}")
    return found


class Pass:
    """One way from a mark to the other."""

    def __init__(self):
        self.instructions = 0
        self.sections = []
        # Those with PRIMASK set, or BASEPRI_MAX written.
        self.own = []
        self.interrupted = False


def steps(trace):
    """The instructions of a trace: address and registers before it; None for an exception."""
    address, registers = None, {}
    for line in trace:
        if line.startswith("Trace "):
            if address is not None:
                yield address, registers
            address, registers = int(line.split("/")[1], 16), {}
        elif line.startswith("R"):
            for word in line.split():
                name, _, value = word.partition("=")
                if value:
                    registers[name] = int(value, 16)
        elif line.startswith("Stopped execution"):
            # It was about to run, and did not.
            address = None
        elif line.startswith("Taking exception"):
            if address is not None:
                yield address, registers
            address = None
            # An exception that the program asks for, as text for the host, is an instruction of its own.
            if "Semihosting" not in line:
                yield None, {}
    if address is not None:
        yield address, registers


def count(trace, pairs, changes):
    """The passes of each pair of marks."""
    begins = {}
    for name, (places, _) in pairs.items():
        for begin in places:
            begins.setdefault(begin, []).append(name)
    done, running = {name: [] for name in pairs}, {}
    masks = {"primask": 0, "basepri": 0, "raised": 0}
    for address, registers in steps(trace):
        if address is None:
            for going in running.values():
                going.interrupted = True
            continue
        for name in [name for name in running if address in pairs[name][1]]:
            done[name].append(running.pop(name))
        for name in begins.get(address, ()):
            running[name] = Pass()
        masked, own = any(masks.values()), is_own(masks)
        for going in running.values():
            going.instructions += 1
            if masked:
                lengthen(going.sections)
            if own:
                lengthen(going.own)
        if address in changes:
            apply(masks, *changes[address], registers)
            for going in running.values():
                if any(masks.values()) and not masked:
                    going.sections.append(0)
                if is_own(masks) and not own:
                    going.own.append(0)
    return done


def is_own(masks):
    return masks["primask"] or masks["raised"]


def lengthen(sections):
    """One more instruction of the section that runs, which may have begun before the mark."""
    if not sections:
        sections.append(0)
    sections[-1] += 1


def apply(masks, which, value, registers):
    if isinstance(value, str):
        value = registers[value]
    if which == "primask":
        masks["primask"] = value & 1
    elif which == "basepri":
        masks["basepri"], masks["raised"] = value & 0xFF, 0
    else:
        masks["raised"] = 1
        if value & 0xFF and (masks["basepri"] == 0 or value & 0xFF < masks["basepri"]):
            masks["basepri"] = value & 0xFF


def extent(numbers):
    return str(min(numbers)) if min(numbers) == max(numbers) else f"{min(numbers)}..{max(numbers)}"


def report_watched(name, passes):
    if not passes:
        sys.exit(f"{name}: no pass")
    each = sorted({"+".join(map(str, going.own)) for going in passes})
    longest = extent([max(going.own, default=0) for going in passes])
    masked = extent([max(going.sections, default=0) for going in passes])
    print(f"{name} watched {' or '.join(each) or 'none'} longest {longest} masked {masked} passes {len(passes)}")


def self_test():
    listing = ["  2:\tb672      \tcpsid\ti", "  6:\tf380 8810 \tmsr\tPRIMASK, r0", "  a:\tf383 8811 \tmsr\tBASEPRI, r3"]
    changes = masking_of(listing)
    assert changes == {2: ("primask", 1), 6: ("primask", "R00"), 10: ("basepri", "R03")}, changes

    section = b"\x10\0\0\0from one\0\0\0\0" + b"\x20\0\0\0to one\0\0" + b"\x30\0\0\0to one\0"
    assert marks_of(section) == {"one": ({16}, {32, 48})}, marks_of(section)

    def ran(address, **registers):
        return [f"Trace 0: 0x7f [0/{address:08x}/0/0] f", " ".join(f"{name}={value:08x}" for name, value in registers.items())]

    one = ran(0) + ran(2) + ran(4) + ran(6, R00=0) + ran(8) + ran(10, R03=0x40) + ran(12) + ran(14) + ran(10, R03=0) + ran(16)
    stopped = ran(0) + ran(2) + ["Stopped execution of TB chain before 0x7f [0] f"] + ran(2) + ran(6, R00=0) + ran(16)
    hit = ran(0) + ["Taking exception 5 [IRQ] on CPU 0"] + ran(100) + ran(16)
    passes = count(one + stopped + hit, {"all": ({0}, {16})}, changes)["all"]
    assert [going.instructions for going in passes] == [9, 3, 2], [going.instructions for going in passes]
    assert [going.sections for going in passes] == [[2, 3], [1], []], [going.sections for going in passes]
    assert [going.own for going in passes] == [[2], [1], []], [going.own for going in passes]
    assert [going.interrupted for going in passes] == [False, False, True]

    raised = masking_of(["  2:\tf381 8812 \tmsr\tBASEPRI_MAX, r1", "  6:\tf380 8811 \tmsr\tBASEPRI, r0"])
    trace = ran(0) + ran(2, R01=0x40) + ran(4) + ran(6, R00=0) + ran(8) + ran(6, R00=0x40) + ran(10) + ran(6, R00=0) + ran(16)
    only = count(trace, {"all": ({0}, {16})}, raised)["all"][0]
    assert (only.own, only.sections) == ([2], [2, 2]), (only.own, only.sections)
    print("count.py: its own test holds")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, names = sys.argv[1], sys.argv[2:]
    pairs = marks(program)
    for name in names:
        if name not in pairs:
            sys.exit(f"{program} has no pair of marks {name}")
    pairs = {name: pairs[name] for name in sorted(names or pairs, key=lambda name: name.lstrip("~"))}
    qemu = subprocess.Popen([*QEMU, program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    done = count(qemu.stdout, pairs, masking(program))
    if qemu.wait() != 0:
        sys.exit(f"{program} ended with {qemu.returncode}")
    for name, passes in done.items():
        if name.startswith("~"):
            report_watched(name[1:], passes)
            continue
        clean = [going for going in passes if not going.interrupted]
        if not clean:
            sys.exit(f"{name}: no pass of {len(passes)} without an interrupt")
        sections = extent([len(going.sections) for going in clean])
        longest = extent([max(going.sections, default=0) for going in clean])
        total = extent([going.instructions for going in clean])
        print(f"{name} instructions {total} sections {sections} longest {longest} passes {len(clean)} of {len(passes)}")


main()
