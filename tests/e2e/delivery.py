# SPDX-License-Identifier: MIT
"""
From publishing to the receiver: the request, the record, further attempts.
"""

import datetime
import json
import threading
import time

import tap
from receiver import Answer, Close, Hang, Receiver, Reset
from sendcase import SendCase, receive

USER = "60af5269459aad001d0cb565"


DAY = (datetime.date.today() - datetime.timedelta(7)).isoformat()


class First(SendCase):
    """One hook, one notification, one POST."""

    def test_published_by_command(self):
        hook = self.fresh()
        self.publish(
            '{"title": "Demo",  "n":1.50}', "event.created", "--user", USER
        )
        self.once("delivered 1, failed 0, retrying 0, held 0 in ")
        [request] = self.sink.at()
        assert request.method == "POST" and request.target == "/hook"
        body = json.loads(request.body)
        assert request.body == (
            b'{"action":"event.created","organization":"%s","user":"%s",'
            b'"resource":{"title": "Demo",  "n":1.50},'
            b'"notification":"%s","occurred_at":"%s"}'
            % tuple(
                text.encode()
                for text in (
                    self.organization,
                    USER,
                    body["notification"],
                    body["occurred_at"],
                )
            )
        ), request
        self.genuine(request, hook)

    def test_what_and_when(self):
        """The same for two hooks, in body, headers, and API."""
        self.fresh("/one")
        self.hook("/two")
        answer = self.door.request(
            "POST",
            "/v2/notifications",
            [("Authorization", self.key)],
            json.dumps(
                [
                    {
                        "action": "event.created",
                        "resource": {},
                        "occurred_at": f"{DAY}T01:02:03.456+01:00",
                    },
                    {"action": "event.voted", "resource": {}},
                ]
            ).encode(),
        )
        assert answer.status == 202, answer
        first, second = answer.json()
        assert first["occurred_at"] == f"{DAY}T00:02:03.456Z", first
        assert second["occurred_at"] == second["createdAt"], second
        self.once("delivered 4,")
        for made in (first, second):
            got = [
                r
                for r in self.sink.at()
                if json.loads(r.body)["notification"] == made["_id"]
            ]
            assert sorted(r.target for r in got) == ["/one", "/two"], got
            for request in got:
                when = json.loads(request.body)["occurred_at"]
                assert when == made["occurred_at"], request
                assert request.header("webhook-occurred-at") == when, request
                assert request.header("webhook-notification") == made["_id"]

    def test_when_by_sql(self):
        self.fresh()
        self.service.publish_sql(
            self.organization,
            "event.created",
            "{}",
            occurred_at=f"{DAY} 00:02:03.456",
        )
        for wrong in ("1999-01-01", "9999-01-01"):
            self.service.publish_sql(
                self.organization, "event.created", "{}", occurred_at=wrong
            )
        self.once("delivered 1,")
        [request] = self.sink.at()
        body = json.loads(request.body)
        assert body["occurred_at"] == f"{DAY}T00:02:03.456Z", body
        assert (
            self.service.db.sql(
                "SELECT reason FROM vh_notifications WHERE state = 'rejected' "
                "ORDER BY id DESC LIMIT 2"
            )
            == [["occurred_at: is over 400 days away, or no time"]] * 2
        )

    def test_a_user_is_any_text(self):
        user = 'J\u00f6rg "Zwei" \\ <me@example.org>'
        hook = self.fresh()
        self.publish("{}", "event.created", "--user", user)
        self.once("delivered 1,")
        [request] = self.sink.at()
        assert json.loads(request.body)["user"] == user, request
        self.genuine(request, hook)

    def test_published_by_sql(self):
        hook = self.fresh("/sql?x=1&y=2")
        resource = '{"b": 1,\n "a":"\u00e9\u4e2d\U0001f642", "a2": "\\\\u00e9"}'
        self.service.publish_sql(self.organization, "event.created", resource)
        self.once("delivered 1,")
        [request] = self.sink.at()
        assert request.target == "/sql?x=1&y=2", request
        assert resource.encode() in request.body, request
        assert "user" not in json.loads(request.body)
        self.genuine(request, hook)

    def test_headers(self):
        hook = self.fresh()
        self.publish()
        self.once("delivered 1,")
        [request] = self.sink.at()
        assert request.header("Content-Type") == "application/json"
        assert request.header("User-Agent").startswith("vyte-hooks/")
        assert request.header("webhook-attempt") == "1"
        assert request.header("webhook-maybe-duplicate") is None
        assert request.header("Expect") is None
        assert request.header("Accept") == "*/*"
        assert request.header("Accept-Encoding") is None
        assert request.header("Host") == f"127.0.0.1:{self.sink.port}"
        sent = int(request.header("webhook-timestamp"))
        assert abs(sent - time.time()) < 5, request.headers
        assert "." not in request.header("webhook-id")
        self.genuine(request, hook)

    def test_the_time_is_the_databases(self):
        """This host's clock may be wrong; an attempt has one time."""
        hook = self.fresh()
        self.publish()
        ahead = int(time.time()) + 250
        self.service.db.sql(
            f"SET GLOBAL init_connect = 'SET timestamp = {ahead}.5'"
        )
        try:
            self.once("delivered 1,")
        finally:
            self.service.db.sql("SET GLOBAL init_connect = ''")
        [request] = self.sink.at()
        sent = int(request.header("webhook-timestamp"))
        assert 0 <= sent - ahead < 60, request.headers
        [[started]] = self.attempts(
            "TIMESTAMPDIFF(SECOND, '1970-01-01', started_at)"
        )
        assert int(started) == sent, (started, sent)
        self.genuine(request, hook)

    def test_both_secrets_sign_after_a_rotation(self):
        hook = self.fresh()
        before = self.secret(hook)
        answer = self.door.request(
            "POST",
            f"/v2/hooks/{hook}/secret/rotate",
            [("Authorization", self.key)],
            b"{}",
        )
        assert answer.status == 200, answer
        self.publish()
        self.once("delivered 1,")
        [request] = self.sink.at()
        assert len(request.header("webhook-signature").split(" ")) == 2
        self.genuine(request, hook)
        receive.verify(before, request.header_map(), request.body)

    def test_only_hooks_that_match(self):
        self.fresh("/cancelled", "event.cancelled")
        self.hook("/events", "event.*")
        self.hook("/users", "user.*")
        self.hook("/all", "*")
        self.publish()
        self.once("delivered 2,")
        assert sorted(r.path for r in self.sink.at()) == ["/all", "/events"]

    def test_another_organization_hears_nothing(self):
        self.fresh("/mine")
        other = self.service.organization("Other")
        self.service.admin(
            "hook", "create", other, self.sink.url("/other"), "*"
        )
        self.publish()
        self.once("delivered 1,")
        assert [r.path for r in self.sink.at()] == ["/mine"]

    def test_many(self):
        self.fresh()
        for n in range(300):
            self.service.publish_sql(
                self.organization, "event.created", json.dumps({"n": n})
            )
        self.once("delivered 300,")
        seen = {json.loads(r.body)["resource"]["n"] for r in self.sink.at()}
        assert len(self.sink.at()) == 300 and seen == set(range(300))

    def test_the_attempt_is_recorded(self):
        self.fresh()
        self.sink.script(
            "/hook", Answer(201, b"\x00\xffthanks", [("X-A", "b")])
        )
        self.publish()
        self.once("delivered 1,")
        [[number, status, error, body, headers, remote, us]] = self.attempts(
            "attempt, status, error, HEX(response_body), "
            "HEX(response_headers), remote, total_us"
        )
        assert (number, status, error) == ("1", "201", "NULL")
        assert bytes.fromhex(body) == b"\x00\xffthanks"
        assert b"X-A: b" in bytes.fromhex(headers)
        assert remote == f"127.0.0.1:{self.sink.port}" and int(us) > 0


