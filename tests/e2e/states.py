# SPDX-License-Identifier: MIT
"""
How a hook stands: the hook, the list, its filter, the statistics and the command
say the same in every state; and when its deliveries are tried next is true.
"""

import datetime
import json
import os
import signal
import time

import tap
from receiver import Answer, Hang
from sendcase import SendCase

STATES = ("healthy", "retrying", "suspended", "blocked", "put_off", "disabled")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class _StateCase(SendCase):
    settings = {
        "sender": {
            "retry_schedule": "10m 10m 10m",
            "timeout": "2s",
            "connect_timeout": "1s",
            "lease": "10s",
        }
    }

    def ask(self, target, method="GET", body=None, status=200):
        answer = self.door.request(
            method,
            target,
            [("Authorization", self.key)],
            None if body is None else json.dumps(body).encode(),
        )
        assert answer.status == status, answer
        return answer.json()

    def make(self, name, steps, **members):
        """A hook of this name whose receiver answers so."""
        self.sink.script(f"/{name}", *steps, then=Answer(200))
        body = {"target_url": self.sink.url(f"/{name}"), "action": "*"}
        return self.ask("/v2/hooks", "POST", {**body, **members}, 201)["_id"]

    def database_now(self):
        text = self.service.db.value("SELECT UTC_TIMESTAMP(3)")
        return moment(text.replace(" ", "T") + "+00:00")

    def waiting(self, hook):
        """When its pending deliveries are tried next, oldest first; never in
        the past."""
        before = self.database_now()
        found = self.ask(f"/v2/deliveries?hook={hook}&state=pending")[::-1]
        times = [moment(d["nextAttemptAt"]) for d in found]
        assert all(t >= before for t in times), (before, times)
        return times

    def state(self, hook):
        return self.ask(f"/v2/hooks/{hook}")["state"]

    def agree(self):
        """What the hook says, after all others have said the same."""
        listed = self.ask("/v2/hooks")
        for hook in listed:
            assert hook == self.ask(f"/v2/hooks/{hook['_id']}"), hook
        for name in STATES:
            found = self.ask(f"/v2/hooks?state={name}")
            assert found == [h for h in listed if h["state"]["is"] == name]
        counted = {h["hook"]: h for h in self.ask("/v2/stats")["hooks"]}
        told = json.loads(
            self.service.admin("--json", "hook", "list", self.organization)
        )
        lines = {
            line.split("\t")[0]: line.split("\t")[2]
            for line in self.service.admin(
                "hook", "list", self.organization
            ).splitlines()
        }
        figures = json.loads(self.service.admin("--json", "status"))["hooks"]
        for name in STATES:
            number = sum(h["state"]["is"] == name for h in listed)
            assert figures[name] == number, (name, figures)
        for hook, by_command in zip(listed, told):
            state = hook["state"]
            assert by_command["state"] == state, by_command
            assert counted[hook["_id"]]["state"] == state["is"], counted
            assert counted[hook["_id"]]["since"] == state["since"], counted
            off = state["is"] == "disabled"
            assert lines[hook["_id"]] == ("disabled" if off else "enabled")
        return {h["_id"]: h["state"] for h in listed}


