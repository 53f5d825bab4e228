# SPDX-License-Identifier: MIT
"""
A database whose clock was an hour ahead and is right again, or was set back:
deliveries that were made meanwhile do not wait for an hour, and keep their
order.
"""

import time

import tap
from processes import wait_until
from receiver import Answer
from sendcase import LaneCase
from service import SENDER

HOUR = "INTERVAL 1 HOUR"


class SetBack(LaneCase):
    # A wait that the rules allow, and longer than the clock is ahead.
    settings = {"sender": {"linger": "60s", "retry_schedule": "1s 2h"}}

    def ahead(self, table, *columns, where="1"):
        """As if they had been written with that clock."""
        self.service.db.sql(
            f"UPDATE {table} SET "
            + ", ".join(f"{c} = {c} + {HOUR}" for c in columns)
            + f" WHERE {where}"
        )

    def tried(self, path, **options):
        """A delivery that failed once and waits, all with that clock."""
        self.fresh(path)
        if options:
            self.set(**options)
        self.sink.script(path, Answer(500))
        self.publish_many(1)
        self.once()
        wait_until(lambda: self.attempts(), 5, "the first attempt")
        self.ahead("vh_deliveries", "created_at", "due_at")
        self.ahead("vh_attempts", "started_at")
        self.service.db.sql(
            "UPDATE vh_lanes SET written_at = UTC_TIMESTAMP(3), next_at = "
            "UTC_TIMESTAMP(3) + INTERVAL 1 SECOND WHERE next_at IS NOT NULL; "
            "UPDATE vh_lanes SET suspended_until = next_at WHERE "
            "suspended_until IS NOT NULL"
        )
        self.ahead(
            "vh_lanes", "written_at", "next_at", "suspended_until", "failed_at"
        )

    def test_a_retry(self):
        self.tried("/retry")
        begin = time.monotonic()
        sender = self.service.start_sender()
        self.sink.wait(2, "/retry", 10)
        assert time.monotonic() - begin > 0.5, "the schedule still holds"
        assert sender.stop() == 0

    def test_an_ordered_one(self):
        self.tried("/order", ordered=1)
        self.publish_many(2, first=1)
        self.once()  # fans out
        self.ahead(
            "vh_deliveries", "created_at", "due_at", where="attempts = 0"
        )
        self.ahead(
            "vh_lanes", "written_at", "next_at", "suspended_until", "failed_at"
        )
        sender = self.service.start_sender()
        self.publish_many(2, first=3)
        requests = self.sink.wait(6, "/order", 10)
        numbers = [self.number(r) for r in requests]
        assert numbers == [0, 0, 1, 2, 3, 4], numbers
        assert sender.stop() == 0

    def test_what_was_made_with_it(self):
        """While nobody had the lane."""
        self.fresh("/made")
        self.service.db.sql("UPDATE vh_lanes SET next_at = NULL")
        self.publish_many(3)
        sender = self.service.start_sender()
        self.sink.wait(3, "/made")
        wait_until(
            lambda: self.states().get("pending", 0) == 0, 5, "their record"
        )
        assert sender.stop() == 0
        self.service.db.sql(
            "UPDATE vh_deliveries SET state = 'pending', lane = hook_id, "
            f"created_at = UTC_TIMESTAMP(3) + {HOUR}, due_at = created_at, "
            "attempts = 0; DELETE FROM vh_attempts; UPDATE vh_lanes SET "
            f"next_at = UTC_TIMESTAMP(3) + {HOUR}, written_at = next_at"
        )
        sender = self.service.start_sender()
        self.sink.wait(6, "/made", 10)
        assert sender.stop() == 0

    def clock(self, ahead):
        """Sets the clock of a running sender's database: of new sessions, and
        it has no other ones."""
        db = self.service.db
        value = f"SET timestamp = {time.time() + ahead}" if ahead else ""
        db.sql(f'SET GLOBAL init_connect = "{value}"')
        for (session,) in db.sql(
            "SELECT id FROM information_schema.processlist WHERE "
            f"user = '{SENDER}'"
        ):
            db.sql(f"KILL {session}")

    def test_a_request_that_fails_after_the_jump(self):
        """It began before."""
        self.fresh("/across")
        self.sink.script("/across", Answer(500, delay=2))
        self.publish_many(1)
        sender = self.service.start_sender()
        self.sink.wait(1, "/across")
        self.clock(3600)
        try:
            wait_until(self.attempts, 20, "its record")
        finally:
            self.clock(0)
        first, second = self.sink.wait(2, "/across", 30)
        assert second.time - first.time > 2.9, "the schedule still holds"
        assert sender.stop() == 0

    def test_times_that_are_right_stay(self):
        self.fresh("/stay")
        self.sink.script("/stay", Answer(500))
        self.publish_many(1)
        self.once()
        self.service.db.sql(
            "UPDATE vh_deliveries SET due_at = due_at + INTERVAL 1 HOUR "
            "WHERE state = 'pending'; UPDATE vh_lanes SET next_at = next_at + "
            "INTERVAL 1 HOUR"
        )
        before = self.service.db.value(
            "SELECT due_at FROM vh_deliveries WHERE state = 'pending'"
        )
        assert self.once().startswith("delivered 0,")
        assert before == self.service.db.value(
            "SELECT due_at FROM vh_deliveries WHERE state = 'pending'"
        )
        # A long wait of before the clock was ahead, such as Retry-After.
        self.ahead("vh_lanes", "written_at")
        assert self.once().startswith("delivered 0,")
        assert before == self.service.db.value(
            "SELECT due_at FROM vh_deliveries WHERE state = 'pending'"
        )
        assert "0" == self.service.db.value(
            "SELECT MAX(written_at) > UTC_TIMESTAMP(3) FROM vh_lanes "
            "WHERE next_at IS NOT NULL"
        )


