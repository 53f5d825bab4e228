# SPDX-License-Identifier: MIT
"""
Notifications with a time: scheduled, moved, cancelled, expired; by HTTP, by
command and with SQL.
"""

import datetime
import json
import time

import service
import tap
from database import numbers
from processes import wait_until
from receiver import Answer
from sendcase import SendCase


def at(seconds):
    """A time from now, as the API writes it."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    moment += datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def seconds_of(text):
    return datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")
    ).timestamp()


class _Scheduled(SendCase):
    settings = {"sender": {"retry_schedule": "1s 1s 1s", "linger": "60s"}}

    def request(self, method, target, body=None):
        return self.door.request(
            method,
            target,
            [("Authorization", self.key)],
            json.dumps(body).encode() if body is not None else b"",
        )

    def post(self, number, **members):
        """By HTTP; the answer's notification."""
        body = {
            "action": "event.created",
            "resource": {"n": number},
            **members,
        }
        answer = self.request("POST", "/v2/notifications", body)
        assert answer.status == 202, answer
        return answer.json()

    def insert(self, number=None, **columns):
        """With SQL, as an application that has no other right."""
        columns = {
            "organization": f"UNHEX('{self.organization}')",
            **({"action": "'event.created'"} if number is not None else {}),
            **(
                {"resource": f"'{{\"n\":{number}}}'"}
                if number is not None
                else {}
            ),
            **columns,
        }
        self.service.db.sql(
            f"INSERT INTO vh_outbox ({', '.join(columns)}) VALUES "
            f"({', '.join(columns.values())})",
            user=service.APPLICATION,
            password=service.password_of(service.APPLICATION),
        )

    def state(self, notification):
        answer = self.request("GET", f"/v2/notifications/{notification}")
        assert answer.status == 200, answer
        return answer.json()["state"]

    def numbers(self, path="/hook"):
        return [json.loads(r.body)["resource"]["n"] for r in self.sink.at(path)]

    def named(self, replace_key):
        answer = self.request(
            "GET", f"/v2/notifications?replace_key={replace_key}"
        )
        assert answer.status == 200, answer
        return [(n["state"], n.get("_id")) for n in answer.json()]


class Once(_Scheduled):
    """What a run with --once finds due."""

    def test_it_waits_until_its_time(self):
        self.fresh()
        later = self.post(1, deliver_at=at(3600))
        self.post(2)
        self.once("delivered 1, failed 0, retrying 0, held 0")
        assert self.numbers() == [2]
        assert self.state(later["_id"]) == "scheduled"

    def test_it_is_sent_when_it_is_due(self):
        self.fresh()
        one = self.post(1, deliver_at=at(1))
        self.once("delivered 0, ")
        wait_until(lambda: time.time() > seconds_of(one["deliver_at"]))
        self.once("delivered 1, ")
        [request] = self.sink.at("/hook")
        body = json.loads(request.body)
        assert body["notification"] == one["_id"], body
        assert body["occurred_at"] == one["occurred_at"], (body, one)
        assert self.state(one["_id"]) == "fanned_out"

    def test_a_time_that_is_past_is_now(self):
        self.fresh()
        one = self.post(1, deliver_at=at(-5))
        self.once("delivered 1, ")
        assert self.state(one["_id"]) == "fanned_out"

    def test_hooks_of_that_time_get_it(self):
        self.fresh("/early")
        one = self.post(1, deliver_at=at(1.5))
        hook = self.hook("/late")
        wait_until(lambda: time.time() > seconds_of(one["deliver_at"]))
        self.hook("/too-late")
        self.once("delivered 2, ")
        assert self.numbers("/early") == self.numbers("/late") == [1], hook
        assert self.numbers("/too-late") == []

    def test_in_the_order_of_their_times(self):
        hook = self.fresh()
        self.request("PUT", f"/v2/hooks/{hook}", {"ordered": True})
        for number, seconds in ((1, 1.4), (2, 1.0), (3, 1.2)):
            self.post(number, deliver_at=at(seconds))
        time.sleep(1.6)
        for _ in range(3):
            self.once("delivered ")
        assert self.numbers() == [2, 3, 1]

    def test_in_the_order_of_the_moments_with_others(self):
        """By HTTP and with SQL, at once and scheduled, before any sender."""
        hook = self.fresh()
        self.request("PUT", f"/v2/hooks/{hook}", {"ordered": True})
        self.post(2, deliver_at=at(0.4))
        self.post(4, deliver_at=at(1.2))
        self.post(1)
        time.sleep(0.8)
        self.post(3)
        time.sleep(0.8)
        self.post(5)
        for _ in range(5):
            self.once("delivered ")
        assert self.numbers() == [1, 2, 3, 4, 5], self.numbers()

    def test_a_row_without_its_notification_holds_up_nothing(self):
        self.fresh()
        gone = self.post(1, deliver_at=at(0.3))
        self.post(2, deliver_at=at(0.4))
        self.service.db.sql(
            "DELETE n FROM vh_notifications n JOIN vh_scheduled w ON "
            "w.notification_id = n.id WHERE n.resource LIKE '%1%'"
        )
        time.sleep(0.5)
        self.once("delivered 1, ")
        assert self.numbers() == [2], gone
        left = self.service.db.sql(
            "SELECT * FROM vh_scheduled WHERE deliver_at < UTC_TIMESTAMP()"
        )
        assert not left, left

    def test_not_over_400_days_ahead(self):
        assert self.request(
            "POST",
            "/v2/notifications",
            {
                "action": "event.created",
                "resource": {},
                "deliver_at": at(401 * 86400),
            },
        ).json()["errors"] == [
            {"pointer": "/deliver_at", "detail": "is over 400 days away"}
        ]


