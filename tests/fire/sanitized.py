# SPDX-License-Identifier: MIT
"""
Faults at random, of programs that were built with AddressSanitizer and
UndefinedBehaviorSanitizer for it.
"""

import shutil
import subprocess

import processes
import seeds
import tap
import where
from firecase import FireCase
from packets import TIMES

SECONDS = 150


class Sanitized(FireCase):
    """In a copy of the sources, which may be configured otherwise."""

    def setup(self):
        self.folder = processes.Folder()
        source = self.folder / "source"
        shutil.copytree(
            where.SOURCE,
            source,
            symlinks=True,
            ignore=shutil.ignore_patterns(".git", "var", "*.o", "*.a"),
        )
        with open(self.folder / "log", "wb") as log:
            for words in (
                ["./configure", "-q", "--enable-sanitize"],
                ["make", "-s", "-j2", "all"],
            ):
                subprocess.run(
                    words, cwd=source, stdout=log, stderr=log, check=True
                )
        where.BUILD = source

    def teardown(self):
        self.folder.close()

    def test_faults_at_random(self):
        dice = self.seed()
        with self.rig(
            f"c24b faults at random for {SECONDS} s, sanitized",
            seconds=60,
            sender=TIMES,
            clock=True,
        ) as rig:
            stage = seeds.Crowd(rig)
            self.times, self.recovered = seeds.storm(stage, dice, SECONDS)
            rig.stop_threads()
            rig.settle(60)
            reports = rig.service.sanitizer_reports()
            assert not reports, "\n".join(reports)


if __name__ == "__main__":
    tap.main()
