# SPDX-License-Identifier: MIT
"""GET /metrics: its contents, that Prometheus accepts it, who may see it."""

import re
import signal
import subprocess
import time

import doors
import service
import tap
import where
from apicase import ApiCase, no_such_id
from processes import wait_until
from receiver import Answer
from sendcase import SendCase

METRICS = "/metrics"
SAMPLE = re.compile(r"vyte_hooks_(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def parse(answer):
    """{(name, label value, ...): number}; every line must be understood."""
    assert answer.status == 200, answer
    assert (
        answer.header("Content-Type")
        == "text/plain; version=0.0.4; charset=utf-8"
    ), answer
    found, families = {}, {}
    for line in answer.body.decode().splitlines():
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in families, f"{name} twice"
            families[name] = kind
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        key = (name, *(v for _, v in LABEL.findall(labels or "")))
        assert key not in found, line
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert (
            f"vyte_hooks_{name}" in families
            or families.get(f"vyte_hooks_{family}") == "histogram"
        ), line
        found[key] = float(value)
    return found


def promtool(text):
    """What `promtool check metrics` says; silence is praise."""
    done = subprocess.run(
        [where.server("promtool"), "check", "metrics"],
        input=text,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Figures(SendCase):
    """Of a service on which things happened."""

    def setup(self):
        super().setup()
        self.admin_key = self.service.admin_key()

    def answer(self):
        return self.door.request(
            "GET", METRICS, [("Authorization", self.admin_key)]
        )

    def get(self):
        return parse(self.answer())

    def test_1_before_anything_happened(self):
        answer = self.answer()
        assert promtool(answer.body) == (0, "", ""), promtool(answer.body)
        got = parse(answer)
        for name in ("due", "waiting", "held", "in_flight", "failed"):
            assert got[f"deliveries_{name}",] == 0, got
        assert got["oldest_due_age_seconds",] == 0
        assert got["sender_alive",] == 0
        assert got["attempts_total", "delivered"] == 0
        assert got["attempts_total", "timeout"] == 0
        assert got["delivery_latency_seconds_count",] == 0
        assert not any(k[0].startswith("sender_last_run") for k in got)

    def test_2_what_was_sent(self):
        self.hook("/good", "event.created")
        self.hook("/bad", "event.voted")
        self.sink.script("/bad", then=Answer(500))
        self.publish_many(30)
        self.publish_many(2, action="event.voted")
        before = time.time()
        sender = self.service.start_sender("--linger", "30s")
        wait_until(
            lambda: self.states() == {"delivered": 30, "failed": 2},
            20,
            "the end of three retries",
        )
        running = self.get()
        assert sender.stop() == 0
        answer = self.answer()
        assert promtool(answer.body) == (0, "", ""), promtool(answer.body)
        got = parse(answer)
        assert got["attempts_total", "delivered"] == 30
        assert got["attempts_total", "5xx"] == 8
        assert sum(v for k, v in got.items() if k[0] == "attempts_total") == 38
        assert got["deliveries_finished_total", "delivered"] == 30
        assert got["deliveries_finished_total", "failed"] == 2
        assert got["deliveries_failed",] == 2
        assert got["delivery_latency_seconds_count",] == 30
        assert got["attempt_duration_seconds_count",] == 38
        assert running["sender_alive",] == got["sender_alive",] == 1
        [start] = [
            v
            for k, v in got.items()
            if k[0] == "sender_last_run_start_timestamp_seconds"
        ]
        [end] = [
            v
            for k, v in got.items()
            if k[0] == "sender_last_run_end_timestamp_seconds"
        ]
        assert before - 5 < start < end < time.time() + 5, (start, end)
        assert not any("last_run_end" in k[0] for k in running)

    def test_3_histograms_are_histograms(self):
        got = self.get()
        for name in ("delivery_latency_seconds", "attempt_duration_seconds"):
            buckets = [
                (float(k[1]), v)
                for k, v in got.items()
                if k[0] == f"{name}_bucket"
            ]
            assert len(buckets) == 22
            assert buckets == sorted(buckets), buckets
            counts = [v for _, v in buckets]
            assert counts == sorted(counts), "cumulative"
            assert buckets[-1] == (float("inf"), got[f"{name}_count",])
            assert buckets[0][0] == 0.001 and buckets[9][0] == 1
            assert 0 < got[f"{name}_sum",] < 38 * 30, got[f"{name}_sum",]

    def test_4_the_queue(self):
        self.service.admin(
            "hook",
            "create",
            self.organization,
            self.sink.url("/off"),
            "user.joined",
        )
        self.service.db.sql(
            "UPDATE vh_hooks SET enabled = 0 WHERE action = 'user.joined'"
        )
        self.publish_many(3, action="user.joined")
        self.publish_many(2, action="no.such.action")
        self.once()
        # One is replaced, one cancelled, one goes on waiting.
        for _ in range(2):
            self.publish(
                "{}",
                "event.created",
                "--deliver-at",
                "2027-01-01T00:00:00Z",
                "--replace-key",
                "k",
            )
        self.service.admin(
            "notification", "cancel", self.organization, "--replace-key", "k"
        )
        self.publish(
            "{}", "event.created", "--deliver-at", "2027-01-01T00:00:00Z"
        )
        self.publish_many(4)
        self.service.db.sql(
            "UPDATE vh_outbox SET created_at = created_at - INTERVAL 100 SECOND"
        )
        got = self.get()
        assert got["deliveries_held",] == 3
        assert got["notifications_rejected",] == 2
        assert got["notifications_queued",] == 4
        for name in ("scheduled", "cancelled", "replaced"):
            assert got[f"notifications_{name}",] == 1, (name, got)
        assert 100 <= got["oldest_due_age_seconds",] < 160

    def test_5_a_host_with_a_strange_name(self):
        self.service.db.sql(
            "INSERT INTO vh_senders (host, started_at, seen_at) "
            "VALUES ('a\"b\\\\c\\nd', '2026-01-02', "
            "'2026-01-02')"
        )
        answer = self.answer()
        assert promtool(answer.body) == (0, "", ""), promtool(answer.body)
        assert (
            parse(answer)[
                "sender_last_run_seen_timestamp_seconds", r"a\"b\\c\nd"
            ]
            == 1767312000
        )

    def test_6_nothing_of_a_tenant(self):
        text = self.answer().body.decode()
        assert self.organization not in text and "127.0.0.1" not in text


class Requests(ApiCase):
    """Counted over all processes, including those that ended."""

    def setup(self):
        super().setup()
        self.admin_key = self.service.admin_key()

    def counts(self):
        found = parse(self.call("GET", METRICS, key=self.admin_key))
        return {
            k[1:]: v for k, v in found.items() if k[0] == "http_requests_total"
        }

    def difference(self, before):
        now = self.counts()
        for key, value in before.items():
            assert now[key] >= value, (key, "went back")
        return {
            k: now[k] - before.get(k, 0)
            for k in now
            if now[k] != before.get(k, 0) and k[1] != METRICS
        }

    def test_by_route_and_status(self):
        hook = self.hook()["_id"]
        time.sleep(6)  # earlier counts are written
        before = self.counts()
        for _ in range(7):
            self.good(200, "GET", f"/v2/hooks/{hook}")
        self.good(200, "GET", f"/v2/hooks/{hook}/")
        self.problem(404, "GET", f"/v2/hooks/{no_such_id()}")
        self.problem(401, "GET", "/v2/hooks", key="wrong")
        self.problem(405, "PUT", "/v2/hooks", {})
        self.problem(404, "GET", "/v2/no-such-thing")
        self.call("HEAD", f"/v2/hooks/{hook}")
        expected = {
            ("GET", "/v2/hooks/:id", "200"): 8,
            ("GET", "/v2/hooks/:id", "404"): 1,
            ("GET", "/v2/hooks", "401"): 1,
            ("PUT", "/v2/hooks", "405"): 1,
            ("GET", "other", "404"): 1,
            ("HEAD", "/v2/hooks/:id", "200"): 1,
        }
        wait_until(
            lambda: self.difference(before) == expected,
            15,
            f"the counts {self.difference(before)}",
        )

    def test_what_comes_from_outside_makes_no_labels(self):
        # Web servers let few such methods through.
        cgi = doors.enter("cgi", self.service)
        for method in ("BREW", "get", "X" * 50):
            assert cgi.request(method, "/v2/" + "y" * 50).status == 404
        answer = self.call("GET", METRICS, key=self.admin_key)
        text = answer.body.decode()
        for word in ("BREW", "X" * 50, "y" * 50, no_such_id()):
            assert word not in text, word


class Counting(tap.Case):
    """Counting neither fails a request nor delays it."""

    def setup(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        self.door = doors.enter("lighttpd", self.service)

    def total(self):
        key = ("Authorization", self.service.admin_key())
        door = doors.enter("cgi", self.service)
        found = parse(door.request("GET", METRICS, [key]))
        return sum(
            v
            for k, v in found.items()
            if k[0] == "http_requests_total" and k[2] == "/healthz"
        )

    def test_1_processes_that_end_leave_their_counts(self):
        for _ in range(50):
            assert self.door.request("GET", "/healthz").status == 200
        self.door.child.stop(10, signal.SIGTERM)
        wait_until(lambda: self.total() == 50, 10, "what was counted")
        self.service.doors.clear()
        self.door = doors.enter("lighttpd", self.service)

    def test_2_a_count_that_cannot_be_written_fails_nothing(self):
        self.service.db.sql("RENAME TABLE vh_counters TO hidden")
        for _ in range(3):
            for name in ("lighttpd", "cgi"):
                answer = doors.enter(name, self.service).request(
                    "GET", "/healthz"
                )
                assert answer.status == 200, answer
            time.sleep(3)
        self.service.db.sql("RENAME TABLE hidden TO vh_counters")
        for _ in range(20):
            assert self.door.request("GET", "/healthz").status == 200
        wait_until(lambda: self.total() >= 70, 20, "what was counted later")

    def test_3_a_database_that_is_away_is_not_waited_for_twice(self):
        self.service.write_config(
            "hooks_api", database={"socket": "/nonexistent/s"}
        )
        begin = time.monotonic()
        for _ in range(5):
            answer = doors.enter("cgi", self.service).request("GET", "/healthz")
            assert answer.status == 503, answer
        assert time.monotonic() - begin < 5
        self.service.write_config("hooks_api")


class _From(doors.Cgi):
    """Plain CGI for a client at another address."""

    remote = "127.0.0.1"

    def _meta(self, method, target, headers):
        env = super()._meta(method, target, headers)
        env["REMOTE_ADDR"] = self.remote
        return env


class Access(ApiCase):
    def setup(self):
        super().setup()
        self.admin_key = self.service.admin_key()

    def test_nobody_without_a_key(self):
        answer = self.call("GET", METRICS, key=None)
        assert answer.status == 401, answer
        assert answer.header("WWW-Authenticate"), answer

    def test_no_tenant(self):
        for role in ("read", "publish", "manage", "run"):
            key = self.service.key(self.organization, role)
            self.problem(403, "GET", METRICS, key=key)
            self.problem(403, "GET", f"{METRICS}?api_key={key}", key=None)
        self.problem(401, "GET", METRICS, key="wrong")

    def test_a_key_of_the_role_admin(self):
        for path in (METRICS, METRICS + "/"):
            assert self.call("GET", path, key=self.admin_key).status == 200
        head = self.call("HEAD", METRICS, key=self.admin_key)
        assert head.status == 200 and head.body == b""
        path = f"{METRICS}?organization={self.organization}"
        self.problem(400, "GET", path, key=self.admin_key)


class Addresses(tap.Case):
    FORWARDED = (
        "X-Forwarded-For",
        "x-forwarded-host",
        "X-Forwarded-Proto",
        "Forwarded",
        "Via",
        "X-Real-IP",
        "X-Client-IP",
        "CF-Connecting-IP",
        "True-Client-IP",
    )

    def setup(self):
        self.service = service.Service(
            {
                "api": {
                    "metrics_allow": "127.0.0.0/8, ::1, 10.1.0.0/16, "
                    "2001:db8::/32"
                }
            }
        )
        tap.at_end(self.service.close)
        self.door = _From(self.service)

    def status(self, remote, *headers):
        self.door.remote = remote
        return self.door.request("GET", METRICS, headers).status

    def test_addresses_that_are_allowed(self):
        for remote in (
            "127.0.0.1",
            "127.255.255.254",
            "::1",
            "10.1.2.3",
            "::ffff:10.1.2.3",
            "2001:DB8::5",
        ):
            assert self.status(remote) == 200, remote

    def test_addresses_that_are_not_allowed(self):
        for remote in (
            "10.2.0.1",
            "192.0.2.1",
            "::2",
            "::ffff:192.0.2.1",
            "2001:db9::1",
            "",
            "localhost",
            "127.0.0.1:80",
            "127.0.0.1, 192.0.2.1",
            "/run/a.sock",
            "127.1",
        ):
            assert self.status(remote) == 401, remote

    def test_not_when_somebody_speaks_for_another(self):
        for name in self.FORWARDED:
            forwarded = (name, "127.0.0.1")
            assert self.status("127.0.0.1", forwarded) == 401, name
            key = ("Authorization", self.service.admin_key())
            assert self.status("127.0.0.1", forwarded, key) == 200, name

    def test_a_key_does_not_harm(self):
        for key in ("wrong", self.service.key(self.service.organization())):
            assert self.status("127.0.0.1", ("Authorization", key)) == 200

    def test_an_empty_list_allows_nobody(self):
        self.service.write_config("hooks_api", api={"metrics_allow": ""})
        assert self.status("127.0.0.1") == 401
        self.service.write_config("hooks_api")


if __name__ == "__main__":
    tap.main()
