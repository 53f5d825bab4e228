# SPDX-License-Identifier: MIT
"""
Publishing with SQL, by applications that nobody can trust: the rows of one of
them, and the settings of its session, concern nobody else.
"""

import datetime
import json
import signal
import threading
import time

import database
import service
import tap
from application import Application
from processes import wait_until
from receiver import Answer
from sendcase import SendCase

COUNT = "SELECT COUNT(*) FROM vh_notifications WHERE "


class _Outbox(SendCase):
    def as_application(self, statements):
        return self.service.db.sql(
            statements,
            user=service.APPLICATION,
            password=service.password_of(service.APPLICATION),
        )

    def row(self, number, organization=None):
        return (
            "INSERT INTO vh_outbox (organization, action, resource) VALUES "
            f"(UNHEX('{organization or self.organization}'), "
            f"'event.created', '{{\"n\":{number}}}')"
        )

    def fresh_for_long(self):
        """A hook that was made six days ago."""
        self.fresh()
        self.service.db.sql(
            "UPDATE vh_hook_actions SET since = since - INTERVAL 6 DAY"
        )

    def numbers(self, path="/hook"):
        return [json.loads(r.body)["resource"]["n"] for r in self.sink.at(path)]

    def refuse(self, rows):
        """From now on the database refuses such notifications; until the
        trigger is dropped."""
        self.service.db.sql(
            "CREATE TRIGGER refusing BEFORE INSERT ON vh_notifications FOR "
            f"EACH ROW SET NEW.organization = IF({rows}, NULL, "
            "NEW.organization)"
        )

    def listed(self, query=""):
        answer = self.door.request(
            "GET", f"/v2/notifications{query}", [("Authorization", self.key)]
        )
        assert answer.status == 200, answer
        return answer.json(), answer.header("Link")

    def rejected(self):
        """The rejected notifications with their reasons."""
        return self.service.db.sql(
            "SELECT action, resource, reason FROM vh_notifications "
            "WHERE state = 'rejected' ORDER BY id"
        )

    def order(self):
        """The numbers in the order in which they were taken over."""
        return [
            json.loads(resource)["n"]
            for [resource] in self.service.db.sql(
                "SELECT resource FROM vh_notifications WHERE organization = "
                f"UNHEX('{self.organization}') ORDER BY id"
            )
        ]

    def left(self):
        return int(self.service.db.value("SELECT COUNT(*) FROM vh_outbox"))


