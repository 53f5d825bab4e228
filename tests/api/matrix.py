# SPDX-License-Identifier: MIT
"""
Every route with every key, with ids of another organization, and with requests
that any route must withstand. Driven by openapi.yaml, which description.py
compares with the table of routes: a route that is added there is asked here.
"""

import concurrent.futures
import json
import signal
import time

import doors
import openapi
import service
import tap
from apicase import ApiCase, no_such_id

# What {id} stands for, by the path in front of it.
KINDS = {
    "/v2/hooks/": "hook",
    "/v2/notifications/": "notification",
    "/v2/deliveries/": "delivery",
}
# Parameters of queries that are ids, by path, and parameters that are not.
CURSORS = {
    "/v2/hooks": "hook",
    "/v2/notifications": "notification",
    "/v2/deliveries": "delivery",
}
PLAIN = {
    "action",
    "before",
    "limit",
    "state",
    "status",
    "since",
    "until",
    "step",
    "dry_run",
    "organization",
    "user",
    "replace_key",
}
# /metrics asks for a key when the request was forwarded.
FORWARDED = [("X-Forwarded-For", "192.0.2.1")]
ACTION = "booking.confirmed"
# The value of a parameter that a query must have.
MISSING = "2001-01-01"
ROLES = ("read", "publish", "manage", "run")  # of an organization


def operations():
    """Those that are there: (method, path, operation)."""
    there = openapi.routes()
    return [(m, p, o) for m, p, o in openapi.operations() if (m, p) in there]


def kind_of(path):
    """The kind of the {id} in a path, or None. A {name} is everybody's."""
    if "{id}" not in path:
        return None
    return KINDS[path[: path.index("{")]]


def complete(path, operation):
    """The address with the parameters that it must have."""
    missing = [
        f"{p['name']}={MISSING}"
        for p in map(openapi.resolve, operation.get("parameters", ()))
        if p["in"] == "query" and p.get("required")
    ]
    if not missing:
        return path
    return f"{path}{'&' if '?' in path else '?'}{'&'.join(missing)}"


def example(operation):
    """A body that must be taken: the document's first example."""
    body = openapi.resolve(operation.get("requestBody", {}))
    if not body:
        return None
    examples = body["content"]["application/json"]["examples"]
    return json.dumps(next(iter(examples.values()))["value"]).encode()


def needs_key(operation):
    return operation.get("security") != []


def plain(answer):
    """The parts by which two answers are compared."""
    return (
        answer.status,
        answer.body,
        sorted((n, v) for n, v in answer.headers if n != "Date"),
    )


class _Matrix(ApiCase):
    def setup(self):
        super().setup()
        self.keys = {r: self.service.key(self.organization, r) for r in ROLES}
        self.ids = self.things(self.organization, self.key)

    def things(self, organization, key):
        """A hook, a notification and a delivery of an organization."""
        hook = self.hook_of(key)
        answer = self.call(
            "POST",
            "/v2/notifications",
            {"action": "event.created", "resource": {}},
            key=key,
        )
        done = self.service.send("--once")
        assert done.status == 0, done
        listed = self.call("GET", f"/v2/deliveries?hook={hook}", key=key)
        return {
            "hook": hook,
            "notification": answer.json()["_id"],
            "delivery": listed.json()[0]["_id"],
        }

    def hook_of(self, key):
        """Nobody listens there, so its deliveries wait."""
        answer = self.call(
            "POST",
            "/v2/hooks",
            {"target_url": "http://127.0.0.1:1/", "action": "event.created"},
            key=key,
        )
        assert answer.status == 201, answer
        return answer.json()["_id"]

    def scheduled(self):
        """A notification, new each time, for it may be cancelled; by its
        replace_key, too, as complete() makes it."""
        answer = self.call(
            "POST",
            "/v2/notifications",
            {
                "action": "event.created",
                "resource": {},
                "deliver_at": f"{time.gmtime().tm_year + 1}-01-01",
                "replace_key": MISSING,
            },
        )
        assert answer.status == 202, answer
        return answer.json()["_id"]

    def action(self):
        """One of the organization's own."""
        answer = self.call("PUT", f"/v2/actions/{ACTION}", {})
        assert answer.status in (200, 201), answer
        return ACTION

    def address(self, path, ids=None):
        """The path with a real id; a hook is a new one each time, for it may
        be deleted."""
        kind = kind_of(path)
        if path.startswith("/v2/notifications") and ids is None:
            return path.replace("{id}", self.scheduled())
        if "{name}" in path:
            return path.replace("{name}", ACTION if ids else self.action())
        if kind is None:
            return path
        fresh = kind == "hook" and ids is None
        found = self.hook_of(self.key) if fresh else (ids or self.ids)[kind]
        return path.replace("{id}", found)

    def ask(self, method, path, operation, key, **options):
        headers = [*options.pop("headers", ()), *FORWARDED]
        options.setdefault("body", example(operation))
        if self.variant == "lighttpd":
            # A GET with a body it refuses by itself, a POST without one too.
            given = options["body"]
            options["body"] = {"GET": None, "POST": given or b""}.get(
                method, given
            )
        path = complete(path, operation)
        return self.call(method, path, key=key, headers=headers, **options)


