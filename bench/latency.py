# SPDX-License-Identifier: MIT
"""
From publishing to arrival, with a sender that lingers: alone, at what cost
when idle, and beside neighbours that misbehave.

Each notification carries the monotonic time at which it was published, and
bench/sink prints how long ago that was when it comes in.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import time

import doors
import processes
import service
import stage as stages_

PUBLISHES = int(os.environ.get("BENCH_PUBLISHES", "200"))
NEIGHBOURS_DUE = int(os.environ.get("BENCH_NEIGHBOURS_DUE", "10000"))
KICKS = int(os.environ.get("BENCH_KICKS", "30"))
IDLE_S = 30


def _now_us():
    return time.monotonic_ns() // 1000


def _resource():
    return {"sent": _now_us(), "text": "x" * 500}


class _SqlPublisher:
    """An application's own connection, open all the time."""

    def __init__(self, stage, organization):
        self.organization = organization
        env = dict(
            os.environ, MYSQL_PWD=service.password_of(service.APPLICATION)
        )
        self.client = subprocess.Popen(
            [
                stage.service.db.client,
                "--no-defaults",
                "--unbuffered",
                f"--socket={stage.service.db.socket}",
                "--batch",
                "--skip-column-names",
                f"--user={service.APPLICATION}",
                "vyte_hooks",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
        )

    def publish(self):
        self.client.stdin.write(
            (
                "INSERT INTO vh_outbox (organization, action, resource) "
                f"VALUES (UNHEX('{self.organization}'), 'event.created', "
                f"'{json.dumps(_resource())}'); SELECT 1;\n"
            ).encode()
        )
        self.client.stdin.flush()
        assert self.client.stdout.readline() == b"1\n"

    def close(self):
        self.client.stdin.close()
        self.client.wait()


class _Web:
    """A kept connection that posts what carries the time."""

    def __init__(self, port, path, key=""):
        self.link = http.client.HTTPConnection("127.0.0.1", port)
        self.path = path
        self.headers = {
            "Authorization": key,
            "Content-Type": "application/json",
        }

    def publish(self):
        body = json.dumps({"action": "event.created", "resource": _resource()})
        self.link.request("POST", self.path, body, self.headers)
        answer = self.link.getresponse()
        text = answer.read()
        assert answer.status in (200, 202), (answer.status, text)

    close = lambda self: self.link.close()  # noqa: E731


def _timed(call):
    began = _now_us()
    call()
    return _now_us() - began


def _milliseconds(us):
    return (
        " / ".join(f"{stages_.quantile(us, q) / 1000:.1f}" for q in (0.5, 0.99))
        + " ms"
    )


# ---- alone ----


def _latency_row(name, baseline, ours, goal):
    """`goal`: p50 and p99 in ms."""
    reached = [stages_.quantile(ours, q) / 1000 for q in (0.5, 0.99)]
    return stages_.Row(
        f"publish to arrival by {name}, p50 / p99",
        _milliseconds(baseline),
        _milliseconds(ours),
        reached[0] * 1000 / stages_.quantile(baseline, 0.5),
        f"{goal[0]} / {goal[1]} ms",
        reached[0] <= goal[0] and reached[1] <= goal[1],
    )


# What, how long apart in seconds, how many, and p50 and p99 in ms.
_LATENCIES = (
    ("HTTP", (0.04, 0.12), PUBLISHES, (5, 25)),
    ("SQL, while something comes", (0.04, 0.12), PUBLISHES, (25, 45)),
    ("HTTP, after some quiet", (3.1, 3.5), PUBLISHES // 10, (5, 25)),
    ("SQL, after some quiet", (3.1, 3.5), PUBLISHES // 10, (130, 280)),
)


def _one_by_one(publisher, direct, sink, apart, count):
    """At moments that fit to no clock of the sender; the baseline takes
    turns."""
    baseline, ours = [], []
    for _ in range(count):
        receive = _timed(direct.publish)
        sink.line()
        time.sleep(random.uniform(*apart))
        baseline.append(_timed(publisher.publish) + receive)
        ours.append(int(sink.line()))
    return baseline, ours


def latency(stages):
    """Sender and API are one user, so that requests wake the sender."""
    stage = stages.get()
    sink = stages_.Sink(stage, "-t")
    organization = stage.service.organization()
    stage.hooks(organization, 1, sink.url())
    state = stage.service.folder.for_nobody("woken")
    state.chmod(0o700)
    for user in (service.API, service.SENDER):
        stage.service.write_config(user, sender={"state_dir": state})
    web = _Web(
        doors.enter("lighttpd", stage.service).port,
        "/v2/notifications",
        stage.service.key(organization),
    )
    publishers = {"HTTP": web, "SQL": _SqlPublisher(stage, organization)}
    direct = _Web(sink.port, "/")
    sender = stage.service.start_sender("--linger", "30m", drop=True)
    rows = []
    for name, apart, count, goal in _LATENCIES:
        publisher = publishers[name.split(",")[0]]
        for link in (web, direct):
            link.close()  # it opens anew: the server had enough of waiting
        times = _one_by_one(publisher, direct, sink, apart, count)
        rows.append(_latency_row(name, *times, goal))
    sender.stop()
    for user in (service.API, service.SENDER):
        stage.service.write_config(user)
    for link in (*publishers.values(), direct):
        link.close()
    sink.stop()
    return rows


# ---- with no sender alive ----


class _Cgi:
    """Publishes by plain CGI, a process for each."""

    def __init__(self, stage, key):
        self.door = doors.enter("cgi", stage.service)
        self.headers = [
            ("Authorization", key),
            ("Content-Type", "application/json"),
        ]

    def publish(self):
        body = json.dumps({"action": "event.created", "resource": _resource()})
        process = self.door.begin(
            "POST", "/v2/notifications", self.headers, body.encode()
        )
        answer = process.stdout.read()
        process.wait()
        assert b"Status: 202" in answer, answer


def _end_started(stage):
    config = stage.service.config(service.API)
    for pid, words in processes.running(config):
        if words[0].endswith("hooks-send"):
            os.kill(pid, signal.SIGTERM)
    processes.wait_until(
        lambda: (
            not [
                words
                for _, words in processes.running(config)
                if words[0].endswith("hooks-send")
            ]
        ),
        20,
        "the end of the sender that a request started",
    )


def kick(stages):
    """Each request starts a sender, which is then ended."""
    stage = stages.get()
    sink = stages_.Sink(stage, "-t")
    organization = stage.service.organization()
    stage.hooks(organization, 1, sink.url())
    stage.service.write_config(
        service.API,
        database={
            "user": service.ADMIN,
            "password": service.password_of(service.ADMIN),
        },
        api={"kick": "yes"},
    )
    publisher = _Cgi(stage, stage.service.key(organization))
    direct = _Web(sink.port, "/")
    baseline, ours = [], []
    for _ in range(KICKS):
        receive = _timed(direct.publish)
        sink.line()
        stage.service.db.sql("UPDATE vh_installation SET run_at = NULL")
        baseline.append(_timed(publisher.publish) + receive)
        ours.append(int(sink.line()))
        _end_started(stage)
        direct.close()
    stage.service.write_config(service.API)
    sink.stop()
    return [
        _latency_row(
            "plain CGI, with no sender alive", baseline, ours, (250, 1000)
        )
    ]


# ---- idle ----


def _cpu_ns(pids):
    """User and system time of all their threads."""
    return sum(
        int(path.read_text().split()[0])
        for pid in pids
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    )


def _questions(stage):
    return int(
        stage.service.db.sql("SHOW GLOBAL STATUS LIKE 'Questions'")[0][1]
    )


def idle(stages):
    """Of the database all that it spends, so that nothing is taken for noise."""
    stage = stages.get()
    sink = stages_.Sink(stage)
    stage.hooks(stage.service.organization(), 100, sink.url())
    database = [stage.service.db.child.process.pid]
    time.sleep(2)
    before = _cpu_ns(database)
    time.sleep(IDLE_S)
    alone = _cpu_ns(database) - before
    sender = stage.service.start_sender("--linger", "10m")
    time.sleep(5)
    pids = [sender.process.pid, *stages_.workers_of(sender)]
    asked = _questions(stage)
    before = [_cpu_ns(pids), _cpu_ns(database)]
    time.sleep(IDLE_S)
    used, served = (_cpu_ns(p) - b for p, b in zip((pids, database), before))
    asked = (_questions(stage) - asked - 1) / IDLE_S
    sender.stop()
    sink.stop()
    minute = 60 / IDLE_S / 1e9
    together = (used + served) * minute
    return [
        stages_.Row(
            "CPU a minute of an idle sender (and with its database); baseline: "
            "the database alone",
            f"{alone * minute:.2f} s",
            f"{used * minute:.2f} s ({together:.2f} s)",
            None,
            "together under 0.4 s",
            together < 0.4,
        ),
        stages_.Row(
            "statements of an idle sender",
            "",
            f"{asked:.1f}/s",
            None,
            "at most 5/s",
            asked <= 5,
        ),
    ]


# ---- neighbours ----


def _stream(publisher, sink):
    """Publishes without waiting; the times to arrival."""
    for _ in range(PUBLISHES):
        time.sleep(random.uniform(0.01, 0.05))
        publisher.publish()
    return [int(sink.line()) for _ in range(PUBLISHES)]


def _beside(stages, name, lanes_of, ready):
    """A healthy hook's p99 alone and beside the lanes that `lanes_of` makes,
    once `ready` (SQL) says that they are being worked on."""
    stage = stages.get()
    sink = stages_.Sink(stage, "-t")
    organization = stage.service.organization("Healthy")
    stage.hooks(organization, 1, sink.url())
    lanes, bad = lanes_of(stage)

    def measure(troubled):
        stage.clear()
        for lane, due in lanes if troubled else ():
            stage.due(lane, due)
        sender = stage.service.start_sender("--linger", "10m")
        publisher = _SqlPublisher(stage, organization)
        if troubled:
            processes.wait_until(
                lambda: int(stage.service.db.value(ready)) > 0, 10, ready
            )
        time.sleep(1)
        times = _stream(publisher, sink)
        publisher.close()
        sender.stop()
        return stages_.quantile(times, 0.99)

    alone, beside = stages_.rounds(
        lambda: measure(False), lambda: measure(True)
    )
    met = [b.stop()[0] for b in bad]
    assert all(met), f"requests that met trouble: {met}"
    sink.stop()
    a, b = statistics.median(alone), statistics.median(beside)
    return [
        stages_.Row(
            f"a healthy hook's p99 beside {name}",
            f"{a / 1000:.1f} ms",
            f"{b / 1000:.1f} ms",
            b / a,
            "at most 2.0",
            b / a <= 2,
        )
    ]


def neighbours(stages):
    """One that refuses, one that hangs and one that drips, all at once, each
    with an organization of its own."""

    def lanes_of(stage):
        bad = [stages_.Sink(stage, "-m", mode) for mode in ("hang", "drip")]
        urls = [b.url() for b in bad]
        urls.append(f"http://127.0.0.1:{doors.free_port()}/hook")
        return [
            (
                stage.hooks(stage.service.organization("Bad"), 1, url),
                NEIGHBOURS_DUE,
            )
            for url in urls
        ], bad

    return _beside(
        stages,
        f"a dead, a hanging and a dripping one, {NEIGHBOURS_DUE:,} due each",
        lanes_of,
        "SELECT COUNT(*) FROM vh_lanes WHERE suspended_until > UTC_TIMESTAMP(3)",
    )


def hanging(stages):
    """Sixteen hooks of one organization, all of which hang."""

    def lanes_of(stage):
        bad = stages_.Sink(stage, "-m", "hang")
        lanes = stage.hooks(stage.service.organization("Bad"), 16, bad.url())
        return [(lanes, 1600)], [bad]

    return _beside(
        stages,
        "sixteen hanging ones of one organization, 100 due each",
        lanes_of,
        "SELECT COUNT(*) FROM vh_lanes WHERE in_flight IS NOT NULL",
    )