class Replace(_Scheduled):
    """One publication takes the place of another."""

    def test_a_later_one_replaces_it(self):
        self.fresh()
        first = self.post(1, deliver_at=at(1), replace_key="a")
        second = self.post(2, deliver_at=at(1.1), replace_key="a")
        assert self.state(first["_id"]) == "replaced"
        assert self.state(second["_id"]) == "scheduled"
        time.sleep(1.3)
        self.once("delivered 1, ")
        assert self.numbers() == [2]

    def test_one_that_goes_at_once_replaces_it_too(self):
        self.fresh()
        first = self.post(1, deliver_at=at(3600), replace_key="b")
        self.post(2, replace_key="b")
        assert self.state(first["_id"]) == "replaced"
        self.once("delivered 1, ")
        assert self.numbers() == [2]

    def test_in_one_body_the_last_one_stays(self):
        answer = self.request(
            "POST",
            "/v2/notifications",
            [
                {
                    "action": "event.created",
                    "resource": {"n": n},
                    "deliver_at": at(3600),
                    "replace_key": "c",
                }
                for n in (1, 2)
            ],
        )
        assert answer.status == 202, answer
        states = [self.state(n["_id"]) for n in answer.json()]
        assert states == ["replaced", "scheduled"]

    def test_a_repeated_request_replaces_nothing(self):
        head = [("Authorization", self.key), ("Idempotency-Key", "d")]
        body = json.dumps(
            {
                "action": "event.created",
                "resource": {},
                "deliver_at": at(3600),
                "replace_key": "d",
            }
        ).encode()
        one, two = (
            self.door.request("POST", "/v2/notifications", head, body).json()
            for _ in range(2)
        )
        assert one == two
        assert self.named("d") == [("scheduled", one["_id"])]

    def test_keys_of_another_organization_are_others(self):
        other = self.service.organization("Others")
        key = self.service.key(other)
        one = self.post(1, deliver_at=at(3600), replace_key="e")
        answer = self.door.request(
            "DELETE",
            "/v2/notifications?replace_key=e",
            [("Authorization", key)],
        )
        assert answer.status == 404, answer
        assert self.state(one["_id"]) == "scheduled"

    def test_with_sql(self):
        self.fresh()
        soon = "UTC_TIMESTAMP(3) + INTERVAL 1 SECOND"
        self.insert(1, deliver_at=soon, replace_key="'f'")
        self.insert(2, deliver_at=soon, replace_key="'f'")
        self.insert(3, deliver_at=soon, replace_key="'g'")
        self.insert(cancels="'g'")
        time.sleep(1.1)
        self.once("delivered 1, ")
        assert self.numbers() == [2]
        assert [s for s, _ in self.named("f")] == ["fanned_out", "replaced"]
        assert [s for s, _ in self.named("g")] == ["cancelled"]

    def test_http_comes_after_what_was_inserted_before(self):
        self.fresh()
        self.insert(1, deliver_at="'2027-06-01'", replace_key="'h'")
        assert self.named("h") == [("queued", None)]
        answer = self.request("DELETE", "/v2/notifications?replace_key=h")
        assert answer.status == 204, answer
        assert [s for s, _ in self.named("h")] == ["cancelled"]

    def test_what_was_cancelled_with_sql_never_arrives(self):
        """The row is there when it is due, and was not taken over."""
        self.fresh()
        one = self.post(1, deliver_at=at(1), replace_key="i")
        self.insert(cancels="'i'")
        time.sleep(1.1)
        self.once("delivered 0, ")
        assert self.state(one["_id"]) == "cancelled"


