# SPDX-License-Identifier: MIT
"""How the sender runs: alone, lingering, stopped, without a database."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import statistics
import subprocess
import time

import service
import tap
import where
from processes import wait_until
from receiver import Answer, Hang
from sendcase import LaneCase, SendCase


def _cpu_s(sender):
    """Of its workers."""
    pid, used = sender.process.pid, 0
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    for worker in children.split():
        stat = pathlib.Path(f"/proc/{worker}/stat").read_text()
        used += sum(int(n) for n in stat.rpartition(")")[2].split()[11:13])
    return used / os.sysconf("SC_CLK_TCK")


def fill(pipe):
    os.set_blocking(pipe, False)
    try:
        while True:
            os.write(pipe, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(pipe, True)


class Lingering(SendCase):
    settings = {"sender": {"linger": "20s"}}

    def started(self):
        """A sender that has taken up its work."""
        self.fresh("/warm")
        sender = self.service.start_sender()
        self.publish()
        self.sink.wait(1, "/warm")
        return sender

    def test_what_is_published_later_arrives_at_once(self):
        sender = self.started()
        waits = []
        for n in range(15):
            begin = time.time()
            self.service.publish_sql(
                self.organization, "event.created", json.dumps({"n": n})
            )
            arrived = self.sink.wait(n + 2, "/warm")[-1].time
            waits.append(arrived - begin)
        assert statistics.median(waits) < 1, waits
        assert sender.stop() == 0

    def test_a_kept_connection_closed_by_its_other_end(self):
        """It is noticed once, not again and again."""
        sender = self.started()
        self.sink.script("/warm", lambda link: Answer()(link) and False)
        self.publish()
        self.sink.wait(2, "/warm")
        time.sleep(0.3)
        before = _cpu_s(sender)
        time.sleep(1)
        assert _cpu_s(sender) - before < 0.2
        self.publish()
        self.sink.wait(3, "/warm")
        assert sender.stop() == 0

    def test_terminated_cleanly(self):
        sender = self.started()
        begin = time.monotonic()
        assert sender.stop(number=signal.SIGTERM) == 0
        assert time.monotonic() - begin < 5
        assert sender.errors() == "", "cron mails what a job prints"

    def test_terminated_before_it_has_read_its_configuration(self):
        usual = self.service.config(service.SENDER)
        slow = self.service.folder / "slow.conf"
        os.mkfifo(slow, 0o600)
        sender = self.service.start_sender(config=slow)
        with open(slow, "wb") as pipe:  # it has come to reading it
            sender.send_signal(signal.SIGTERM)
            pipe.write(usual.read_bytes())
        assert sender.wait(5) == 0

    def test_terminated_with_a_request_in_flight(self):
        sender = self.started()
        self.sink.script("/warm", Answer(200, delay=1))
        self.publish()
        self.sink.wait(2, "/warm")
        assert sender.stop(number=signal.SIGINT) == 0
        assert self.attempts()[0][1] == "200", "finished, not given back"

    def test_silent_when_all_is_well(self):
        self.fresh()
        self.publish()
        done = self.service.send("--linger", "1s")
        assert (done.status, done.out, done.err) == (0, "", ""), done
        assert len(self.sink.at()) == 1

    def test_a_log_that_nobody_reads(self):
        """It ends in time, though it has things to say."""
        self.fresh("/full")
        reading, writing = os.pipe()
        fill(writing)
        sender = self.service.start_sender("-v", stderr=writing)
        os.close(writing)
        self.publish()
        self.sink.wait(1, "/full")
        assert sender.stop() == 0
        os.close(reading)

    def test_a_worker_that_dies(self):
        """The other workers go on, and the run reports it and fails."""
        sender = self.started()
        children = pathlib.Path(
            f"/proc/{sender.process.pid}/task/{sender.process.pid}/children"
        )
        for pid in children.read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        assert sender.wait(20) == 70
        assert "died of signal 9" in sender.errors()

    def test_killed_and_started_again(self):
        """Requests in flight come again, marked; nothing is lost."""
        sender = self.started()
        self.sink.script("/warm", Answer(200, delay=5))
        self.publish()
        self.sink.wait(2, "/warm")
        sender.stop(number=signal.SIGKILL)
        again = self.service.start_sender()
        third = self.sink.wait(3, "/warm", seconds=15)[2]
        assert third.header("webhook-maybe-duplicate") == "1", third.headers
        assert third.header("webhook-id") == self.sink.at("/warm")[1].header(
            "webhook-id"
        )
        assert again.stop() == 0


class Trouble(SendCase):
    def sender(self, *flags, config=None):
        return self.service.run(
            "hooks-send",
            *flags,
            config=config or self.service.config(service.SENDER),
        )

    def test_wrong_configuration_names_file_line_and_key(self):
        path = self.service.folder / "wrong.conf"
        for line, key in (
            ("concurency = 5", "concurency"),
            ("concurrency = many", "concurrency"),
            ("timeout = 15 years", "timeout"),
        ):
            path.write_text(f"[sender]\n{line}\n")
            for program in ("hooks-send", "hooks-admin"):
                args = ["config"] if program == "hooks-admin" else ["--once"]
                done = self.service.run(program, *args, config=path)
                assert done.status == 78, done
                assert f"{path}:2" in done.err and key in done.err, done

    def test_password_in_a_readable_file(self):
        path = self.service.folder / "open.conf"
        path.write_text("[database]\npassword = x\n")
        path.chmod(0o644)
        done = self.sender("--once", config=path)
        assert done.status == 78 and "password" in done.err, done

    def test_missing_file(self):
        done = self.sender("--once", config=self.service.folder / "none.conf")
        assert done.status == 78 and "none.conf" in done.err, done

    def test_usage(self):
        for flags in (
            ["--nothing"],
            ["--linger"],
            ["--once", "--linger", "5s"],
            ["--linger", "soon"],
            ["extra"],
        ):
            assert self.sender(*flags).status == 64, flags

    def test_database_away_and_back(self):
        self.fresh()
        self.publish()
        self.service.db.stop()
        try:
            for program, args in (
                ("hooks-send", ["--once"]),
                ("hooks-send", []),
                ("hooks-admin", ["status"]),
            ):
                done = self.service.run(
                    program, *args, config=self.service.config(service.SENDER)
                )
                assert done.status == 75, (program, done)
        finally:
            self.service.db.start()
        self.once("delivered 1,")
        assert len(self.sink.at()) == 1

    def test_an_outage_is_told_once(self):
        self.once()
        self.service.db.stop()
        try:
            told = [self.sender().err for _ in range(3)]
            state = self.service.state("outage")
            began, said = state.read_text().split()
            state.write_text(f"{int(began) - 7200} {int(said) - 3600}\n")
            hour = [self.sender().err for _ in range(2)]
            assert "120 minutes" in hour[0] and hour[1] == "", hour
        finally:
            self.service.db.start()
        assert len(told[0].splitlines()) == 1 and told[1:] == ["", ""], told
        after = [self.sender("--linger", "0s").err for _ in range(2)]
        assert len(after[0].splitlines()) == 1 and after[1] == "", after

    def test_database_lost_in_mid_run(self):
        self.fresh()
        sender = self.service.start_sender("--linger", "30s")
        self.sink.script("/hook", Answer(200, delay=1.5))
        self.publish()
        self.sink.wait(1)
        self.service.db.stop(signal.SIGKILL)
        time.sleep(2)
        self.service.db.start()
        wait_until(lambda: self.attempts() != [], 15, "the attempt's record")
        assert self.attempts()[0][1] == "200"
        assert len(self.sink.at()) == 1, "recorded, not sent again"
        assert sender.stop() == 0


class Folder(SendCase):
    """[sender] state_dir: this user's alone, or a message that names it."""

    def sender(self, *flags, state=None, **options):
        config = self.service.write_config(
            service.SENDER, sender={"state_dir": state}
        )
        done = subprocess.run(
            [where.program("hooks-send"), "-c", config, *flags],
            capture_output=True,
            timeout=30,
            check=False,
            **options,
        )
        return service.Done(done)

    def test_it_is_made(self):
        folder = self.service.folder / "made"
        done = self.sender("--linger", "0s", state=folder)
        assert (done.status, done.err) == (0, ""), done
        assert folder.stat().st_mode & 0o7777 == 0o700, folder.stat()
        [lock] = folder.iterdir()
        assert re.fullmatch(r"send-[0-9a-f]{8}\.lock", lock.name), lock
        assert lock.stat().st_mode & 0o7777 == 0o600, lock.stat()

    def refused(self, folder, why):
        done = self.sender("--linger", "0s", state=folder)
        assert done.status == 78, done
        assert str(folder) in done.err and why in done.err, done
        # This one can do without.
        self.publish()
        done = self.sender("--once", state=folder)
        assert done.status == 0 and not done.err, done

    def test_what_is_refused(self):
        top = self.service.folder.path
        (top / "open").mkdir(0o750)
        self.refused(top / "open", "not for this user alone")
        (top / "real").mkdir(0o700)
        (top / "link").symlink_to(top / "real")
        self.refused(top / "link", "not a folder")
        (top / "file").touch(0o600)
        self.refused(top / "file", "not a folder")
        self.refused(top / "none" / "deep", "No such file")
        if os.geteuid() == 0:
            (top / "theirs").mkdir(0o700)
            os.chown(top / "theirs", 1, 1)
            self.refused(top / "theirs", "another user")

    def test_a_lock_that_is_none(self):
        """Nothing under its name makes a sender wait."""
        top = self.service.folder / "odd"
        self.sender("--linger", "0s", state=top)
        [lock] = top.iterdir()
        lock.unlink()
        os.mkfifo(lock, 0o600)
        self.refused(top, "")
        lock.unlink()
        lock.symlink_to("/dev/null")
        self.refused(top, "")
        lock.unlink()
        (top / "other").touch(0o600)
        lock.hardlink_to(top / "other")
        self.refused(top, "second name")

    def test_a_path_that_is_not_absolute(self):
        done = self.sender("--once", state="state")
        assert done.status == 78 and "state_dir" in done.err, done

    def test_the_key_that_was_before(self):
        """It is a warning, and has no effect."""
        config = self.service.write_config(
            service.SENDER, sender={"lock_file": "/nonexistent/lock"}
        )
        done = self.service.run("hooks-send", "--once", "-v", config=config)
        assert done.status == 0 and "lock_file" in done.err, done
        done = self.service.run("hooks-send", "--once", config=config)
        assert done.status == 0 and not done.err, done

    def test_by_default_it_is_in_the_home_of_the_password_database(self):
        """Also where cron gives no HOME. In a namespace of its own, root has
        another home."""
        home = self.service.folder / "home"
        home.mkdir()
        passwd = self.service.folder / "passwd"
        passwd.write_text(f"root:x:0:0:x:{home}:/bin/sh\n")
        config = self.service.write_config(
            service.SENDER, sender={"state_dir": None}
        )
        done = subprocess.run(
            ["unshare", "-m" if os.geteuid() == 0 else "-rm"]
            + ["env", "-i", "sh", "-ec"]
            + ['mount --bind "$0" /etc/passwd; exec "$@" --linger 0s']
            + [passwd, where.program("hooks-send"), "-c", config],
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.stderr.startswith(b"unshare:"):
            print("# no namespaces here:", done.stderr.decode().strip())
            return
        assert done.returncode == 0 and not done.stderr, done
        [lock] = (home / ".vyte-hooks").iterdir()
        assert lock.name.endswith(".lock"), lock


class Lasting(SendCase):
    """What lasts is reported once an hour, whatever it is, with the status of
    each run; and when it is over."""

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

    def test_it_is_no_outage(self):
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

    def test_it_is_told_when_it_does_not_end(self):
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


class Ending(LaneCase):
    """Draining: the end of a run is the beginning of the next."""

    settings = {"sender": {"timeout": "8s", "lease": "20s", "workers": "2"}}

    def test_the_next_one_starts_while_this_one_finishes(self):
        self.fresh("/slow", "event.created")
        self.hook("/quick", "user.joined")
        self.sink.script("/slow", then=Answer(200, delay=5))
        self.publish_many(30)
        first = self.service.start_sender("--linger", "1s")
        began = time.monotonic()
        self.sink.wait(4, "/slow")
        time.sleep(max(0, 1.5 - (time.monotonic() - began)))
        taken = len(self.sink.at("/slow"))
        assert first.running(), "its requests are under way"
        second = self.service.start_sender("--linger", "20s")
        self.publish("{}", "user.joined")
        self.sink.wait(1, "/quick", 3)
        assert first.running()
        assert first.wait(12) == 0 and first.errors() == ""
        self.sink.script("/slow")
        wait_until(lambda: "pending" not in self.states(), 15, "the rest")
        assert second.stop() == 0
        got = [
            self.number(r)
            for r in self.sink.at("/slow")
            if b"user.joined" not in r.body
        ]
        assert sorted(got) == list(range(30)), "nothing twice"
        assert taken <= 8 + 1, "at the end nothing new was taken"

    def test_workers(self):
        self.fresh()
        for flags, count in (((), 2), (("--workers", "5"), 5)):
            self.works_with(count, *flags)

    def test_as_many_workers_as_suit(self):
        """A core each, four at most, a third of the connections at most."""
        self.service.write_config(service.SENDER, sender={"workers": "0"})
        limit = (
            f"ALTER USER '{service.SENDER}'@'localhost' "
            "WITH MAX_USER_CONNECTIONS"
        )
        sql = self.service.db.sql
        cores = len(os.sched_getaffinity(0))
        try:
            self.works_with(min(cores, 4))
            sql(f"{limit} 5")
            self.works_with(1)
            sql(f"{limit} 0")
            os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
            self.works_with(1)
        finally:
            sql(f"{limit} 0")
            os.sched_setaffinity(0, range(os.cpu_count()))
            self.service.write_config(service.SENDER)

    def works_with(self, count, *flags):
        sender = self.service.start_sender("--linger", "20s", *flags)
        pid = sender.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        wait_until(
            lambda: (
                sum(
                    1
                    for child in children.read_text().split()
                    if self.is_worker(child)
                )
                == count
            ),
            5,
            f"{count} workers",
        )
        assert sender.stop() == 0

    @staticmethod
    def is_worker(pid):
        """It has two threads; what does the chores has one."""
        try:
            return len(os.listdir(f"/proc/{pid}/task")) > 1
        except FileNotFoundError:
            return False


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

    def test_a_row_without_its_notification_turns_nothing(self):
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
