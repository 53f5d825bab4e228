# SPDX-License-Identifier: MIT
"""
Every packet in turn. For n = 1, 2, ... something happens at the n-th packet
that passes between a program and its database, in either direction, until the
program's work is done before it happens. No packet is left out; but what an
idle sender asks again and again, the same to the byte, counts twice only.

What must hold each time: all that the ledger knows; and another organization's
hook gets its next delivery within a lease and 5 s.
"""

import collections
import contextlib
import threading
import time

import tap
from firecase import FireCase
from ledger import Verdict
from processes import Timeout
from proxy import (
    CUT,
    CUT_AFTER,
    FREEZE,
    FREEZE_AFTER,
    NO_ANSWER,
    PASS,
)
from rig import Rig

# The shortest that [sender] accepts.
TIMES = {"timeout": "1s", "lease": "6s", "retry_schedule": "1s" + 30 * " 1s"}
LIMIT = 6 + 5
# No round has quite the same packets as another: so many times in a row the
# work must have been done before a walk ends.
LATE = 2
REPEATS = 2
# One after the other, as each takes a processor for a second.
_making = threading.Lock()


class Strike:
    """A rule: at the n-th packet that counts it happens."""

    def __init__(self, n, happen, up_only=False):
        self._left = n
        self._lock = threading.Lock()
        self.happen = happen
        self.up_only = up_only
        self.begun = False
        self.struck = threading.Event()
        self.up = None  # which way the packet went

    def give_up(self):
        """Whether it had not begun; then it never will."""
        with self._lock:
            if not self.begun:
                self._left = 0
            return not self.begun

    def __call__(self, packet):
        if packet.repeats >= REPEATS or self.up_only and not packet.up:
            return PASS
        with self._lock:
            self._left -= 1
            if self._left:
                return PASS
            self.begun = True
        self.up = packet.up
        verdict = self.happen(packet)
        self.struck.set()
        return verdict


class _Walk:
    """Takes every STEP-th packet from FIRST on, in a rig of its own."""

    up_only = False
    copies = True  # whether what was in flight may come twice

    def __init__(self, first, step):
        self.first, self.step = first, step
        self.reached = collections.Counter()
        self.slowest = 0
        self.late = False
        self.told = []

    def go(self):
        try:
            self._walk()
        except Exception as error:  # told with the others' troubles
            self.told.append((0, repr(error)))
            self.verdict = Verdict()

    def _walk(self):
        with contextlib.ExitStack() as stack:
            with _making:
                rig = self.rig = stack.enter_context(
                    Rig(
                        sender=TIMES,
                        server=("--innodb-flush-log-at-trx-commit=0",),
                    )
                )
                self.org_a = rig.organization("/ok/a")
                self.org_b = rig.organization("/ok/b")
                self.host = rig.host()
            self.prepare()
            n, late = self.first, 0
            while late < LATE:
                late = late + 1 if self._one(n) else 0
                n += self.step
            rig.stop_threads()
            rig.settle()
            rig.stop_senders()
            self.verdict = rig.book.judge()

    def _one(self, n):
        """Whether the work was done before it happened."""
        strike = Strike(n, self._happen, self.up_only)
        self.numbers = numbers = self.rig.numbers(2)
        try:
            self.trial(strike, numbers)
            self._check_liveness(numbers)
        except (Timeout, AssertionError) as error:
            self.told.append((n, str(error)))
        try:
            self.after()
        except Timeout as error:
            self.told.append((n, str(error)))
        if not self.late:
            self.reached[strike.up] += 1
        return self.late

    def await_strike(self, strike):
        """Until it has happened, or the work is done."""
        end = time.monotonic() + 60
        while not strike.struck.wait(1.2):
            assert time.monotonic() < end, "the packet did not come"
            if self._is_done() and not strike.struck.wait(0.3):
                break
        if strike.give_up():
            self.late = True
        else:
            assert strike.struck.wait(60), "it did not come to an end"

    def publish(self, numbers):
        orgs = dict(zip((self.org_a, self.org_b), numbers))
        self.rig.records.publish_each(orgs)
        for org, n in orgs.items():
            self.rig.book.accepted(org, n)

    def _is_done(self):
        """Sent and recorded; the database is asked at the end only."""
        a, b = self.numbers
        return (
            a in self.rig.sink.done["/ok/a"]
            and b in self.rig.sink.done["/ok/b"]
            and not self.rig.records.waiting()
        )

    def await_record(self):
        self.rig.within(
            20, lambda: not self.rig.records.waiting(), "the record", 0.1
        )

    def _check_liveness(self, numbers):
        """Timed from when it happened on."""
        probe = self.rig.publish(self.org_b)
        took = self.rig.arrives("/ok/b", probe, LIMIT)
        self.slowest = max(self.slowest, took)
        self.rig.arrives("/ok/b", numbers[1:], LIMIT)
        self.rig.arrives("/ok/a", numbers[:1], LIMIT)

    def _happen(self, packet):
        self.late = self._is_done()
        if self.copies:
            self.rig.book.crash()
        return self.happen(packet)

    def prepare(self):
        """Once, when the rig is there."""

    def after(self):
        """When the trial is over."""


