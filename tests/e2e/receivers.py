# SPDX-License-Identifier: MIT
"""
The receivers in examples/ that users copy from: each must take what is
genuine and refuse everything else, and must not act on what it has already or
what is older than what it has. The signatures are made here, with code that is
neither theirs nor the sender's; at the end the sender itself delivers.
"""

import base64
import concurrent.futures
import functools
import hashlib
import hmac
import json
import re
import secrets
import time

import doors
import processes
import runtimes
import service
import tap

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


@functools.cache
def the_service():
    """One for all: a database for the receivers, and a sender."""
    made = service.Service()
    tap.at_end(made.close)
    return made


class _Receiver(tap.Case):
    def setup(self):
        self.folder = processes.Folder()
        self.secret_file = self.folder / "secret"
        self.secret, self.key = new_secret()
        self.write_secret(self.secret)
        self.receiver = runtimes.ALL[self.variant](
            self.folder, self.secret_file, the_service()
        )

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
    variants = tuple(runtimes.ALL)

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


class _Inbox(_Receiver):
    def say(self, ident, *messages):
        """The status of the answer to a body of (thing, second)."""
        body = [
            {
                "action": "event.updated",
                "resource": {"_id": thing},
                "occurred_at": f"2026-01-02T03:04:0{second}.000Z",
            }
            for thing, second in messages
        ]
        body = json.dumps(body if len(body) > 1 else body[0]).encode()
        return self.receiver.send(
            headers(signature(self.key, body, ident), ident), body
        )

    def words(self):
        """What the receiver said of each genuine request, in order."""
        return [
            " ".join(found.groups())
            for line in self.receiver.log.read_text().splitlines()
            if "INVALID" not in line
            and (
                found := re.search(
                    r"\b(received|repeated|outdated)\b.*?"
                    r"\b(m\d|[0-9a-f]{24}-[0-9a-f]{24})\b",
                    line,
                )
            )
        ]

    def says(self, *want):
        """The newest words."""
        processes.wait_until(
            lambda: self.words()[-len(want) :] == list(want),
            20,
            f"{want} in the receiver's lines",
        )


class Inboxes(_Inbox):
    """What came before, and what is older than the state that is known, is
    taken and not acted on."""

    variants = tuple(runtimes.ALL)

    def test_repeated_and_outdated(self):
        for ident, *messages in (
            ("m1", ("a", 5)),
            ("m1", ("a", 5)),
            ("m2", ("a", 4)),
            ("m3", ("b", 4)),
            ("m4", ("a", 5)),
            ("m5", ("a", 6), ("b", 3)),
            ("m6", ("a", 5), ("b", 3)),
            ("m6", ("a", 5), ("b", 3)),
        ):
            assert self.say(ident, *messages) == 204
        self.says(
            "received m1",
            "repeated m1",
            "outdated m2",
            "received m3",
            "received m4",
            "received m5",
            "outdated m6",
            "repeated m6",
        )
        assert len(self.words()) == 8, self.words()

    def test_ids_are_told_apart_to_the_letter(self):
        assert self.say("m7", ("Thing", 5)) == 204
        assert self.say("m8", ("thing", 4)) == 204
        self.says("received m7", "received m8")

    def test_the_same_at_the_same_time(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _: self.say("m9", ("c", 5)), range(16))
            )
        assert set(answers) == {204}, answers
        want = ["received m9"] + ["repeated m9"] * 15

        def done_once():
            return sorted(w for w in self.words() if "m9" in w) == want

        processes.wait_until(done_once, 60, "work that is done once")


class Keeping(_Inbox):
    """What has arrived is written in one transaction, which outlives the
    receiver."""

    variants = runtimes.KEEPING

    def test_what_could_not_be_kept_did_not_arrive(self):
        assert self.say("m0", ("z", 1)) == 204
        self.receiver.break_table()
        try:
            assert self.say("m1", ("a", 1)) == 500
        finally:
            self.receiver.mend_table()
        assert self.say("m1", ("a", 1)) == 204
        self.says("received m1")


class LostSecret(_Receiver):
    """Without its secret a receiver takes nothing, least of all a request
    that is signed with an empty key."""

    variants = tuple(runtimes.ALL)

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


class Deliveries(_Inbox):
    """From publishing to the receiver, by the sender."""

    variants = tuple(runtimes.ALL)

    def setup(self):
        super().setup()
        self.service = the_service()
        self.door = doors.enter("cgi", self.service)
        self.organization = self.service.organization()
        self.api_key = self.service.key(self.organization)
        self.hook = self.service.admin(
            "hook", "create", self.organization, self.receiver.url(), "*"
        )
        self.hook_secret = self.ask("GET", f"hooks/{self.hook}/secret", 200)
        self.write_secret(self.hook_secret["secret"])

    def ask(self, method, target, status, body=None):
        answer = self.door.request(
            method,
            f"/v2/{target}",
            [("Authorization", self.api_key)],
            body and json.dumps(body).encode(),
        )
        assert answer.status == status, answer
        return answer.json()

    def publish(self, thing, second):
        """The webhook-id that it will have."""
        made = self.ask(
            "POST",
            "notifications",
            202,
            {
                "action": "event.updated",
                "resource": {"_id": thing},
                "occurred_at": f"2026-01-02T03:04:0{second}.000Z",
            },
        )
        return f"{made['_id']}-{self.hook}"

    def once(self, summary):
        done = self.service.send("--once")
        assert done.status == 0 and summary in done.out, done

    def arrives(self, thing, second):
        ident = self.publish(thing, second)
        self.once("delivered 1, failed 0")
        return ident

    def test_repeated(self):
        ident = self.arrives("repeated", 1)
        self.says(f"received {ident}")
        self.ask("POST", f"deliveries/{ident}/redeliver", 202)
        self.once("delivered 1, failed 0")
        self.says(f"received {ident}", f"repeated {ident}")

    def test_outdated(self):
        idents = [self.arrives("outdated", second) for second in (2, 1, 3)]
        self.says(
            f"received {idents[0]}",
            f"outdated {idents[1]}",
            f"received {idents[2]}",
        )

    def test_a_wrong_secret(self):
        self.write_secret(self.secret)
        try:
            ident = self.publish("wrong", 1)
            self.once("delivered 0, failed 0, retrying 1")
        finally:
            self.write_secret(self.hook_secret["secret"])
        assert not any(ident in word for word in self.words()), self.words()
        self.ask("POST", f"deliveries/{ident}/redeliver", 202)
        self.once("delivered 1, failed 0")
        self.says(f"received {ident}")


tap.main()
