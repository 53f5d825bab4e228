# SPDX-License-Identifier: MIT
"""GET /v2/stats: points for plots, the queue, the hooks, the sender."""

import datetime
import time

import tap
from apicase import ApiCase, no_such_id
from processes import wait_until
from receiver import Answer
from sendcase import SendCase

STATS = "/v2/stats"
UTC = datetime.timezone.utc
COUNTS = ("delivered", "failed", "attempts", "failedAttempts")
NOTHING = {"p50": None, "p90": None, "p99": None}


def parse(text):
    assert text.endswith("Z") and len(text) == 24, text
    return datetime.datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def written(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def floor(moment, **step):
    length = datetime.timedelta(**step)
    begin = datetime.datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - begin) % length


def now():
    return datetime.datetime.now(UTC)


def ago(**span):
    return now() - datetime.timedelta(**span)


def total(stats, name):
    return sum(point[name] for point in stats["points"])


class Exact(SendCase):
    """Published and sent for real, then read."""

    def get(self, query="", key=None):
        answer = self.door.request(
            "GET", STATS + query, [("Authorization", key or self.key)]
        )
        assert answer.status == 200, answer
        return answer.json()

    def entry(self, stats, hook):
        [found] = [h for h in stats["hooks"] if h["hook"] == hook]
        return found

    def test_1_before_anything_happened(self):
        got = self.get()
        assert list(got) == [
            "since",
            "until",
            "step",
            "points",
            "queue",
            "hooks",
            "sender",
        ], got
        assert got["sender"] is None and got["hooks"] == []
        assert got["queue"] == {
            "due": 0,
            "waiting": 0,
            "held": 0,
            "inFlight": 0,
            "queued": 0,
            "scheduled": 0,
            "failed": 0,
            "oldestDueAt": None,
        }, got
        for point in got["points"]:
            assert list(point) == ["at", *COUNTS, "latency", "duration"]
            assert [point[c] for c in COUNTS] == [0] * 4, point
            assert point["latency"] == point["duration"] == NOTHING, point

    def test_2_the_numbers_delivered_and_failed(self):
        good = self.hook("/good", "event.created")
        bad = self.hook("/bad", "event.voted")
        self.sink.script("/bad", then=Answer(500))
        self.publish_many(40)
        self.publish_many(3, action="event.voted")
        sender = self.service.start_sender("--linger", "30s")
        wait_until(
            lambda: self.states() == {"delivered": 40, "failed": 3},
            20,
            "the end of three retries",
        )
        assert sender.stop() == 0
        got = self.get()
        assert [total(got, c) for c in COUNTS] == [40, 3, 52, 12], got
        assert self.entry(got, good) == {
            "hook": good,
            "state": "healthy",
            "since": None,
            "delivered": 40,
            "failed": 0,
            "failedAttempts": 0,
            "due": 0,
        }
        entry = self.entry(got, bad)
        assert entry.pop("since") is not None
        assert entry == {
            "hook": bad,
            "state": "retrying",
            "delivered": 0,
            "failed": 3,
            "failedAttempts": 12,
            "due": 0,
        }, entry
        assert [h["hook"] for h in got["hooks"]] == [bad, good]
        assert got["queue"]["failed"] == 3, got
        assert got["queue"]["held"] == got["queue"]["due"] == 0, got
        # One that was held for itself, as store_lane_take() leaves it.
        self.service.db.sql(
            "UPDATE vh_deliveries SET state = 'held', lane = "
            f"hook_id + {3 << 62} WHERE state = 'failed' "
            "LIMIT 1"
        )
        queue = self.get()["queue"]
        assert (queue["failed"], queue["held"]) == (2, 1), queue

    def test_3_one_hook_alone(self):
        good, bad = (
            line.split("\t")[0]
            for line in self.service.admin(
                "hook", "list", self.organization
            ).splitlines()
        )
        got = self.get(f"?hook={good}")
        assert [total(got, c) for c in COUNTS] == [40, 0, 40, 0], got
        assert [h["hook"] for h in got["hooks"]] == [good]
        got = self.get(f"?hook={bad.upper()}")
        assert [total(got, c) for c in COUNTS] == [0, 3, 12, 12], got

    def test_4_any_step_adds_up_to_the_same(self):
        since = written(ago(hours=10))
        for step in ("1m", "7m", "15m", "1h", "3h", "1d"):
            got = self.get(f"?step={step}&since={since}")
            assert [total(got, c) for c in COUNTS] == [40, 3, 52, 12], (
                step,
                got,
            )
            assert got["step"] == step
            assert sum(h["failedAttempts"] for h in got["hooks"]) == 12, step
            assert sum(h["delivered"] for h in got["hooks"]) == 40, step

    def test_5_quantiles(self):
        self.service.db.sql("DELETE FROM vh_stats")
        slow = self.fresh("/slow")
        self.sink.script("/slow", then=Answer(200, delay=0.3))
        self.publish_many(10)
        self.once("delivered 10")
        got = self.get(f"?hook={slow}&step=1d")
        last = got["points"][-1]
        for name in ("latency", "duration"):
            values = [last[name][q] for q in ("p50", "p90", "p99")]
            assert values == sorted(values), last
            assert 200 < values[0] and values[2] <= 2000, last

    def test_6_the_sender(self):
        got = self.get()["sender"]
        assert list(got) == ["startedAt", "seenAt", "endedAt", "alive"]
        assert parse(got["startedAt"]) <= parse(got["seenAt"])
        assert got["seenAt"] == got["endedAt"] and got["alive"] is True
        self.service.db.sql(
            "UPDATE vh_senders SET seen_at = seen_at - "
            "INTERVAL 2 MINUTE, ended_at = NULL"
        )
        got = self.get()["sender"]
        assert got["endedAt"] is None and got["alive"] is False
        sender = self.service.start_sender("--linger", "30s")
        wait_until(lambda: self.get()["sender"]["alive"], 5, "a sign of life")
        assert sender.stop() == 0

    def test_7_the_queue(self):
        self.service.db.sql(
            "DELETE FROM vh_deliveries; DELETE FROM "
            "vh_notifications; UPDATE vh_hooks SET deleted_at = "
            "UTC_TIMESTAMP(3)"
        )
        hook = self.hook("/queue")
        off = self.hook("/off", "event.voted")
        self.publish_many(2)
        self.publish(
            "{}", "event.created", "--deliver-at", "2027-01-01T00:00:00Z"
        )
        got = self.get()["queue"]
        assert got["queued"] == 2 and got["due"] == 0, got
        assert got["scheduled"] == 1, got
        assert abs((parse(got["oldestDueAt"]) - now()).total_seconds()) < 60
        self.sink.script("/queue", Answer(200), Answer(503))
        self.once("delivered 1, failed 0, retrying 1")
        time.sleep(1.1)
        self.service.admin("hook", "disable", off)
        self.publish_many(4, action="event.voted")
        self.sink.script(
            "/queue", then=Answer(503, headers=[("Retry-After", "3600")])
        )
        self.once("delivered 0")
        got = self.get()
        queue = got["queue"]
        # One to be retried and four new ones; four for the hook that is off.
        assert queue["queued"] == 0, queue
        assert queue["held"] == 4, queue
        assert queue["due"] + queue["waiting"] == 5, queue
        assert queue["inFlight"] == 0, queue
        states = [(h["hook"], h["state"]) for h in got["hooks"]]
        assert states == [(off, "disabled"), (hook, "put_off")], got
        assert all(h["since"] for h in got["hooks"]), got
        assert sum(h["due"] for h in got["hooks"]) == queue["due"]
        self.service.db.sql(
            "UPDATE vh_deliveries SET lane = NULL, state = "
            "'cancelled' WHERE lane IS NOT NULL"
        )
        got = self.get()
        assert got["queue"]["held"] == 0
        assert [h["hook"] for h in got["hooks"]] == [hook, off], (
            "a hook that is off and holds nothing hurts nobody"
        )


