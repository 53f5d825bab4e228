# SPDX-License-Identifier: MIT
"""
Three nodes at work, all of them well: nothing is lost, nothing comes twice, and
changes of one row by two nodes at the same time come out right.
"""

import os
import threading
import time

import tap
import where
from galeracase import GaleraCase, at_once
from processes import wait_until
from receiver import Answer

HOOKS = 30
NUMBERS = int(os.environ.get("HOOKS_TEST_NUMBERS", "90"))


class Together(GaleraCase):
    """A sender, an API and an application on each node."""

    settings = {"sender": {"linger": "120s", "workers": "2"}}

    def publish(self, node):
        """A third of the numbers, in their order; every tenth by HTTP."""
        mine = range(node, NUMBERS, 3)
        for n in mine:
            if self.is_posted(n):
                self.post(node, n)
            else:
                self.insert(node, [n])

    @staticmethod
    def is_posted(n):
        return n // 3 % 10 == 9

    def check_order(self, path):
        """Each publisher's own order, whatever other publishers did. What is
        posted may overtake what is in the outbox."""
        got = list(self.came(path))
        for node in range(3):
            for posted in (False, True):
                mine = [
                    n
                    for n in got
                    if n % 3 == node and self.is_posted(n) == posted
                ]
                assert mine == sorted(mine), f"{path}, node {node}: {mine}"

    def test_nothing_is_lost_and_nothing_comes_twice(self):
        paths = [f"/all{n}" for n in range(HOOKS)]
        for path in paths:
            self.hook(path)
        ordered = paths[1::4]
        for path in ordered:
            self.nodes[0].sql(
                f"UPDATE vh_hooks SET ordered = 1 WHERE target_url LIKE '%{path}'"
            )
        self.sink.script("/all0", Answer(500), Answer(503))
        due = HOOKS * NUMBERS
        before, begin = self.conflicts(), time.monotonic()
        senders = [s.start_sender("-v") for s in self.services]
        at_once(*(lambda n=n: self.publish(n) for n in range(3)))
        wait_until(
            lambda: self.states() == {"delivered": due},
            90,
            "all of it recorded",
        )
        seconds = time.monotonic() - begin
        parts = []
        for sender in senders:
            assert sender.stop() == 0
            line = sender.process.stdout.read().decode().splitlines()[-1]
            parts.append(int(line.split(",")[0].removeprefix("delivered ")))
        print(
            f"# {due} deliveries in {seconds:.1f} s, by {parts}, "
            f"{self.conflicts() - before} conflicts"
        )
        for sender in senders:
            assert sender.errors().startswith("hooks-send: run ended"), (
                sender.errors()
            )
        assert sorted(parts)[1] > 0, "one did all of it"
        for path in paths[1:]:
            came = self.came(path)
            assert len(came) == NUMBERS, (path, len(came))
            assert all(len(r) == 1 for r in came.values()), path
        assert not any(
            r.header("webhook-maybe-duplicate") for r in self.sink.at()
        )
        for path in ordered:
            self.check_order(path)


