# SPDX-License-Identifier: MIT
"""Limits and rules of single members, and publishing at the same time."""

import concurrent.futures
import json

import doors
import service
import tap
from apicase import ApiCase

HOOKS, PATH = "/v2/hooks", "/v2/notifications"
USER = "60af5269459aad001d0cb565"


class Members(ApiCase):
    variants = ("cgi",)

    def put(self, hook, body, status=200):
        return self.good(status, "PUT", f"{HOOKS}/{hook['_id']}", body)

    def refused(self, hook, body):
        return self.pointers("PUT", f"{HOOKS}/{hook['_id']}", body)

    def test_headers_that_cannot_be_chosen(self):
        hook = self.hook()
        for name in (
            "Host",
            "cookie",
            "Content-Type",
            "webhook-id",
            "Connection",
            "User-Agent",
            "X-Forwarded-For",
            "x-forwarded-host",
            "X_Forwarded_For",
            "Forwarded",
            "X-Real-IP",
            "Via",
            "True-Client-IP",
            "webhook-hops",
            "a b",
            "",
            "x:y",
            "é",
        ):
            assert self.refused(hook, {"headers": {name: "x"}}) == [
                f"/headers/{name}"
            ], name
        for value in ("a\r\nb", "\x7f", " x", 7, None, "x" * 4097):
            assert self.refused(hook, {"headers": {"X-A": value}}) == [
                "/headers/X-A"
            ], value
        assert self.refused(hook, {"headers": {"a~b/c d": "x"}}) == [
            "/headers/a~0b~1c d"
        ]
        assert self.refused(hook, {"headers": {"X-A": "1", "x-a": "2"}}) == [
            "/headers/x-a"
        ]
        assert self.refused(hook, {"headers": []}) == ["/headers"]

    def test_sixteen_long_headers(self):
        long = {f"X-{n}": "\u00e9" * 2048 for n in range(16)}
        hook = self.good(
            201,
            "POST",
            HOOKS,
            json.dumps(
                {
                    "target_url": "https://www.toto.com/",
                    "action": "*",
                    "headers": long,
                },
                ensure_ascii=False,
            ).encode(),
        )
        assert (
            self.good(200, "GET", f"{HOOKS}/{hook['_id']}")["headers"] == long
        )
        short = dict.fromkeys(long, "x")
        assert self.refused(hook, {"headers": dict(short, more="x")}) == [
            "/headers"
        ]

    def test_stars_keep_a_value(self):
        hook = self.hook(headers={"X-Token": "hush", "X-Old": "1"})
        changed = self.put(hook, {"headers": {"x-token": "***", "X-New": "2"}})
        assert changed["headers"] == {"x-token": "hush", "X-New": "2"}
        assert self.refused(hook, {"headers": {"X-Other": "***"}}) == [
            "/headers/X-Other"
        ]

    def test_null_resets(self):
        hook = self.hook(
            scope="user",
            user=USER,
            description="d",
            headers={"X-A": "1"},
            batch_size=7,
            rate_limit=3,
            ordered=True,
        )
        reset = self.put(
            hook,
            dict.fromkeys(
                (
                    "scope",
                    "user",
                    "description",
                    "headers",
                    "batch_size",
                    "rate_limit",
                    "ordered",
                )
            ),
        )
        plain = self.hook()
        for member in (
            "scope",
            "description",
            "headers",
            "batch_size",
            "rate_limit",
            "ordered",
        ):
            assert reset[member] == plain[member], member
        assert "user" not in reset
        assert self.refused(hook, {"target_url": None, "action": None}) == [
            "/action",
            "/target_url",
        ]

    def test_scope_and_user_go_together(self):
        hook = self.hook()
        assert self.refused(hook, {"user": USER}) == ["/user"]
        assert self.refused(hook, {"scope": "user"}) == ["/user"]
        self.put(hook, {"scope": "user", "user": USER})
        assert self.refused(hook, {"user": None}) == ["/user"]
        assert "user" not in self.put(hook, {"scope": "organization"})
        assert self.refused(hook, {"scope": "user"}) == ["/user"]

    def test_each_fault_of_scope_and_user_once(self):
        hook = self.hook()
        assert self.refused(hook, {"scope": "all", "user": USER}) == ["/scope"]
        assert self.refused(hook, {"user": ""}) == ["/user"]
        assert self.refused(hook, {"scope": "user", "user": "x" * 65}) == [
            "/user"
        ]
        assert self.refused(hook, {"scope": 1, "user": 1}) == [
            "/scope",
            "/user",
        ]

    def test_a_user_of_zeros_is_one(self):
        hook = self.hook(scope="user", user="0" * 24)
        changed = self.put(hook, {"description": "x"})
        assert changed["user"] == "0" * 24, changed
        assert self.refused(hook, {"user": None}) == ["/user"]

    def test_numbers(self):
        hook = self.hook()
        for member, bad in (
            ("batch_size", (0, 101, 1.5, "1", 2**70)),
            ("rate_limit", (-1, True, 10**7)),
            ("ordered", (0, "yes")),
        ):
            for value in bad:
                assert self.refused(hook, {member: value}) == [f"/{member}"], (
                    member,
                    value,
                )
        for text in ("1E+400", "-1e400", "1.0000001", "1e-1", "9e15"):
            body = b'{"batch_size":%s}' % text.encode()
            assert self.refused(hook, body) == ["/batch_size"], text
        for text, number in (("7.0", 7), ("1e1", 10), ("1000e-1", 100)):
            body = b'{"batch_size":%s}' % text.encode()
            assert self.put(hook, body)["batch_size"] == number, text
        assert self.put(hook, b'{"rate_limit":-0.0}')["rate_limit"] == 0

    def test_enabled_by_put(self):
        hook = self.hook()
        off = self.put(hook, {"enabled": False})
        assert off["enabled"] is False and off["disabledReason"]
        again = self.put(hook, off)
        now = self.good(200, "GET", f"{HOOKS}/{hook['_id']}")
        assert again == now, (again, now)
        moved = {n: now[n] for n in ("updatedAt", "state")}
        assert again == dict(off, **moved), again
        assert self.put(hook, {"enabled": True})["enabled"] is True

    def test_a_secret_by_put(self):
        hook = self.hook()
        own = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tr"
        self.put(hook, {"secret": own})
        path = f"{HOOKS}/{hook['_id']}/secret"
        assert self.good(200, "GET", path) == {"secret": own}
        assert (
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_hook_secrets WHERE hook_id = "
                "(SELECT MAX(id) FROM vh_hooks)"
            )
            == "2"
        )

    def test_no_more_than_ten_secrets(self):
        path = f"{HOOKS}/{self.hook()['_id']}/secret"
        for _ in range(9):
            self.good(200, "POST", f"{path}/rotate", {})
        last = self.good(200, "GET", path)
        self.problem(429, "POST", f"{path}/rotate", {})
        self.problem(429, "PUT", path.removesuffix("/secret"), {"secret": None})
        assert self.good(200, "GET", path) == last
        self.good(200, "POST", f"{path}/rotate", {"overlap": "0s"})

    def test_all_faults_are_told(self):
        many = {f"m{n}": n for n in range(7000)}
        found = self.refused(self.hook(), many)
        assert found == sorted(f"/{name}" for name in many), len(found)
        found = self.pointers("POST", PATH, [{}] * 1000)
        assert found == sorted(
            f"/{n}/{name}"
            for n in range(1000)
            for name in ("action", "resource")
        ), len(found)

    def test_a_long_name_is_told_whole(self):
        for name in ("\u00e9" * 61000, "x" + "\u00e9" * 61000, "~" * 122000):
            body = json.dumps({name: 1}, ensure_ascii=False).encode()
            assert self.refused(self.hook(), body) == [
                "/" + name.replace("~", "~0")
            ]

    def test_the_usual_overlap(self):
        path = f"{HOOKS}/{self.hook()['_id']}/secret/rotate"
        for overlap in (None, "24h", "0s", "7d", "6d24h", "0", 0):
            self.good(200, "POST", path, {"overlap": overlap})
        for overlap in ("8d", "-1s", "1", "1h30", "soon", 5, "", "1w"):
            assert self.pointers("POST", path, {"overlap": overlap}) == [
                "/overlap"
            ], overlap

    def test_members_where_none_is_needed(self):
        path = f"{HOOKS}/{self.hook()['_id']}/disable"
        assert self.pointers("POST", path, {"x": 1}) == ["/x"]
        self.problem(400, "POST", path, [])

    def test_if_match(self):
        path = f"{HOOKS}/{self.hook()['_id']}"
        tag = self.call("GET", path).header("ETag")
        for form in ("*", "%s", '"x", %s', 'W/"x" ,\t%s,"y"', "W/%s"):
            match = form.replace("%s", tag)
            answer = self.call(
                "PUT",
                path,
                {"description": match},
                headers=[("If-Match", match)],
            )
            assert answer.status == 200, (match, answer)
            tag = answer.header("ETag")
        for match in ('"x"', tag[:-1], '"0.', '"0"', f'"a,{tag}', ""):
            self.problem(
                412,
                "PUT",
                path,
                {"description": "no"},
                headers=[("If-Match", match)],
            )
            for rest in ("disable", "enable", "secret/rotate"):
                self.problem(
                    412,
                    "POST",
                    f"{path}/{rest}",
                    {},
                    headers=[("If-Match", match)],
                )
            self.problem(412, "DELETE", path, headers=[("If-Match", match)])
        answer = self.call("DELETE", path, headers=[("If-Match", tag)])
        assert answer.status == 204, answer
        self.problem(404, "DELETE", path, headers=[("If-Match", tag)])
        self.problem(404, "DELETE", path, headers=[("If-Match", "*")])