class Sessions(_Outbox):
    """Settings of a session, and that nobody else notices them."""

    SETTINGS = (
        "SET insert_id = 18446744073709551614",
        "SET insert_id = 1",
        "SET auto_increment_increment = 65535, auto_increment_offset = 65535",
        "SET timestamp = 1",
        "SET timestamp = UNIX_TIMESTAMP() - 8 * 86400",
        "SET timestamp = 2147483000",
        "SET time_zone = '-11:00'",
        "SET time_zone = '+13:00', timestamp = UNIX_TIMESTAMP() + 40000",
        "SET sql_mode = ''",
        "SET sql_mode = 'ANSI,TRADITIONAL,NO_AUTO_VALUE_ON_ZERO'",
        "SET sql_mode = 'NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_ALL_TABLES'",
        "SET NAMES latin1",
        "SET NAMES ascii",
        "SET unique_checks = 0, foreign_key_checks = 0",
        "SET autocommit = 1, completion_type = 0",
        "SET tx_isolation = 'SERIALIZABLE'",
    )

    def test_settings_of_the_session_have_no_effect(self):
        self.fresh()
        begin = datetime.datetime.now(datetime.timezone.utc)
        # Before 8.0.13 MySQL cannot keep an application from using up keys.
        old = self.service.db.value(
            "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema "
            "= DATABASE() AND table_name = 'vh_outbox' AND column_name = 'id' "
            "AND extra LIKE '%auto_increment%'"
        )
        settings = [
            s for s in self.SETTINGS if old == "0" or "insert_id" not in s
        ]
        for n, setting in enumerate(settings):
            self.as_application(f"{setting}; {self.row(n)}")
            self.as_application(self.row(100 + n))
            self.publish(f'{{"n":{200 + n}}}')
        count = len(settings)
        self.once(f"delivered {3 * count},")
        want = [base + n for base in (0, 100, 200) for n in range(count)]
        assert sorted(self.numbers()) == want
        notifications, _ = self.listed("?limit=1000")
        assert len(notifications) == 3 * count
        for each in notifications:
            created = datetime.datetime.fromisoformat(
                each["createdAt"].replace("Z", "+00:00")
            )
            assert abs((created - begin).total_seconds()) < 60, each

    def test_a_row_of_the_past_hides_no_other(self):
        """Within 7 days its own time counts, and lists stay whole."""
        self.fresh_for_long()
        since = datetime.datetime.now(datetime.timezone.utc) - (
            datetime.timedelta(minutes=10)
        )
        for n in range(6):
            setting = "SET timestamp = UNIX_TIMESTAMP() - 5 * 86400; "
            self.as_application((setting if n % 2 else "") + self.row(n))
            self.once("delivered 1,")
        found, link = self.listed(f"?limit=4&since={since:%Y-%m-%dT%H:%M:%SZ}")
        assert len(found) == 4 and link, found
        found, _ = self.listed(f"?limit=6&since={since:%Y-%m-%dT%H:%M:%SZ}")
        days = [
            (
                since
                - datetime.datetime.fromisoformat(
                    each["createdAt"].replace("Z", "+00:00")
                )
            ).days
            for each in found
        ]
        assert days == [4, -1, 4, -1, 4, -1], found

    def test_letters_of_another_charset_arrive_as_utf_8(self):
        self.fresh()
        self.as_application(
            "SET NAMES latin1; INSERT INTO vh_outbox (organization, action, "
            f"resource) VALUES (UNHEX('{self.organization}'), "
            "'event.created', _latin1 x'7B2261223A22E9227D')"
        )
        self.once("delivered 1,")
        assert '{"a":"\u00e9"}'.encode() in self.sink.at()[0].body

    def test_what_publishing_by_http_needs_is_not_within_reach(self):
        self.fresh()
        for statement in (
            "SET insert_id = 18446744073709551614; "
            "INSERT INTO vh_notifications (organization, action, resource) "
            "VALUES ('o', 'a', '{}')",
            "INSERT IGNORE INTO vh_outbox (id, organization) VALUES (5, 'o')",
        ):
            try:
                self.as_application(statement)
            except AssertionError as refused:
                assert "denied" in str(refused), refused
            else:
                raise AssertionError(f"allowed: {statement}")


