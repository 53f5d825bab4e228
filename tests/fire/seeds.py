# SPDX-License-Identifier: MIT
"""
Faults at random: `make check-fire SEED=N MINUTES=M`.

A list of faults follows from the seed, so that it can be had again, as far as
a real kernel allows. After each fault another organization's hook must get its
next delivery within a lease and 5 s; at the end of a list all must be
delivered, and the books must agree. A list that fails is cut down to a short
one, which is printed as FAULTS="...": `make check-fire FAULTS="kill:0.3 ..."`.

    python3 tests/fire/seeds.py [SEED] [MINUTES]
"""

import contextlib
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time

import doors
import guard
from firecase import mixed, row
from packets import LIMIT, TIMES
from processes import wait_until
from proxy import CUT, FREEZE, NO_ANSWER, PASS, commits, nth
from rig import Rig

# Faults of a list, and how often a failing one is tried to be shortened.
LENGTH, TRIES = 12, 12


class Stage:
    """Two hosts, cron, organizations that publish, and faults. Each fault
    is a method; `x`, between 0 and 1, is all that varies in it."""

    def __init__(self, rig, hosts=2):
        self.rig = rig
        self.org_a = mixed(rig)
        self.org_b = rig.organization("/ok/b", "/slow/b?ms=300")
        self.hosts = [self.new_host() for _ in range(hosts)]
        self.publishing = threading.Lock()
        rig.in_background(self._cron)
        rig.in_background(self._publish)

    def new_host(self):
        return self.rig.host()

    def _cron(self):
        for host in list(self.hosts):
            if not (host.sender and host.sender.running()):
                host.start("--linger", "1h")
        time.sleep(0.3)

    def _publish(self):
        with self.publishing:
            self.rig.try_publish(self.org_a)
        time.sleep(0.25)  # the ordered hook must be able to follow

    def pick(self, x):
        host = self.hosts[int(x * 100) % len(self.hosts)]
        wait_until(lambda: host.sender, 60, "a sender on a new host")
        return host

    # ---- programs and hosts ----

    def kill(self, x):
        self.pick(x).kill()

    def kill_worker(self, x):
        self.pick(x).kill_worker()

    def terminate(self, x):
        self.rig.book.crash()
        self.pick(x).sender.send_signal(signal.SIGTERM)

    def stop(self, x):
        """For less than a lease, or for more."""
        host = self.pick(x)
        host.pause()
        time.sleep(x * 10)
        self.rig.book.crash()
        host.resume()

    def die(self, x):
        """Silently; another machine comes in its place."""
        host = self.pick(x)
        self.hosts.remove(host)
        self.hosts.append(self.new_host())
        host.die()

    # ---- the way to the database ----

    def _at(self, x, verdict, condition=lambda packet: True):
        """At one of the next 200 packets."""
        rule = nth(condition, self._crash(verdict), 1 + int(x * 200))
        self.pick(x).proxy.rule = rule
        time.sleep(1)

    def _crash(self, verdict):
        def happen(_):
            self.rig.book.crash()
            return verdict

        return happen

    def cut(self, x):
        self._at(x, CUT)

    def lose(self, x):
        self._at(x, NO_ANSWER, lambda packet: packet.up)

    def lose_commits(self, x):
        host = self.pick(x)
        dice = random.Random(x)

        def rule(packet):
            if commits()(packet) and dice.random() < 0.3:
                self.rig.book.crash()
                return NO_ANSWER
            return PASS

        host.proxy.rule = rule
        time.sleep(2)
        host.proxy.rule = lambda packet: PASS

    def freeze(self, x):
        self._at(x, FREEZE)

    def delay(self, x):
        proxy = self.pick(x).proxy
        proxy.delay = x * 0.05
        time.sleep(2)
        proxy.delay = 0

    # ---- the database ----

    def kill_connections(self, _):
        self.rig.book.crash()
        for (one,) in self.rig.db.sql(
            "SELECT id FROM information_schema.processlist "
            "WHERE user = 'hooks_sender'"
        ):
            with contextlib.suppress(AssertionError):
                self.rig.db.sql(f"KILL {one}")

    def server_dies(self, x):
        with self.publishing:
            self.rig.db.stop(signal.SIGKILL)
            self.rig.book.crash()
            time.sleep(x)
            self.rig.db.start()
            self.rig.book.crash()

    def server_hangs(self, x):
        self.rig.db.child.send_signal(signal.SIGSTOP)
        time.sleep(x * 3)
        self.rig.db.child.send_signal(signal.SIGCONT)
        self.rig.book.crash()

    def forget(self, x):
        since = time.time()
        self.rig.records.save()
        time.sleep(x * 2)
        with self.publishing, contextlib.ExitStack() as all_away:
            for host in self.rig.hosts:
                all_away.enter_context(host.proxy.away())
            self.rig.book.forgot(since)
            self.rig.records.go_back()
            time.sleep(1)  # no server comes back any faster

    def read_only(self, x):
        self.rig.db.sql("SET GLOBAL read_only = 1")
        time.sleep(x * 8)
        self.rig.db.sql("SET GLOBAL read_only = 0")
        self.rig.book.crash()

    def lock_a_lane(self, x):
        with self.rig.holding(self.rig.records.lane_of("/ok/plain")):
            self.probe()
            time.sleep(x * 3)

    def lock_a_gap(self, x):
        # In an empty table it would be the gap of everybody.
        self.rig.sink.wait(1, "/ok/plain")
        with self.rig.holding(
            self.rig.records.last_delivery_of("/ok/plain"),
            isolation="REPEATABLE READ",
        ):
            self.probe()
            time.sleep(x * 3)

    def clock_jumps(self, x):
        self.rig.book.crash()
        self.rig.clock.set(int(x * 7200) - 3600)
        time.sleep(2)
        self.rig.book.crash()
        self.rig.clock.set(0)

    # ---- what must hold after each ----

    def probe(self):
        with self.publishing:
            numbers = self.rig.publish(self.org_b)
        return self.rig.arrives("/ok/b", numbers, LIMIT)


