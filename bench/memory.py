# SPDX-License-Identifier: MIT
"""
The most memory (VmHWM) of a sender's worker with 256 requests in flight, and
of a FastCGI process after few and after many requests.
"""

import json
import os
import pathlib
import time

import doors
import stage as stages_
from api import Asked

IN_FLIGHT = 256
DUE = 4000
WATCHED_S = 12
FEW = 1000
MANY = int(os.environ.get("BENCH_REQUESTS", "100000"))


def _status_kb(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _megabytes(kb):
    return f"{kb / 1024:.1f} MB"


# ---- the sender ----


def _sender_row(stage, name, *options):
    """The receiver answers after two seconds, and there is enough for the
    windows to open until all places are taken."""
    sink = stages_.Sink(stage, "-d", "2000", *options)
    hooks = stage.hooks(stage.service.organization(), 16, sink.url())
    stage.due(hooks, DUE)
    sender = stage.service.start_sender("--linger", "10m", "--workers", "1")
    peak = 0

    end = time.monotonic() + WATCHED_S
    while time.monotonic() < end:
        time.sleep(0.2)
        for pid in stages_.workers_of(sender):
            peak = max(peak, _status_kb(pid, "VmHWM"))
    sender.stop()
    at_once = sink.stop()[1]
    return stages_.Row(
        f"sender's worker, {at_once} in flight, {name}",
        "",
        _megabytes(peak),
        None,
        f"under 32 MB at {IN_FLIGHT}",
        peak < 32 * 1024 and at_once == IN_FLIGHT,
    )


def sender(stages):
    rows = []
    for name in ("HTTP", "HTTPS"):
        stage = stages.get()
        options = ("-c", stage.certificate) if name == "HTTPS" else ()
        rows.append(_sender_row(stage, name, *options))
    return rows


# ---- the API ----


def _peaks(program):
    """Of every process that runs this program."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (path / "exe").resolve() == program:
                found.append(_status_kb(path.name, "VmHWM"))
        except OSError:
            continue  # it ended meanwhile
    assert found, f"nothing runs {program}"
    return max(found)


def api(_):
    stage = stages_.Stage({"api": {"max_requests": str(MANY * 100)}})
    try:
        return _api(stage)
    finally:
        stage.close()


def _api(stage):
    key = stage.service.key(stage.service.organization())
    door = doors.enter("lighttpd", stage.service)
    program = (stage.service.prefix / "libexec/vyte-hooks/hooks.fcgi").resolve()
    hook = json.dumps({"target_url": "https://www.toto.com/", "action": "*"})
    made = door.request(
        "POST", "/v2/hooks", [("Authorization", key)], hook.encode()
    ).json()
    notification = json.dumps(
        {"action": "event.created", "resource": {"text": "x" * 588}}
    )

    def load(each):
        """So many requests for each of the two processes, half of them
        reads, half of them writes."""
        Asked(door, "GET", f"/v2/hooks/{made['_id']}", each, 200, [key])
        Asked(door, "POST", "/v2/notifications", each, 202, [key], notification)
        time.sleep(0.1)
        return _peaks(program)

    few = load(FEW)
    many = load(MANY - FEW)
    flat = many <= few * 1.02
    return [
        stages_.Row(
            f"FastCGI process after {MANY:,} requests; baseline: after {FEW:,}",
            _megabytes(few),
            _megabytes(many),
            many / few,
            "under 12 MB, flat",
            many < 12 * 1024 and flat,
        )
    ]
