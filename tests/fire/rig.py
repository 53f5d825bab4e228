# SPDX-License-Identifier: MIT
"""
The parts of a case: a database of its own, organizations with hooks at a
receiver that misbehaves, senders on hosts of their own, each with a proxy
between it and the database, and the books over all of it.
"""

import contextlib
import json
import os
import signal
import threading
import time

import doors
import ledger
import processes
import records
import service
from machines import Clock, Database, Host
from rogue import Rogue

LEASE = 8
_SENDER = {
    "linger": "60s",
    "workers": "1",
    "timeout": "3s",
    "connect_timeout": "1s",
    "retry_schedule": "1s 2s" + 18 * " 3s",
    "retry_jitter": "0",
    "lease": f"{LEASE}s",
}


class Rig:
    """`with Rig() as rig:`; `sender` are settings of [sender]."""

    def __init__(
        self,
        sender=None,
        server=(),
        ends=(),
        clock=False,
        disk=0,
        address="127.0.0.1",
        **sections,
    ):
        self.folder = processes.Folder()
        self.after = contextlib.ExitStack()
        self.plain = (
            "--max-connections=300",
            "--innodb-buffer-pool-size=24M",
            *server,
        )
        self.db = Database(self.folder, self.plain, disk)
        self.clock = Clock(self.folder / "clock") if clock else None
        if clock:
            self.db.environment = dict(os.environ, **self.clock.environment())
        self.db.start()
        self.service = service.Service(
            {"sender": {**_SENDER, **(sender or {})}, **sections},
            db=self.db,
            schema=False,
        )
        self.records = records.Records(self.db)
        self.sinks = [Rogue(address=(address, 0))]
        self.book = ledger.Ledger(self.records, self.sinks, ends)
        self.hosts = []
        self._next = 0
        self._keys = {}
        self._stop = threading.Event()
        self._threads = []
        self._failures = []

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.stop_threads()
        self.stop_senders()
        for host in self.hosts:
            host.proxy.thaw()
            host.proxy.close()
        try:
            self.service.close()
        finally:
            for sink in self.sinks:
                sink.close()
            self.db.stop(signal.SIGKILL)
            self.db.unmount()
            self.after.close()
            self.folder.close()

    # ---- a second server ----

    def replicate(self):
        """The server becomes a primary; its replica, which has all of it."""
        port = doors.free_port()
        self.db.stop()
        self.db.settings += (
            "--skip-networking=0",
            "--bind-address=127.0.0.1",
            f"--port={port}",
            "--server-id=1",
            "--log-bin=binlog",
            "--binlog-format=ROW",
        )
        self.db.start()
        self.db.sql(
            "SET sql_log_bin = 0; CREATE USER 'copy'@'127.0.0.1' IDENTIFIED "
            "BY 'copy'; GRANT REPLICATION SLAVE ON *.* TO 'copy'@'127.0.0.1'",
            name="",
        )
        folder = processes.Folder()
        self.after.callback(folder.close)
        replica = Database(folder, ("--server-id=2", *self.plain))
        self.after.callback(replica.stop, signal.SIGKILL)
        replica.start().sql(
            f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}"
            ", MASTER_USER = 'copy', MASTER_PASSWORD = 'copy', "
            "MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos; "
            "START SLAVE",
            name="",
        )
        return replica

    def move_to(self, replica):
        """The address of the database is another server's now."""
        replica.sql("STOP SLAVE; RESET SLAVE ALL", name="")
        self.db.stop(signal.SIGKILL)
        self.db = self.service.db = self.records.db = replica
        for user in (service.ADMIN, service.API, service.SENDER):
            self.service.write_config(user)
        for host in self.hosts:
            host.proxy.target = replica.socket

    @property
    def sink(self):
        return self.sinks[0]

    def host(self, cable=None, **sender):
        host = Host(self, f"h{len(self.hosts)}", cable, **sender)
        self.hosts.append(host)
        return host

    # ---- organizations, hooks, publishing ----

    def organization(self, *paths, sink=None, **options):
        """A new one, with a hook at each of the receiver's paths."""
        org = self.service.organization()
        for path in paths:
            self.hook(org, path, sink=sink, **options)
        return org

    def hook(self, org, path, action="*", sink=None, **options):
        hook = self.service.admin(
            "hook", "create", org, (sink or self.sink).url(path), action
        )
        if options:
            self.records.set_hook(path, **options)
        return hook

    def numbers(self, count):
        self._next += count
        return range(self._next - count, self._next)

    def publish(self, org, count=1, **options):
        """With SQL; returns the numbers."""
        numbers = self.numbers(count)
        self.records.publish(org, numbers, **options)
        self.book.accepted(org, *numbers)
        return numbers

    def post(self, org, count=1):
        """With HTTP; returns the numbers."""
        numbers = self.numbers(count)
        for n in numbers:
            body = {"action": "event.created", "resource": {"n": n}}
            answer = self.call(
                org, "POST", "/v2/notifications", json.dumps(body).encode()
            )
            assert answer.status == 202, answer
            self.book.accepted(org, n)
        return numbers

    def try_publish(self, org, count=1, **options):
        """The same, of a database that may be away."""
        numbers = self.numbers(count)
        try:
            self.records.publish(org, numbers, **options)
        except AssertionError:
            self.book.doubted(*numbers)
        else:
            self.book.accepted(org, *numbers)

    def key(self, org):
        if org not in self._keys:
            self._keys[org] = self.service.key(org)
        return self._keys[org]

    def call(self, org, method, target, body=None, door="cgi"):
        return doors.enter(door, self.service).request(
            method, target, [("Authorization", self.key(org))], body
        )

    def ok(self, org, method, target):
        """The same, which must succeed."""
        answer = self.call(org, method, target)
        assert answer.status < 300, answer

    def redeliver(self, org, path, n):
        """Through the API; counts as asked when it was answered 202."""
        answer = self.try_redeliver(org, path, n)
        assert answer.status == 202, answer

    def try_redeliver(self, org, path, n):
        """The same, of what may be gone."""
        request = next(r for r in self.sink.at(path) if n in r.numbers)
        name = request.header("webhook-id")
        begin = time.time()
        answer = self.call(org, "POST", f"/v2/deliveries/{name}/redeliver")
        if answer.status == 202:
            for member in request.numbers:  # of a batch all come again
                self.book.asked_again(path, member, begin)
        return answer

    def in_background(self, call, *args):
        """Until stop_threads(); called again and again."""

        def work():
            try:
                while not self._stop.is_set():
                    call(*args)
            except Exception as error:  # told by stop_threads()
                self._failures.append(error)

        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def trickle(self, org, a_second, count=1):
        """Publishes all the time."""

        def one():
            self.try_publish(org, count)
            self._stop.wait(1 / a_second)

        self.in_background(one)

    def stop_threads(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._stop.clear()
        if self._failures:
            raise AssertionError(f"beside it: {self._failures.pop()!r}")

    # ---- locks ----

    def holding(self, *statements, isolation="READ COMMITTED"):
        """An application's transaction that stays open."""
        return self.db.holding(*statements, isolation=isolation)

    # ---- the end ----

    def arrives(self, path, numbers, seconds):
        """Waits until all of them were answered with 2xx at a path; how long
        it took."""
        wanted = set(numbers)
        return self.within(
            seconds,
            lambda: wanted <= self.sink.done[path],
            f"the arrival of {len(wanted)} at {path}",
        )

    def within(self, seconds, condition, what, pause=0.02):
        """Liveness, judged as on a machine of its own: how long it took. What
        took longer may have done so by as much as a control says that runs
        beside it."""
        begin = time.monotonic()
        samples = []

        def holds():
            passed = time.monotonic() - begin
            if passed > seconds / 2 + len(samples):
                samples.append(self._control())
            return condition()

        processes.wait_until(holds, 3 * seconds + 30, what, pause)
        took = time.monotonic() - begin
        if took > seconds and took > seconds + self.slowness(samples):
            raise processes.Timeout(f"{what} took {took:.1f} s, not {seconds}")
        return took

    def _control(self):
        """How long a question to the database takes; a moment, if there is
        none."""
        begin = time.monotonic()
        with contextlib.suppress(AssertionError):
            self.db.value("SELECT 1")
        return time.monotonic() - begin

    def slowness(self, samples=()):
        """Seconds by which something may be late: 200 times what a control
        takes longer than on any machine of its own."""
        samples = samples or [self._control() for _ in range(10)]
        return 200 * max(0, sum(samples) / len(samples) - 0.03)

    def settle(self, seconds=40):
        """Waits until nothing waits any more, with a sender if none runs; how
        long it took."""
        try:
            return self.within(
                seconds,
                lambda: self._keep_one() and not self.records.waiting(),
                "the end of what waits",
                pause=0.1,
            )
        except processes.Timeout as error:
            rows = self.records.what_waits()
            text = "; ".join(", ".join(row) for row in rows)
            raise processes.Timeout(f"{error}: {text}") from None

    def _keep_one(self):
        """As cron does it."""
        if not any(
            host.sender and host.sender.running() for host in self.hosts
        ):
            (self.hosts or [self.host()])[-1].start()
        return True

    def stop_senders(self):
        for host in self.hosts:
            if host.sender:
                host.resume()
                host.sender.stop()
