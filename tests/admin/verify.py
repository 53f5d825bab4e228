# SPDX-License-Identifier: MIT
"""
hooks-admin verify: its output is the sender's request, byte for byte, and its
curl command makes the same request.
"""

import json
import os
import pty
import re
import select
import subprocess
import time

import receiver
import sendcase
import service
import tap
import where

NOBODY = "5f" * 12
# Everything that a shell, printf or curl could misunderstand.
NASTY = (
    '{"a": "it\'s $HOME `id` \\\\ \\n %s %% \\" !! \\u0041 é 🪝 \u202e\u009b",\n'
    '\t"b": ["@x", "$(reboot)", "\'\'", "\\u0001"],\r\n  "c": "-"}'
)


class Verify(sendcase.SendCase):
    settings = {
        "sender": {"user_agent": "it's; me/1 ($x)"},
        "api": {"max_body": "1m"},
    }

    def verify(self, delivery, *flags):
        return self.service.admin("verify", delivery, *flags)

    def delivery(self):
        """The newest delivery's id, as the API tells it."""
        answer = self.door.request(
            "GET", "/v2/deliveries?limit=1", [("Authorization", self.key)]
        )
        return answer.json()[0]["_id"]

    def pending(self, resource=NASTY, **columns):
        """A hook, and a delivery of it that was not sent yet."""
        hook = self.fresh("/hook?a=[1-3]&b={x,y}&c='%20#no")
        for name, value in columns.items():
            self.service.db.sql(
                f"UPDATE vh_hooks SET {name} = {value}, "
                "updated_at = UTC_TIMESTAMP(3)"
            )
        self.publish(resource)
        self.service.admin("hook", "disable", hook)
        self.once()
        return hook

    @staticmethod
    def parts(text):
        head, rest = text.removeprefix("# request\n").split("\n\n", 1)
        body, rest = rest.split("\n# signed\n")
        signed, curl = rest.split("\n# repeat\n")
        assert "\n" not in curl, curl
        return head.split("\n"), body, signed, curl

    @staticmethod
    def shell(line, shell="sh"):
        done = subprocess.run(
            [shell],
            input=line.encode(),
            capture_output=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0 and not done.stderr, done
        return done.stdout

    def compare(self, hook, path="/hook"):
        """The verified request, the one curl makes and the one the sender
        makes, all at one second."""
        while True:
            begin = int(time.time())
            head, body, signed, curl = self.parts(self.verify(self.delivery()))
            self.shell(curl)
            self.service.admin("hook", "enable", hook)
            self.once()
            if int(time.time()) == begin:
                break
            self.sink.script(path)
            self.sink.clear()
            self.service.db.sql(
                "UPDATE vh_deliveries SET state = 'pending', lane = hook_id, "
                "due_at = created_at, finished_at = NULL, attempts = 0, "
                "tries = 0; DELETE FROM vh_attempts; "
                "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)"
            )
        ours, theirs = self.sink.at()
        for request in (ours, theirs):
            assert request.body == body.encode(), request
            assert request.head.decode().split("\r\n") == head, request.head
        assert signed == (
            f"{theirs.header('webhook-id')}."
            f"{theirs.header('webhook-timestamp')}.{body}"
        )
        self.genuine(ours, hook)
        return ours

    def test_1_a_delivery(self):
        hook = self.pending()
        request = self.compare(hook)
        assert NASTY.encode() in request.body

    def test_1_on_a_terminal(self):
        """Nothing that moves its cursor; what is copied is the same."""
        hook = self.pending()
        ours, theirs = pty.openpty()
        words = (where.program("hooks-admin"), "-c")
        words += (self.service.config(service.ADMIN), "verify")
        with subprocess.Popen(
            [str(w) for w in (*words, self.delivery())], stdout=theirs
        ) as process:
            os.close(theirs)
            text = b""
            while select.select([ours], [], [], 30)[0]:
                try:
                    text += os.read(ours, 65536)
                except OSError:
                    break  # the other end is closed
            assert process.wait() == 0
        os.close(ours)
        text = text.decode().replace("\r\n", "\n")
        assert not set("\u202e\u009b\r") & set(text), text
        self.shell(text.rpartition("# repeat\n")[2])
        [request] = self.sink.at()
        assert NASTY.encode() in request.body, request
        self.service.admin("hook", "delete", hook)

    def test_2_headers_of_its_own(self):
        hook = self.pending(
            '{"x":1}',
            headers=(
                '\'{"X-Token": "it\'\'s $a; b: \\\\"c\\\\"", "X-Empty": "", '
                '"X-Colons": "::"}\''
            ),
        )
        request = self.compare(hook)
        shown = json.loads(self.verify(self.delivery(), "--json"))["headers"]
        assert shown["X-Colons"] == request.header("x-colons") == "::", shown
        assert request.header("x-token") == 'it\'s $a; b: "c"'
        assert request.header("x-empty") == ""

    def test_3_a_batch(self):
        hook = self.fresh("/hook")
        self.service.db.sql(
            "UPDATE vh_hooks SET batch_size = 3, updated_at = UTC_TIMESTAMP(3)"
        )
        for n in range(3):
            self.publish(json.dumps({"n": n, "é": "'\n"}))
        self.sink.script("/hook", receiver.Answer(500))
        self.once("delivered 0, failed 0, retrying 3")
        self.sink.clear()
        self.service.db.sql(
            "UPDATE vh_deliveries SET due_at = created_at; "
            "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)"
        )
        head, body, _, curl = self.parts(self.verify(self.delivery()))
        assert "webhook-attempt: 2" in head, head
        assert [m["resource"]["n"] for m in json.loads(body)] == [0, 1, 2]
        self.shell(curl)
        self.once("delivered 3,")
        ours, theirs = self.sink.at()
        assert ours.body == theirs.body == body.encode()
        assert ours.header("webhook-id") == theirs.header("webhook-id")
        # By the id that its receiver knows.
        by_batch = self.parts(self.verify(theirs.header("webhook-id")))
        assert by_batch[1] == body
        self.genuine(ours, hook)

    def test_4_larger_than_an_argument(self):
        hook = self.pending(json.dumps({"x": "y'\\%" * 28000, "n": "\n"}))
        assert len(self.compare(hook).body) > 131072

    def test_5_other_shells(self):
        hook = self.pending()
        for shell in ("bash", "dash"):
            self.sink.clear()
            curl = self.parts(self.verify(self.delivery()))[3]
            assert b"200" in self.shell(curl, shell)
            [request] = self.sink.at()
            assert NASTY.encode() in request.body
            self.genuine(request, hook)

    def test_6_json(self):
        got = json.loads(self.verify(self.delivery(), "--json"))
        assert list(got) == [
            "delivery",
            "webhookId",
            "method",
            "url",
            "headers",
            "body",
            "signed",
            "curl",
        ], got
        assert f'"resource":{NASTY},"notification":"' in got["body"], got
        assert got["headers"]["webhook-signature"].startswith("v1,")
        assert re.fullmatch(r"\d+", got["headers"]["webhook-timestamp"])
        assert "Expect" not in got["headers"]
        self.sink.clear()
        self.shell(got["curl"])
        assert self.sink.at()[0].body.decode() == got["body"]

    def test_7_two_secrets(self):
        hook = self.pending("{}")
        answer = self.door.request(
            "POST",
            f"/v2/hooks/{hook}/secret/rotate",
            [("Authorization", self.key)],
        )
        assert answer.status == 200, answer
        head = self.parts(self.verify(self.delivery()))[0]
        line = next(x for x in head if x.startswith("webhook-signature"))
        assert line.count("v1,") == 2, line
        self.compare(hook)

    def test_8_what_is_not_there(self):
        for text in (NOBODY, "x", self.organization):
            done = self.service.run(
                "hooks-admin",
                "verify",
                text,
                config=self.service.config("hooks_admin"),
            )
            assert done.status == 69 and done.out == "", done


if __name__ == "__main__":
    tap.main()
