# SPDX-License-Identifier: MIT
"""
hooks-admin migrate while senders and a publisher of version 8 are at work. A
stand-in makes their statements on its tables, and their requests.
"""

import http.client
import json
import os
import subprocess
import threading

import processes
import sendcase
import tap
import where

OLD = (where.SOURCE / "tests/db/version-8.sql").read_text()
ORGANIZATION = "60af5269459aad001d0cb565"
# Ten notifications for the hook /one and ten for /two, and one that no sender
# has seen.
ROWS = """
INSERT INTO organizations VALUES
    (UNHEX('{org}'), 'Demo', '2026-01-02', '2026-01-02');
INSERT INTO hooks (id, organization, target_url, action, created_at,
    updated_at) VALUES
    (1, UNHEX('{org}'), '{one}', 'event.created', '2026-01-02', '2026-01-02'),
    (2, UNHEX('{org}'), '{two}', 'event.updated', '2026-01-02', '2026-01-02');
INSERT INTO hook_secrets (hook_id, secret, created_at)
    SELECT id, 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=', created_at
    FROM hooks;
INSERT INTO lanes (hook_id, next_at) VALUES (1, '2026-01-02'),
    (2, '2026-01-02');
INSERT INTO notifications (id, organization, action, resource, state, accepted)
    SELECT seq, UNHEX('{org}'), IF(seq <= 10, 'event.created', 'event.updated'),
    CONCAT('{{"n":', seq, '}}'), 'fanned_out', 1 FROM ({numbers}) n;
INSERT INTO deliveries (id, organization, notification_id, hook_id, state, lane,
    due_at, created_at)
    SELECT id, organization, id, IF(id <= 10, 1, 2), 'pending',
    IF(id <= 10, 1, 2), '2026-01-02', '2026-01-02' FROM notifications;
INSERT INTO notifications (id, organization, action, resource) VALUES
    (21, UNHEX('{org}'), 'event.created', '{{"n":21}}');
"""
GONE, DEADLOCK = 1146, 1213


