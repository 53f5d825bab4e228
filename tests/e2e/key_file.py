# SPDX-License-Identifier: MIT
"""
[secrets] key_file: secrets are encrypted in the database, old ones are read as
they are, and without the right key nothing is sent that is signed wrongly.
"""

import json
import os
import re

import service
import tap
from sendcase import SendCase

PROGRAMS = (service.ADMIN, service.API, service.SENDER)


class _Case(SendCase):
    def setup(self):
        super().setup()
        self.key_file = self.new_key("one")

    def new_key(self, name, content=None):
        path = self.service.folder / f"{name}.key"
        path.write_bytes(os.urandom(32) if content is None else content)
        path.chmod(0o600)
        return path

    def use(self, path):
        """All programs read this key file from now on; None: none."""
        for user in PROGRAMS:
            self.service.write_config(
                user, secrets={"key_file": path} if path else {}
            )

    def stored(self):
        """The stored secrets as bytes, oldest first."""
        return [
            bytes.fromhex(row[0])
            for row in self.service.db.sql(
                "SELECT HEX(secret) FROM vh_hook_secrets ORDER BY id"
            )
        ]

    def delivered(self, hook, path="/hook"):
        self.publish()
        self.once("delivered 1,")
        self.genuine(self.sink.at(path)[-1], hook)

    def rewrite(self, *args, status=0):
        done = self.service.run(
            "hooks-admin",
            "secret",
            "rewrite",
            *args,
            config=self.service.config(service.ADMIN),
        )
        assert done.status == status, done
        return done


class Encrypted(_Case):
    def test_1_what_is_stored_and_what_is_shown(self):
        self.use(self.key_file)
        hook = self.fresh()
        secret = self.secret(hook)
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret), secret
        [stored] = self.stored()
        assert stored[0] == 1 and secret.encode() not in stored
        assert len(stored) == 5 + 12 + len(secret) + 16
        self.delivered(hook)

    def test_2_made_and_rotated_by_http(self):
        self.fresh("/other", "user.joined")
        key = [("Authorization", self.key)]
        secret = "whsec_" + "QUJD" * 11
        answer = self.door.request(
            "POST",
            "/v2/hooks",
            key,
            json.dumps(
                {
                    "target_url": self.sink.url("/own"),
                    "action": "*",
                    "secret": secret,
                }
            ).encode(),
        )
        assert answer.status == 201, answer
        hook = answer.json()["_id"]
        assert self.secret(hook) == secret
        self.delivered(hook, "/own")
        answer = self.door.request(
            "POST", f"/v2/hooks/{hook}/secret/rotate", key
        )
        assert answer.status == 200, answer
        assert self.secret(hook) == answer.json()["secret"] != secret
        self.delivered(hook, "/own")
        request = self.sink.at("/own")[-1]
        assert request.header("webhook-signature").count("v1,") == 2
        assert all(s[0] == 1 for s in self.stored()), self.stored()

    def test_3_the_same_secret_twice_looks_different(self):
        same = "whsec_" + "QUJD" * 11
        for _ in range(2):
            self.door.request(
                "POST",
                "/v2/hooks",
                [("Authorization", self.key)],
                json.dumps(
                    {
                        "target_url": self.sink.url(),
                        "action": "user.joined",
                        "secret": same,
                    }
                ).encode(),
            )
        one, two = self.stored()[-2:]
        assert one[5:] != two[5:] and one[:5] == two[:5]

    def test_4_a_row_does_not_open_as_another_hooks(self):
        hooks = [self.fresh("/x"), self.hook("/y")]
        self.service.db.sql("""
            UPDATE vh_hook_secrets SET hook_id = CASE hook_id
                WHEN (SELECT MAX(id) FROM vh_hooks) THEN
                    (SELECT MAX(id) - 1 FROM vh_hooks)
                ELSE (SELECT MAX(id) FROM vh_hooks) END
                ORDER BY id DESC LIMIT 2""")
        third = self.hook("/z")
        self.publish()
        done = self.service.send("--once")
        assert "delivered 1, failed 0, retrying 2," in done.out, done
        assert done.err.count("\n") == 1 and "key_file" in done.err, done
        assert not self.sink.at("/x") and not self.sink.at("/y")
        self.genuine(self.sink.at("/z")[-1], third)
        for hook in hooks:
            answer = self.door.request(
                "GET", f"/v2/hooks/{hook}/secret", [("Authorization", self.key)]
            )
            assert answer.status == 503, answer
            # The way out.
            answer = self.door.request(
                "POST",
                f"/v2/hooks/{hook}/secret/rotate",
                [("Authorization", self.key)],
                b'{"overlap":"0s"}',
            )
            assert answer.status == 200, answer
        self.service.db.sql("UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)")
        self.once("delivered 2,")
        self.genuine(self.sink.at("/x")[-1], hooks[0])


