# SPDX-License-Identifier: MIT
"""
`make check-fire`: runs the cases, prints the table of them, and at the end
`N passed, N failed`.

    python3 tests/fire/table.py [FILE ...] [WORD ...]

runs only these files, and in them only cases whose name holds every WORD.
"""

import pathlib
import re
import subprocess
import sys

import guard
from firecase import COLUMNS

_HERE = pathlib.Path(__file__).parent
FILES = ("kinds.py", "packets.py")


def _run(name, words, rows):
    """Passes on what a file says as it says it; how many tests passed and
    how many did not."""
    results = []
    with subprocess.Popen(
        [sys.executable, _HERE / name, *words],
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            if line.startswith("# | "):
                rows.append(line[2:])
            elif re.match(r"(not )?ok \d", line):
                results.append(line.startswith("ok"))
    if child.returncode and all(results):
        results.append(False)  # it did not even come to its tests
    return results.count(True), results.count(False)


def _main():
    words = sys.argv[1:]
    files = [w for w in words if w.endswith(".py")] or FILES
    words = [w for w in words if not w.endswith(".py")]
    rows, passed, failed = [], 0, 0
    for name in files:
        good, bad = _run(name, words, rows)
        passed, failed = passed + good, failed + bad
    print(f"\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    print("".join(rows), end="")
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    guard.run(_main)
