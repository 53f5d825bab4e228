# SPDX-License-Identifier: MIT
"""Lanes: order, batches, rates, wake-ups."""

import json
import time

import service
import tap
from processes import wait_until
from receiver import Answer
from sendcase import LaneCase


class Options(LaneCase):
    def test_an_ordered_lane_waits_for_each_outcome(self):
        self.fresh("/order")
        self.set(ordered=1)
        self.sink.script("/order", Answer(200), Answer(500), Answer(200))
        self.publish_many(6)
        sender = self.service.start_sender("--linger", "6s")
        got = [self.number(r) for r in self.sink.wait(7, "/order")]
        assert got == [0, 1, 1, 2, 3, 4, 5], got
        assert sender.stop() == 0

    def test_an_ordered_lane_is_blocked_by_what_failed(self):
        self.fresh("/order")
        self.set(ordered=1)
        self.sink.script("/order", then=Answer(500))
        self.publish_many(3)
        self.once("delivered 0, failed 0, retrying 3")
        assert [self.number(r) for r in self.sink.at("/order")] == [0]

    def test_batches_in_order_with_one_signature(self):
        hook = self.fresh("/batch")
        self.set(batch_size=4)
        self.publish_many(10)
        self.once("delivered 10")
        bodies = sorted(
            (json.loads(r.body) for r in self.sink.at("/batch")),
            key=lambda b: b[0]["resource"]["n"],
        )
        assert [len(b) for b in bodies] == [4, 4, 2], bodies
        assert [o["resource"]["n"] for b in bodies for o in b] == list(
            range(10)
        )
        for request in self.sink.at("/batch"):
            self.genuine(request, hook)
        ids = {r.header("webhook-id") for r in self.sink.at("/batch")}
        assert len(ids) == 3

    def test_a_batch_has_the_id_of_its_first_member(self):
        hook = self.fresh("/named")
        self.set(batch_size=4)
        published = [self.publish(f'{{"n":{n}}}') for n in range(3)]
        self.once("delivered 3")
        [request] = self.sink.at("/named")
        name = request.header("webhook-id")
        assert name == f"{published[0]}-{hook}-b"
        for n, asked in [
            (0, name),
            *((n, f"{published[n]}-{hook}") for n in range(3)),
        ]:
            found = self.door.request(
                "GET", f"/v2/deliveries/{asked}", [("Authorization", self.key)]
            ).json()
            assert found["notification"] == published[n], found
            assert found["webhookId"] == name, found
            whole = self.service.admin("verify", asked)
            assert f"webhook-id: {name}" in whole, whole

    def test_a_batch_keeps_its_members_and_its_id(self):
        self.fresh("/batch")
        self.set(batch_size=4)
        self.sink.script("/batch", Answer(500))
        self.publish_many(4)
        self.once("delivered 0, failed 0, retrying 4")
        self.publish_many(4, first=4)
        self.set(batch_size=100)
        time.sleep(1.1)
        self.once("delivered 8")
        first, *others = self.sink.at("/batch")
        again = [r for r in others if r.body == first.body]
        assert len(again) == 1 and len(others) == 2
        assert again[0].header("webhook-id") == first.header("webhook-id")
        assert again[0].header("webhook-attempt") == "2"

    def test_what_was_sent_alone_stays_alone(self):
        self.fresh("/alone")
        self.sink.script("/alone", Answer(500))
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 1")
        self.set(batch_size=4)
        self.publish_many(2, first=1)
        time.sleep(1.1)
        self.once("delivered 3")
        first, *others = self.sink.at("/alone")
        again = [
            r
            for r in others
            if r.header("webhook-id") == first.header("webhook-id")
        ]
        assert [r.body for r in again] == [first.body], others
        assert len(others) == 2, others

    def test_a_batch_stays_below_a_mebibyte(self):
        self.fresh("/batch")
        self.set(batch_size=100)
        resource = json.dumps({"n": "x" * 100_000})
        for _ in range(15):
            self.service.publish_sql(
                self.organization, "event.created", resource
            )
        self.once("delivered 15")
        sizes = [len(r.body) for r in self.sink.at("/batch")]
        assert len(sizes) == 2 and max(sizes) <= 1024 * 1024, sizes

    def test_a_rate_limit_holds_across_runs(self):
        self.fresh("/rate")
        self.set(rate_limit=5)
        self.publish_many(12)
        self.once("delivered")
        self.once()
        sent = len(self.sink.at("/rate"))
        assert 5 <= sent < 9, f"{sent}: a second's worth, and kept across runs"
        sender = self.service.start_sender("--linger", "6s")
        times = [r.time for r in self.sink.wait(12, "/rate")]
        assert sender.stop() == 0
        assert times[-1] - times[0] > 1.1, times

    def test_no_second_has_more_than_the_rate(self):
        self.fresh("/second")
        self.set(rate_limit=5)
        self.publish_many(20)
        sender = self.service.start_sender("--linger", "9s")
        times = [r.time for r in self.sink.wait(20, "/second")]
        assert sender.stop() == 0
        for first, sixth in zip(times, times[5:]):
            assert sixth - first > 0.7, times
        assert times[-1] - times[0] < 6, "nor less, for long"

    def test_the_rate_holds_when_late_answers_catch_up(self):
        self.fresh("/late")
        self.set(rate_limit=3)
        self.sink.script(
            "/late", *[Answer(200, delay=2.5)] * 6, then=Answer(200)
        )
        self.publish_many(20)
        sender = self.service.start_sender("--linger", "12s")
        times = [r.time for r in self.sink.wait(20, "/late", 15)]
        assert sender.stop() == 0
        for first, fourth in zip(times, times[3:]):
            assert fourth - first > 0.7, times

    def test_own_headers_come_last(self):
        self.fresh("/own")
        self.set(headers='\'{"X-One":"1","X-Empty":""}\'')
        self.publish()
        self.once("delivered 1")
        request = self.sink.at("/own")[0]
        assert request.header("X-One") == "1"
        assert request.header("X-Empty") == ""
        self.set(headers='\'{"accept":"text/plain"}\'')
        self.publish()
        self.once("delivered 1")
        assert self.sink.at("/own")[1].header("Accept") == "text/plain"


