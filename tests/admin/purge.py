# SPDX-License-Identifier: MIT
"""
hooks-admin purge: the rows that retention removes, and the rows that it leaves.
"""

import json
import threading

import admincase
import database
import service
import tap

FIGURES = [
    "deliveries",
    "attempts",
    "notifications",
    "held",
    "hooks",
    "idempotency keys",
    "statistics",
]
ORG = "aaaaaaaaaaaa"
ON, OFF, GONE, GONE_WITH_HISTORY, OFF_JUST_NOW = range(1, 6)


def ago(days):
    return f"UTC_TIMESTAMP(3) - INTERVAL {days} DAY"


class _Case(admincase.AdminCase):
    def hook(self, key, enabled=1, updated=100, deleted=None):
        gone = ago(deleted) if deleted else "NULL"
        self.db.sql(f"""
            INSERT INTO vh_hooks (id, organization, target_url, action, enabled,
                created_at, updated_at, deleted_at) VALUES
                ({key}, '{ORG}', 'https://u.example/', '*', {enabled},
                 {ago(200)}, {ago(updated)}, {gone});
            INSERT INTO vh_lanes (hook_id) VALUES ({key});
            INSERT INTO vh_hook_secrets (hook_id, secret, created_at)
                VALUES ({key}, 'x', {ago(200)})""")

    def notification(self, key, days, state="fanned_out"):
        self.db.sql(f"""
            INSERT INTO vh_notifications (id, organization, action, resource,
                state, created_at) VALUES ({key}, '{ORG}', 'event.created',
                '{{}}', '{state}', {ago(days)})""")

    def delivery(
        self,
        key,
        hook,
        state,
        created,
        finished=None,
        lane="NULL",
        due=None,
        attempts=1,
        notification=None,
    ):
        when = ago(finished) if finished else "NULL"
        due_at = ago(due) if due else "NULL"
        self.db.sql(f"""
            INSERT INTO vh_deliveries (id, organization, notification_id,
                hook_id, state, lane, due_at, created_at, finished_at) VALUES
                ({key}, '{ORG}', {notification or key}, {hook}, '{state}',
                 {lane}, {due_at}, {ago(created)}, {when})""")
        for attempt in range(1, attempts + 1):
            self.db.sql(f"""INSERT INTO vh_attempts (delivery_id, attempt,
                started_at) VALUES ({key}, {attempt}, {ago(created)})""")

    def keys(self, table, column="id"):
        return [
            int(row[0])
            for row in self.db.sql(
                f"SELECT DISTINCT {column} FROM vh_{table} ORDER BY 1"
            )
        ]

    def counts(self, *flags):
        rows = self.rows("purge", *flags)
        assert [row[0] for row in rows] == FIGURES, rows
        return [int(row[1]) for row in rows]


class Batches(_Case):
    """A batch is named after its first member, which stays the longest."""

    def test_the_first_member_waits_for_the_others(self):
        self.hook(ON)
        for key in range(1, 6):
            self.notification(key, 40)
        for key, finished in ((1, 39), (2, 29), (3, 39), (4, 39), (5, 39)):
            self.delivery(key, ON, "delivered", 40, finished)
        self.db.sql(
            "UPDATE vh_deliveries SET batch = IF(id < 4, 1, 4) WHERE id <> 5"
        )
        assert self.counts("--dry-run")[0] == 3
        assert self.counts()[0] == 3
        assert self.keys("deliveries") == [1, 2]
        self.db.sql(f"UPDATE vh_deliveries SET finished_at = {ago(31)}")
        assert self.counts()[0] == 2
        assert self.keys("deliveries") == []


