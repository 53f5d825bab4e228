# SPDX-License-Identifier: MIT
"""
Senders that die, and several at once: nothing is lost, only deliveries in
flight come twice, and these are marked. `make check-kill` does it at full
length.
"""

import json
import os
import pathlib
import random
import signal
import time

import service
import tap
from processes import wait_until
from receiver import Answer, Close, Hang
from sendcase import LaneCase

KILLS = int(os.environ.get("HOOKS_TEST_KILLS", "12"))
KILLED_DUE = int(os.environ.get("HOOKS_TEST_KILLED_DUE", "500"))
SHARED_DUE = int(os.environ.get("HOOKS_TEST_SHARED_DUE", "4000"))


def workers_of(sender):
    pid = sender.process.pid
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in children.read_text().split()]


def kill_all(sender):
    """kill -9 of a sender and its workers, as when the machine dies."""
    for one in (sender.process.pid, *workers_of(sender)):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it had just ended
    sender.process.wait()


def crash(sender):
    """Its workers crash; a sanitizer would catch most other signals."""
    for one in workers_of(sender):
        os.kill(one, signal.SIGABRT)
    assert sender.wait(5) == 70
    assert "died of signal 6" in sender.errors()


class _CrashCase(LaneCase):
    def in_flight(self):
        """The keys that lanes remember."""
        keys = set()
        for (text,) in self.service.db.sql(
            "SELECT HEX(in_flight) FROM vh_lanes WHERE in_flight IS NOT "
            "NULL AND owner IS NOT NULL"
        ):
            keys.update(
                int(text[i : i + 16], 16) for i in range(0, len(text), 16)
            )
        return keys

    def copies(self, path):
        """How often each number came; a second copy must be marked."""
        seen = {}
        for request in self.sink.at(path):
            earlier = seen.setdefault(self.number(request), [])
            assert (
                not earlier or request.header("webhook-maybe-duplicate") == "1"
            ), request.headers
            assert not earlier or request.header("webhook-id") == earlier[
                0
            ].header("webhook-id"), request.headers
            earlier.append(request)
        return {number: len(all_) for number, all_ in seen.items()}


class Killed(_CrashCase):
    settings = {
        "sender": {"linger": "60s", "workers": "2", "hook_concurrency": "6"}
    }

    def test_at_random_moments(self):
        seed = int(time.time())
        print(f"# {KILLS} kills, {KILLED_DUE} due, seed {seed}")
        moment = random.Random(seed)
        self.fresh("/crash")
        self.sink.script("/crash", then=Answer(200, delay=0.02))
        self.publish_many(KILLED_DUE)
        suspects = set()
        for _ in range(KILLS):
            sender = self.service.start_sender()
            time.sleep(moment.uniform(0.02, 0.5))
            kill_all(sender)
            suspects |= self.in_flight()
        left = self.states().get("pending", 0)
        # A time-out on a slow machine puts the rest off.
        for _ in range(5):
            self.service.send("--once")
            if not self.states().get("pending", 0):
                break
            time.sleep(2)
        copies = self.copies("/crash")
        self.check_nothing_lost(copies)
        twice = {n for n, count in copies.items() if count > 1}
        keys = self.numbers_of(suspects)
        assert twice <= keys, f"never in flight: {twice - keys}"
        print(f"# {left} were left at the end, {len(twice)} came again")
        # A kill repeats six that were under way, and some that were answered
        # and not recorded yet: the more, the slower the database is.
        assert len(twice) <= KILLS * 18, "far too many"

    def check_nothing_lost(self, copies):
        """Nor held: a kill says nothing about what was in flight."""
        states = self.states()
        assert states == {"delivered": KILLED_DUE}, states
        assert len(copies) == KILLED_DUE, len(copies)

    def numbers_of(self, keys):
        """The numbers of deliveries with these keys."""
        return {
            json.loads(resource)["n"]
            for key, resource in self.service.db.sql(
                "SELECT d.id, n.resource FROM vh_deliveries "
                "d JOIN vh_notifications n ON n.id = "
                "d.notification_id"
            )
            if int(key) in keys
        }


