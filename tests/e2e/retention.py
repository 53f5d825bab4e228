# SPDX-License-Identifier: MIT
"""The sender removes by itself rows that [retention] keeps no longer."""

import json
import signal
import time

import service
import tap
from processes import wait_until
from sendcase import SendCase


class _Case(SendCase):
    def count(self, table, where="1"):
        return int(
            self.service.db.value(
                f"SELECT COUNT(*) FROM vh_{table} WHERE {where}"
            )
        )

    def age(self, days=40):
        """Everything that is there happened so long before, and the sender
        looks again."""
        by = f"INTERVAL {days} DAY"
        self.service.db.sql(f"""
            UPDATE vh_deliveries SET created_at = created_at - {by},
                due_at = due_at - {by}, finished_at = finished_at - {by};
            UPDATE vh_notifications SET created_at = created_at - {by};
            UPDATE vh_hooks SET updated_at = updated_at - {by},
                deleted_at = deleted_at - {by};
            UPDATE vh_chores SET next_at = UTC_TIMESTAMP(3)""")

    def old(self, count):
        """That many old finished deliveries, without sending them."""
        hook = self.service.db.value("SELECT MAX(id) FROM vh_hooks")
        base = 1 + int(
            self.service.db.value(
                "SELECT COALESCE(MAX(id), 0) FROM vh_notifications"
            )
        )
        old = "UTC_TIMESTAMP(3) - INTERVAL 40 DAY"
        self.service.db.sql(f"""
            INSERT INTO vh_notifications (id, organization, action, resource,
                state, created_at) SELECT {base} + seq,
                UNHEX('{self.organization}'), 'event.created', '{{}}',
                'fanned_out', {old} FROM seq_1_to_{count};
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                state, attempts, created_at, finished_at) SELECT
                UNHEX('{self.organization}'), {base} + seq, {hook},
                'delivered', 1, {old}, {old} FROM seq_1_to_{count};
            INSERT INTO vh_attempts (delivery_id, attempt, started_at)
                SELECT id, 1, {old} FROM vh_deliveries
                WHERE notification_id > {base};
            UPDATE vh_chores SET next_at = UTC_TIMESTAMP(3)""")