class Purge(_Case):
    def setup(self):
        super().setup()
        self.hook(ON)
        self.hook(OFF, enabled=0, updated=31)
        self.hook(GONE, deleted=1)
        self.hook(GONE_WITH_HISTORY, deleted=1)
        self.hook(OFF_JUST_NOW, enabled=0, updated=1)

    def fill(self):
        for key, days in (
            (1, 40),
            (2, 40),
            (3, 40),
            (4, 29),
            (5, 40),
            (6, 40),
            (7, 40),
            (8, 40),
            (10, 40),
            (12, 29),
        ):
            self.notification(key, days)
        self.notification(9, 40, "queued")
        self.notification(11, 40, "unmatched")
        self.notification(13, 40, "rejected")
        self.delivery(1, ON, "delivered", 40, 39)
        self.delivery(2, ON, "failed", 40, 35, attempts=3)
        self.delivery(3, ON, "delivered", 40, 29)  # finished late
        self.delivery(4, ON, "delivered", 29, 29)
        self.delivery(5, ON, "pending", 40, lane=ON, due=40)
        self.delivery(6, OFF, "pending", 40, lane=OFF, due=40)
        self.delivery(7, OFF, "pending", 40, lane=OFF, due=29)  # held for 29 d
        self.delivery(8, OFF_JUST_NOW, "pending", 40, lane=OFF_JUST_NOW, due=40)
        self.delivery(10, GONE_WITH_HISTORY, "cancelled", 29, 29)
        self.delivery(
            14, GONE_WITH_HISTORY, "cancelled", 40, 39, notification=2
        )
        self.delivery(
            15,
            ON,
            "held",
            40,
            31,
            notification=6,
            lane=f"{3 << 62} + {ON}",
            due=31,
        )
        self.delivery(
            16,
            ON,
            "held",
            40,
            29,
            notification=7,
            lane=f"{3 << 62} + {ON}",
            due=29,
        )
        self.db.sql(f"""
            INSERT INTO vh_idempotency_keys (organization, idempotency_key,
                notification_id, created_at) VALUES
                ('{ORG}', 'old', 1, {ago(2)}),
                ('{ORG}', 'new', 1, UTC_TIMESTAMP(3));
            INSERT INTO vh_stats (organization, hook_id, step, start_at) VALUES
                ('{ORG}', 1, 1, {ago(1)}), ('{ORG}', 2, 1, {ago(3)}),
                ('{ORG}', 1, 60, {ago(30)}), ('{ORG}', 2, 60, {ago(32)})""")

    def test_1_nothing(self):
        hooks = [0, 0, 0, 0, 2, 0, 0]
        assert self.counts("--dry-run") == hooks
        assert self.keys("hooks") == [1, 2, 3, 4, 5]
        self.fill()
        assert self.counts("--dry-run") == [3, 5, 4, 2, 1, 1, 2]

    def test_2_dry_run_does_nothing(self):
        self.counts("--dry-run")
        assert len(self.keys("deliveries")) == 12
        assert self.keys("hooks") == [1, 2, 3, 4, 5]
        assert len(self.keys("notifications")) == 13
        assert (
            self.db.value(
                "SELECT COUNT(*) FROM vh_deliveries WHERE state = 'failed'"
            )
            == "1"
        )

    def test_3_what_is_old_goes(self):
        assert self.counts() == [3, 5, 4, 2, 1, 1, 2]
        assert self.keys("deliveries") == [3, 4, 5, 6, 7, 8, 10, 15, 16]
        assert self.keys("attempts", "delivery_id") == self.keys("deliveries")
        assert self.keys("notifications") == [3, 4, 5, 6, 7, 8, 9, 10, 12]
        for table, column in (
            ("hooks", "id"),
            ("lanes", "hook_id"),
            ("hook_secrets", "hook_id"),
        ):
            assert self.keys(table, column) == [
                ON,
                OFF,
                GONE_WITH_HISTORY,
                OFF_JUST_NOW,
            ], table
        assert self.db.sql(
            "SELECT idempotency_key FROM vh_idempotency_keys"
        ) == [["new"]]
        assert self.db.sql(
            "SELECT hook_id, step FROM vh_stats ORDER BY step"
        ) == [
            ["1", "1"],
            ["1", "60"],
        ]

    def test_4_held_ones_fail(self):
        for key in (6, 15):
            assert self.db.sql(
                "SELECT state, reason, finished_at > UTC_TIMESTAMP(3) - "
                "INTERVAL 1 MINUTE, due_at = finished_at, "
                f"lane = {2 << 62} + hook_id FROM vh_deliveries "
                f"WHERE id = {key}"
            ) == [["failed", "held_too_long", "1", "1", "1"]]
        assert self.db.sql(
            "SELECT id, state FROM vh_deliveries WHERE id IN "
            "(5, 7, 8, 16) ORDER BY id"
        ) == [
            ["5", "pending"],
            ["7", "pending"],
            ["8", "pending"],
            ["16", "held"],
        ]

    def test_5_a_second_time_there_is_nothing(self):
        assert self.counts() == [0] * 7
        assert json.loads(self.admin("purge", "--json")) == {
            "deliveries": 0,
            "attempts": 0,
            "notifications": 0,
            "held": 0,
            "hooks": 0,
            "idempotencyKeys": 0,
            "statistics": 0,
        }

    def test_6_words_after_it_are_usage(self):
        self.fails(64, "purge", "now")

    def test_7_a_lane_that_is_leased_is_left_alone(self):
        self.db.sql(
            f"UPDATE vh_hooks SET updated_at = {ago(31)}; "
            f"UPDATE vh_lanes SET owner = 'x' WHERE hook_id = {OFF}; "
            f"UPDATE vh_deliveries SET due_at = {ago(31)} WHERE id = 7"
        )
        assert self.counts() == [0, 0, 0, 1, 0, 0, 0], "only number 8"
        self.db.sql("UPDATE vh_lanes SET owner = NULL")
        assert self.counts() == [0, 0, 0, 1, 0, 0, 0]


