# SPDX-License-Identifier: MIT
"""
hooks-admin export and org delete: an organization that leaves takes all of its
data along, nothing of anybody else's, and leaves nothing.
"""

import json

import admincase
import database
import receiver
import sendcase
import tap

NOBODY = "5f" * 12
FIGURES = [
    "API keys",
    "hooks",
    "notifications",
    "deliveries",
    "attempts",
    "idempotency keys",
]
TABLES = (
    "organizations",
    "api_keys",
    "hooks",
    "hook_secrets",
    "lanes",
    "notifications",
    "deliveries",
    "attempts",
    "idempotency_keys",
    "stats",
    "alerts",
)
# Not what a JSON library would print again.
EXACT = '{"big": 12345678901234567890123,\n\t"e": 1.50e+00, "s":"\\u00e9 /\\/"}'


class _Case(sendcase.SendCase):
    def counts(self):
        return {
            t: int(self.service.db.value(f"SELECT COUNT(*) FROM vh_{t}"))
            for t in TABLES
        }

    def lines(self, organization=None):
        text = self.service.admin("export", organization or self.organization)
        lines = [json.loads(line) for line in text.splitlines()]
        assert all(len(line) == 1 for line in lines), lines
        return [next(iter(line.items())) for line in lines], text

    def fill(self):
        """One delivered with two attempts, one pending, one rejected."""
        hook = self.fresh("/a", "event.created")
        self.service.db.sql(
            'UPDATE vh_hooks SET headers = \'{"X-Token": "abc"}\', '
            "updated_at = UTC_TIMESTAMP(3)"
        )
        self.hook("/b", "user.joined")
        self.sink.script("/a", receiver.Answer(500, b"\xff\x00"))
        self.publish(EXACT, "event.created", "--idempotency-key", "k")
        self.once("delivered 0, failed 0, retrying 1")
        self.service.db.sql(
            "UPDATE vh_lanes SET next_at = UTC_TIMESTAMP(3); "
            "UPDATE vh_deliveries SET due_at = UTC_TIMESTAMP(3)"
        )
        self.once("delivered 1,")
        self.publish("{}", "user.joined")
        self.service.publish_sql(self.organization, "no.such", "not JSON\n")
        self.once()
        self.service.db.sql(
            "UPDATE vh_deliveries SET state = 'pending', lane = hook_id, "
            "due_at = UTC_TIMESTAMP(3) + INTERVAL 1 DAY, finished_at = NULL "
            "ORDER BY id DESC LIMIT 1; "
            "INSERT INTO vh_alerts (hook_id, kind, count, first_at, last_at) "
            "SELECT MAX(id), 'failed', 1, MAX(created_at), MAX(created_at) "
            "FROM vh_hooks"
        )
        return hook


class Export(_Case):
    def test_1_all_of_it(self):
        hook = self.fill()
        lines, text = self.lines()
        assert [name for name, _ in lines] == [
            "organization",
            "key",
            "hook",
            "hook",
            "notification",
            "notification",
            "notification",
            "delivery",
            "delivery",
        ], lines
        values = [value for _, value in lines]
        assert values[0]["_id"] == self.organization
        assert values[1]["role"] == "manage"
        assert values[2]["_id"] == hook
        assert values[2]["headers"] == {"X-Token": "abc"}
        assert values[4]["resource"] == json.loads(EXACT)
        assert EXACT.replace("\n\t", "  ") in text, "to the digit"
        assert values[6]["resource"] is None, "no JSON is kept"
        assert values[6]["state"] == "rejected" and values[6]["reason"]
        attempts = values[7]["attempts"]
        assert [a["status"] for a in attempts] == [500, 200], attempts
        assert attempts[0]["response"]["bodyEncoding"] == "base64"
        assert values[8]["state"] == "pending", values[8]

    def test_2_no_secret_and_no_key(self):
        _, text = self.lines()
        assert "whsec_" not in text and self.key not in text
        for table, column in (("api_keys", "hash"),):
            for [value] in self.service.db.sql(
                f"SELECT LOWER(HEX({column})) FROM vh_{table}"
            ):
                assert value not in text

    def test_3_nothing_of_others(self):
        other = self.service.organization("Other")
        self.service.key(other)
        lines, _ = self.lines(other)
        assert [name for name, _ in lines] == ["organization", "key"], lines
        assert other not in self.service.admin("export", self.organization)

    def test_4_more_than_a_page(self):
        self.service.db.sql(f"""
            INSERT INTO vh_notifications (organization, action, resource, state)
                SELECT UNHEX('{self.organization}'), 'event.created',
                '{{}}', 'fanned_out' FROM {database.numbers(1000)};
            INSERT INTO vh_deliveries (organization, notification_id, hook_id,
                state, created_at) SELECT UNHEX('{self.organization}'), n.id,
                (SELECT MIN(id) FROM vh_hooks), 'delivered', UTC_TIMESTAMP(3)
                FROM vh_notifications n WHERE n.id > 3""")
        lines, _ = self.lines()
        for name, count in (("notification", 1003), ("delivery", 1002)):
            ids = [v["_id"] for n, v in lines if n == name]
            assert len(ids) == len(set(ids)) == count, name

    def test_5_what_is_not_there(self):
        done = self.service.run(
            "hooks-admin",
            "export",
            NOBODY,
            config=self.service.config("hooks_admin"),
        )
        assert done.status == 69 and done.out == "", done


