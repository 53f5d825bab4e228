# SPDX-License-Identifier: MIT
"""
The moment of acceptance: a hook gets what was accepted after it was made, and a
change of what it wants counts from then on, whenever a sender comes to look.
"""

import json
import threading

import service
import tap
from processes import wait_until
from sendcase import SendCase

USERS = ("60af5269459aad001d0cb501", "60af5269459aad001d0cb502")


class _MomentCase(SendCase):
    """Three ways to publish; what is published has a number."""

    def setup(self):
        super().setup()
        self.count = 0

    def call(self, method, target, body=None, status=200):
        answer = self.door.request(
            method,
            target,
            [("Authorization", self.key)],
            None if body is None else json.dumps(body).encode(),
        )
        assert answer.status == status, answer
        return answer.json() if answer.body else None

    def made(self, path, **members):
        """A hook made by HTTP."""
        body = {"target_url": self.sink.url(path), "action": "event.*"}
        return self.call("POST", "/v2/hooks", {**body, **members}, 201)["_id"]

    def change(self, hook, **members):
        return self.call("PUT", f"/v2/hooks/{hook}", members)

    def by_http(self, action, user=None):
        body = {"action": action, "resource": {"n": self.count}}
        if user:
            body["user"] = user
        self.call("POST", "/v2/notifications", body, 202)

    def by_command(self, action, user=None):
        options = ["--user", user] if user else []
        self.publish(f'{{"n":{self.count}}}', action, *options)

    def by_sql(self, action, user=None):
        columns = {"user": user} if user else {}
        self.service.publish_sql(
            self.organization, action, f'{{"n":{self.count}}}', **columns
        )

    def ways(self):
        return self.by_http, self.by_command, self.by_sql

    def all_ways(self, action="event.created", user=None):
        """Their numbers."""
        first = self.count + 1
        for way in self.ways():
            self.count += 1
            way(action, user)
        return list(range(first, self.count + 1))

    def numbers(self, path):
        return sorted(
            json.loads(r.body)["resource"]["n"] for r in self.sink.at(path)
        )

    def got(self, path):
        """What came, after all that waits was sent."""
        self.once()
        return self.numbers(path)


class Made(_MomentCase):
    def test_it_gets_what_comes_after(self):
        self.all_ways()
        hook = self.made("/late")
        after = self.all_ways()
        assert self.got("/late") == after, hook
        states = self.service.db.sql(
            "SELECT state, COUNT(*) FROM vh_notifications GROUP BY state"
        )
        assert dict(states) == {"fanned_out": "3", "unmatched": "3"}, states

    def test_at_once_after_each_other(self):
        """Also within one millisecond."""
        want = {}
        for n in range(12):
            self.count += 1
            self.ways()[n % 3]("event.created")
            for path in want:
                want[path].append(self.count)
            self.made(f"/{n}")
            want[f"/{n}"] = []
        self.once()
        for path, numbers in want.items():
            assert self.numbers(path) == numbers, (path, numbers)

    def test_by_command_too(self):
        self.all_ways()
        self.hook("/by-command")
        after = self.all_ways()
        assert self.got("/by-command") == after

    def test_made_again(self):
        hook = self.made("/again")
        self.all_ways()
        self.call("DELETE", f"/v2/hooks/{hook}", status=204)
        self.made("/again")
        after = self.all_ways()
        assert self.got("/again") == after

    def test_disabled_meanwhile(self):
        hook = self.made("/meanwhile")
        before = self.all_ways()
        self.call("POST", f"/v2/hooks/{hook}/disable")
        during = self.all_ways()
        assert self.got("/meanwhile") == []
        later = self.all_ways()
        self.call("POST", f"/v2/hooks/{hook}/enable")
        assert self.got("/meanwhile") == before + during + later


class Changed(_MomentCase):
    def test_the_action(self):
        hook = self.made("/action", action="event.created")
        old = self.all_ways("event.created")
        self.all_ways("event.cancelled")
        self.change(hook, action="event.cancelled")
        self.all_ways("event.created")
        new = self.all_ways("event.cancelled")
        assert self.got("/action") == old + new

    def test_back_and_forth(self):
        hook, want = self.made("/forth", action="user.joined"), []
        for n in range(6):
            action = ("event.created", "event.voted")[n % 2]
            self.change(hook, action=action)
            for published in ("event.created", "event.voted"):
                self.count += 1
                self.ways()[n % 3](published)
                if published == action:
                    want.append(self.count)
        assert self.got("/forth") == want

    def test_to_a_name_that_it_had_by_a_wildcard(self):
        """Each once, and none is lost at the moment of the change."""
        hook, want = self.made("/wild", action="*"), []
        for action in ("event.*", "event.created", "*", "event.created"):
            want += self.all_ways()
            self.change(hook, action=action)
        want += self.all_ways()
        assert self.got("/wild") == want

    def test_user_and_scope(self):
        first, second = USERS
        hook = self.made("/user", scope="user", user=first)
        want = self.all_ways(user=first)
        self.all_ways(user=second)
        self.all_ways()
        self.change(hook, user=second)
        self.all_ways(user=first)
        want += self.all_ways(user=second)
        self.change(hook, scope="organization", user=None)
        want += self.all_ways(user=first)
        want += self.all_ways()
        self.change(hook, scope="user", user=first)
        self.all_ways()
        want += self.all_ways(user=first)
        assert self.got("/user") == want

    def test_something_else(self):
        """Another target, or a hook that is sent back as it was read, wants
        what it has wanted."""
        hook = self.made("/before")
        before = self.all_ways()
        self.change(hook, description="changed", batch_size=1)
        self.change(hook, **self.call("GET", f"/v2/hooks/{hook}"))
        self.change(hook, target_url=self.sink.url("/else"))
        after = self.all_ways()
        assert self.got("/else") == before + after
        rows = self.service.db.sql(
            "SELECT a.version, a.until FROM vh_hook_actions a WHERE a.hook_id "
            "= (SELECT MAX(id) FROM vh_hooks)"
        )
        assert rows == [["1", "NULL"]], rows

    def test_what_was_delivered_can_be_had_again(self):
        hook = self.made("/again", action="event.created")
        old = self.all_ways("event.created")
        assert self.got("/again") == old
        self.change(hook, action="event.cancelled")
        body = {"since": "2021-01-01T00:00:00.000Z"}
        answer = self.call("POST", f"/v2/hooks/{hook}/replay", body, 202)
        assert answer == {"count": len(old)}, answer
        assert self.got("/again") == sorted(old * 2)