class Rows(_Outbox):
    """Rows that break a rule; each has healthy neighbours."""

    settings = {"api": {"max_body": "4k"}}

    LONG = "x" * 400
    # Columns, the reason's beginning, and whether the resource is kept.
    ROWS = (
        ({"action": LONG}, "action: is too long", True),
        ({"action": "\u00e9" * 300}, "action: is too long", True),
        ({"user": LONG}, "user: is too long", True),
        ({"idempotency_key": LONG}, "idempotency_key: is too long", True),
        ({"idempotency_key": ""}, "idempotency_key: ", True),
        ({"idempotency_key": "two\nlines"}, "idempotency_key: ", True),
        ({"action": "event.created\0x"}, "action: holds a NUL", True),
        ({"action": None}, "action: is missing", True),
        ({"resource": None}, "resource: is missing", False),
        ({"resource": ""}, "resource: ", False),
        ({"resource": "no JSON"}, "resource: ", False),
        ({"resource": '{"a":"\0"}'}, "resource: ", False),
        ({"resource": "[1]"}, "resource: is not a JSON object", True),
        (
            {"resource": json.dumps({"x": "y" * 5000})},
            "resource: 5009 bytes are more",
            False,
        ),
        (
            {"action": "x", "resource": json.dumps({"x": "y" * 5000})},
            "action: ",
            False,
        ),
        ({"organization": b"\0" * 12}, "organization: is unknown", False),
        ({"organization": b"short"}, "organization: is unknown", False),
        ({"organization": b"\xff" * 12}, "organization: is unknown", False),
    )

    def insert(self, columns):
        values = {
            "organization": bytes.fromhex(self.organization),
            "action": "event.created",
            "resource": '{"a":1}',
            **columns,
        }
        texts = []
        for name, value in values.items():
            if isinstance(value, str):
                value = value.encode()
            text = "NULL" if value is None else f"x'{value.hex()}'"
            if name != "organization" and value is not None:
                text = f"CONVERT({text} USING utf8mb4)"
            texts.append(text)
        self.as_application(
            f"INSERT INTO vh_outbox ({', '.join(values)}) "
            f"VALUES ({', '.join(texts)})"
        )

    def test_each_is_rejected_and_holds_up_nothing(self):
        self.fresh()
        for n, (columns, _, _) in enumerate(self.ROWS):
            self.as_application(self.row(n))
            self.insert(columns)
        self.once(f"delivered {len(self.ROWS)},")
        assert sorted(self.numbers()) == list(range(len(self.ROWS)))
        rows = self.rejected()
        assert len(rows) == len(self.ROWS), rows
        # Those of unknown organizations come in an order of their own.
        unknown = [c for c in self.ROWS if "organization" in c[0]]
        known = [c for c in self.ROWS if "organization" not in c[0]]
        for (_, reason, kept), row in zip(known, rows):
            assert row[2].startswith(reason), row
            assert bool(row[1]) == kept, row
            assert len(row[0]) <= 255, row
        for (_, reason, _), row in zip(unknown, rows[len(known) :]):
            assert row[2] == reason and row[1] == "", row
        assert self.left() == 0

    def test_of_a_key_that_was_used_the_second_is_rejected(self):
        self.fresh()
        for key in ("a", "b", "a", "b", "c"):
            self.insert({"idempotency_key": key})
        self.once("delivered 3,")
        assert [r[2] for r in self.rejected()[-2:]] == [
            "idempotency_key: was used before"
        ] * 2

    def test_the_api_tells_why_and_shows_no_resource(self):
        self.insert({"resource": "x" * 5000})
        self.once("delivered 0,")
        newest = self.listed("?state=rejected&limit=1")[0][0]
        assert newest["reason"].startswith("resource: 5000 bytes"), newest
        answer = self.door.request(
            "GET",
            f"/v2/notifications/{newest['_id']}",
            [("Authorization", self.key)],
        )
        assert answer.json()["resource"] is None, answer

    def test_what_the_database_refuses_is_rejected_alone(self):
        self.fresh()
        self.refuse("NEW.resource = '{\"n\":73}'")
        for n in range(70, 76):
            self.as_application(self.row(n))
        before = len(self.rejected())
        done = self.service.send("--once")
        self.service.db.sql("DROP TRIGGER refusing")
        assert done.status == 0 and done.out.startswith("delivered 5,"), done
        assert sorted(self.numbers()) == [70, 71, 72, 74, 75]
        (row,) = self.rejected()[before:]
        assert row == ["", "", "the database refused the row"], row


