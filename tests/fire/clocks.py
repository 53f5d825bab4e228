# SPDX-License-Identifier: MIT
"""
Clocks that are wrong or jump: a sender's host's, the database's; and cron's
rhythm.
"""

import time

import tap
from processes import wait_until
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
                wait = second.time - first.time
                assert 0.9 < wait < 6 + rig.slowness(), (first, second)

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

    def publish_and_spread(self, rig, org):
        rig.publish(org)
        wait_until(rig.records.spread, 60, "the fan-out")

    def test_set_back_and_right_again(self):
        """Meanwhile nobody works on the lane."""
        with self.rig(
            "c30b the database's clock is late, the lane's owner stands still",
            clock=True,
        ) as rig:
            org = rig.organization("/slow/ordered?ms=1000", ordered=1)
            first, second = rig.host(), rig.host()
            first.start()
            rig.publish(org)
            rig.sink.wait(1, "/slow/ordered", 5)
            first.pause()
            rig.book.crash()
            second.start()
            for ahead in (0, -3600, 0):
                rig.clock.set(ahead)
                self.publish_and_spread(rig, org)
            self.recovered = rig.arrives("/slow/ordered", range(4), LEASE + 10)
            want = [0, 0, 1, 2, 3]
            came = rig.sink.numbers("/slow/ordered")
            assert came == want, came

    def test_set_back_by_little(self):
        with self.rig(
            "c30c the database's clock is a second late, a disabled hook",
            clock=True,
        ) as rig:
            org = rig.organization()
            hook = rig.hook(org, "/ok/ordered", ordered=1)
            rig.host().start()
            rig.ok(org, "POST", f"/v2/hooks/{hook}/disable")
            # What is published by the late clock must not be older than it.
            time.sleep(1.5)
            for ahead in (0, -1, 0):
                rig.clock.set(ahead)
                self.publish_and_spread(rig, org)
            rig.ok(org, "POST", f"/v2/hooks/{hook}/enable")
            self.recovered = rig.arrives("/ok/ordered", range(3), 5)
            came = rig.sink.numbers("/ok/ordered")
            assert came == [0, 1, 2], came

    def test_set_back_during_a_request(self):
        """It fails and is tried again, before what was made after it."""
        with self.rig(
            "c30d the database's clock is set back during a request",
            clock=True,
        ) as rig:
            path = "/slow-once-fail/ordered?ms=1000"
            org = rig.organization(path, ordered=1)
            path = path.partition("?")[0]
            rig.host().start()
            rig.publish(org)
            rig.sink.wait(1, path, 5)
            rig.clock.set(-3600)
            rig.publish(org)
            self.recovered = rig.arrives(path, range(2), 30)
            came = rig.sink.numbers(path)
            assert came == [0, 0, 1, 1], came

    def ahead_when_it_fails(self, case, path):
        """The clock is set during the first request, and again before the
        second: the wait between them is the schedule's."""
        with self.rig(
            case, clock=True, sender={"retry_schedule": "10s"}
        ) as rig:
            org = rig.organization(path)
            path = path.partition("?")[0]
            rig.host().start()
            rig.publish(org, 2)
            rig.sink.wait(2, path)
            rig.clock.set(3600)
            wait_until(lambda: len(rig.records.attempts()) == 2, 60, "failures")
            rig.clock.set(0)
            self.recovered = rig.arrives(path, range(2), 30)
            for n in range(2):
                first, second = (r for r in rig.sink.at(path) if n in r.numbers)
                assert second.time - first.time > 9.9, (first, second)

    def test_ahead_after_a_retry_after(self):
        """What was asked for before holds, in order and not, and what was
        written while the clock was ahead does not shorten it."""
        with self.rig(
            "c30g the database's clock is ahead after a Retry-After",
            clock=True,
        ) as rig:
            paths = "/asks-once/ordered", "/asks-once/plain"
            org = rig.organization()
            for n, path in enumerate(paths):
                rig.hook(org, f"{path}?s=16", ordered=1 - n)
            rig.host().start()
            rig.publish(org)
            for path in paths:
                rig.sink.wait(1, path, 5)
            wait_until(lambda: len(rig.records.attempts()) == 2, 5, "records")
            rig.clock.set(6)
            self.publish_and_spread(rig, org)
            time.sleep(2.5)  # until senders have seen it
            rig.clock.set(0)
            for path in paths:
                rig.arrives(path, range(2), 40)
                came = rig.sink.at(path)
                assert came[1].time - came[0].time > 15.9, came
            came = rig.sink.numbers(paths[0])
            assert came == [0, 0, 1], came

    def test_ahead_when_it_is_refused(self):
        self.ahead_when_it_fails(
            "c30e the database's clock is ahead when a 500 comes",
            "/slow-once-fail/refused?ms=1500",
        )

    def test_ahead_when_it_times_out(self):
        self.ahead_when_it_fails(
            "c30f the database's clock is ahead when a request times out",
            "/hang-once/silent",
        )


if __name__ == "__main__":
    tap.main()
