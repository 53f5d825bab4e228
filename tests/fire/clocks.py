# SPDX-License-Identifier: MIT
"""
Clocks that are wrong or jump: a sender's host's, the database's; and cron's
rhythm.
"""

import time

import tap
from firecase import FireCase
from rig import LEASE


class Hosts(FireCase):
    def wrong(self, case, seconds):
        """Retries come when they are due, and nothing comes at once."""
        with self.rig(case) as rig:
            org = rig.organization("/once-fail/a", "/ok/a", "/lost/a?every=5")
            host = rig.host()
            host.use_clock(seconds)
            host.start()
            for _ in range(10):
                rig.publish(org, 5)
                time.sleep(0.2)
            rig.settle()
            self.recovered = rig.arrives("/ok/a", rig.publish(org), 5)
            for n in range(50):
                first, second = (
                    r for r in rig.sink.at("/once-fail/a") if n in r.numbers
                )
                assert 0.9 < second.time - first.time < 6, (first, second)

    def test_an_hour_ahead(self):
        self.wrong("c14a a sender's clock is an hour ahead", 3600)

    def test_an_hour_back(self):
        self.wrong("c14b a sender's clock is an hour late", -3600)

    def test_twenty_days_ahead(self):
        self.wrong("c14c a sender's clock is twenty days ahead", 20 * 86400)

    def test_a_clock_that_jumps(self):
        with self.rig("c14d a sender's clock jumps", 6) as rig:
            org = self.mixed(rig)
            host = rig.host()
            host.use_clock(0)
            host.start()
            rig.trickle(org, 10)
            for seconds in (3600, -3600, 86400, 0, -86400, 0):
                host.clock.set(seconds)
                time.sleep(1.5)


class Databases(FireCase):
    def test_jumps_with_two_hosts(self):
        with self.rig(
            "c30 the database's clock jumps an hour, two hosts", 4, clock=True
        ) as rig:
            org = self.mixed(rig)
            rig.host().start()
            rig.host().start()
            rig.trickle(org, 10)
            for seconds in (3600, 0, 3600, 0):
                rig.book.crash()
                rig.clock.set(seconds)
                time.sleep(3)
            rig.book.crash()
            rig.stop_threads()
            numbers = rig.publish(org)
            self.recovered = rig.arrives("/ok/plain", numbers, LEASE + 5)


if __name__ == "__main__":
    tap.main()
