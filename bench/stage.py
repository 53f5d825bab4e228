# SPDX-License-Identifier: MIT
"""
The common part of the table's lines: an installation on a durable database with
rows to deliver, the small C programs, rounds, and the rows of the table.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import time

import certificates
import doors
import processes
import service
import where

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
RESOURCE = 600  # bytes

_DATABASE = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M")
# Without the tests' short times: keys that are not named have their defaults.
_SENDER = {
    key: None
    for key in (
        "linger",
        "workers",
        "timeout",
        "connect_timeout",
        "retry_schedule",
        "retry_jitter",
        "lease",
    )
}
RESOURCE_SQL = f"CONCAT('{{\"text\":\"', REPEAT('x', {RESOURCE - 11}), '\"}}')"


def body_length():
    """The size of a body: the resource and its frame, with two ids and a time
    of 24 bytes each."""
    frame = (
        '{"action":"event.created","organization":"","resource":,'
        '"notification":"","occurred_at":""}'
    )
    return len(frame) + 3 * 24 + RESOURCE


def say(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def tool(name):
    return where.program(f"bench/{name}")


# ---- the table ----


class Row:
    """`reached`: True, False, or None where there is nothing to reach."""

    def __init__(self, what, baseline, ours, ratio, reach, reached):
        self.what, self.baseline, self.ours = what, baseline, ours
        self.ratio, self.reach, self.reached = ratio, reach, reached

    def cells(self):
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        word = {True: "yes", False: "NO", None: ""}[self.reached]
        return (self.what, self.baseline, self.ours, ratio, self.reach, word)


def at_least(what, form, baseline, ours, least):
    """A row of rates: medians of lists of the same length."""
    a, b = statistics.median(baseline), statistics.median(ours)
    return Row(
        what, form(a), form(b), b / a, f"at least {least}", b / a >= least
    )


def at_most(what, form, baseline, ours, most):
    a, b = statistics.median(baseline), statistics.median(ours)
    return Row(what, form(a), form(b), b / a, f"at most {most}", b / a <= most)


def per_second(value):
    return f"{value:,.0f}/s"


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q))]


def rounds(baseline, ours):
    """A B A B ...: two lists of their results."""
    results = ([], [])
    for _ in range(ROUNDS):
        for call, found in zip((baseline, ours), results):
            found.append(call())
    return results


# ---- programs ----


class Sink:
    """bench/sink on a free port; it ends with the service."""

    def __init__(self, stage, *options):
        self.port = doors.free_port()
        self.secure = "-c" in options
        self.child = processes.Child(
            "sink",
            [tool("sink"), *options, self.port],
            stage.service.folder / f"sink{self.port}.log",
            stdout=subprocess.PIPE,
        )
        stage.service.children.append(self.child)
        self.out = self.child.process.stdout
        time.sleep(0.1)
        self.child.check()

    def url(self):
        return f"http{'s' * self.secure}://127.0.0.1:{self.port}/hook"

    def line(self):
        """The next line that it prints."""
        text = self.out.readline().decode()
        assert text, "the sink ended"
        return text

    def stop(self):
        """How many requests came, and how many waited at once."""
        self.child.send_signal(signal.SIGTERM)
        text = self.out.read().decode()
        self.child.wait()
        found = re.search(r"requests (\d+), at once (\d+)", text)
        return int(found[1]), int(found[2])


class LoopResult:
    def __init__(self, text):
        found = re.search(r"([\d.]+)/s, ([\d.]+) us each", text)
        self.rate, self.cpu_us = float(found[1]), float(found[2])


def run_loop(url, count, places, ca=None):
    argv = [tool("loop"), url, count, places, body_length()]
    done = subprocess.run(
        [str(a) for a in (*argv, *([ca] if ca else []))],
        stdout=subprocess.PIPE,
        check=True,
    )
    return LoopResult(done.stdout.decode())


class Sent:
    """One `hooks-send --once`: rate and CPU of it and its workers."""

    def __init__(self, stage, count, *flags):
        began = time.monotonic()
        child = stage.service.start_sender("--once", *flags)
        text = child.process.stdout.read().decode()
        _, status, usage = os.wait4(child.process.pid, 0)
        child.process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - began
        assert f"delivered {count}," in text, (text, child.errors())
        self.rate = count / self.seconds
        self.cpu_us = (usage.ru_utime + usage.ru_stime) * 1e6 / count


def workers_of(child):
    pid = child.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as list_:
        return [int(word) for word in list_.read().split()]


# ---- the installation ----


class Stage:
    def __init__(self, settings=None):
        settings = {s: dict(k) for s, k in (settings or {}).items()}
        settings["sender"] = {**_SENDER, **settings.get("sender", {})}
        self.service = service.Service(settings, _DATABASE)
        self.sql = self.service.db.sql
        self.folder = self.service.folder.path
        authority = certificates.Authority(self.folder, "authority")
        self.ca = authority.certificate
        self.certificate = str(authority.issue("sink", "IP:127.0.0.1"))
        self.service.write_config(service.SENDER, sender={"ca_file": self.ca})

    def close(self):
        self.service.close()

    def hooks(self, organization, count, url):
        """That many hooks with secret and lane; their keys as (first, last)."""
        first = int(
            self.service.db.value(
                "SELECT COALESCE(MAX(id), 0) + 1 FROM vh_hooks"
            )
        )
        self.sql(f"""
            INSERT INTO vh_hooks (id, organization, target_url, action,
                created_at, updated_at)
            SELECT {first} - 1 + seq, UNHEX('{organization}'), '{url}', '*',
                UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_{count};
            {self.beside_hooks(first)}""")
        return first, first + count - 1

    @staticmethod
    def beside_hooks(first):
        return f"""
            INSERT INTO vh_hook_secrets (hook_id, secret, created_at)
            SELECT id, CONCAT('whsec_', TO_BASE64(UNHEX(SHA2(id, 256)))),
                UTC_TIMESTAMP(3) FROM vh_hooks WHERE id >= {first};
            INSERT INTO vh_lanes (hook_id)
            SELECT id FROM vh_hooks WHERE id >= {first};
            {service.WANTS}"""

    def due(self, hooks, count):
        """That many deliveries, fanned out and due, each of a notification of
        its own, spread over the hooks; the sender sees them all at once."""
        first, last = hooks
        base = int(
            self.service.db.value(
                "SELECT COALESCE(MAX(id), 0) FROM vh_notifications"
            )
        )
        self.sql(f"""
            BEGIN;
            INSERT INTO vh_notifications (id, organization, action, resource,
                state)
            SELECT {base} + seq, h.organization, 'event.created',
                {RESOURCE_SQL}, 'fanned_out'
            FROM seq_1_to_{count} s JOIN vh_hooks h
                ON h.id = {first} + (s.seq - 1) MOD {last - first + 1};
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                lane, due_at, created_at)
            SELECT h.organization, {base} + seq, h.id, h.id,
                UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
            FROM seq_1_to_{count} s JOIN vh_hooks h
                ON h.id = {first} + (s.seq - 1) MOD {last - first + 1}
            ORDER BY seq;
            UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)
            WHERE hook_id BETWEEN {first} AND {last};
            COMMIT;""")

    def clear(self):
        """Nothing published, nothing due, all targets in good health."""
        self.sql("""
            TRUNCATE vh_deliveries; TRUNCATE vh_attempts; TRUNCATE vh_notifications;
            DELETE FROM vh_lanes;
            INSERT INTO vh_lanes (hook_id) SELECT id FROM vh_hooks;
            UPDATE vh_hooks SET enabled = 1, disabled_reason = NULL;""")
        # Or the next sender believes that the database has gone back.
        for path in (self.service.folder / "state").glob("*.turns"):
            path.unlink()

    def remove_hooks(self):
        self.sql(
            "DELETE FROM vh_hooks; DELETE FROM vh_hook_actions; "
            "DELETE FROM vh_hook_secrets; DELETE FROM vh_lanes;"
        )

    def lingering_rate(self, action, count):
        """A second, of the first `count` that come in after the very first,
        from a sender that lingers, for the hooks with this action."""
        sink = Sink(self, "-n", str(count))
        self.sql(
            f"UPDATE vh_hooks SET target_url = '{sink.url()}', "
            f"updated_at = UTC_TIMESTAMP(3) WHERE action = '{action}'"
        )
        sender = self.service.start_sender("--linger", "10m")
        seconds = float(re.search(r"in ([\d.]+) s", sink.line())[1])
        sender.stop()
        sink.stop()
        return count / seconds

    def delivered(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_deliveries d JOIN vh_attempts a "
                "ON a.delivery_id = d.id WHERE d.state = 'delivered'"
            )
        )


class Stages:
    """The one that most lines share, made when first asked for."""

    def __init__(self):
        self.shared = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def get(self):
        if not self.shared:
            self.shared = Stage()
        else:
            self.shared.remove_hooks()
            self.shared.clear()
        return self.shared

    def close(self):
        if self.shared:
            self.shared.close()
            self.shared = None