class All(_StateCase):
    def test_each_at_the_same_time(self):
        fails = [Answer(500)] * 3
        asks = [Answer(503, headers=[("Retry-After", "900")])] * 3
        made = {
            "healthy": self.make("healthy", []),
            "retrying": self.make("retrying", fails),
            "overloaded": self.make("overloaded", [Answer(429)] * 3),
            "suspended": self.make("suspended", [Hang()] * 3),
            "blocked": self.make("blocked", fails, ordered=True),
            "put_off": self.make("put_off", asks),
            "asks, in order": self.make("in-order", asks, ordered=True),
            "gone": self.make("gone", [Answer(410)]),
            "disabled": self.make("disabled", []),
            "batch": self.make("batch", fails, batch_size=10, ordered=True),
        }
        self.ask(f"/v2/hooks/{made['disabled']}/disable", "POST")
        assert {s["is"] for s in self.agree().values()} == {
            "healthy",
            "disabled",
        }
        self.publish_many(3)
        self.once()
        # The first suspension is too short to be looked at.
        self.service.db.sql(
            "UPDATE vh_lanes SET suspended_until = suspended_until + "
            "INTERVAL 1 HOUR, next_at = suspended_until WHERE failures > 0"
        )
        states = self.agree()
        is_now = {name: states[hook]["is"] for name, hook in made.items()}
        assert is_now == {
            "healthy": "healthy",
            "retrying": "retrying",
            "overloaded": "retrying",
            "suspended": "suspended",
            "blocked": "blocked",
            "put_off": "put_off",
            "asks, in order": "put_off",
            "gone": "disabled",
            "disabled": "disabled",
            "batch": "blocked",
        }, is_now
        self.look_at_times(made, states)

    def look_at_times(self, made, states):
        now = self.database_now()
        for name, hook in made.items():
            state, times = states[hook], self.waiting(hook)
            until = state["until"] and moment(state["until"])
            if state["is"] in ("suspended", "blocked", "put_off"):
                assert until > now and len(times) == 3, (name, state)
                assert all(t >= until for t in times), (name, times, until)
                first = (min(times) - until).total_seconds()
                assert first < 1 or name == "suspended", (name, times)
            else:
                assert until is None, (name, state)
            if state["is"] == "retrying":
                # Each by the schedule.
                wait = [(t - now).total_seconds() for t in times]
                assert all(500 < w <= 601 for w in wait), (name, wait)
            if state["is"] in ("healthy", "disabled"):
                assert times == [], (name, times)
            blocks = name in ("blocked", "batch")
            assert bool(state["delivery"]) >= blocks, (name, state)
        first = self.ask(f"/v2/deliveries?hook={made['blocked']}")[-1]
        assert states[made["blocked"]]["delivery"] == first["_id"]
        assert states[made["blocked"]]["reason"] == "status 500"

    def test_then_well_again(self):
        """What waited is over: nothing waits any more, and all agree."""
        for hook in self.ask("/v2/hooks"):
            self.ask(f"/v2/hooks/{hook['_id']}/enable", "POST")
            self.ask(f"/v2/hooks/{hook['_id']}/resume", "POST", status=202)
        self.sink.clear()
        self.once()
        assert {s["is"] for s in self.agree().values()} == {"healthy"}
        for hook in self.ask("/v2/hooks"):
            assert self.waiting(hook["_id"]) == []


class Page(_StateCase):
    def test_a_filtered_list_goes_on(self):
        """A page of a filter has what was asked for, wherever it stands."""
        made = [self.make(f"{n}", []) for n in range(7)]
        for hook in made[1::2]:
            self.ask(f"/v2/hooks/{hook}/disable", "POST")
        seen, target = [], "/v2/hooks?state=disabled&limit=2"
        while target:
            answer = self.door.request(
                "GET", target, [("Authorization", self.key)]
            )
            seen.append([h["_id"] for h in answer.json()])
            link = answer.header("Link")
            target = link and link[1 : link.index(">")]
        assert seen == [made[1:5:2], made[5:6]], seen


class Times(_StateCase):
    """Of what waits in lanes that are not suspended."""

    def test_a_rate(self):
        hook = self.make("rate", [], rate_limit=2)
        self.publish_many(6)
        self.once()
        times = self.waiting(hook)
        assert 1 <= len(times) <= 5, times
        wait = (min(times) - self.database_now()).total_seconds()
        assert wait < 2, wait

    def test_in_flight(self):
        hook = self.make("flight", [Hang(3)])
        ordered = self.make("ordered", [Hang(3)], ordered=True)
        self.publish_many(2)
        sender = self.service.start_sender("--linger", "20s")
        self.sink.wait(1, "/flight")
        self.sink.wait(1, "/ordered")
        for each in (hook, ordered):
            for _ in range(3):
                self.waiting(each)
                time.sleep(0.1)
        assert sender.stop() == 0

    def test_of_a_sender_that_died(self):
        """Its lease has to end."""
        hook = self.make("died", [Hang(60)] * 2)
        self.publish_many(1)
        sender = self.service.start_sender("--linger", "20s")
        self.sink.wait(1, "/died")
        os.kill(sender.process.pid, signal.SIGKILL)
        sender.process.wait()
        [at] = self.waiting(hook)
        wait = (at - self.database_now()).total_seconds()
        assert 0 < wait <= 10, wait


tap.main()