class Roles(_Matrix):
    variants = ("lighttpd",)

    def test_without_a_key_that_is_good(self):
        revoked = self.service.organization("Revoked")
        key = self.service.key(revoked)
        line = self.service.admin("key", "list", revoked)
        self.service.admin("key", "revoke", line.split("\t")[0])
        for method, path, operation in operations():
            address = self.address(path, self.ids)
            for bad in (
                None,
                key,
                self.key[:-1],
                self.key + "x",
                " ",
                "Bearer",
                "Bearer Bearer " + self.key,
                self.key + " x",
            ):
                answer = self.ask(method, address, operation, bad)
                want = 401 if needs_key(operation) else 200
                assert answer.status == want, (method, path, bad, answer)

    def test_each_role(self):
        for method, path, operation in operations():
            if not needs_key(operation):
                continue
            for role in ROLES:
                answer = self.ask(
                    method, self.address(path), operation, self.keys[role]
                )
                may = role in operation["x-roles"]
                ok = answer.status < 300 if may else answer.status == 403
                assert ok, (method, path, role, answer)

    def test_the_role_that_belongs_to_no_organization(self):
        """Whatever `manage` may, if the organization is named."""
        admin = self.service.admin_key()
        for method, path, operation in operations():
            if not needs_key(operation):
                continue
            address = self.address(path)
            of_one = "manage" in operation["x-roles"]
            plain_answer = self.ask(method, address, operation, admin)
            ok = plain_answer.status == (400 if of_one else 200)
            assert ok, (method, path, plain_answer)
            if not of_one:
                continue
            for organization, want in (
                (self.organization, None),
                (no_such_id(), 404),
                ("x", 404),
                ("", 404),
            ):
                query = f"{address}?organization={organization}"
                answer = self.ask(method, query, operation, admin)
                ok = answer.status == want if want else answer.status < 300
                assert ok, (method, query, answer)
            answer = self.ask(method, query, operation, self.key)
            assert answer.status == 400, (method, query, answer)

    def test_a_role_is_judged_before_anything_is_looked_up(self):
        for method, path, operation in operations():
            if kind_of(path) is None:
                continue
            for role in set(ROLES) - set(operation["x-roles"]):
                there, never = (
                    self.ask(
                        method,
                        path.replace("{id}", found),
                        operation,
                        self.keys[role],
                        body=b"{",
                    )
                    for found in (self.ids[kind_of(path)], no_such_id())
                )
                assert there.status == 403, (method, path, role, there)
                assert plain(there) == plain(never), (there, never)


