# SPDX-License-Identifier: MIT
"""
`make check-fire`: runs the cases, prints the table of them, and at the end
`N passed, N failed`.

    python3 tests/fire/table.py [FILE ...] [WORD ...]

runs only these files, and in them only cases whose name holds every WORD.
Most cases wait for most of the time, so JOBS files (3) run side by side.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import threading

import guard
from firecase import COLUMNS

_HERE = pathlib.Path(__file__).parent
# The longest first.
FILES = (
    "packets.py",
    "publishes.py",
    "kinds.py",
    "databases.py",
    "senders.py",
    "clocks.py",
    "traffic.py",
    "receivers.py",
    "lookups.py",
)
_printing = threading.Lock()


class _Run:
    """One file."""

    def __init__(self, name, words):
        self.rows, self.results = [], []
        with subprocess.Popen(
            [sys.executable, _HERE / name, *words],
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as child:
            told = []
            for line in child.stdout:
                if re.match(r"(not )?ok \d", line):
                    self._tell(told)
                    told = []
                    self.results.append(line.startswith("ok"))
                if line.startswith("# | "):
                    self.rows.append(line[2:])
                told.append(line)
            self._tell(told)
        if child.returncode and all(self.results):
            self.results.append(False)  # it did not even come to its tests

    @staticmethod
    def _tell(lines):
        """A test's lines together, whoever else speaks."""
        with _printing:
            print("".join(lines), end="", flush=True)


def _main():
    words = sys.argv[1:]
    files = [w for w in words if w.endswith(".py")] or FILES
    words = [w for w in words if not w.endswith(".py")]
    with concurrent.futures.ThreadPoolExecutor(
        int(os.environ.get("JOBS") or 3)
    ) as pool:
        runs = list(pool.map(lambda name: _Run(name, words), files))
    print(f"\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    print("".join(line for run in runs for line in run.rows))
    results = [good for run in runs for good in run.results]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    guard.run(_main)
