# SPDX-License-Identifier: MIT
"""Redelivery and replay: the same again, in the queue."""

import json
import time

import database
import sendcase
import tap
from apicase import no_such_id
from processes import wait_until
from receiver import Answer, Close

DELIVERIES = "/v2/deliveries"
FIRST = "2021-01-01T00:00:00.000Z"


class _RedeliverCase(sendcase.SendCase):
    def ask(self, method, target, status, body=None, key=None):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        answer = self.door.request(
            method, target, [("Authorization", key or self.key)], body
        )
        assert answer.status == status, answer
        return answer.json()

    def deliveries(self, hook):
        """Oldest first."""
        return self.ask("GET", f"{DELIVERIES}?hook={hook}&limit=1000", 200)[
            ::-1
        ]

    def all_are(self, hook, state):
        return {d["state"] for d in self.deliveries(hook)} == {state}

    def redeliver(self, delivery, status=202, **options):
        return self.ask(
            "POST", f"{DELIVERIES}/{delivery}/redeliver", status, **options
        )

    def replay(self, hook, status=202, query="", key=None, **body):
        return self.ask(
            "POST",
            f"/v2/hooks/{hook}/replay{query}",
            status,
            {"since": FIRST, **body},
            key=key,
        )

    def set(self, **columns):
        changes = ", ".join(f"{k} = {v}" for k, v in columns.items())
        self.service.db.sql(
            f"UPDATE vh_hooks SET {changes}, updated_at = UTC_TIMESTAMP(3)"
        )

    def publish_many(self, count):
        values = ",".join(
            f"(UNHEX('{self.organization}'), 'event.created', '{{\"n\":{n}}}')"
            for n in range(count)
        )
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, "
            f"resource) VALUES {values}"
        )

    def numbers(self, path):
        return [json.loads(r.body)["resource"]["n"] for r in self.sink.at(path)]

    def fail(self, hook):
        """Makes its pending deliveries fail, as after the last attempt."""
        self.service.db.sql(
            "UPDATE vh_deliveries SET state = 'failed', due_at = "
            "UTC_TIMESTAMP(3), finished_at = UTC_TIMESTAMP(3), "
            "lane = hook_id + (2 << 62) WHERE state = 'pending'"
        )
        return self.deliveries(hook)


