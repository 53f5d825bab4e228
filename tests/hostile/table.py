# SPDX-License-Identifier: MIT
"""
`make check-hostile`: runs the attacks, one after the other, prints the table of
them, and at the end `N passed, N failed`.

    python3 tests/hostile/table.py [FILE ...] [WORD ...]

runs only these files, and in them only attacks whose name holds every WORD.
"""

import pathlib
import re
import subprocess
import sys

import guard
from hostilecase import COLUMNS

_HERE = pathlib.Path(__file__).parent
FILES = (
    "inserts.py",
    "folders.py",
    "bodies.py",
    "lists.py",
    "circles.py",
    "filling.py",
    "scheduled.py",
    "addresses.py",
)


def _run(name, words, rows):
    """Whether each attack of one file was withstood."""
    results = []
    with subprocess.Popen(
        [sys.executable, _HERE / name, *words],
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            if re.match(r"(not )?ok \d", line):
                results.append(line.startswith("ok"))
            if line.startswith("# | "):
                rows.append(line[2:])
    if child.returncode and all(results):
        results.append(False)  # it did not even come to its tests
    return results


def _main():
    words = sys.argv[1:]
    files = [w for w in words if w.endswith(".py")] or FILES
    words = [w for w in words if not w.endswith(".py")]
    rows = []
    results = [good for name in files for good in _run(name, words, rows)]
    print(f"\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    print("".join(rows))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    guard.run(_main)
