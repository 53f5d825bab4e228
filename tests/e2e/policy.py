# SPDX-License-Identifier: MIT
"""The consequences of an outcome, for the delivery, its lane and its hook."""

import email.utils
import json
import time

import tap
from processes import wait_until
from receiver import Answer, Hang, Reset
from sendcase import LaneCase, receive

FAR = {"sender": {"retry_schedule": "1h", "retry_jitter": "0"}}


class Gone(LaneCase):
    """410: the hook is disabled, its deliveries are held."""

    def test_the_order_is_kept_for_the_day_it_is_enabled(self):
        hook = self.fresh("/gone")
        self.set(ordered=1)
        self.sink.script("/gone", Answer(410))
        self.publish_many(3)
        self.once("delivered 0, failed 0, retrying 0, held 3 in ")
        assert self.state_of(hook).startswith("disabled")
        self.service.admin("hook", "enable", hook)
        self.once("delivered 3, failed 0, retrying 0, held 0 in ")
        got = [self.number(r) for r in self.sink.at("/gone")]
        assert got == [0, 0, 1, 2], got

    def test_a_delivery_of_an_operational_action_raises_no_other(self):
        hook = self.fresh("/gone", "event.created")
        watch = self.hook("/watch", "hook.disabled")
        self.hook("/other", "hook.disabled")
        for path in ("/gone", "/watch"):
            self.sink.script(path, then=Answer(410))
        self.publish_many(1)
        self.once()
        self.once()
        self.once()
        assert self.state_of(hook).startswith("disabled")
        assert self.state_of(watch).startswith("disabled")
        told = [
            json.loads(r.body)["resource"]["_id"]
            for r in self.sink.at("/other")
        ]
        assert told == [hook], told


class Later(LaneCase):
    """Retry-After, and values that do not count as one."""

    settings = FAR

    def wait_of(self, *headers, status=503):
        """For how long a lane with such an answer is put off, in seconds."""
        hook = self.fresh("/later")
        self.sink.script("/later", Answer(status, headers=headers))
        self.publish_many(2)
        self.set(ordered=0)
        self.once()
        [[delivery, lane]] = self.service.db.sql(
            "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), MAX(d.due_at)), "
            "COALESCE(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), "
            "MAX(l.suspended_until)), 0) FROM vh_deliveries d JOIN vh_lanes l "
            "ON l.hook_id = d.hook_id WHERE d.state = 'pending' AND "
            "d.attempts = 1"
        )
        assert hook
        return int(delivery), int(lane)

    def near(self, got, delivery, lane):
        assert abs(got[0] - delivery) < 10, (got, delivery)
        assert abs(got[1] - lane) < 10, (got, lane)

    def test_seconds(self):
        for status in (429, 503):
            self.near(
                self.wait_of(("Retry-After", "7200"), status=status), 7200, 7200
            )

    def test_never_earlier_than_the_schedule(self):
        self.near(self.wait_of(("Retry-After", "60")), 3600, 60)

    def test_dates(self):
        then = email.utils.formatdate(time.time() + 7200, usegmt=True)
        self.near(self.wait_of(("Retry-After", then)), 7200, 7200)
        past = email.utils.formatdate(time.time() - 7200, usegmt=True)
        self.near(self.wait_of(("Retry-After", past)), 3600, 0)

    def test_a_day_at_most(self):
        self.near(
            self.wait_of(("Retry-After", "99999999999999999999")), 86400, 86400
        )
        self.near(
            self.wait_of(("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")),
            86400,
            86400,
        )

    def test_nonsense_is_ignored(self):
        for value in (
            "soon",
            "-5",
            "1.5",
            "",
            "7200 s",
            "0x10",
            "Fri, 31 Feb 2099 23:59:59 GMT",
            "\xff",
        ):
            self.near(self.wait_of(("Retry-After", value)), 3600, 0)

    def test_other_statuses_cannot_ask(self):
        for status in (500, 404, 302):
            self.near(
                self.wait_of(("Retry-After", "7200"), status=status), 3600, 0
            )

    def test_another_target_has_not_asked(self):
        self.wait_of(("Retry-After", "7200"))
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 1,")
        hook = self.service.admin("hook", "list", self.organization).split(
            "\t"
        )[0]
        self.sink.clear()
        answer = self.door.request(
            "PUT",
            f"/v2/hooks/{hook}",
            [("Authorization", self.key)],
            json.dumps({"target_url": self.sink.url("/moved")}).encode(),
        )
        assert answer.status == 200, answer
        self.once("delivered 1, failed 0, retrying 0,")
        assert len(self.sink.at("/moved")) == 1


