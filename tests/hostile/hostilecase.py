# SPDX-License-Identifier: MIT
"""
The base of all attacks: an installation, a healthy tenant whose figures are
taken before and during the attack, and a row of the table.

An attack is a function in its file that goes on until an event is set. It runs
in a process of its own, with the lowest priority: attackers have machines of
their own, and what counts here is what they take of ours.
"""

import contextlib
import multiprocessing
import os
import pathlib
import sys
import threading

import doors
import processes
import service
import tap
from neighbour import Neighbour

COLUMNS = (
    "attack",
    "API p99, quiet",
    "under attack",
    "ratio",
    "delivery p99, quiet",
    "under attack",
    "ratio",
    "verdict",
)
# The healthy tenant's p99 stays within this many times of its quiet one. What is
# quicker than FLOOR_S counts as that: below it time slices of the processor are
# measured, not this service.
WORST, FLOOR_S = 2, 0.01
# And in no round does anybody wait so long, not even while an attack begins.
STOP_S = 5
# As MariaDB comes; the other tests' server has less, so that it starts quickly,
# and stops for every row that is as large as its log.
_DATABASE = ("--innodb-log-file-size=96M", "--innodb-buffer-pool-size=128M")
_spawn = multiprocessing.get_context("spawn")


class Attack:
    """What goes on in the attacker's process, as the attack sees it."""

    def __init__(self):
        self._over = _spawn.Event()
        self._done = _spawn.Value("Q", 0)

    def wait(self, seconds):
        """True: it is to end."""
        return self._over.wait(seconds)

    def done(self, count=1):
        """Counts what was done, in whatever unit."""
        with self._done.get_lock():
            self._done.value += count

    def repeat(self, call, threads=1):
        """What most attacks are: the same again and again, at once in so many
        threads, whatever comes of it."""

        def work():
            while not self.wait(0):
                with contextlib.suppress(OSError, AssertionError):
                    call()
                    self.done()

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    @contextlib.contextmanager
    def going_on(self, call, facts):
        process = _spawn.Process(
            target=_attack, args=(call, self, facts), daemon=True
        )
        process.start()
        try:
            processes.wait_until(
                lambda: self._done.value, 30, "the attack's beginning"
            )
            yield
            assert process.is_alive(), "the attack ended"
        finally:
            self._over.set()
            process.join(30)

    def count(self):
        return self._done.value


def _attack(call, attack, facts):
    """The lowest priority, also where each session has a share of its own, and
    where the rest has a real-time one (`chrt -r 1 make check-hostile`, on a
    machine that is busy with other things)."""
    os.setsid()
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(19)
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/autogroup").write_text("19")
    call(attack, **facts)


def _row(*cells):
    """A line of the table, in TAP a comment."""
    print("# | " + " | ".join(str(cell) for cell in cells) + " |")
    sys.stdout.flush()


def _ms(seconds):
    return f"{seconds * 1000:.1f} ms"


@doors.register
class FourProcesses(doors.ApacheProxy):
    name = "apache-proxy-4"
    responders = 4


class HostileCase(tap.Case):
    """`settings` as in service.Service; of [sender] the rest is as it
    comes."""

    door_name = "lighttpd"
    settings = {}

    def setup(self):
        as_it_comes = dict.fromkeys(
            ("workers", "timeout", "connect_timeout", "retry_schedule")
            + ("retry_jitter", "lease")
        )
        settings = {s: dict(k) for s, k in self.settings.items()}
        settings["sender"] = {
            **as_it_comes,
            "linger": "30m",
            **settings.get("sender", {}),
        }
        self.service = service.Service(settings, _DATABASE)
        self.service.send("--once")  # makes the folder of its notes
        self.door = doors.enter(self.door_name, self.service)
        self.neighbour = Neighbour(self.service, self.door.port)
        self.organization = self.service.organization("Hostile Ltd")
        self.key = self.service.key(self.organization)

    def teardown(self):
        if hasattr(self, "neighbour"):
            self.neighbour.close()
        if hasattr(self, "service"):
            self.service.close()

    def good(self, status, method, target, body=None):
        """The JSON of an answer to the attacker."""
        answer = self.door.request(
            method, target, [("Authorization", self.key)], body
        )
        assert answer.status == status, (method, target, answer)
        return answer.json()

    def sender(self):
        """One that stays; a case may have another sort of sender."""
        return self.service.start_sender()

    def holds(self, name, call, **facts):
        """Judges an attack; `name` is its name in the table."""
        self.sender()
        self.neighbour.measure(1)  # so that everything is warm
        quiet = self.neighbour.measure()
        attack = Attack()
        try:
            with attack.going_on(call, facts):
                beside = self.neighbour.measure()
        except Exception:
            _row(name, *["-"] * 6, "VIOLATED")
            raise
        print(f"# {attack.count()} times")
        self._judge(name, quiet, beside)

    def _judge(self, attack, quiet, beside):
        cells, worst, longest = [], 0, 0
        for kind in ("api", "delivery"):
            before, during = quiet.of(kind), beside.of(kind)
            cells += [_ms(before), _ms(during), f"{during / before:.2f}"]
            worst = max(worst, during / max(before, FLOOR_S))
            longest = max(longest, *getattr(beside, kind))
        good = worst <= WORST and longest < STOP_S
        _row(attack, *cells, "holds" if good else "VIOLATED")
        for name, figures in (("quiet", quiet), ("under attack", beside)):
            for kind in ("api", "delivery"):
                rounds = " ".join(_ms(t) for t in getattr(figures, kind))
                print(f"# {kind}, p99 of each round, {name}: {rounds}")
        assert good, f"{worst:.2f} times as long, at most {longest:.1f} s"
