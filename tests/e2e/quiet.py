# SPDX-License-Identifier: MIT
"""
A sender without work: what it asks of the database, that its workers share
the looking, and how soon it sees what comes all the same.
"""

import os
import pathlib
import signal
import statistics
import time

import tap
from processes import wait_until
from receiver import Answer
from sendcase import SendCase


class QuietCase(SendCase):
    """A sender of several workers."""

    workers = 3
    settings = {"sender": {"linger": "300s"}}

    def setup(self):
        super().setup()
        self.sender = self.service.start_sender("--workers", str(self.workers))
        self.hook()
        self.publish()
        self.sink.wait(1)

    def worker(self, number):
        """The process id of one: they are started in their order."""
        pid = self.sender.process.pid
        path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return int(path.read_text().split()[number])

    def status(self, name):
        """A counter of the server's, without the statements that ask."""
        rows = self.service.db.sql(f"SHOW GLOBAL STATUS LIKE '{name}'")
        return int(rows[0][1])

    def asked(self, seconds):
        """Statements a second, this question's own included."""
        before, begin = self.status("Questions"), time.monotonic()
        time.sleep(seconds)
        after, end = self.status("Questions"), time.monotonic()
        return (after - before) / (end - begin)

    def publish_and_wait(self):
        """The time from publishing with SQL to the arrival, in seconds."""
        count = len(self.sink.at())
        begin = time.time()
        self.service.publish_sql(self.organization, "event.created", "{}")
        return self.sink.wait(count + 1)[-1].time - begin


class Idle(QuietCase):
    def test_few_statements(self):
        """And no connection is closed as idle in between, though the server
        would do that after a third of the lease, which is 3 s here."""
        time.sleep(4)  # until it has become quiet
        lost = self.status("Aborted_clients")
        connections = self.status("Connections")
        assert self.asked(20) < 5.5
        assert self.status("Aborted_clients") == lost
        # This test's own five: one for each statement.
        assert self.status("Connections") - connections <= 6

    def test_what_comes_after_a_while(self):
        waits = []
        for _ in range(4):
            time.sleep(3.1)
            waits.append(self.publish_and_wait())
        assert min(waits) < 1.5, waits

    def test_while_something_comes(self):
        waits = [self.publish_and_wait() for _ in range(15)]
        assert statistics.median(waits) < 1, waits

    def test_a_worker_that_does_not_look(self):
        """Another one does."""
        for number in range(self.workers):
            stopped = self.worker(number)
            time.sleep(3.1)
            os.kill(stopped, signal.SIGSTOP)
            try:
                assert self.publish_and_wait() < 8, number
            finally:
                os.kill(stopped, signal.SIGCONT)


class Slow(QuietCase):
    """[sender] poll."""

    settings = {
        "sender": {
            "linger": "300s",
            "poll": "2s",
            "retry_schedule": "1s",
            "lease": "30s",
        }
    }

    def test_fewer_statements(self):
        time.sleep(26)  # a twelfth of it is longer than the poll
        assert self.asked(20) < 1.5

    def test_a_retry_is_not_late(self):
        """When something is due is known from the last answer."""
        self.fresh("/retried")
        waits = []
        for _ in range(3):
            time.sleep(3)
            self.sink.script("/retried", Answer(500), then=Answer(200))
            count = len(self.sink.at("/retried"))
            self.publish()
            first, second = self.sink.wait(count + 2, "/retried")[-2:]
            waits.append(second.time - first.time)
        assert min(waits) < 2, waits

    def test_it_arrives(self):
        time.sleep(1)
        assert self.publish_and_wait() < 8

    def test_workers_wake_each_other(self):
        """Many queues are shared, although one worker alone has looked."""
        self.fresh("/many")
        for _ in range(40):
            self.hook("/many")
        before = self.owners()
        self.publish_many(50)
        wait_until(
            lambda: len(self.owners() - before) > 1,
            20,
            "a second worker's lease",
            pause=0.01,
        )
        self.sink.wait(41 * 50, "/many", seconds=60)

    def owners(self):
        rows = self.service.db.sql(
            "SELECT DISTINCT owner FROM vh_lanes WHERE owner IS NOT NULL"
        )
        return {owner for (owner,) in rows}


tap.main()
