# SPDX-License-Identifier: MIT
"""
Receivers that misbehave, beside those that do not; names that cannot be looked
up; a certificate that expires.
"""

import contextlib
import time

import certificates
import processes
import tap
from firecase import FireCase
from rogue import Rogue

# Each with what one of them does; all in one organization, or one each.
PATHS = (
    "/ok/a",
    "/twice/a?ms=30",
    "/1xx/a",
    "/close-after/a",
    "/half/a",
    "/rst/a?every=10",
    "/hang/a?every=20",
    "/hang-in-body/a?every=20",
    "/lost/a?every=10",
    "/once-lost/a",
    "/once-fail/a",
    "/big/a",
    "/status/dead?code=500",
)


class Receivers(FireCase):
    def test_all_at_once(self):
        """One organization each: what one receiver does is its own affair."""
        with self.rig(
            "c20 receivers that misbehave in twelve ways",
            seconds=90,
            ends=("failed",),
            sender={"retry_schedule": "1s 1s 1s 1s 1s"},
        ) as rig:
            rig.book.distrusted.add("/twice/a")
            orgs = [rig.organization(path) for path in PATHS]
            rig.host().start()
            for _ in range(20):
                for org in orgs:
                    rig.publish(org, 2)
                time.sleep(0.1)
            rig.settle(90)
            ended = {path.partition("?")[0] for path in PATHS}
            for path, n in rig.records.failed():
                assert path in ended - {"/ok/a", "/big/a", "/once-fail/a"}, (
                    f"{n} failed at {path}"
                )

    def test_neighbours_are_quick(self):
        with self.rig(
            "c20b 40 receivers hang, one is well",
            40,
            seconds=60,
            ends=("failed",),
            sender={"retry_schedule": "1s"},
        ) as rig:
            org = rig.organization("/ok/a")
            bad = rig.organization(*(f"/hang/{n}?every=1" for n in range(40)))
            rig.host().start()
            rig.publish(bad, 5)
            time.sleep(1)
            slowest = 0
            for _ in range(10):
                slowest = max(
                    slowest, rig.arrives("/ok/a", rig.publish(org), 5)
                )
                time.sleep(0.2)
            self.recovered = slowest
            rig.service.admin("org", "delete", bad, "--yes")
            rig.book.withdrawn(bad)


class Certificates(FireCase):
    def test_one_that_expires(self):
        folder = processes.Folder()
        authority = certificates.Authority(folder.path, "authority")

        def issue(name, seconds):
            return authority.issue(
                name, "IP:127.0.0.1", end=seconds / (24 * 60 * 60)
            )

        with (
            contextlib.closing(folder),
            self.rig(
                "c22 a certificate expires at work, and is renewed",
                sender={"ca_file": authority.certificate},
            ) as rig,
        ):
            expires = time.time() + 6
            sink = Rogue(certificate=issue("first", 6))
            rig.sinks.append(sink)
            org = rig.organization("/alone/a", sink=sink)
            rig.host().start()
            rig.trickle(org, 10)
            time.sleep(10)
            late = [r.time for r in sink.at() if r.time > expires + 1]
            assert sink.at() and not late, (len(sink.at()), late)
            sink.renew(issue("second", 3600))
            rig.stop_threads()
            numbers = rig.publish(org)
            self.recovered = rig.within(
                10, lambda: set(numbers) <= sink.done["/alone/a"], "the last"
            )


if __name__ == "__main__":
    tap.main()