class Cancel(_Scheduled):
    def test_by_its_id(self):
        one = self.post(1, deliver_at=at(3600))
        path = f"/v2/notifications/{one['_id']}"
        assert self.request("DELETE", path).status == 204
        assert self.state(one["_id"]) == "cancelled"
        answer = self.request("DELETE", path)
        assert answer.status == 409, answer
        assert "it is cancelled" in answer.json()["detail"], answer

    def test_what_is_on_its_way_is_not_cancelled(self):
        one = self.post(1)
        answer = self.request("DELETE", f"/v2/notifications/{one['_id']}")
        assert answer.status == 409, answer
        assert "it is queued" in answer.json()["detail"], answer

    def test_nothing_is_scheduled_with_the_key(self):
        answer = self.request("DELETE", "/v2/notifications?replace_key=none")
        assert answer.status == 404, answer
        assert self.request("DELETE", "/v2/notifications").status == 400

    def test_a_post_does_it_too(self):
        one = self.post(1, deliver_at=at(3600))
        path = f"/v2/notifications/{one['_id']}/delete"
        assert self.request("POST", path).status == 204
        assert self.state(one["_id"]) == "cancelled"


class Backlog(_Scheduled):
    """Rows that nobody has taken over, and that name no key, do not make those
    wait who cancel."""

    def test_it_is_left_to_the_sender(self):
        self.publish_many(5000)
        answer = self.request("DELETE", "/v2/notifications?replace_key=k")
        assert answer.status == 404, answer
        one = self.post(1, deliver_at=at(3600))
        path = f"/v2/notifications/{one['_id']}"
        assert self.request("DELETE", path).status == 204
        count = "SELECT COUNT(*) FROM vh_outbox"
        assert self.service.db.value(count) == "5000"

    def test_it_is_taken_over_when_it_names_the_key(self):
        self.insert(2, deliver_at="'2027-06-01'", replace_key="'k'")
        answer = self.request("DELETE", "/v2/notifications?replace_key=k")
        assert answer.status == 204, answer
        count = "SELECT COUNT(*) FROM vh_outbox"
        assert self.service.db.value(count) == "0"


class Command(_Scheduled):
    def try_admin(self, *words, **options):
        config = self.service.config(service.ADMIN)
        return self.service.run("hooks-admin", *words, config=config, **options)

    def test_it_is_scheduled_moved_and_cancelled(self):
        self.fresh()
        when = ("--deliver-at", at(1), "--replace-key", "c")
        first = self.publish('{"n":1}', "event.created", *when)
        second = self.publish('{"n":2}', "event.created", *when)
        third = self.publish('{"n":3}', "event.created", *when[:2])
        assert self.state(first) == "replaced"
        cancel = ("notification", "cancel", self.organization)
        self.service.admin(*cancel, "--replace-key", "c")
        assert self.state(second) == "cancelled"
        time.sleep(1.1)
        self.once("delivered 1, ")
        assert self.numbers() == [3]
        for what in (second, third, "0" * 24):
            done = self.try_admin(*cancel, what)
            assert done.status == 69, done
        done = self.try_admin(*cancel)
        assert done.status == 64, done

    def test_what_is_wrong_is_named(self):
        for option, text in (
            ("--deliver-at", "soon"),
            ("--occurred-at", at(-401 * 86400)),
            ("--expires-at", at(-1)),
            ("--replace-key", "x" * 129),
        ):
            done = self.try_admin(
                "publish",
                self.organization,
                "event.created",
                option,
                text,
                stdin=b"{}",
            )
            assert done.status == 65 and option in done.err, done


