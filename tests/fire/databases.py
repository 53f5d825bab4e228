# SPDX-License-Identifier: MIT
"""
The database: away, hung, read-only, full, restored, replaced by one that was
behind; its answers lost, its rows locked.
"""

import contextlib
import os
import signal
import time

import tap
from firecase import FireCase
from processes import wait_until
from proxy import NO_ANSWER, PASS, commits
from records import OUTCOMES
from rig import LEASE


class Answers(FireCase):
    """Answers of COMMIT that never come."""

    def test_one_in_five_is_lost(self):
        with self.rig("c05a one answer of COMMIT in five is lost") as rig:
            dice = self.seed()
            org = self.mixed(rig)
            host = rig.host()
            lost = []

            def rule(packet):
                if commits()(packet) and dice.random() < 0.2:
                    lost.append(packet.number)
                    return NO_ANSWER
                return PASS

            host.proxy.rule = rule
            host.start()
            for _ in range(20):
                rig.publish(org, 10)
                time.sleep(0.4)
            host.proxy.rule = lambda packet: PASS
            self.times = len(lost)

    def test_a_redelivery_where_the_lane_was_given_back(self):
        with self.rig(
            "c05b a redelivery while a COMMIT that gave the lane "
            "back is in doubt",
            3,
        ) as rig:
            org = rig.organization("/ok/a")
            host = rig.host()

            def lose(packet):
                if commits(OUTCOMES)(packet) and not host.proxy.refusing:
                    host.proxy.refusing = True
                    return NO_ANSWER
                return PASS

            for _ in range(3):
                host.proxy.rule = lose
                if not (host.sender and host.sender.running()):
                    host.start()
                (n,) = rig.publish(org)
                wait_until(lambda: host.proxy.refusing, 60, "the COMMIT")
                rig.settle()
                rig.redeliver(org, "/ok/a", n)
                host.proxy.rule = lambda packet: PASS
                host.proxy.refusing = False
                wait_until(
                    lambda: rig.sink.numbers("/ok/a").count(n) == 2,
                    60,
                    "the redelivery",
                )
                rig.settle()