class Redelivery(_RedeliverCase):
    def test_keeps_its_id_and_goes_on_counting(self):
        hook = self.fresh("/again")
        self.publish('{"n": 1.50}')
        self.once("delivered 1,")
        [first] = self.deliveries(hook)
        again = self.redeliver(first["_id"])
        assert again["state"] == "pending" and again["nextAttemptAt"], again
        assert again["finishedAt"] is None and again["attemptCount"] == 1
        self.once("delivered 1,")
        before, after = self.sink.at("/again")
        assert before.body == after.body
        assert before.header("webhook-id") == after.header("webhook-id")
        assert after.header("webhook-attempt") == "2", after
        assert after.header("webhook-maybe-duplicate") is None, after
        self.genuine(after, hook)
        found = self.ask("GET", f"{DELIVERIES}/{first['_id']}", 200)
        assert [a["attempt"] for a in found["attempts"]] == [1, 2], found

    def test_the_schedule_begins_anew(self):
        hook = self.fresh("/anew")
        self.sink.script(
            "/anew", *[Answer(500)] * 4, Close(), Answer(500), then=Answer(200)
        )
        self.publish()
        sender = self.service.start_sender("--linger", "20s")
        wait_until(
            lambda: self.all_are(hook, "failed"), 12, "the schedule is over"
        )
        assert "failed\t1\n" in self.service.admin("status")
        self.redeliver(self.deliveries(hook)[0]["_id"])
        assert "failed\t0\n" in self.service.admin("status")
        wait_until(
            lambda: self.all_are(hook, "delivered"), 12, "delivered at last"
        )
        assert sender.stop() == 0
        attempts = [r.header("webhook-attempt") for r in self.sink.at("/anew")]
        assert attempts == ["1", "2", "3", "4", "5", "6", "7"], attempts
        marks = [
            r.header("webhook-maybe-duplicate") for r in self.sink.at("/anew")
        ]
        assert marks == [None] * 5 + ["1"] * 2, "kept once it is set"

    def test_one_that_waits_becomes_due_now(self):
        hook = self.fresh("/waits")
        self.sink.script("/waits", Answer(500), then=Answer(200))
        self.publish()
        self.once("delivered 0, failed 0, retrying 1")
        self.service.db.sql(
            "UPDATE vh_deliveries SET due_at = due_at + "
            "INTERVAL 1 HOUR WHERE state = 'pending'"
        )
        self.service.db.sql(
            "UPDATE vh_lanes SET next_at = next_at + INTERVAL 1 HOUR"
        )
        self.redeliver(self.deliveries(hook)[0]["_id"])
        self.once("delivered 1,")

    def test_it_does_not_lose_its_place(self):
        hook = self.fresh("/place")
        self.set(ordered=1)
        self.publish_many(3)
        self.service.admin("hook", "disable", hook)
        self.once("delivered 0, failed 0, retrying 0, held 3")
        held = self.deliveries(hook)[0]
        assert held["state"] == "held", held
        refused = self.redeliver(held["_id"], 409)
        assert "disabled" in refused["detail"], refused
        self.service.admin("hook", "enable", hook)
        sender = self.service.start_sender("--linger", "9s")
        self.sink.wait(3, "/place")
        assert sender.stop() == 0
        assert self.numbers("/place") == [0, 1, 2]

    def test_an_open_lane_is_not_left_asleep(self):
        """Its owner has read it empty, or is about to give it back."""
        hook = self.fresh("/open")
        sender = self.service.start_sender("--linger", "30s")
        self.publish_many(5)
        self.sink.wait(5, "/open")
        wait_until(lambda: self.all_are(hook, "delivered"), 5, "all of it")
        for n in range(20):
            for one in self.deliveries(hook):
                self.redeliver(one["_id"])
            self.sink.wait(5 * (n + 2), "/open", 5)
        assert sender.stop() == 0

    def test_while_it_is_on_its_way(self):
        hook = self.fresh("/way")
        self.sink.script("/way", Answer(200, delay=1))
        self.publish()
        sender = self.service.start_sender("--linger", "9s")
        self.sink.wait(1, "/way")
        self.redeliver(self.deliveries(hook)[0]["_id"])
        wait_until(lambda: self.all_are(hook, "delivered"), 5, "delivered")
        assert sender.stop() == 0
        assert len(self.sink.at("/way")) == 1

    def test_of_a_batch_all_members_go(self):
        hook = self.fresh("/batch")
        self.set(batch_size=4)
        self.publish_many(12)
        self.once("delivered 12")
        batches = {
            r.header("webhook-id"): r.body for r in self.sink.at("/batch")
        }
        assert len(batches) == 3, batches
        self.set(batch_size=1)
        self.sink.clear()
        one = self.deliveries(hook)[5]
        self.redeliver(one["_id"])
        self.publish_many(2)
        self.once("delivered 6")
        again = [
            r
            for r in self.sink.at("/batch")
            if r.header("webhook-id") == one["webhookId"]
        ]
        assert [r.body for r in again] == [batches[one["webhookId"]]], again

    def test_what_was_never_sent_goes_alone(self):
        hook = self.fresh("/never")
        self.set(batch_size=10)
        self.publish_many(2)
        self.service.admin("hook", "disable", hook)
        self.once("delivered 0,")
        first = self.fail(hook)[0]
        self.service.admin("hook", "enable", hook)
        self.redeliver(first["_id"])
        self.publish_many(2)
        self.once("delivered 3,")
        sizes = sorted(len(json.loads(r.body)) for r in self.sink.at("/never"))
        assert sizes == [1, 2], sizes

    def test_a_ping(self):
        hook = self.fresh("/ping")
        self.sink.script("/ping", then=Answer(500))
        ping = self.ask("POST", f"/v2/hooks/{hook}/ping", 202)
        for _ in range(2):
            self.once("delivered 0, failed 1, retrying 0, held 0")
            self.redeliver(ping["_id"])
        self.once("delivered 0, failed 1, retrying 0, held 0")
        assert len(self.sink.at("/ping")) == 3

    def test_one_that_was_held_for_itself(self):
        hook = self.fresh("/held")
        self.publish()
        self.once("delivered 1,")
        self.service.db.sql(
            "UPDATE vh_deliveries SET state = 'held', crashes = 3, lane = "
            "hook_id + (3 << 62), due_at = UTC_TIMESTAMP(3), reason = 'x' "
            "ORDER BY id DESC LIMIT 1"
        )
        held = self.deliveries(hook)[0]
        assert held["state"] == "held" and held["reason"] == "x", held
        again = self.redeliver(held["_id"])
        assert again["state"] == "pending" and "reason" not in again, again
        assert (
            self.service.db.value(
                "SELECT crashes FROM vh_deliveries ORDER BY id DESC LIMIT 1"
            )
            == "0"
        )
        self.once("delivered 1,")

    def test_refused(self):
        hook = self.fresh("/refused")
        self.publish()
        self.once("delivered 1,")
        one = self.deliveries(hook)[0]["_id"]
        other = self.service.key(self.service.organization("Other"))
        assert self.redeliver(one, 404, key=other) == self.redeliver(
            no_such_id(), 404, key=other
        )
        for role in ("read", "publish", "run"):
            key = self.service.key(self.organization, role)
            self.redeliver(one, 403, key=key)
        self.redeliver(hook, 404)
        self.redeliver(one, 400, body={"x": 1})
        self.service.db.sql(
            "UPDATE vh_deliveries SET attempts = 60000 ORDER BY id DESC LIMIT 1"
        )
        self.redeliver(one, 409)
        assert self.replay(hook) == {"count": 0}
        self.service.admin("hook", "delete", hook)
        assert "deleted" in self.redeliver(one, 409)["detail"]


