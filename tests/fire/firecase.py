# SPDX-License-Identifier: MIT
"""
The base of all cases: makes a rig, and at the end compares the books with the
database and prints a row of the table.
"""

import contextlib
import os
import random
import sys
import time

import tap
from rig import Rig

COLUMNS = (
    "case",
    "fault",
    "times",
    "notifications (deliveries)",
    "lost",
    "copies marked / unmarked",
    "recovered after",
    "verdict",
)


def row(*cells):
    """A line of the table, in TAP a comment."""
    print("# | " + " | ".join(str(cell) for cell in cells) + " |")
    sys.stdout.flush()


def mixed(rig):
    """An organization with hooks of each kind."""
    org = rig.organization("/ok/plain", "/fail/some?every=10")
    rig.hook(org, "/slow/ordered?ms=10", ordered=1)
    rig.hook(org, "/ok/batch", batch_size=5)
    rig.hook(org, "/ok/rate", rate_limit=50)
    return org


class FireCase(tap.Case):
    """A test is one case, or one form of it."""

    @contextlib.contextmanager
    def rig(self, case, times=1, seconds=40, **options):
        """The case's own; after its body the rest is delivered, and all is
        judged. `case`: name and fault."""
        self.recovered = None
        self.times = times
        with Rig(**options) as rig:
            trouble = None
            try:
                yield rig
                rig.stop_threads()
                rig.settle(seconds)
            except AssertionError as error:
                trouble = error
            with contextlib.suppress(AssertionError):
                rig.stop_threads()
            rig.stop_senders()
            verdict = rig.book.judge(finished=not trouble)
            self._tell(case, self.times, verdict, trouble)
            if trouble:
                verdict.problems.insert(0, str(trouble))
            if verdict.problems:
                raise AssertionError("\n".join(verdict.problems)) from trouble

    def _tell(self, case, times, verdict, trouble):
        after = "-" if self.recovered is None else f"{self.recovered:.1f} s"
        name, _, fault = case.partition(" ")
        row(
            name,
            fault,
            times,
            f"{verdict.notifications} ({verdict.deliveries})",
            verdict.lost + verdict.counts["never sent"],
            f"{verdict.marked} / {verdict.unmarked}",
            after,
            "VIOLATED" if trouble or verdict.problems else "holds",
        )

    mixed = staticmethod(mixed)

    def seed(self):
        """For what is random in a case; printed, so that it can be had
        again."""
        seed = int(os.environ.get("SEED") or time.time())
        print(f"# seed {seed}")
        return random.Random(seed)