class LongBodies(ApiCase):
    variants = ("cgi",)

    def setup(self):
        self.service = service.Service({"api": {"max_body": "4m"}})
        tap.at_end(self.service.close)
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def test_a_long_list_of_faults_is_cut(self):
        body = {f"m{n}": n for n in range(100000)}
        problem = self.problem(
            400, "PUT", f"{HOOKS}/{self.hook()['_id']}", body
        )
        told = len(problem["errors"])
        assert 8000 < told < 20000, told
        assert problem["detail"].startswith("100000 members ")
        assert problem["detail"].endswith(f"the first {told}."), problem


class TooMany(ApiCase):
    variants = ("cgi",)

    def setup(self):
        self.service = service.Service({"api": {"max_hooks": "3"}})
        tap.at_end(self.service.close)
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def test_deleted_ones_do_not_count(self):
        hooks = [self.hook() for _ in range(3)]
        new = {"target_url": "https://www.toto.com/", "action": "*"}
        problem = self.problem(403, "POST", HOOKS, new)
        assert "3 hooks, which is the limit" in problem["detail"], problem
        self.good(204, "DELETE", f"{HOOKS}/{hooks[0]['_id']}")
        self.good(201, "POST", HOOKS, new)

    def test_many_at_once(self):
        key = self.service.key(self.service.organization("Many"))
        new = {"target_url": "https://www.toto.com/", "action": "*"}
        self.good(201, "POST", HOOKS, new, key=key)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(
                    lambda _: self.call("POST", HOOKS, new, key=key).status,
                    range(12),
                )
            )
        assert sorted(answers) == [201] * 2 + [403] * 10, answers
        assert len(self.good(200, "GET", HOOKS, key=key)) == 3


