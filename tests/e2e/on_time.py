# SPDX-License-Identifier: MIT
"""
`make check-schedule`: ten thousand notifications with times at random within a
minute, and a sender that is killed five times meanwhile. Prints how late they
came. A quiet machine is needed.
"""

import datetime
import json
import os
import random
import signal
import time

import sendcase
import tap
from processes import wait_until

COUNT = int(os.environ.get("NOTIFICATIONS", "10000"))
SECONDS = 60
KILLS = 5
ORDERED_PART = 10  # one of so many goes to the ordered hook
AHEAD = 25  # seconds, for inserting and taking over
LATE = 1.0
AFTER_KILL = 5.0


def _text(moment):
    return datetime.datetime.fromtimestamp(
        moment, datetime.timezone.utc
    ).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _figures(late):
    late = sorted(late)
    return ", ".join(
        f"{name} {1000 * late[min(int(len(late) * part), len(late) - 1)]:.0f} ms"
        for name, part in (("median", 0.5), ("p99", 0.99), ("latest", 1))
    )


class OnTime(sendcase.SendCase):
    settings = {"sender": {"lease": "15s", "linger": "10m"}}

    def insert(self, begin):
        """Times in seconds, by number."""
        spread = random.Random(14)
        times = [
            round(begin + spread.random() * SECONDS, 3) for _ in range(COUNT)
        ]
        for first in range(0, COUNT, 1000):
            rows = ",".join(
                f"(UNHEX('{self.organization}'), '{self.action(n)}', "
                f"'{{\"n\":{n}}}', '{_text(times[n])}')"
                for n in range(first, min(first + 1000, COUNT))
            )
            self.service.db.sql(
                "INSERT INTO vh_outbox (organization, action, resource, "
                f"deliver_at) VALUES {rows}"
            )
        return times

    @staticmethod
    def action(n):
        return "event.voted" if n % ORDERED_PART == 0 else "event.created"

    def kill_now_and_then(self, sender, begin):
        """The moments of each kill, and of the start after it."""
        kills = []
        for turn in range(KILLS):
            moment = begin + SECONDS * (turn + 0.5) / KILLS
            time.sleep(max(0, moment - time.time()))
            killed = time.time()
            sender.send_signal(signal.SIGKILL)
            sender.process.wait()
            sender = self.service.start_sender()
            kills.append((killed, time.time()))
        return sender, kills

    def first_arrivals(self):
        found = {}
        for request in self.sink.at():
            n = json.loads(request.body)["resource"]["n"]
            found.setdefault(n, (request.time, request.path))
        return found

    def test_each_comes_within_a_second(self):
        self.hook("/any", "event.created")
        hook = self.hook("/order", "event.voted")
        self.service.db.sql(
            "UPDATE vh_hooks SET ordered = 1, updated_at = UTC_TIMESTAMP(3) "
            "WHERE action = 'event.voted'"
        )
        begin = time.time() + AHEAD
        times = self.insert(begin)
        sender = self.service.start_sender()
        wait_until(
            lambda: (
                self.service.db.value("SELECT COUNT(*) FROM vh_outbox") == "0"
            ),
            AHEAD,
            "they are taken over",
        )
        sender, kills = self.kill_now_and_then(sender, begin)
        wait_until(
            lambda: len(self.first_arrivals()) == COUNT,
            SECONDS,
            "all have come",
        )
        assert sender.stop() == 0
        came = self.first_arrivals()
        late = {n: came[n][0] - times[n] for n in came}
        print(f"# {COUNT} notifications: {_figures(late.values())}")
        excused = {
            n
            for n in came
            for killed, again in kills
            if killed - LATE <= times[n] <= again
            and came[n][0] <= again + AFTER_KILL
        }
        rest = [late[n] for n in came if n not in excused]
        print(f"# {len(rest)} apart from the kills: {_figures(rest)}")
        for killed, again in kills:
            last = max(
                came[n][0] - again
                for n in came
                if times[n] <= again and came[n][0] >= again
            )
            print(
                f"# killed {killed - begin:.1f} s after the first: what was "
                f"due until the start came within {1000 * last:.0f} ms of it"
            )
        assert min(late.values()) > -0.002, min(late.values())
        assert max(rest) <= LATE, max(rest)
        order = [
            json.loads(r.body)["resource"]["n"] for r in self.sink.at("/order")
        ]
        first = list(dict.fromkeys(order))
        assert first == sorted(first, key=lambda n: (times[n], n)), hook


tap.main()