class Dead(LaneCase):
    """Failures of the connection suspend the lane."""

    settings = {
        "sender": {
            "retry_schedule": "1h",
            "timeout": "2s",
            "connect_timeout": "1s",
            "lease": "10s",
        }
    }

    def lane(self):
        [[failures, wait]] = self.service.db.sql(
            "SELECT failures, COALESCE(TIMESTAMPDIFF(MICROSECOND, "
            "UTC_TIMESTAMP(3), suspended_until), 0) FROM vh_lanes JOIN vh_hooks "
            "ON vh_hooks.id = hook_id WHERE deleted_at IS NULL"
        )
        return int(failures), int(wait) / 1e6

    def test_what_was_under_way_together_is_one_failure(self):
        """A receiver that is restarted must not lose minutes."""
        self.fresh("/dead")
        self.sink.script("/dead", *[Answer(200)] * 40, then=Hang())
        self.publish_many(80)
        self.once()
        tried = len(self.sink.at("/dead"))
        assert tried > 45, "its window was open"
        failures, wait = self.lane()
        assert failures == 1 and wait <= 1.2, (failures, wait)

    def test_then_one_probe_each_time(self):
        self.fresh("/dead")
        self.sink.script("/dead", then=Hang())
        self.publish_many(50)
        self.once()
        assert 1 <= len(self.sink.at("/dead")) <= 4
        for expected in (2, 3):
            self.sink.requests.clear()
            self.service.db.sql(
                "UPDATE vh_lanes SET suspended_until = "
                "UTC_TIMESTAMP(3), next_at = UTC_TIMESTAMP(3) "
                "WHERE suspended_until IS NOT NULL"
            )
            self.once()
            assert len(self.sink.at("/dead")) == 1, "one probe"
            assert self.lane()[0] == expected
        self.sink.script("/dead", then=Answer(200))
        self.service.db.sql(
            "UPDATE vh_lanes SET suspended_until = "
            "UTC_TIMESTAMP(3), next_at = UTC_TIMESTAMP(3) "
            "WHERE suspended_until IS NOT NULL"
        )
        self.once("delivered 4")
        assert self.lane() == (0, 0)

    def test_a_close_after_the_request_is_no_dead_host(self):
        self.fresh("/close")
        self.sink.script("/close", Reset(), Answer(500))
        self.publish_many(20)
        self.once("delivered 18, failed 0, retrying 2,")
        assert self.lane()[0] == 0


class Changed(LaneCase):
    """Hooks that change while a sender is at work for them."""

    settings = {
        "sender": {
            "linger": "30s",
            "retry_schedule": "1h",
            "hook_concurrency": "4",
        }
    }

    def busy(self, path):
        """A sender with a lane that is open: it would take 25 s."""
        hook = self.fresh(path)
        self.sink.script(path, then=Answer(200, delay=0.5))
        self.publish_many(200)
        sender = self.service.start_sender()
        self.sink.wait(2, path)
        return hook, sender

    def settled(self, path):
        """How many requests had come when no more came."""
        time.sleep(1)
        before = len(self.sink.at(path))
        time.sleep(1.5)
        assert len(self.sink.at(path)) == before, "it goes on"
        return before

    def put(self, hook, **members):
        answer = self.door.request(
            "PUT",
            f"/v2/hooks/{hook}",
            [("Authorization", self.key)],
            json.dumps(members).encode(),
        )
        assert answer.status == 200, answer

    def post(self, path, body=b"{}"):
        answer = self.door.request(
            "POST", path, [("Authorization", self.key)], body
        )
        assert answer.status == 200, answer
        return answer.json()

    def test_disabled(self):
        hook, sender = self.busy("/off")
        self.post(f"/v2/hooks/{hook}/disable")
        self.settled("/off")
        self.sink.script("/off")
        self.post(f"/v2/hooks/{hook}/enable")
        wait_until(lambda: self.pending() == 0, 10, "the rest")
        assert sender.stop() == 0
        assert len(self.sink.at("/off")) == 200, "nothing twice, nothing lost"

    def pending(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_deliveries WHERE state = 'pending'"
            )
        )

    def test_deleted(self):
        hook, sender = self.busy("/delete")
        self.service.admin("hook", "delete", hook)
        came = self.settled("/delete")
        assert sender.stop() == 0
        rows = dict(
            self.service.db.sql(
                "SELECT d.state, COUNT(*) FROM vh_deliveries d JOIN vh_hooks h ON "
                "h.id = d.hook_id WHERE h.target_url LIKE '%/delete' "
                "GROUP BY d.state"
            )
        )
        assert rows == {"delivered": str(came), "cancelled": str(200 - came)}, (
            rows
        )
        reasons = self.service.db.sql(
            "SELECT DISTINCT state, reason FROM vh_deliveries WHERE "
            "state IN ('delivered', 'cancelled') ORDER BY state"
        )
        assert reasons == [
            ["delivered", "NULL"],
            ["cancelled", "the hook was deleted"],
        ], reasons

    def test_another_target(self):
        hook, sender = self.busy("/before")
        self.put(hook, target_url=self.sink.url("/after"))
        self.sink.wait(100, "/after")
        came = self.settled("/before")
        wait_until(lambda: self.pending() == 0, 10, "the rest")
        assert sender.stop() == 0
        assert len(self.sink.at("/after")) == 200 - came

    def test_a_secret_that_expires_stops_signing(self):
        hook, sender = self.busy("/secret")
        old = self.secret(hook)
        self.post(f"/v2/hooks/{hook}/secret/rotate", b'{"overlap": "3s"}')
        rotated = time.time()
        time.sleep(4.5)
        assert sender.stop() == 0
        for request in self.sink.at("/secret"):
            when = request.time - rotated
            count = len(request.header("webhook-signature").split(" "))
            if 1 < when < 2.5:
                receive.verify(old, request.header_map(), request.body)
                assert count == 2, (when, count)
            if when > 3.2:
                self.genuine(request, hook)
                self.refuses(old, request)
                assert count == 1, (when, count)
        assert self.sink.at("/secret")[-1].time - rotated > 3.5

    def refuses(self, secret, request):
        try:
            receive.verify(secret, request.header_map(), request.body)
        except receive.BadSignature:
            return
        raise AssertionError("the expired secret still signs")


