# SPDX-License-Identifier: MIT
"""
hooks-admin's hook commands and publish: their output, their rows in the
database, and their exit status.
"""

import json
import re

import admincase
import tap

NOBODY = "5f" * 12
USER = "60af5269459aad001d0cb565"
ID = re.compile(r"[0-9a-f]{24}")
URL = "https://www.example.com/hooks?id=123"


class _Case(admincase.AdminCase):
    def setup(self):
        super().setup()
        self.organization = self.admin("org", "create", "Demo")

    def make(self, url=URL, action="event.created"):
        return self.admin("hook", "create", self.organization, url, action)

    def listed(self):
        return self.rows("hook", "list", self.organization)


class Hooks(_Case):
    def test_1_create_and_list(self):
        assert self.listed() == []
        first = self.make()
        second = self.make(action="event.*")
        third = self.make(action="*")
        assert len({first, second, third}) == 3 and ID.fullmatch(first)
        assert self.listed() == [
            [first, "event.created", "enabled", URL],
            [second, "event.*", "enabled", URL],
            [third, "*", "enabled", URL],
        ]

    def test_2_a_new_hook_can_sign_and_has_a_lane(self):
        secrets = [
            row[0]
            for row in self.db.sql(
                "SELECT s.secret FROM vh_hooks h JOIN vh_hook_secrets s "
                "ON s.hook_id = h.id JOIN vh_lanes l ON l.hook_id = h.id"
            )
        ]
        assert len(secrets) == len(self.listed()) == len(set(secrets))
        for secret in secrets:
            assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)

    def test_3_switching(self):
        hook = self.listed()[0][0]
        for command, state in (
            ("disable", "disabled"),
            ("disable", "disabled"),
            ("enable", "enabled"),
            ("enable", "enabled"),
        ):
            assert self.admin("hook", command, hook) == ""
            assert self.listed()[0][2] == state
        self.admin("hook", "disable", hook)
        shown = json.loads(
            self.admin("--json", "hook", "list", self.organization)
        )[0]
        assert shown["_id"] == hook and shown["enabled"] is False, shown
        assert "operator" in shown["disabledReason"], shown
        self.admin("hook", "enable", hook)

    def test_4_json_is_the_hook_object(self):
        made = json.loads(
            self.admin(
                "--json",
                "hook",
                "create",
                self.organization,
                URL,
                "user.joined",
            )
        )
        assert list(made)[:8] == [
            "_id",
            "target_url",
            "action",
            "scope",
            "organization",
            "updatedAt",
            "createdAt",
            "__v",
        ], made
        assert made["organization"] == self.organization
        assert made in json.loads(
            self.admin("--json", "hook", "list", self.organization)
        )

    def test_5_delete(self):
        rows = self.listed()
        assert self.admin("hook", "delete", rows[0][0]) == ""
        assert self.listed() == rows[1:]
        for command in ("delete", "enable", "disable"):
            self.fails(69, "hook", command, rows[0][0], words=(rows[0][0],))

    def test_6_bad_data(self):
        for url in (
            "http://www.example.com/",
            "https://127.0.0.1/",
            "x",
            "",
            "https://localhost/",
            "https://a:b@www.example.com/",
            "https://www.example.com/" + "x" * 2048,
        ):
            self.fails(
                65,
                "hook",
                "create",
                self.organization,
                url,
                "*",
                words=("URL",),
            )
        for action in ("event.nonsense", "", "ping", "event.", "EVENT.*"):
            self.fails(
                65,
                "hook",
                "create",
                self.organization,
                URL,
                action,
                words=("ACTION",),
            )

    def test_7_what_is_not_there(self):
        hook = self.listed()[0][0]
        other = f"{int(hook, 16) + 99:024x}"
        self.fails(69, "hook", "create", NOBODY, URL, "*")
        self.fails(69, "hook", "list", NOBODY)
        for command in ("enable", "disable", "delete"):
            for name in (NOBODY, "", "x", other, hook + "0", self.organization):
                self.fails(69, "hook", command, name, words=("no such hook",))

    def test_8_the_limit(self):
        config = self.write_config("few.conf", "[api]\nmax_hooks = 2\n")
        self.fails(
            65,
            "hook",
            "create",
            self.organization,
            URL,
            "*",
            config=config,
            words=("max_hooks",),
        )

    def test_9_targets_are_the_configurations(self):
        config = self.write_config(
            "trial.conf",
            "[targets]\nallow_http = yes\nallow_networks = 127.0.0.0/8\n",
        )
        done = self.run(
            "hook",
            "create",
            self.organization,
            "http://127.0.0.1:9/",
            "*",
            config=config,
        )
        assert done.status == 0, done
        config = self.write_config(
            "wrong.conf", "[targets]\nallow_networks = lan\n"
        )
        for line in (
            ("hook", "create", self.organization, URL, "*"),
            ("config",),
        ):
            self.fails(
                78, *line, config=config, words=("allow_networks", "lan")
            )