class Ranges(ApiCase):
    """Which points there are, with counts put there by hand."""

    def setup(self):
        super().setup()
        self.id = self.hook()["_id"]
        self.number = self.service.db.value(
            "SELECT MAX(id) FROM vh_hooks WHERE organization = "
            f"UNHEX('{self.organization}')"
        )

    def put(self, moment, delivered, hook=None):
        """As a sender does: a minute and an hour, for hook and all."""
        rows = ",".join(
            f"(UNHEX('{self.organization}'), {h}, {step}, "
            f"'{floor(moment, minutes=step).strftime('%Y-%m-%d %H:%M:%S')}', "
            f"{delivered})"
            for step in (1, 60)
            for h in (hook or self.number, 0)
        )
        self.service.db.sql(
            "INSERT INTO vh_stats (organization, hook_id, step, start_at, "
            f"delivered) VALUES {rows} ON DUPLICATE KEY UPDATE "
            "delivered = delivered + VALUES(delivered)"
        )

    def clear(self):
        self.service.db.sql(
            "DELETE FROM vh_stats WHERE organization = "
            f"UNHEX('{self.organization}')"
        )

    def get(self, query="", **options):
        return self.good(200, "GET", STATS + query, **options)

    def at(self, stats):
        """When something was delivered, and how much."""
        return [
            (p["at"], p["delivered"]) for p in stats["points"] if p["delivered"]
        ]

    def test_without_parameters_the_last_day(self):
        got = self.get()
        assert got["step"] == "5m" and len(got["points"]) == 289
        until = parse(got["until"])
        assert abs((until - now()).total_seconds()) < 60
        assert parse(got["since"]) == floor(
            until - datetime.timedelta(days=1), minutes=5
        )
        assert got["points"][0]["at"] == got["since"]
        assert parse(got["points"][-1]["at"]) == floor(until, minutes=5)

    def test_points_are_dense_and_aligned(self):
        for step, length in (
            ("1m", 1),
            ("7m", 7),
            ("1h30m", 90),
            ("90m", 90),
            ("1d", 1440),
        ):
            since = ago(hours=20)
            got = self.get(f"?step={step}&since={written(since)}")
            times = [parse(p["at"]) for p in got["points"]]
            length = datetime.timedelta(minutes=length)
            assert times[0] == floor(since, seconds=length.total_seconds())
            assert times[0] <= since < times[0] + length
            assert all(b - a == length for a, b in zip(times, times[1:]))
            assert times[-1] <= parse(got["until"]) < times[-1] + length

    def test_a_point_begins_with_its_first_minute(self):
        self.clear()
        begin = floor(ago(hours=5), minutes=10)
        for minute, count in ((-1, 1), (0, 10), (9, 100), (10, 1000)):
            self.put(begin + datetime.timedelta(minutes=minute), count)
        got = self.get(f"?step=10m&since={written(begin)}")
        second = written(begin + datetime.timedelta(minutes=10))
        assert self.at(got) == [
            (written(begin)[:-1] + ".000Z", 110),
            (second[:-1] + ".000Z", 1000),
        ], self.at(got)
        assert got["hooks"][0]["delivered"] == 1110, got["hooks"]
        one = self.get(f"?step=10m&since={written(begin)}&hook={self.id}")
        assert self.at(one) == self.at(got)

    def test_time_zones_are_the_same_moment(self):
        self.clear()
        moment = floor(ago(hours=3), hours=1)
        self.put(moment, 7)
        zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
        texts = [
            written(moment),
            moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S%%2B05:30"),
            (moment - datetime.timedelta(hours=8)).strftime(
                "%Y-%m-%dT%H:%M:%S.000000-08:00"
            ),
        ]
        answers = [self.get(f"?step=30m&since={text}") for text in texts]
        assert len({a["since"] for a in answers}) == 1, texts
        for got in answers:
            assert parse(got["since"]) == moment
            assert self.at(got)[0][1] == 7

    def test_a_date_is_its_first_moment(self):
        today = floor(now(), days=1)
        got = self.get(f"?since={today:%Y-%m-%d}&step=1h")
        assert parse(got["since"]) == floor(today, hours=1) == today

    def test_long_ago_by_the_hour(self):
        self.clear()
        self.put(ago(days=10), 3)
        self.put(ago(minutes=1), 4)
        for step in ("1h", "6h", "1d"):
            got = self.get(f"?since={written(ago(days=12))}&step={step}")
            assert [n for _, n in self.at(got)] == [3, 4], step
            assert got["hooks"][0]["delivered"] == 7, step

    def test_the_usual_step_gives_about_300_points(self):
        for days, step in (
            (0.1, "1m"),
            (0.5, "5m"),
            (2.5, "1h"),
            (10, "1h"),
            (30, "3h"),
            (60, "6h"),
            (300, "1d"),
            (1400, "1d"),
        ):
            got = self.get(f"?since={written(ago(days=days))}")
            assert got["step"] == step, (days, got["step"])
            assert len(got["points"]) <= (301 if days < 1000 else 1500), days

    def test_a_range_without_anything(self):
        self.clear()
        got = self.get(f"?since={written(floor(now(), minutes=1))}&step=1m")
        assert 1 <= len(got["points"]) <= 2, got
        assert all(
            p["delivered"] == 0 and p["latency"] == NOTHING
            for p in got["points"]
        )
        assert got["hooks"][0]["delivered"] == 0

    def test_bad_steps(self):
        for step in (
            "0",
            "30s",
            "90s",
            "1500ms",
            "25h",
            "2d",
            "5",
            "",
            "-5m",
            "5 m",
            "m",
            "1.5h",
            "99999999999999999999m",
        ):
            text = step.replace(" ", "%20")
            detail = self.problem(400, "GET", f"{STATS}?step={text}")["detail"]
            assert detail.startswith("step "), (step, detail)
        for step in ("60s", "1440m", "24h", "1d", "60000ms"):
            self.get(f"?step={step}")

    def test_bad_times(self):
        for since in (
            "",
            "yesterday",
            "2021-13-01",
            "2021-05-27T25:00:00Z",
            "1622102633",
            "2021-05-27%2008:03",
        ):
            detail = self.problem(400, "GET", f"{STATS}?since={since}")[
                "detail"
            ]
            assert detail.startswith("since "), (since, detail)

    def test_the_future(self):
        for since in (
            "2999-01-01",
            written(now() + datetime.timedelta(minutes=10)),
        ):
            detail = self.problem(400, "GET", f"{STATS}?since={since}&step=1m")[
                "detail"
            ]
            assert "future" in detail, detail

    def test_too_many_points(self):
        detail = self.problem(
            400, "GET", f"{STATS}?step=1m&since={written(ago(minutes=1501))}"
        )["detail"]
        assert "1502 points" in detail and "1500" in detail, detail
        got = self.get(f"?step=1m&since={written(ago(minutes=1498))}")
        assert len(got["points"]) in (1499, 1500)
        for since in ("1970-01-01", "0000-01-01", "1582-10-04"):
            self.problem(400, "GET", f"{STATS}?since={since}")

    def test_minutes_that_are_gone(self):
        since = written(ago(days=3))
        detail = self.problem(400, "GET", f"{STATS}?step=30m&since={since}")[
            "detail"
        ]
        assert "hour" in detail, detail
        self.get(f"?step=2h&since={since}")

    def test_a_parameter_twice(self):
        self.problem(400, "GET", f"{STATS}?step=1m&step=2m")

    def test_hooks_that_are_not_there(self):
        deleted = self.hook()["_id"]
        self.good(204, "DELETE", f"/v2/hooks/{deleted}")
        other = self.service.key(self.service.organization("Other"))
        never = self.call("GET", f"{STATS}?hook={no_such_id()}")
        assert never.status == 404, never
        for hook, key in (
            (self.id, other),
            (deleted, self.key),
            ("x", self.key),
            ("", self.key),
        ):
            answer = self.call("GET", f"{STATS}?hook={hook}", key=key)
            assert answer.status == 404, (hook, answer)
            assert answer.body == never.body

    def test_another_organization_sees_nothing_of_it(self):
        self.put(ago(minutes=2), 9)
        other = self.service.key(self.service.organization("Stranger"))
        got = self.get(key=other)
        assert total(got, "delivered") == 0 and got["hooks"] == []

    def test_roles(self):
        for role, status in (
            ("read", 200),
            ("publish", 200),
            ("manage", 200),
            ("run", 403),
        ):
            key = self.service.key(self.organization, role)
            assert self.call("GET", STATS, key=key).status == status, role
        assert self.call("GET", STATS, key=None).status == 401
        assert self.call("PUT", STATS, {}).status == 405


