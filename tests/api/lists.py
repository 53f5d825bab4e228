# SPDX-License-Identifier: MIT
"""Lists of past rows: filters, cursors, and very many rows."""

import time

import doors
import service
import tap
from apicase import ApiCase, no_such_id

DELIVERIES, NOTIFICATIONS = "/v2/deliveries", "/v2/notifications"
ROWS = 60000  # more than a request looks at
KINDS = {"pending": 0, "failed": 2, "held": 3}


class _Lists(ApiCase):
    variants = ("cgi",)

    def setup(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        self.db = self.service.db
        self.db.numbers()
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def pages(self, target, **options):
        """The ids of all pages, page by page."""
        found = []
        while target:
            answer = self.call("GET", target, **options)
            assert answer.status == 200, answer
            found.append([e["_id"] for e in answer.json()])
            link = answer.header("Link")
            assert link is None or link.endswith('>; rel="next"'), link
            target = link[1 : link.index(">")] if link else None
            assert len(found) < 100, found
        return found

    def all(self, target, **options):
        return [i for page in self.pages(target, **options) for i in page]

    def insert(self, notification, hook, state="delivered", count=1, minutes=0):
        """Deliveries of notifications that follow each other."""
        kind = KINDS.get(state)
        lane = "NULL" if kind is None else f"{hook} + ({kind} << 62)"
        at = f"UTC_TIMESTAMP(3) - INTERVAL {minutes} MINUTE"
        self.db.sql(
            "INSERT INTO vh_deliveries (organization, notification_id, hook_id, "
            "state, lane, due_at, created_at, finished_at) SELECT "
            f"UNHEX('{self.organization}'), {notification} + n - 1, {hook}, "
            f"'{state}', {lane}, IF({lane} IS NULL, NULL, {at}), {at}, "
            f"IF('{state}' = 'pending', NULL, {at}) FROM numbers "
            f"WHERE n <= {count}"
        )

    def publish_many(
        self, count, action="event.created", minutes=0, state="fanned_out"
    ):
        """The key of the first one."""
        self.db.sql(
            "SET time_zone = '+00:00'; INSERT INTO vh_notifications "
            "(organization, action, resource, state, created_at) SELECT "
            f"UNHEX('{self.organization}'), '{action}', '{{}}', '{state}', "
            f"UTC_TIMESTAMP(3) - INTERVAL {minutes} MINUTE "
            f"FROM numbers WHERE n <= {count}"
        )
        return (
            int(self.db.value("SELECT MAX(id) FROM vh_notifications"))
            - count
            + 1
        )

    def newest_hook(self, **members):
        hook = self.hook(**members)["_id"]
        return hook, int(self.db.value("SELECT MAX(id) FROM vh_hooks"))


class Much(_Lists):
    """A few old ones among very many new ones."""

    def setup(self):
        super().setup()
        self.one, key = self.newest_hook()
        first = self.publish_many(3, "user.joined", 90)
        for n, state in enumerate(("failed", "held", "pending")):
            self.insert(first + n, key, state, minutes=90)
        self.publish_many(2, "user.joined", 80, "rejected")
        first = self.publish_many(ROWS)
        self.insert(first, key, count=ROWS)
        self.off, key = self.newest_hook()
        self.db.sql(f"UPDATE vh_hooks SET enabled = 0 WHERE id = {key}")
        first = self.publish_many(2)
        self.insert(first, key, "pending", 2)
        self.db.sql("ANALYZE TABLE vh_deliveries, vh_notifications, vh_hooks")

    def test_states_are_found_at_once(self):
        for state, count in (("failed", 1), ("pending", 1), ("held", 3)):
            begin = time.monotonic()
            for more in ("", f"&hook={self.one}", "&action=user.joined"):
                found = self.pages(f"{DELIVERIES}?state={state}{more}")
                assert len(found) == 1, (state, more, found)
                want = 1 if more else count
                assert len(found[0]) == want, (state, more, found)
            assert time.monotonic() - begin < 4, state
        assert len(self.pages(f"{NOTIFICATIONS}?state=rejected")) == 1
        assert len(self.all(f"{NOTIFICATIONS}?state=rejected")) == 2
        for path, state in (
            (DELIVERIES, "queued"),
            (DELIVERIES, ""),
            (NOTIFICATIONS, "pending"),
            (NOTIFICATIONS, ""),
            (DELIVERIES, "failed,held"),
        ):
            self.problem(400, "GET", f"{path}?state={state}")

    def test_what_is_rare_is_found_page_by_page(self):
        for target, count in (
            (f"{DELIVERIES}?action=user.joined", 3),
            (f"{DELIVERIES}?state=cancelled", 0),
            (f"{NOTIFICATIONS}?action=user.joined", 5),
        ):
            begin = time.monotonic()
            found = self.pages(target)
            assert time.monotonic() - begin < 20, target
            assert 3 <= len(found) <= 4, (target, [len(p) for p in found])
            assert sum(map(len, found)) == count, (target, found)

    def test_times_are_found_at_once(self):
        old = self.good(200, "GET", f"{DELIVERIES}?state=failed")[0]
        until = old["createdAt"][:17] + "59.999Z"
        found = self.pages(f"{DELIVERIES}?until={until}")
        assert [len(p) for p in found] == [3], found
        assert found[0] == sorted(found[0], reverse=True), found
        found = self.pages(f"{NOTIFICATIONS}?until={until}")
        assert [len(p) for p in found] == [3], found
        soon = "2031-01-01T00:00:00.000Z"
        for path in (DELIVERIES, NOTIFICATIONS):
            assert self.pages(f"{path}?since={soon}") == [[]]

    def test_many_of_a_state(self):
        """Too many to look at all: newest first all the same."""
        key = int(self.db.value("SELECT MIN(id) FROM vh_hooks"))
        self.db.sql(
            "UPDATE vh_deliveries SET state = 'failed', due_at = finished_at, "
            f"lane = hook_id + (2 << 62) WHERE hook_id = {key} AND "
            "state = 'delivered' ORDER BY id LIMIT 30000"
        )
        target, found = f"{DELIVERIES}?state=failed", []
        while len(found) < 300:
            answer = self.call("GET", target)
            found += [e["_id"] for e in answer.json()]
            assert {e["state"] for e in answer.json()} <= {"failed"}
            link = answer.header("Link")
            target = link[1 : link.index(">")]
        newest = self.db.value(
            "SELECT MAX(id) FROM vh_deliveries WHERE state = 'failed'"
        )
        keys = [int(i[14:], 16) for i in found]
        assert keys[0] == int(newest), (keys[0], newest)
        assert keys == list(range(keys[0], keys[0] - len(keys), -1)), keys


class OfOne(_Lists):
    """A notification with many deliveries, a delivery with many attempts."""

    HOOKS, ATTEMPTS = 1203, 250

    def setup(self):
        super().setup()
        self.db.sql(
            "SET time_zone = '+00:00'; INSERT INTO vh_hooks (organization, "
            "target_url, action, created_at, updated_at) SELECT "
            f"UNHEX('{self.organization}'), 'https://www.example.com/', "
            "'event.*', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM numbers "
            f"WHERE n <= {self.HOOKS}; INSERT INTO vh_lanes (hook_id) "
            "SELECT id FROM vh_hooks;" + service.WANTS
        )
        self.service.publish_sql(self.organization, "event.created", "{}")
        self.service.publish_sql(self.organization, "user.joined", "{}")
        self.service.publish_sql(self.organization, "event.created", "{}")
        # Held, so that nothing is sent.
        self.db.sql("UPDATE vh_hooks SET enabled = 0")
        assert self.service.send().status == 0
        self.newest, _, self.oldest = (
            n["_id"] for n in self.good(200, "GET", NOTIFICATIONS)
        )

    def test_all_deliveries_of_a_notification(self):
        first = self.call("GET", f"{NOTIFICATIONS}/{self.oldest}")
        shown = [d["_id"] for d in first.json()["deliveries"]]
        assert len(shown) == len(set(shown)) == 1000
        link = first.header("Link")
        assert link.startswith(f"<{DELIVERIES}?notification="), link
        rest = self.all(link[1 : link.index(">")])
        every = self.all(f"{DELIVERIES}?notification={self.oldest}&limit=500")
        assert every == shown + rest and len(every) == self.HOOKS
        assert every == sorted(every, key=lambda i: i[14:], reverse=True)
        other = self.all(f"{DELIVERIES}?notification={self.newest}")
        assert len(other) == self.HOOKS and not set(other) & set(every)

    def test_they_can_be_narrowed(self):
        self.db.sql("UPDATE vh_hooks SET enabled = 1 ORDER BY id LIMIT 5")
        path = f"{DELIVERIES}?notification={self.oldest}"
        pending = self.good(200, "GET", f"{path}&state=pending")
        assert len(pending) == 5, pending
        one = pending[2]
        for more, want in (
            (f"hook={one['hook']}", 1),
            (f"hook={one['hook']}&state=held", 0),
            ("action=user.joined", 0),
            (f"until={one['createdAt']}", 0),
        ):
            found = self.all(f"{path}&{more}")
            assert found == [one["_id"]][:want], (more, found)
        assert len(self.all(f"{path}&since={one['createdAt']}")) == self.HOOKS

    def test_one_that_is_not_there(self):
        key = self.service.key(self.service.organization())
        never = self.problem(
            404, "GET", f"{DELIVERIES}?notification={no_such_id()}"
        )
        for bad, who in (("x", None), ("", None), (self.oldest, key)):
            assert (
                self.problem(
                    404,
                    "GET",
                    f"{DELIVERIES}?notification={bad}",
                    key=who or self.key,
                )
                == never
            ), bad

    def attempts(self, delivery, count, body="ok"):
        """Made up, for a delivery that has none."""
        self.db.sql(
            "SET time_zone = '+00:00'; INSERT INTO vh_attempts (delivery_id, "
            "attempt, started_at, total_us, status, response_headers, "
            f"response_body) SELECT {int(delivery[14:], 16)}, n, "
            f"UTC_TIMESTAMP(3), 1000, 500, 'X: y', {body} FROM numbers "
            f"WHERE n <= {count}; UPDATE vh_deliveries SET attempts = {count} "
            f"WHERE id = {int(delivery[14:], 16)}"
        )
        return f"{DELIVERIES}/{delivery}"

    def walk(self, target):
        """The numbers of all attempts, page by page."""
        found = []
        while target:
            answer = self.call("GET", target)
            assert answer.status == 200, answer
            found.append([a["attempt"] for a in answer.json()["attempts"]])
            link = answer.header("Link")
            target = link[1 : link.index(">")] if link else None
        return found

    def test_all_attempts_of_a_delivery(self):
        path = self.attempts(
            self.all(f"{DELIVERIES}?notification={self.newest}")[0],
            self.ATTEMPTS,
            "'ok'",
        )
        assert self.good(200, "GET", path)["attemptCount"] == self.ATTEMPTS
        assert self.walk(path) == [
            list(range(151, 251)),
            list(range(51, 151)),
            list(range(1, 51)),
        ]
        assert self.walk(f"{path}?before=101") == [list(range(1, 101))]
        assert self.walk(f"{path}?before=1") == [[]]
        assert self.walk(f"{path}?before=65536")[0][-1] == 250
        for bad in ("0", "-1", "x", "", "65537"):
            self.problem(400, "GET", f"{path}?before={bad}")

    def test_answers_that_are_long(self):
        path = self.attempts(
            self.all(f"{DELIVERIES}?notification={self.newest}")[1],
            12,
            "REPEAT('x', IF(n = 3, 2000000, 80000))",
        )
        assert self.walk(path) == [
            [10, 11, 12],
            [7, 8, 9],
            [4, 5, 6],
            [3],
            [1, 2],
        ]


class Cursors(_Lists):
    def fill(self, count=7):
        _, key = self.newest_hook()
        first = self.publish_many(count)
        self.insert(first, key, count=count)

    def test_one_that_is_gone_serves_on(self):
        for _ in range(3):
            self.fill()
        for path, table in (
            (DELIVERIES, "deliveries"),
            (NOTIFICATIONS, "notifications"),
            ("/v2/hooks", "hooks"),
        ):
            ids = self.all(path)
            for at in (0, len(ids) // 2, len(ids) - 1):
                key = int(ids[at][14:], 16)
                self.db.sql(
                    f"CREATE TABLE away AS SELECT * FROM vh_{table} "
                    f"WHERE id = {key}; DELETE FROM vh_{table} "
                    f"WHERE id = {key}"
                )
                found = self.call("GET", f"{path}?after={ids[at]}")
                newest = at == (len(ids) - 1 if path == "/v2/hooks" else 0)
                if newest:
                    assert found.status == 404, "as if it never was"
                else:
                    assert found.status == 200, found
                    assert [e["_id"] for e in found.json()] == ids[at + 1 :]
                self.db.sql(
                    f"INSERT INTO vh_{table} SELECT * FROM away; DROP TABLE away"
                )

    def test_one_that_never_was(self):
        self.fill()
        for path in (DELIVERIES, NOTIFICATIONS, "/v2/hooks"):
            never = self.problem(404, "GET", f"{path}?after={no_such_id()}")
            one = self.all(path)[0]
            second = f"{int(one[:8], 16) - 1:08x}{one[8:]}"
            ahead = f"{one[:14]}{int(one[14:], 16) + 1000:010x}"
            for bad in (second, ahead, "x", ""):
                assert (
                    self.problem(404, "GET", f"{path}?after={bad}") == never
                ), bad

    def test_pages_while_rows_come_and_go(self):
        self.fill(20)
        ids = self.all(f"{DELIVERIES}?limit=3")
        assert len(ids) == len(set(ids)) >= 20
        target, seen = f"{DELIVERIES}?limit=3", []
        while target:
            answer = self.call("GET", target)
            seen += [e["_id"] for e in answer.json()]
            link = answer.header("Link")
            target = link[1 : link.index(">")] if link else None
            self.fill(1)
            last = int(seen[-1][14:], 16)
            self.db.sql(
                f"DELETE FROM vh_deliveries WHERE id IN ({last}, {last - 1})"
            )
        gone = {f"{int(i[14:], 16)}" for i in ids} - {
            f"{int(i[14:], 16)}" for i in seen
        }
        assert len(seen) == len(set(seen)), seen
        assert seen == [i for i in ids if i in seen], "in the same order"
        assert len(gone) <= len(ids) // 3, gone


tap.main()
