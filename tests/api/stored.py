# SPDX-License-Identifier: MIT
"""[api] max_stored: what an organization may have in the database."""

import json
import urllib.parse

import processes
import sendcase
import service
import tap
from receiver import Answer

LIMIT = 200 * 1024
FUTURE = "2999-01-01"


class Stored(sendcase.SendCase):
    settings = {
        "api": {"max_stored": "200k"},
        "sender": {"retry_schedule": "1h"},
    }

    def ask(self, method, target, body=b"", key=None, more=()):
        headers = [("Authorization", key or self.key), *more]
        return self.door.request(method, target, headers, body)

    def published(self, size, key=None, more=()):
        body = json.dumps(
            {"action": "event.created", "resource": {"x": "y" * size}}
        )
        return self.ask("POST", "/v2/notifications", body.encode(), key, more)

    def stored(self, key=None):
        answer = self.ask("GET", "/v2/organization", key=key)
        assert answer.status == 200, answer
        return answer.json()["stored"]

    def remove(self, until=FUTURE):
        answer = self.ask(
            "DELETE", f"/v2/deliveries?until={urllib.parse.quote(until)}"
        )
        assert answer.status == 200, answer
        return answer.json()

    def real(self, what):
        return int(
            self.service.db.value(
                {
                    "payloads": "SELECT COALESCE(SUM(LENGTH(resource)), 0) "
                    "FROM vh_notifications n WHERE ",
                    "answers": "SELECT COALESCE(SUM(LENGTH(response_headers) + "
                    "LENGTH(response_body)), 0) FROM vh_attempts a JOIN "
                    "vh_deliveries n ON n.id = a.delivery_id WHERE ",
                }[what]
                + f"n.organization = UNHEX('{self.organization}')"
            )
        )

    def agrees(self):
        """What is counted, and what is there."""
        found = self.stored()
        assert found["payloads"] == self.real("payloads"), found
        assert found["answers"] == self.real("answers"), found
        assert found["used"] == found["payloads"] + found["answers"], found
        assert found["limit"] == LIMIT, found
        return found

    def empty(self):
        """No hook, and nothing stored."""
        self.service.admin("hook", "delete", self.fresh())
        self.service.db.sql(
            "DELETE FROM vh_attempts; DELETE FROM vh_deliveries; "
            "DELETE FROM vh_notifications; DELETE FROM vh_stored"
        )

    def test_1_payloads(self):
        assert self.agrees()["used"] == 0
        for n in range(20):
            answer = self.published(20_000)
            if answer.status != 202:
                break
        assert answer.status == 429 and 8 <= n <= 10, (n, answer)
        assert int(answer.header("Retry-After")) >= 60, answer
        assert "200k" in answer.json()["detail"], answer
        found = self.agrees()
        assert LIMIT - 21_000 < found["used"] <= LIMIT, found
        assert self.published(10).status == 202, "a small one fits"

    def test_2_each_organization_has_room_of_its_own(self):
        other = self.service.key(self.service.organization("Other"))
        assert self.published(20_000, key=other).status == 202
        found = self.stored(other)
        assert found["payloads"] == 20_009, found

    def test_3_by_command(self):
        body = json.dumps({"x": "y" * 30_000}).encode()
        done = self.service.run(
            "hooks-admin",
            "publish",
            self.organization,
            "event.created",
            stdin=body,
            config=self.service.config(service.ADMIN),
        )
        assert done.status == 75 and "max_stored" in done.err, done

    def test_4_a_repeated_request_is_answered(self):
        self.empty()
        more = [("Idempotency-Key", "one")]
        first = self.published(90_000, more=more)
        assert first.status == 202, first
        assert self.published(90_000).status == 202
        assert self.published(90_000).status == 429
        again = self.published(90_000, more=more)
        assert again.status == 202 and again.body == first.body, again

    def test_5_what_is_removed_makes_room(self):
        self.empty()
        hook = self.fresh()
        self.service.db.sql("UPDATE vh_organizations SET name = 'x'")
        for _ in range(9):
            assert self.published(20_000).status == 202
        assert self.published(90_000).status == 429
        self.service.send("--once")
        assert self.states() == {"delivered": 9}
        self.agrees()
        assert self.remove("2001-01-01")["count"] == 0
        removed = self.remove()
        assert removed == {"count": 9, "notifications": 9, "more": False}
        assert self.agrees()["used"] == 0
        assert self.published(90_000).status == 202
        # What waits stays.
        self.sink.script("/hook", then=Answer(500))
        self.service.send("--once")
        removed = self.remove()
        assert removed == {"count": 0, "notifications": 0, "more": False}
        assert self.states() == {"pending": 1}
        self.service.admin("hook", "delete", hook)

    def test_6_until_is_a_time(self):
        for target in ("", "?until=", "?until=soon", "?state=delivered"):
            answer = self.ask("DELETE", f"/v2/deliveries{target}")
            assert answer.status == 400, (target, answer)
        answer = self.ask("POST", "/v2/deliveries/delete?until=2001-01-01")
        assert answer.status == 200, answer

    def test_7_answers_take_half(self):
        """And never make publishing fail."""
        self.empty()
        self.fresh()
        body = b"x" * 16_000
        self.sink.script("/hook", then=Answer(500, body))
        for _ in range(3):
            for _ in range(5):
                assert self.published(10).status == 202
            self.service.send("--once")
        found = self.agrees()
        assert LIMIT / 2 <= found["answers"] < LIMIT * 0.8, found
        rows = self.service.db.sql(
            "SELECT response_kept, COUNT(*), MAX(LENGTH(response_body)) FROM "
            "vh_attempts GROUP BY response_kept ORDER BY response_kept"
        )
        assert [row[0] for row in rows] == ["0", "3"], rows
        assert rows[1][2] == "NULL" and int(rows[1][1]) >= 5, rows
        newest = self.ask("GET", "/v2/deliveries?limit=1").json()[0]["_id"]
        [attempt] = self.ask("GET", f"/v2/deliveries/{newest}").json()[
            "attempts"
        ]
        assert attempt["withheldReason"] == "max_stored", attempt
        assert attempt["status"] == 500, attempt
        assert self.published(10).status == 202

    def test_8_by_sql(self):
        """What is over the limit is rejected, and not kept either."""
        self.empty()
        text = json.dumps({"x": "y" * 50_000})
        for n in range(6):
            self.service.publish_sql(
                self.organization, "event.created", text.replace("x", str(n))
            )
        self.service.publish_sql(self.organization, "no such", text)
        self.service.send("--once")
        rows = self.service.db.sql(
            "SELECT state, LENGTH(resource), reason FROM vh_notifications "
            "ORDER BY id"
        )
        assert [row[0] for row in rows] == ["unmatched"] * 4 + [
            "rejected"
        ] * 3, rows
        assert [row[1] for row in rows[4:]] == ["0"] * 3, rows
        assert "max_stored" in rows[4][2] and "200k" in rows[4][2], rows
        assert "action" in rows[6][2], rows
        assert self.agrees()["payloads"] == 4 * len(text)

    def test_9_a_recount_finds_what_is_there(self):
        self.service.db.sql(
            "UPDATE vh_stored SET payloads = payloads + 1000000, "
            "answers = answers - 7"
        )
        answer = processes.wait_until(
            lambda: self.published(10).status == 429, 10, "the false sum"
        )
        assert answer
        self.service.admin("purge", "--dry-run")
        assert self.stored()["used"] > 1_000_000
        self.service.admin("purge")
        self.agrees()
        assert self.published(10).status == 202
        rows = self.service.db.sql("SELECT part FROM vh_stored WHERE part > 7")
        assert rows == [], rows

    def test_10_the_operator_sees_it(self):
        self.empty()
        assert self.published(120_000).status == 202
        out = self.service.admin("status")
        line = f"stored of {self.organization}\t"
        assert [r for r in out.splitlines() if r.startswith(line)], out
        found = json.loads(self.service.admin("status", "--json"))
        [mine] = [
            s for s in found["stored"] if s["organization"] == self.organization
        ]
        assert mine["limit"] == LIMIT and mine["used"] > LIMIT / 2, mine


if __name__ == "__main__":
    tap.main()