class Waiting(_Outbox):
    """Rows that no sender has taken over yet are seen."""

    def test_waiting_rows_are_listed_without_an_id(self):
        self.fresh()
        self.publish('{"n":0}')
        for n in (1, 2):
            self.as_application(self.row(n))
        self.as_application(self.row(3, "00" * 12))
        self.as_application(
            f"SET timestamp = 1; {self.row(4)}".replace(
                "event.created", "user.joined"
            )
        )
        everything, link = self.listed()
        assert [each.get("_id") for each in everything[:3]] == [None] * 3
        assert [each["action"] for each in everything] == (
            ["user.joined"] + ["event.created"] * 3
        )
        assert everything[3]["_id"] and not link
        for each in everything[:3]:
            assert each["state"] == "queued", each
            assert each["organization"] == self.organization, each
            assert each["createdAt"] > "2026", each
        assert len(self.listed("?state=queued")[0]) == 4
        assert self.listed("?state=fanned_out")[0] == []
        assert len(self.listed("?action=user.joined")[0]) == 1
        self.once("delivered 4,")
        assert all(each["_id"] for each in self.listed()[0])

    def test_a_page_keeps_its_limit_and_goes_on(self):
        self.fresh()
        for n in range(3):
            self.publish(f'{{"n":{n}}}')
        self.once("delivered 3,")
        for n in range(3):
            self.as_application(self.row(n))
        for limit in (1, 2, 3, 4):
            found, link = self.listed(f"?limit={limit}")
            assert len(found) == limit and link, (found, link)
            taken = [each["_id"] for each in found if "_id" in each]
            assert f"after={taken[-1]}" in link, (found, link)
            rest, _ = self.listed(f"?after={taken[-1]}")
            assert all("_id" in each for each in rest), rest
        self.once("delivered 3,")

    def test_waiting_rows_are_counted(self):
        def figures():
            status = json.loads(self.service.admin("--json", "status"))
            answers = [
                self.door.request("GET", path, [("Authorization", key)])
                for path, key in (("/v2/stats", self.key), ("/metrics", all_of))
            ]
            (metric,) = [
                line.split()[1]
                for line in answers[1].body.decode().splitlines()
                if line.startswith("vyte_hooks_notifications_queued ")
            ]
            return (
                status["queued"],
                answers[0].json()["queue"]["queued"],
                int(float(metric)),
            )

        all_of = self.service.admin("key", "create", "--admin")
        self.fresh_for_long()
        self.publish('{"n":0}')
        self.as_application(self.row(1))
        self.as_application(self.row(2, "00" * 12))
        assert figures() == (3, 2, 3), figures()
        self.service.db.sql(
            "UPDATE vh_outbox SET created_at = NOW(3) - INTERVAL 90 SECOND"
        )
        status = json.loads(self.service.admin("--json", "status"))
        assert 90 <= status["oldestDueSeconds"] < 150, status
        self.once("delivered 2,")
        assert figures() == (0, 0, 0), figures()


class Transactions(_Outbox):
    """Of applications, which may last."""

    def test_an_open_one_keeps_nobody_waiting(self):
        self.fresh()
        other = self.service.organization("Other")
        open_one = Application(self.service.db.client, self.service.db.socket)
        tap.at_end(open_one.close)
        strange = "00" * 12
        open_one.do(
            f"BEGIN; {self.row(1)}; {self.row(2, other)}; "
            f"{self.row(3, strange)}"
        )
        # Few rows, so that the server is tempted to read all of them.
        for count in (1, 2, 3, 5, 9):
            self.sink.clear()
            for n in range(count):
                self.as_application(self.row(n))
                self.as_application(self.row(n, other))
                self.as_application(self.row(n, strange))
            self.publish('{"n":100}')
            begin = time.monotonic()
            self.once(f"delivered {count + 1},")
            assert time.monotonic() - begin < 2, "it waited for a lock"
            assert sorted(self.numbers()) == [*range(count), 100]
            assert self.left() == 0
        self.service.admin("org", "delete", other, "--yes")
        self.sink.clear()
        open_one.do("COMMIT")
        self.once("delivered 1,")
        assert self.numbers() == [1]

    def test_they_end_in_any_order_while_a_sender_runs(self):
        """The first to begin is the last to end, seven seconds later."""
        self.fresh()
        sender = self.service.start_sender()
        sessions = [
            Application(self.service.db.client, self.service.db.socket)
            for _ in range(8)
        ]
        for session in sessions:
            tap.at_end(session.close)
        begin = time.monotonic()
        for n, session in enumerate(sessions):
            session.do(f"BEGIN; {self.row(10 * n)}; {self.row(10 * n + 1)}")
        for n, session in reversed(list(enumerate(sessions))):
            session.do("ROLLBACK" if n == 4 else "COMMIT")
            if n != 4:
                self.sink.wait(2 * (8 - n - (n < 4)), "/hook")
            time.sleep(max(0, begin + 7 * (8 - n) / 8 - time.monotonic()))
        assert sender.stop() == 0
        want = [n for k in (7, 6, 5, 3, 2, 1, 0) for n in (10 * k, 10 * k + 1)]
        assert self.order()[-14:] == want, self.order()
        assert self.left() == 0


