# SPDX-License-Identifier: MIT
"""
Another client of the database holds a lock and does not give it back: only
deliveries whose rows are locked wait, none is lost or comes twice, and the log
names the client once that may be it.
"""

import contextlib
import re
import signal
import time

import service
import tap
from processes import wait_until
from receiver import Answer
from sendcase import LaneCase


class _LockCase(LaneCase):
    """One organization has the hook that is locked, another one stands for
    all others."""

    settings = {"sender": {"linger": "60s"}}

    def setup(self):
        super().setup()
        self.other = self.service.organization()
        self.service.admin(
            "hook", "create", self.other, self.sink.url("/other"), "*"
        )
        self.service.db.sql(
            f"GRANT PROCESS ON *.* TO '{service.SENDER}'@'localhost'"
        )
        self.fresh("/ours")

    def key_of(self, path):
        return self.service.db.value(
            "SELECT MAX(id) FROM vh_hooks WHERE target_url LIKE "
            f"'%{path}' AND deleted_at IS NULL"
        )

    def lane(self):
        return (
            f"SELECT * FROM vh_lanes WHERE hook_id = {self.key_of('/ours')} "
            "FOR UPDATE"
        )

    def delivery(self):
        return (
            "SELECT * FROM vh_deliveries FORCE INDEX (PRIMARY) WHERE id = "
            "(SELECT MAX(id) FROM vh_deliveries) FOR UPDATE"
        )

    def others_arrive(self, count=3):
        before = len(self.sink.at("/other"))
        self.publish_many(count, self.other)
        self.sink.wait(before + count, "/other", 6)

    def of_ours(self):
        """State and attempts of our deliveries."""
        return self.service.db.sql(
            "SELECT state, attempts FROM vh_deliveries WHERE hook_id = "
            f"{self.key_of('/ours')} ORDER BY id"
        )


