# SPDX-License-Identifier: MIT
"""
Runs the tests of one file and prints TAP, which automake's driver reads.

A test class derives from Case; every method whose name begins with "test_" is
a test. `variants` runs the whole class once for each entry (the API tests use
it for the doors). setup() is called once for each variant, not for each test:
starting servers is what costs time here. If it fails, each test has failed.

The arguments are words: only tests whose printed name holds every one of them
are run, and with -l listed. By hand such a file is run with tests/run, which
builds what it needs and says where that is.
"""

import os
import signal
import sys
import traceback

import guard


_endings = []


def at_end(call):
    """Has `call` called when all tests were run; if it raises, that counts."""
    _endings.append(call)


class Case:
    variants = (None,)

    def __init__(self, variant):
        self.variant = variant

    def setup(self):
        """Prepares what all tests of this class share."""

    def teardown(self):
        """Releases what setup() made, also after a setup() that failed."""


def _title(case, method):
    words = [] if case.variant is None else [f"{case.variant}:"]
    words.append(f"{type(case).__name__}:")
    words.append(method[len("test_") :].replace("_", " "))
    return " ".join(words)


def _methods(case, words):
    """The class's tests in the order they were written, base classes first."""
    seen = {}
    for cls in reversed(type(case).__mro__):
        for name in vars(cls):
            if name.startswith("test_"):
                seen[name] = None
    return [
        m
        for m in seen
        if all(w.lower() in _title(case, m).lower() for w in words)
    ]


def _cases(module):
    for value in list(vars(module).values()):
        if (
            isinstance(value, type)
            and issubclass(value, Case)
            and value.__module__ == module.__name__
            and not value.__name__.startswith("_")
        ):
            for variant in value.variants:
                yield value(variant)


class _Report:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def line(self, ok, title, trouble=None):
        self.count += 1
        self.failed += 0 if ok else 1
        print(f"{'ok' if ok else 'not ok'} {self.count} - {title}")
        for text in (trouble or "").splitlines():
            print(f"# {text}")
        sys.stdout.flush()


def _attempt(call):
    """None, or what went wrong, as text."""
    try:
        call()
    except Exception:  # whatever a test raises is its failure
        return traceback.format_exc()
    return None


def _run_case(case, methods, report):
    broken = _attempt(case.setup)
    for method in methods:
        trouble = broken or _attempt(getattr(case, method))
        report.line(trouble is None, _title(case, method), trouble)
        broken = broken and "setup failed, as above"
    trouble = _attempt(case.teardown)
    if trouble:
        report.line(False, f"{type(case).__name__}: teardown", trouble)


def _hear_signals():
    """In the background, or with nohup, we were told to ignore them, and so
    would be all that we start and mean to end."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _main():
    _hear_signals()
    module = sys.modules["__main__"]
    words = sys.argv[1:]
    listing = "-l" in words
    words = [w for w in words if w != "-l"]
    report = _Report()
    for case in _cases(module):
        methods = _methods(case, words)
        if listing:
            for method in methods:
                print(_title(case, method))
        elif methods:
            _run_case(case, methods, report)
    for call in reversed(_endings):
        trouble = _attempt(call)
        if trouble:
            report.line(False, "cleaning up", trouble)
    if not listing:
        print(f"1..{report.count}")
    sys.stdout.flush()
    # Not sys.exit(): a test's forgotten thread must not keep us here.
    os._exit(1 if report.failed else 0)


def main():
    guard.run(_main)