class Policy(LaneCase):
    def test_410_disables_the_hook_and_holds_the_rest(self):
        hook = self.fresh("/gone")
        self.sink.script("/gone", then=Answer(410))
        self.publish_many(3)
        done = self.service.send("--once")
        assert done.out.startswith("delivered 0"), done
        assert f"hook {hook} disabled" in done.err, done
        line = self.service.admin("hook", "list", self.organization)
        assert line.split("\t")[2].startswith("disabled"), line
        self.sink.clear()
        self.once("delivered 0, failed 0, retrying 0, held 3")
        assert not self.sink.at("/gone")
        self.service.admin("hook", "enable", hook)
        self.once("delivered 3")

    def test_a_disabled_hook_is_announced(self):
        hook = self.fresh("/gone", "event.created")
        self.sink.script("/gone", then=Answer(410))
        self.hook("/watch", "hook.disabled")
        self.hook("/all", "*")
        self.publish_many(1)
        self.once()
        self.once("delivered 1,")
        body = json.loads(self.sink.at("/watch")[0].body)
        assert body["action"] == "hook.disabled"
        assert body["resource"]["_id"] == hook
        assert body["resource"]["enabled"] is False
        assert "410" in body["resource"]["disabledReason"]
        assert [json.loads(r.body)["action"] for r in self.sink.at("/all")] == [
            "event.created"
        ], "no wildcard names it"

    def test_retry_after_puts_the_whole_lane_off(self):
        self.fresh("/busy")
        self.sink.script("/busy", Answer(503, headers=[("Retry-After", "3")]))
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 1")
        self.publish_many(2)
        time.sleep(1.2)
        self.once("delivered 0, failed 0, retrying")
        assert len(self.sink.at("/busy")) == 1
        time.sleep(2.2)
        self.once("delivered 3")

    def test_retry_after_outlives_answers_to_earlier_requests(self):
        self.fresh("/busy")
        self.sink.script(
            "/busy",
            Answer(429, headers=[("Retry-After", "30")]),
            then=Answer(200, delay=0.3),
        )
        self.publish_many(60)
        sender = self.service.start_sender("--linger", "3s")
        assert sender.wait() == 0
        assert len(self.sink.at("/busy")) < 10, "the rest waits as asked"

    def test_enabled_again_while_requests_are_in_flight(self):
        hook = self.fresh("/back")
        self.sink.script(
            "/back", Answer(410, delay=0.2), then=Answer(200, delay=1.5)
        )
        self.publish_many(30)
        sender = self.service.start_sender("--linger", "12s")
        wait_until(
            lambda: (
                "disabled"
                in self.service.admin("hook", "list", self.organization)
            ),
            5,
            "the hook disabled",
        )
        self.service.admin("hook", "enable", hook)
        wait_until(
            lambda: "pending" not in self.newest_states(30),
            11,
            "the held ones delivered",
        )
        assert sender.stop() == 0

    def newest_states(self, count):
        return {
            s
            for (s,) in self.service.db.sql(
                f"SELECT state FROM vh_deliveries ORDER BY id DESC LIMIT {count}"
            )
        }

    def test_a_delivery_that_arrived_is_not_cancelled(self):
        hook = self.fresh("/late")
        self.sink.script("/late", then=Answer(200, delay=1))
        self.publish_many(1)
        sender = self.service.start_sender("--linger", "3s")
        self.sink.wait(1, "/late")
        self.service.admin("hook", "delete", hook)
        assert sender.wait() == 0
        assert self.newest_states(1) == {"delivered"}

    def test_a_hook_that_only_fails_is_disabled(self):
        self.fresh("/never")
        self.sink.script("/never", then=Answer(500))
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 1")
        self.service.db.sql(
            "UPDATE vh_hooks SET updated_at = UTC_TIMESTAMP(3) - INTERVAL 9 DAY"
        )
        self.service.db.sql(
            "UPDATE vh_lanes SET failed_attempts = 3, failing_since = "
            "UTC_TIMESTAMP(3) - INTERVAL 6 DAY WHERE failing_since IS NOT NULL"
        )
        time.sleep(1.1)
        self.once("delivered 0, failed 0, retrying 1")
        time.sleep(1.1)
        self.once()
        line = self.service.admin("hook", "list", self.organization)
        assert line.split("\t")[2].startswith("disabled"), line

    def test_failures_days_apart_do_not_disable_a_hook(self):
        self.fresh("/seldom")
        self.sink.script("/seldom", then=Answer(500))
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 1")
        self.service.db.sql(
            "UPDATE vh_hooks SET updated_at = UTC_TIMESTAMP(3) - INTERVAL 9 DAY"
        )
        self.service.db.sql(
            "UPDATE vh_lanes SET failed_attempts = 30, failing_since = "
            "UTC_TIMESTAMP(3) - INTERVAL 6 DAY, failed_at = "
            "UTC_TIMESTAMP(3) - INTERVAL 3 DAY WHERE failing_since IS NOT NULL"
        )
        time.sleep(1.1)
        self.once("delivered 0, failed 0, retrying 1")
        line = self.service.admin("hook", "list", self.organization)
        assert line.split("\t")[2] == "enabled", line

    def test_a_deleted_hook_gets_nothing_more(self):
        hook = self.fresh("/deleted")
        self.sink.script("/deleted", then=Answer(500))
        self.publish_many(3)
        self.once("delivered 0, failed 0, retrying 3")
        self.service.admin("hook", "delete", hook)
        time.sleep(1.1)
        self.sink.clear()
        self.once("delivered 0")
        assert not self.sink.at("/deleted")
        states = {
            s
            for (s,) in self.service.db.sql(
                "SELECT d.state FROM vh_deliveries d JOIN vh_hooks h ON h.id = "
                "d.hook_id WHERE h.target_url LIKE '%/deleted'"
            )
        }
        assert states == {"cancelled"}, states


