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
import tempfile
import threading

import guard
from firecase import COLUMNS

_HERE = pathlib.Path(__file__).parent
# The longest first.
FILES = (
    "packets.py",
    "publishes.py",
    "sanitized.py",
    "kinds.py",
    "databases.py",
    "senders.py",
    "clocks.py",
    "traffic.py",
    "receivers.py",
    "lookups.py",
)
# Their tests are long, and run side by side, too.
APART = FILES[:2]
ELSEWHERE = """\
c24 is `make check-fire SOAK=1 MINUTES=20`, faults at random are `make check-fire
SEED=N MINUTES=10`, and c25, ten minutes of cron, is `make check-hand-over`.
"""
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


def _tests(name):
    """Each is a word that no other has."""
    done = subprocess.run(
        [sys.executable, _HERE / name, "-l"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def _jobs(files, words):
    """Files with the words that choose their tests."""
    for name in files:
        if name in APART:
            for test in _tests(name):
                if all(word.lower() in test.lower() for word in words):
                    yield name, [test]
        else:
            yield name, words


def _main():
    words = sys.argv[1:]
    files = [w for w in words if w.endswith(".py")] or FILES
    os.environ["FIRE_TEMPLATE"] = tempfile.mkdtemp()
    words = [w for w in words if not w.endswith(".py")]
    with concurrent.futures.ThreadPoolExecutor(
        int(os.environ.get("JOBS") or 3)
    ) as pool:
        runs = list(pool.map(lambda job: _Run(*job), _jobs(files, words)))
    print(f"\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    print("".join(line for run in runs for line in run.rows))
    print(ELSEWHERE)
    results = [good for run in runs for good in run.results]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    guard.run(_main)