class Session:
    """A connection of the old version."""

    def __init__(self, db):
        self.client = subprocess.Popen(
            [
                db.client,
                "--no-defaults",
                f"--socket={db.socket}",
                "--user=root",
                "--unbuffered",
                "--skip-column-names",
                "--force",
                "vyte_hooks",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=dict(os.environ, MYSQL_PWD=""),
        )
        self.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def ask(self, statement):
        """Does not wait for its end."""
        self.client.stdin.write(f"{statement}; SELECT 'end of it';\n")
        self.client.stdin.flush()

    def ended(self):
        """Waits for it; the server's error number, or 0."""
        error = 0
        while "end of it" not in (line := self.client.stdout.readline()):
            assert line, "the client has ended"
            if line.startswith("ERROR "):
                error = error or int(line.split()[1])
        return error

    def run(self, statement):
        self.ask(statement)
        return self.ended()

    def do(self, *statements):
        """Each of them succeeds."""
        for statement in statements:
            error = self.run(statement)
            assert not error, f"{error}: {statement}"

    def close(self):
        self.client.kill()
        self.client.communicate()


class OldSender:
    """A sender of version 8 that has one lane, for an hour."""

    def __init__(self, db, sink, hook, path):
        self.db = Session(db)
        self.port, self.hook, self.path = sink.port, hook, path

    def take(self, *keys):
        """A round that takes them, and after its COMMIT their requests."""
        self.db.do(
            "START TRANSACTION",
            "SELECT hook_id, owner, in_flight FROM lanes WHERE "
            f"(next_at <= UTC_TIMESTAMP(3) OR owner = 'old{self.hook}') "
            f"AND hook_id IN ({self.hook}) FOR UPDATE",
            f"SELECT d.id, n.resource FROM deliveries d JOIN notifications n "
            f"ON n.id = d.notification_id JOIN hooks h ON h.id = {self.hook} "
            f"WHERE d.lane = {self.hook} ORDER BY d.due_at, d.id LIMIT 5",
            *self._write_lane(keys),
            "COMMIT",
        )
        for n in keys:
            link = http.client.HTTPConnection("127.0.0.1", self.port)
            link.request(
                "POST", self.path, json.dumps({"resource": {"n": n}}).encode()
            )
            assert link.getresponse().status == 200
            link.close()

    def _write_lane(self, keys):
        in_flight = "".join(f"{n:016X}" for n in keys)
        yield (
            f"INSERT INTO lanes (hook_id, next_at, owner, in_flight) VALUES "
            f"({self.hook}, UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, "
            f"'old{self.hook}', UNHEX('{in_flight}')) ON DUPLICATE KEY UPDATE "
            "next_at = VALUES(next_at), owner = VALUES(owner), "
            "in_flight = VALUES(in_flight)"
        )

    def fence(self):
        """The first statement of a round that records."""
        return (
            f"SELECT hook_id FROM lanes WHERE owner = 'old{self.hook}' AND "
            f"hook_id IN ({self.hook}) FOR UPDATE"
        )

    def begin_record(self, *keys):
        """The round up to the attempts."""
        self.db.do(
            "START TRANSACTION",
            self.fence(),
            "UPDATE deliveries FORCE INDEX (PRIMARY) SET state = 'delivered', "
            "lane = NULL, due_at = NULL, attempts = attempts + 1, "
            "tries = tries + 1, finished_at = UTC_TIMESTAMP(3) WHERE state = "
            f"'pending' AND id IN ({','.join(map(str, keys))})",
        )

    @staticmethod
    def attempts(*keys):
        """The next statement."""
        return (
            "INSERT INTO attempts (delivery_id, attempt, started_at, status) "
            "VALUES "
            + ",".join(f"({n}, 1, UTC_TIMESTAMP(3), 200)" for n in keys)
        )

    def end_record(self, *left):
        """The last one, to which only COMMIT lacks."""
        self.db.do(*self._write_lane(left))


class Cutover(sendcase.SendCase):
    """In turn. Of 1 to 10 at /one and 11 to 20 at /two, 1 to 4 and 11 to 14
    were in flight; 1 and 2 are recorded by a round that lacks COMMIT only, 11
    and 12 by one that is not that far."""

    def setup(self):
        super().setup()
        self.sql = self.service.db.sql
        self.sql(
            "DROP DATABASE vyte_hooks; CREATE DATABASE vyte_hooks "
            "CHARACTER SET utf8mb4",
            name="",
        )
        self.sql(OLD)
        self.sql(
            ROWS.format(
                org=ORGANIZATION,
                one=self.sink.url("/one"),
                two=self.sink.url("/two"),
                numbers=" UNION ALL ".join(
                    f"SELECT {n} AS seq" for n in range(1, 21)
                ),
            )
        )
        db = self.service.db
        self.one = OldSender(db, self.sink, 1, "/one")
        self.two = OldSender(db, self.sink, 2, "/two")
        self.publisher = Session(db)

    def teardown(self):
        for session in (self.one.db, self.two.db, self.publisher):
            session.close()
        super().teardown()

    def waits(self, what):
        """Until a statement that begins so waits for those of the others."""
        processes.wait_until(
            lambda: self.sql(
                "SELECT 1 FROM information_schema.processlist WHERE "
                f"info LIKE '{what}%' AND state LIKE 'Waiting for table%'"
            ),
            30,
            f"the wait of {what}",
        )

    def seen(self, path):
        """(n, marked), in the order of n."""
        return sorted(
            (
                json.loads(r.body)["resource"]["n"],
                r.header("webhook-maybe-duplicate") == "1",
            )
            for r in self.sink.at(path)
        )

    def test_1_the_tables_are_renamed_between_two_transactions(self):
        self.one.take(1, 2, 3, 4)
        self.two.take(11, 12, 13, 14)
        self.publisher.do(
            "START TRANSACTION",
            "INSERT INTO notifications (id, organization, action, resource) "
            f"VALUES (22, UNHEX('{ORGANIZATION}'), 'event.updated', "
            "'{\"n\":22}')",
        )
        self.one.begin_record(1, 2)
        self.one.db.do(self.one.attempts(1, 2))
        self.one.end_record(3, 4)
        self.two.begin_record(11, 12)
        told = []
        migration = threading.Thread(
            target=lambda: told.append(self.service.admin("migrate"))
        )
        migration.start()
        self.waits("ALTER TABLE notifications")
        self.publisher.do("COMMIT")
        self.waits("RENAME TABLE")
        self.one.db.do("COMMIT")
        # This one meets the rename, and does as after each deadlock; where
        # the server lets it wait, its table is gone at once.
        error = self.two.db.run(self.two.attempts(11, 12))
        assert error in (DEADLOCK, GONE), error
        self.two.db.do("ROLLBACK", "START TRANSACTION")
        assert self.two.db.run(self.two.fence()) == GONE
        migration.join()
        assert told and told[0].split()[0] == "009-names", told

    def test_2_the_old_version_can_do_nothing_more(self):
        for sender in (self.one, self.two):
            assert sender.db.run(sender.fence()) == GONE
        error = self.publisher.run(
            "INSERT INTO notifications (organization, action, resource) "
            f"VALUES (UNHEX('{ORGANIZATION}'), 'event.created', '{{}}')"
        )
        assert error == GONE, error
        self.sql((where.EXAMPLES / "grants.sql").read_text())

    def test_3_the_lease_of_the_old_senders_holds(self):
        self.sink.clear()
        self.once("delivered 0, ")
        assert not self.sink.at(), self.sink.at()

    def test_4_nothing_is_lost_and_copies_are_marked(self):
        # An hour later.
        self.sql("UPDATE vh_lanes SET next_at = '2026-01-02'")
        self.once("delivered 20, ")
        assert self.seen("/one") == [
            (n, n in (3, 4)) for n in (*range(3, 11), 21)
        ], self.seen("/one")
        assert self.seen("/two") == [
            (n, n <= 14) for n in (*range(11, 21), 22)
        ], self.seen("/two")
        assert self.states() == {"delivered": 22}, self.states()

    def test_5_requests_that_nobody_recorded_count(self):
        rows = self.sql(
            "SELECT delivery_id, attempt, error FROM vh_attempts WHERE "
            "delivery_id <= 14 AND error IS NOT NULL ORDER BY 1, 2"
        )
        assert rows == [
            [str(n), "1", "unrecorded"] for n in (3, 4, 11, 12, 13, 14)
        ], rows


tap.main()