class Conflicts(GaleraCase):
    """Writers on several nodes at one row."""

    settings = {"sender": {"linger": "60s", "workers": "2"}}

    def test_changes_of_one_hook(self):
        path = "/v2/hooks/" + self.hook("/changed")
        self.cluster.settle()
        for turn in range(10):
            answers = at_once(
                *(
                    lambda n=n: self.call(
                        n, "PUT", path, {"description": f"{turn} by {n}"}
                    )
                    for n in range(3)
                )
            )
            # One that was overtaken may be told so; nobody gets an error.
            assert {a.status for a in answers} <= {200, 409, 412}, answers
            assert 200 in {a.status for a in answers}, answers
            self.cluster.settle()
            seen = {
                self.good(200, n, "GET", path)["description"] for n in range(3)
            }
            assert len(seen) == 1, seen
            assert seen <= {
                a.json()["description"] for a in answers if a.status == 200
            }, (seen, answers)

    def test_changes_with_a_condition(self):
        """Of several clients that saw the same version, one wins."""
        path = "/v2/hooks/" + self.hook("/condition")
        self.cluster.settle()
        for turn in range(10):
            tag = self.call(0, "GET", path).header("ETag")
            answers = at_once(
                *(
                    lambda n=n: self.call(
                        n,
                        "PUT",
                        path,
                        {"description": f"{turn} {n}"},
                        headers=[("If-Match", tag)],
                    )
                    for n in range(3)
                )
            )
            assert sorted(a.status for a in answers) == [200, 412, 412], answers
            self.cluster.settle()

    def test_an_idempotency_key_counts_once(self):
        for turn in range(10):
            header = [("Idempotency-Key", f"once-{turn}")]
            body = {"action": "event.created", "resource": {"n": turn}}
            answers = at_once(
                *(
                    lambda n=n: self.call(
                        n, "POST", "/v2/notifications", body, headers=header
                    )
                    for n in range(3)
                )
            )
            assert [a.status for a in answers] == [202] * 3, answers
            assert len({a.body for a in answers}) == 1, answers
        self.cluster.settle()
        assert (
            self.nodes[1].value(
                "SELECT COUNT(*) FROM vh_notifications WHERE idempotency_key "
                "LIKE 'once-%'"
            )
            == "10"
        )

    def test_an_idempotency_key_with_another_body(self):
        for turn in range(10):
            header = [("Idempotency-Key", f"other-{turn}")]
            answers = at_once(
                *(
                    lambda n=n: self.call(
                        n,
                        "POST",
                        "/v2/notifications",
                        {"action": "event.created", "resource": {"n": n}},
                        headers=header,
                    )
                    for n in range(3)
                )
            )
            assert sorted(a.status for a in answers) == [202, 409, 409], answers

    def test_a_hook_that_is_switched_while_it_gets_something(self):
        """What was published before and after is delivered when it is on
        again; a wake-up is never overlooked."""
        hook = self.fresh("/switched")
        self.nodes[0].sql("DELETE FROM vh_notifications")
        self.cluster.settle()
        senders = [s.start_sender() for s in self.services]
        stop = threading.Event()

        def switch():
            while not stop.is_set():
                self.good(200, 1, "POST", f"/v2/hooks/{hook}/disable", b"")
                self.good(200, 2, "POST", f"/v2/hooks/{hook}/enable", b"")

        def publish():
            for n in range(100):
                self.insert(n % 3, [n])
            stop.set()

        at_once(switch, publish)
        self.good(200, 0, "POST", f"/v2/hooks/{hook}/enable", b"")
        wait_until(
            lambda: len(self.came("/switched")) == 100, 20, "all hundred"
        )
        for sender in senders:
            assert sender.stop() == 0
            assert sender.errors() == "", sender.errors()
        assert not self.twice(["/switched"])

    def test_a_hook_that_is_deleted_meanwhile(self):
        """Nothing stays pending."""
        senders = [s.start_sender() for s in self.services]
        for turn in range(10):
            hook = self.hook(f"/deleted{turn}")
            self.cluster.settle()
            at_once(
                lambda: [self.insert(0, [n]) for n in range(5)],
                lambda: self.insert(1, range(5, 10)),
                lambda: self.good(204, 2, "DELETE", f"/v2/hooks/{hook}"),
            )
        wait_until(
            lambda: "pending" not in self.states(), 10, "nothing pending"
        )
        for sender in senders:
            assert sender.stop() == 0
            assert sender.errors() == "", sender.errors()

    def test_a_fan_out_by_three_at_once(self):
        """A notification is fanned out once, whichever sender takes it."""
        paths = [f"/fan{n}" for n in range(5)]
        self.fresh(paths[0])
        for path in paths[1:]:
            self.hook(path)
        self.cluster.settle()
        self.insert(0, range(200))
        self.cluster.settle()
        done = at_once(*(lambda s=s: s.send("--once") for s in self.services))
        assert all(d.status == 0 and not d.err for d in done), done
        self.cluster.settle()
        assert self.service.send("--once").status == 0
        for path in paths:
            assert len(self.sink.at(path)) == 200, len(self.sink.at(path))


