# SPDX-License-Identifier: MIT
"""A user is erased: nothing of it is left, and what was delivered counts."""

import json

import sendcase
import tap
from database import numbers
from processes import wait_until
from receiver import Answer

USER = "ada.erased@example.org"
OTHER = "bob@example.org"
# In every payload, answer, header and address that belongs to the user.
TRACE = "trace-of-ada"
LATER = "2100-01-01"


class Erasure(sendcase.SendCase):
    settings = {"sender": {"retry_schedule": "1h 1h", "timeout": "5s"}}

    def ask(self, method, target, status, body=None, key=None):
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        answer = self.door.request(
            method, target, [("Authorization", key or self.key)], body
        )
        assert answer.status == status, answer
        return answer.json()

    def erase(self, user=USER):
        """The four counts."""
        lines = self.service.admin("erase", self.organization, "--user", user)
        counts = dict(line.split("\t") for line in lines.splitlines())
        names = ["notifications", "deliveries", "answers", "hooks"]
        assert list(counts) == names, lines
        return [int(n) for n in counts.values()]

    def publish_for(self, user, note, action="event.created", **more):
        body = {"action": action, "user": user, "resource": {"n": note}}
        return self.ask("POST", "/v2/notifications", 202, {**body, **more})

    def user_hook(self, path, user=USER, **more):
        body = {
            "target_url": self.sink.url(path),
            "action": "*",
            "scope": "user",
            "user": user,
        }
        return self.ask("POST", "/v2/hooks", 201, {**body, **more})["_id"]

    def where_is(self, *texts):
        """The columns of all tables in which any of the texts stands: what a
        search through a dump would find."""
        found = []
        for table, column in self.service.db.sql(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'vyte_hooks' AND data_type REGEXP "
            "'char|text|blob|binary'"
        ):
            wanted = " OR ".join(
                f"LOCATE(CAST('{t}' AS BINARY), CAST({column} AS BINARY))"
                for t in texts
            )
            [[rows]] = self.service.db.sql(
                f"SELECT COUNT(*) FROM {table} WHERE {wanted}"
            )
            if rows != "0":
                found.append(f"{table}.{column}")
        return found

    def gone(self, *texts):
        found = self.where_is(*texts)
        assert not found, found

    def deliveries(self, hook):
        """Newest first."""
        return self.ask("GET", f"/v2/deliveries?hook={hook}&limit=1000", 200)

    def due_now(self):
        self.service.db.sql(
            "UPDATE vh_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE "
            "state = 'pending'; UPDATE vh_lanes SET next_at = "
            "UTC_TIMESTAMP(3), suspended_until = NULL"
        )

    def test_nothing_is_left_of_it(self):
        hook = self.fresh("/all")
        own = self.user_hook(
            f"/{TRACE}",
            description=TRACE,
            headers={"X-Token": TRACE},
        )
        trace = Answer(200, TRACE.encode(), [("X-Trace", TRACE)])
        self.sink.script("/all", Answer(200), then=trace)
        self.sink.script(f"/{TRACE}", trace, then=Answer(500, TRACE.encode()))
        self.publish_for(OTHER, "kept")
        self.once("delivered 1,")
        self.publish_for(USER, TRACE)
        self.once("delivered 2,")
        # One that is tried again, one that waits, one that nobody has seen.
        self.publish_for(USER, TRACE)
        self.once("delivered 1, failed 0, retrying 1")
        self.publish_for(
            USER,
            TRACE,
            deliver_at="2027-01-01T00:00:00.000Z",
            replace_key=TRACE,
        )
        self.publish_for(USER, TRACE)
        self.service.publish_sql(
            self.organization,
            "event.created",
            f'{{"n":"{TRACE}"}}',
            user=USER,
            idempotency_key=TRACE,
        )
        before = self.service.db.sql(
            "SELECT delivered, failed, attempts FROM vh_stats"
        )
        assert self.where_is(USER) and self.where_is(TRACE)
        # Two of the deliveries are still to be made; all four have answers.
        assert self.erase() == [5, 4, 4, 1]
        self.gone(USER, TRACE)
        assert self.where_is(OTHER) == ["vh_notifications.user"]
        assert self.erase() == [0, 0, 0, 0]
        self.once("delivered 0, failed 0, retrying 0")
        assert before == self.service.db.sql(
            "SELECT delivered, failed, attempts FROM vh_stats"
        )
        for of, states in (
            (hook, ["delivered"] * 3),
            (own, ["cancelled", "delivered"]),
        ):
            found = [d["state"] for d in self.deliveries(of)]
            assert found == states, found

    def test_what_is_left_says_so(self):
        hook = self.fresh("/left")
        self.sink.script("/left", then=Answer(200, TRACE.encode()))
        self.publish_for(USER, TRACE)
        self.once("delivered 1,")
        [before] = self.deliveries(hook)
        assert "erased" not in before and before["user"] == USER
        self.erase()
        [delivery] = self.deliveries(hook)
        assert delivery["erased"] is True and "user" not in delivery
        for name in ("_id", "state", "attemptCount", "finishedAt"):
            assert delivery[name] == before[name], name
        found = self.ask("GET", f"/v2/deliveries/{delivery['_id']}", 200)
        [attempt] = found["attempts"]
        assert attempt["withheldReason"] == "erased" and attempt["withheld"]
        assert attempt["response"]["body"] is None and attempt["status"] == 200
        found = self.ask(
            "GET", f"/v2/notifications/{delivery['notification']}", 200
        )
        assert found["resource"] is None and found["erased"] is True, found
        assert found["state"] == "fanned_out", found
        again = self.ask(
            "POST", f"/v2/deliveries/{delivery['_id']}/redeliver", 409
        )
        assert "erased" in again["detail"], again
        assert self.ask(
            "POST",
            f"/v2/hooks/{hook}/replay?dry_run=1",
            200,
            {"since": "2021-01-01T00:00:00.000Z"},
        ) == {"count": 0}
        done = self.service.run(
            "hooks-admin",
            "verify",
            delivery["_id"],
            config=self.service.config("hooks_admin"),
        )
        assert done.status == 65 and "erased" in done.err, done
        assert '"erased":true' in self.service.admin(
            "export", self.organization
        )

    def test_by_http(self):
        self.fresh("/http")
        other = self.service.organization("Other")
        self.service.publish_sql(other, "event.created", "{}", user=USER)
        for role in ("publish", "read"):
            key = self.service.key(self.organization, role)
            self.ask("POST", "/v2/erase", 403, {"user": USER}, key)
        for body in ({}, {"user": ""}, {"user": 1}, {"user": "x" * 65}):
            answer = self.ask("POST", "/v2/erase", 400, body)
            assert answer["errors"][0]["pointer"] == "/user", answer
        self.publish_for(USER, TRACE)
        self.publish_for(f"{USER} ", "another one's")
        self.once()
        self.user_hook(f"/{TRACE}")
        counts = {"notifications": 1, "deliveries": 1, "answers": 1, "hooks": 1}
        assert self.ask("POST", "/v2/erase", 200, {"user": USER}) == counts
        self.gone(TRACE)
        users = self.service.db.sql(
            "SELECT user, HEX(organization) FROM vh_notifications "
            "WHERE user IS NOT NULL AND erased = 0 ORDER BY LENGTH(user)"
        )
        assert [USER, other.upper()] in users and len(users) >= 2, users
        admin = self.service.admin_key()
        counts = self.ask(
            "POST",
            f"/v2/erase?organization={other}",
            200,
            {"user": USER},
            admin,
        )
        assert counts["notifications"] == 1, counts
        self.ask("POST", "/v2/erase", 200, {"user": f"{USER} "})
        self.gone(USER)

    def test_a_repeated_request_publishes_nobody_else_again(self):
        self.fresh("/keys")
        body = json.dumps(
            [
                {"action": "event.created", "user": u, "resource": {}}
                for u in (USER, OTHER)
            ]
        ).encode()
        alone = json.dumps(json.loads(body)[0]).encode()

        def publish(key, what):
            answer = self.door.request(
                "POST",
                "/v2/notifications",
                [("Authorization", self.key), ("Idempotency-Key", key)],
                what,
            )
            assert answer.status == 202, answer
            return answer.json()

        first, one = publish("both", body), publish("alone", alone)
        self.erase()
        again = publish("both", body)
        assert [n["_id"] for n in again] == [n["_id"] for n in first], again
        assert publish("alone", alone)["_id"] != one["_id"]

    def test_no_key_stays_with_what_it_published(self):
        """Of more than one step, and after retention has removed the key."""
        self.fresh("/keys")
        one = {"action": "event.created", "user": USER, "resource": {}}
        for key, body in (("kept", [one] * 150), ("purged", one)):
            answer = self.door.request(
                "POST",
                "/v2/notifications",
                [
                    ("Authorization", self.key),
                    ("Idempotency-Key", f"{TRACE}-{key}"),
                ],
                json.dumps(body).encode(),
            )
            assert answer.status == 202, answer
        self.service.db.sql(
            "DELETE FROM vh_idempotency_keys "
            f"WHERE idempotency_key = '{TRACE}-purged'"
        )
        self.erase()
        self.gone(USER, TRACE)

    def test_an_answer_that_comes_later_is_not_kept(self):
        hook = self.fresh("/slow")
        self.sink.script(
            "/slow",
            Answer(200, TRACE.encode(), delay=2),
            Answer(500, TRACE.encode(), delay=2),
        )
        for _ in range(2):
            self.publish_for(USER, TRACE)
        sender = self.service.start_sender()
        self.sink.wait(2, "/slow")
        self.erase()
        kept = (
            "SELECT a.status, a.response_kept FROM vh_attempts a JOIN "
            "vh_deliveries d ON d.id = a.delivery_id WHERE d.hook_id = "
            "(SELECT MAX(id) FROM vh_hooks) ORDER BY a.status"
        )
        wait_until(
            lambda: len(self.service.db.sql(kept)) == 2, 20, "their outcomes"
        )
        self.gone(USER, TRACE)
        states = sorted(d["state"] for d in self.deliveries(hook))
        assert states == ["cancelled", "delivered"], states
        found = self.service.db.sql(kept)
        assert found == [["200", "4"], ["500", "4"]], found
        assert sender.stop() == 0
        assert len(self.sink.at("/slow")) == 2

    def test_a_batch_ends_and_the_rest_goes_alone(self):
        hook = self.fresh("/batch")
        self.ask("PUT", f"/v2/hooks/{hook}", 200, {"batch_size": 3})
        self.sink.script("/batch", Answer(500), then=Answer(200))
        for user in (OTHER, USER, None):
            self.publish(
                '{"n":1}',
                "event.created",
                *(["--user", user] if user else []),
            )
        self.once("delivered 0, failed 0, retrying 3")
        [whole] = self.sink.at("/batch")
        assert whole.header("webhook-id").endswith("-b"), whole
        assert self.erase()[:2] == [1, 1]
        self.due_now()
        self.once("delivered 2, failed 0, retrying 0")
        rest = self.sink.at("/batch")[1:]
        assert len(rest) == 2, rest
        for request in rest:
            one = json.loads(request.body)
            assert one.get("user") != USER, one
            own = f"{one['notification']}-{hook}"
            assert request.header("webhook-id") == own, request
            self.genuine(request, hook)

    def test_an_ordered_lane_does_not_wait_for_it(self):
        hook = self.fresh("/order")
        self.ask("PUT", f"/v2/hooks/{hook}", 200, {"ordered": True})
        self.sink.script("/order", Answer(500), then=Answer(200))
        self.publish_for(USER, TRACE)
        self.publish_for(OTHER, "second")
        self.once("delivered 0, failed 0, retrying 2")
        self.erase()
        self.once("delivered 1, failed 0, retrying 0")

    def test_news_of_it_goes_too(self):
        hook = self.fresh("/news", "delivery.failed")
        own = self.user_hook("/410")
        self.sink.script("/410", then=Answer(410))
        news = self.hook("/disabled", "hook.disabled")
        self.ask("POST", f"/v2/hooks/{own}/ping", 202)
        self.publish_for(USER, TRACE)
        sender = self.service.start_sender()
        [told] = self.sink.wait(1, "/disabled")
        body = json.loads(told.body)
        assert body["user"] == USER == body["resource"]["user"], body
        self.genuine(told, news)
        assert sender.stop() == 0
        assert hook and self.where_is(USER)
        self.erase()
        self.gone(USER, TRACE, "/410")

    def test_while_it_is_published_and_sent(self):
        hook = self.fresh("/race")
        sender = self.service.start_sender("--linger", "60s")
        for turn in range(4):
            self.service.db.sql(
                "INSERT INTO vh_outbox (organization, action, user, resource) "
                f"SELECT UNHEX('{self.organization}'), 'event.created', "
                f"'{USER}', '{{\"n\":\"{TRACE}\"}}' FROM {numbers(300)}"
            )
            self.sink.wait(turn + 1, "/race", 20)
            self.erase()
            self.gone(USER, TRACE)
        wait_until(
            lambda: (
                self.service.db.value(
                    "SELECT COUNT(*) FROM vh_lanes WHERE in_flight <> ''"
                )
                == "0"
            ),
            20,
            "nothing is in flight",
        )
        assert sender.stop() == 0
        self.gone(USER, TRACE)
        states = {d["state"] for d in self.deliveries(hook)}
        assert states <= {"delivered", "cancelled"}, states


tap.main()