class LastingLock(_LockCase):
    """While a sender is at work."""

    def under_way(self, seconds):
        """A delivery of ours, for so long."""
        self.fresh("/ours")
        self.sink.script("/ours", then=Answer(200, delay=seconds))
        sender = self.service.start_sender()
        self.publish_many(1)
        self.sink.wait(1, "/ours")
        return sender

    def test_of_a_lane_with_a_request_under_way(self):
        sender = self.under_way(1)
        with self.service.db.holding(self.lane()):
            self.others_arrive()
            self.publish_many(1, first=1)
            time.sleep(9)
            self.others_arrive()
            assert self.of_ours()[0] == ["pending", "0"], self.of_ours()
            [line] = sender.errors().splitlines()
        assert "holds a lock" in line and "(root@localhost)" in line, line
        # It is the oldest one, and need not be the one in the way.
        assert "perhaps the oldest" in line, line
        age = int(re.search(r"open for (\d+) s", line)[1])
        assert 3 <= age <= 30, line
        wait_until(
            lambda: self.of_ours() == [["delivered", "1"]] * 2, 20, "the rest"
        )
        assert len(self.sink.at("/ours")) == 2
        assert not any(
            r.header("webhook-maybe-duplicate") for r in self.sink.at("/ours")
        )
        wait_until(
            lambda: "any more" in sender.errors(), 10, "the lock's end told"
        )
        assert sender.stop() == 0
        assert "reached" not in sender.errors(), sender.errors()

    def test_of_a_delivery_under_way(self):
        sender = self.under_way(1)
        with self.service.db.holding(self.delivery()):
            self.others_arrive()
            time.sleep(3)
            self.others_arrive()
            assert self.of_ours() == [["pending", "0"]], self.of_ours()
        wait_until(lambda: self.of_ours() == [["delivered", "1"]], 8, "it")
        assert sender.stop() == 0
        assert sender.errors() == "", "a short one is not told"

    def test_of_a_hook_that_is_disabled(self):
        sender = self.under_way(0)
        wait_until(lambda: self.of_ours() == [["delivered", "1"]], 8, "it")
        self.sink.script("/ours", then=Answer(410))
        with self.service.db.holding(
            f"SELECT * FROM vh_hooks WHERE id = {self.key_of('/ours')} "
            "FOR UPDATE"
        ):
            self.publish_many(1)
            self.sink.wait(2, "/ours")
            self.others_arrive()
            time.sleep(2)
            self.others_arrive()
        wait_until(
            lambda: self.of_ours()[1] == ["pending", "1"], 8, "its record"
        )
        assert len(self.sink.at("/ours")) == 2
        assert sender.stop() == 0
        assert "disabled" in sender.errors(), sender.errors()

    def test_of_the_row_of_a_sender(self):
        self.once()
        with self.service.db.holding("SELECT * FROM vh_senders FOR UPDATE"):
            sender = self.service.start_sender()
            self.others_arrive()
            assert sender.stop(10) == 0
        assert sender.errors() == "", sender.errors()

    def test_of_a_row_of_the_outbox(self):
        self.fresh("/ours")
        self.publish_many(1)
        self.publish_many(1, self.other)
        before = len(self.sink.at("/other"))
        with self.service.db.holding(
            "SELECT * FROM vh_outbox WHERE organization = "
            f"UNHEX('{self.organization}') FOR UPDATE"
        ):
            sender = self.service.start_sender()
            self.sink.wait(before + 1, "/other", 6)
            self.others_arrive()
            assert not self.sink.at("/ours")
        self.sink.wait(1, "/ours", 6)
        assert sender.stop() == 0
        assert sender.errors() == "", sender.errors()

    def test_of_a_lane_of_a_sender_that_died(self):
        sender = self.under_way(2)
        sender.stop(number=signal.SIGKILL)
        with self.service.db.holding(self.lane()):
            sender = self.service.start_sender()
            self.others_arrive()
        assert sender.stop() == 0
        assert sender.errors() == "", sender.errors()

    def test_at_the_end_of_a_run(self):
        """It is waited for no longer than the lease."""
        sender = self.under_way(1)
        with self.service.db.holding(self.lane()):
            time.sleep(3)
            sender.send_signal(15)
            assert sender.wait(6) == 75
            assert "another client" in sender.errors(), sender.errors()
        self.sink.script("/ours")
        self.service.db.sql("UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)")
        self.once()
        assert self.of_ours() == [["delivered", "2"]]
        again = self.sink.at("/ours")[1]
        assert again.header("webhook-maybe-duplicate") == "1"


class LockedOnce(_LockCase):
    """`hooks-send --once`: the rest in the same run, and 75."""

    def run_once(self, seconds):
        begin = time.monotonic()
        done = self.service.send("--once")
        assert done.status == 75, done
        assert time.monotonic() - begin < seconds
        assert "another client" in done.err and "next run" in done.err, done
        assert "reached" not in done.err, done

    def test_what_cannot_be_taken_over(self):
        self.fresh("/ours")
        before = len(self.sink.at("/other"))
        self.publish_many(1)
        self.publish_many(2, self.other)
        with self.service.db.holding(
            "SELECT * FROM vh_outbox WHERE organization = "
            f"UNHEX('{self.organization}') FOR UPDATE"
        ):
            self.run_once(12)
            assert len(self.sink.at("/other")) == before + 2
        self.once("delivered 1,")

    def test_what_cannot_be_fanned_out(self):
        self.fresh("/ours")
        before = len(self.sink.at("/other"))
        self.publish_many(1)
        self.publish_many(2, self.other)
        with self.service.db.holding(self.lane()):
            self.run_once(12)
            assert len(self.sink.at("/other")) == before + 2
            assert len(self.sink.at("/ours")) == 0
        self.once("delivered 1,")

    def test_what_cannot_be_taken(self):
        self.fresh("/ours")
        self.sink.script("/ours", Answer(500))
        self.publish_many(1)
        self.once()
        time.sleep(1.1)  # it is to be tried again
        before = len(self.sink.at("/other"))
        self.publish_many(2, self.other)
        with self.service.db.holding(self.lane()):
            self.run_once(22)
            assert len(self.sink.at("/other")) == before + 2
            assert len(self.sink.at("/ours")) == 1
        self.once("delivered 1,")