class Parts(_CrashCase):
    """Parts of a sender die."""

    settings = {
        "sender": {
            "linger": "30s",
            "workers": "2",
            "timeout": "5s",
            "lease": "20s",
        }
    }

    def test_a_worker_alone(self):
        """The rest of the run takes over, long before the lease ends."""
        self.fresh("/worker")
        self.sink.script("/worker", then=Answer(200, delay=0.5))
        self.publish_many(40)
        sender = self.service.start_sender()
        self.sink.wait(4, "/worker")
        owner = self.service.db.value(
            "SELECT owner FROM vh_lanes WHERE owner IS NOT NULL"
        )
        for pid in workers_of(sender):
            if self.holds(pid, owner):
                os.kill(pid, signal.SIGKILL)
        self.sink.script("/worker")
        wait_until(lambda: "pending" not in self.newest(40), 8, "all of it")
        assert "died of signal 9" in sender.errors()
        sender.stop()
        assert len(self.copies("/worker")) == 40

    def newest(self, count):
        return {
            s
            for (s,) in self.service.db.sql(
                f"SELECT state FROM vh_deliveries ORDER BY id DESC LIMIT {count}"
            )
        }

    @staticmethod
    def holds(pid, owner):
        """The owner's byte of the lock file, as /proc/locks cannot tell for
        open file descriptions: its place is in the worker's fdinfo."""
        place = (int(owner.rpartition(":")[2], 16) & 0x3FFFFFFFFFFFFFFF) + 1
        for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
            if f" {place} {place}" in info.read_text():
                return True
        return False

    def test_the_parent_alone(self):
        """Its workers end by themselves and give their lanes back."""
        self.fresh("/parent")
        self.sink.script("/parent", then=Answer(200, delay=0.3))
        self.publish_many(30)
        sender = self.service.start_sender()
        self.sink.wait(4, "/parent")
        workers = workers_of(sender)
        os.kill(sender.process.pid, signal.SIGKILL)
        sender.process.wait()
        wait_until(
            lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers),
            6,
            "workers' end",
        )
        self.sink.script("/parent")
        self.once("delivered")
        assert set(self.copies("/parent").values()) == {1}

    def test_no_second_sending_on_a_kept_connection(self):
        self.fresh("/kept")
        self.sink.script("/kept", Answer(200), Close(), then=Answer(200))
        self.publish_many(1)
        sender = self.service.start_sender("--workers", "1")
        self.sink.wait(1, "/kept")
        self.publish_many(1)
        self.sink.wait(2, "/kept")
        requests = self.sink.wait(3, "/kept")
        assert sender.stop() == 0
        assert requests[2].header("webhook-attempt") == "2"
        assert requests[2].header("webhook-maybe-duplicate") == "1"


class Namesake(_CrashCase):
    """Another machine of the same name: its lock file is another one."""

    settings = {"sender": {"linger": "30s", "timeout": "8s", "lease": "20s"}}

    def test_its_owners_are_not_taken_for_dead(self):
        self.fresh("/busy")
        self.hook("/free", "user.joined")
        self.sink.script("/busy", then=Answer(200, delay=3))
        self.publish_many(4)
        first = self.service.start_sender()
        self.sink.wait(4, "/busy")
        self.service.state("lock").unlink()
        second = self.service.start_sender()
        self.publish("{}", "user.joined")
        wait_until(lambda: "pending" not in self.states(), 10, "all of it")
        assert first.stop() == 0 and second.stop() == 0
        assert first.errors() == second.errors() == ""
        assert len(self.sink.at("/busy")) == 5, "4 and the free one, once"


