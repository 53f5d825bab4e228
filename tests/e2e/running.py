# SPDX-License-Identifier: MIT
"""How the sender runs: alone, lingering, stopped, together with the next one."""

import json
import os
import pathlib
import signal
import statistics
import time

import service
import tap
from processes import wait_until
from receiver import Answer
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


tap.main()