class Senders(_Outbox):
    """Several take over at once, or one dies at it."""

    ROWS = 1500

    def fill(self, rows):
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource) SELECT "
            f"UNHEX('{self.organization}'), 'event.created', "
            f"CONCAT('{{\"n\":', seq, '}}') FROM {database.numbers(rows)} "
            "ORDER BY seq"
        )

    def fresh_organization(self):
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def test_two_senders_take_each_row_once_and_in_order(self):
        self.fresh_organization()
        self.fresh()
        self.fill(self.ROWS)
        done = []
        threads = [
            threading.Thread(
                target=lambda: done.append(self.service.send("--once"))
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [d.status for d in done] == [0, 0, 0], done
        self.once()
        assert self.order() == list(range(1, self.ROWS + 1))
        assert sorted(self.numbers()) == list(range(1, self.ROWS + 1))

    def test_a_sender_that_is_killed_loses_and_doubles_nothing(self):
        self.fresh_organization()
        self.fresh()
        self.fill(self.ROWS)
        taken = f"{COUNT} organization = UNHEX('{self.organization}')"
        for part in range(1, 5):
            sender = self.service.start_sender("--workers", "1")
            wait_until(
                lambda part=part: (
                    int(self.service.db.value(taken)) >= self.ROWS * part // 6
                ),
                20,
                "a part of the take-over",
                pause=0.001,
            )
            sender.send_signal(signal.SIGKILL)
            sender.wait()
        self.once()
        assert self.order() == list(range(1, self.ROWS + 1))
        assert self.left() == 0


class Turns(_Outbox):
    """One organization has much, and the other ones little."""

    def before_ours(self, other):
        return int(
            self.service.db.value(
                f"{COUNT} organization = UNHEX('{other}') AND id < (SELECT "
                "MIN(id) FROM vh_notifications WHERE organization = "
                f"UNHEX('{self.organization}'))"
            )
        )

    def fill(self, other, rows, resource):
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource) SELECT "
            f"UNHEX('{other}'), 'event.created', {resource} "
            f"FROM {database.numbers(rows)}"
        )

    def test_many_rows(self):
        self.fresh()
        other = self.service.organization("Many")
        self.fill(other, 3000, "'{}'")
        self.as_application(self.row(1))
        self.once("delivered 1,")
        assert self.before_ours(other) <= 256, self.before_ours(other)
        assert self.left() == 0

    def test_long_rows(self):
        """Several transactions, and some of them longer than allowed."""
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.fresh()
        other = self.service.organization("Long")
        long = "CONCAT('{\"x\":\"', REPEAT('y', %d), '\"}')"
        self.fill(other, 150, long % 110_000)
        self.fill(other, 20, long % 1_000_000)
        for n in range(3):
            self.as_application(self.row(n))
        self.once("delivered 3,")
        rows = self.service.db.sql(
            "SELECT state, COUNT(*), MAX(LENGTH(resource)) "
            "FROM vh_notifications WHERE organization = "
            f"UNHEX('{other}') GROUP BY state ORDER BY state"
        )
        assert rows == [["unmatched", "150", "110008"], ["rejected", "20", "0"]]
        assert self.left() == 0