class Tenants(_Matrix):
    """Ids of another organization get the answers of unknown ids, exactly."""

    variants = ("lighttpd",)

    def setup(self):
        super().setup()
        other = self.service.organization("Other")
        self.stranger = self.service.key(other)
        self.theirs = self.things(other, self.stranger)

    def same(self, method, operation, theirs, never, want=(404,), **options):
        answers = [
            self.ask(method, address, operation, self.key, **options)
            for address in (theirs, never)
        ]
        assert answers[0].status in want, (method, theirs, answers[0])
        assert plain(answers[0]) == plain(answers[1]), answers

    def test_ids_of_paths(self):
        for method, path, operation in operations():
            if kind_of(path) is None:
                continue
            never = path.replace("{id}", no_such_id())
            for name, theirs in self.theirs.items():
                address = path.replace("{id}", theirs)
                self.same(method, operation, address, never)
                self.same(
                    method,
                    operation,
                    address,
                    never,
                    (404, 400, 415),
                    body=b"{",
                )
                self.same(
                    method,
                    operation,
                    address,
                    never,
                    headers=[("If-Match", "*"), ("If-None-Match", "*")],
                )
                if name != kind_of(path):
                    self.same(
                        method,
                        operation,
                        path.replace("{id}", self.ids[name]),
                        never,
                    )

    def test_ids_of_another_form(self):
        for method, path, operation in operations():
            if kind_of(path) is None:
                continue
            never = path.replace("{id}", no_such_id())
            for text in (
                "x",
                "0" * 23,
                "0" * 25,
                "g" * 24,
                "*",
                "%27",
                "0" * 24,
                "f" * 24,
                "-1",
                "%20" + "0" * 24,
            ):
                self.same(method, operation, path.replace("{id}", text), never)

    def test_ids_of_queries(self):
        for method, path, operation in operations():
            names = {
                p["name"]
                for p in openapi.parameters(path, operation)
                if p["in"] == "query"
            }
            for name in names - PLAIN:
                kind = CURSORS.get(path) if name == "after" else name
                never = f"{path}?{name}={no_such_id()}"
                for text in (*self.theirs.values(), "x", "", "0" * 24):
                    self.same(method, operation, f"{path}?{name}={text}", never)
                mine = self.ask(
                    method,
                    f"{path}?{name}={self.ids[kind]}",
                    operation,
                    self.key,
                )
                assert mine.status == 200, (path, name, mine)

    def test_ids_of_bodies(self):
        organization = self.service.organization("Third")
        hook = f"/v2/hooks/{self.hook_of(self.key)}"
        rows = [
            ("PUT", hook, {"organization": organization}),
            ("PUT", hook, {"_id": self.theirs["hook"]}),
            (
                "POST",
                "/v2/notifications",
                {
                    "action": "event.created",
                    "resource": {},
                    "organization": organization,
                },
            ),
        ]
        for method, path, body in rows:
            member = "_id" if "_id" in body else "organization"
            answers = [
                self.call(method, path, {**body, member: value})
                for value in (body[member], no_such_id())
            ]
            assert answers[0].status == 400, answers
            assert plain(answers[0]) == plain(answers[1]), answers

    def test_idempotency_keys(self):
        """Another body under another organization's key is no conflict."""
        found = []
        for key, n in ((self.stranger, 1), (self.key, 2)):
            answer = self.call(
                "POST",
                "/v2/notifications",
                {"action": "event.created", "resource": {"n": n}},
                key=key,
                headers=[("Idempotency-Key", f"shared {self.variant}")],
            )
            assert answer.status == 202, answer
            found.append(answer.json()["_id"])
        assert found[0] != found[1]

    def test_lists_hold_only_ones_own(self):
        for path, kind in CURSORS.items():
            listed = {
                row["_id"]
                for row in self.good(200, "GET", f"{path}?limit=1000")
            }
            assert self.ids[kind] in listed, path
            assert not listed & set(self.theirs.values()), path


class Anything(_Matrix):
    """Requests that every route must withstand."""

    def setup(self):
        super().setup()
        self.admin_key = self.service.admin_key()

    def key_for(self, operation):
        """One whose role may do it."""
        only = operation.get("x-roles") == ["admin"]
        return self.admin_key if only else self.key

    def every(self, want, **options):
        for method, path, operation in operations():
            if (
                method == "GET"
                and self.variant == "lighttpd"
                and "body" in options
            ):
                continue
            answer = self.ask(
                method,
                self.address(path, self.ids) + options.get("query", ""),
                operation,
                self.key_for(operation),
                **{n: v for n, v in options.items() if n != "query"},
            )
            assert answer.status == want, (method, path, answer)

    def test_queries_that_cannot_be_read(self):
        for query in ("?%zz", "?a=1&a=2", "?%", "?colour=1", "?Limit=1"):
            self.every(400, query=query)
        for query in ("?x=%00", "?x=%ff", "?x=%c0%af", "?x=%ed%a0%80"):
            if self.variant != "lighttpd":  # which answers 400 by itself
                self.every(400, query=query)

    def test_a_body_too_long(self):
        self.every(413, body=b" " * 130000)

    def test_a_slash_at_the_end(self):
        for method, path, operation in operations():
            answer = self.ask(
                method,
                self.address(path) + "/",
                operation,
                self.key_for(operation),
            )
            assert answer.status < 300, (method, path, answer)

    def test_another_kind_of_body(self):
        for method, path, operation in operations():
            if "415" not in operation["responses"]:
                continue
            answer = self.ask(
                method,
                self.address(path),
                operation,
                self.key,
                body=b"a=1",
                headers=[("Content-Type", "text/plain")],
            )
            assert answer.status == 415, (method, path, answer)
            for body in (b"{", b"[]", b'{"x": 1}', b"{}\0", b'{"x":1,"x":1}'):
                answer = self.ask(
                    method, self.address(path), operation, self.key, body=body
                )
                assert answer.status == 400, (method, path, body, answer)


