#!/usr/bin/env python3
"""Holds figures against what is written down: reads the lines of count.py and sizes.py, and passes them on.

    ceilings.py FILE            every ceiling of FILE must have its figure
    ceilings.py FILE --some     those that have one
    ceilings.py --self-test

A line of FILE is a name, a quantity, and one of

    at most N                   a promise
    below NAME                  less than the same quantity of another, in the same run
    about N                     as it was: at most a tenth more; `goal G` behind it is what it should be one day
"""

import re
import sys

QUANTITY = re.compile(r"\b(instructions|longest|flash|beyond) (\d+)(?:\.\.(\d+))?")
CEILING = re.compile(r"(\S+) (\S+) (?:at most (\d+)|below (\S+)|about (\d+)(?: goal (\d+))?)$")


def figures_of(lines):
    """By name and quantity, the worst of those that one line has."""
    found = {}
    for line in lines:
        name = line.split(" ", 1)[0]
        for quantity, least, most in QUANTITY.findall(line):
            found[name, quantity] = int(most or least)
    return found


def broken(ceilings, found, some):
    """What does not hold, and what does but is not as it should be."""
    bad, short = [], []
    for line in ceilings:
        line = line.partition("#")[0].strip()
        if not line:
            continue
        match = CEILING.match(line)
        if not match:
            bad.append(f"not a ceiling: {line}")
            continue
        name, quantity, most, other, about, goal = match.groups()
        figure = found.get((name, quantity))
        bound = found.get((other, quantity)) if other else None
        if figure is None or (other and bound is None):
            if not some:
                bad.append(f"no figure for: {line}")
            continue
        if other:
            holds = figure < bound
        elif most:
            holds = figure <= int(most)
        else:
            holds = figure <= int(about) * 11 // 10
        if not holds:
            bad.append(f"{line}: it is {figure}")
        elif goal and figure > int(goal):
            short.append(f"{name} {quantity} {figure}, goal {goal}")
    return bad, short


def self_test():
    found = figures_of(["a instructions 5..7 sections 2 longest 3 passes 8 of 8", "b flash 10 ram 96 beyond 32", "c watched 4+9 longest 9 passes 1"])
    assert found == {("a", "instructions"): 7, ("a", "longest"): 3, ("b", "flash"): 10, ("b", "beyond"): 32, ("c", "longest"): 9}, found
    holding = ["# text", "", "a longest at most 3", "a longest below c # text", "b flash about 10 goal 8", "b beyond about 30"]
    assert broken(holding, found, False) == ([], ["b flash 10, goal 8"])
    failing = ["a longest at most 2", "c longest below a", "c longest below c", "b beyond about 29", "d flash at most 1", "what"]
    bad, _ = broken(failing, found, False)
    assert len(bad) == len(failing), bad
    assert len(broken(failing, found, True)[0]) == len(failing) - 1
    print("ceilings.py: its own test holds")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--some"]):
        sys.exit(__doc__)
    lines = []
    for line in sys.stdin:
        print(line, end="", flush=True)
        lines.append(line)
    with open(sys.argv[1]) as file:
        bad, short = broken(file, figures_of(lines), "--some" in sys.argv)
    for line in short:
        print(f"falls short: {line}")
    if bad:
        sys.exit("\n".join(["figures.sh: these do not hold", *bad]))


main()
