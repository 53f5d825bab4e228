# SPDX-License-Identifier: MIT
"""The sender's counts: every attempt once, whatever happens."""

import subprocess
import time

import tap
from processes import wait_until
from receiver import Answer
from sendcase import SendCase

COLUMNS = ("delivered", "failed", "attempts", "failed_attempts")


def buckets(kind):
    return "+".join(f"{kind}_{i}" for i in range(22))


class CountCase(SendCase):
    def clear(self):
        self.service.db.sql(
            "DELETE FROM vh_stats; DELETE FROM vh_counters; "
            "DELETE FROM vh_attempts; DELETE FROM vh_deliveries; "
            "DELETE FROM vh_notifications"
        )

    def rows(self, where, extra=""):
        """The sums of COLUMNS, and of `extra`."""
        sums = ", ".join(f"SUM({c})" for c in (*COLUMNS, *extra.split()))
        row = self.service.db.sql(f"SELECT {sums} FROM vh_stats WHERE {where}")[
            0
        ]
        return [None if v == "NULL" else int(v) for v in row]

    def everywhere(self, expected):
        """Minutes, hours, hooks and the organization say the same."""
        for hook in ("hook_id = 0", "hook_id > 0"):
            for step in (1, 60):
                got = self.rows(f"{hook} AND step = {step}")
                assert got == expected, (hook, step, got)

    def counters(self, family):
        return {
            label: int(value)
            for label, value in self.service.db.sql(
                "SELECT label, value FROM vh_counters WHERE "
                f"family = '{family}' ORDER BY label"
            )
        }


class Counting(CountCase):
    def test_1_delivered(self):
        self.fresh("/good")
        self.publish_many(300)
        self.once("delivered 300")
        self.everywhere([300, 0, 300, 0])
        assert self.counters("attempts") == {"delivered": 300}
        assert self.counters("deliveries") == {"delivered": 300}

    def test_2_each_has_a_duration_and_a_latency(self):
        for kind in ("request", "latency"):
            total = self.service.db.value(
                f"SELECT SUM({buckets(kind)}) FROM vh_stats "
                "WHERE hook_id = 0 AND step = 1"
            )
            assert total == "300", (kind, total)
            seen = self.counters(kind)
            assert seen.pop("sum_us") > 0
            assert sum(seen.values()) == 300, seen

    def test_3_failed(self):
        """A schedule of three waits: four attempts, the last one gives up."""
        self.clear()
        self.fresh("/bad")
        self.sink.script("/bad", then=Answer(500))
        self.publish_many(5)
        self.once("delivered 0, failed 0, retrying 5")
        self.everywhere([0, 0, 5, 5])
        sender = self.service.start_sender("--linger", "20s")
        wait_until(lambda: self.states() == {"failed": 5}, 15, "giving up")
        assert sender.stop() == 0
        self.everywhere([0, 5, 20, 20])
        assert self.counters("attempts") == {"5xx": 20}
        assert self.counters("deliveries") == {"failed": 5}
        assert self.service.db.value("SELECT COUNT(*) FROM vh_attempts") == "20"

    def test_4_kinds(self):
        self.clear()
        self.fresh("/mixed")
        self.sink.script(
            "/mixed", Answer(301), Answer(404), Answer(202), Answer(410)
        )
        self.publish_many(3)
        self.once()
        self.fresh(url="http://127.0.0.1:1/nobody-listens")
        self.publish_many(1)
        self.once()
        assert self.counters("attempts") == {
            "3xx": 1,
            "4xx": 1,
            "delivered": 1,
            "connect": 1,
        }
        self.everywhere([1, 0, 4, 3])

    def test_5_batches(self):
        """One request, one outcome, but each delivery was attempted."""
        self.clear()
        self.fresh("/batch")
        self.service.db.sql(
            "UPDATE vh_hooks SET batch_size = 10, updated_at = UTC_TIMESTAMP(3)"
        )
        self.publish_many(30)
        self.once("delivered 30")
        self.everywhere([30, 0, 30, 0])
        requests = self.service.db.value(
            f"SELECT SUM({buckets('request')}) FROM vh_stats "
            "WHERE hook_id = 0 AND step = 1"
        )
        assert requests == "3", requests

    def test_6_latency_is_from_publishing(self):
        self.clear()
        self.fresh("/late")
        self.service.db.sql(
            "UPDATE vh_hook_actions SET since = since - INTERVAL 1 HOUR"
        )
        self.publish_many(4)
        # In time with the database, whose zone is not UTC.
        self.service.db.sql(
            "UPDATE vh_outbox SET created_at = NOW(3) - INTERVAL 90 SECOND"
        )
        self.once("delivered 4")
        assert self.rows("hook_id = 0 AND step = 60", "latency_15") == [
            4,
            0,
            4,
            0,
            4,
        ], self.service.db.sql("SELECT * FROM vh_stats")
        assert 4 * 90e6 <= self.counters("latency")["sum_us"] < 4 * 120e6

    def test_7_pings_count_for_nothing(self):
        self.clear()
        hook = self.fresh("/ping")
        answer = self.door.request(
            "POST", f"/v2/hooks/{hook}/ping", [("Authorization", self.key)]
        )
        assert answer.status == 202, answer
        self.publish_many(2)
        self.once("delivered 3")
        assert len(self.sink.at("/ping")) == 3
        self.everywhere([2, 0, 2, 0])
        assert self.counters("attempts") == {"delivered": 2}