class Large(SendCase):
    settings = {"api": {"max_body": "4m"}}

    def test_it_is_sent_without_asking_first(self):
        """libcurl would wait for a 100 (Continue) from a mebibyte on."""
        hook = self.fresh()
        resource = json.dumps({"x": "y" * 1_500_000})
        self.publish(resource)
        self.once("delivered 1,")
        [request] = self.sink.at()
        assert request.header("Expect") is None, request.headers
        assert resource.encode() in request.body
        self.genuine(request, hook)

    def test_many_get_the_ids_that_are_theirs(self):
        """More than one statement holds."""
        body = json.dumps(
            [
                {
                    "action": "event.created",
                    "resource": {"n": n, "x": "y" * 9000},
                }
                for n in range(300)
            ]
        ).encode()
        first, again = [
            self.door.request(
                "POST",
                "/v2/notifications",
                [
                    ("Authorization", self.key),
                    ("Idempotency-Key", "large"),
                    ("Content-Type", "application/json"),
                ],
                body,
            )
            for _ in range(2)
        ]
        assert first.status == again.status == 202, (first, again)
        assert first.json() == again.json()
        for n in (0, 1, 150, 255, 256, 299):
            one = self.door.request(
                "GET",
                f"/v2/notifications/{first.json()[n]['_id']}",
                [("Authorization", self.key)],
            )
            assert one.status == 200, one
            assert one.json()["resource"]["n"] == n