class Cost(ApiCase):
    """The rows that the server reads do not depend on the amount of data."""

    variants = ("lighttpd",)

    def asks(self):
        """What there is to ask."""
        admin = self.service.admin_key()
        return {
            STATS: lambda: self.good(200, "GET", STATS),
            "/metrics": lambda: self.call("GET", "/metrics", key=admin),
            "status": lambda: self.service.admin("status"),
        }

    def reads(self):
        """Rows that the database read for one answer of each."""

        def handler():
            rows = self.service.db.sql(
                "SHOW GLOBAL STATUS LIKE 'Handler_read%'"
            )
            return sum(int(value) for _, value in rows)

        found = {}
        for name, ask in self.asks().items():
            ask()  # with everything opened
            idle = handler()
            idle = handler() - idle  # what asking costs
            begin = handler()
            ask()
            found[name] = handler() - begin - idle
        return found

    def no_more(self, before, after):
        for name, count in before.items():
            assert 0 < after[name] <= count + 20, (name, before, after)

    def finished(self, count, hook, state):
        self.service.db.sql(f"""
            INSERT INTO vh_notifications (organization, action, resource, state)
                SELECT UNHEX('{self.organization}'), 'event.created', '{{}}',
                'fanned_out' FROM numbers WHERE n <= {count};
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                state, created_at, finished_at) SELECT
                UNHEX('{self.organization}'),
                (SELECT MAX(id) FROM vh_notifications) - n, {hook}, '{state}',
                UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM numbers
                WHERE n <= {count};
            INSERT INTO vh_attempts (delivery_id, attempt, started_at) SELECT id,
                1, UTC_TIMESTAMP(3) FROM vh_deliveries WHERE hook_id = {hook};
            ANALYZE TABLE vh_deliveries, vh_notifications, vh_attempts""")

    def test_of_ten_thousands_that_were_delivered(self):
        self.service.db.numbers()
        for _ in range(3):
            self.hook(action="*")
        keys = [
            int(row[0])
            for row in self.service.db.sql(
                "SELECT id FROM vh_hooks WHERE organization = "
                f"UNHEX('{self.organization}') ORDER BY id"
            )
        ]
        self.finished(100, keys[0], "delivered")
        before = self.reads()
        self.finished(50000, keys[1], "delivered")
        self.finished(10000, keys[2], "cancelled")
        after = self.reads()
        self.no_more(before, after)

    def test_of_counts_of_others(self):
        """Nor on the work of other hooks, nor on data outside of the range."""
        self.service.db.numbers()
        before = self.reads()
        self.service.db.sql(
            "INSERT INTO vh_stats (organization, hook_id, step, start_at) SELECT "
            "'somebody', n % 50, 1, UTC_TIMESTAMP() - INTERVAL n DIV 50 "
            "MINUTE FROM numbers WHERE n <= 50000; "
            "INSERT INTO vh_stats (organization, hook_id, step, start_at) SELECT "
            f"UNHEX('{self.organization}'), n % 3, 60, UTC_TIMESTAMP() - "
            "INTERVAL 30 + n DIV 3 HOUR FROM numbers WHERE n <= 3000; "
            "ANALYZE TABLE vh_stats"
        )
        after = self.reads()
        self.no_more(before, after)


if __name__ == "__main__":
    tap.main()