class WakeUp(LaneCase):
    """No lane is forgotten between a fan-out and its owner's giving back."""

    settings = {"sender": {"linger": "8s", "workers": "4", "lease": "60s"}}

    def test_a_lane_given_back_during_a_fan_out(self):
        self.fresh("/wake0")
        for n in range(1, 20):
            self.hook(f"/wake{n}")
        lanes = "SELECT hook_id FROM vh_lanes WHERE owner IS NOT NULL"
        self.service.db.sql(
            "UPDATE vh_lanes SET owner = 'other', next_at = UTC_TIMESTAMP(3) + "
            "INTERVAL 1 MINUTE"
        )
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 20")
        assert len(self.service.db.sql(lanes)) >= 20, "left to their owner"
        touched = self.service.db.sql(
            "SELECT DISTINCT touched FROM vh_lanes JOIN vh_hooks h ON h.id = hook_id "
            "WHERE h.deleted_at IS NULL"
        )
        assert touched == [["1"]], "a write, for an owner on another node"

    def test_bursts_leave_nothing_behind(self):
        self.fresh("/burst0")
        for n in range(1, 8):
            self.hook(f"/burst{n}")
        sender = self.service.start_sender()
        for n in range(40):
            self.publish_many(3)
            time.sleep(0.02 + (n * 7 % 5) / 100)
        wait_until(
            lambda: len(self.sink.at()) >= 960,
            6,
            "every delivery of every burst",
        )
        assert sender.stop() == 0


class Refused(LaneCase):
    """An answer that the database would refuse does no harm."""

    def test_an_idempotency_key_that_is_too_long(self):
        self.fresh("/fine")
        self.service.publish_sql(
            self.organization,
            "event.created",
            "{}",
            idempotency_key="\u00e9" * 200,
        )
        self.service.publish_sql(self.organization, "event.created", "{}")
        self.once("delivered 1,")
        reason = self.service.db.value(
            "SELECT reason FROM vh_notifications WHERE state = 'rejected'"
        )
        assert reason.startswith("idempotency_key"), reason

    def kill_query(self, pid):
        try:
            self.service.db.sql(f"KILL QUERY {pid}")
        except AssertionError as gone:
            if "Unknown thread" not in str(gone):
                raise

    def test_a_query_that_somebody_kills(self):
        self.fresh("/killed")
        self.publish_many(3000)
        sender = self.service.start_sender("--linger", "30s")
        for _ in range(20):
            for (pid,) in self.service.db.sql(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE "
                f"USER = '{service.SENDER}' AND COMMAND <> 'Sleep'"
            ):
                self.kill_query(pid)
            time.sleep(0.05)
        self.sink.wait(3000, "/killed", 25)
        wait_until(lambda: "pending" not in self.states(), 5, "all of it")
        assert sender.stop() == 0
        ids = [r.header("webhook-id") for r in self.sink.at("/killed")]
        assert len(ids) == len(set(ids)) == 3000


tap.main()
