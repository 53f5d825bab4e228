# SPDX-License-Identifier: MIT
"""`hooks-send --once`, and the messages of a run."""

import os
import pty
import re
import select
import signal
import subprocess
import time

import service
import tap
import where
from processes import wait_until
from receiver import Answer, Hang
from sendcase import LaneCase


class Once(LaneCase):
    """--once, to the letter."""

    settings = {
        "sender": {"retry_schedule": "0s 1h", "timeout": "8s", "lease": "20s"}
    }

    def test_one_attempt_each_even_where_the_next_is_due(self):
        self.fresh()
        self.sink.script("/hook", then=Answer(500))
        self.publish_many(5)
        self.once("delivered 0, failed 0, retrying 5, held 0 in ")
        assert len(self.sink.at()) == 5

    def test_what_is_published_later_is_not_waited_for(self):
        self.fresh()
        self.sink.script("/hook", then=Answer(200, delay=1))
        self.publish_many(1)
        sender = self.service.start_sender("--once")
        self.sink.wait(1)
        self.publish_many(3, first=1)
        assert sender.wait() == 0
        assert len(self.sink.at()) == 1
        self.once("delivered 3, failed 0, retrying 0, held 0 in ")

    def test_nothing_is_waited_for(self):
        """A rate, an order, a suspension, somebody else's lease."""
        self.fresh("/rate", "event.created")
        self.set(rate_limit=2)
        self.hook("/order", "event.updated")
        self.service.db.sql(
            "UPDATE vh_hooks SET ordered = 1 WHERE action = 'event.updated'"
        )
        self.sink.script("/order", then=Answer(500))
        self.hook("/suspended", "event.voted")
        self.hook("/leased", "user.joined")
        self.service.db.sql(
            "UPDATE vh_lanes l JOIN vh_hooks h ON h.id = l.hook_id SET "
            "put_off = 1, "
            "suspended_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, next_at = "
            "UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE action = 'event.voted'"
        )
        self.service.db.sql(
            "UPDATE vh_lanes l JOIN vh_hooks h ON h.id = l.hook_id SET owner = "
            "'elsewhere:0', next_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR "
            "WHERE action = 'user.joined'"
        )
        for action in (
            "event.created",
            "event.updated",
            "event.voted",
            "user.joined",
        ):
            self.publish_many(5, action=action)
        begin = time.monotonic()
        self.once("delivered 2, failed 0, retrying 18, held 0 in ")
        assert time.monotonic() - begin < 5
        assert len(self.sink.at("/rate")) == 2
        assert len(self.sink.at("/order")) == 1
        assert not self.sink.at("/suspended") + self.sink.at("/leased")

    def test_while_another_one_lingers(self):
        self.fresh()
        sender = self.service.start_sender("--linger", "20s")
        # Before its first line it can only die of a signal.
        wait_until(
            lambda: (
                self.service.db.value(
                    "SELECT COUNT(*) FROM vh_senders WHERE ended_at IS NULL"
                )
                == "1"
            ),
            20,
            "its start",
        )
        done = self.service.send("--once")
        assert done.status == 0 and done.out.startswith("delivered 0,"), done
        assert sender.running()
        status = sender.stop()
        assert status == 0, (status, sender.errors())

    def test_a_row_without_its_notification_does_no_harm(self):
        """Somebody deleted it by hand."""
        self.fresh()
        self.publish_many(3)
        self.service.db.sql(
            "UPDATE vh_hooks SET enabled = 0, updated_at = UTC_TIMESTAMP(3)"
        )
        self.once("delivered 0, failed 0, retrying 0, held 3 in ")
        self.service.db.sql(
            "DELETE n FROM vh_notifications n JOIN vh_deliveries d ON "
            "d.notification_id = n.id WHERE d.state = 'pending'"
        )
        hook = self.service.admin("hook", "list", self.organization).split(
            "\t"
        )[0]
        self.service.admin("hook", "enable", hook)
        self.once("delivered 0")
        rows = self.service.db.sql(
            "SELECT state, reason FROM vh_deliveries ORDER BY id DESC LIMIT 3"
        )
        assert rows == [["failed", "its notification is gone"]] * 3, rows


class Words(LaneCase):
    """The messages of a run."""

    LINE = re.compile(
        r"delivered \d+, failed \d+, retrying \d+, held \d+ "
        r"in \d+ s"
    )
    LIVE = re.compile(r"\rdelivered (\d+), failed (\d+), (\d+)/s, due (\d+)")

    def on_a_terminal(self, *flags):
        """The text on standard output when that is a terminal."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [
                where.program("hooks-send"),
                "-c",
                self.service.config(service.SENDER),
                *flags,
            ],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        text = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                text += os.read(ours, 65536)
            except OSError:
                break  # the other end is closed
        os.close(ours)
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
        return text.decode()

    def test_progress_on_a_terminal(self):
        self.fresh()
        self.sink.script("/hook", then=Answer(200, delay=0.25))
        self.publish_many(60)
        text = self.on_a_terminal("--progress", "--linger", "4s")
        live = [tuple(map(int, found)) for found in self.LIVE.findall(text)]
        assert len(live) >= 3, text
        assert live[0][0] <= live[1][0] <= live[-1][0] <= 60, live
        assert any(rate for _, _, rate, _ in live), live
        assert max(due for *_, due in live) > 20, live
        *_, last = text.rstrip().split("\n")
        assert self.LINE.fullmatch(last.strip()), text

    def test_progress_elsewhere_is_the_last_line_alone(self):
        self.fresh()
        self.publish()
        done = self.service.send("--progress", "--linger", "1s")
        [line] = done.out.splitlines()
        assert line.startswith("delivered 1,") and self.LINE.fullmatch(line)
        assert done.err == "", done

    def test_verbose_has_a_summary_in_the_log_too(self):
        self.fresh()
        self.publish()
        done = self.service.send("-v", "--linger", "1s")
        [line] = done.out.splitlines()
        assert self.LINE.fullmatch(line), done
        assert line in done.err.splitlines()[-1], done

    def test_status_says_what_the_last_run_did(self):
        self.fresh()
        self.sink.script("/hook", Answer(500))
        self.publish_many(3)
        self.once("delivered 2, failed 0, retrying 1,")
        [row] = [
            line.split("\t")
            for line in self.service.admin("status").splitlines()
            if line.startswith("last sender run")
        ]
        assert (
            row[3].startswith("ended ")
            and row[4] == "delivered 2, failed 0, retried 1"
        ), row
        sender = self.service.start_sender("--linger", "20s")
        wait_until(
            lambda: "\tseen " in self.service.admin("status"),
            5,
            "a sender at work",
        )
        assert sender.stop() == 0

    def test_terminated_while_requests_hang(self):
        self.fresh()
        self.sink.script("/hook", then=Hang())
        self.publish_many(20)
        sender = self.service.start_sender("--linger", "30s")
        self.sink.wait(4)
        begin = time.monotonic()
        assert sender.stop(number=signal.SIGTERM) == 0
        assert time.monotonic() - begin < 5.5
        rows = self.service.db.sql(
            "SELECT error FROM vh_attempts a JOIN vh_deliveries d ON d.id = "
            "a.delivery_id WHERE d.state = 'pending'"
        )
        assert len(rows) >= 4 and {r for (r,) in rows} <= {
            "stopped",
            "timeout",
        }, rows
        assert (
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_lanes WHERE owner IS NOT NULL"
            )
            == "0"
        ), "given back"


tap.main()
