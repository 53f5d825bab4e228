# SPDX-License-Identifier: MIT
"""
The receivers in examples/ that users copy from: each must take what is
genuine and refuse everything else. The signatures are made here, with code
that is neither theirs nor the sender's, and reach each receiver by its own
door: HTTP, or for the C program the environment and standard input of CGI.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import time

import doors
import processes
import rawhttp
import tap
import where

RECEIVERS = where.EXAMPLES / "receivers"
# Any bytes may come: an object, a batch, letters that are not ASCII.
BODY = '{"action":"event.created","resource":{"title":"Übung"}}'.encode()
ID = "60af526954e6605aae0dad5a"


def new_secret(size=32):
    """A secret as the service makes it, and its key."""
    key = secrets.token_bytes(size)
    return "whsec_" + base64.b64encode(key).decode(), key


# One moment for both: a second that ends between them is no wrong signature.
NOW = int(time.time())


def signature(key, body=BODY, ident=ID, timestamp=None, version="v1"):
    stamp = str(timestamp or NOW)
    mac = hmac.new(key, f"{ident}.{stamp}.".encode() + body, hashlib.sha256)
    return f"{version},{base64.b64encode(mac.digest()).decode()}"


def headers(signatures, ident=ID, timestamp=None):
    return [
        ("Content-Type", "application/json"),
        ("webhook-id", ident),
        ("webhook-timestamp", str(timestamp or NOW)),
        ("webhook-signature", signatures),
    ]


def interpreter(name):
    found = shutil.which(name)
    assert found, f"{name} not found: tests/prepare installs it"
    return found


# ---- the doors ----


class _Http:
    """A receiver that listens by itself."""

    def __init__(self, folder, secret_file):
        self.log = folder / f"{self.name}.log"
        self.port = doors.free_port()
        self.child = processes.Child(
            self.name,
            self.command(secret_file),
            self.log,
            env=dict(os.environ, WEBHOOK_SECRET_FILE=str(secret_file)),
        )
        processes.wait_until(self._answers, 20, f"{self.name}'s start")

    def _answers(self):
        self.child.check()
        try:
            return self.send([], b"")
        except OSError:
            return None

    def send(self, head, body):
        """The status of its answer."""
        data = rawhttp.request_bytes("POST", "/hooks", head, body)
        return rawhttp.exchange(self.port, data, "POST").status

    def close(self):
        self.child.stop()


class Python(_Http):
    name = "receive.py"

    def command(self, secret_file):
        return [
            "python3",
            RECEIVERS / self.name,
            "--port",
            self.port,
            "--secret-file",
            secret_file,
        ]


class Php(_Http):
    name = "receive.php"

    def command(self, secret_file):
        del secret_file  # by the environment
        return [
            interpreter("php"),
            "-S",
            f"127.0.0.1:{self.port}",
            RECEIVERS / self.name,
        ]


class JavaScript(_Http):
    name = "receive.js"

    def command(self, secret_file):
        return [
            interpreter("node"),
            RECEIVERS / self.name,
            self.port,
            secret_file,
        ]


class C:
    name = "receive.c"

    def __init__(self, folder, secret_file):
        self.secret_file = secret_file
        self.program = folder / "receive.cgi"
        compiler = shlex.split(os.environ.get("CC", "cc"))
        done = subprocess.run(
            [
                *compiler,
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-o",
                self.program,
                RECEIVERS / self.name,
                "-lcrypto",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def send(self, head, body):
        env = {
            "REQUEST_METHOD": "POST",
            "CONTENT_LENGTH": str(len(body)),
            "WEBHOOK_SECRET_FILE": str(self.secret_file),
        }
        for name, value in head:
            env["HTTP_" + name.upper().replace("-", "_")] = value
        done = subprocess.run(
            [self.program],
            input=body,
            env=env,
            capture_output=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0, done
        assert done.stdout.endswith(b"\r\n\r\n"), done.stdout
        return int(done.stdout.removeprefix(b"Status: ")[:3])

    def close(self):
        """It has ended after each request."""


DOORS = {door.name: door for door in (C, JavaScript, Php, Python)}


class _Receiver(tap.Case):
    def setup(self):
        self.folder = processes.Folder()
        self.secret_file = self.folder / "secret"
        self.secret, self.key = new_secret()
        self.write_secret(self.secret)
        self.receiver = DOORS[self.variant](self.folder, self.secret_file)

    def teardown(self):
        if hasattr(self, "receiver"):
            self.receiver.close()
        self.folder.close()

    def write_secret(self, secret):
        self.secret_file.write_text(secret + "\n")

    def takes(self, head, body=BODY):
        status = self.receiver.send(head, body)
        assert status == 204, status

    def refuses(self, head, body=BODY):
        status = self.receiver.send(head, body)
        assert status == 400, status


class Receivers(_Receiver):
    variants = tuple(DOORS)

    def test_genuine(self):
        self.takes(headers(signature(self.key)))

    def test_any_bytes_in_the_body(self):
        for body in (b"", b"\0\xff\r\n", bytes(range(256)) * 4096):
            self.takes(headers(signature(self.key, body)), body)

    def test_keys_of_every_length(self):
        try:
            for size in range(24, 65):
                secret, key = new_secret(size)
                self.write_secret(secret)
                self.takes(headers(signature(key)))
        finally:
            self.write_secret(self.secret)

    def test_published_vector(self):
        """The example of the Standard Webhooks specification, but for its
        age: what the test itself computes is right."""
        key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        made = signature(
            key,
            b'{"test": 2432232314}',
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
        )
        assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", made

    def test_changed_body(self):
        good = headers(signature(self.key))
        self.refuses(good, BODY.replace(b"created", b"updated"))
        self.refuses(good, BODY + b"\n")
        self.refuses(good, BODY[:-1])
        self.refuses(good, b"")

    def test_changed_id(self):
        self.refuses(headers(signature(self.key), ident=ID[:-1] + "b"))

    def test_changed_timestamp(self):
        now = int(time.time())
        self.refuses(
            headers(signature(self.key, timestamp=now), timestamp=now - 1)
        )

    def test_wrong_secret(self):
        self.refuses(headers(signature(new_secret()[1])))
        self.refuses(headers(signature(b"")))
        # The text of the secret is not the key.
        self.refuses(headers(signature(self.secret.encode())))

    def test_timestamp_within_five_minutes(self):
        for away in (-290, 290):
            stamp = int(time.time()) + away
            self.takes(
                headers(signature(self.key, timestamp=stamp), timestamp=stamp)
            )

    def test_timestamp_too_far_from_now(self):
        for away in (-310, 310, -86400, 10**11):
            stamp = int(time.time()) + away
            self.refuses(
                headers(signature(self.key, timestamp=stamp), timestamp=stamp)
            )

    def test_timestamp_that_is_no_number(self):
        now = int(time.time())
        for stamp in (
            "x",
            "-1",
            f"{now}.0",
            f"{now} ",
            f"+{now}",
            f"{now:x}",
            "1e9",
            "9" * 30,
            str(now + 2**64),
        ):
            self.refuses(
                headers(signature(self.key, timestamp=stamp), timestamp=stamp)
            )

    def test_one_right_among_several(self):
        right = signature(self.key)
        wrong = [signature(new_secret()[1]) for _ in range(3)]
        for at in range(4):
            entries = wrong[:at] + [right] + wrong[at:]
            self.takes(headers(" ".join(entries)))
        self.refuses(headers(" ".join(wrong)))

    def test_no_other_version_counts(self):
        right = signature(self.key)
        for entry in (
            signature(self.key, version="v1a"),
            signature(self.key, version="v2"),
            signature(self.key, version="V1"),
            right[3:],
            right.replace(",", ""),
            right.replace(",", ",,"),
        ):
            self.refuses(headers(entry))
            self.takes(headers(f"{entry} {right}"))

    def test_parts_of_a_signature_are_none(self):
        right = signature(self.key)
        for entry in (
            right[:-1],
            right + "=",
            right[:8],
            "v1,",
            "v1",
            ",",
            right.replace("v1,", "v1, "),
        ):
            self.refuses(headers(entry))

    def test_headers_that_are_missing(self):
        good = headers(signature(self.key))
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            self.refuses([h for h in good if h[0] != name])
        self.refuses([])


class Inboxes(_Receiver):
    """What came before, and what is older than the state that is known, is
    taken and not acted on."""

    variants = ("receive.js", "receive.py")

    def say(self, ident, *messages):
        body = [
            {
                "action": "event.updated",
                "resource": {"_id": thing},
                "occurred_at": f"2026-01-02T03:04:0{second}.000Z",
            }
            for thing, second in messages
        ]
        body = json.dumps(body if len(body) > 1 else body[0]).encode()
        self.takes(headers(signature(self.key, body, ident), ident), body)

    def words(self):
        """The first word about each id, in order."""
        found = re.findall(
            r"(received|repeated|outdated)\b.*?\b(m\d)\b",
            self.receiver.log.read_text(),
        )
        return [f"{word} {ident}" for word, ident in found]

    def test_repeated_and_outdated(self):
        self.say("m1", ("a", 5))
        self.say("m1", ("a", 5))
        self.say("m2", ("a", 4))
        self.say("m3", ("b", 4))
        self.say("m4", ("a", 5))
        self.say("m5", ("a", 6), ("b", 3))
        self.say("m6", ("a", 5), ("b", 3))
        want = [
            "received m1",
            "repeated m1",
            "outdated m2",
            "received m3",
            "received m4",
            "received m5",
            "outdated m6",
        ]
        processes.wait_until(
            lambda: len(self.words()) == len(want), 20, "the receiver's lines"
        )
        assert self.words() == want, self.words()


class LostSecret(_Receiver):
    """Without its secret a receiver takes nothing, least of all a request
    that is signed with an empty key."""

    variants = ("receive.c", "receive.js", "receive.php", "receive.py")

    def test_empty(self):
        self.write_secret("")
        self.refuses(headers(signature(b"")))
        self.refuses(headers(signature(self.key)))

    def test_only_the_prefix(self):
        self.write_secret("whsec_")
        self.refuses(headers(signature(b"")))

    def test_too_short(self):
        secret, key = new_secret(16)
        self.write_secret(secret)
        self.refuses(headers(signature(key)))

    def test_no_base64(self):
        self.write_secret("whsec_" + "!" * 44)
        self.refuses(headers(signature(b"")))
        self.refuses(headers(signature(b"!" * 44)))


tap.main()
