# SPDX-License-Identifier: MIT
"""
The publishers in examples/ that users copy from: the SQL runs with an
application's rights and arrives; the shell script says in HTTP what the API
asks for.
"""

import json
import os
import subprocess

import receiver
import service
import tap
import where
from sendcase import SendCase

PUBLISHERS = where.EXAMPLES / "publishers"
# The organization that the examples name.
SAMPLE = "60af5269459aad001d0cb565"


class Sql(SendCase):
    def run_sample(self):
        text = (PUBLISHERS / "publish.sql").read_text()
        assert SAMPLE in text
        self.service.db.sql(
            text.replace(SAMPLE, self.organization),
            user=service.APPLICATION,
            password=service.password_of(service.APPLICATION),
            name="",
        )

    def test_arrives(self):
        hook = self.fresh()
        self.run_sample()
        self.once("delivered 2, failed 0")
        requests = self.sink.wait(2, "/hook")
        for request in requests:
            self.genuine(request, hook)
        got = {m["action"]: m for m in (json.loads(r.body) for r in requests)}
        assert got["event.confirmed"]["resource"]["place"] == "Paris", got
        assert got["event.voted"]["user"] == "60af526954e6605aae0dad5a", got

    def test_its_key_counts_once(self):
        self.fresh()
        self.service.db.sql("DELETE FROM vh_idempotency_keys")
        self.run_sample()
        self.run_sample()
        self.once("delivered 3, failed 0")


class Shell(tap.Case):
    def setup(self):
        self.sink = receiver.Receiver()

    def teardown(self):
        self.sink.close()

    def run_sample(self, *args, answers=()):
        self.sink.clear()
        self.sink.script("/v2/notifications", *answers)
        return subprocess.run(
            [PUBLISHERS / "publish.sh", *args],
            text=True,
            timeout=60,
            capture_output=True,
            check=False,
            env=dict(
                os.environ,
                HOOKS_KEY="the-key",
                HOOKS_URL=self.sink.url("").rstrip("/"),
            ),
        )

    def requests(self, count):
        return self.sink.wait(count, "/v2/notifications")

    def test_request(self):
        done = self.run_sample("event.confirmed", '{"title":"Übung"}')
        assert done.returncode == 0, done
        (request,) = self.requests(1)
        assert request.method == "POST", request
        assert request.header("Authorization") == "the-key", request
        assert request.header("Content-Type") == "application/json", request
        assert json.loads(request.body) == {
            "action": "event.confirmed",
            "resource": {"title": "Übung"},
        }

    def test_a_key_of_its_own_each_time(self):
        keys = set()
        for _ in range(2):
            self.run_sample("event.confirmed", "{}")
            keys.add(self.requests(1)[0].header("Idempotency-Key"))
        assert len(keys) == 2 and None not in keys, keys

    def test_repeated_with_the_same_key(self):
        done = self.run_sample(
            "event.confirmed",
            "{}",
            answers=[receiver.Answer(503), receiver.Answer(202)],
        )
        assert done.returncode == 0, done
        first, second = self.requests(2)
        assert first.header("Idempotency-Key"), first
        assert (first.header("Idempotency-Key"), first.body) == (
            second.header("Idempotency-Key"),
            second.body,
        )

    def test_refused(self):
        done = self.run_sample(
            "event.confirmed",
            "{}",
            "a-key",
            answers=[receiver.Answer(400, b"why")],
        )
        assert done.returncode != 0 and "why" in done.stdout, done
        (request,) = self.requests(1)
        assert request.header("Idempotency-Key") == "a-key", request


tap.main()
