# SPDX-License-Identifier: MIT
"""
hooks-admin doctor: all is well with an installation that is well, and each
thing that is really broken is found, with its remedy.
"""

import json
import os
import pathlib
import re
import time

import certificates
import receiver
import sendcase
import service
import tap
import where
from processes import wait_until

CHECKS = [
    "configuration",
    "certificates",
    "key file",
    "own addresses",
    "state folder",
    "wake-up",
    "encryption",
    "database version",
    "binlog_format",
    "isolation",
    "max_allowed_packet",
    "wait_timeout",
    "max_connections",
    "innodb_flush_log_at_trx_commit",
    "workers",
    "clock",
    "transactions",
    "schema",
    "secrets",
    "keys",
    "outbox",
    "rejected",
    "waiting",
    "storage",
    "hooks",
    "cron",
    "kick",
    "target",
    "metrics",
    "shares",
    "web server",
]


class Doctor(sendcase.SendCase):
    def setup(self):
        super().setup()
        # MySQL 5.7 comes with less, and doctor says so.
        self.service.db.sql("SET GLOBAL max_allowed_packet = 16777216")

    def doctor(self, *args, config=None):
        """Its lines as {check: (verdict, text)}, and the exit status."""
        done = self.service.run(
            "hooks-admin",
            "doctor",
            *args,
            config=config or self.service.config(service.ADMIN),
        )
        rows = [line.split("\t") for line in done.out.splitlines()]
        assert all(len(row) == 3 for row in rows), done
        self.checks = [row[1] for row in rows]
        self.err = done.err
        return {row[1]: (row[0], row[2]) for row in rows}, done.status

    def config(self, **sections):
        """The operator's, with something else in it."""
        path = self.service.write_config(service.ADMIN, **sections)
        text = path.read_text()
        self.service.write_config(service.ADMIN)
        other = self.service.folder / "doctor.conf"
        other.write_text(text)
        other.chmod(0o600)
        return other

    def finds(self, verdict, status, check, *words, args=(), **sections):
        got, code = self.doctor(*args, config=self.config(**sections))
        assert got[check][0] == verdict, (check, got)
        for word in words:
            assert word in got[check][1], (word, got[check])
        assert code == status, (code, got)
        return got

    def setting(self, name, value, verdict, status, *words):
        before = self.service.db.value(f"SELECT @@GLOBAL.{name}")
        self.service.db.sql(f"SET GLOBAL {name} = {value}")
        try:
            self.finds(verdict, status, name, *words)
        finally:
            self.service.db.sql(f"SET GLOBAL {name} = {before}")

    def test_01_all_is_well(self):
        self.fresh()
        self.once()
        got, status = self.doctor()
        assert self.checks == CHECKS, self.checks
        assert {v for v, _ in got.values()} == {"ok"}, got
        assert status == 0 and self.err == "", self.err
        assert "connected" in got["target"][1], got
        assert not self.sink.at(), "nothing was sent"

    def test_02_a_transaction_that_holds_locks(self):
        self.service.db.sql(
            f"GRANT PROCESS ON *.* TO '{service.ADMIN}'@'localhost'"
        )
        with self.service.db.holding(
            "SELECT * FROM vh_installation FOR UPDATE"
        ):
            got, status = self.doctor()
            assert got["transactions"][0] == "ok", "not for long"
            time.sleep(31)
            got, status = self.doctor()
        verdict, text = got["transactions"]
        assert verdict == "warn" and status == 0, got
        assert "root@localhost" in text, text
        assert 30 < int(re.search(r"for (\d+) s", text)[1]) < 120, text

    def test_03_json(self):
        got = json.loads(self.service.admin("doctor", "--json"))
        assert [c["check"] for c in got] == CHECKS, got
        assert all(list(c) == ["verdict", "check", "text"] for c in got), got

    def test_04_wrong_configuration(self):
        path = self.service.folder / "wrong.conf"
        path.write_text("[sender]\nlease = 1s\n")
        path.chmod(0o600)
        got, status = self.doctor(config=path)
        assert list(got) == ["configuration"] and status == 78, got
        assert got["configuration"][0] == "FAIL"
        assert f"{path}:2" in self.err, self.err
        self.finds(
            "FAIL",
            78,
            "certificates",
            "/nonexistent",
            sender={"ca_file": "/nonexistent"},
        )

    def test_05_database_away(self):
        got = self.finds(
            "FAIL",
            75,
            "database",
            "/nonexistent",
            database={"socket": "/nonexistent"},
        )
        assert got["web server"][0] == "ok", "goes on"
        self.finds(
            "FAIL", 78, "database", "denied", database={"password": "wrong"}
        )

    def test_06_settings(self):
        self.setting("max_allowed_packet", 1048576, "warn", 0, "16M")
        self.setting("wait_timeout", 30, "warn", 0, "60 s")
        self.setting("max_connections", 10, "ok", 0)
        self.setting("innodb_flush_log_at_trx_commit", 2, "warn", 0, "lost")
        self.finds(
            "FAIL",
            78,
            "max_allowed_packet",
            "max_body",
            api={"max_body": "15m"},
        )

    def test_07_schema(self):
        sql = self.service.db.sql
        sql("UPDATE vh_installation SET version = version + 1")
        try:
            got = self.finds("FAIL", 78, "schema")
            assert "upgrade" in self.err, self.err
            assert got["isolation"][0] == "ok" and "cron" not in got, got
        finally:
            sql("UPDATE vh_installation SET version = version - 1")

    def test_08_cron(self):
        sql = self.service.db.sql
        self.once()
        sql(
            "UPDATE vh_senders SET seen_at = UTC_TIMESTAMP(3) - "
            "INTERVAL 110 SECOND"
        )
        self.finds("ok", 0, "cron")
        sql(
            "UPDATE vh_senders SET seen_at = UTC_TIMESTAMP(3) - "
            "INTERVAL 121 SECOND"
        )
        self.finds("warn", 0, "cron", "2 minutes")
        sql("UPDATE vh_senders SET seen_at = seen_at - INTERVAL 1 HOUR")
        self.finds("warn", 0, "cron", "crontab")
        self.publish()
        sql(
            "UPDATE vh_notifications SET created_at = created_at - "
            "INTERVAL 10 MINUTE"
        )
        self.finds("FAIL", 78, "cron", "62 minutes", "due")
        sql("DELETE FROM vh_senders")
        self.finds("FAIL", 78, "cron", "ever")
        self.once()
        self.finds("ok", 0, "cron")

    def test_09_keys(self):
        sql = self.service.db.sql
        self.finds("ok", 0, "keys")
        sql(
            "INSERT INTO vh_notifications (id, organization, action, "
            "resource, state) VALUES (1 << 40, '', '', '{}', 'unmatched')"
        )
        self.finds("warn", 0, "keys", "high key")
        sql("DELETE FROM vh_notifications WHERE id = 1 << 40")
        self.finds(
            "ok",
            0,
            "outbox",
            "AUTO_INCREMENT" if self.service.db.oracle else "no application",
        )

    def test_10_an_outbox_as_on_an_old_server(self):
        """The sender heals it where it may; doctor says it elsewhere."""
        sql = self.service.db.sql
        sql(
            "ALTER TABLE vh_outbox MODIFY id BIGINT UNSIGNED NOT NULL "
            "AUTO_INCREMENT"
        )
        self.finds("ok", 0, "outbox", "AUTO_INCREMENT")
        insert = (
            "INSERT INTO vh_outbox (organization, action, resource) VALUES "
            f"(UNHEX('{self.organization}'), 'event.created', '{{}}')"
        )
        sql(f"SET insert_id = 18446744073709551614; {insert}")
        self.finds("FAIL", 78, "outbox", "publish.md")
        self.once()
        self.finds("FAIL", 78, "outbox", "publish.md")
        try:
            sql(insert)
        except AssertionError as refused:
            assert "auto-increment" in str(refused), refused
        else:
            raise AssertionError("there was a key left")
        sql(
            "GRANT ALTER, CREATE, INSERT ON vh_outbox "
            f"TO '{service.SENDER}'@'localhost'"
        )
        self.once()
        self.finds("ok", 0, "outbox", "AUTO_INCREMENT")
        sql(insert)
        # And at once, by a sender that has taken such a row.
        sender = self.service.start_sender()
        sql(f"SET insert_id = 18446744073709551614; {insert}")
        wait_until(
            lambda: self.doctor()[0]["outbox"][0] == "ok", 10, "the healing"
        )
        sql(insert)
        assert sender.stop() == 0
        self.once()
        assert self.service.db.value("SELECT COUNT(*) FROM vh_outbox") == "0"

    def test_11_clock(self):
        """The database's is wrong; nothing else can be, for a test."""
        sql = self.service.db.sql
        sql("SET GLOBAL init_connect = 'SET timestamp = 1000000000'")
        try:
            self.finds("FAIL", 78, "clock", "NTP")
        finally:
            sql("SET GLOBAL init_connect = ''")

    def test_12_targets(self):
        free = "http://127.0.0.1:1/x"
        self.finds("FAIL", 69, "target", "firewall", args=[free])
        self.finds(
            "FAIL",
            69,
            "target",
            "allow_networks",
            args=[f"http://localhost:{self.sink.port}/x"],
            targets={"allow_networks": "10.0.0.0/8"},
        )
        self.finds(
            "FAIL",
            65,
            "target",
            "http",
            args=[self.sink.url()],
            targets={"allow_http": "no"},
        )
        self.finds("FAIL", 65, "target", "URL", args=["nonsense"])
        self.finds(
            "FAIL", 69, "target", "resolver", args=["http://nothing.invalid/x"]
        )
        self.fresh(url=free)
        self.finds("warn", 0, "target", "127.0.0.1")
        self.service.admin("hook", "disable", self.fresh())
        self.finds("ok", 0, "target", "no hook")

    def test_13_certificates(self):
        folder = pathlib.Path(self.service.folder.path)
        authority = certificates.Authority(folder, "authority")
        pem = str(authority.issue("good", "IP:127.0.0.1"))
        secure = receiver.Receiver(certificate=pem)
        try:
            got = self.finds(
                "ok",
                0,
                "target",
                "TLSv1.",
                args=[secure.url()],
                sender={"ca_file": authority.certificate},
            )
            assert got["certificates"][0] == "ok", got
            self.finds("FAIL", 69, "target", "ca_file", args=[secure.url()])
        finally:
            secure.close()

    def test_14_web_server(self):
        sample = (where.EXAMPLES / "apache-mod_fcgid.conf").read_text()
        limit = int(re.search(r"^FcgidMaxRequestLen (\d+)", sample, re.M)[1])
        self.finds("ok", 0, "web server", api={"max_body": "128k"})
        self.finds(
            "warn",
            0,
            "web server",
            f"FcgidMaxRequestLen {limit}",
            api={"max_body": "1m"},
        )

    def test_15_state_folder(self):
        def finds(verdict, status, word, folder):
            self.finds(
                verdict,
                status,
                "state folder",
                str(folder),
                word,
                sender={"state_dir": folder},
            )

        top = self.service.folder.path
        finds("ok", 0, "first run", top / "none")
        assert not (top / "none").exists(), "it only looks"
        (top / "open").mkdir(0o755)
        finds("FAIL", 78, "chmod 700", top / "open")
        (top / "file").touch()
        finds("FAIL", 78, "not a folder", top / "file")
        if os.geteuid() == 0:
            (top / "theirs").mkdir(0o700)
            os.chown(top / "theirs", 1, 1)
            finds("warn", 0, "runs as that user", top / "theirs")

    def test_14_rejected_notifications(self):
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource) VALUES "
            "('nobody', 'event.created', '{}')"
        )
        self.once()
        self.finds("warn", 0, "rejected", "1 notifications", "is unknown")
        self.service.db.sql(
            "UPDATE vh_notifications SET created_at = created_at - "
            "INTERVAL 25 HOUR WHERE state = 'rejected'"
        )
        self.finds("ok", 0, "rejected")

    def test_15_hooks_that_fail(self):
        self.fresh()
        for path in ("/a", "/b"):
            self.hook(path, url=f"http://127.0.0.1:1{path}")
        self.service.admin("hook", "disable", self.hook("/c"))
        self.finds("ok", 0, "hooks", "3 healthy, 1 disabled")
        self.publish()
        self.once()
        got = self.finds("warn", 0, "hooks", "1 healthy", "2 ", "reach")
        text = got["hooks"][1]
        assert "retrying" in text or "suspended" in text, text
        status = self.service.admin("status")
        assert re.search(r"^hooks\t1 healthy, 2 \w+, 1 dis", status, re.M), (
            status
        )
        hooks = json.loads(self.service.admin("status", "--json"))["hooks"]
        assert hooks["healthy"] == 1 and hooks["disabled"] == 1, hooks
        assert hooks["retrying"] + hooks["suspended"] == 2, hooks

    def test_16_metrics(self):
        for networks in ("127.0.0.0/8", "10.0.0.0/8 ::/0"):
            self.finds(
                "warn", 0, "metrics", "proxy", api={"metrics_allow": networks}
            )
        self.finds(
            "ok",
            0,
            "metrics",
            "metrics_allow",
            api={"metrics_allow": "192.0.2.0/24"},
        )

    def test_17_an_occupied_table(self):
        self.once()
        [lock] = (self.service.folder / "state").glob("send-*.lock")
        path = pathlib.Path(f"/dev/shm/vyte-hooks-4242-{lock.stem}-share1")
        path.touch()
        try:
            self.finds("FAIL", 78, "shares", str(path), "remove")
        finally:
            path.unlink()
        self.finds("ok", 0, "shares")