class Migrations(GaleraCase):
    settings = {"sender": {"linger": "60s", "workers": "1"}}

    def test_each_table_has_a_primary_key(self):
        """Rows without one cannot be told apart by the other nodes."""
        assert not self.nodes[0].sql(
            "SELECT table_name FROM information_schema.tables t WHERE "
            "table_schema = 'vyte_hooks' AND NOT EXISTS (SELECT 1 FROM "
            "information_schema.table_constraints c WHERE c.table_schema = "
            "t.table_schema AND c.table_name = t.table_name AND "
            "c.constraint_type = 'PRIMARY KEY')"
        )

    def test_from_three_nodes_at_once(self):
        for _ in range(2):
            self.nodes[0].sql(
                "DROP DATABASE vyte_hooks; CREATE DATABASE vyte_hooks", name=""
            )
            self.cluster.settle()
            done = at_once(
                *(
                    lambda s=s: s.run(
                        "hooks-admin", "migrate", config=s.config("hooks_admin")
                    )
                    for s in self.services
                )
            )
            assert [d.status for d in done] == [0] * 3, done
            self.cluster.settle()
            versions = {
                n.value("SELECT version FROM vh_installation")
                for n in self.nodes
            }
            assert len(versions) == 1, versions
        self.service.db.sql((where.EXAMPLES / "grants.sql").read_text())

    def test_while_the_others_serve(self):
        """The last migration once more, under senders at work and an
        application that publishes."""
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.hook("/migrated")
        self.cluster.settle()
        senders = [s.start_sender() for s in self.services[1:]]
        stop = threading.Event()
        count, told = [], []

        def publish():
            while not stop.is_set():
                try:
                    self.insert(1, [len(count)])
                    count.append(None)
                except AssertionError as e:
                    # An ALTER wins; the application does it again.
                    assert "ERROR 1213" in str(e), e
                    told.append(None)

        def migrate():
            try:
                self.sink.wait(20, "/migrated")
                for _ in range(4):
                    self.nodes[0].sql(
                        "UPDATE vh_installation SET version = version - 1"
                    )
                    self.service.admin("migrate")
            finally:
                stop.set()

        at_once(publish, migrate)
        print(f"# {len(count)} published meanwhile, {len(told)} told to repeat")
        wait_until(
            lambda: len(self.came("/migrated")) == len(count), 20, "all of it"
        )
        for sender in senders:
            assert sender.stop() == 0
            assert sender.errors() == "", sender.errors()
        assert not self.twice(["/migrated"])


class Alone(GaleraCase):
    """A node that has lost its connection to the other nodes."""

    settings = {"sender": {"linger": "20s", "lease": "10s"}}

    def test_it_says_so_and_comes_back(self):
        self.hook("/alone")
        self.cluster.settle()
        self.nodes[2].isolate()
        wait_until(
            lambda: self.nodes[2].status("wsrep_ready") == "OFF",
            30,
            "a node without the others",
        )
        try:
            self.alone()
        finally:
            self.nodes[2].isolate(False)
            self.cluster.wait(3)
        done = self.services[2].run(
            "hooks-admin",
            "doctor",
            config=self.services[2].config("hooks_admin"),
        )
        assert "ok\tgalera\t3 nodes, Synced" in done.out, done
        self.post(2, 1)
        assert self.services[2].send("--once").status == 0
        self.sink.wait(2, "/alone")

    def alone(self):
        for request in (
            ("GET", "/v2/hooks"),
            ("GET", "/healthz"),
            (
                "POST",
                "/v2/notifications",
                {"action": "event.created", "resource": {}},
            ),
        ):
            begin = time.monotonic()
            answer = self.call(2, *request)
            assert answer.status == 503, answer
            assert request[1] == "/healthz" or answer.header("Retry-After")
            assert time.monotonic() - begin < 5
        config = self.services[2].config("hooks_admin")
        for words in (("status",), ("org", "list"), ("migrate",)):
            done = self.services[2].run("hooks-admin", *words, config=config)
            assert done.status == 75 and "1047" not in done.out, done
        done = self.services[2].send("--once")
        assert done.status == 75 and "cannot be reached" in done.err, done
        done = self.services[2].run("hooks-admin", "doctor", config=config)
        assert done.status == 75, done
        assert "FAIL\tgalera\tnon-Primary" in done.out, done
        # The other nodes go on.
        self.post(0, 0)
        assert self.services[1].send("--once").status == 0
        self.sink.wait(1, "/alone")


tap.main()