class Faults(FireCase):
    """While organizations publish all the time."""

    def under(
        self, case, fault, times=1, trouble=1.0, lease=60, late=False, **options
    ):
        """`fault` is a context manager: what is wrong for `trouble` seconds,
        `times` times. Nothing may come twice but what was in flight when it
        lasted longer than the lease, if `late`."""
        with self.rig(
            case, times, sender={"lease": f"{lease}s"}, **options
        ) as rig:
            org = self.mixed(rig)
            host = rig.host()
            rig.in_background(self.cron, host)
            rig.trickle(org, 10)
            time.sleep(1)
            for _ in range(times):
                with fault(rig):
                    if late:
                        rig.book.crash()
                    time.sleep(trouble)
                if late:
                    rig.book.crash()
                time.sleep(1)
            rig.stop_threads()
            numbers = rig.publish(org)
            if not host.sender.running():
                host.start()
            self.recovered = rig.arrives("/ok/plain", numbers, LEASE + 5)

    def late(self, case, fault, **options):
        """For longer than a lease."""
        self.under(
            f"{case} for {LEASE + 2} s, longer than a lease",
            fault,
            1,
            LEASE + 2,
            LEASE,
            True,
            **options,
        )

    @staticmethod
    def cron(host):
        if not (host.sender and host.sender.running()):
            host.start()
        time.sleep(0.2)

    def test_killed_connections(self):
        @contextlib.contextmanager
        def kill(rig):
            for (one,) in rig.db.sql(
                "SELECT id FROM information_schema.processlist "
                "WHERE user = 'hooks_sender'"
            ):
                rig.db.sql(f"KILL {one}; DO 0")
            yield

        self.under("c06a KILL of every connection", kill, 10, 0)

    def test_a_server_that_dies(self):
        @contextlib.contextmanager
        def die(rig):
            rig.db.stop(signal.SIGKILL)
            yield
            rig.db.start()

        self.under("c06b kill -9 of the server", die, 3, 0.2)

    def test_away_for_longer_than_a_lease(self):
        @contextlib.contextmanager
        def stop(rig):
            rig.db.stop()
            yield
            rig.db.start()

        self.late("c06c the server is away", stop)

    @staticmethod
    @contextlib.contextmanager
    def read_only(rig):
        rig.db.sql("SET GLOBAL read_only = 1")
        yield
        rig.db.sql("SET GLOBAL read_only = 0")

    def test_read_only(self):
        self.under("c06d read_only for 10 s", self.read_only, 1, 10)

    def test_read_only_for_long(self):
        self.late("c06h read_only", self.read_only)

    @staticmethod
    @contextlib.contextmanager
    def fill(rig):
        filler = rig.db.folder / "filler"
        with open(filler, "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while file.write(bytes(1 << 20)):
                    pass
        yield
        filler.unlink()

    def test_a_full_disk(self):
        if os.getuid():
            print("# c09 was not run: only root may mount a disk")
            return
        self.under(
            "c09 the database's disk is full for 10 s",
            self.fill,
            1,
            10,
            disk=300,
        )

    def test_a_full_disk_for_long(self):
        if os.getuid():
            print("# c09b was not run: only root may mount a disk")
            return
        self.late("c09b the database's disk is full", self.fill, disk=300)

    def test_tables_that_are_locked(self):
        self.under(
            "c06e all tables are locked as for a dump",
            lambda rig: rig.holding(rig.records.lock_all()),
            1,
            8,
        )

    def test_deadlocks(self):
        @contextlib.contextmanager
        def crosswise(rig):
            def work(downwards):
                with contextlib.suppress(AssertionError):
                    rig.db.sql(rig.records.crosswise(downwards))

            for downwards in (False, True, True):
                rig.in_background(work, downwards)
            yield

        self.under(
            "c06f others' updates cross those of the sender", crosswise, 1, 8
        )

    def test_few_connections(self):
        @contextlib.contextmanager
        def limited(rig):
            allow = (
                "ALTER USER 'hooks_sender'@'localhost' WITH "
                "MAX_USER_CONNECTIONS "
            )
            rig.db.sql(allow + str(next(limits)))
            yield
            rig.db.sql(allow + "0")

        limits = iter((1, 2, 3))
        self.under("c06g MAX_USER_CONNECTIONS 1, 2, 3", limited, 3, 3)

    @staticmethod
    @contextlib.contextmanager
    def stopped(rig):
        rig.db.child.send_signal(signal.SIGSTOP)
        yield
        rig.db.child.send_signal(signal.SIGCONT)

    def test_a_server_that_hangs(self):
        self.under("c32 the server is stopped for 10 s", self.stopped, 1, 10)

    def test_a_server_that_hangs_for_long(self):
        self.late("c32b the server is stopped", self.stopped)


class Forgets(FireCase):
    def test_the_last_second(self):
        """In earnest: the log is flushed once a second, the server dies."""
        with self.rig(
            "c02 flush_log_at_trx_commit = 0 and kill -9 of the server",
            3,
            server=("--innodb-flush-log-at-trx-commit=0",),
        ) as rig:
            org = rig.organization("/slow/a?ms=2000", "/ok/b")
            host = rig.host()
            host.start()
            for _ in range(3):
                for _ in range(8):
                    rig.publish(org, 3)
                    time.sleep(0.2)
                rig.db.stop(signal.SIGKILL)
                rig.book.forgot(time.time() - 3)
                rig.db.start()
                rig.publish(org, 20)
                time.sleep(3)
                if not host.sender.running():
                    host.start()
            rig.settle(60)

    def test_a_dump(self):
        with self.rig("c23 a dump is restored under a sender at work") as rig:
            org = self.mixed(rig)
            host = rig.host()
            rig.publish(org, 50)
            host.start()
            rig.sink.wait(100)
            since = time.time()
            rig.records.save()
            rig.publish(org, 50)
            rig.settle()
            with host.proxy.away():
                rig.book.forgot(since)
                rig.records.go_back()
            numbers = rig.publish(org, 20)
            self.recovered = rig.arrives("/ok/plain", numbers, LEASE + 5)

    def test_a_dump_while_nobody_is_at_work(self):
        with self.rig(
            "c23b a dump is restored, then hooks-admin restored"
        ) as rig:
            org = self.mixed(rig)
            host = rig.host()
            rig.publish(org, 50)
            host.start()
            rig.sink.wait(100)
            since = time.time()
            rig.records.save()
            rig.publish(org, 50)
            rig.settle()
            host.sender.stop()
            rig.book.forgot(since)
            rig.records.go_back()
            rig.service.admin("restored")
            host.start()
            rig.publish(org, 20)


class FailOver(FireCase):
    """A replica that was behind becomes the primary."""

    def fail_over(self, case, path, two=False):
        with self.rig(case) as rig:
            replica = rig.replicate()
            org_a = rig.organization(path, "/ok/a")
            org_b = rig.organization("/ok/b") if two else org_a
            host = rig.host()
            host.start()
            rig.publish(org_a, 5)
            rig.sink.wait(10)
            self.catch_up(rig, replica)
            since = time.time()
            replica.sql("STOP SLAVE", name="")
            rig.publish(org_a, 12)
            rig.sink.wait(30)
            with host.proxy.away():
                rig.book.forgot(since)
                rig.db.stop(signal.SIGKILL)
                rig.move_to(replica)
            rig.publish(org_b, 12)
            rig.publish(org_a, 3)
            self.recovered = rig.arrives(
                "/ok/b" if two else "/ok/a", rig.publish(org_b), LEASE + 5
            )

    def test_a_replica_that_lacks_a_second(self):
        self.fail_over("c28a fail-over to a late replica", "/slow/a?ms=2000")

    def test_another_organization_publishes_next(self):
        self.fail_over(
            "c28b fail-over, and another organization publishes next",
            "/slow/a?ms=2000",
            two=True,
        )

    @staticmethod
    def catch_up(rig, replica):
        wait_until(
            lambda: (
                replica.sql("SELECT @@gtid_slave_pos", name="")
                == rig.db.sql("SELECT @@gtid_binlog_pos", name="")
            ),
            60,
            "the replica",
        )


class Locked(FireCase):
    """An application holds some rows of one organization; the other one gets
    its deliveries."""

    def locked(self, case, lock, isolation="READ COMMITTED"):
        with self.rig(f"c33{case}") as rig:
            org_a, org_b = rig.organization("/ok/a"), rig.organization("/ok/b")
            host = rig.host()
            host.start()
            rig.arrives("/ok/b", rig.publish(org_b, 3), 10)
            rig.arrives("/ok/a", rig.publish(org_a, 3), 10)
            rig.publish(org_b, 3)
            with rig.holding(lock(rig.records), isolation=isolation):
                rig.publish(org_b, 5)
                for _ in range(3):
                    self.recovered = rig.arrives(
                        "/ok/a", rig.publish(org_a, 5), 6
                    )
                    time.sleep(1.5)
            rig.settle(20)

    def test_a_hook(self):
        self.locked("a a hook's row is locked", lambda r: r.hook_of("/ok/b"))

    def test_an_organization(self):
        self.locked(
            "b an organization's row is locked",
            lambda r: r.organization_of("/ok/b"),
        )

    def test_other_lanes(self):
        self.locked(
            "c all lanes but one hook's are locked",
            lambda r: r.all_lanes_but("/ok/a"),
        )

    def test_a_delivery(self):
        self.locked(
            "d a finished delivery is locked",
            lambda r: r.last_delivery_of("/ok/b"),
        )

    def test_a_delivery_repeatably(self):
        self.locked(
            "e the same, REPEATABLE READ",
            lambda r: r.last_delivery_of("/ok/b"),
            "REPEATABLE READ",
        )

    def test_an_open_publish(self):
        """A transaction that has published and is rolled back in the end."""
        self.locked(
            "g a publish stays open",
            lambda r: r.publish_by_itself("00" * 12, [10**6]),
        )

    def test_a_notification(self):
        self.locked(
            "f the newest notification is locked",
            lambda r: r.newest_notification(),
        )


if __name__ == "__main__":
    tap.main()