FAULTS = [name for name in vars(Stage) if name[0] != "_"]
FAULTS = [n for n in FAULTS if n not in ("new_host", "pick", "probe")]


class Crowd(Stage):
    """With a publisher by HTTP, too, and a look at what senders weigh."""

    def __init__(self, rig, hosts=2):
        super().__init__(rig, hosts)
        self.door = doors.enter("cgi", rig.service)
        self.largest = 0
        rig.in_background(self._post)
        rig.in_background(self._weigh)

    def _post(self):
        """Asked again until it is accepted."""
        (n,) = self.rig.numbers(1)
        self.rig.book.doubted(n)
        body = {"action": "event.created", "resource": {"n": n}}
        headers = [
            ("Authorization", self.rig.key(self.org_a)),
            ("Idempotency-Key", f"k{n}"),
        ]
        with self.publishing:
            answer = self.door.request(
                "POST", "/v2/notifications", headers, json.dumps(body).encode()
            )
        if answer.status == 202:
            self.rig.book.accepted(self.org_a, n)
        time.sleep(0.5)

    def _weigh(self):
        """The largest of all workers so far, in kB."""
        for host in list(self.hosts):
            for pid in host.processes() if host.sender else ():
                try:
                    text = pathlib.Path(f"/proc/{pid}/status").read_text()
                except OSError:
                    continue  # it has just ended
                size = text.partition("VmRSS:")[2].split()
                self.largest = max(self.largest, int((size or [0])[0]))
        time.sleep(1)


def storm(stage, dice, seconds, faults=FAULTS, middle=None):
    """Faults at random for so long, and something in the middle: how many
    faults, and how long others waited at most."""
    begin = time.monotonic()
    count, slowest = 0, 0
    while (left := begin + seconds - time.monotonic()) > 0:
        name, x = dice.choice(faults), round(dice.random(), 3)
        if middle and left < seconds / 2:
            middle()
            middle, name = None, "middle"
        else:
            getattr(stage, name)(x)
        took = stage.probe()
        count, slowest = count + 1, max(slowest, took)
        print(f"# {name}:{x}, others after {took:.1f} s", flush=True)
    return count, slowest


def _plan(seed):
    dice = random.Random(seed)
    return [
        (dice.choice(FAULTS), round(dice.random(), 3)) for _ in range(LENGTH)
    ]


def _text(plan):
    return " ".join(f"{name}:{x}" for name, x in plan)


def _read(text):
    words = [word.partition(":") for word in text.split()]
    return [(name, float(x or 0.5)) for name, _, x in words]


def play(plan):
    """What was wrong with it: a list of complaints; and the verdict."""
    with Rig(sender=TIMES, clock=True) as rig:
        trouble, slowest = [], 0
        try:
            stage = Stage(rig)
            time.sleep(1)
            for name, x in plan:
                getattr(stage, name)(x)
                took = stage.probe()
                slowest = max(slowest, took)
            rig.stop_threads()
            rig.settle(60)
        except AssertionError as error:
            trouble = [str(error)]
        with contextlib.suppress(AssertionError):
            rig.stop_threads()
        rig.stop_senders()
        verdict = rig.book.judge(finished=not trouble)
        verdict.slowest = slowest
        return trouble + verdict.problems, verdict


def _shorten(plan):
    """Leaves out what need not be there for it to fail: first halves, then
    single faults."""
    tries = TRIES
    size = len(plan) // 2
    while size and tries:
        for begin in range(0, len(plan), size):
            shorter = plan[:begin] + plan[begin + size :]
            if not shorter or not tries:
                continue
            tries -= 1
            print(f"# shorter: {_text(shorter)}", flush=True)
            if play(shorter)[0]:
                plan = shorter
                break
        else:
            size //= 2
        size = min(size, len(plan) // 2)
    return plan


def _one(name, plan):
    """Whether a list of faults went well; told as a row."""
    print(f"# {name}: {_text(plan)}", flush=True)
    problems, verdict = play(plan)
    row(
        name,
        "faults at random",
        len(plan),
        f"{verdict.notifications} ({verdict.deliveries})",
        verdict.lost + verdict.counts["never sent"],
        f"{verdict.marked} / {verdict.unmarked}",
        f"{verdict.slowest:.1f} s",
        "VIOLATED" if problems else "holds",
    )
    for line in problems:
        print(f"#   {line}")
    if problems and len(plan) > 1:
        print(f'# fails, too: FAULTS="{_text(_shorten(plan))}"', flush=True)
    return not problems


def _main():
    seed = int((sys.argv[1:] or [0])[0] or time.time())
    minutes = float((sys.argv[2:] or [0])[0] or 2)
    if os.environ.get("FAULTS"):
        return 0 if _one("given", _read(os.environ["FAULTS"])) else 1
    print(f"# SEED={seed} MINUTES={minutes:g}")
    end = time.monotonic() + 60 * minutes
    results = []
    while not results or time.monotonic() < end:
        number = len(results)
        name = f"seed {seed}.{number}" if number else f"seed {seed}"
        results.append(_one(name, _plan(f"{seed}.{number}")))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    guard.run(_main)
