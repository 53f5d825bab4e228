# SPDX-License-Identifier: MIT
"""
A request starts a sender where none is alive ([api] kick): it delivers, it is
alone, it makes way, and nothing is stranded at its end. No test has a cron.
"""

import contextlib
import fcntl
import os
import pathlib
import signal
import subprocess
import threading
import time

import doors
import processes
import service
import tap
from processes import wait_until
from sendcase import SendCase

SENDER_RIGHTS = {
    "user": service.ADMIN,
    "password": service.password_of(service.ADMIN),
}
# Of the lock's file: each sender that waits has locked this byte.
QUEUE_PLACE = (1 << 62) + 2
PUBLISH = b'{"action":"event.created","resource":{}}'


class _Kicked(SendCase):
    """As on shared hosting: one user, one configuration."""

    settings = {"sender": {"linger": "3s"}, "api": {"kick": "yes"}}

    def setup(self):
        super().setup()
        self.service.write_config(service.API, database=SENDER_RIGHTS)
        self.fresh()

    def sql(self, text):
        return self.service.db.sql(text)

    def started(self):
        """Senders of requests that run now: their processes, and when the last
        one was started."""
        pids = [
            pid
            for pid, words in processes.running(
                self.service.config(service.API)
            )
            if words[0].endswith("hooks-send")
        ]
        return pids, self.service.db.value("SELECT run_at FROM vh_installation")

    def quiet(self):
        """No sender of a request runs, and one may be started."""

        def ended():
            pids = self.started()[0]
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            return not pids

        wait_until(ended, 20, "the sender's end", 0.2)
        self.sql("UPDATE vh_installation SET run_at = NULL, run_lost = 0")
        self.sink.clear()

    def ago(self, seconds):
        """The last start was then."""
        self.sql(
            "UPDATE vh_installation SET run_at = "
            f"UTC_TIMESTAMP(3) - INTERVAL {seconds} SECOND"
        )

    def post(self):
        headers = [
            ("Authorization", self.key),
            ("Content-Type", "application/json"),
        ]
        answer = self.door.request(
            "POST", "/v2/notifications", headers, PUBLISH
        )
        assert answer.status == 202, answer


class Doors(_Kicked):
    variants = ("cgi", "lighttpd")

    def setup(self):
        super().setup()
        state = self.service.folder.for_nobody("kick") / "state"
        for user in (service.API, service.SENDER):
            self.service.write_config(
                user, database=SENDER_RIGHTS, sender={"state_dir": state}
            )
        self.door = doors.enter(self.variant, self.service)

    def test_1_the_first_one_goes_at_once(self):
        """Not even the folder was there."""
        self.quiet()
        begin = time.monotonic()
        self.post()
        self.sink.wait(1)
        print(f"# arrived after {(time.monotonic() - begin) * 1000:.0f} ms")
        pids, at = self.started()
        assert pids and at != "NULL"
        sessions, links = set(), set()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                sessions.add(os.getsid(pid))
                for number in range(3):
                    links.add(os.readlink(f"/proc/{pid}/fd/{number}"))
        assert len(sessions) == 1 and os.getsid(0) not in sessions, sessions
        assert links == {"/dev/null"}, links

    def test_2_none_beside_one_that_is_alive(self):
        self.ago(60)
        at = self.started()[1]
        self.post()
        self.sink.wait(2)
        self.quiet()
        sender = self.service.start_sender(
            "--linger", "60s", drop=self.variant != "cgi"
        )
        self.sql("UPDATE vh_installation SET run_at = NULL")
        wait_until(
            lambda: (
                self.service.db.value(
                    "SELECT COUNT(*) FROM vh_senders WHERE ended_at IS NULL"
                )
                == "1"
            ),
            20,
            "the sender's begin",
        )
        self.post()
        self.sink.wait(1)
        assert at != "NULL" and self.started() == ([], "NULL")
        assert sender.stop() == 0


class Answer(_Kicked):
    """The answer does not wait: it has come while the start is held up."""

    variants = ("cgi", "lighttpd")

    def setup(self):
        super().setup()
        state = self.service.folder.for_nobody("kick") / "state"
        self.service.write_config(
            service.API, database=SENDER_RIGHTS, sender={"state_dir": state}
        )
        self.door = doors.enter(self.variant, self.service)

    def is_held_up(self):
        return any(
            "UPDATE vh_installation" in str(row)
            for row in self.sql("SHOW FULL PROCESSLIST")
        )

    def test_it_has_come_before(self):
        with self.service.db.holding(
            "SELECT * FROM vh_installation FOR UPDATE"
        ):
            if self.variant == "cgi":
                process = self.door.begin(
                    "POST",
                    "/v2/notifications",
                    [
                        ("Authorization", self.key),
                        ("Content-Type", "application/json"),
                    ],
                    PUBLISH,
                )
                assert b"Status: 202" in process.stdout.read()
            else:
                self.post()
            wait_until(self.is_held_up, 1, "a start after the answer", 0)
        if self.variant == "cgi":
            assert process.wait(20) == 0
        self.quiet()


