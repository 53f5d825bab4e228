# SPDX-License-Identifier: MIT
"""
hooks-admin migrate on what earlier versions have made: version 8, whose tables
had no prefix, with rows in every state; and tables of other programs beside.
"""

import json

import sendcase
import tap
import where

OLD = (where.SOURCE / "tests/db/version-8.sql").read_text()
STEPS = ["009-names", "010-tables"]
ORGANIZATION = "60af5269459aad001d0cb565"
# Key 1 is leased by a sender that died with delivery 1 in flight, key 2 waits.
ROWS = """
UPDATE installation SET site = 4711;
INSERT INTO organizations VALUES
    (UNHEX('{org}'), 'Alt & Söhne', '2026-01-02', '2026-01-02');
INSERT INTO api_keys (id, organization, hash, role, created_at) VALUES
    (UNHEX('{org}'), UNHEX('{org}'), UNHEX(SHA2('old-key', 256)), 'manage',
     '2026-01-02');
INSERT INTO hooks (id, organization, target_url, action, created_at,
    updated_at) VALUES (1, UNHEX('{org}'), '{url}', '*', '2026-01-02',
    '2026-01-02');
INSERT INTO hooks (id, organization, target_url, action, scope, user,
    created_at, updated_at) VALUES (2, UNHEX('{org}'), '{url}', '*', 'user',
    UNHEX('60AF5269459AAD001D0C0000'), '2026-01-02', '2026-01-02');
INSERT INTO hook_secrets (hook_id, secret, created_at) VALUES
    (1, 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=', '2026-01-02');
INSERT INTO lanes (hook_id, next_at, owner, in_flight) VALUES
    (1, '2026-01-03', 'gone', UNHEX('0000000000000001'));
INSERT INTO notifications (id, organization, action, resource, state, accepted)
    VALUES (1, UNHEX('{org}'), 'event.created', '{{"n":1}}', 'fanned_out', 1),
    (2, UNHEX('{org}'), 'event.created', '{{"n":2}}', 'fanned_out', 1),
    (3, UNHEX('{org}'), 'event.created', '{{"n":3}}', 'fanned_out', 1),
    (4, UNHEX('{org}'), 'event.created', '{{"n":4}}', 'fanned_out', 1),
    (5, UNHEX('{org}'), 'event.created', '{{"n":5}}', 'queued', 1),
    (6, UNHEX('{org}'), 'event.created', '{{"n":6}}', 'queued', 0),
    (7, UNHEX('{org}'), 'nonsense', '{{}}', 'rejected', 0);
INSERT INTO deliveries (id, organization, notification_id, hook_id, state, lane,
    due_at, created_at, finished_at) VALUES
    (1, UNHEX('{org}'), 1, 1, 'pending', 1, '2026-01-02', '2026-01-02', NULL),
    (2, UNHEX('{org}'), 2, 1, 'pending', 1, '2026-01-02', '2026-01-02', NULL),
    (3, UNHEX('{org}'), 3, 1, 'delivered', NULL, NULL, '2026-01-02',
     UTC_TIMESTAMP(3)),
    (4, UNHEX('{org}'), 4, 1, 'failed', 1 + (2 << 62), UTC_TIMESTAMP(3),
     '2026-01-02', UTC_TIMESTAMP(3));
INSERT INTO attempts (delivery_id, attempt, started_at, status) VALUES
    (3, 1, '2026-01-02', 200), (4, 1, '2026-01-02', 500);
"""
SHAPE = (
    "SELECT table_name, column_name, column_type, is_nullable, "
    "column_default, extra FROM information_schema.columns WHERE "
    "table_schema = '{0}' AND table_name LIKE 'vh\\_%' ORDER BY 1, 2",
    "SELECT table_name, index_name, seq_in_index, column_name, non_unique "
    "FROM information_schema.statistics WHERE table_schema = '{0}' AND "
    "table_name LIKE 'vh\\_%' ORDER BY 1, 2, 3",
)