class Killers(_CrashCase):
    """A delivery that crashes its sender is held after three times alone."""

    settings = {
        "sender": {
            "linger": "30s",
            "workers": "1",
            "timeout": "8s",
            "lease": "20s",
        }
    }

    def die(self, path, count, end=None):
        """A sender that ends when that many of its requests have arrived."""
        before = len(self.sink.at(path))
        sender = self.service.start_sender()
        self.sink.wait(before + count, path)
        time.sleep(0.2)  # nothing more than that
        assert len(self.sink.at(path)) == before + count
        (end or crash)(sender)

    def held(self):
        return self.service.db.sql(
            "SELECT n.resource, d.reason FROM vh_deliveries d JOIN vh_notifications "
            "n ON n.id = d.notification_id WHERE d.state = 'held' "
            "ORDER BY d.id"
        )

    def end(self, path):
        self.sink.script(path)
        self.once("delivered")
        self.service.db.sql("DELETE FROM vh_deliveries")

    def test_one_that_kills_alone_is_held(self):
        self.fresh("/killer")
        self.sink.script("/killer", then=Hang())
        self.publish_many(3)
        self.die("/killer", 3)  # all three in flight: nobody is blamed
        self.die("/killer", 3)  # again; from now on one by one
        assert not self.held()
        for _ in range(3):
            self.die("/killer", 1)
            assert self.number(self.sink.at("/killer")[-1]) == 0
        self.sink.script("/killer")
        self.once("delivered 2, failed 0, retrying 0, held 1 in ")
        [[resource, reason]] = self.held()
        assert json.loads(resource) == {"n": 0}
        assert "crashed three times" in reason, reason
        self.end("/killer")

    def test_a_batch_that_kills_is_held(self):
        self.fresh("/batch")
        self.set(batch_size=5)
        self.sink.script("/batch", then=Hang())
        self.publish_many(5)
        for _ in range(3):
            self.die("/batch", 1)
        self.sink.script("/batch")
        self.publish_many(1, first=5)
        self.once("delivered 1, failed 0, retrying 0, held 5 in ")
        assert [json.loads(r)["n"] for r, _ in self.held()] == [0, 1, 2, 3, 4]
        self.end("/batch")

    def test_kills_from_outside_do_not_count(self):
        self.fresh("/innocent")
        self.sink.script("/innocent", then=Hang())
        self.publish_many(1)
        for _ in range(4):
            self.die("/innocent", 1, kill_all)
        self.sink.script("/innocent")
        self.once("delivered 1, failed 0, retrying 0, held 0 in ")
        assert (
            self.service.db.value(
                "SELECT crashes FROM vh_lanes ORDER BY hook_id DESC LIMIT 1"
            )
            == "0"
        )
        self.service.db.sql("DELETE FROM vh_deliveries")

    def test_a_held_killer_is_reported(self):
        self.fresh("/killer", "event.created")
        self.hook("/told", "delivery.failed")
        self.service.write_config(
            service.SENDER,
            notify={"mail_to": "one@example.com", "smtp": "smtp://127.0.0.1:9"},
        )
        self.sink.script("/killer", then=Hang())
        self.publish_many(1)
        for _ in range(3):
            self.die("/killer", 1)
        self.once("delivered 0, failed 0, retrying 0, held 1 in ")
        self.once("delivered 1,")
        self.service.write_config(service.SENDER)
        [request] = self.sink.at("/told")
        told = json.loads(request.body)["resource"]
        assert told["state"] == "held", told
        [[kind, count]] = self.service.db.sql(
            "SELECT kind, count FROM vh_alerts"
        )
        assert (kind, count) == ("held", "1")
        self.end("/killer")

    def test_an_outcome_in_between_forgives(self):
        self.fresh("/fine")
        self.sink.script("/fine", then=Hang())
        self.publish_many(1)
        for _ in range(2):
            self.die("/fine", 1)
        self.sink.script("/fine")
        self.once("delivered 1, failed 0, retrying 0, held 0 in ")