class End(_Kicked):
    def sender(self, *flags):
        sender = self.service.start_sender(*flags)
        wait_until(
            lambda: sender.running() and self.workers(sender),
            20,
            "the sender's workers",
        )
        return sender

    @staticmethod
    def workers(sender):
        pid = sender.process.pid
        path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return [int(word) for word in path.read_text().split()]

    def free(self):
        """Whether nobody has the turn."""
        looked = subprocess.run(
            [
                "python3",
                "-c",
                "import fcntl, sys\n"
                "with open(sys.argv[1], 'rb+') as f:\n"
                "    fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)\n",
                self.service.state("lock"),
            ],
            capture_output=True,
            check=False,
        )
        return looked.returncode == 0

    def test_at_most_one_in_ten_seconds(self):
        """One that was killed does not count as alive."""
        self.quiet()
        self.post()
        self.sink.wait(1)
        pids, at = self.started()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.started()[0], 10, "the sender's death")
        self.post()
        assert self.started() == ([], at)
        self.ago(11)
        self.post()
        self.sink.wait(3)
        self.quiet()

    def test_none_while_one_waits_for_its_turn(self):
        """The one before has ended, and the next one has not seen it yet."""
        self.quiet()
        with open(self.service.state("lock"), "rb") as lock:
            fcntl.lockf(lock, fcntl.LOCK_SH, 1, QUEUE_PLACE)
            self.post()
            assert self.started() == ([], "NULL")
        self.post()
        self.sink.wait(2)
        self.quiet()

    def test_it_goes_on_while_it_delivers(self):
        sender = self.sender("--idle", "3s")
        for n in range(3):
            self.publish()
            self.sink.wait(n + 1)
            time.sleep(1.5)
        assert sender.running()
        begin = time.monotonic()
        assert sender.wait(20) == 0
        assert time.monotonic() - begin < 15
        assert sender.errors() == ""
        self.quiet()

    def test_nothing_is_stranded_at_its_end(self):
        """What is published when the workers have looked for the last time,
        and the lock is still taken."""
        sender = self.sender("--idle", "2s")
        self.publish()
        self.sink.wait(1)
        workers = self.workers(sender)
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.post()
            assert self.started() == ([], "NULL"), "it is alive"
            wait_until(self.free, 30, "the end of the turn")
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGCONT)
        self.sink.wait(2)
        assert self.started() == ([], "NULL")
        assert sender.wait(30) == 0 and sender.errors() == ""
        self.quiet()

    def test_after_its_end_another_one_is_started(self):
        sender = self.sender("--idle", "2s")
        assert sender.wait(30) == 0
        self.post()
        self.sink.wait(1)
        assert self.started()[1] != "NULL"
        self.quiet()

    def test_it_makes_way_under_steady_traffic(self):
        """After [sender] linger, for one that waits."""
        sender = self.sender("--idle", "30s")
        stopped, count = threading.Event(), []

        def publish_on():
            while not stopped.is_set():
                self.service.publish_sql(
                    self.organization, "event.created", "{}"
                )
                count.append(1)
                time.sleep(0.1)

        thread = threading.Thread(target=publish_on)
        thread.start()
        try:
            self.sink.wait(5)
            crons = self.service.start_sender()
            assert sender.wait(20) == 0
            before = len(self.sink.at())
            self.sink.wait(before + 5)
            assert crons.running()
        finally:
            stopped.set()
            thread.join()
        self.sink.wait(len(count))
        assert len(self.sink.at()) == len(count), "nothing twice"
        assert crons.stop() == 0
        self.quiet()

    def test_it_waits_for_nobody(self):
        crons = self.sender("--linger", "60s")
        begin = time.monotonic()
        second = self.service.start_sender("--idle", "2s")
        assert second.wait(20) == 0 and second.errors() == ""
        assert time.monotonic() - begin < 8
        assert crons.stop() == 0
        assert self.service.send("--idle", "1s", "--once").status == 64
        assert self.service.send("--idle", "0s").status == 64


