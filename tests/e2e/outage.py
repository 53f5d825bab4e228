# SPDX-License-Identifier: MIT
"""Errors that last, such as a database that is away: each is reported once
an hour, and when it is over."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import time

import service
import tap
import where
from processes import wait_until
from receiver import Answer
from sendcase import LaneCase, SendCase


class Lasting(SendCase):
    """Any error that lasts is reported once an hour, with the status of
    each run, and when it is over."""

    def notes(self):
        [path] = (self.service.folder / "state").glob("conf-*.said")
        return path

    def earlier(self, seconds):
        """What is noted was so much earlier."""
        lines = []
        for line in self.notes().read_text().splitlines():
            key, began, said, seen, *rest = line.split(" ")
            lines.append(
                " ".join(
                    [key, *(str(int(t) - seconds) for t in (began, said, seen))]
                    + rest
                )
            )
        self.notes().write_text("\n".join(lines) + "\n")

    def said(self, status, *flags):
        done = self.service.send(*(flags or ("--linger", "0s")))
        assert done.status == status, done
        return done.err

    def lasts(self, status, word):
        first = self.said(status)
        assert len(first.splitlines()) == 1 and word in first, first
        assert self.said(status) == self.said(status) == ""
        assert self.said(status, "--once") == first, "a person asks"
        self.earlier(3500)
        assert self.said(status) == ""
        self.earlier(100)
        assert self.said(status) == first
        assert self.said(status) == ""

    def ends(self, word):
        self.earlier(2)
        line = self.said(0)
        assert len(line.splitlines()) == 1, line
        assert "over after" in line and word in line, line
        assert self.said(0) == ""

    def test_a_changed_password(self):
        self.said(0)
        self.service.write_config(
            service.SENDER, database={"password": "wrong"}
        )
        self.lasts(78, "Access denied")
        self.service.write_config(service.SENDER)
        self.ends("Access denied")

    def test_a_schema_of_another_version(self):
        self.said(0)
        version = self.service.db.value("SELECT version FROM vh_installation")
        self.service.db.sql("UPDATE vh_installation SET version = 999")
        try:
            self.lasts(78, "999")
        finally:
            self.service.db.sql(
                f"UPDATE vh_installation SET version = {version}"
            )
        self.ends("999")

    def test_a_configuration_that_is_wrong(self):
        self.said(0)
        self.service.write_config(
            service.SENDER, secrets={"key_file": "/nonexistent"}
        )
        self.lasts(78, "key_file")
        self.service.write_config(service.SENDER)
        self.ends("key_file")

    def test_more_than_one(self):
        """Each has its hour."""
        self.said(0)
        self.service.write_config(
            service.SENDER, secrets={"key_file": "/nonexistent"}
        )
        assert "key_file" in self.said(78)
        self.service.write_config(
            service.SENDER, database={"password": "wrong"}
        )
        assert "denied" in self.said(78)
        assert self.said(78) == ""
        self.service.write_config(service.SENDER)
        self.earlier(2)
        lines = self.said(0).splitlines()
        assert len(lines) == 2, lines

    def test_too_few_connections(self):
        """Some workers get none: said, with the status, and no outage."""
        self.service.write_config(service.SENDER, sender={"workers": "3"})
        self.fresh()
        self.service.db.sql(
            "ALTER USER 'hooks_sender'@'localhost' WITH MAX_USER_CONNECTIONS 1"
        )
        try:
            first = self.said(75, "--linger", "1s")
            assert "connection" in first, first
            assert "cannot be reached" not in first, first
            assert self.said(75, "--linger", "1s") == ""
        finally:
            self.service.db.sql(
                "ALTER USER 'hooks_sender'@'localhost' WITH "
                "MAX_USER_CONNECTIONS 0"
            )
        self.service.write_config(service.SENDER)
        self.ends("connection")

    def test_notes_of_other_hands(self):
        """Whatever is in the file: the message comes, and nothing hangs."""
        self.said(0)
        self.service.write_config(
            service.SENDER, secrets={"key_file": "/nonexistent"}
        )
        self.said(78)
        for text in (
            "x" * 100000,
            "0 " * 50 + "\n",
            "0123456789abcdef -1 99999999999999999999 1 1 text\n",
            "\0" * 1000 + "\n",
            "\n" * 1000,
        ):
            self.notes().write_text(text)
            assert "key_file" in self.said(78), text
        self.service.write_config(service.SENDER)
        self.said(0)
        self.notes().write_text("")

    def test_a_person_is_told_each_time(self):
        self.service.write_config(
            service.SENDER, secrets={"key_file": "/nonexistent"}
        )
        for _ in range(2):
            assert "key_file" in self.said(78, "--linger", "0s", "-v")
        self.service.write_config(service.SENDER)


class OutageInMidRun(SendCase):
    """Several workers, one line when it begins and one when it ends."""

    settings = {"sender": {"workers": "3", "lease": "30s"}}

    def state(self):
        return self.service.state("outage")

    def idle(self):
        return self.attempts() and not self.service.db.sql(
            "SELECT 1 FROM vh_lanes WHERE owner IS NOT NULL"
        )

    def test_it_is_told_once_and_ends(self):
        self.fresh()
        sender = self.service.start_sender("--linger", "60s")
        self.publish()
        self.sink.wait(1)
        # Killed at the COMMIT of a lane that is given back, it would also be
        # told, rightly, that the lease is gone.
        wait_until(self.idle, 15, "the lane given back")
        self.service.db.stop(signal.SIGKILL)
        wait_until(self.state().exists, 15, "an outage noted")
        time.sleep(1)
        self.service.db.start()
        wait_until(lambda: not self.state().exists(), 15, "its end")
        self.publish()
        self.sink.wait(2)
        status = sender.stop()
        lines = sender.errors().splitlines()
        assert status == 0, (status, lines)
        assert len(lines) == 2, lines
        assert "cannot be reached" in lines[0] and "back" in lines[1], lines

    def test_leases_that_are_gone_end_the_run(self):
        self.fresh()
        self.service.write_config(service.SENDER, sender={"lease": "8s"})
        sender = self.service.start_sender("--linger", "60s")
        self.publish()
        self.sink.wait(1)
        self.service.db.stop()
        try:
            assert sender.wait(40) == 75
            assert len(sender.errors().splitlines()) == 1, sender.errors()
        finally:
            self.service.db.start()
        self.service.write_config(service.SENDER)
        self.once()
        assert not self.state().exists()

    def test_told_to_stop_without_a_database(self):
        self.fresh()
        sender = self.service.start_sender("--linger", "60s")
        self.sink.script("/hook", then=Answer(200, delay=1))
        self.publish()
        self.sink.wait(1)
        self.service.db.stop(signal.SIGKILL)
        try:
            time.sleep(1.5)  # the outcome waits in memory
            begin = time.monotonic()
            assert sender.stop(number=signal.SIGTERM) == 75
            assert time.monotonic() - begin < 6, "5 s, and the test's own"
        finally:
            self.service.db.start()
        self.sink.script("/hook")
        self.once("delivered 1")
        assert self.sink.at()[-1].header("webhook-maybe-duplicate") == "1"

    def on_a_terminal(self, *flags):
        """The output for a person."""
        ours, theirs = pty.openpty()
        subprocess.run(
            [
                where.program("hooks-send"),
                "-c",
                self.service.config(service.SENDER),
                *flags,
            ],
            stderr=theirs,
            check=False,
            timeout=30,
        )
        os.close(theirs)
        with open(ours, "rb", 0) as terminal:
            return terminal.read(4096).decode()

    def test_a_note_of_other_hands(self):
        """Whatever is in the file, and whoever holds it: one line, no hang."""
        self.service.send("--once")
        self.service.db.stop()
        try:
            for text in (
                "-9223372036854775808 -9223372036854775808\n",
                "99999999999999999999 1\n",
                "1 2 3\n",
                "12\n",
                " 1 1\n",
                "\0" * 100,
                "9" * 1000,
            ):
                self.state().write_text(text)
                told = [self.service.send("--linger", "0s").err for _ in "ab"]
                assert "cannot be reached" in told[0], (text, told)
                assert told[1] == "", (text, told)
            with open(self.state(), "r+b") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                done = self.service.send("--linger", "0s")
                assert (done.status, done.err) == (75, ""), done
        finally:
            self.service.db.start()
        self.once()

    def test_once_an_hour(self):
        def told(begun, said):
            now = int(time.time())
            self.state().write_text(f"{now - begun} {now - said}\n")
            return self.service.send("--linger", "0s").err.splitlines()

        self.service.db.stop()
        try:
            assert told(3000, 3000) == []
            [line] = told(7300, 3700)
            assert "for 121 minutes" in line, line
            assert self.service.send("--linger", "0s").err == ""
            assert "cannot be reached" in self.on_a_terminal("--once")
        finally:
            self.service.db.start()
        done = self.service.send("--linger", "0s")
        [line] = done.err.splitlines()
        assert done.status == 0 and re.search(r"after 12\d minutes", line), line

    def test_a_binlog_that_refuses_every_write(self):
        self.fresh()
        if self.service.db.value("SELECT @@log_bin") != "1":
            self.service.db.stop()
            self.service.db.settings = ("--log-bin", "--server-id=1")
            self.service.db.start()
        self.service.db.sql("SET GLOBAL binlog_format = 'STATEMENT'")
        for flags in (["--once"], ["--linger", "0s"]):
            done = self.service.send(*flags)
            assert done.status == 78, done
            assert len(done.err.splitlines()) == 1, done
            [line] = done.err.splitlines()
            assert "binlog_format" in line and "ROW" in line, line
        self.service.db.sql("SET GLOBAL binlog_format = 'ROW'")
        self.publish()
        self.once("delivered 1")


class Overtaken(LaneCase):
    """Transactions that lose to others, as on Galera to any node's."""

    settings = {"sender": {"linger": "60s", "lease": "40s"}}

    def conflict(self, table):
        """From now on each change of a row is one that comes second."""
        self.service.db.sql(
            f"CREATE TRIGGER conflict BEFORE UPDATE ON vh_{table} FOR EACH ROW "
            "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213"
        )

    def agree(self):
        self.service.db.sql("DROP TRIGGER IF EXISTS conflict")

    def state(self):
        return self.service.state("outage")

    def test_a_conflict_is_no_outage(self):
        for n, table in enumerate(("notifications", "deliveries", "lanes")):
            self.fresh(f"/{table}")
            sender = self.service.start_sender()
            self.sink.script(f"/{table}", then=Answer(200, delay=0.3))
            if n:  # its outcome is what conflicts
                self.publish_many(1)
                self.sink.wait(1, f"/{table}")
            self.conflict(table)
            if not n:
                self.publish_many(1)
            try:
                time.sleep(3)
            finally:
                self.agree()
            wait_until(
                lambda: (
                    "pending" not in self.states() and self.sink.at(f"/{table}")
                ),
                10,
                table,
            )
            assert sender.stop() == 0
            assert sender.errors() == "", (table, sender.errors())
            assert len(self.sink.at(f"/{table}")) == 1, table

    def test_conflicts_without_end_are_an_outage(self):
        self.fresh()
        sender = self.service.start_sender()
        self.conflict("notifications")
        self.publish_many(1)
        try:
            wait_until(self.state().exists, 20, "an outage noted")
        finally:
            self.agree()
        self.sink.wait(1)
        wait_until(lambda: not self.state().exists(), 10, "its end")
        assert sender.stop() == 0
        lines = sender.errors().splitlines()
        assert len(lines) == 2, lines


tap.main()