class Retention(_Case):
    def test_1_once_is_enough(self):
        self.fresh()
        self.publish()
        self.once("delivered 1,")
        self.age()
        self.publish()
        self.once("delivered 1,")
        for table in ("deliveries", "attempts", "notifications"):
            assert self.count(table) == 1, table

    def test_1_though_mails_are_refused(self):
        """A chore that the database refuses leaves the others alone."""
        self.fresh()
        self.publish()
        self.once("delivered 1,")
        self.age()
        column = "INT UNSIGNED NOT NULL"
        self.service.write_config(
            service.SENDER, notify={"mail_to": "a@example.com"}
        )
        self.service.db.sql(f"ALTER TABLE vh_alerts CHANGE count n {column}")
        try:
            done = self.service.send("--once")
            assert "refused a statement" in done.err, done
        finally:
            self.service.db.sql(
                f"ALTER TABLE vh_alerts CHANGE n count {column}"
            )
            self.service.write_config(service.SENDER)
        assert self.count("deliveries") == 0

    def test_2_a_lingering_sender_goes_on(self):
        """More than one look's worth, while deliveries go on arriving."""
        self.fresh("/warm")
        self.old(30000)
        sender = self.service.start_sender("--linger", "60s")
        for n in range(1, 200):
            self.publish()
            self.sink.wait(n, "/warm")
            if not self.count(
                "deliveries", "finished_at < UTC_TIMESTAMP(3) - INTERVAL 30 DAY"
            ):
                break
        wait_until(
            lambda: self.count("attempts") == self.count("deliveries"),
            30,
            "the end of the sweep",
        )
        wait_until(
            lambda: (
                self.count(
                    "notifications",
                    "created_at < UTC_TIMESTAMP(3) - INTERVAL 30 DAY",
                )
                == 0
            ),
            30,
            "the end of the next sweep",
        )
        assert sender.stop() == 0
        assert sender.errors() == "", sender.errors()

    def test_3_killed_and_started_again(self):
        """It goes on where it was, and stops within its time."""
        self.old(30000)
        total = self.count("deliveries")
        sender = self.service.start_sender("--linger", "60s")
        wait_until(
            lambda: self.count("deliveries") < total, 15, "the first step"
        )
        sender.stop(number=signal.SIGKILL)
        assert (
            self.count("chores", "name = 'purge deliveries' AND position > 0")
            == 1
        )
        self.service.db.sql("UPDATE vh_chores SET next_at = UTC_TIMESTAMP(3)")
        sender = self.service.start_sender("--linger", "60s")
        before = self.count("deliveries")
        wait_until(lambda: self.count("deliveries") < before, 15, "a step")
        begin = time.monotonic()
        assert sender.stop() == 0
        assert time.monotonic() - begin < 5
        self.service.admin("purge")

    def expire(self):
        """Deliveries held too long fail, and delivery.failed is published."""
        self.age(31)
        self.once()
        self.once()

    def told(self):
        """What hooks of the action delivery.failed heard of."""
        return [
            json.loads(request.body)["resource"]
            for request in self.sink.at("/told")
        ]

    def newest(self):
        """The resource of the newest delivery."""
        return self.service.db.value(
            "SELECT MAX(notification_id) FROM vh_deliveries"
        )

    def test_4_held_too_long(self):
        hook = self.fresh()
        listener = self.hook("/told", "delivery.failed")
        self.service.admin("hook", "disable", hook)
        self.publish()
        self.once("delivered 0, failed 0, retrying 0, held 1")
        self.expire()
        [failed] = self.told()
        assert (failed["hook"], failed["state"], failed["reason"]) == (
            hook,
            "failed",
            "held_too_long",
        ), failed
        assert "failed\t1\n" in self.service.admin("status")
        # News that nobody fetched for so long make no other.
        self.service.admin("hook", "disable", listener)
        self.publish()
        self.once()
        self.expire()
        news = self.newest()
        self.expire()
        assert self.newest() == news, "the listener's own has failed"
        assert self.service.db.sql(
            "SELECT state, reason FROM vh_deliveries"
        ) == [["failed", "held_too_long"]]

    def test_4_held_for_itself_too_long(self):
        hook = self.fresh()
        self.hook("/told", "delivery.failed")
        self.service.admin("hook", "disable", hook)
        self.publish()
        self.once()
        self.service.db.sql(f"""
            UPDATE vh_deliveries SET state = 'held', lane = {3 << 62} + hook_id,
                finished_at = due_at WHERE state = 'pending'""")
        self.service.admin("hook", "enable", hook)
        self.expire()
        [failed] = self.told()
        assert (failed["hook"], failed["state"], failed["reason"]) == (
            hook,
            "failed",
            "held_too_long",
        ), failed
        assert not self.sink.at("/hook")

    def test_5_a_hook_that_was_deleted(self):
        self.fresh()
        self.age()
        for _ in range(2):  # its history first
            self.service.db.sql(
                "UPDATE vh_chores SET next_at = UTC_TIMESTAMP(3)"
            )
            self.once()
        assert self.count("hooks") == self.count("lanes") == 1
        assert self.count("hook_secrets") == 1

    def test_6_without_the_right_to_it_deliveries_go_on(self):
        """An operator who did not run grants.sql again."""
        self.fresh()
        self.old(10)
        self.service.db.sql(
            f"REVOKE DELETE ON vh_deliveries FROM '{service.SENDER}'@'localhost'"
        )
        self.publish()
        done = self.service.send("--once")
        assert done.status == 0 and "delivered 1," in done.out, done
        assert "DELETE" in done.err and "an hour" in done.err, done
        assert self.service.send("--once").err == "", "told once an hour"


if __name__ == "__main__":
    tap.main()