class Retries(SendCase):
    """Failures are tried again by the schedule: here 1 s three times."""

    def drain(self, seconds=15):
        """Runs the sender until nothing is pending."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.once()
            if "pending" not in self.states():
                return
            time.sleep(0.2)
        raise AssertionError(f"still pending: {self.states()}")

    def test_after_500_it_is_delivered_with_attempts_recorded(self):
        hook = self.fresh()
        self.sink.script("/hook", Answer(500, b"broken"), Answer(503))
        self.publish()
        self.once("delivered 0, failed 0, retrying 1, held 0 in ")
        self.once("delivered 0, failed 0, retrying 0, held 0 in ")
        self.drain()
        requests = self.sink.at()
        assert [r.header("webhook-attempt") for r in requests] == [
            "1",
            "2",
            "3",
        ]
        assert len({r.header("webhook-id") for r in requests}) == 1
        assert [a[1] for a in self.attempts()] == ["500", "503", "200"]
        for before, after in zip(requests, requests[1:]):
            assert after.time - before.time >= 0.95, "earlier than scheduled"
        for request in requests:
            assert request.header("webhook-maybe-duplicate") is None
            self.genuine(request, hook)

    def test_failed_after_the_whole_schedule(self):
        self.fresh()
        self.sink.script("/hook", then=Answer(500))
        before = self.states().get("failed", 0)
        self.publish()
        self.drain()
        assert len(self.sink.at()) == 4, self.sink.at()
        assert self.states()["failed"] == before + 1
        assert f"failed\t{before + 1}\n" in self.service.admin("status")

    def test_redirects_are_not_followed(self):
        self.fresh()
        self.sink.script(
            "/hook",
            Answer(302, headers=[("Location", self.sink.url("/elsewhere"))]),
        )
        self.publish()
        self.once("delivered 0, failed 0, retrying 1,")
        assert [r.path for r in self.sink.at()] == ["/hook"]
        assert self.attempts()[0][1] == "302"

    def test_no_complete_answer_marks_the_next_attempt(self):
        for step in (Close(), Reset(), Hang()):
            self.fresh()
            self.sink.script("/hook", step)
            self.publish()
            self.once("delivered 0, failed 0, retrying 1,")
            assert len(self.sink.at()) == 1, "one request an attempt"
            self.drain()
            first, second = self.sink.at()
            assert first.header("webhook-maybe-duplicate") is None
            assert second.header("webhook-maybe-duplicate") == "1", step
            assert self.attempts()[0][2] != "NULL"

    def test_silent_close_on_a_kept_connection_is_no_second_request(self):
        self.fresh()
        self.sink.script("/hook", Answer(200), Close())
        self.publish()
        self.publish()
        # One after the other on one connection, where the sender keeps it.
        self.once("delivered 1, failed 0, retrying 1,")
        assert len(self.sink.at()) == 2, self.sink.at()

    def test_refused_connection(self):
        gone = Receiver()
        url = gone.url()
        gone.close()
        self.fresh(url=url)
        self.publish()
        self.once("delivered 0, failed 0, retrying 1,")
        assert self.attempts()[0][1] == "NULL", self.attempts()

    def test_one_bad_hook_holds_up_no_other(self):
        self.fresh("/bad")
        self.hook("/good")
        self.sink.script("/bad", then=Answer(500))
        self.publish()
        self.once("delivered 1, failed 0, retrying 1,")
        assert len(self.sink.at("/good")) == 1


class Rejected(SendCase):
    """Rows by SQL that cannot be delivered."""

    ROWS = (
        ("event.nothing", "{}"),
        ("event.*", "{}"),
        ("ping", "{}"),
        ("event.created", "[]"),
        ("event.created", "no JSON"),
        ("event.created", ""),
        ("event.created", '{"a":1} x'),
        ("event.created", '{"a":NaN}'),
        ("", "{}"),
    )

    def test_they_are_marked_and_hold_up_nothing(self):
        self.fresh()
        for action, resource in self.ROWS:
            self.service.publish_sql(self.organization, action, resource)
        self.service.publish_sql("00" * 12, "event.created", "{}")
        self.service.publish_sql(
            self.organization, "event.created", "{}", user="m" * 65
        )
        self.service.publish_sql(
            self.organization, "event.created", '{"last":1}'
        )
        self.once("delivered 1,")
        rows = self.service.db.sql(
            "SELECT reason FROM vh_notifications WHERE state = 'rejected'"
        )
        assert len(rows) == len(self.ROWS) + 2, rows
        assert all(reason not in ("", "NULL") for [reason] in rows), rows
        assert b'{"last":1}' in self.sink.at()[0].body

    def test_an_own_action_arrives_until_it_is_removed(self):
        org = ("--org", self.organization)
        self.service.admin("action", "add", "shop.order.paid", *org)
        self.fresh(action="shop.*")
        self.service.publish_sql(self.organization, "shop.order.paid", "{}")
        self.once("delivered 1,")
        self.publish(action="shop.order.paid")
        self.service.admin("action", "remove", "shop.order.paid", *org)
        self.service.publish_sql(self.organization, "shop.order.paid", "{}")
        self.once("delivered 1,")  # what was accepted before
        assert (
            self.service.db.value(
                "SELECT reason FROM vh_notifications ORDER BY id DESC LIMIT 1"
            )
            == "action: is not in the catalogue; GET /v2/actions lists it"
        )

    def test_a_key_used_twice_counts_once(self):
        self.fresh()
        for _ in range(2):
            self.service.publish_sql(
                self.organization,
                "event.created",
                '{"n":1}',
                idempotency_key="one",
            )
        self.once("delivered 1,")
        assert len(self.sink.at()) == 1

    def test_a_transaction_rolled_back_publishes_nothing(self):
        self.fresh()
        self.service.db.sql(
            "START TRANSACTION; INSERT INTO vh_outbox (organization, "
            f"action, resource) VALUES (UNHEX('{self.organization}'), "
            "'event.created', '{}'); ROLLBACK;"
        )
        self.once("delivered 0,")

    def test_a_lower_id_that_is_committed_late(self):
        """A long transaction of the application is overtaken by another."""
        self.fresh()
        slow = (
            "START TRANSACTION; INSERT INTO vh_outbox (organization, "
            f"action, resource) VALUES (UNHEX('{self.organization}'), "
            "'event.created', '{\"slow\":1}'); "
            "SELECT SLEEP(3); COMMIT;"
        )
        thread = threading.Thread(target=self.service.db.sql, args=(slow,))
        thread.start()
        time.sleep(0.5)
        self.service.publish_sql(
            self.organization, "event.created", '{"fast":1}'
        )
        self.once("delivered 1,")
        thread.join()
        self.once("delivered 1,")
        assert [b"slow" in r.body for r in self.sink.at()] == [False, True]


class Guard(SendCase):
    """Without allow_networks the loopback is refused at the connection."""

    settings = {"targets": {"allow_networks": None}}

    def test_private_addresses_are_not_connected_to(self):
        # The API would refuse the literal; the address rule must as well.
        self.service.write_config(
            "hooks_admin", targets={"allow_networks": "127.0.0.0/8"}
        )
        self.fresh()
        self.publish()
        self.once("delivered 0, failed 0, retrying 1,")
        assert not self.sink.requests and self.sink.connections == 0
        [[_, status, error]] = self.attempts()
        assert status == "NULL" and error != "NULL"

    def test_deny_wins_over_allow(self):
        self.service.write_config(
            "hooks_sender",
            targets={
                "allow_networks": "127.0.0.0/8",
                "deny_networks": "127.0.0.1/32",
            },
        )
        self.fresh()
        self.publish()
        self.once("delivered 0, failed 0, retrying 1,")
        assert self.sink.connections == 0


tap.main()
