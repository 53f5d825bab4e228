# SPDX-License-Identifier: MIT
"""[api] max_due: by HTTP, by command, by SQL."""

import concurrent.futures
import json
import time

import doors
import receiver
import service
import tap
from apicase import ApiCase
from processes import wait_until

PATH = "/v2/notifications"
ONE = {"action": "event.created", "resource": {}}


class _Due(ApiCase):
    def setup(self):
        self.service = service.Service({"api": {"max_due": "3"}})
        tap.at_end(self.service.close)
        self.sink = receiver.Receiver()
        tap.at_end(self.sink.close)
        self.door = doors.enter(self.variant, self.service)

    def fresh(self):
        """An organization with a hook, and nothing waiting."""
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        return self.hook(target_url=self.sink.url("/due"), action="event.*")[
            "_id"
        ]

    def publish(self, status=202, body=None, key=None):
        headers = [("Idempotency-Key", key)] if key else []
        check = self.good if status == 202 else self.problem
        return check(
            status, "POST", PATH, ONE if body is None else body, headers=headers
        )

    def once(self):
        done = self.service.send("--once")
        assert done.status == 0, done
        return done.out

    def newest(self, count):
        return self.service.db.sql(
            "SELECT state, reason FROM vh_notifications WHERE organization = "
            f"UNHEX('{self.organization}') ORDER BY id DESC LIMIT {count}"
        )


class Http(_Due):
    def test_what_is_queued_counts(self):
        self.fresh()
        for _ in range(3):
            self.publish()
        answer = self.call("POST", PATH, ONE)
        assert answer.status == 429, answer
        assert int(answer.header("Retry-After")) > 0, answer
        assert "3" in answer.json()["detail"], answer
        self.once()
        wait_until(
            lambda: self.call("POST", PATH, ONE).status == 202, 5, "room again"
        )

    def test_all_or_nothing(self):
        self.fresh()
        self.publish(429, [ONE] * 4)
        assert not self.newest(9)
        self.publish(202, [ONE] * 3)
        self.publish(429, [ONE])


class More(_Due):
    variants = ("cgi",)

    def test_what_is_pending_counts(self):
        hook = self.fresh()
        self.sink.script("/due", then=receiver.Answer(500))
        for _ in range(3):
            self.publish()
        self.once()
        self.publish(429)
        self.good(200, "POST", f"/v2/hooks/{hook}/disable", b"")
        self.publish(202)
        self.good(200, "POST", f"/v2/hooks/{hook}/enable", b"")
        self.publish(429)
        self.good(204, "DELETE", f"/v2/hooks/{hook}")
        self.publish(202)

    def test_other_organizations_do_not_count(self):
        self.fresh()
        for _ in range(3):
            self.publish()
        self.fresh()
        self.publish()

    def test_a_key_that_was_used_is_answered(self):
        self.fresh()
        first = self.publish(key="one")
        self.publish(202, [ONE, ONE])
        self.publish(429)
        assert self.publish(key="one") == first
        self.publish(429, key="two")
        self.publish(409, [ONE], key="one")

    def test_many_at_once(self):
        self.fresh()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(
                    lambda _: self.call("POST", PATH, ONE).status, range(24)
                )
            )
        assert set(answers) == {202, 429}, answers
        assert answers.count(202) <= 8, "one more for each that is under way"

    def test_pings_do_not_count(self):
        hook = self.fresh()
        for _ in range(4):
            self.good(202, "POST", f"/v2/hooks/{hook}/ping", b"")
        self.publish()

    def test_by_command(self):
        self.fresh()

        def publish(*options):
            return self.service.run(
                "hooks-admin",
                "publish",
                self.organization,
                "event.created",
                *options,
                stdin=b"{}",
                config=self.service.config(service.ADMIN),
            )

        first = publish("--idempotency-key", "k")
        assert publish().status == publish().status == 0
        refused = publish()
        assert refused.status == 75 and not refused.out, refused
        assert "max_due" in refused.err, refused
        assert publish("--idempotency-key", "k").out == first.out

    def test_by_sql_beyond_it_is_rejected(self):
        self.fresh()
        self.sink.script("/due", then=receiver.Answer(500))
        for n in range(5):
            self.service.publish_sql(
                self.organization, "event.created", json.dumps({"n": n})
            )
        self.once()
        states = self.newest(5)[::-1]
        assert [s for s, _ in states] == ["fanned_out"] * 3 + ["rejected"] * 2
        assert "max_due" in states[4][1], states
        assert "max_due" in self.service.admin("status")

    def test_by_sql_what_others_get_does_not_count(self):
        """In one transaction of a sender that knows the counts still."""
        self.fresh()
        few = self.organization
        self.fresh()
        for _ in range(4):
            self.hook(target_url=self.sink.url("/due"), action="event.*")
        sender = self.service.start_sender()
        self.service.db.sql(
            "; ".join(
                [
                    "BEGIN",
                    *(
                        f"INSERT INTO vh_outbox (organization, action, "
                        f"resource) VALUES (UNHEX('{o}'), 'event.created', "
                        "'{}')"
                        for o in (few, self.organization)
                    ),
                    "COMMIT",
                ]
            )
        )
        self.organization = few
        for count in (1, 2):
            wait_until(
                lambda count=count: (
                    [s for s, _ in self.newest(9)] == ["fanned_out"] * count
                ),
                10,
                f"fan-out number {count}",
            )
            if count == 1:
                self.service.publish_sql(few, "event.created", "{}")
        assert sender.stop() == 0

    def test_what_was_accepted_is_never_rejected(self):
        hook = self.fresh()
        self.sink.script("/due", then=receiver.Answer(500))
        self.publish(202, [ONE] * 3)
        self.once()
        self.good(200, "POST", f"/v2/hooks/{hook}/disable", b"")
        self.publish(202, [ONE] * 3)
        self.good(200, "POST", f"/v2/hooks/{hook}/enable", b"")
        self.once()
        assert {s for s, _ in self.newest(6)} == {"fanned_out"}


class Far(_Due):
    """Far from the limit it is counted now and then."""

    variants = ("lighttpd",)

    def setup(self):
        self.service = service.Service({"api": {"max_due": "1000"}})
        tap.at_end(self.service.close)
        self.sink = receiver.Receiver()
        tap.at_end(self.sink.close)
        self.door = doors.enter(self.variant, self.service)

    def test_the_limit_is_kept_from_far_below(self):
        self.fresh()
        accepted = 0
        begin = time.monotonic()
        while self.call("POST", PATH, [ONE] * 7).status == 202:
            accepted += 7
            assert accepted <= 1000, accepted
        assert accepted > 980, accepted
        assert time.monotonic() - begin < 20


tap.main()