class Mixed(_Case):
    def test_1_old_rows_are_read(self):
        plain = self.fresh("/plain")
        self.use(self.key_file)
        sealed = self.hook("/sealed")
        assert [s[0] for s in self.stored()[-2:]] == [ord("w"), 1]
        self.publish()
        self.once("delivered 2,")
        self.genuine(self.sink.at("/plain")[-1], plain)
        self.genuine(self.sink.at("/sealed")[-1], sealed)

    def test_2_rewritten_they_are_encrypted(self):
        hook = self.fresh()
        before = self.secret(hook)
        plain = sum(s[0] == ord("w") for s in self.stored())
        assert self.rewrite().out == f"{plain}\n"
        assert {s[0] for s in self.stored()} == {1}
        assert self.rewrite().out == "0\n"
        assert self.secret(hook) == before
        self.delivered(hook)

    def test_3_another_key(self):
        hook = self.fresh()
        before, marks = self.secret(hook), {s[:5] for s in self.stored()}
        self.use(self.new_key("two"))
        done = self.rewrite(status=65)
        assert "cannot be read" in done.err and done.out == "", done
        done = self.rewrite("--old-key-file", self.key_file, "--json")
        assert json.loads(done.out)["rewritten"] == len(self.stored()), done
        assert {s[:5] for s in self.stored()}.isdisjoint(marks)
        assert self.secret(hook) == before
        self.delivered(hook)

    def test_4_and_back_to_none(self):
        hook = self.fresh()
        before = self.secret(hook)
        self.use(None)
        self.rewrite("--old-key-file", self.service.folder / "two.key")
        assert {s[0] for s in self.stored()} == {ord("w")}
        assert self.secret(hook) == before
        self.delivered(hook)


class Headers(_Case):
    """The values of hooks' own headers, which may be tokens."""

    TOKEN = "Bearer one-two-three"

    def stored_headers(self):
        return self.service.db.value(
            "SELECT headers FROM vh_hooks ORDER BY id DESC LIMIT 1"
        )

    def ask(self, method, target, body=None):
        answer = self.door.request(
            method,
            target,
            [("Authorization", self.key)],
            json.dumps(body).encode() if body else b"",
        )
        assert answer.status in (200, 201), answer
        return answer.json()

    def made(self, **headers):
        self.fresh("/other", "user.joined")
        return self.ask(
            "POST",
            "/v2/hooks",
            {
                "target_url": self.sink.url("/hook"),
                "action": "event.created",
                "headers": headers,
            },
        )["_id"]

    def arrives(self, hook, **headers):
        self.sink.clear()
        self.delivered(hook)
        [request] = self.sink.at("/hook")
        for name, value in headers.items():
            assert request.header(name) == value, request.headers

    def test_1_stored_and_sent(self):
        self.use(self.key_file)
        hook = self.made(Authorization=self.TOKEN, Empty="")
        stored = self.stored_headers()
        assert "one-two" not in stored and "Authorization" in stored, stored
        assert stored.count("u0001") == 2, stored
        shown = self.ask("GET", f"/v2/hooks/{hook}")["headers"]
        assert shown == {"Authorization": self.TOKEN, "Empty": ""}, shown
        self.arrives(hook, Authorization=self.TOKEN, Empty="")
        self.ask(
            "PUT",
            f"/v2/hooks/{hook}",
            {"headers": {"Authorization": "***", "X-New": "four"}},
        )
        assert "four" not in self.stored_headers()
        self.arrives(hook, **{"Authorization": self.TOKEN, "X-New": "four"})

    def test_2_they_do_not_open_elsewhere(self):
        """Under another name, or as another hook's."""
        hook = self.made(Authorization=self.TOKEN)
        stored = self.stored_headers()
        self.service.db.sql(
            "UPDATE vh_hooks SET headers = REPLACE(headers, 'Authorization', "
            "'X-Stolen') ORDER BY id DESC LIMIT 1"
        )
        self.waits(hook, "X-Stolen")
        hook = self.made(Authorization=self.TOKEN)
        value = service.quote(stored)
        self.service.db.sql(
            f"UPDATE vh_hooks SET headers = {value} ORDER BY id DESC LIMIT 1"
        )
        self.waits(hook, "Authorization")
        # The way out.
        self.ask(
            "PUT", f"/v2/hooks/{hook}", {"headers": {"Authorization": "x"}}
        )
        self.service.db.sql("UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3)")
        self.once("delivered 1,")
        assert self.sink.at("/hook")[0].header("authorization") == "x"

    def waits(self, hook, name):
        self.sink.clear()
        self.publish()
        done = self.service.send("--once")
        assert "delivered 0" in done.out and "key_file" in done.err, done
        assert not self.sink.at("/hook")
        shown = self.ask("GET", f"/v2/hooks/{hook}")["headers"]
        assert shown == {name: "***"}, shown
        # Kept as it is when something else changes.
        self.ask("PUT", f"/v2/hooks/{hook}", {"description": "x"})
        self.ask("PUT", f"/v2/hooks/{hook}", {"headers": {name: "***"}})
        assert self.ask("GET", f"/v2/hooks/{hook}")["headers"] == shown

    def test_3_rewritten(self):
        for row in self.service.admin("hook", "list", self.organization).split(
            "\n"
        ):
            self.service.admin("hook", "delete", row.split("\t")[0])
        self.service.db.sql("UPDATE vh_hooks SET headers = NULL")
        self.use(None)
        hook = self.made(Authorization=self.TOKEN)
        assert "one-two" in self.stored_headers()
        self.use(self.key_file)
        self.arrives(hook, Authorization=self.TOKEN)
        count = int(self.rewrite().out)
        assert count >= 2, "a secret and its hook's headers"
        assert "one-two" not in self.stored_headers()
        assert self.rewrite().out == "0\n"
        self.arrives(hook, Authorization=self.TOKEN)
        other = self.new_key("other")
        old = self.stored_headers()
        self.use(other)
        assert "cannot be read" in self.rewrite(status=65).err
        assert self.stored_headers() == old
        self.rewrite("--old-key-file", self.key_file)
        assert self.stored_headers() != old
        self.arrives(hook, Authorization=self.TOKEN)
        self.use(None)
        self.rewrite("--old-key-file", other)
        assert "one-two" in self.stored_headers()
        self.arrives(hook, Authorization=self.TOKEN)


