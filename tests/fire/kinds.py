# SPDX-License-Identifier: MIT
"""
The eight kinds of fault that once went through, each produced on purpose.
"""

import collections
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import service
import tap
import where
from firecase import FireCase
from processes import wait_until
from proxy import EXECUTE, FREEZE, NO_ANSWER, PASS, Proxy, commits, nth
from records import LANES, OUTCOMES
from rig import LEASE

SLOW = "/slow/a?ms=2000"


class HeldLock(FireCase):
    """A lock that lasts stops only deliveries that it concerns."""

    def test_a_host_that_dies_in_a_transaction(self):
        with self.rig("v1a a host dies silently in a transaction") as rig:
            org_a = rig.organization("/ok/a", "/ok/a2")
            org_b = rig.organization("/ok/b")
            first, second = rig.host(), rig.host()
            first.proxy.rule = nth(commits(LANES), FREEZE, 4)
            rig.publish(org_a, 600)
            rig.publish(org_b, 100)
            first.start()
            wait_until(first.proxy.frozen, 60, "the freeze")
            first.die()
            second.start()
            numbers = rig.publish(org_b)
            self.recovered = rig.arrives("/ok/b", numbers, LEASE + 5)
            rig.arrives("/ok/a", range(600), LEASE + 5)

    def test_a_sender_that_is_stopped_in_a_transaction(self):
        with self.rig("v1b a sender is stopped in a transaction") as rig:
            org_a, org_b = rig.organization("/ok/a"), rig.organization("/ok/b")
            first, second = rig.host(), rig.host()

            def locks_lanes(packet):
                return (
                    packet.up
                    and "COMMIT" not in packet.text
                    and any(
                        LANES in text and "FOR UPDATE" in text
                        for text in packet.link.transaction
                    )
                )

            def pause(_):
                first.pause()
                return PASS

            first.proxy.rule = nth(locks_lanes, pause, 30)
            rig.publish(org_a, 600)
            first.start()
            wait_until(lambda: rig.book.crashes, 60, "the stop")
            second.start()
            self.recovered = rig.arrives("/ok/b", rig.publish(org_b), LEASE + 5)
            rig.arrives("/ok/a", range(600), LEASE + 5)
            first.resume()

    def test_a_command_that_is_stopped_in_a_transaction(self):
        with self.rig("v1e hooks-admin is stopped in a transaction") as rig:
            org = rig.organization("/ok/a")
            host = rig.host()
            host.start()
            rig.arrives("/ok/a", rig.publish(org), 10)
            proxy = Proxy(rig.folder / "admin", rig.db.socket)
            rig.after.callback(proxy.close)
            config = rig.service.write_config(
                service.ADMIN, database={"socket": proxy.path}
            ).rename(rig.folder / "admin.conf")
            rig.service.write_config(service.ADMIN)
            (n,) = rig.numbers(1)
            stopped = threading.Event()

            def stop(_):
                command.send_signal(signal.SIGSTOP)
                stopped.set()
                return PASS

            # Passed on, so that what was published is there and locked.
            proxy.rule = nth(
                lambda packet: (
                    packet.up
                    and "INSERT INTO" in packet.text
                    and packet.data[4] == EXECUTE
                    and proxy.in_transaction()
                ),
                stop,
            )
            with subprocess.Popen(
                [
                    where.program("hooks-admin"),
                    *("-c", config, "publish", org, "event.created"),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as command:
                try:
                    command.stdin.write(f'{{"n":{n}}}'.encode())
                    command.stdin.close()
                    assert stopped.wait(20), "it published nothing"
                    assert rig.records.open_transactions(service.ADMIN)
                    self.recovered = rig.within(
                        LEASE,
                        lambda: (
                            not rig.records.open_transactions(service.ADMIN)
                        ),
                        "the end of its transaction",
                    )
                finally:
                    command.send_signal(signal.SIGCONT)
                status = command.wait(20)
            # It begins anew, and all is well.
            assert status == 0, status
            rig.book.accepted(org, n)
            rig.arrives("/ok/a", [n], 10)

    def locked(self, case, isolation, *statements):
        """While an application holds rows of B, A gets what it is sent, and
        no log says that the database is away."""
        with self.rig(case) as rig:
            org_b = rig.organization("/ok/b")
            # The gap ends here: nobody could insert what is in it.
            between = rig.organization("/ok/c")
            org_a = rig.organization("/ok/a")
            host = rig.host()
            host.start()
            rig.arrives("/ok/b", rig.publish(org_b), 10)
            rig.arrives("/ok/c", rig.publish(between), 10)
            rig.arrives("/ok/a", rig.publish(org_a), 10)
            with rig.holding(
                *(make(rig) for make in statements), isolation=isolation
            ):
                rig.publish(org_b, 5)
                numbers = rig.publish(org_a, 5)
                rig.arrives("/ok/a", numbers, 8)
                # Also what is published when the lock is known.
                self.recovered = rig.arrives("/ok/a", rig.publish(org_a, 5), 5)
                time.sleep(6)
                rig.arrives("/ok/a", rig.publish(org_a, 5), 5)
            rig.arrives("/ok/b", range(1), 15)
            assert "cannot be reached" not in host.log(), host.log()

    def test_a_lane_that_an_application_holds(self):
        self.locked(
            "v1c an application holds one lane",
            "READ COMMITTED",
            lambda rig: rig.records.lane_of("/ok/b"),
        )

    def test_a_gap_that_an_application_holds(self):
        self.locked(
            "v1d a gap before one hook's deliveries is locked",
            "REPEATABLE READ",
            lambda rig: rig.records.last_delivery_of("/ok/b"),
        )


class WentBack(FireCase):
    """Rows that a database forgot are not taken for later ones."""

    def forget(self, case, path, ends=(), two=False):
        with self.rig(
            case, ends=ends, sender={"retry_schedule": "1s"} if ends else None
        ) as rig:
            org_a = rig.organization(path)
            org_b = rig.organization("/ok/b") if two else org_a
            host = rig.host()
            host.start()
            # Under way, so that the sender has the lane now and afterwards.
            rig.publish(org_a, 1)
            rig.sink.wait(1)
            since = time.time()
            rig.records.save()
            rig.publish(org_a, 9)
            rig.sink.wait(10)
            with host.proxy.away():
                rig.book.forgot(since)
                rig.records.go_back()
                rig.publish(org_b, 9)
                rig.publish(org_a, 2)
            rig.settle(30)

    def test_what_is_accepted_afterwards_is_sent(self):
        self.forget("v2a the database forgets a second, the sender lives", SLOW)

    def test_what_was_sent_before_comes_marked(self):
        """Also when no lane was open that could have shown it. Only what the
        sender had to take over once more has another webhook-id."""
        with self.rig("v2d it forgets while nothing is under way") as rig:
            org = rig.organization("/ok/a")
            host = rig.host()
            posted, numbers = rig.post(org, 3), rig.publish(org, 2)
            rig.records.save()
            host.start("--workers", "2")
            rig.arrives("/ok/a", (*posted, *numbers), 10)
            rig.arrives("/ok/a", rig.publish(org, 1), 10)
            time.sleep(1)
            with host.proxy.away():
                rig.book.forgot(0)
                rig.records.go_back()
            rig.sink.wait(11, "/ok/a")
            rig.settle(30)
            names = collections.defaultdict(set)
            for request in rig.sink.at("/ok/a"):
                names[request.numbers[0]].add(request.header("webhook-id"))
            assert all(len(names[n]) == 1 for n in posted), names
            assert all(len(names[n]) == 2 for n in numbers), names
            assert host.log().count("gone back") == 1, host.log()

    @staticmethod
    def send_and_forget(rig, host):
        """What the database forgets of it while nobody is connected."""
        org = rig.organization("/ok/a")
        numbers = rig.publish(org, 5)
        rig.records.save()
        host.start()
        rig.arrives("/ok/a", numbers, 10)
        rig.settle()
        yield
        rig.book.forgot(0)
        rig.records.go_back()
        yield
        rig.sink.wait(10, "/ok/a")

    def test_a_later_sender_marks_what_it_sends_again(self):
        with self.rig("v2e it forgets while no sender runs") as rig:
            host = rig.host()
            steps = self.send_and_forget(rig, host)
            next(steps)
            host.kill()
            next(steps)
            host.start()
            list(steps)

    def test_another_host_marks_what_it_sends_again(self):
        with self.rig("v2f another host is there first afterwards") as rig:
            first, other = rig.host(), rig.host()
            steps = self.send_and_forget(rig, first)
            next(steps)
            other.start()
            time.sleep(1)
            with first.proxy.away():
                with other.proxy.away():
                    next(steps)
                time.sleep(0.5)
            list(steps)

    def test_a_new_run_on_another_host_marks_what_it_sends_again(self):
        with self.rig("v2g a new run on another host is there first") as rig:
            first, other = rig.host(), rig.host()
            steps = self.send_and_forget(rig, first)
            next(steps)
            with first.proxy.away():
                with other.proxy.away():
                    assert other.start().wait(20) == 75
                    next(steps)
                other.start()
                time.sleep(0.5)
            list(steps)

    def test_no_failure_is_written_for_what_is_gone(self):
        self.forget(
            "v2b the same, and the receiver answers 500",
            "/slow-fail/a?ms=2000",
            ends=("failed",),
        )

    def test_no_organization_sees_anothers_answers(self):
        self.forget(
            "v2c the same, and another organization publishes next",
            SLOW,
            two=True,
        )


class SecondAnswer(FireCase):
    """An answer that nobody asked for is recorded nowhere."""

    def test_a_second_answer_is_recorded_for_nobody(self):
        with self.rig(
            "v3 a receiver sends each answer twice",
            ends=("failed",),
            sender={"retry_schedule": "1s 1s"},
        ) as rig:
            rogue = rig.organization("/twice/a?ms=30")
            rig.book.distrusted.add("/twice/a")
            victim = rig.organization("/status/b?code=500")
            rig.host().start()
            for _ in range(40):
                rig.publish(rogue, 3)
                rig.publish(victim, 3)
                time.sleep(0.1)
            rig.settle(30)


class Stopped(FireCase):
    """A sender that comes late marks its requests, or does not send."""

    def test_a_sender_that_was_stopped_marks_or_sends_nothing(self):
        with (
            self.rig(
                "v4 senders are stopped for longer than their lease, "
                "another takes over",
                times=20,
                seconds=60,
            ) as rig,
            _busy_core() as share,
        ):
            org = rig.organization(*(f"/ok/{n}" for n in range(16)))
            late, other = [rig.host() for _ in range(4)], rig.host()
            for _ in range(5):
                rig.publish(org, 100)
                before = len(rig.sink.at())
                for host in late:
                    host.start(preexec_fn=share)
                rig.sink.wait(before + 400, seconds=60)
                for host in late:
                    host.pause_idle()
                other.start()
                wait_until(
                    lambda: not rig.records.waiting(), 90, "another host's work"
                )
                for host in late:
                    host.resume()
                time.sleep(1)
                for host in (*late, other):
                    host.sender.stop()

    def test_one_that_comes_late_and_keeps_its_lease_keeps_its_order(self):
        """It is stopped where a request begins, and nobody else is there."""
        with self.rig("v4b a sender is stopped where a request begins") as rig:
            org = rig.organization("/ok/ordered", ordered=1)
            host = rig.host()
            host.use_stop()
            host.start()
            host.stop_at_request()
            rig.publish(org, 3)
            wait_until(host.stands_still, 60, "the stop")
            time.sleep(LEASE - 2.8)
            with host.proxy.away():  # so it cannot renew its lease first
                host.paused = True
                host.resume()
                time.sleep(0.7)
                assert not rig.sink.at(), "too late to send anything"
            self.recovered = rig.arrives("/ok/ordered", range(3), 10)
            came = rig.sink.numbers("/ok/ordered")
            assert came == [0, 1, 2], came


@contextlib.contextmanager
def _busy_core():
    """A core with other work. A process that calls the given function gets the
    rest of that core, so it is nearly always met in the middle of
    something."""
    core = min(os.sched_getaffinity(0))

    def share():
        os.sched_setaffinity(0, {core})
        os.nice(10)

    busy = subprocess.Popen(
        [sys.executable, "-c", "while True: pass"],
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        yield share
    finally:
        busy.kill()
        busy.wait()


class InDoubt(FireCase):
    """A redelivery that was answered 202 comes."""

    def test_a_redelivery_while_a_commit_is_in_doubt_is_sent(self):
        with self.rig(
            "v5 a redelivery is asked while a COMMIT is in doubt"
        ) as rig:
            org = rig.organization("/slow-odd/a?ms=2500")
            host = rig.host()

            def lose(_):
                host.proxy.refusing = True
                return NO_ANSWER

            host.proxy.rule = nth(commits(OUTCOMES), lose)
            host.start()
            # The first is recorded while the second keeps the lane.
            rig.publish(org, 2)
            wait_until(
                lambda: rig.records.delivered("/slow-odd/a"), 60, "the COMMIT"
            )
            rig.redeliver(org, "/slow-odd/a", 0)
            time.sleep(0.5)
            host.proxy.refusing = False
            time.sleep(3)


class Kills(FireCase):
    """Only a delivery that crashes the worker is held, and that is told."""

    def test_kills_from_outside_hold_no_delivery(self):
        with self.rig(
            "v6a four kills while one slow delivery is under way", times=4
        ) as rig:
            org = rig.organization("/slow/a?ms=2500")
            host = rig.host()
            rig.publish(org)
            for count in range(1, 5):
                host.start()
                rig.sink.wait(count)
                time.sleep(0.3)
                host.kill()
            rig.settle(20)

    def test_a_held_delivery_is_reported(self):
        with self.rig(
            "v6b a worker crashes three times at one delivery",
            times=3,
            ends=("held",),
        ) as rig:
            org = rig.organization("/slow/a?ms=1500")
            rig.hook(org, "/ok/told", action="delivery.failed")
            host = rig.host()
            rig.publish(org)
            for count in range(1, 4):
                host.start()
                rig.sink.wait(count, "/slow/a")
                time.sleep(0.3)
                # A sanitizer would turn SIGSEGV into an exit.
                host.kill_worker(signal.SIGABRT)
                host.sender.stop()
            host.start()
            told = rig.sink.wait(1, "/ok/told", 20)[0]
            assert b'"held"' in told.body, told


class WrongClock(FireCase):
    """The database's clock is ahead, and then right again."""

    def test_an_hour_ahead_for_fifteen_seconds(self):
        with self.rig(
            "v7 the database's clock is an hour ahead for 15 s",
            clock=True,
            seconds=10,
        ) as rig:
            org = rig.organization("/fail/o?every=10", ordered=1)
            rig.hook(org, "/fail/a?every=10")
            rig.host().start()
            rig.trickle(org, 10)
            time.sleep(2)
            rig.clock.set(3600)
            time.sleep(15)
            rig.clock.set(0)
            time.sleep(1)
            numbers = rig.publish(org)
            self.recovered = rig.arrives("/fail/o", numbers, 15)


class Rest(FireCase):
    """Smaller faults."""

    def test_the_hand_over_delays_nothing(self):
        with self.rig(
            "v8a senders hand over as cron starts them",
            times=3,
            sender={"linger": "10s"},
        ) as rig:
            org = rig.organization("/ok/a")
            host = rig.host()
            host.start()
            published = {}

            def one():
                for n in rig.publish(org):
                    published[n] = time.time()
                time.sleep(0.1)

            rig.in_background(one)
            for _ in range(3):
                # Just before the one at work ends, as a minute has 60 s.
                time.sleep(9.7)
                host.start()
            time.sleep(1)
            rig.stop_threads()
            rig.settle()
            waits = sorted(
                r.time - published[n]
                for r in rig.sink.at()
                for n in r.numbers
                if n in published
            )
            self.recovered = waits[-1]
            assert waits[-1] <= 1 + rig.slowness(), waits[-10:]

    def test_a_failing_run_says_why(self):
        with self.rig("v8b MAX_USER_CONNECTIONS 1") as rig:
            org = rig.organization("/ok/a")
            rig.db.sql(
                "ALTER USER 'hooks_sender'@'localhost' WITH "
                "MAX_USER_CONNECTIONS 1",
                name="",
            )
            host = rig.host()
            for _ in range(3):
                rig.publish(org, 20)
                status = host.start("--linger", "2s").wait(20)
                # One line for a trouble that goes on, not one a run.
                assert not status or host.log(), f"exit {status}, not a word"

    def test_a_log_that_nobody_reads(self):
        with self.rig("v8c standard error is a full pipe") as rig:
            org = rig.organization("/ok/a")
            host = rig.host()
            reading, writing = os.pipe()
            os.set_blocking(writing, False)
            while True:
                try:
                    os.write(writing, b"x" * 4096)
                except BlockingIOError:
                    break
            os.set_blocking(writing, True)
            host.start("-v", stderr=writing)
            rig.arrives("/ok/a", rig.publish(org, 5), 10)
            for _ in range(20):
                host.proxy.cut()
                time.sleep(0.05)
            rig.publish(org, 5)
            time.sleep(2)
            begin = time.monotonic()
            host.sender.send_signal(signal.SIGTERM)
            try:
                host.sender.wait(8)
            except subprocess.TimeoutExpired as error:
                host.kill()
                raise AssertionError("SIGTERM did not end it") from error
            finally:
                os.close(reading)
                os.close(writing)
            self.recovered = time.monotonic() - begin

    def test_timestamps_are_of_the_databases_clock(self):
        with self.rig("v8d the sender's clock is an hour ahead") as rig:
            org = rig.organization("/ok/a")
            host = rig.host()
            host.use_clock(3600)
            host.start()
            rig.arrives("/ok/a", rig.publish(org), 10)
            request = rig.sink.at("/ok/a")[0]
            off = int(request.header("webhook-timestamp")) - request.time
            assert abs(off) < 5, f"webhook-timestamp is {off:.0f} s off"

    def test_attempts_without_a_record_are_counted(self):
        with self.rig(
            "v8e the record of a request dies with its sender"
        ) as rig:
            org = rig.organization("/slow/a?ms=1000")
            host = rig.host()
            rig.publish(org)
            for count in (1, 2):
                host.start()
                rig.sink.wait(count)
                time.sleep(0.2)
                host.kill()
            rig.settle()
            numbers = [r.header("webhook-attempt") for r in rig.sink.at()]
            assert numbers == ["1", "2", "3"], numbers

    def test_a_log_tells_only_of_leases_that_were_lost(self):
        with self.rig(
            "v8f the answer of the COMMIT that gives a lane back is lost",
            times=10,
        ) as rig:
            org = rig.organization("/ok/a")
            host = rig.host()
            host.start()
            for _ in range(10):
                host.proxy.rule = nth(commits(OUTCOMES), NO_ANSWER)
                rig.arrives("/ok/a", rig.publish(org), 10)
                time.sleep(0.3)
            rig.settle()
            assert "lost" not in host.log(), host.log()

    def test_nothing_leaves_after_a_disable_is_answered(self):
        with self.rig(
            "v8g a hook is disabled while its deliveries wait for a place",
            times=5,
            sender={"concurrency": "8"},
        ) as rig:
            org = rig.organization(*(f"/slow/{n}?ms=100" for n in range(3)))
            hook = rig.hook(org, "/slow/a?ms=100")
            rig.host().start()
            late = []
            for _ in range(5):
                rig.publish(org, 30)
                rig.sink.wait(len(rig.sink.at("/slow/a")) + 5, "/slow/a")
                answer = rig.call(org, "POST", f"/v2/hooks/{hook}/disable")
                moment = time.time()
                assert answer.status == 200, answer
                time.sleep(0.6)
                # What was on its way when it was answered may come in.
                late += [
                    r for r in rig.sink.at("/slow/a") if r.time > moment + 0.05
                ]
                rig.call(org, "POST", f"/v2/hooks/{hook}/enable")
                rig.settle()
            assert not late, f"{len(late)} requests after /disable"

    def test_disabled_and_nobody_tells_the_sender(self):
        """It stops by itself before the request is answered, and goes on when
        it hears of the database again."""
        with self.rig(
            "v8h a hook is disabled while its sender is cut off",
            sender={"lease": "20s", "hook_concurrency": "2"},
        ) as rig:
            org = rig.organization()
            hook = rig.hook(org, "/slow/a?ms=200")
            host = rig.host()
            host.start()
            rig.publish(org, 140)
            rig.sink.wait(60, "/slow/a", 30)  # half as many are in hand
            host.proxy.freeze()
            wait_until(
                lambda: (
                    rig.call(org, "POST", f"/v2/hooks/{hook}/disable").status
                    == 200
                ),
                25,
                "the answer",
            )
            moment = time.time()
            time.sleep(1)
            late = [r for r in rig.sink.at("/slow/a") if r.time > moment + 0.05]
            assert not late, f"{len(late)} requests after /disable"
            host.proxy.thaw()
            rig.ok(org, "POST", f"/v2/hooks/{hook}/enable")


if __name__ == "__main__":
    tap.main()
