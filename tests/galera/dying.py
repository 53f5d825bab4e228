# SPDX-License-Identifier: MIT
"""
Three nodes, a sender on each, and one dies in the middle of the work: nothing
is lost, and deliveries that come twice had been in flight at the dead one's
sender, and are marked.
"""

import hashlib
import os
import socket
import threading
import time

import doors
import tap
from galeracase import GaleraCase, at_once, kill_all
from processes import wait_until
from receiver import Answer

HOOKS = 12
NUMBERS = int(os.environ.get("HOOKS_TEST_NUMBERS", "90"))


def prefix(service):
    """How the owners of a node's sender begin (src/deliver/lock.c)."""
    path = service.state("lock")
    key = (
        f"{socket.gethostname()}|{path.parent}|{path.stem}|"
        f"{path.read_text()[:16]}"
    )
    return (
        f"{socket.gethostname()[:32]}-"
        f"{hashlib.sha256(key.encode()).hexdigest()[:8]}:"
    )[:42]


class _Dying(GaleraCase):
    paths = [f"/dying{n}" for n in range(HOOKS)]

    def begin(self):
        """Hooks, a third of them ordered; a sender on each node; publishers,
        who note what was accepted and what they cannot know."""
        self.cluster.heal()
        self.fresh(self.paths[0])
        for path in self.paths[1:]:
            self.hook(path)
        for path in self.paths:
            self.sink.script(path, then=Answer(200, delay=0.1))
        for path in self.paths[::3]:
            self.nodes[0].sql(
                f"UPDATE vh_hooks SET ordered = 1 WHERE target_url LIKE '%{path}'"
            )
        self.cluster.settle()
        self.accepted, self.doubtful = set(), set()
        self.publishers = [
            threading.Thread(target=self.publish, args=(n,)) for n in range(3)
        ]
        for one in self.publishers:
            one.start()
        # The third one's is the first, so that it has lanes to lose.
        third = self.services[2].start_sender()
        self.sink.wait(5)
        self.senders = [*(s.start_sender() for s in self.services[:2]), third]

    def publish(self, node):
        for n in range(node, NUMBERS, 3):
            time.sleep(0.02)
            try:
                self.insert(node, [n])
                self.accepted.add(n)
            except AssertionError:
                self.doubtful.add(n)  # its node is gone

    def await_a_quarter(self):
        """And that the third node's sender has requests under way."""
        wait_until(
            lambda: len(self.sink.at()) > HOOKS * NUMBERS / 4,
            60,
            "a quarter of it",
        )
        wait_until(lambda: len(self.suspects(2)) > 5, 20, "something in flight")

    def suspects(self, number):
        """(path, number) of what a node's sender has in flight, as the
        others know it."""
        rows = self.nodes[0].sql(
            "SET SESSION wsrep_sync_wait = 1; SELECT HEX(in_flight) FROM "
            "vh_lanes WHERE in_flight IS NOT NULL AND owner LIKE "
            f"'{prefix(self.services[number])}%'"
        )
        keys = {
            int(text[i : i + 16], 16)
            for (text,) in rows
            for i in range(0, len(text), 16)
        }
        rows = self.nodes[0].sql(
            "SELECT d.id, SUBSTRING_INDEX(h.target_url, '/', -1), n.resource "
            "FROM vh_deliveries d JOIN vh_hooks h ON h.id = d.hook_id "
            "JOIN vh_notifications n ON n.id = d.notification_id"
        )
        return {
            ("/" + path, int(resource[5:-1]))
            for key, path, resource in rows
            if int(key) in keys
        }

    def finish(self, seconds=90):
        """All that was accepted has come, and is recorded."""
        for one in self.publishers:
            one.join()
        wait_until(lambda: self.done(), seconds, "all of it")

    def done(self):
        return all(
            self.accepted <= set(self.came(path)) for path in self.paths
        ) and set(self.states()) == {"delivered"}

    def judge(self, suspects):
        """The requests that came twice."""
        for path in self.paths:
            came = set(self.came(path))
            assert came <= self.accepted | self.doubtful, path
        twice = self.twice(self.paths)
        assert twice <= suspects, f"never in flight: {twice - suspects}"
        for path in self.paths[::3]:
            self.check_order(path)
        times = sorted(r.time for r in self.sink.at())
        gap = max(b - a for a, b in zip(times, times[1:]))
        print(
            f"# of {HOOKS} x {len(self.accepted)} accepted deliveries "
            f"{len(suspects)} were in flight, {len(twice)} came twice; "
            f"longest silence {gap:.1f} s"
        )
        return twice

    def check_order(self, path):
        got = list(self.came(path))
        for node in range(3):
            mine = [n for n in got if n % 3 == node]
            assert mine == sorted(mine), f"{path}, node {node}: {mine}"

    def end(self, senders):
        for sender in senders:
            assert sender.stop() == 0
            assert sender.errors() == "", sender.errors()


class WithItsSender(_Dying):
    """As when a machine loses its power."""

    settings = {"sender": {"linger": "120s", "workers": "2", "lease": "20s"}}

    def test_nothing_is_lost(self):
        self.begin()
        self.await_a_quarter()
        kill_all(self.senders[2])
        self.nodes[2].kill()
        suspects = self.suspects(2)
        self.finish()
        self.judge(suspects)
        self.end(self.senders[:2])