class Lost(_Case):
    def refused(self, *words):
        done = self.service.send("--once")
        assert done.status == 78, done
        for word in ("key_file", *words):
            assert word in done.err, done
        assert not self.sink.at(), "nothing is sent"
        done = self.service.run(
            "hooks-admin", "doctor", config=self.service.config(service.ADMIN)
        )
        assert done.status == 78 and "FAIL\tsecrets\t" in done.out, done

    def test_1_another_key_or_none(self):
        self.use(self.key_file)
        hook = self.fresh()
        self.publish()
        self.use(self.new_key("two"))
        self.refused("another key")
        self.use(None)
        self.refused("not set")
        answer = self.door.request(
            "GET", f"/v2/hooks/{hook}/secret", [("Authorization", self.key)]
        )
        assert answer.status == 503 and "whsec" not in str(answer), answer
        self.use(self.key_file)
        self.once("delivered 1,")
        self.genuine(self.sink.at()[-1], hook)

    def test_2_a_file_that_is_no_key(self):
        bad = {
            "is not a file of exactly 32 bytes": [
                b"",
                b"x" * 31,
                b"x" * 33,
                b"x" * 65,
            ],
            "No such file": [None],
        }
        for words, contents in bad.items():
            for content in contents:
                path = self.service.folder / "missing.key"
                if content is not None:
                    path = self.new_key("bad", content)
                self.use(path)
                for program, args in (
                    ("hooks-admin", ["config"]),
                    ("hooks-send", ["--once"]),
                ):
                    done = self.service.run(
                        program,
                        *args,
                        config=self.service.config(service.SENDER),
                    )
                    assert done.status == 78 and words in done.err, done
                    assert "[secrets] key_file" in done.err, done
        answer = self.door.request("GET", "/healthz")
        assert answer.status == 503, answer

    def test_3_a_file_that_others_can_read(self):
        path = self.new_key("open")
        self.use(path)
        for mode in (0o604, 0o602, 0o606, 0o644):
            path.chmod(mode)
            done = self.service.send("--once")
            assert done.status == 78 and "everybody" in done.err, done
        path.chmod(0o640)
        assert (
            self.service.run(
                "hooks-admin",
                "config",
                config=self.service.config(service.ADMIN),
            ).status
            == 0
        )

    def test_4_the_key_is_not_printed(self):
        self.use(self.key_file)
        done = self.service.run(
            "hooks-admin", "config", config=self.service.config(service.ADMIN)
        )
        assert f"key_file = {self.key_file}" in done.out, done
        assert self.key_file.read_bytes().hex() not in done.out


class Bare(_Case):
    def test_a_hook_without_a_secret_waits(self):
        """Rather an unsent delivery than one with an empty signature."""
        self.fresh("/bare")
        self.service.db.sql("DELETE FROM vh_hook_secrets")
        self.publish()
        done = self.service.send("--once")
        assert "delivered 0, failed 0, retrying 1," in done.out, done
        assert not self.sink.at()


if __name__ == "__main__":
    tap.main()
