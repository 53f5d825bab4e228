# SPDX-License-Identifier: MIT
"""
Receivers that misbehave, beside those that do not; names that cannot be looked
up; a certificate that expires.
"""

import time

import tap
from firecase import FireCase

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


if __name__ == "__main__":
    tap.main()