class Forbidden(_Kicked):
    """A start that comes to nothing: here, for lack of rights."""

    def setup(self):
        super().setup()
        self.service.write_config(service.API)

    def says(self):
        return self.service.admin("doctor"), self.service.admin("status")

    def test_it_is_said_and_less_often_tried(self):
        self.quiet()
        self.post()
        at = self.started()[1]
        assert at != "NULL"
        wait_until(lambda: not self.started()[0], 20, "its end")
        doctor, status = self.says()
        assert "ok\tkick\t" in doctor and "lost" not in status
        self.ago(31)
        doctor, status = self.says()
        assert "warn\tkick\t" in doctor and "kick = no" in doctor, doctor
        assert "sender\tlost\t" in status, status
        # A storm hides nothing: every start is half as frequent.
        for wait in (20, 40):
            self.ago(wait - 1)
            at = self.started()[1]
            self.post()
            assert self.started()[1] == at, wait
            self.ago(wait + 1)
            at = self.started()[1]
            self.post()
            assert self.started()[1] != at, wait
            doctor, status = self.says()
            assert "warn\tkick\t" in doctor, doctor
            assert "sender\tlost\t" in status, status
            wait_until(lambda: not self.started()[0], 20, "its end")
        assert not self.sink.at()
        # Any sender that works ends that.
        self.once()
        doctor, status = self.says()
        assert "ok\tkick\t" in doctor and "lost" not in status
        assert len(self.sink.at()) == 5
        self.ago(11)
        at = self.started()[1]
        self.post()
        assert self.started()[1] != at
        self.quiet()

    def test_without_the_right_to_start(self):
        """Published all the same."""
        self.once()
        self.quiet()
        self.sql("REVOKE UPDATE ON vh_installation FROM 'hooks_api'@localhost")
        self.sql("REVOKE SELECT ON vh_senders FROM 'hooks_api'@localhost")
        self.post()
        assert self.started() == ([], "NULL")
        self.sql("GRANT SELECT ON vh_senders TO 'hooks_api'@localhost")
        self.post()
        assert self.started() == ([], "NULL")
        self.once("delivered 2")

    def test_switched_off(self):
        self.once()
        self.quiet()
        self.service.write_config(
            service.API, database=SENDER_RIGHTS, api={"kick": "no"}
        )
        self.post()
        assert self.started() == ([], "NULL")
        self.once("delivered 1")


class Apart(_Kicked):
    """cron's sender is another user's, or another machine's."""

    def test_nothing_is_started(self):
        self.quiet()
        none = self.service.folder / "none"
        self.service.write_config(
            service.API, database=SENDER_RIGHTS, sender={"state_dir": none}
        )
        assert self.service.send("--linger", "0s").status == 0
        self.post()
        assert self.started() == ([], "NULL")
        assert not none.exists(), "the API only looks"
        # Nor when this user's folder is there, from earlier.
        none.mkdir(0o700)
        self.post()
        assert self.started() == ([], "NULL")
        if os.geteuid() == 0:
            os.chown(none, processes.NOBODY, processes.NOBODY)
            self.sql("UPDATE vh_senders SET cron_at = NULL")
            self.post()
            assert self.started() == ([], "NULL")
            os.chown(none, 0, 0)
        # There is none of cron's any more.
        self.sql(
            "UPDATE vh_senders SET cron_at = UTC_TIMESTAMP(3) - INTERVAL 2 DAY"
        )
        self.post()
        self.sink.wait(1)
        assert self.started()[1] != "NULL"
        self.quiet()

    def test_another_machine_s_sender_is_at_work(self):
        self.service.write_config(service.API, database=SENDER_RIGHTS)
        self.quiet()
        self.sql(
            "INSERT INTO vh_senders (host, started_at, seen_at) VALUES "
            "('another', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))"
        )
        self.post()
        assert self.started() == ([], "NULL")
        self.sql("UPDATE vh_senders SET ended_at = UTC_TIMESTAMP(3)")
        self.post()
        assert self.started()[1] != "NULL"
        self.quiet()


class Unheard(_Kicked):
    """What nobody reads is not taken for said."""

    def run_deaf(self):
        sender = self.service.start_sender(
            "--linger", "0s", stderr=subprocess.DEVNULL
        )
        return sender.wait(30)

    def notes(self):
        state = self.service.folder / "state"
        return [
            path.name
            for what in ("*.said", "*.outage")
            for path in state.glob(what)
            if path.stat().st_size
        ]

    def test_cron_mails_it_all_the_same(self):
        assert self.run_deaf() == 0
        for change, status, word in (
            ({"password": "wrong"}, 78, "Access denied"),
            ({"socket": "/nonexistent"}, 75, "cannot be reached"),
        ):
            self.service.write_config(service.SENDER, database=change)
            assert self.run_deaf() == status
            assert not self.notes()
            done = self.service.send("--linger", "0s")
            assert done.status == status and word in done.err, done
            assert self.service.send("--linger", "0s").err == "", "it is said"
            if status == 78:
                self.service.write_config(service.SENDER)
                time.sleep(1.1)  # reports have times of whole seconds
                assert self.run_deaf() == 0
                done = self.service.send("--linger", "0s")
                assert "over after" in done.err, done


tap.main()
