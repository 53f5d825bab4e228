# SPDX-License-Identifier: MIT
"""Hanging hooks, and dead hosts: other hooks are not affected."""

import json
import socket
import statistics
import time

import service
import tap
from processes import wait_until
from receiver import Answer, Hang
from sendcase import LaneCase


class _NeighbourCase(LaneCase):
    def healthy(self):
        org = self.service.organization("Healthy")
        self.service.admin(
            "hook", "create", org, self.sink.url("/healthy"), "user.joined"
        )
        return org

    def latencies(self, organization, count):
        """Publish to arrival of `count`, one after the other."""
        waits = []
        before = len(self.sink.at("/healthy"))
        for n in range(before, before + count):
            begin = time.time()
            self.publish_many(1, organization, "user.joined")
            waits.append(self.sink.wait(n + 1, "/healthy")[-1].time - begin)
        return waits

    def hooks_of_the_first(self, count, url):
        """That many hooks by SQL, each with its lane and its secret."""
        self.service.db.sql(
            "".join(
                "INSERT INTO vh_hooks (organization, target_url, action, created_at, "
                f"updated_at) VALUES (UNHEX('{self.organization}'), '{url(n)}', "
                "'event.created', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3));"
                for n in range(count)
            )
        )
        self.service.db.sql(
            "INSERT IGNORE INTO vh_lanes (hook_id) SELECT id FROM vh_hooks; "
            "INSERT INTO vh_hook_secrets (hook_id, secret, created_at) SELECT "
            "h.id, (SELECT secret FROM vh_hook_secrets LIMIT 1), "
            "UTC_TIMESTAMP(3) FROM vh_hooks h WHERE NOT EXISTS (SELECT 1 FROM "
            "vh_hook_secrets s WHERE s.hook_id = h.id);" + service.WANTS
        )


class Sixteen(_NeighbourCase):
    settings = {
        "sender": {
            "timeout": "4s",
            "linger": "30s",
            "concurrency": "32",
            "hook_concurrency": "8",
        }
    }

    def test_hanging_hooks_disturb_no_other_organization(self):
        org = self.healthy()
        sender = self.service.start_sender()
        alone = statistics.median(self.latencies(org, 10))
        for n in range(16):
            self.sink.script(f"/hang{n}", then=Hang(20))
            self.hook(f"/hang{n}", "event.created")
        before = len(self.sink.at())
        self.publish_many(20)
        wait_until(
            lambda: len(self.sink.at()) >= before + 16, 10, "hanging hooks"
        )
        beside = statistics.median(self.latencies(org, 20))
        assert beside < max(2 * alone, 0.25), (alone, beside)
        assert sender.stop() == 0


class Many(_NeighbourCase):
    """Three hundred hooks of one organization hang at the same time, with
    large bodies: neither places, nor lanes, nor memory run out for others."""

    settings = {"sender": {"timeout": "10s", "linger": "60s", "lease": "20s"}}

    def test_hanging_hooks_with_large_bodies(self):
        org = self.healthy()
        self.sink.script("/hang", then=Hang(30))
        self.hooks_of_the_first(300, lambda n: self.sink.url(f"/hang?{n}"))
        large = json.dumps({"n": 0, "x": "x" * 100_000})
        for _ in range(3):
            self.service.publish_sql(self.organization, "event.created", large)
        sender = self.service.start_sender()
        self.sink.wait(40, "/hang", 20)
        waits = self.latencies(org, 15)
        hanging = len(self.sink.at("/hang"))
        print(
            f"# {hanging} requests hang, the healthy ones took "
            f"{statistics.median(waits):.3f} s, at most {max(waits):.3f} s"
        )
        assert statistics.median(waits) < 1, waits
        assert max(waits) < 4, "less than the time-out"
        sender.stop()


class Dead(_NeighbourCase):
    """10,000 due to a dead host; then 100 are published to a healthy one."""

    settings = {"sender": {"linger": "60s"}}

    def burst(self, org):
        """Publishes 100 at once; how long until all are there."""
        before = len(self.sink.at("/healthy"))
        begin = time.time()
        self.publish_many(100, org, "user.joined")
        return self.sink.wait(before + 100, "/healthy", 20)[-1].time - begin

    def test_a_dead_one_sees_probes_and_the_others_notice_nothing(self):
        org = self.healthy()
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        sender = self.service.start_sender()
        self.latencies(org, 3)
        alone = statistics.median(self.burst(org) for _ in range(5))
        assert sender.stop() == 0
        self.hook(url=f"http://127.0.0.1:{port}/dead", action="event.created")
        self.publish_many(10000)
        sender = self.service.start_sender()
        wait_until(lambda: self.tried() >= 1, 20, "the first attempt")
        beside = statistics.median(self.burst(org) for _ in range(5))
        print(f"# 100 took {alone:.3f} s alone, {beside:.3f} s beside it")
        tried = self.tried()
        assert tried < 20, f"{tried} attempts at a dead host"
        assert beside < max(2 * alone, alone + 0.2), (alone, beside)
        assert sender.stop() == 0

    def tried(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_attempts WHERE error = 'connect'"
            )
        )


class Memory(_NeighbourCase):
    """How much of a lane is taken at once."""

    settings = {"sender": {"linger": "30s", "retry_schedule": "1h"}}

    def test_a_slow_one_gets_few_at_a_time(self):
        """What hangs keeps little in memory, however much is due."""
        self.fresh("/hang")
        self.sink.script("/hang", then=Hang(30))
        self.publish_many(2000)
        sender = self.service.start_sender()
        self.sink.wait(4, "/hang")
        time.sleep(0.5)
        assert len(self.sink.at("/hang")) == 4, "its first window"
        out = int(
            self.service.db.value(
                "SELECT LENGTH(in_flight) DIV 8 FROM vh_lanes WHERE owner IS NOT "
                "NULL"
            )
        )
        assert out == 16, f"{out} are in memory"
        # What is not fanned out yet would be for the next test's hook.
        wait_until(lambda: self.states() == {"pending": 2000}, 60, "all")
        sender.stop()

    def test_never_more_than_hook_concurrency(self):
        self.fresh("/few")
        self.sink.script("/few", then=Answer(200, delay=0.2))
        self.publish_many(12)
        before = self.sink.connections
        self.service.write_config(
            service.SENDER, sender={"hook_concurrency": "2"}
        )
        try:
            self.once("delivered 12,")
        finally:
            self.service.write_config(service.SENDER)
        assert self.sink.connections - before == 2

    def test_a_quick_one_gets_more(self):
        self.fresh("/quick")
        self.sink.script("/quick", *[Answer(200)] * 400, then=Hang(30))
        self.publish_many(2000)
        sender = self.service.start_sender()
        self.sink.wait(420, "/quick")
        time.sleep(0.5)
        out = int(
            self.service.db.value(
                "SELECT LENGTH(in_flight) DIV 8 FROM vh_lanes WHERE owner IS NOT "
                "NULL"
            )
        )
        assert out > 100, f"{out} are in memory"
        sender.stop()


tap.main()