class RefusedStatements(_LockCase):
    """A statement that the database refuses ends no worker: deliveries that
    it concerns wait, all others go on."""

    @contextlib.contextmanager
    def refusing(self, begin, end):
        self.service.db.sql(begin)
        try:
            yield
        finally:
            self.service.db.sql(end)

    def without(self, statement):
        """Refuses all such statements."""
        return self.refusing(
            f"CREATE TRIGGER refusing BEFORE {statement} FOR EACH ROW "
            "SIGNAL SQLSTATE '45000'",
            "DROP TRIGGER refusing",
        )

    def only(self, table, condition):
        """Refuses rows of which the condition does not hold."""
        return self.refusing(
            f"ALTER TABLE {table} ADD CONSTRAINT refusing CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT refusing",
        )

    @contextlib.contextmanager
    def sender(self):
        """It goes on in spite of all, and the run has failed."""
        sender = self.service.start_sender("-v")
        try:
            yield
            assert sender.running(), sender.errors()
        finally:
            status = sender.stop()
        assert status == 70, (status, sender.errors())
        assert "refused a statement" in sender.errors(), sender.errors()

    def test_the_row_of_a_sender(self):
        name = "DATETIME(3) NOT NULL"
        with (
            self.refusing(
                f"ALTER TABLE vh_senders CHANGE seen_at seen {name}",
                f"ALTER TABLE vh_senders CHANGE seen seen_at {name}",
            ),
            self.sender(),
        ):
            self.others_arrive()

    def beside(self, statement):
        """What was there before is tried again, what comes then waits."""
        self.fresh("/ours")
        self.sink.script("/ours", Answer(500))
        with self.sender():
            self.publish_many(1)
            self.sink.wait(1, "/ours")
            with self.without(statement):
                self.publish_many(1, first=1)
                self.sink.wait(2, "/ours", 8)
            self.sink.wait(3, "/ours", 30)

    def test_the_take_over(self):
        self.beside("DELETE ON vh_outbox")

    def test_the_fan_out(self):
        self.beside("UPDATE ON vh_notifications")

    def test_the_intake_of_one_organization(self):
        """Not even the rejection of its row is taken."""
        for user, state in (("a", "rejected"), ("b", "queued")):
            self.fresh("/ours")
            user *= 24
            condition = (
                f"(user IS NULL OR user <> '{user}' OR state = '{state}') "
                "AND (reason IS NULL OR reason NOT LIKE 'the database%')"
            )
            with self.only("vh_notifications", condition), self.sender():
                self.service.publish_sql(
                    self.organization, "event.created", "{}", user=user
                )
                self.others_arrive()
                time.sleep(1)
                self.others_arrive()
                assert not self.sink.at("/ours")
            self.once("delivered 1,")

    def round(self, table, condition):
        """Of one hook; its deliveries wait."""
        self.fresh("/ours")
        ours = self.key_of("/ours")
        with self.sender():
            with self.only(table, f"hook_id <> {ours} OR {condition}"):
                self.publish_many(2)
                for _ in range(3):
                    self.others_arrive()
                    time.sleep(0.5)
            wait_until(
                lambda: {s for s, _ in self.of_ours()} == {"delivered"},
                40,
                "ours",
            )

    def test_the_record_of_a_delivery(self):
        self.round("vh_deliveries", "state = 'pending'")
        assert len(self.sink.at("/ours")) == 2

    def test_a_lane(self):
        self.round("vh_lanes", "owner IS NULL")


tap.main()