class Upgrade(sendcase.SendCase):
    """One database in its own order, and a new one beside it."""

    def setup(self):
        super().setup()
        self.db = self.service.db
        self.fresh_shape = self.shape()
        self.db.sql(
            "DROP DATABASE vyte_hooks; CREATE DATABASE vyte_hooks "
            "CHARACTER SET utf8mb4",
            name="",
        )
        self.db.sql(OLD)
        self.db.sql(ROWS.format(org=ORGANIZATION, url=self.sink.url()))
        # Another program took the name before that table was ours.
        self.db.sql(
            "DROP TABLE alerts; CREATE TABLE alerts (x INT); "
            "INSERT INTO alerts VALUES (42)"
        )

    def shape(self):
        return [self.db.sql(s.format("vyte_hooks")) for s in SHAPE]

    def test_1_an_early_schema_is_refused_by_the_programs(self):
        done = self.service.send("--once")
        assert done.status == 78 and "hooks-admin migrate" in done.err, done

    def test_2_a_dry_run_tells_the_steps(self):
        assert self.service.admin("migrate", "--dry-run").split() == STEPS
        assert self.db.sql("SHOW TABLES LIKE 'vh\\_%'") == []

    def test_3_it_becomes_what_is_made_anew(self):
        assert self.service.admin("migrate").split() == STEPS
        self.db.sql((where.EXAMPLES / "grants.sql").read_text())
        assert self.shape() == self.fresh_shape
        assert self.service.admin("migrate") == ""

    def test_3_the_outbox_has_what_no_sender_had_seen(self):
        assert self.db.sql("SELECT id, resource FROM vh_outbox") == [
            ["6", '{"n":6}']
        ]
        assert (
            self.db.value(
                "SELECT GROUP_CONCAT(id ORDER BY id) FROM vh_notifications"
            )
            == "1,2,3,4,5,7"
        )

    def test_4_the_strangers_table_stays(self):
        assert self.db.value("SELECT x FROM alerts") == "42"
        left = self.db.sql(
            "SHOW TABLES WHERE Tables_in_vyte_hooks NOT LIKE 'vh\\_%'"
        )
        assert left == [["alerts"]], left

    def test_5_the_key_and_the_hook_are_there(self):
        answer = self.door.request(
            "GET", "/v2/hooks", [("Authorization", "old-key")]
        )
        assert answer.status == 200, answer
        hooks = answer.json()
        assert [h["organization"] for h in hooks] == [ORGANIZATION] * 2
        assert hooks[1]["user"] == "60af5269459aad001d0c0000", hooks
        assert (
            self.service.admin("org", "list") == f"{ORGANIZATION}\tAlt & Söhne"
        )

    def test_6_all_that_waited_is_sent(self):
        self.once("delivered 4, ")
        seen = {
            json.loads(r.body)["resource"]["n"]: r
            for r in self.sink.at("/hook")
        }
        assert sorted(seen) == [1, 2, 5, 6], seen
        marked = [
            n for n, r in seen.items() if r.header("webhook-maybe-duplicate")
        ]
        assert marked == [1], marked
        # Their webhook-id is the one that they had.
        for n, r in seen.items():
            found = self.door.request(
                "GET",
                "/v2/deliveries/" + r.header("webhook-id"),
                [("Authorization", "old-key")],
            ).json()
            assert found["webhookId"] == r.header("webhook-id"), found
            before = n in (1, 2)  # it was fanned out
            assert (found["webhookId"] == found["_id"]) == before, found
        assert self.states() == {"delivered": 5, "failed": 1}

    def test_7_cut_off_after_the_names(self):
        """The step that was interrupted is done again from its beginning."""
        self.db.sql(
            "UPDATE vh_installation SET version = 8; DROP TABLE vh_alerts"
        )
        assert self.service.admin("migrate").split() == STEPS
        assert self.shape() == self.fresh_shape


class Neighbours(sendcase.SendCase):
    """A database that belongs to an application which has such names."""

    def test_its_tables_are_left_alone(self):
        db = self.service.db
        for name in ("notifications", "installation", "stats"):
            db.sql(f"CREATE TABLE {name} (id INT) COMMENT 'of the application'")
        assert self.service.admin("migrate") == ""
        db.sql("UPDATE vh_installation SET version = 9")
        assert self.service.admin("migrate").split() == STEPS[1:]
        for name in ("notifications", "installation", "stats"):
            assert db.sql(f"SHOW COLUMNS FROM {name}")[0][0] == "id"
            db.sql(f"DROP TABLE {name}")


tap.main()