class Storage(sendcase.SendCase):
    settings = {"api": {"max_stored": "4k"}}

    def test_organizations_with_much_are_named(self):
        self.publish('{"x":"' + "y" * 2500 + '"}')
        out = self.service.admin("doctor")
        assert re.search(
            rf"^warn\tstorage\t\d+ bytes of 4k .*{self.organization}", out, re.M
        ), out


class Full(sendcase.SendCase):
    settings = {"api": {"max_due": "2"}}

    def waiting(self):
        [line] = [
            line
            for line in self.service.admin("doctor").splitlines()
            if line.split("\t")[1] == "waiting"
        ]
        return line

    def test_scheduled_notifications_that_wait_for_room_are_named(self):
        hook = self.fresh(url="http://127.0.0.1:1/x")
        later = time.strftime(
            "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)
        )
        for _ in range(3):
            answer = self.door.request(
                "POST",
                "/v2/notifications",
                [("Authorization", self.key)],
                json.dumps(
                    {
                        "action": "event.created",
                        "resource": {},
                        "deliver_at": later,
                    }
                ).encode(),
            )
            assert answer.status == 202, answer
        self.publish()
        self.once("delivered 0, failed 0, retrying 1")
        assert self.waiting().startswith("ok\t"), self.waiting()
        self.publish()
        self.service.db.sql(
            "UPDATE vh_scheduled SET deliver_at = UTC_TIMESTAMP(3) - "
            "INTERVAL 1 SECOND LIMIT 2"
        )
        self.once()
        verdict, _, text = self.waiting().split("\t")
        assert verdict == "warn", text
        assert f"{self.organization} has 2 deliveries" in text, text
        assert "2 scheduled notifications" in text, text
        assert re.search(
            rf"^waiting of {self.organization}\t2 of 2 deliveries, 2 sched",
            self.service.admin("status"),
            re.M,
        )
        [most] = json.loads(self.service.admin("status", "--json"))[
            "waitingMost"
        ]
        assert most == {
            "organization": self.organization,
            "deliveries": 2,
            "scheduledDue": 2,
            "limit": 2,
        }, most
        self.service.admin("hook", "delete", hook)
        assert self.waiting().startswith("ok\t"), self.waiting()