class Publish(_Case):
    def publish(self, resource, *options, action="event.created"):
        return self.admin(
            "publish", self.organization, action, *options, stdin=resource
        )

    def stored(self):
        """The newest row: action, user, resource, key, state."""
        rows = self.db.sql(
            "SELECT action, user, HEX(resource), idempotency_key, state, "
            "LOWER(HEX(organization)) FROM vh_notifications "
            "ORDER BY id DESC LIMIT 1"
        )
        return [*rows[0][:2], bytes.fromhex(rows[0][2]), *rows[0][3:]]

    def count(self):
        return int(self.db.value("SELECT COUNT(*) FROM vh_notifications"))

    def test_from_standard_input(self):
        assert ID.fullmatch(self.publish(b'{"title":"Demo"}'))
        assert self.stored() == [
            "event.created",
            "NULL",
            b'{"title":"Demo"}',
            "NULL",
            "queued",
            self.organization,
        ]
        assert ID.fullmatch(self.publish(b'{"title":2}', "-"))
        assert self.stored()[2] == b'{"title":2}'

    def test_from_a_file(self):
        path = self.folder / "resource.json"
        path.write_bytes(b'{"from":"a file"}')
        assert ID.fullmatch(self.publish(b'{"not":"this"}', path))
        assert self.stored()[2] == b'{"from":"a file"}'

    def test_byte_for_byte_without_blanks_around(self):
        inner = '{ "a" : 1.50,\n\t"ü": "\\u00fc🪝", "a/b": [ ] }'.encode()
        self.publish(b" \r\n\t" + inner + b"\n\n")
        assert self.stored()[2] == inner

    def test_for_a_user(self):
        self.publish(b"{}", "--user", USER.upper(), action="user.joined")
        assert self.stored()[:2] == ["user.joined", USER.upper()]

    def test_json(self):
        got = json.loads(self.publish(b"{}", "--json", "--user", USER))
        assert list(got) == [
            "_id",
            "action",
            "organization",
            "user",
            "createdAt",
            "occurred_at",
        ], got
        assert got["organization"] == self.organization
        assert "user" not in json.loads(self.publish(b"{}", "--json"))

    def test_a_key_counts_once(self):
        key = ("--idempotency-key", "order 7")
        first = self.publish(b'{"n":1}', *key)
        before = self.count()
        assert self.publish(b'{"n":1}', *key) == first
        assert self.publish(b' {"n":1}\n', *key) == first
        for line, resource in (
            (("event.created", *key), b'{"n":2}'),
            (("event.updated", *key), b'{"n":1}'),
            (("event.created", "--user", USER, *key), b'{"n":1}'),
        ):
            self.fails(
                65,
                "publish",
                self.organization,
                *line,
                stdin=resource,
                words=("idempotency key",),
            )
        assert self.count() == before
        assert self.publish(b'{"n":1}', "--idempotency-key", "8") != first

    def test_bad_resources(self):
        before = self.count()
        for resource, word in (
            (b"", "line 1"),
            (b"[]", "object"),
            (b'"x"', "object"),
            (b'{"a":1,"a":2}', "column"),
            (b'{"a":01}', "column"),
            (b'{\n"a" 1}', "line 2"),
            (b'{"a":"\xff"}', "column"),
            (b"{}{}", "column"),
            (b'{"a":NaN}', "column"),
            (b"[" * 40 + b"]" * 40, "column"),
            (b'{"a":"%s"}' % (b"x" * 122880), "bytes"),
            (b"{}" + b" " * 999999, "too long"),
        ):
            self.fails(
                65,
                "publish",
                self.organization,
                "event.created",
                stdin=resource,
                words=("resource", word),
            )
        assert self.count() == before

    def test_the_longest_resource(self):
        resource = b'{"a":"%s"}' % (b"x" * (120 * 1024 - 8))
        self.publish(resource + b"\n")
        assert self.stored()[2] == resource

    def test_bad_lines(self):
        before = self.count()
        for action in ("event.*", "*", "ping", "hook.disabled", "x", ""):
            self.fails(
                65,
                "publish",
                self.organization,
                action,
                stdin=b"{}",
                words=("ACTION",),
            )
        for user in ("", "a\tb", "x" * 65):
            self.fails(
                65,
                "publish",
                self.organization,
                "event.created",
                "--user",
                user,
                stdin=b"{}",
                words=("--user",),
            )
        for key in ("", "x" * 256, "a\tb", "ü"):
            self.fails(
                65,
                "publish",
                self.organization,
                "event.created",
                "--idempotency-key",
                key,
                stdin=b"{}",
                words=("--idempotency-key",),
            )
        assert self.count() == before

    def test_what_is_not_there(self):
        self.fails(
            69, "publish", NOBODY, "event.created", stdin=b"{}", words=(NOBODY,)
        )
        self.fails(
            69,
            "publish",
            self.organization,
            "event.created",
            self.folder / "missing.json",
            words=("missing.json",),
        )
        self.fails(
            69,
            "publish",
            self.organization,
            "event.created",
            self.folder,
            words=("directory",),
        )


if __name__ == "__main__":
    tap.main()
