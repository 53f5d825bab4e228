# SPDX-License-Identifier: MIT
"""
Publishers, the API's processes, and hooks that are edited while deliveries are
under way.
"""

import collections
import contextlib
import datetime
import itertools
import json
import os
import signal
import subprocess
import threading
import time
import urllib.parse

import doors
import processes
import tap
from firecase import FireCase
from sendcase import receive


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
                    if time.monotonic() - begin > 60:
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
            assert self.worst < 6 + rig.slowness(), (
                f"a publish took {self.worst:.1f} s"
            )

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

    @staticmethod
    def kill(rig, dice):
        pids = [
            pid
            for pid, words in processes.running(rig.service.prefix)
            if words[0].endswith("hooks.fcgi")
        ]
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(pids), signal.SIGKILL)

    @staticmethod
    def again(door, number):
        """It ends, and somebody starts it."""
        while door.child.running():
            # Apache misses it at the moment in which it begins anew.
            door.child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                door.child.wait(5)
        door.start()

    def test_processes_that_die(self):
        dice = self.seed()
        self.serve(
            "c15 kill -9 of the API's processes",
            "lighttpd",
            lambda rig, door: self.kill(rig, dice),
            300,
        )

    def test_a_lighttpd_that_begins_anew(self):
        ways = itertools.cycle((signal.SIGUSR1, signal.SIGINT, signal.SIGTERM))

        def disturb(_, door):
            way = next(ways)
            if way == signal.SIGUSR1:  # goes on by itself
                door.child.send_signal(way)
            else:
                self.again(door, way)
            time.sleep(1)

        self.serve(
            "c34 lighttpd: gracefully anew, ended and started",
            "lighttpd",
            disturb,
            9,
        )

    def test_an_apache_that_begins_anew(self):
        dice = self.seed()
        ways = itertools.cycle("graceful restart stop kill".split())

        def disturb(rig, door):
            way = next(ways)
            if way == "graceful":
                door.child.send_signal(signal.SIGUSR1)
            elif way == "restart":
                door.child.send_signal(signal.SIGHUP)
            elif way == "stop":
                self.again(door, signal.SIGTERM)
            else:
                self.kill(rig, dice)
            time.sleep(1)

        self.serve(
            "c34b Apache: graceful, restart, stop, a process killed",
            "apache",
            disturb,
            12,
        )