class Delete(_Case):
    def delete(self, *args):
        return self.service.run(
            "hooks-admin",
            "org",
            "delete",
            *args,
            config=self.service.config("hooks_admin"),
        )

    def test_1_refuses_and_tells(self):
        self.fill()
        before = self.counts()
        done = self.delete(self.organization)
        assert done.status == 64 and done.out == "", done
        assert done.err.count("\n") == 1 and "--yes" in done.err, done
        for words in (
            "1 API keys",
            "2 hooks",
            "3 notifications",
            "2 deliveries",
            "1 idempotency keys",
        ):
            assert words in done.err, (words, done)
        assert self.counts() == before

    def test_2_nothing_is_left_and_others_stay(self):
        mine, self.organization = (
            self.organization,
            self.service.organization("Other"),
        )
        self.key, key = self.service.key(self.organization), self.key
        before = self.counts()
        want = {"organizations": 1, "api_keys": 1, "hooks": 1}
        self.service.admin(
            "hook", "create", self.organization, self.sink.url("/other"), "*"
        )
        done = self.delete(mine, "--yes")
        assert done.status == 0 and done.err == "", done
        rows = [line.split("\t") for line in done.out.splitlines()]
        assert [row[0] for row in rows] == FIGURES, rows
        counts = [int(row[1]) for row in rows]
        assert counts == [1, before["hooks"], 3, 2, before["attempts"], 1]
        assert before["stats"] > 0
        got = self.counts()
        assert got == {
            t: want.get(t, 1 if t in ("lanes", "hook_secrets") else 0)
            for t in TABLES
        }, got
        answer = self.door.request("GET", "/v2/hooks", [("Authorization", key)])
        assert answer.status == 401, answer
        assert self.delete(mine, "--yes").status == 69

    def test_3_the_others_go_on(self):
        self.publish()
        self.once("delivered 1,")
        assert len(self.sink.at("/other")) == 1

    def test_4_while_a_sender_works_for_it(self):
        """Requests in flight end; their outcomes are not written."""
        gone = self.service.organization("Gone")
        for n in range(3):
            self.service.admin(
                "hook", "create", gone, self.sink.url(f"/gone{n}"), "*"
            )
            self.sink.script(f"/gone{n}", then=receiver.Answer(200, delay=0.3))
        self.service.db.sql(f"""
            INSERT INTO vh_notifications (organization, action, resource)
            SELECT UNHEX('{gone}'), 'event.created', '{{}}'
            FROM {database.numbers(3000)};
            INSERT INTO vh_outbox (organization, action, resource)
            SELECT UNHEX('{gone}'), 'event.created', '{{}}'
            FROM {database.numbers(2000)}""")
        sender = self.service.start_sender("--linger", "30s")
        self.sink.wait(20, seconds=20)
        done = self.delete(gone, "--yes")
        assert done.status == 0, done
        assert "notifications\t5000\n" in done.out, done
        assert (
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_deliveries WHERE organization <> "
                f"UNHEX('{self.organization}')"
            )
            == "0"
        )
        self.publish()
        self.sink.wait(2, "/other")
        assert sender.stop() == 0
        got = self.counts()
        assert got["hooks"] == got["lanes"] == got["hook_secrets"] == 1, got
        assert got["deliveries"] == got["notifications"] == 2, got
        assert got["attempts"] == 2, got

    def test_5_of_a_sender_that_died(self):
        """Its lease is waited for, not longer."""
        gone = self.service.organization("Gone")
        self.service.admin("hook", "create", gone, self.sink.url("/x"), "*")
        self.service.db.sql(f"""
            INSERT INTO vh_lanes (hook_id) SELECT {1 << 62} + MAX(id) FROM vh_hooks;
            UPDATE vh_lanes SET owner = 'dead', in_flight = UNHEX(
                '0000000000000001'), next_at = UTC_TIMESTAMP(3) +
                INTERVAL 2 SECOND ORDER BY hook_id DESC LIMIT 2""")
        assert self.delete(gone, "--yes").status == 0
        assert self.counts()["lanes"] == 1

    def test_6_what_it_tells_is_what_it_does(self):
        """Hooks that were deleted before and are still kept go, too."""
        gone = self.service.organization("Gone")
        self.service.key(gone)
        key = self.service.admin("key", "list", gone).split("\t")[0]
        self.service.admin("key", "revoke", key)
        for _ in range(2):
            hook = self.service.admin(
                "hook", "create", gone, self.sink.url("/x"), "*"
            )
        self.service.admin("hook", "delete", hook)
        told = self.delete(gone).err
        assert "1 API keys, 2 hooks, 0 notifications" in told, told
        done = self.delete(gone, "--yes").out
        assert done.startswith("API keys\t1\nhooks\t2\n"), done

    def test_7_json(self):
        gone = self.service.organization("Gone")
        done = self.delete(gone, "--yes", "--json")
        assert json.loads(done.out) == {
            "keys": 0,
            "hooks": 0,
            "notifications": 0,
            "deliveries": 0,
            "attempts": 0,
            "idempotencyKeys": 0,
        }, done


class Lines(admincase.AdminCase):
    def test_wrong_lines(self):
        for line in (
            ("export",),
            ("org", "delete"),
            ("export", NOBODY, "x"),
            ("export", NOBODY, "--yes"),
            ("org", "list", "--yes"),
        ):
            assert self.run(*line).status == 64, line
        self.fails(69, "org", "delete", NOBODY, words=("organization",))


if __name__ == "__main__":
    tap.main()
