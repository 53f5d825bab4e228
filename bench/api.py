# SPDX-License-Identifier: MIT
"""
Reads and writes through lighttpd with two FastCGI processes, against
bench/minimal behind the same lighttpd, asked by bench/client.
"""

import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess

import doors
import service
import stage as stages_

READS = int(os.environ.get("BENCH_READS", "10000"))
WRITES = int(os.environ.get("BENCH_WRITES", "4000"))
CONNECTIONS = 16
ORGANIZATIONS = 50  # hooks are created in turn for so many

_MINIMAL = """
$HTTP["url"] =~ "^/minimal/" {{
	fastcgi.server = ( "" => ( (
		"bin-path" => "{program}",
		"bin-environment" => ({environment}),
		"socket" => "minimal.sock",
		"max-procs" => 2,
		"check-local" => "disable"
	) ) )
}}
"""


class Both(doors.Lighttpd):
    """The sample's lighttpd, with bench/minimal beside hooks.fcgi."""

    name = "both"

    def __init__(self, stage, key):
        self.minimal_key = key
        super().__init__(stage.service)

    def _command(self):
        argv = super()._command()
        program = self.service.prefix / "libexec/vyte-hooks/minimal"
        if not program.exists():
            shutil.copy(stages_.tool("minimal"), program)
            program.chmod(0o755)
        settings = {
            "SOCKET": self.service.db.socket,
            "USER": service.API,
            "PASSWORD": service.password_of(service.API),
            "DATABASE": "vyte_hooks",
            "KEY": hashlib.sha256(self.minimal_key.encode()).hexdigest(),
        }
        with open(argv[-1], "a", encoding="ascii") as config:
            config.write(
                _MINIMAL.format(
                    program=program,
                    environment=", ".join(
                        f'"MINIMAL_{k}" => "{v}"' for k, v in settings.items()
                    ),
                )
            )
        return argv


class Asked:
    """A run of bench/client."""

    def __init__(self, door, method, path, count, status, keys=(), body=""):
        argv = [
            stages_.tool("client"),
            "-c",
            CONNECTIONS,
            "-m",
            method,
            "-s",
            status,
            "-b",
            body,
        ]
        for key in keys:
            argv += ["-k", key]
        done = subprocess.run(
            [str(a) for a in (*argv, door.port, path, count)],
            stdout=subprocess.PIPE,
            check=True,
        )
        found = re.search(
            r"([\d.]+)/s, p50 \d+ us, p99 (\d+) us, (\d+) bad",
            done.stdout.decode(),
        )
        self.rate, self.p99, self.bad = (
            float(found[1]),
            int(found[2]),
            int(found[3]),
        )


def _row(what, minimal, ours):
    """Medians; beside the rates stand the p99s, and answers with another
    status than expected, which are a fault however fast they come."""
    row = stages_.at_least(
        what,
        stages_.per_second,
        [r.rate for r in minimal],
        [r.rate for r in ours],
        0.8,
    )
    for name, found in (("baseline", minimal), ("ours", ours)):
        p99 = statistics.median(r.p99 for r in found) / 1000
        setattr(row, name, f"{getattr(row, name)}, p99 {p99:.1f} ms")
    bad = sum(r.bad for r in ours)
    if bad:
        row.ours += f", {bad} bad"
        row.reached = False
    return row


def _open(stages, count=1):
    """A stage, keys of that many organizations, and the door."""
    stage = stages.get()
    keys = [
        stage.service.key(stage.service.organization(f"Demo {i}"))
        for i in range(count)
    ]
    return stage, keys, Both(stage, keys[0])


def read(stages):
    stage, keys, door = _open(stages)
    made = door.request(
        "POST",
        "/v2/hooks",
        [("Authorization", keys[0])],
        json.dumps(
            {"target_url": "https://www.toto.com/", "action": "event.cancelled"}
        ).encode(),
    )
    hook = stage.service.db.value("SELECT MAX(id) FROM vh_hooks")
    return [
        _row(
            "GET /v2/hooks/:id",
            *stages_.rounds(
                lambda: Asked(door, "GET", f"/minimal/get/{hook}", READS, 200),
                lambda: Asked(
                    door,
                    "GET",
                    f"/v2/hooks/{made.json()['_id']}",
                    READS,
                    200,
                    keys,
                ),
            ),
        )
    ]


def _writes(stage, what, minimal, ours):
    def after(call):
        def run():
            stage.remove_hooks()
            stage.clear()
            return call()

        return run

    return [_row(what, *stages_.rounds(after(minimal), after(ours)))]


def hook(stages):
    stage, keys, door = _open(stages, ORGANIZATIONS)
    body = json.dumps(
        {
            "target_url": "https://www.toto.com/hooks?id=123",
            "action": "event.cancelled",
        }
    )
    count = min(WRITES, ORGANIZATIONS * 100)
    return _writes(
        stage,
        "POST /v2/hooks",
        lambda: Asked(door, "POST", "/minimal/hook", count, 201, body=body),
        lambda: Asked(door, "POST", "/v2/hooks", count, 201, keys, body),
    )


def publish(stages):
    stage, keys, door = _open(stages)
    resource = json.dumps({"text": "x" * (stages_.RESOURCE - 12)})
    body = f'{{"action":"event.cancelled","resource":{resource}}}'
    return _writes(
        stage,
        "POST /v2/notifications",
        lambda: Asked(
            door, "POST", "/minimal/publish", WRITES, 202, body=resource
        ),
        lambda: Asked(
            door, "POST", "/v2/notifications", WRITES, 202, keys, body
        ),
    )