class Suspended(_RedeliverCase):
    """Every way in which somebody says: try now."""

    settings = {
        "sender": {
            "retry_schedule": "1h 1h",
            "timeout": "2s",
            "connect_timeout": "1s",
        }
    }

    def suspended(self, path, count=3, **columns):
        """A hook of which one request was answered with a Retry-After."""
        hook = self.fresh(path)
        if columns:
            self.set(**columns)
        self.sink.script(
            path,
            Answer(503, headers=[("Retry-After", "7200")]),
            then=Answer(200),
        )
        self.publish_many(1)
        self.once("delivered 0, failed 0, retrying 1")
        self.publish_many(count - 1)
        self.once("delivered 0,")
        assert len(self.sink.at(path)) == 1
        return hook

    def resume(self, hook, count):
        answer = self.ask("POST", f"/v2/hooks/{hook}/resume", 202)
        assert answer == {"count": count}, answer

    def test_resume(self):
        hook = self.suspended("/resume")
        self.resume(hook, 3)
        self.once("delivered 3,")
        self.resume(hook, 0)
        self.once("delivered 0,")
        assert len(self.sink.at("/resume")) == 4

    def test_resume_makes_each_attempt_once(self):
        hook = self.suspended("/each")
        self.sink.script("/each", then=Answer(500))
        self.resume(hook, 3)
        sender = self.service.start_sender("--linger", "4s")
        self.sink.wait(4, "/each")
        assert sender.wait() == 0
        assert len(self.sink.at("/each")) == 4
        self.resume(hook, 3)
        self.once("delivered 0, failed 1, retrying 2,")

    def test_resume_in_order(self):
        hook = self.suspended("/order", ordered=1)
        self.resume(hook, 3)
        sender = self.service.start_sender("--linger", "4s")
        self.sink.wait(4, "/order")
        assert sender.wait() == 0
        assert self.numbers("/order") == [0, 0, 0, 1]

    def state(self, hook):
        return self.ask("GET", f"/v2/hooks/{hook}", 200)["state"]

    def in_state(self, name):
        return [
            h["_id"] for h in self.ask("GET", f"/v2/hooks?state={name}", 200)
        ]

    def test_the_state_of_a_hook(self):
        hook = self.suspended("/state")
        state = self.state(hook)
        assert state["is"] == "put_off" and state["since"], state
        assert state["until"] > state["since"], state
        assert "Retry-After" in state["reason"], state
        assert state["delivery"] is None, state
        assert hook in self.in_state("put_off")
        assert hook not in self.in_state("suspended")
        self.ask("PUT", f"/v2/hooks/{hook}", 200, {"state": {"is": "dead"}})
        self.ask("GET", "/v2/hooks?state=dead", 400)
        self.resume(hook, 3)
        assert self.state(hook)["is"] == "retrying"
        self.once("delivered 3,")
        assert self.state(hook) == {
            "is": "healthy",
            "since": None,
            "until": None,
            "reason": None,
            "delivery": None,
        }
        self.service.admin("hook", "disable", hook)
        state = self.state(hook)
        assert state["is"] == "disabled", state
        assert state["reason"] == "disabled by the operator", state
        assert self.in_state("disabled") == [hook]

    def test_the_next_attempt_is_told_truly(self):
        hook = self.suspended("/next")
        until = self.state(hook)["until"]
        assert {d["nextAttemptAt"] >= until for d in self.deliveries(hook)} == {
            True
        }
        untried = self.deliveries(hook)[2]
        assert untried["nextAttemptAt"] == until, untried
        [[before]] = self.service.db.sql(
            "SELECT DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s')"
        )
        again = self.redeliver(untried["_id"])
        assert before <= again["nextAttemptAt"] < until, again
        self.resume(hook, 3)
        for one in self.deliveries(hook):
            assert before <= one["nextAttemptAt"] < until, one

    def test_the_state_of_one_in_order(self):
        hook = self.fresh("/block")
        self.set(ordered=1)
        self.sink.script("/block", then=Answer(500))
        self.publish_many(2)
        self.once("delivered 0, failed 0, retrying 2")
        state = self.state(hook)
        assert state["is"] == "blocked" and state["until"], state
        assert state["delivery"] == self.deliveries(hook)[0]["_id"], state
        assert state["reason"] == "status 500", state
        assert self.in_state("blocked") == [hook]

    def test_resume_by_command(self):
        hook = self.suspended("/shell")
        assert self.service.admin("hook", "resume", hook) == "3"
        self.once("delivered 3,")
        self.service.admin("hook", "disable", hook)
        done = self.service.run(
            "hooks-admin",
            "hook",
            "resume",
            hook,
            config=self.service.config("hooks_admin"),
        )
        assert done.status == 65 and "disabled" in done.err, done
        self.ask("POST", f"/v2/hooks/{hook}/resume", 409)

    def test_resume_while_a_sender_has_the_lane(self):
        hook = self.fresh("/busy")
        self.sink.script(
            "/busy",
            Answer(503, headers=[("Retry-After", "7200")]),
            Answer(200, delay=1.5),
            then=Answer(200),
        )
        self.publish_many(2)
        sender = self.service.start_sender("--linger", "5s")
        self.sink.wait(2, "/busy")
        time.sleep(0.4)
        self.resume(hook, 2)
        self.sink.wait(3, "/busy", 5)
        assert sender.wait() == 0
        assert self.all_are(hook, "delivered")

    def test_one_goes_through_and_its_answer_counts(self):
        hook = self.suspended("/probe")
        last = self.deliveries(hook)[2]
        self.redeliver(last["_id"])
        self.once("delivered 2,")
        probe = self.sink.at("/probe")[1]
        assert probe.header("webhook-id") == last["webhookId"], probe

    def test_a_probe_that_fails_leaves_it_suspended(self):
        hook = self.suspended("/bad")
        self.sink.script("/bad", then=Answer(500))
        self.redeliver(self.deliveries(hook)[0]["_id"])
        sender = self.service.start_sender("--linger", "3s")
        assert sender.wait() == 0
        assert len(self.sink.at("/bad")) == 2

    def test_only_the_first_when_in_order(self):
        hook = self.suspended("/first", ordered=1)
        first, second, _ = self.deliveries(hook)
        refused = self.redeliver(second["_id"], 409)
        assert first["_id"] in refused["detail"], refused
        self.redeliver(first["_id"])
        sender = self.service.start_sender("--linger", "3s")
        self.sink.wait(4, "/first")
        assert sender.wait() == 0
        assert self.numbers("/first") == [0, 0, 0, 1]

    def test_what_is_finished_goes_after_what_waits_when_in_order(self):
        hook = self.fresh("/after")
        self.set(ordered=1)
        self.publish_many(1)
        self.once("delivered 1,")
        self.sink.script("/after", Answer(500), then=Answer(200))
        for n in (1, 2):
            self.publish(f'{{"n":{n}}}')
        self.once("delivered 0, failed 0, retrying 2")
        [finished, *_] = self.deliveries(hook)
        self.redeliver(finished["_id"])
        refused = self.redeliver(finished["_id"], 409)
        assert self.deliveries(hook)[1]["_id"] in refused["detail"], refused
        self.resume(hook, 3)
        self.once("delivered 3,")
        assert self.numbers("/after") == [0, 1, 1, 2, 0]

    def test_a_batch_passes_nothing_over_when_in_order(self):
        hook = self.fresh("/pass")
        self.set(ordered=1, batch_size=5)
        self.publish('{"n":0}')
        self.once("delivered 1,")
        self.sink.script("/pass", Answer(500), then=Answer(200))
        self.publish('{"n":1}')
        self.once("delivered 0, failed 0, retrying 1")
        self.publish('{"n":2}')
        self.once()  # fans out
        self.redeliver(self.deliveries(hook)[0]["_id"])
        self.publish('{"n":3}')
        self.once()
        self.resume(hook, 4)
        self.once("delivered 4,")
        came = [
            [member["resource"]["n"] for member in json.loads(r.body)]
            for r in self.sink.at("/pass")
        ]
        assert came == [[0], [1], [1], [2], [0], [3]], came

    def test_a_batch_goes_through_whole(self):
        hook = self.fresh("/batch")
        self.set(batch_size=3)
        self.publish_many(3)
        self.once("delivered 3,")
        self.sink.script(
            "/batch",
            Answer(503, headers=[("Retry-After", "7200")]),
            Answer(500),
            then=Answer(200),
        )
        self.publish('{"n":3}')
        self.once("delivered 0, failed 0, retrying 1")
        first, second, *_ = self.deliveries(hook)
        self.redeliver(second["_id"])
        assert [d["state"] for d in self.deliveries(hook)] == ["pending"] * 4
        self.once("delivered 0, failed 0, retrying 3")
        requests = self.sink.at("/batch")
        assert len(requests) == 3, "the batch alone"
        assert requests[2].body == requests[0].body
        assert requests[2].header("webhook-id") == first["webhookId"]
        # Its answer has counted for the lane: it is still put off.
        self.once("delivered 0,")
        self.redeliver(first["_id"])
        self.once("delivered 3,")
        assert self.sink.at("/batch")[3].body == requests[0].body

    def test_a_ping_that_arrives(self):
        hook = self.suspended("/ping")
        self.ask("POST", f"/v2/hooks/{hook}/ping", 202)
        self.once("delivered 1,")
        self.once("delivered 2,")

    def test_replay_of_what_waits(self):
        hook = self.suspended("/replay")
        assert self.replay(hook, states=["failed"]) == {"count": 0}
        assert self.replay(hook, states=["pending"]) == {"count": 3}
        self.once("delivered 3,")


