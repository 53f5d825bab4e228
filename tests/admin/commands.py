# SPDX-License-Identifier: MIT
"""
The commands of hooks-admin: schema, organizations, keys, status; their output,
and the exit status of failures.
"""

import concurrent.futures
import json
import os
import re

import admincase
import service
import tap

NOBODY = "5f" * 12
ID = re.compile(r"[0-9a-f]{24}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Migrate(admincase.AdminCase):
    migrated = False

    def test_1_other_commands_refuse_before_it(self):
        for line in (("org", "list"), ("status",), ("key", "list", NOBODY)):
            self.fails(78, *line, words=("hooks-admin migrate",))

    def test_2_dry_run_tells_and_does_nothing(self):
        steps = self.admin("migrate", "--dry-run").splitlines()
        assert steps and all(
            re.fullmatch(r"\d{3}-[a-z0-9-]+", s) for s in steps
        ), steps
        assert self.admin("migrate", "--dry-run").splitlines() == steps
        assert self.db.sql("SHOW TABLES") == []

    def test_3_twice_at_once(self):
        want = self.admin("migrate", "--dry-run")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = [
                f.result()
                for f in [pool.submit(self.run, "migrate") for _ in range(4)]
            ]
        assert [d.status for d in done] == [0] * 4, done
        assert "".join(d.out for d in done) == want + "\n", done

    def test_4_a_second_time_it_does_nothing(self):
        assert self.admin("migrate") == ""
        assert self.admin("migrate", "--dry-run") == ""
        told = json.loads(self.admin("migrate", "--json"))
        version = int(self.db.value("SELECT version FROM vh_installation"))
        assert told == {"version": version, "steps": []}

    def test_5_newer_is_refused(self):
        self.db.sql("UPDATE vh_installation SET version = version + 1")
        for line in (("migrate",), ("migrate", "--dry-run"), ("org", "list")):
            self.fails(78, *line, words=("newer", "upgrade"))
        self.db.sql("UPDATE vh_installation SET version = version - 1")
        assert self.admin("org", "list") == ""

    def test_6_no_database_is_explained(self):
        self.db.sql("DROP DATABASE vyte_hooks", name="")
        # The example's user may make this one database, and no other.
        self.fails(78, "migrate", words=("CREATE DATABASE vyte_hooks",))


class Database(admincase.AdminCase):
    def test_away_is_try_again(self):
        config = self.write_config("away.conf", socket="/nonexistent/s")
        for line in (("org", "list"), ("migrate",), ("status",)):
            self.fails(75, *line, config=config, words=("/nonexistent/s",))

    def test_no_more_statements_is_try_again(self):
        """Somebody else on the server has prepared them all."""
        before = self.db.value("SELECT @@GLOBAL.max_prepared_stmt_count")
        self.db.sql("SET GLOBAL max_prepared_stmt_count = 0")
        try:
            self.fails(75, "org", "list")
        finally:
            self.db.sql(f"SET GLOBAL max_prepared_stmt_count = {before}")

    def test_wrong_password_is_configuration(self):
        config = self.write_config("denied.conf", password="wrong")
        self.fails(78, "org", "list", config=config, words=("denied",))
        for password in ("x", None):
            config = self.write_config(
                "nobody.conf", user="nobody", password=password
            )
            self.fails(78, "org", "list", config=config, words=("denied",))


class ServerDefaults(admincase.AdminCase):
    """A server may have any default for the settings of a session."""

    migrated = False
    GLOBALS = {
        "autocommit": 0,
        "sql_select_limit": 2,
        "sql_safe_updates": 1,
        "completion_type": 2,
        "sql_big_selects": 0,
        "sql_auto_is_null": 1,
        "time_zone": "'-11:00'",
        "sql_mode": "'ANSI,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
        "init_connect": "'SET NAMES latin1'",
    }

    def test_server_defaults_have_no_effect(self):
        before = {
            k: self.db.value(f"SELECT @@GLOBAL.{k}") for k in self.GLOBALS
        }
        change = "".join(
            f"SET GLOBAL {k} = {v}; " for k, v in self.GLOBALS.items()
        )
        back = "".join(
            f"SET GLOBAL {k} = {v if v.isdigit() else service.quote(v)}; "
            for k, v in before.items()
        )
        self.db.sql(change)
        try:
            self.admin("migrate")
            made = [self.admin("org", "create", f"🪝 {n}") for n in range(4)]
            assert [row[0] for row in self.rows("org", "list")] == made
            assert (
                self.db.value("SELECT HEX(MIN(name)) FROM vh_organizations")
                == "🪝 0".encode().hex().upper()
            )
            hook = self.admin(
                "hook", "create", made[0], "https://www.example.com/", "*"
            )
            self.admin("hook", "delete", hook)
            self.admin("org", "delete", made[0], "--yes")
            self.admin("purge")
        finally:
            self.db.sql(back)


class Organizations(admincase.AdminCase):
    def test_create_prints_the_id_and_list_finds_it(self):
        first = self.admin("org", "create", "Demo")
        second = self.admin("org", "create", "Zürich & Söhne")
        assert ID.fullmatch(first) and ID.fullmatch(second)
        assert self.rows("org", "list") == [
            [first, "Demo"],
            [second, "Zürich & Söhne"],
        ]

    def test_json(self):
        made = json.loads(self.admin("--json", "org", "create", 'a"b\\'))
        assert list(made) == ["_id", "name", "createdAt", "updatedAt", "__v"]
        assert made["name"] == 'a"b\\' and TIME.fullmatch(made["createdAt"])
        assert made in json.loads(self.admin("--json", "org", "list"))

    def test_bad_names(self):
        for name in (
            "",
            "x" * 101,
            "a\tb",
            "a\nb",
            "\x1b[1m",
            os.fsdecode(b"not UTF-8: \xff"),
        ):
            self.fails(65, "org", "create", name, words=("NAME",))

    def test_the_longest_name(self):
        name = "🪝" * 100
        made = self.admin("org", "create", name)
        assert [made, name] in self.rows("org", "list")


class Keys(admincase.AdminCase):
    def setup(self):
        super().setup()
        self.organization = self.admin("org", "create", "Demo")

    def listed(self):
        return self.rows("key", "list", self.organization)

    def test_1_roles_and_names(self):
        assert self.listed() == []
        self.admin("key", "create", self.organization)
        for role in ("manage", "publish", "read", "run"):
            self.admin(
                "key",
                "create",
                self.organization,
                "--role",
                role,
                "--name",
                f"for {role}",
            )
        rows = self.listed()
        assert [row[1:3] for row in rows] == [
            ["manage", ""],
            ["manage", "for manage"],
            ["publish", "for publish"],
            ["read", "for read"],
            ["run", "for run"],
        ], rows
        for row in rows:
            assert len(row) == 5 and ID.fullmatch(row[0]), row
            assert TIME.fullmatch(row[3]) and row[4] == "never", row

    def test_2_only_a_hash_is_stored(self):
        key = self.admin("key", "create", self.organization)
        assert re.fullmatch(r"[A-Za-z0-9_-]{40,}", key), key
        assert (
            self.db.value(
                "SELECT COUNT(*) FROM vh_api_keys "
                f"WHERE hash = UNHEX(SHA2('{key}', 256))"
            )
            == "1"
        )
        assert key not in self.admin("key", "list", self.organization)

    def test_3_last_use_is_shown(self):
        self.db.sql(
            "UPDATE vh_api_keys SET last_used_at = '2026-01-02 03:04:05.678'"
        )
        assert {row[4] for row in self.listed()} == {"2026-01-02T03:04:05.678Z"}

    def test_4_revoked_keys_are_gone(self):
        before = self.listed()
        assert self.admin("key", "revoke", before[0][0]) == ""
        assert self.listed() == before[1:]
        assert self.admin("key", "revoke", before[0][0]) == ""

    def test_5_json(self):
        made = json.loads(
            self.admin(
                "--json", "key", "create", self.organization, "--name", "n"
            )
        )
        key = made.pop("key")
        assert made["role"] == "manage" and made["lastUsedAt"] is None
        assert key.isascii()
        assert made in json.loads(
            self.admin("--json", "key", "list", self.organization)
        )

    def test_6_what_is_not_there(self):
        for org in (NOBODY, "", "x", self.organization + "0"):
            self.fails(69, "key", "create", org, words=("organization",))
            self.fails(69, "key", "list", org, words=("organization",))
            self.fails(69, "key", "revoke", org, words=("key",))

    def test_7_bad_names(self):
        for name in ("", "x" * 101, "a\tb"):
            self.fails(65, "key", "create", self.organization, "--name", name)

    def test_8_the_role_that_belongs_to_no_organization(self):
        made = json.loads(
            self.admin("--json", "key", "create", "--admin", "--name", "ops")
        )
        assert (made["role"], made["name"]) == ("admin", "ops"), made
        [row] = self.rows("key", "list", "--admin")
        assert row[:3] == [made["_id"], "admin", "ops"], row
        assert made["_id"] not in [r[0] for r in self.listed()]
        self.admin("key", "revoke", made["_id"])
        assert self.admin("key", "list", "--admin") == ""
        for line in (
            ("create",),
            ("create", self.organization, "--admin"),
            ("create", "--admin", "--role", "read"),
            ("create", self.organization, "--role", "admin"),
            ("list",),
            ("list", self.organization, "--admin"),
        ):
            self.fails(64, "key", *line)


class Status(admincase.AdminCase):
    FIGURES = [
        "due",
        "held",
        "rejected",
        "in flight",
        "failed",
        "waiting",
        "queued",
        "scheduled",
        "cancelled",
        "replaced",
        "expired",
        "oldest due",
        "hooks",
        "last sender run",
        "sender",
    ]

    def test_1_of_an_empty_installation(self):
        rows = self.rows("status")
        assert [row[0] for row in rows] == self.FIGURES, rows
        assert [row[1] for row in rows] == ["0"] * 11 + [
            "0 s",
            "none",
            "never",
            "never",
        ], rows
        assert "crontab" in rows[-1][2], rows

    def test_2_counts(self):
        now = "UTC_TIMESTAMP(3)"
        self.db.sql(f"""
            INSERT INTO vh_hooks (id, organization, target_url, action,
                created_at, updated_at) VALUES (1, 'o', 'u', '*', {now}, {now});
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                state, lane, due_at, created_at) VALUES
                ('o', 1, 1, 'pending', 1, {now} - INTERVAL 7 MINUTE, {now}),
                ('o', 2, 1, 'failed', 1 + (2 << 62), {now}, {now});
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                state, lane, due_at, created_at, reason) VALUES
                ('o', 3, 1, 'failed', 1 + (2 << 62), {now}, {now}, 'expired');
            INSERT INTO vh_notifications (organization, action, resource)
                VALUES ('o', 'event.created', '{{}}');
            INSERT INTO vh_outbox (organization) VALUES ('o');
            INSERT INTO vh_notifications (organization, action, resource, state,
                reason) VALUES ('o', 'a\\tb\\nc', '{{}}', 'rejected',
                'unknown action');
            INSERT INTO vh_notifications (organization, action, resource, state)
                VALUES ('o', 'a', '{{}}', 'cancelled'),
                ('p', 'a', '{{}}', 'replaced'), ('o', 'a', '{{}}', 'replaced');
            INSERT INTO vh_senders (host, started_at, seen_at, delivered)
                VALUES ('here', '2026-01-02 03:04:05', '2026-01-02 03:05', 7);
            """)
        rows = self.rows("status")
        got = {row[0]: row[1:] for row in rows}
        assert got["due"] == ["1"] and got["failed"] == ["2"], got
        assert got["expired"] == ["1"], got
        assert got["cancelled"] == ["1"] and got["replaced"] == ["2"], got
        assert got["rejected"] == ["1"] and got["queued"] == ["2"], got
        assert 420 <= int(got["oldest due"][0].split()[0]) < 480, got
        assert got["last sender run"][:3] == [
            "2026-01-02T03:04:05.000Z",
            "here",
            "seen 2026-01-02T03:05:00.000Z",
        ], got
        assert "delivered 7" in got["last sender run"][3], got
        assert got["sender"][0] == "silent", got
        assert "cron" in got["sender"][1], got
        rejected = got["rejected notification"]
        assert ID.fullmatch(rejected[0]), rejected
        assert rejected[2:] == ["a\\x09b\\x0ac", "unknown action"], rejected

    def test_3_what_strangers_wrote_is_harmless(self):
        """On a terminal U+009B begins a command, as escape and [ do, and
        U+202E lets what follows run from right to left."""
        text = "\u009b31m\u0085\u202eabc\u2066"
        self.db.sql(
            "INSERT INTO vh_notifications (organization, action, resource, "
            f"state, reason) VALUES ('o', '{text}', '{{}}', 'rejected', 'x')"
        )
        organization = self.admin("org", "create", "Demo")
        self.db.sql(f"UPDATE vh_organizations SET name = '{text}'")
        shown = "\\u009b31m\\u0085\\u202eabc\\u2066"
        for command in (("status",), ("org", "list")):
            for flags in ((), ("--json",)):
                out = self.admin(*flags, *command)
                assert (
                    not set(text) & set("\u009b\u0085\u202e\u2066") & set(out)
                ), out
                assert shown in out, out
        names = json.loads(self.admin("--json", "org", "list"))
        assert text in [org["name"] for org in names], names
        self.admin("org", "delete", organization, "--yes")
        self.db.sql(f"DELETE FROM vh_notifications WHERE action = '{text}'")

    def test_4_json(self):
        got = json.loads(self.admin("status", "--json"))
        assert got["due"] == 1 and got["failed"] == 2, got
        assert got["rejectedNotifications"][0]["action"] == "a\tb\nc", got
        assert got["senders"][0]["endedAt"] is None, got
        assert got["senderAlive"] is False, got

    def test_5_a_sender_that_lives_or_was_there_just_now(self):
        for seen, ended, life in (
            ("1 SECOND", "NULL", "alive"),
            ("50 SECOND", "seen_at", "alive"),
            ("119 SECOND", "seen_at", "alive"),
            ("121 SECOND", "seen_at", "silent"),
            ("3 HOUR", "NULL", "silent"),
        ):
            self.db.sql(
                "UPDATE vh_senders SET seen_at = UTC_TIMESTAMP(3) - "
                f"INTERVAL {seen}, ended_at = {ended}"
            )
            [line] = [r for r in self.rows("status") if r[0] == "sender"]
            assert line[1] == life, (seen, line)
            assert json.loads(self.admin("status", "--json"))[
                "senderAlive"
            ] == (life == "alive"), seen
        assert "10800 s" in line[2] or "10801 s" in line[2], line


if __name__ == "__main__":
    tap.main()