class TooFar(LaneCase):
    """Nothing waits for longer than the rules allow, whatever a row says, and
    for no longer than until the next run."""

    settings = {"sender": {"linger": "60s", "timeout": "1s", "lease": "6s"}}

    MONTH = "UTC_TIMESTAMP(3) + INTERVAL 30 DAY"

    def comes_after(self, path, lane, due="due_at", **options):
        """A second attempt, after the rows were changed by hand."""
        self.fresh(path)
        if options:
            self.set(**options)
        self.sink.script(path, Answer(500))
        self.publish_many(1)
        self.once("delivered 0,")
        self.service.db.sql(
            f"UPDATE vh_deliveries SET due_at = {due} WHERE state = 'pending'; "
            f"UPDATE vh_lanes SET {lane} WHERE next_at IS NOT NULL"
        )
        sender = self.service.start_sender()
        try:
            first, second = self.sink.wait(2, path, 25)
        finally:
            assert sender.stop() == 0
        return second.time - first.time

    def test_a_queue(self):
        self.comes_after("/queue", f"next_at = {self.MONTH}")

    def test_a_delivery(self):
        """Of a queue that is looked at in time."""
        wait = self.comes_after(
            "/delivery", "next_at = UTC_TIMESTAMP(3)", due=self.MONTH
        )
        assert wait > 0.9, "the schedule still holds"

    def test_a_delivery_that_was_not_tried(self):
        self.comes_after(
            "/new", f"next_at = {self.MONTH}", f"{self.MONTH}, tries = 0"
        )

    def test_a_suspension(self):
        far = f"suspended_until = {self.MONTH}, next_at = suspended_until"
        for path, lane in (
            ("/dead", f"{far}, failures = 9"),
            ("/asked", f"{far}, put_off = 1"),
        ):
            self.comes_after(path, lane)
        self.comes_after("/ordered", far, ordered=1)

    def test_a_rate(self):
        self.comes_after(
            "/rate",
            f"rate_at = {self.MONTH}, rate_tokens = -1e300",
            rate_limit=5,
        )

    def test_a_lease_of_another_host(self):
        """It is not taken before a lease would have ended."""
        wait = self.comes_after(
            "/lease", f"owner = 'elsewhere:0', next_at = {self.MONTH}"
        )
        assert wait > 5.5, wait

    def test_retry_after_holds(self):
        """A day, though the schedule has seconds only."""
        self.fresh("/day")
        self.sink.script(
            "/day", Answer(429, headers=[("Retry-After", "86400")])
        )
        self.publish_many(1)
        rows = (
            "SELECT next_at, suspended_until, put_off, due_at FROM vh_lanes "
            "JOIN vh_deliveries ON lane = vh_lanes.hook_id WHERE "
            "state = 'pending' AND due_at > UTC_TIMESTAMP(3) + INTERVAL 23 HOUR"
        )
        self.once("delivered 0,")
        before = self.service.db.sql(rows)
        assert len(before) == 1, before
        self.service.db.sql("UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)")
        self.once("delivered 0,")
        assert self.service.db.sql(rows) == before


class Late(LaneCase):
    """The clock is set back by an hour and is right again, while another
    sender has the lane of an ordered hook."""

    settings = {"sender": {"linger": "60s", "lease": "60s"}}

    def lease(self):
        self.service.db.sql(
            "UPDATE vh_lanes SET owner = 'another', "
            f"next_at = UTC_TIMESTAMP(3) + {HOUR} + {HOUR}"
        )

    def an_hour(self, sign):
        """As if all had been written an hour later, or earlier."""
        self.service.db.sql(
            f"UPDATE vh_deliveries SET created_at = created_at {sign} {HOUR}, "
            f"due_at = due_at {sign} {HOUR}; UPDATE vh_lanes SET "
            f"written_at = written_at {sign} {HOUR}"
        )

    def comes(self, numbers):
        """After the lease."""
        self.service.db.sql("UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)")
        sender = self.service.start_sender()
        requests = self.sink.wait(len(numbers))
        came = [self.number(r) for r in requests]
        assert came == numbers, came
        assert sender.stop() == 0

    def test_what_was_made_meanwhile(self):
        self.fresh()
        self.set(ordered=1)
        self.lease()
        self.publish_many(2)
        self.once("delivered 0,")
        self.an_hour("+")
        self.publish_many(2, first=2)
        self.once("delivered 0,")
        self.an_hour("-")
        self.publish_many(1, first=4)
        self.once("delivered 0,")
        self.comes([0, 1, 2, 3, 4])

    def test_what_was_redelivered_meanwhile(self):
        hook = self.fresh()
        self.set(ordered=1)
        self.publish_many(1)
        self.once("delivered 1,")
        self.lease()
        self.publish_many(1, first=1)
        self.once("delivered 0,")
        self.an_hour("+")
        key = [("Authorization", self.key)]
        answer = self.door.request("GET", f"/v2/deliveries?hook={hook}", key)
        name = answer.json()[-1]["_id"]
        answer = self.door.request(
            "POST", f"/v2/deliveries/{name}/redeliver", key
        )
        assert answer.status == 202, answer
        self.an_hour("-")
        self.comes([0, 1, 0])


tap.main()