class Live(_Walk):
    """The sender goes on, and connects again. Where it ends, another one is
    started."""

    copies = False

    def prepare(self):
        self.rig.in_background(self._cron)

    def _cron(self):
        if not (self.host.sender and self.host.sender.running()):
            self.host.start("--linger", "1h")
        time.sleep(0.05)

    def trial(self, strike, numbers):
        with self.host.proxy.away():
            self.publish(numbers)
            self.host.proxy.rule = strike
        self.await_strike(strike)

    def after(self):
        self.await_record()


class Cut(Live):
    def happen(self, _):
        return CUT


class CutAfter(Live):
    def happen(self, _):
        return CUT_AFTER


class NoAnswer(Live):
    up_only = True

    def happen(self, _):
        return NO_ANSWER


class Forget(Live):
    """The last transaction is gone, and with it all since."""

    def prepare(self):
        self._saving = threading.Lock()  # connections commit side by side
        super().prepare()

    def trial(self, strike, numbers):
        self._save()

        def rule(packet):
            if packet.text.startswith("COMMIT"):
                self._save()
            return strike(packet)

        with self.host.proxy.away():
            self.publish(numbers)
            self._save()
            self.host.proxy.rule = rule
        self.await_strike(strike)

    def _save(self):
        with self._saving:
            self.since = time.time()
            self.rig.records.save()

    def happen(self, _):
        with self._saving, self.host.proxy.away():
            self.rig.book.forgot(self.since)
            self.rig.records.go_back()
            time.sleep(1)  # no server comes back any faster
        return CUT


class Kill(_Walk):
    """The program dies, and the next one takes over."""

    verdict_then = CUT

    def trial(self, strike, numbers):
        self.started = threading.Event()
        self.publish(numbers)
        self.host.proxy.rule = strike
        self.host.start("--linger", "1h")
        self.started.set()
        self.await_strike(strike)
        self.host.proxy.rule = lambda packet: PASS
        if not strike.begun:
            self.host.kill()
        self.host.start("--linger", "1h")

    def happen(self, _):
        self.started.wait()
        self.host.kill()
        return self.verdict_then

    def after(self):
        self.await_record()
        self.host.kill()


class KillAfter(Kill):
    up_only = True
    verdict_then = PASS


class Freeze(_Walk):
    """The connection is silent for ever; a sender on another host is there,
    and the first one may go on as it likes."""

    verdict_then = FREEZE

    def prepare(self):
        self.other = self.rig.host()

    def trial(self, strike, numbers):
        self.publish(numbers)
        self.host.proxy.rule = strike
        self.host.start("--linger", "1h")
        self.await_strike(strike)
        self.other.start("--linger", "1h")

    def happen(self, _):
        return self.verdict_then

    def after(self):
        self.host.kill()
        self.host.proxy.thaw()
        self.host.proxy.cut()
        with contextlib.suppress(Timeout):
            self.await_record()
        self.other.kill()


class FreezeAfter(Freeze):
    up_only = True
    verdict_then = FREEZE_AFTER


def _shortly(troubles):
    """(packet, trouble) pairs: each trouble with the packets it came at."""
    packets = collections.defaultdict(list)
    for n, text in troubles:
        packets[text].append(n)
    for text, numbers in packets.items():
        numbers.sort()
        shown = ", ".join(str(n) for n in numbers[:12])
        more = " ..." if len(numbers) > 12 else ""
        yield f"at {len(numbers)} packets ({shown}{more}): {text}"


class PacketCase(FireCase):
    """`walk` makes a row of the table."""

    def walk(self, kind, case, at_once=12):
        walks = [kind(1 + i, at_once) for i in range(at_once)]
        threads = [threading.Thread(target=w.go) for w in walks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reached = sum((w.reached for w in walks), collections.Counter())
        self.tell(case, walks, reached)

    def tell(self, case, walks, reached):
        troubles = list(_shortly(t for w in walks for t in w.told))
        for walk in walks:
            troubles += walk.verdict.problems
        verdict = walks[0].verdict
        for walk in walks[1:]:
            verdict.counts += walk.verdict.counts
        verdict.problems = troubles
        self.recovered = max(w.slowest for w in walks)
        self._tell(
            case,
            f"{sum(reached.values())} packets ({reached[True]} to the "
            f"database)",
            verdict,
            None,
        )
        assert not troubles, "\n".join(troubles)


class EveryPacket(PacketCase):
    def test_cut_before(self):
        self.walk(Cut, "c35a at every packet of a round: cut before it")

    def test_cut_after(self):
        self.walk(CutAfter, "c35b the same: cut after it")

    def test_no_answer(self):
        self.walk(NoAnswer, "c35c the same: its answer is lost")

    def test_killed_before(self):
        self.walk(Kill, "c35d the same: the sender is killed before it", 6)

    def test_killed_after(self):
        self.walk(KillAfter, "c35e the same: the sender is killed after it", 6)

    def test_frozen_before(self):
        self.walk(Freeze, "c35f the same: silence before it, without FIN", 24)

    def test_frozen_after(self):
        self.walk(
            FreezeAfter, "c35g the same: silence after it, without FIN", 16
        )

    def test_forgotten(self):
        self.walk(
            Forget, "c35h the same: the database forgets its last commit", 16
        )


if __name__ == "__main__":
    tap.main()
