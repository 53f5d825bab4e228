# SPDX-License-Identifier: MIT
"""
Publishers of the same host and user wake a sender that waits: it would look
for itself only after a time that no test waits for.
"""

import os
import signal
import subprocess
import time

import doors
import processes
import service
import tap
from receiver import Answer
from sendcase import SendCase

POLL = 30  # seconds
SOON = 15  # half of it: also on a busy machine


class WokenCase(SendCase):
    """A sender that has just begun looks once, and then after [sender] poll;
    after work it would look more often."""

    settings = {
        "sender": {"linger": "300s", "poll": f"{POLL}s", "lease": "120s"}
    }

    def waiting(self, *flags):
        sender = self.service.start_sender(*flags)
        processes.wait_until(
            lambda: self.fifo().exists() and self.looked(), 20, "a first look"
        )
        time.sleep(0.3)
        return sender

    def fifo(self):
        return self.service.state("wake")

    def looked(self):
        """A sign of life comes before the first look."""
        rows = self.service.db.sql(
            "SELECT COUNT(*) FROM vh_senders WHERE ended_at IS NULL"
        )
        return rows == [["1"]]

    def request(self, path, method="POST", body=None):
        answer = self.door.request(
            method, path, [("Authorization", self.key)], body
        )
        assert answer.status in (200, 201, 202), answer
        return answer.json()

    def publish_http(self):
        self.request(
            "/v2/notifications",
            body=b'{"action":"event.created","resource":{}}',
        )


class Woken(WokenCase):
    def arrives_soon(self, act, path="/hook"):
        """What is done while a sender waits."""
        count = len(self.sink.at(path))
        sender = self.waiting()
        try:
            act()
            self.sink.wait(count + 1, path, seconds=SOON)
        finally:
            assert sender.stop() == 0

    def test_published_by_http(self):
        self.fresh()
        self.arrives_soon(self.publish_http)

    def test_published_by_command(self):
        self.fresh()
        self.arrives_soon(self.publish)

    def test_published_with_sql_nobody_is_woken(self):
        """So the other tests can fail."""
        self.fresh()
        sender = self.waiting()
        self.service.publish_sql(self.organization, "event.created", "{}")
        time.sleep(2)
        assert not self.sink.at()
        self.publish_http()
        self.sink.wait(2, seconds=SOON)
        assert sender.stop() == 0

    def test_a_ping(self):
        hook = self.fresh()
        self.arrives_soon(lambda: self.request(f"/v2/hooks/{hook}/ping"))

    def test_sent_again(self):
        hook = self.fresh()
        self.publish()
        self.once("delivered 1")
        [delivery] = self.request("/v2/deliveries?limit=1", "GET")
        self.arrives_soon(
            lambda: self.request(f"/v2/deliveries/{delivery['_id']}/redeliver")
        )
        self.arrives_soon(
            lambda: self.request(
                f"/v2/hooks/{hook}/replay",
                body=b'{"since":"2020-01-01T00:00:00Z","states":["delivered"]}',
            )
        )

    def test_enabled(self):
        hook = self.fresh()
        self.request(f"/v2/hooks/{hook}/disable")
        self.publish()
        self.once("delivered 0")
        self.arrives_soon(lambda: self.request(f"/v2/hooks/{hook}/enable"))
        self.service.admin("hook", "disable", hook)
        self.publish()
        self.once("delivered 0")
        self.arrives_soon(lambda: self.service.admin("hook", "enable", hook))

    def test_resumed(self):
        hook = self.fresh()
        self.sink.script(
            "/hook",
            Answer(503, headers=[("Retry-After", "3600")]),
            then=Answer(200),
        )
        self.publish()
        self.once("delivered 0")
        self.arrives_soon(lambda: self.request(f"/v2/hooks/{hook}/resume"))

    def test_every_worker_can_be_woken(self):
        self.fresh()
        for number in range(2):
            sender = self.waiting("--workers", "2")
            pid = sender.process.pid
            children = subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(pid)],
                capture_output=True,
                check=True,
            )
            stopped = int(children.stdout.split()[number])
            count = len(self.sink.at())
            os.kill(stopped, signal.SIGSTOP)
            try:
                self.publish_http()
                self.sink.wait(count + 1, seconds=SOON)
            finally:
                os.kill(stopped, signal.SIGCONT)
            assert sender.stop() == 0

    def test_the_next_sender_is_woken(self):
        """A FIFO of its own, not that of one that is at its end."""
        self.fresh()
        first = self.waiting()
        before = self.fifo().stat().st_ino
        first.stop(number=signal.SIGKILL)
        second = self.service.start_sender()
        processes.wait_until(
            lambda: self.fifo().stat().st_ino != before, 20, "another FIFO"
        )
        time.sleep(0.5)
        self.publish_http()
        self.sink.wait(1, seconds=SOON)
        assert second.stop() == 0


