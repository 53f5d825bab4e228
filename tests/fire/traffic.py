# SPDX-License-Identifier: MIT
"""
Publishers, the API's processes, and hooks that are edited while deliveries are
under way.
"""

import json
import os
import signal
import threading
import time

import doors
import processes
import tap
from firecase import FireCase


class Publishers(FireCase):
    def test_transactions_out_of_order(self):
        with self.rig(
            "c12 publishers commit out of order, or not at all", 12
        ) as rig:
            dice = self.seed()
            org = self.mixed(rig)
            rig.book.late_commits = True
            rig.host().start()
            waits = [
                (n, dice.uniform(0, 3), dice.random() < 0.2)
                for n in range(12 * 6)
            ]

            def publisher(mine):
                for _, seconds, rolled_back in mine:
                    numbers = rig.numbers(3)
                    end = "ROLLBACK" if rolled_back else "COMMIT"
                    rig.records.publish_late(org, numbers, seconds, end)
                    if not rolled_back:
                        rig.book.accepted(org, *numbers)

            self.at_once(
                *(lambda i=i: publisher(waits[i::12]) for i in range(12))
            )
            self.recovered = rig.arrives("/ok/plain", rig.publish(org), 5)

    @staticmethod
    def at_once(*calls):
        threads = [threading.Thread(target=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class Api(FireCase):
    """Clients that ask again, with the Idempotency-Key, until they hear 202."""

    def serve(self, case, door, disturb, times):
        with self.rig(case, times) as rig:
            org = rig.organization("/ok/a", "/ok/b")
            host = rig.host()
            host.start()
            key = rig.key(org)
            door = doors.enter(door, rig.service)
            self.worst = 0

            def client():
                (n,) = rig.numbers(1)
                rig.book.doubted(n)
                begin = time.monotonic()
                while not self.post(door, key, n):
                    time.sleep(0.02)
                    if time.monotonic() - begin > 20:
                        return
                rig.book.accepted(org, n)
                self.worst = max(self.worst, time.monotonic() - begin)
                if n % 3 == 0:
                    self.post(door, key, n)  # an answer that was lost
                time.sleep(0.02)

            for _ in range(3):
                rig.in_background(client)
            for _ in range(times):
                time.sleep(0.25)
                disturb(rig, door)
            rig.stop_threads()
            self.recovered = self.worst
            assert self.worst < 6, f"a publish took {self.worst:.1f} s"

    @staticmethod
    def post(door, key, n):
        body = {"action": "event.created", "resource": {"n": n}}
        try:
            answer = door.exchange(
                "POST",
                "/v2/notifications",
                [
                    ("Authorization", key),
                    ("Idempotency-Key", f"k{n}"),
                    ("Content-Type", "application/json"),
                ],
                json.dumps(body).encode(),
            )
        except (OSError, AssertionError, ValueError, IndexError):
            return False  # nobody is there, or hung up
        assert answer.status in (202, 500, 502, 503, 504), answer
        return answer.status == 202

    def test_processes_that_die(self):
        moment = self.seed()

        def kill(rig, _):
            pids = [
                pid
                for pid, words in processes.running(rig.service.prefix)
                if words[0].endswith("hooks.fcgi")
            ]
            if pids:
                os.kill(moment.choice(pids), signal.SIGKILL)

        self.serve("c15 kill -9 of the API's processes", "lighttpd", kill, 40)

    def test_a_server_that_begins_anew(self):
        def restart(_, door):
            door.child.send_signal(signal.SIGUSR1)
            time.sleep(1)

        self.serve(
            "c34 a web server begins anew gracefully", "apache", restart, 4
        )


class Edits(FireCase):
    def test_hooks_edited_in_flight(self):
        with self.rig(
            "c17 hooks are edited, rotated, switched, deleted under load",
            ends=("cancelled",),
        ) as rig:
            dice = self.seed()
            org = self.mixed(rig)
            rig.host().start()
            rig.trickle(org, 15, 2)
            hooks = rig.service.admin("hook", "list", org).splitlines()
            hooks = [line.split("\t")[0] for line in hooks]
            extra = rig.hook(org, "/slow/leaves?ms=100")
            self.times = 0
            end = time.monotonic() + 12
            while time.monotonic() < end:
                self.edit(rig, org, dice, dice.choice(hooks))
                self.times += 1
                if self.times == 20:
                    self.ok(rig, org, "DELETE", f"/v2/hooks/{extra}")
                time.sleep(0.1)
            rig.stop_threads()
            for hook in hooks:
                self.ok(rig, org, "POST", f"/v2/hooks/{hook}/enable")

    def edit(self, rig, org, dice, hook):
        method, path, body = dice.choice(
            (
                ("PUT", "", {"batch_size": dice.choice((1, 3, 7))}),
                ("PUT", "", {"rate_limit": dice.choice((0, 40, 200))}),
                ("PUT", "", {"description": "edited"}),
                ("POST", "/secret/rotate", {"overlap": "1h"}),
                ("POST", "/disable", None),
                ("POST", "/enable", None),
                ("POST", "/enable", None),
                ("POST", "/ping", None),
            )
        )
        self.ok(rig, org, method, f"/v2/hooks/{hook}{path}", body)

    @staticmethod
    def ok(rig, org, method, target, body=None):
        body = json.dumps(body).encode() if body is not None else None
        answer = rig.call(org, method, target, body)
        assert answer.status < 500, answer

    def test_rows_purged_meanwhile(self):
        with self.rig(
            "c17p purge in a loop against redeliveries",
            20,
            retention={"deliveries": "1s"},
        ) as rig:
            org = rig.organization("/ok/a", "/ok/b")
            rig.host().start()
            rig.in_background(lambda: rig.service.admin("purge"))
            for _ in range(20):
                (n,) = rig.publish(org)
                rig.arrives("/ok/a", [n], 10)
                rig.arrives("/ok/b", [n], 10)
                rig.settle(10)
                rig.book.purged(n)
                rig.try_redeliver(org, "/ok/a", n)
                time.sleep(0.2)
            time.sleep(2)


if __name__ == "__main__":
    tap.main()
