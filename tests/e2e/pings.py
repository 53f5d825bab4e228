# SPDX-License-Identifier: MIT
"""Pings: beside the queue, once, and with no consequence for the hook."""

import json
import os
import pathlib
import signal
import time

import sendcase
import tap
from apicase import no_such_id
from processes import wait_until
from receiver import Answer, Close, Hang


def kill_all(sender):
    """kill -9 of a sender and its workers, as when the machine dies."""
    pid = sender.process.pid
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    for one in (pid, *map(int, children.read_text().split())):
        os.kill(one, signal.SIGKILL)
    sender.process.wait()


class Pings(sendcase.SendCase):
    def ask(self, method, target, status, body=None, key=None):
        answer = self.door.request(
            method, target, [("Authorization", key or self.key)], body
        )
        assert answer.status == status, answer
        return answer.json() if answer.body else None

    def ping(self, hook, status=202, **options):
        return self.ask("POST", f"/v2/hooks/{hook}/ping", status, **options)

    def delivery(self, ping):
        return self.ask("GET", f"/v2/deliveries/{ping['_id']}", 200)

    def lane(self, hook_column):
        return self.service.db.value(
            f"SELECT {hook_column} FROM vh_lanes WHERE hook_id = "
            "(SELECT MAX(id) FROM vh_hooks)"
        )

    def set(self, **columns):
        changes = ", ".join(f"{k} = {v}" for k, v in columns.items())
        self.service.db.sql(
            f"UPDATE vh_hooks SET {changes}, updated_at = UTC_TIMESTAMP(3)"
        )

    def test_a_kept_connection_that_was_closed(self):
        """It is sent once more, as any other."""
        hook = self.fresh("/kept-ping")
        sender = self.service.start_sender("--linger", "30s")
        self.sink.script("/kept-ping", Answer(200), Close(), Answer(200))
        for count in (1, 3):
            ping = self.ping(hook)
            self.sink.wait(count, "/kept-ping")
            wait_until(
                lambda: self.delivery(ping)["state"] == "delivered", 5, "ping"
            )
        assert sender.stop() == 0

    def test_a_ping_is_a_delivery(self):
        hook = self.fresh("/ping", "event.created")
        self.set(headers='\'{"X-Token": "hush"}\'')
        ping = self.ping(hook)
        assert ping["hook"] == hook and ping["action"] == "ping", ping
        assert ping["state"] == "pending" and ping["attemptCount"] == 0
        self.once("delivered 1, failed 0, retrying 0, held 0")
        [request] = self.sink.at("/ping")
        self.genuine(request, hook)
        assert request.header("webhook-id") == ping["webhookId"], request
        assert request.header("X-Token") == "hush"
        body = json.loads(request.body)
        assert list(body) == [
            "action",
            "organization",
            "resource",
            "notification",
            "occurred_at",
        ], body
        assert body["action"] == "ping" and body["resource"]["_id"] == hook
        assert body["resource"]["headers"] == {"X-Token": "***"}, body
        found = self.delivery(ping)
        assert found["state"] == "delivered" and len(found["attempts"]) == 1
        notification = self.ask(
            "GET", f"/v2/notifications/{ping['notification']}", 200
        )
        assert notification["state"] == "fanned_out", notification
        assert notification["resource"]["headers"] == {"X-Token": "***"}

    def test_it_waits_for_no_other_delivery(self):
        hook = self.fresh("/slow")
        self.set(ordered=1, rate_limit=1)
        self.sink.script("/slow", Answer(500), then=Answer(200))
        for _ in range(3):
            self.publish()
        self.once("delivered 0, failed 0, retrying 3")
        assert self.lane("suspended_until > UTC_TIMESTAMP(3)") == "1"
        pings = [self.ping(hook) for _ in range(3)]
        self.once("delivered 3, failed 0,")
        assert {self.delivery(p)["state"] for p in pings} == {"delivered"}

    def test_a_dead_target_gets_it_all_the_same(self):
        hook = self.fresh("/dead")
        self.service.db.sql(
            "UPDATE vh_lanes SET failures = 9, crashes = 2, suspended_until = "
            "UTC_TIMESTAMP(3) + INTERVAL 1 HOUR"
        )
        self.ping(hook)
        self.once("delivered 1, failed 0,")

    def test_a_disabled_hook_gets_it_too(self):
        hook = self.fresh("/off")
        self.publish()
        self.service.admin("hook", "disable", hook)
        ping = self.ping(hook)
        assert ping["state"] == "pending", ping
        assert "due\t1\n" in self.service.admin("status")
        self.once("delivered 1, failed 0, retrying 0, held 1")
        assert json.loads(self.sink.at("/off")[0].body)["action"] == "ping"

    def test_one_attempt_and_no_consequence(self):
        hook = self.fresh("/bad")
        for answer in (
            Answer(500),
            Answer(410),
            Hang(5),
            Answer(503, headers=[("Retry-After", "60")]),
        ):
            self.sink.clear()
            self.sink.script("/bad", answer, then=Answer(200))
            ping = self.ping(hook)
            self.once("delivered 0, failed 1, retrying 0, held 0")
            time.sleep(1.1)
            self.once("delivered 0, failed 0, retrying 0, held 0")
            assert len(self.sink.at("/bad")) == 1, answer
            found = self.delivery(ping)
            assert found["state"] == "failed", found
            assert len(found["attempts"]) == 1 and found["finishedAt"]
        assert (
            self.lane(
                "CONCAT_WS(' ', failures, failing_since, suspended_until)"
            )
            == "0"
        )
        hook_now = self.ask("GET", f"/v2/hooks/{hook}", 200)
        assert hook_now["enabled"] is True, hook_now
        self.publish()
        self.once("delivered 1,")

    def test_no_wildcard_gets_it(self):
        hook = self.fresh("/one")
        self.hook("/other", "*")
        self.ping(hook)
        self.once("delivered 1,")
        assert not self.sink.at("/other")

    def test_a_hook_of_batches_gets_a_batch_of_one(self):
        hook = self.fresh("/batch")
        self.set(batch_size=10)
        pings = [self.ping(hook) for _ in range(3)]
        self.once("delivered 3,")
        requests = self.sink.at("/batch")
        assert [len(json.loads(r.body)) for r in requests] == [1, 1, 1]
        assert {r.header("webhook-id") for r in requests} == {
            self.delivery(p)["webhookId"] for p in pings
        }

    def test_the_sender_dies_with_it(self):
        hook = self.fresh("/killed")
        self.sink.script("/killed", then=Hang(30))
        ping = self.ping(hook)
        sender = self.service.start_sender()
        self.sink.wait(1, "/killed")
        kill_all(sender)
        sender = self.service.start_sender()
        wait_until(
            lambda: self.delivery(ping)["state"] == "failed",
            5,
            "the ping has failed",
        )
        assert sender.stop() == 0
        found = self.delivery(ping)
        assert "died" in found["reason"] and found["maybeDuplicate"], found
        assert len(self.sink.at("/killed")) == 1

    def test_deleting_the_hook_cancels_it(self):
        hook = self.fresh("/deleted")
        ping = self.ping(hook)
        self.service.admin("hook", "delete", hook)
        assert self.delivery(ping)["state"] == "cancelled"
        self.once("delivered 0, failed 0, retrying 0, held 0")
        assert not self.sink.at("/deleted")
        self.ping(hook, 404)

    def test_arrives_soon_while_a_sender_runs(self):
        hook = self.fresh("/soon")
        sender = self.service.start_sender()
        time.sleep(0.5)
        begin = time.time()
        self.ping(hook)
        self.sink.wait(1, "/soon")
        assert time.time() - begin < 1
        assert sender.stop() == 0

    def test_a_hundred_may_wait(self):
        hook = self.fresh("/many")
        for _ in range(100):
            self.ping(hook)
        assert "100" in self.ping(hook, 429)["detail"]
        self.once("delivered 100,")
        self.ping(hook)

    def test_pings_that_are_refused(self):
        hook = self.fresh("/refused")
        other = self.service.key(self.service.organization("Other"))
        assert self.ping(hook, 404, key=other) == self.ping(
            no_such_id(), 404, key=other
        )
        for role in ("read", "publish", "run"):
            self.ping(hook, 403, key=self.service.key(self.organization, role))
        self.ping(hook, 400, body=b'{"x": 1}')
        self.ping(hook, 202, body=b"{}")


tap.main()
