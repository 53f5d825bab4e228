# SPDX-License-Identifier: MIT
"""
The base of the tests with many receivers that misbehave: all of them are sent
to in one run of the sender, one attempt each, so that slow ones take their time
together; then each test looks at one record.
"""

import os
import subprocess

import service
import where
from sendcase import SendCase

_COLUMNS = {
    "status": "a.status",
    "error": "a.error",
    "remote": "a.remote",
    "tls": "a.tls_version",
    "dns_us": "a.dns_us",
    "connect_us": "a.connect_us",
    "tls_us": "a.tls_us",
    "first_byte_us": "a.first_byte_us",
    "total_us": "a.total_us",
    "headers": "HEX(a.response_headers)",
    "body": "HEX(a.response_body)",
    "kept": "a.response_kept",
    "state": "d.state",
    "marked": "d.maybe_duplicate",
    "started": "UNIX_TIMESTAMP(CONVERT_TZ(a.started_at, '+00:00', "
    "@@session.time_zone))",
}
_TEXTS = ("error", "remote", "tls", "state")
_BYTES = ("headers", "body")


class Attempt:
    """One attempt's row, None for NULL, and the state of its delivery."""

    def __init__(self, row):
        for name, value in zip(_COLUMNS, row):
            if name in _BYTES:
                value = bytes.fromhex("" if value == "NULL" else value)
            elif value == "NULL":
                value = None
            elif name not in _TEXTS:
                value = float(value) if name == "started" else int(value)
            setattr(self, name, value)

    def __repr__(self):
        shown = {n: v for n, v in vars(self).items() if n not in _BYTES}
        return f"<{shown} {self.headers[:80]!r} {self.body[:80]!r}>"

    def expect(self, error, status=None, marked=None):
        """`marked`: whether the next request will say maybe-duplicate."""
        assert self.error == error, self
        assert self.status == status, self
        assert self.state == ("pending" if error else "delivered"), self
        if marked is not None:
            assert self.marked == marked, self
        return self


class TrialCase(SendCase):
    """setup() of the test class: super().setup(), trials, begin()."""

    settings = {
        "sender": {
            "timeout": "5s",
            "connect_timeout": "1s",
            "lease": "30s",
            "retry_schedule": "1h",
        }
    }

    def trial(self, url, step=None):
        """A path of the receiver, which plays `step`; or a whole URL."""
        if "://" not in url:
            if step:
                self.sink.script(url, then=step)
            url = self.sink.url(url)
        self.hook(action="event.created", url=url)

    def alone(self):
        """Earlier trials are deleted."""
        self.fresh(action="user.joined", url="http://www.example.com/unused")

    def begin(self, count=1, **environment):
        """One attempt of each; their outcomes are for the tests to judge."""
        for _ in range(count):
            self.publish()
        return self.run_once(**environment)

    def run_once(self, **environment):
        done = service.Done(
            subprocess.run(
                [
                    where.program("hooks-send"),
                    "-c",
                    self.service.config(service.SENDER),
                    "--once",
                ],
                env={**os.environ, **environment},
                capture_output=True,
                timeout=60,
                check=False,
            )
        )
        assert done.status == 0, done
        return done

    def results(self, url):
        """The attempts at a URL, or at a path of any, oldest first."""
        which = f"LIKE 'http%{url}'" if url[0] == "/" else f"= '{url}'"
        rows = self.service.db.sql(
            f"SELECT {', '.join(_COLUMNS.values())} FROM vh_attempts a "
            "JOIN vh_deliveries d ON d.id = a.delivery_id JOIN vh_hooks h ON "
            f"h.id = d.hook_id WHERE h.target_url {which} "
            "ORDER BY a.started_at, a.delivery_id, a.attempt"
        )
        return [Attempt(row) for row in rows]

    def result(self, url):
        found = self.results(url)
        assert len(found) == 1, f"{len(found)} attempts at {url}: {found}"
        return found[0]