class Strangers(tap.Case):
    """Tables of another program in our database."""

    def test_tables_of_another_program_are_named(self):
        made = service.Service(schema=False)
        try:
            made.db.sql((where.EXAMPLES / "database.sql").read_text(), name="")
            made.db.sql("CREATE TABLE vh_chores (x INT)")
            done = made.run(
                "hooks-admin", "doctor", config=made.config(service.ADMIN)
            )
            assert done.status == 78, done
            assert re.search(r"^FAIL\ttables\tvh_chores ", done.out, re.M), done
            made.db.sql("DROP TABLE vh_chores")
            made.admin("migrate")
            assert "\ttables\t" not in made.admin("doctor")
        finally:
            made.close()


class Binlog(tap.Case):
    """A setting that a server takes only when it starts."""

    def test_statements_in_the_binlog(self):
        made = service.Service(
            database_settings=(
                "--log-bin=log",
                "--server-id=1",
                "--binlog-format=MIXED",
            )
        )
        try:
            made.db.sql("SET GLOBAL binlog_format = 'STATEMENT'")
            done = made.run(
                "hooks-admin", "doctor", config=made.config(service.ADMIN)
            )
            assert done.status == 78, done
            assert re.search(
                r"^FAIL\tbinlog_format\tSTATEMENT.*ROW", done.out, re.M
            ), done
        finally:
            made.close()


if __name__ == "__main__":
    tap.main()