class Methods(_Matrix):
    def paths(self):
        """Each path with the methods it takes."""
        found = {}
        for method, path, _ in operations():
            found.setdefault(path, set()).add(method)
        for path, methods in found.items():
            more = {"HEAD"} if "GET" in methods else set()
            more |= {"PATCH"} if "PUT" in methods else set()
            yield self.address(path, self.ids), methods | more | {"OPTIONS"}

    def allowed(self, answer):
        return set(answer.header("Allow").split(", "))

    def test_options(self):
        for path, methods in self.paths():
            for key in (None, self.key):
                answer = self.call("OPTIONS", path, key=key)
                assert answer.status == 204, (path, answer)
                assert self.allowed(answer) == methods, (path, answer)

    def test_methods_that_it_does_not_take(self):
        for path, methods in self.paths():
            for method in (
                "GET",
                "POST",
                "PUT",
                "DELETE",
                "PATCH",
                "PROPFIND",
                "LOCK",
            ):
                if method in methods:
                    continue
                body = b"" if method in ("POST", "PUT", "PATCH") else None
                answer = self.call(method, path, body, key=None)
                assert answer.status == 405, (method, path, answer)
                assert self.allowed(answer) == methods, (path, answer)

    def test_head_is_get_without_a_body(self):
        for path, methods in self.paths():
            if "GET" not in methods or path == "/v2/run":
                continue
            got, head = (self.call(m, path) for m in ("GET", "HEAD"))
            assert (head.status, head.body) == (got.status, b""), (path, head)
            for name in ("Content-Type", "ETag", "Cache-Control"):
                assert head.header(name) == got.header(name), (path, head)


class Forms(_Matrix):
    """POST to the address and the method's name: with the same roles, and the
    same walls between organizations."""

    def test_wherever_there_is_put_or_delete(self):
        other = self.service.organization("Other")
        theirs = self.things(other, self.service.key(other))
        rows = [r for r in operations() if r[0] in ("PUT", "DELETE")]
        assert rows
        for method, path, operation in rows:
            form = f"/{method.lower()}"
            body = example(operation) or b""
            for role in ROLES:
                may = role in operation["x-roles"]
                answer = self.call(
                    "POST",
                    complete(self.address(path) + form, operation),
                    body,
                    key=self.keys[role],
                )
                ok = answer.status < 300 if may else answer.status == 403
                assert ok, (method, path, role, answer)
            address = complete(self.address(path, theirs) + form, operation)
            if "{id}" in path:
                answer = self.call("POST", address, body)
                assert answer.status == 404, (method, path, answer)
            answer = self.call("POST", address, body, key=None)
            assert answer.status == 401, (method, path, answer)


class Broken(_Matrix):
    """The answers of every route when the service cannot work."""

    variants = ("cgi",)

    def setup(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.ids = self.things(self.organization, self.key)

    def all_at_once(self, want):
        """Each of them, answered within 5 s."""

        def one(row):
            method, path, operation = row
            start = time.monotonic()
            answer = self.ask(
                method, self.address(path, self.ids), operation, self.key
            )
            return method, path, answer, time.monotonic() - start

        rows = [
            row
            for row in operations()
            if needs_key(row[2]) or row[1] == "/healthz"
        ]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for method, path, answer, took in pool.map(one, rows):
                assert answer.status == want, (method, path, answer)
                assert took < 5, (method, path, took)

    def test_no_configuration(self):
        path = self.service.config(service.API)
        right = path.read_text()
        path.write_text("[api]\nmax_bdoy = 1k\n")
        try:
            for method, path_, operation in operations():
                answer = self.ask(
                    method, self.address(path_, self.ids), operation, self.key
                )
                assert answer.status == 503, (method, path_, answer)
            assert self.call("GET", "/v2/nothing").status == 503
        finally:
            path.write_text(right)

    def test_the_database_is_away(self):
        self.service.db.stop()
        try:
            self.all_at_once(503)
        finally:
            self.service.db.start()

    def test_the_database_accepts_and_hangs(self):
        database = self.service.db.child
        database.send_signal(signal.SIGSTOP)
        try:
            self.all_at_once(503)
        finally:
            database.send_signal(signal.SIGCONT)

    def test_the_tables_are_not_ours(self):
        self.service.db.sql(
            "RENAME TABLE vh_api_keys TO gone; CREATE TABLE vh_api_keys (x INT)"
        )
        try:
            for method, path, operation in operations():
                if needs_key(operation):
                    answer = self.ask(
                        method,
                        self.address(path, self.ids),
                        operation,
                        self.key,
                    )
                    assert answer.status == 500, (method, path, answer)
        finally:
            self.service.db.sql(
                "DROP TABLE vh_api_keys; RENAME TABLE gone TO vh_api_keys"
            )


tap.main()