class Expire(_Scheduled):
    def test_nothing_is_sent_after_its_end(self):
        self.fresh()
        one = self.post(1, expires_at=at(0.5))
        time.sleep(0.6)
        self.once("delivered 0, failed 1, ")
        assert self.sink.at("/hook") == []
        [delivery] = self.request(
            "GET", f"/v2/deliveries?notification={one['_id']}"
        ).json()
        assert delivery["state"] == "failed", delivery
        assert delivery["reason"] == "expired", delivery
        assert delivery["attemptCount"] == 0, delivery

    def test_it_is_not_sent_again_after_its_end(self):
        self.fresh()
        one = self.post(1, expires_at=at(1))
        self.once("delivered 1, ")
        [delivery] = self.request(
            "GET", f"/v2/deliveries?notification={one['_id']}"
        ).json()
        time.sleep(1.1)
        answer = self.request(
            "POST", f"/v2/deliveries/{delivery['_id']}/redeliver"
        )
        assert answer.status == 409, answer
        assert "expires_at" in answer.json()["detail"], answer
        answer = self.request(
            "POST",
            f"/v2/hooks/{delivery['hook']}/replay",
            {"since": "2026-01-01", "states": ["delivered"]},
        )
        assert answer.json() == {"count": 0}, answer

    def test_it_is_not_tried_again_after_its_end(self):
        self.fresh("/hook")
        self.sink.script("/hook", then=Answer(500))
        one = self.post(1, expires_at=at(1.5))
        self.once("delivered 0, failed 0, retrying 1")
        time.sleep(1.6)
        self.once("delivered 0, failed 1, ")
        assert len(self.sink.at("/hook")) == 1
        [delivery] = self.request(
            "GET", f"/v2/deliveries?notification={one['_id']}"
        ).json()
        assert delivery["reason"] == "expired", delivery
        assert delivery["attemptCount"] == 1, delivery

    def test_an_end_that_is_no_end(self):
        for members, why in (
            ({"expires_at": at(-1)}, "is past"),
            (
                {"expires_at": at(50), "deliver_at": at(60)},
                "is not after deliver_at",
            ),
        ):
            answer = self.request(
                "POST",
                "/v2/notifications",
                {"action": "event.created", "resource": {}, **members},
            )
            assert answer.status == 400, answer
            assert answer.json()["errors"] == [
                {"pointer": "/expires_at", "detail": why}
            ], answer

    def test_in_a_batch_the_others_go(self):
        hook = self.fresh()
        self.request("PUT", f"/v2/hooks/{hook}", {"batch_size": 10})
        self.post(1)
        self.post(2, expires_at=at(0.5))
        self.post(3)
        time.sleep(0.6)
        self.once("delivered 2, failed 1, ")
        [request] = self.sink.at("/hook")
        sent = [m["resource"]["n"] for m in json.loads(request.body)]
        assert sent == [1, 3], sent

    def test_rows_that_are_wrong_are_rejected(self):
        self.insert(1, deliver_at="'2099-01-01'")
        self.insert(2, expires_at="'2026-01-01'", deliver_at="'2026-01-02'")
        self.insert(3, replace_key="''")
        self.insert(4, replace_key="REPEAT('x', 129)")
        self.insert(cancels="REPEAT('x', 129)")
        self.once()
        reasons = self.service.db.sql(
            "SELECT reason FROM vh_notifications WHERE state = 'rejected' "
            "ORDER BY id"
        )
        assert [r for [r] in reasons] == [
            "deliver_at: is over 400 days away, or no time",
            "expires_at: is not after deliver_at",
            "replace_key: must have 1 to 128 bytes",
            "replace_key: is longer than 128 bytes",
            "cancels: is longer than 128 bytes",
        ], reasons