class Writing(CountCase):
    settings = {"sender": {"linger": "60s"}}

    def test_1_about_once_a_second_while_it_runs(self):
        """Also when nothing more comes after the last delivery."""
        self.clear()
        self.fresh("/live")
        sender = self.service.start_sender()
        self.publish()
        self.sink.wait(1, "/live")
        wait_until(
            lambda: self.rows("hook_id = 0 AND step = 1")[0] == 1,
            4,
            "the count of a sender that goes on",
        )
        self.publish()
        self.sink.wait(2, "/live")
        assert sender.stop() == 0
        self.everywhere([2, 0, 2, 0])

    def test_2_a_transaction_that_is_repeated_counts_once(self):
        """Somebody holds the organization's row for longer than the sender
        waits for a lock (5 s): its transaction is done again."""
        self.clear()
        self.fresh("/held")
        sender = self.service.start_sender()
        self.publish()
        self.sink.wait(1, "/held")
        wait_until(
            lambda: self.rows("hook_id = 0 AND step = 1")[0] == 1,
            4,
            "the first count",
        )
        holder = subprocess.Popen(
            [
                self.service.db.client,
                "--no-defaults",
                "--user=root",
                f"--socket={self.service.db.socket}",
                "vyte_hooks",
            ],
            stdin=subprocess.PIPE,
        )
        holder.stdin.write(
            b"BEGIN; SELECT * FROM vh_stats FOR UPDATE; SELECT SLEEP(7); COMMIT;\n"
        )
        holder.stdin.close()
        self.publish_many(50)
        self.sink.wait(51, "/held")
        assert holder.wait(20) == 0
        assert sender.stop(20) == 0
        assert self.states() == {"delivered": 51}
        self.everywhere([51, 0, 51, 0])
        assert self.counters("attempts") == {"delivered": 51}

    def test_3_several_workers(self):
        self.clear()
        for n in range(6):
            self.hook(f"/worker{n}")
        self.publish_many(200)
        done = self.service.send("--once", "--workers", "3")
        assert done.out.startswith("delivered 1400"), done
        self.everywhere([1400, 0, 1400, 0])

    def test_4_deliveries_do_not_depend_on_counts(self):
        self.clear()
        self.fresh("/anyway")
        self.service.db.sql(
            "ALTER TABLE vh_stats CHANGE failed f INT UNSIGNED NOT NULL DEFAULT 0"
        )
        self.publish_many(10)
        sender = self.service.start_sender()
        self.sink.wait(10, "/anyway")
        time.sleep(1.5)
        self.publish_many(10)
        self.sink.wait(20, "/anyway")
        assert sender.stop() == 0
        assert self.states() == {"delivered": 20}
        assert self.service.db.value("SELECT COUNT(*) FROM vh_attempts") == "20"
        self.service.db.sql(
            "ALTER TABLE vh_stats CHANGE f failed INT UNSIGNED NOT NULL DEFAULT 0"
        )


class Retention(CountCase):
    settings = {"retention": {"deliveries": "10d"}}

    def test_what_is_too_old_goes(self):
        """Minutes after two days, hours after what deliveries are kept, more
        of both than one step removes."""
        rows = ",".join(
            f"('o', {hook}, {step}, UTC_TIMESTAMP() - INTERVAL {age})"
            for step, age in (
                (1, "47 HOUR"),
                (1, "50 HOUR"),
                (60, "9 DAY"),
                (60, "12 DAY"),
            )
            for hook in range(2500)
        )
        self.service.db.sql(
            "INSERT INTO vh_stats (organization, hook_id, step, "
            f"start_at) VALUES {rows}"
        )
        sender = self.service.start_sender("--linger", "20s")

        def left():
            return self.service.db.sql(
                "SELECT step, COUNT(*) FROM vh_stats GROUP BY step ORDER BY step"
            )

        wait_until(
            lambda: left() == [["1", "2500"], ["60", "2500"]],
            15,
            "the end of what is old",
        )
        assert sender.stop() == 0
        assert (
            self.service.db.value(
                "SELECT MIN(start_at) > UTC_TIMESTAMP() - INTERVAL 48 HOUR "
                "FROM vh_stats WHERE step = 1"
            )
            == "1"
        )


if __name__ == "__main__":
    tap.main()