class Together(ApiCase):
    variants = ("cgi",)

    def publish(self, key, body):
        return self.call("POST", PATH, body, headers=[("Idempotency-Key", key)])

    def published(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_notifications WHERE organization = "
                f"UNHEX('{self.organization}')"
            )
        )

    def test_the_same_key_at_the_same_time(self):
        """Others publish in between, so the keys of a body have gaps."""
        body = json.dumps(
            [
                {"action": "event.created", "resource": {"n": n}}
                for n in range(1000)
            ]
        ).encode()
        before = self.published()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            same = [pool.submit(self.publish, "one", body) for _ in range(4)]
            others = [
                pool.submit(self.publish, f"o{n}", body) for n in range(3)
            ]
            answers = [f.result() for f in same]
            others = [f.result() for f in others]
        assert {a.status for a in answers + others} == {202}, answers
        assert len({a.body for a in answers}) == 1
        ids = [m["_id"] for a in (answers[0], *others) for m in a.json()]
        assert len(set(ids)) == 4000, len(set(ids))
        assert self.published() - before == 4000
        assert self.publish("one", body).body == answers[0].body

    def test_a_key_is_free_again_after_its_time(self):
        body = b'{"action":"event.created","resource":{}}'
        first = self.publish("old", body).json()
        self.service.db.sql(
            "UPDATE vh_idempotency_keys SET created_at = "
            "created_at - INTERVAL 25 HOUR"
        )
        again = self.publish("old", body + b" ")
        assert again.status == 202 and again.json()["_id"] != first["_id"]

    def test_keys_of_bad_form(self):
        body = {"action": "event.created", "resource": {}}
        for key in ("x" * 256, "\u00e9", ""):
            answer = self.publish(key, body)
            assert answer.status == 400, (key, answer)

    def test_a_key_belongs_to_its_organization(self):
        body = b'{"action":"event.created","resource":{}}'
        mine = self.publish("shared", body).json()
        other = self.service.key(self.service.organization("Other"))
        theirs = self.call(
            "POST",
            PATH,
            body + b" ",
            key=other,
            headers=[("Idempotency-Key", "shared")],
        )
        assert theirs.status == 202 and theirs.json()["_id"] != mine["_id"]

    def test_changes_at_the_same_time_are_all_there(self):
        path = f"{HOOKS}/{self.hook()['_id']}"
        bodies = [
            {"description": "d"},
            {"batch_size": 5},
            {"rate_limit": 9},
            {"ordered": True},
        ]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for answer in pool.map(lambda b: self.call("PUT", path, b), bodies):
                assert answer.status == 200, answer
        hook = self.good(200, "GET", path)
        for body in bodies:
            assert body.items() <= hook.items(), (body, hook)


tap.main()