class Harmless(WokenCase):
    """Nothing depends on it, whatever lies where the FIFO should be."""

    def publishes(self):
        """At once, and without a word."""
        begin = time.monotonic()
        self.publish_http()
        self.publish()
        assert time.monotonic() - begin < 10

    def test_what_else_may_be_there(self):
        self.fresh()
        self.once()  # makes the folder
        fifo = self.fifo()
        other = self.service.folder / "other"
        other.write_text("as it was")
        for put in (
            lambda: None,
            lambda: fifo.write_text("as it was"),
            fifo.mkdir,
            lambda: fifo.symlink_to(other),
            lambda: fifo.symlink_to("nowhere"),
            lambda: os.mkfifo(fifo, 0o600),
        ):
            put()
            self.publishes()
            if fifo.is_dir():
                fifo.rmdir()
            elif fifo.is_file() and not fifo.is_symlink():
                assert fifo.read_text() == "as it was"
            fifo.unlink(missing_ok=True)
        assert other.read_text() == "as it was"

    def test_one_of_another_user(self):
        if os.geteuid() != 0:
            return
        self.fresh()
        self.once()
        os.mkfifo(self.fifo(), 0o600)
        os.chown(self.fifo(), processes.NOBODY, processes.NOBODY)
        with open(self.fifo(), "rb+", buffering=0) as theirs:
            os.set_blocking(theirs.fileno(), False)
            self.publishes()
            assert theirs.read(10) is None, "nothing was sent there"
        self.fifo().unlink()

    def test_one_that_is_full(self):
        self.fresh()
        sender = self.waiting()
        sender.send_signal(signal.SIGSTOP)
        for pid, _ in processes.running(self.service.config(service.SENDER)):
            os.kill(pid, signal.SIGSTOP)
        try:
            with open(self.fifo(), "rb+", buffering=0) as full:
                os.set_blocking(full.fileno(), False)
                while full.write(b"x" * 4096):
                    pass
            self.publishes()
        finally:
            for pid, _ in processes.running(
                self.service.config(service.SENDER)
            ):
                os.kill(pid, signal.SIGCONT)
        self.sink.wait(2, seconds=SOON)
        assert sender.stop() == 0


class Apart(WokenCase):
    """API and sender are different users: doctor says it."""

    def wakeup(self):
        done = self.service.run(
            "hooks-admin", "doctor", config=self.service.config(service.ADMIN)
        )
        [line] = [
            line for line in done.out.splitlines() if "\twake-up\t" in line
        ]
        return line

    def test_doctor_says_so(self):
        if os.geteuid() != 0:
            return
        self.fresh()
        self.once()
        self.publish_http()
        assert self.wakeup().startswith("ok"), self.wakeup()
        web = doors.enter("lighttpd", self.service)  # as nobody
        answer = web.request(
            "POST",
            "/v2/notifications",
            [("Authorization", self.key), ("Content-Type", "application/json")],
            b'{"action":"event.created","resource":{}}',
        )
        assert answer.status == 202, answer
        line = self.wakeup()
        assert line.startswith("warn") and "nobody" in line, line
        assert f"{POLL}s" in line, line


tap.main()