class Strangers(_Outbox):
    """A flood of rows that belong to nobody, beside a healthy organization."""

    ROWS = 60000

    def waits(self, numbers):
        """How long each of these took to arrive, in milliseconds."""
        found = []
        for n in numbers:
            begin = time.monotonic()
            self.as_application(self.row(n))
            wait_until(lambda n=n: n in self.numbers(), 20, f"number {n}")
            found.append(round((time.monotonic() - begin) * 1000))
        return sorted(found)

    def test_rows_of_unknown_organizations_delay_nobody(self):
        self.fresh()
        sender = self.service.start_sender("--workers", "1")
        self.waits(range(1))
        quiet = self.waits(range(1, 11))
        assert sender.stop() == 0
        rows = database.numbers(self.ROWS)
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource) SELECT "
            "LEFT(UNHEX(MD5(seq)), 12), 'event.created', '{}' "
            f"FROM {rows}"
        )
        sender = self.service.start_sender("--workers", "1")
        busy = self.waits(range(11, 14))
        left = self.left()
        busy = sorted(busy + self.waits(range(14, 21)))
        print(f"# {left} of {self.ROWS} were left after three")
        print("# ms without them:", *quiet)
        print("# ms beside them:", *busy)
        assert left > 0, "the flood was over before"
        assert busy[-1] < 3000, busy
        wait_until(lambda: self.left() == 0, 60, "the end of the flood")
        assert sender.stop() == 0
        assert self.service.db.value(
            f"{COUNT} state = 'rejected' AND reason = "
            "'organization: is unknown' AND resource = ''"
        ) == str(self.ROWS)
        told = sender.errors()
        assert 0 < told.count("rejected") < 4, told


class News(_Outbox):
    """News that the service itself publishes cannot undo recorded outcomes."""

    def test_outcomes_are_recorded_though_their_news_are_refused(self):
        self.fresh("/gone")
        self.hook("/news", "hook.disabled")
        self.hook("/good")
        self.refuse("NEW.action IN ('hook.disabled', 'delivery.failed')")
        self.sink.script("/gone", then=Answer(410))
        for n in range(20):
            self.publish(f'{{"n":{n}}}')
        done = self.service.send("--once", "--workers", "1")
        self.service.db.sql("DROP TRIGGER refusing")
        assert done.status == 0, done
        assert "hook.disabled" in done.err, done
        assert sorted(self.numbers("/good")) == list(range(20))
        assert self.states()["delivered"] == 20, self.states()
        self.once("delivered 0,")
        assert len(self.sink.at("/good")) == 20

    def test_outcomes_are_recorded_though_counts_and_alerts_are_refused(self):
        """A table that is broken, or of an earlier form."""
        self.fresh("/counted")
        self.service.write_config(
            service.SENDER, notify={"mail_to": "a@example.com"}
        )
        for n in range(2):
            self.publish(f'{{"n":{n}}}')
        tables = ("vh_stats", "vh_counters", "vh_alerts", "vh_stored")
        for table in tables:
            self.service.db.sql(f"RENAME TABLE {table} TO away_{table}")
        self.sink.script("/counted", Answer(200), then=Answer(410))
        sender = self.service.start_sender("--linger", "20s")
        try:
            wait_until(lambda: "counts" in sender.errors(), 10, "the complaint")
            # They are written once a second, in a later round.
            wait_until(
                lambda: ["410"] in self.attempts("status"), 10, "the record"
            )
            time.sleep(1.5)
            assert len(self.sink.at("/counted")) == 2
        finally:
            sender.stop()
            for table in tables:
                self.service.db.sql(f"RENAME TABLE away_{table} TO {table}")
            self.service.write_config(service.SENDER)
        assert sender.errors().count("counts") == 1, sender.errors()

    def test_outcomes_are_recorded_though_news_of_a_failure_are_refused(self):
        self.fresh("/bad")
        self.hook("/news", "delivery.failed")
        self.refuse("NEW.action = 'delivery.failed'")
        self.sink.script("/bad", then=Answer(500))
        self.publish()
        for _ in range(4):
            self.service.db.sql(
                "UPDATE vh_deliveries SET due_at = UTC_TIMESTAMP(3) "
                "WHERE due_at IS NOT NULL AND state = 'pending'; "
                "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3) "
                "WHERE next_at IS NOT NULL"
            )
            done = self.service.send("--once")
            assert done.status == 0, done
        self.service.db.sql("DROP TRIGGER refusing")
        assert self.states().get("failed") == 1, self.states()
        assert not self.sink.at("/news")


tap.main()