class Many(_Case):
    """More than a step holds, with rows between them that stay."""

    ROWS = 5000

    def test_1_every_tenth_stays(self):
        self.hook(ON)
        self.db.sql(f"""
            INSERT INTO vh_notifications (id, organization, action, resource,
                state, created_at) SELECT seq, '{ORG}', 'event.created',
                '{{}}', 'fanned_out', {ago(40)} FROM {database.numbers(self.ROWS)};
            INSERT INTO vh_deliveries (id, organization, notification_id,
                hook_id, state, created_at, finished_at) SELECT seq, '{ORG}',
                seq, {ON}, IF(seq % 10, 'delivered', 'pending'), {ago(40)},
                {ago(39)} FROM {database.numbers(self.ROWS)};
            INSERT INTO vh_attempts (delivery_id, attempt, started_at)
                SELECT seq, 1, {ago(40)} FROM {database.numbers(self.ROWS)}""")
        gone = self.ROWS * 9 // 10
        want = [gone, gone, gone, 0, 0, 0, 0]
        assert self.counts("--dry-run") == want
        assert self.counts() == want
        assert self.keys("deliveries") == list(range(10, self.ROWS + 1, 10))
        assert self.keys("notifications") == self.keys("deliveries")

    def test_2_a_disabled_hook_with_much(self):
        self.hook(OFF, enabled=0, updated=40)
        self.db.sql(f"""
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                state, lane, due_at, created_at) SELECT '{ORG}', seq, {OFF},
                'pending', {OFF}, {ago(35)}, {ago(35)}
                FROM {database.numbers(self.ROWS)}""")
        for flags in (["--dry-run"], []):
            assert self.counts(*flags) == [0, 0, 0, self.ROWS, 0, 0, 0]

    def test_3_many_hooks(self):
        self.db.sql(f"""
            INSERT INTO vh_hooks (id, organization, target_url, action,
                created_at, updated_at, deleted_at) SELECT seq, '{ORG}',
                'https://u.example/', '*', {ago(9)}, {ago(9)},
                IF(seq % 2, {ago(9)}, NULL) FROM {database.numbers(6000, 1001)}""")
        for flags in (["--dry-run"], []):
            assert self.counts(*flags) == [0, 0, 0, 0, 2500, 0, 0]

    def test_4_connections_that_somebody_kills(self):
        """The hooks that were found before are all processed nevertheless."""
        self.db.sql(f"""
            INSERT INTO vh_hooks (id, organization, target_url, action,
                created_at, updated_at, deleted_at) SELECT seq, '{ORG}',
                'https://u.example/', '*', {ago(9)}, {ago(9)}, {ago(9)}
                FROM {database.numbers(9000, 8001)}""")
        done = threading.Event()
        killer = threading.Thread(target=self.kill, args=(done,))
        killer.start()
        try:
            self.admin("purge")
        finally:
            done.set()
            killer.join()
        assert self.killed > 2, self.killed
        assert not [key for key in self.keys("hooks") if key > 8000]

    def left(self):
        return self.db.value("SELECT COUNT(*) FROM vh_hooks WHERE id > 8000")

    def kill(self, done):
        """hooks-admin's connections, one by one, each after some progress:
        on a slow machine it would give up otherwise."""
        self.killed = 0
        left = None
        while not done.wait(0.02):
            before, left = left, self.left()
            if left == before:
                continue
            for (pid,) in self.db.sql(
                "SELECT ID FROM information_schema.PROCESSLIST "
                f"WHERE USER = '{service.ADMIN}'"
            ):
                try:
                    self.db.sql(f"KILL {pid}")
                    self.killed += 1
                except AssertionError:
                    pass  # it has ended by itself


if __name__ == "__main__":
    tap.main()