class Together(_CrashCase):
    """Three senders, each with its own state folder, as on three machines."""

    settings = {"sender": {"linger": "60s", "workers": "2"}}

    def senders(self, count=3, *flags):
        started = []
        for n in range(count):
            config = self.service.folder / f"sender{n}.conf"
            config.write_text(
                self.service.config(service.SENDER)
                .read_text()
                .replace("/state\n", f"/state{n}\n")
            )
            config.chmod(0o600)
            started.append(
                self.service.start_sender("-v", *flags, config=config)
            )
        return started

    @staticmethod
    def delivered_by(sender):
        assert sender.stop() == 0
        line = sender.process.stdout.read().decode().splitlines()[-1]
        return int(line.split(",")[0].removeprefix("delivered "))

    def test_nothing_comes_twice_and_they_share_the_work(self):
        hooks = 20
        self.fresh("/many0")
        for n in range(1, hooks):
            self.hook(f"/many{n}")
        self.publish_many(SHARED_DUE // hooks)
        senders = self.senders()
        self.sink.wait(SHARED_DUE, seconds=120)
        wait_until(
            lambda: self.states() == {"delivered": SHARED_DUE},
            20,
            "all of it recorded",
        )
        parts = [self.delivered_by(s) for s in senders]
        print(f"# of {SHARED_DUE} they delivered {parts}")
        # One that starts late on a busy machine finds nothing left.
        assert sum(parts) == SHARED_DUE and max(parts) < SHARED_DUE, parts
        ids = [r.header("webhook-id") for r in self.sink.at()]
        assert len(ids) == len(set(ids)) == SHARED_DUE
        assert not any(
            r.header("webhook-maybe-duplicate") for r in self.sink.at()
        )

    def test_a_rate_limit_holds_over_all_of_them(self):
        self.fresh("/rate")
        self.set(rate_limit=10)
        self.publish_many(45)
        senders = self.senders()
        times = [r.time for r in self.sink.wait(45, "/rate", 20)]
        for sender in senders:
            assert sender.stop() == 0
        # A second's worth at once, then ten a second.
        assert times[-1] - times[0] > 4, times[-1] - times[0]
        for begin in range(len(times) - 11):
            assert times[begin + 11] - times[begin] > 0.7, times

    def test_the_order_holds_over_all_of_them(self):
        self.fresh("/order")
        self.set(ordered=1)
        self.sink.script("/order", Answer(200), Answer(500))
        senders = self.senders()
        for n in range(20):
            self.publish_many(2, first=2 * n)
            time.sleep(0.03)
        got = [self.number(r) for r in self.sink.wait(41, "/order", 30)]
        for sender in senders:
            assert sender.stop() == 0
        assert got == [0, 1, *range(1, 40)], got


class Unrecorded(_CrashCase):
    """A request whose outcome died with its sender."""

    settings = {"sender": {"linger": "30s", "workers": "1"}}

    def kill_one(self, path, count):
        self.publish_many(count)
        sender = self.service.start_sender()
        self.sink.wait(1, path)
        time.sleep(0.1)
        kill_all(sender)
        self.sink.script(path, then=Answer(200))
        self.once(f"delivered {count}, failed 0")
        return self.sink.at(path)[-1]

    def test_attempts_without_a_record_are_counted_and_shown(self):
        self.fresh("/died")
        self.sink.script("/died", then=Answer(200, delay=1))
        request = self.kill_one("/died", 1)
        assert request.header("webhook-attempt") == "2", request
        shown = self.door.request(
            "GET",
            "/v2/deliveries/" + request.header("webhook-id"),
            [("Authorization", self.key)],
        ).json()
        assert shown["attemptCount"] == 2, shown
        first, second = shown["attempts"]
        assert (first["attempt"], first["error"], first["status"]) == (
            1,
            "unrecorded",
            None,
        ), first
        assert "died" in first["errorText"], first
        assert (second["attempt"], second["status"]) == (2, 200), second
        assert first["startedAt"] <= second["startedAt"], shown

    def test_for_each_member_of_a_batch(self):
        self.fresh("/batched")
        self.set(batch_size=3)
        self.sink.script("/batched", then=Answer(200, delay=1))
        request = self.kill_one("/batched", 3)
        assert request.header("webhook-attempt") == "2", request
        rows = self.service.db.sql(
            "SELECT COUNT(*), SUM(error = 'unrecorded') FROM vh_attempts "
            "WHERE delivery_id IN (SELECT id FROM vh_deliveries WHERE hook_id "
            "= (SELECT MAX(id) FROM vh_hooks)) GROUP BY delivery_id"
        )
        assert rows == [["2", "1"]] * 3, rows


class Restored(_CrashCase):
    """An operator says that the database is an earlier one."""

    settings = {"sender": {"linger": "30s", "workers": "1"}}

    def marks(self, path):
        return {
            self.number(r): r.header("webhook-maybe-duplicate")
            for r in self.sink.at(path)
        }

    def test_what_is_pending_comes_marked(self):
        self.fresh("/restored")
        self.set(enabled=0)
        self.publish_many(10)
        self.service.send("--once")
        self.publish_many(5, first=10)  # queued
        assert self.service.admin("restored") == "10"
        told = json.loads(self.service.admin("restored", "--json"))
        assert told == {"pending": 10}
        self.publish_many(5, first=15)
        self.set(enabled=1)
        self.service.db.sql("UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)")
        self.service.send("--once")
        marks = self.marks("/restored")
        assert marks == {n: "1" if n < 15 else None for n in range(20)}, marks

    def test_while_a_sender_has_the_lane(self):
        self.fresh("/open")
        self.set(ordered=1)
        self.sink.script("/open", then=Answer(200, delay=0.2))
        self.publish_many(10)
        sender = self.service.start_sender()
        self.sink.wait(2, "/open")
        self.service.admin("restored")
        self.publish_many(2, first=10)
        self.sink.wait(12, "/open", 20)
        assert sender.stop() == 0
        marks = self.marks("/open")
        assert marks[0] is None and marks[9] == "1", marks
        assert marks[10] is marks[11] is None, marks


tap.main()