class WithoutItsSender(_Dying):
    """The database of one machine alone."""

    settings = {"sender": {"linger": "120s", "workers": "2", "lease": "40s"}}

    def test_it_comes_back(self):
        """Its sender kept its outcomes, and goes on."""
        self.begin()
        self.await_a_quarter()
        begin = time.monotonic()
        self.nodes[2].kill()
        suspects = self.suspects(2)
        self.nodes[2].join()
        print(f"# back after {time.monotonic() - begin:.1f} s")
        self.finish()
        assert not self.judge(suspects), "the lease had not ended"
        self.end(self.senders[:2])
        assert self.senders[2].stop() == 0
        lines = self.senders[2].errors().splitlines()
        assert (
            len(lines) == 2
            and "cannot be reached" in lines[0]
            and "back" in lines[1]
        ), lines


class ForGood(_Dying):
    settings = {"sender": {"linger": "120s", "workers": "2", "lease": "15s"}}

    def test_its_sender_ends(self):
        """When the leases are gone, other senders deliver its rows."""
        self.begin()
        self.await_a_quarter()
        self.nodes[2].kill()
        suspects = self.suspects(2)
        assert self.senders[2].wait(60) == 75
        self.finish()
        self.judge(suspects)
        self.end(self.senders[:2])
        lines = self.senders[2].errors().splitlines()
        assert len(lines) == 1 and "cannot be reached" in lines[0], lines


class Answers(GaleraCase):
    """The API's answers while nodes go and come."""

    settings = {"sender": {"linger": "60s"}}

    def publish_array(self, base):
        """Through a process that keeps its connection; the ids are right."""
        body = [
            {"action": "event.created", "resource": {"n": base + i}}
            for i in range(5)
        ]
        made = self.good(202, 0, "POST", "/v2/notifications", body)
        for i, one in enumerate(made):
            path = f"/v2/notifications/{one['_id']}"
            assert self.good(200, 0, "GET", path)["resource"] == {
                "n": base + i
            }, (made, i)

    def test_ids_of_many_in_one_body(self):
        """Keys are as far apart as there are nodes, and that changes."""
        self.cluster.heal()
        self.doors[0] = doors.enter("lighttpd", self.services[0])
        steps = set()
        for base, change in enumerate(
            (None, self.nodes[2].kill, self.cluster.heal)
        ):
            if change:
                change()
                self.cluster.wait(sum(n.child is not None for n in self.nodes))
            steps.add(self.nodes[0].value("SELECT @@auto_increment_increment"))
            for turn in range(8):  # more than it has processes
                self.publish_array(1000 * base + 10 * turn)
        assert steps == {"2", "3"}, steps

    def test_asking_again_while_the_others_wait(self):
        """Until they agree that one is dead no COMMIT ends."""
        self.cluster.heal()
        header = [("Idempotency-Key", "patience")]
        body = {"action": "event.created", "resource": {"n": 0}}
        self.nodes[2].kill()
        begin, told = time.monotonic(), []
        while not told or told[-1].status != 202:
            asked = time.monotonic()
            told.append(
                self.call(0, "POST", "/v2/notifications", body, headers=header)
            )
            assert told[-1].status in (202, 503), told
            assert time.monotonic() - asked < 6, told
        print(
            f"# 503 {len(told) - 1} times, 202 after "
            f"{time.monotonic() - begin:.1f} s"
        )
        assert len(told) > 1 and told[0].header("Retry-After"), told
        assert (
            self.nodes[1].value(
                "SET SESSION wsrep_sync_wait = 1; SELECT COUNT(*) FROM "
                "vh_notifications WHERE idempotency_key = 'patience'"
            )
            == "1"
        )

    def test_nothing_is_published_twice_by_a_node_that_is_cut_off(self):
        """A COMMIT that fails there may have reached the other nodes."""
        self.cluster.heal()
        self.organization = self.service.organization("Cut")
        self.key = self.service.key(self.organization)
        self.cluster.settle()
        answers, stop = {}, threading.Event()

        def publish(worker):
            n = worker * 100000
            while not stop.is_set():
                answers[n] = self.call(
                    2,
                    "POST",
                    "/v2/notifications",
                    {"action": "event.created", "resource": {"n": n}},
                ).status
                n += 1

        def cut():
            for _ in range(3):
                time.sleep(1)
                self.nodes[2].isolate()
                time.sleep(1)
                wait_until(
                    lambda: self.nodes[2].status("wsrep_ready") == "OFF",
                    30,
                    "a node without the others",
                )
                self.nodes[2].isolate(False)
                self.cluster.wait(3)
            stop.set()

        at_once(cut, *(lambda w=w: publish(w) for w in range(6)))
        self.cluster.settle()
        rows = [
            int(text[5:-1])
            for (text,) in self.nodes[0].sql(
                "SELECT resource FROM vh_notifications WHERE organization = "
                f"UNHEX('{self.organization}')"
            )
        ]
        accepted = {n for n, status in answers.items() if status == 202}
        print(
            f"# {len(accepted)} accepted, "
            f"{len(answers) - len(accepted)} not, of which "
            f"{len(set(rows) - accepted)} are there all the same"
        )
        assert set(answers.values()) <= {202, 503}, answers
        assert len(rows) == len(set(rows)), "published twice"
        assert accepted <= set(rows), "lost"


tap.main()