class Overloaded(LaneCase):
    """429, 502, 503 and 504 without Retry-After: fewer at a time, less often;
    each success takes one halving back."""

    settings = {"sender": {"retry_schedule": "1h", "workers": "1"}}

    def setup(self):
        super().setup()
        self.sender = self.service.start_sender("--linger", "5m")

    def test_it_is_asked_less_and_less(self):
        for status in (429, 502, 503, 504):
            path = f"/pressed-{status}"
            self.fresh(path)
            self.sink.script(path, then=Answer(status, delay=0.05))
            self.publish_many(100)
            first = self.sink.wait(1, path)[0].time
            time.sleep(3)
            count = len([r for r in self.sink.at(path) if r.time < first + 3])
            # 4 at once, 2, 1, then 0.1 s, 0.2 s, 0.4 s, 0.8 s, 1.6 s apart.
            assert 7 <= count <= 13, (status, count)
            assert "disabled" not in self.state_of(self.newest())

    def newest(self):
        return self.service.admin("hook", "list", self.organization).split(
            "\t"
        )[0]

    def test_others_concern_their_delivery_alone(self):
        self.fresh("/failing")
        self.sink.script("/failing", then=Answer(500))
        self.publish_many(100)
        self.sink.wait(100, "/failing", 5)

    def test_with_an_order_the_schedule_decides(self):
        self.fresh("/in-order")
        self.set(ordered=1)
        self.sink.script("/in-order", then=Answer(503))
        self.publish_many(3)
        self.sink.wait(1, "/in-order")
        time.sleep(1)
        assert len(self.sink.at("/in-order")) == 1

    def test_it_comes_back(self):
        """After ten refusals it takes as many successes, no more."""
        self.fresh("/back")
        self.sink.script("/back", *[Answer(503)] * 10)
        self.publish_many(300)
        began = self.sink.wait(10, "/back")[9].time
        arrived = self.sink.wait(300, "/back", 20)
        assert arrived[-1].time - began < 10, "it goes on at full speed"

    def test_it_is_remembered_between_deliveries(self):
        self.fresh("/slow-again")
        self.sink.script("/slow-again", then=Answer(503))
        for n in range(12):
            self.publish_many(1, first=n)
            self.sink.wait(n + 1, "/slow-again", 12)
        times = [r.time for r in self.sink.at("/slow-again")]
        assert times[8] - times[7] > 1, times

    def test_a_run_that_is_once_waits_for_none_of_it(self):
        self.sender.stop()
        self.fresh("/once")
        self.sink.script("/once", then=Answer(503))
        self.publish_many(100)
        begin = time.monotonic()
        self.once("delivered 0, failed 0, retrying 100, held 0 in ")
        assert time.monotonic() - begin < 5
        assert len(self.sink.at("/once")) < 15
        self.sender = self.service.start_sender("--linger", "5m")


tap.main()