class Replay(_RedeliverCase):
    def test_all_that_finished(self):
        hook = self.fresh("/all")
        self.publish_many(3)
        self.once("delivered 3,")
        ids = {r.header("webhook-id") for r in self.sink.at("/all")}
        assert self.replay(hook, 200, "?dry_run=1") == {"count": 3}
        self.once("delivered 0,")
        assert self.replay(hook) == {"count": 3}
        assert self.replay(hook) == {"count": 0}, "they are pending now"
        self.once("delivered 3,")
        again = self.sink.at("/all")[3:]
        assert {r.header("webhook-id") for r in again} == ids
        assert {r.header("webhook-attempt") for r in again} == {"2"}

    def test_states_and_times(self):
        hook = self.fresh("/some")
        self.publish_many(4)
        self.once("delivered 4,")
        self.publish_many(2)
        self.service.admin("hook", "disable", hook)
        self.once("delivered 0,")
        self.fail(hook)
        self.service.admin("hook", "enable", hook)
        found = self.deliveries(hook)
        ends = found[4]["createdAt"]

        def count(**body):
            return self.replay(hook, 200, "?dry_run=1", **body)["count"]

        assert count() == 6
        assert count(states=["failed"]) == 2
        assert count(states=["delivered"]) == 4
        assert count(states=["held", "failed"]) == 2
        assert count(states=["cancelled", "failed"]) == 2
        assert count(states=["held"]) == count(states=["cancelled"]) == 0
        assert count(until=ends) == 4
        assert count(until=ends, states=["failed"]) == 0
        assert count(since=ends) == 2
        assert count(since=ends, states=["failed"]) == 2
        assert count(since=ends, until=None, states=None) == 2
        assert self.replay(hook, states=["failed"]) == {"count": 2}
        self.once("delivered 2,")

    def test_what_is_held_for_itself(self):
        hook = self.fresh("/held")
        self.publish_many(3)
        self.once("delivered 3,")
        self.service.db.sql(
            "UPDATE vh_deliveries SET state = 'held', crashes = 3, lane = "
            "hook_id + (3 << 62), due_at = UTC_TIMESTAMP(3), reason = 'x' "
            "ORDER BY id DESC LIMIT 2"
        )
        assert self.replay(hook, states=["failed", "pending"]) == {"count": 0}
        dry = self.replay(hook, 200, "?dry_run=1", states=["held"])
        assert dry == {"count": 2}, dry
        assert self.replay(hook, states=["held"]) == {"count": 2}
        assert self.replay(hook, states=["held"]) == {"count": 0}
        self.once("delivered 2,")
        assert sorted(self.numbers("/held")) == [0, 1, 1, 2, 2]
        assert self.all_are(hook, "delivered")

    def test_pings_stay(self):
        hook = self.fresh("/ping")
        self.ask("POST", f"/v2/hooks/{hook}/ping", 202)
        self.once("delivered 1,")
        assert self.replay(hook) == {"count": 0}

    def test_batches_stay_whole(self):
        hook = self.fresh("/whole")
        self.set(batch_size=5)
        self.publish_many(20)
        self.once("delivered 20")
        before = {
            r.header("webhook-id"): r.body for r in self.sink.at("/whole")
        }
        self.sink.clear()
        third = self.deliveries(hook)[2]["createdAt"]
        self.service.db.sql(
            "UPDATE vh_deliveries SET created_at = created_at + INTERVAL 2 SECOND "
            "ORDER BY id DESC LIMIT 12"
        )
        found = self.deliveries(hook)
        until = found[8]["createdAt"]
        assert self.replay(hook, since=third, until=until) == {"count": 10}
        self.once("delivered 10")
        again = {r.header("webhook-id"): r.body for r in self.sink.at("/whole")}
        assert len(again) == 2 and again.items() <= before.items(), again

    def test_a_hook_that_is_disabled_holds_them(self):
        hook = self.fresh("/off")
        self.publish_many(2)
        self.once("delivered 2,")
        self.service.admin("hook", "disable", hook)
        assert self.replay(hook) == {"count": 2}
        self.once("delivered 0, failed 0, retrying 0, held 2")
        self.service.admin("hook", "enable", hook)
        self.once("delivered 2,")

    def test_while_a_sender_is_at_work(self):
        hook = self.fresh("/busy")
        self.publish_many(300)
        sender = self.service.start_sender("--linger", "40s")
        self.sink.wait(300, "/busy")
        for n in range(5):
            wait_until(lambda: self.all_are(hook, "delivered"), 10, "all of it")
            assert self.replay(hook) == {"count": 300}
            self.sink.wait(300 * (n + 2), "/busy", 10)
        assert sender.stop() == 0

    def test_bad_members(self):
        hook = self.fresh("/bad")
        for body, pointers in (
            ({"since": None}, ["/since"]),
            ({"since": "soon"}, ["/since"]),
            ({"until": "soon", "states": []}, ["/states", "/until"]),
            ({"until": FIRST}, ["/until"]),
            ({"until": FIRST, "states": 1}, ["/states", "/until"]),
            ({"since": "2999-01-01"}, ["/since"]),
            ({"since": "2999-01-01", "until": FIRST}, ["/until"]),
            ({"states": ["waiting"]}, ["/states/0"]),
            ({"states": "failed"}, ["/states"]),
            (
                {"states": ["held", 7, "held", "failed", "x"]},
                ["/states/1", "/states/2", "/states/4"],
            ),
            ({"what": 1}, ["/what"]),
        ):
            problem = self.replay(hook, 400, **body)
            assert (
                sorted(e["pointer"] for e in problem["errors"]) == pointers
            ), (body, problem)
        for empty in (None, b"{}"):
            problem = self.ask("POST", f"/v2/hooks/{hook}/replay", 400, empty)
            assert problem["errors"][0]["pointer"] == "/since", problem
        self.replay(hook, 400, "?dry_run=maybe")
        assert self.replay(hook, 200, "?dry_run=1") == {"count": 0}

    def test_refused(self):
        hook = self.fresh("/refused")
        other = self.service.key(self.service.organization("Other"))
        assert self.replay(hook, 404, key=other) == self.replay(
            no_such_id(), 404, key=other
        )
        for role in ("read", "publish", "run"):
            key = self.service.key(self.organization, role)
            self.replay(hook, 403, key=key)
        self.service.admin("hook", "delete", hook)
        self.replay(hook, 404)


class Large(_RedeliverCase):
    """A replay that is too large is refused completely."""

    settings = {"api": {"max_due": "1000"}}

    def fill(self, hook, count):
        """That many delivered ones of the newest hook."""
        key = self.service.db.value("SELECT MAX(id) FROM vh_hooks")
        self.service.db.sql(
            "INSERT INTO vh_deliveries (organization, notification_id, hook_id, "
            "state, created_at, finished_at, attempts) SELECT "
            f"UNHEX('{self.organization}'), 1000 + seq, {key}, 'delivered', "
            "UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 1 "
            f"FROM {database.numbers(count)}"
        )
        return hook

    def test_beyond_what_may_wait(self):
        hook = self.fill(self.fresh("/due"), 1500)
        problem = self.replay(hook, 429)
        assert "max_due" in problem["detail"], problem
        self.replay(hook, 429, "?dry_run=1")
        assert self.states() == {"delivered": 1500}

    def test_more_than_a_replay_takes(self):
        hook = self.fill(self.fresh("/more"), 25000)
        begin = time.monotonic()
        problem = self.replay(hook, 400)
        assert time.monotonic() - begin < 4.5
        assert "20000" in problem["detail"], problem
        assert "pending" not in self.states()


tap.main()