class Meanwhile(_MomentCase):
    """A publish that was begun before and committed after."""

    def test_with_sql_its_own_time_counts(self):
        hook = self.made("/own", action="event.created")
        insert = (
            "INSERT INTO vh_outbox (organization, action, resource) VALUES "
            f"(UNHEX('{self.organization}'), 'event.created', '{{\"n\":1}}')"
        )
        with self.service.db.holding(
            insert,
            user=service.APPLICATION,
            password=service.password_of(service.APPLICATION),
            commit=True,
        ):
            self.made("/young")
            self.change(hook, action="event.cancelled")
        assert self.got("/own") == [1]
        assert self.numbers("/young") == []

    def test_by_http_the_commit_counts(self):
        """The publish waits for another one with the same key."""
        answers = []

        def publish():
            answers.append(
                self.door.request(
                    "POST",
                    "/v2/notifications",
                    [
                        ("Authorization", self.key),
                        ("Idempotency-Key", "the same"),
                    ],
                    b'{"action":"event.created","resource":{"n":1}}',
                )
            )

        thread = threading.Thread(target=publish)
        with self.service.db.holding(
            "INSERT INTO vh_idempotency_keys (organization, idempotency_key, "
            f"notification_id, created_at) VALUES (UNHEX('{self.organization}')"
            ", 'the same', 0, UTC_TIMESTAMP(3))"
        ):
            thread.start()
            wait_until(
                lambda: (
                    self.service.db.value(
                        "SELECT COUNT(*) FROM information_schema.processlist "
                        "WHERE info LIKE 'INSERT INTO vh_idempotency_keys%'"
                    )
                    != "0"
                ),
                5,
                "the publish waits",
            )
            self.made("/meanwhile")
        thread.join()
        assert answers[0].status == 202, answers
        assert self.got("/meanwhile") == [1]


class OwnTime(_MomentCase):
    """Of rows whose sessions have set their clocks."""

    def insert(self, number, moment):
        self.service.db.sql(
            f"SET timestamp = UNIX_TIMESTAMP({moment}); INSERT INTO vh_outbox "
            "(organization, action, resource) VALUES "
            f"(UNHEX('{self.organization}'), 'event.created', "
            f"'{{\"n\":{number}}}')",
            user=service.APPLICATION,
            password=service.password_of(service.APPLICATION),
        )

    def test_it_counts_for_seven_days(self):
        self.made("/hook")
        self.insert(1, "NOW() - INTERVAL 3 DAY")
        self.insert(2, "NOW() - INTERVAL 6 DAY - INTERVAL 23 HOUR")
        self.insert(3, "NOW() - INTERVAL 7 DAY - INTERVAL 1 MINUTE")
        self.insert(4, "NOW() + INTERVAL 1 DAY")
        self.count = 5
        self.by_sql("event.created")
        assert self.got("/hook") == [3, 4, 5]


class Clock(_MomentCase):
    """The database's clock was ahead when a hook was made or changed."""

    def shift(self, column):
        self.service.db.sql(
            f"UPDATE vh_hook_actions SET {column} = {column} + INTERVAL 1 HOUR"
        )

    def test_a_beginning_in_the_future(self):
        self.made("/ahead")
        self.shift("since")
        waiting = self.all_ways()
        assert self.got("/ahead") == waiting

    def test_an_end_in_the_future(self):
        hook = self.made("/ended", action="event.created")
        self.change(hook, action="event.voted")
        self.shift("until")
        self.once("delivered 0,")
        self.all_ways("event.created")
        want = self.all_ways("event.voted")
        assert self.got("/ended") == want

    def test_published_in_the_future(self):
        hook = self.made("/published", action="event.created")
        want = self.all_ways("event.created")
        self.service.db.sql(
            "UPDATE vh_notifications SET accepted_at = accepted_at + "
            "INTERVAL 1 HOUR"
        )
        self.change(hook, action="event.voted")
        assert self.got("/published") == want


class Kept(_MomentCase):
    """What a hook wanted is forgotten when nothing can ask for it."""

    def rows(self):
        return int(
            self.service.db.value("SELECT COUNT(*) FROM vh_hook_actions")
        )

    def test_forgotten_after_eight_days(self):
        hook = self.made("/old", action="event.created")
        self.change(hook, action="event.voted")
        self.change(hook, action="user.joined")
        assert self.rows() == 3
        self.service.admin("purge")
        assert self.rows() == 3
        self.service.db.sql(
            "UPDATE vh_hook_actions SET until = until - INTERVAL 9 DAY"
        )
        self.by_http("user.joined")
        self.service.admin("purge")
        assert self.rows() == 3, "something is queued"
        self.once("delivered 1,")
        self.service.admin("purge")
        assert self.rows() == 1
        self.call("DELETE", f"/v2/hooks/{hook}", status=204)
        assert self.rows() == 0


tap.main()