class Beside(_Scheduled):
    """Another organization's notifications are sent, whatever holds up those
    of this one."""

    settings = {"api": {"max_due": "1200"}}

    def setup(self):
        super().setup()
        self.other = self.service.organization("Others")
        self.service.admin(
            "hook", "create", self.other, self.sink.url("/other"), "*"
        )
        self.ours = self.hook("/ours")

    def schedule(self, organization, count):
        """With SQL, all due in a second."""
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource, "
            f"deliver_at) SELECT UNHEX('{organization}'), 'event.created', "
            "CONCAT('{\"n\":', seq, '}'), UTC_TIMESTAMP(3) + INTERVAL 1 "
            f"SECOND FROM {numbers(count)}"
        )

    def others_arrive(self):
        before = len(self.sink.at("/other"))
        self.schedule(self.other, 1)
        time.sleep(1.1)
        self.service.send("--once")
        assert len(self.sink.at("/other")) == before + 1

    def left(self):
        return int(self.service.db.value("SELECT COUNT(*) FROM vh_scheduled"))

    def test_1_many_of_ours_are_due(self):
        self.sink.script("/ours", then=Answer(500))
        self.schedule(self.organization, 1000)
        self.others_arrive()
        assert self.left() == 0

    def test_2_ours_has_room_for_some(self):
        self.schedule(self.organization, 500)
        self.others_arrive()
        assert self.left() == 300, self.left()

    def test_3_ours_may_be_replaced(self):
        """Another client holds the row that says so."""
        self.service.admin("hook", "disable", self.ours)
        self.service.db.sql(
            "INSERT INTO vh_outbox (organization, action, resource, "
            f"replace_key) VALUES (UNHEX('{self.organization}'), "
            "'event.created', '{}', 'r')"
        )
        with self.service.db.holding("SELECT * FROM vh_outbox FOR UPDATE"):
            self.others_arrive()
            assert self.left() == 300, self.left()
        self.service.send("--once")
        assert self.left() == 0

    def test_4_rows_of_another_time_are_not_read(self):
        """Also when the server's statistics do not know how many they are, as
        right after an application has inserted them."""
        self.service.admin("hook", "delete", self.ours)
        self.service.db.sql(
            "SET GLOBAL innodb_stats_auto_recalc = OFF; "
            "INSERT INTO vh_scheduled (notification_id, organization, "
            "deliver_at) SELECT seq + 1000000, "
            f"UNHEX('{self.organization}'), UTC_TIMESTAMP(3) + INTERVAL 1 DAY "
            f"FROM {numbers(50000)}"
        )

        def rows_read():
            return sum(
                int(count)
                for _, count in self.service.db.sql(
                    "SHOW GLOBAL STATUS LIKE 'Handler_read_%next'"
                )
            )

        self.schedule(self.organization, 1100)
        before = rows_read()
        self.others_arrive()
        read = rows_read() - before
        assert self.left() == 50000, self.left()
        assert read < 200_000, f"{read} rows were read"


class Linger(_Scheduled):
    """A sender that lingers does not wait for the next run."""

    def test_a_sender_that_lingers_is_in_time(self):
        self.fresh()
        self.service.start_sender("--linger", "60s")
        wanted = {n: at(0.3 + n * 0.2) for n in range(10)}
        for n, moment in wanted.items():
            self.post(n, deliver_at=moment)
        self.sink.wait(10, "/hook")
        for request in self.sink.at("/hook"):
            n = json.loads(request.body)["resource"]["n"]
            late = request.time - seconds_of(wanted[n])
            assert -0.1 <= late < 5, (n, late)
        assert self.numbers() == list(range(10))


if __name__ == "__main__":
    tap.main()