class Edits(FireCase):
    def test_hooks_edited_in_flight(self):
        with self.rig(
            "c17 hooks are edited, rotated, switched, deleted, their "
            "deliveries asked for again under load",
            seconds=60,
            ends=("cancelled",),
        ) as rig:
            self.dice = self.seed()
            org = self.mixed(rig)
            leaving = rig.organization("/slow/org-leaves?ms=100")
            rig.host().start()
            extra = rig.hook(org, "/slow/leaves?ms=100")
            self.switched = rig.hook(org, "/slow/switched?ms=20")
            self.hooks = self.paths_of(rig, org)
            del self.hooks[extra]
            self.secrets = collections.defaultdict(list)
            for hook in self.hooks:
                self.note_secret(rig, org, "GET", hook, "secret")
            rig.trickle(org, 15, 2)
            self.times = 0
            end = time.monotonic() + 25
            rig.publish(leaving, 60)
            while time.monotonic() < end:
                self.edit(rig, org)
                self.times += 1
                if self.times == 20:
                    self.ask(rig, org, "DELETE", f"/v2/hooks/{extra}")
                    rig.book.withdrawn(leaving)
                    rig.service.admin("org", "delete", leaving, "--yes")
                time.sleep(0.1)
            rig.stop_threads()
            self.change(rig, org, self.switched, ordered=False)
            for hook in self.hooks:
                self.ask(rig, org, "POST", f"/v2/hooks/{hook}/enable")
            rig.settle(60)
            self.check_signatures(rig)

    def paths_of(self, rig, org):
        return {
            hook["_id"]: urllib.parse.urlsplit(hook["target_url"]).path
            for hook in self.ask(rig, org, "GET", "/v2/hooks").json()
        }

    @staticmethod
    def ask(rig, org, method, target, body=None):
        body = json.dumps(body).encode() if body is not None else None
        answer = rig.call(org, method, target, body)
        assert answer.status < 500, answer
        return answer

    def change(self, rig, org, hook, **options):
        self.ask(rig, org, "PUT", f"/v2/hooks/{hook}", options)

    def note_secret(self, rig, org, method, hook, way, body=None):
        answer = self.ask(rig, org, method, f"/v2/hooks/{hook}/{way}", body)
        # Ten of a hook may be valid at a time.
        assert answer.status in (200, 429), answer
        if answer.status == 200:
            self.secrets[self.hooks[hook]].append(answer.json()["secret"])

    def edit(self, rig, org):
        dice = self.dice
        hook = dice.choice(list(self.hooks))
        way = dice.choice(
            "batch rate text order rotate disable enable enable enable ping "
            "redeliver replay".split()
        )
        if way == "batch":
            self.change(rig, org, hook, batch_size=dice.choice((1, 3, 7)))
        elif way == "rate":
            self.change(rig, org, hook, rate_limit=dice.choice((0, 40, 200)))
        elif way == "text":
            self.change(rig, org, hook, description="edited")
        elif way == "order":
            ordered = dice.random() < 0.5
            self.change(rig, org, self.switched, ordered=ordered)
        elif way == "rotate":
            body = {"overlap": dice.choice(("0s", "2s"))}
            self.note_secret(rig, org, "POST", hook, "secret/rotate", body)
        elif way == "redeliver":
            self.redeliver(rig, org, self.hooks[hook])
        elif way == "replay":
            replay(rig, org, hook, self.hooks[hook], time.time() - 1)
        else:
            self.ask(rig, org, "POST", f"/v2/hooks/{hook}/{way}")

    def redeliver(self, rig, org, path):
        """Something that has been delivered for a second."""
        before = time.time() - 1
        numbers = [
            n
            for r in rig.sink.at(path)
            if r.answered == 200 and r.answered_at < before
            for n in r.numbers
            if n is not None
        ]
        if numbers:
            rig.try_redeliver(org, path, self.dice.choice(numbers))

    def check_signatures(self, rig):
        for path in self.hooks.values():
            for request in rig.sink.at(path):
                assert self.genuine(request, self.secrets[path]), (
                    f"signed with no secret of {path}: {request}"
                )

    @staticmethod
    def genuine(request, secrets):
        for secret in secrets:
            with contextlib.suppress(receive.BadSignature):
                receive.verify(secret, request.header_map(), request.body)
                return True
        return False

    def test_rows_purged_meanwhile(self):
        with self.rig(
            "c17p purge in a loop against redeliveries and replays",
            seconds=60,
            retention={"deliveries": "1s"},
        ) as rig:
            dice = self.seed()
            org = rig.organization("/ok/a")
            hook = rig.hook(org, "/ok/b")
            rig.host().start()
            rig.in_background(lambda: rig.service.admin("purge"))
            self.times, replayed = 0, 0
            end = time.monotonic() + 60
            while time.monotonic() < end:
                begin = time.time()
                numbers = rig.publish(org, 100)
                rig.arrives("/ok/a", numbers, 20)
                rig.arrives("/ok/b", numbers, 20)
                rig.settle(20)
                rig.book.purged(*numbers)
                for n in dice.sample(numbers, 10):
                    rig.try_redeliver(org, "/ok/a", n)
                replayed += replay(rig, org, hook, "/ok/b", begin)
                self.times += 1
            rig.settle(60)
            again = len(rig.sink.at("/ok/b")) - len(rig.sink.done["/ok/b"])
            assert again == replayed, f"{again} of {replayed} came again"


def replay(rig, org, hook, path, since):
    """What was created since then; how many go again."""
    moment = datetime.datetime.fromtimestamp(since, datetime.timezone.utc)
    body = {"since": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"}
    # Some of them may have been removed; some may be in no end yet.
    rig.book.may_ask(path)
    answer = rig.call(
        org, "POST", f"/v2/hooks/{hook}/replay", json.dumps(body).encode()
    )
    assert answer.status in (202, 404), answer
    return answer.json()["count"] if answer.status == 202 else 0


if __name__ == "__main__":
    tap.main()
