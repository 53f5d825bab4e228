# SPDX-License-Identifier: MIT
"""
The publishers in examples/ that users copy from: SQL, PHP and Node.js run with
an application's rights, and what they publish arrives, or does not; the shell
script and Node.js say in HTTP what the API asks for; the WordPress plugin runs
in a stand-in for WordPress. The code of doc/publish.md can be read by its
language; make check-publishers runs it.
"""

import datetime
import json
import os
import subprocess

import pages
import plugin
import receiver
import service
import tap
import where
from sendcase import SharedCase

PUBLISHERS = where.EXAMPLES / "publishers"
# The organization that the examples name.
SAMPLE = "60af5269459aad001d0cb565"


class _Published(SharedCase):
    def reminders(self):
        """What is scheduled as the samples name it."""
        answer = self.door.request(
            "GET",
            "/v2/notifications?state=scheduled&replace_key=reminder-42",
            [("Authorization", self.key)],
        )
        assert answer.status == 200, answer
        return answer.json()


class Sql(_Published):
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
        assert self.reminders() == [], "it was cancelled"
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


class Programs(_Published):
    """In an application's database, in its transaction."""

    variants = ("publish.php", "publish.js")
    # (a program's name, what its sample says of the server, and what is true)
    RUNS = {
        "publish.php": ("php", "host=localhost", "unix_socket={}"),
        "publish.js": ("node", "host: 'localhost'", "socketPath: '{}'"),
    }
    # What the tests say in place of the sample's own statements.
    OWN = {
        "publish.php": "try {{\n{}\n$db->commit();\n}} catch",
        "publish.js": "try {{\n{}\nawait connection.commit();\n}} catch",
    }
    PUBLISH = {
        "publish.php": "$outbox->publish('event.created', ['title' => {}]);",
        "publish.js": "await publish(connection, organization, "
        "{{action: 'event.created', resource: {{title: {}}}}});",
    }

    def setup(self):
        super().setup()
        self.service.db.sql(
            "DROP DATABASE IF EXISTS booking; CREATE DATABASE booking; "
            "CREATE TABLE booking.events (id INT, confirmed INT); "
            "INSERT INTO booking.events VALUES (42, 0); "
            "GRANT ALL ON booking.* TO hooks_app@localhost",
            name="",
        )

    def run_sample(self, own=None, status=0):
        """The sample, or other statements in its transaction."""
        program, said, true = self.RUNS[self.variant]
        text = (PUBLISHERS / self.variant).read_text()
        for old, new in (
            (SAMPLE, self.organization),
            (said, true.format(self.service.db.socket)),
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        if own:
            before, _, rest = text.rpartition("try {")
            text = before + self.OWN[self.variant].format(own)
            text += rest.partition("catch")[2]
        path = self.service.folder / self.variant
        path.write_text(text)
        done = subprocess.run(
            [program, path],
            text=True,
            timeout=60,
            capture_output=True,
            check=False,
            env=dict(os.environ, NODE_PATH=str(where.node_file("."))),
        )
        assert (done.returncode == 0) == (status == 0), done
        return done

    def words(self, text):
        return self.PUBLISH[self.variant].format(text)

    def test_arrives_with_a_reminder(self):
        hook = self.fresh()
        self.run_sample()
        self.once("delivered 1, failed 0")
        (request,) = self.sink.wait(1, "/hook")
        self.genuine(request, hook)
        assert json.loads(request.body)["resource"]["place"] == "Paris"
        (reminder,) = self.reminders()
        at = datetime.datetime.fromisoformat(reminder["deliver_at"])
        days = (at - datetime.datetime.now(datetime.timezone.utc)).days
        assert 5 <= days <= 8, reminder
        confirmed = self.service.db.value(
            "SELECT confirmed FROM booking.events"
        )
        assert confirmed == "1", confirmed

    def test_its_key_counts_once_and_the_reminder_moves(self):
        self.fresh()
        self.service.db.sql("DELETE FROM vh_idempotency_keys")
        self.run_sample()
        self.run_sample()
        self.once("delivered 1, failed 0")
        assert len(self.reminders()) == 1

    def test_cancels_the_reminder(self):
        self.fresh()
        self.run_sample()
        self.run_sample(
            {
                "publish.php": "$outbox->cancel('reminder-42');",
                "publish.js": "await publish(connection, organization, "
                "{ cancels: 'reminder-42' });",
            }[self.variant]
        )
        self.once()
        assert self.reminders() == []

    def test_text_that_is_no_text(self):
        self.fresh()
        self.run_sample(
            self.words(
                {
                    "publish.php": '"\\u{1F389} \\xff"',
                    "publish.js": "'\\u{1F389} \\ud800'",
                }[self.variant]
            )
        )
        self.once("delivered 1, failed 0")
        (request,) = self.sink.wait(1, "/hook")
        got = json.loads(request.body)["resource"]
        assert got == {"title": "\U0001f389 \ufffd"}, got

    def test_rolled_back(self):
        self.fresh()
        fault = {
            "publish.php": "throw new Exception('no');",
            "publish.js": "throw new Error('no');",
        }[self.variant]
        done = self.run_sample(self.words("'x'") + fault, status=1)
        assert "no" in done.stdout + done.stderr, done
        self.once("delivered 0, failed 0")


class NodeHttp(tap.Case):
    def setup(self):
        self.sink = receiver.Receiver()

    def teardown(self):
        self.sink.close()

    def publish(self, *answers, more=""):
        self.sink.clear()
        self.sink.script("/v2/notifications", *answers)
        code = f"""
            const {{ publishByHttp }} = require('{PUBLISHERS}/publish.js');
            publishByHttp({{ url: '{self.sink.url("").rstrip("/")}', key: 'k' }},
                {{ action: 'event.created', resource: {{ title: 'Übung' }},
                    deliver_at: new Date(0) }}{more}).then(console.log);
        """
        return subprocess.run(
            ["node", "-e", code],
            text=True,
            timeout=60,
            capture_output=True,
            check=False,
        )

    def test_request(self):
        done = self.publish(receiver.Answer(202, b'{"_id":"60af"}'))
        assert done.stdout == "60af\n", done
        (request,) = self.sink.at("/v2/notifications")
        assert request.header("Authorization") == "k", request
        assert json.loads(request.body) == {
            "action": "event.created",
            "resource": {"title": "Übung"},
            "deliver_at": "1970-01-01T00:00:00.000Z",
        }

    def test_repeated_with_the_same_key_when_it_may_be(self):
        done = self.publish(
            receiver.Answer(503, headers=[("Retry-After", "3")]),
            receiver.Answer(202, b'{"_id":"60af"}'),
        )
        assert done.stdout == "60af\n", done
        first, second = self.sink.at("/v2/notifications")
        assert first.body == second.body
        keys = {r.header("Idempotency-Key") for r in (first, second)}
        assert len(keys) == 1 and None not in keys, keys
        assert second.time - first.time > 2.9

    def test_refused(self):
        done = self.publish(receiver.Answer(400, b"why"), more=", 'a-key'")
        assert done.returncode != 0 and "400 why" in done.stderr, done
        (request,) = self.sink.at("/v2/notifications")
        assert request.header("Idempotency-Key") == "a-key", request

    def test_busy_for_long(self):
        done = self.publish(
            receiver.Answer(429, b"full", [("Retry-After", "3600")])
        )
        assert done.returncode != 0 and "429 full" in done.stderr, done
        assert len(self.sink.at("/v2/notifications")) == 1


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

    def test_more_members(self):
        done = self.run_sample(
            "event.updated", "{}", "", '"replace_key":"reminder-42"'
        )
        assert done.returncode == 0, done
        (request,) = self.requests(1)
        assert json.loads(request.body) == {
            "action": "event.updated",
            "resource": {},
            "replace_key": "reminder-42",
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


class PluginWays(plugin.Ways):
    """WordPress, by its stand-in."""


class PluginFailures(plugin.Failures):
    """The same."""


class Pages(tap.Case):
    def test_code_can_be_read(self):
        for name, code in pages.blocks("Laravel", "php").items():
            done = subprocess.run(
                ["php", "-l"],
                input=code,
                text=True,
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, (name, done)
        for name, code in pages.blocks("Django", "python").items():
            compile(code, name, "exec")


tap.main()
