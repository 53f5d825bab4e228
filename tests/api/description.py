# SPDX-License-Identifier: MIT
"""openapi.yaml: as it is served, and against the table of routes."""

import json
import os
import subprocess

import doors
import openapi
import processes
import rawhttp
import service
import tap
import where
from apicase import ApiCase

PATHS = ("/v2/openapi.yaml", "/v2/openapi.json")
READ = {
    "/v2/openapi.yaml": openapi.yaml.safe_load,
    "/v2/openapi.json": json.loads,
}
ROLES = {
    "READ": ["read", "publish", "manage", "admin"],
    "PUBLISH": ["publish", "manage", "admin"],
    "MANAGE": ["manage", "admin"],
    "RUN": ["manage", "run", "admin"],
    "ANYBODY": None,
    "ADMIN | NEAR": ["admin"],
}


class Routes(tap.Case):
    def setup(self):
        self.documented = {(m, p): o for m, p, o in openapi.operations()}

    def test_every_route_is_described(self):
        missing = sorted(set(openapi.routes()) - set(self.documented))
        assert not missing, missing

    def test_nothing_is_described_that_is_not_there(self):
        more = sorted(set(self.documented) - set(openapi.routes()))
        assert not more, more

    def test_with_its_roles(self):
        for route, (roles, _) in openapi.routes().items():
            described = self.documented[route].get("x-roles")
            assert described == ROLES[roles], (route, roles, described)
            security = self.documented[route].get("security")
            assert (security == []) == (roles == "ANYBODY"), route
            assert ({} in (security or ())) == ("NEAR" in roles), route

    def test_with_its_parameters(self):
        for route, (roles, names) in openapi.routes().items():
            if "manage" in (ROLES[roles] or ()):
                names = [*names, "organization"]
            described = {
                p["name"]
                for p in openapi.parameters(route[1], self.documented[route])
                if p["in"] == "query"
            }
            assert described == set(names), (route, described, names)


class Lint(tap.Case):
    """Every rule that the linter recommends, warnings counted as errors."""

    def problems(self, path):
        done = subprocess.run(
            [
                where.node_file(".bin/redocly"),
                "lint",
                "--format=json",
                "--extends=recommended-strict",
                path,
            ],
            capture_output=True,
            check=False,
            env=dict(
                os.environ,
                REDOCLY_TELEMETRY="off",
                REDOCLY_SUPPRESS_UPDATE_NOTICE="true",
            ),
        )
        found = json.loads(done.stdout)["problems"]
        assert (done.returncode == 0) == (not found), done
        return [
            f"{p['ruleId']}: {p['message']} {p['location'][0].get('pointer')}"
            for p in found
        ]

    def test_it_finds_no_fault(self):
        problems = self.problems(openapi.SOURCE)
        assert not problems, "\n".join(problems)

    def test_it_finds_a_planted_fault(self):
        folder = processes.Folder()
        try:
            path = folder / "openapi.yaml"
            path.write_text(
                openapi.SOURCE.read_text().replace(
                    "operationId: getHook\n", "operationId: listHooks\n"
                )
            )
            assert self.problems(path)
        finally:
            folder.close()


class Checker(tap.Case):
    """lib/openapi.py must accept a good answer and find the fault in each of
    the bad ones."""

    HOOK = {
        "_id": "60af526954e6605aae0dad5a",
        "target_url": "https://x.com/",
        "action": "*",
        "scope": "organization",
        "organization": "60af5269459aad001d0cb565",
        "updatedAt": "2021-05-27T08:03:53.775Z",
        "createdAt": "2021-05-27T08:03:53.775Z",
        "__v": 0,
        "enabled": True,
        "description": "",
        "headers": {},
        "batch_size": 1,
        "rate_limit": 0,
        "ordered": False,
        "state": {
            "is": "healthy",
            "since": None,
            "until": None,
            "reason": None,
            "delivery": None,
        },
    }
    HEADERS = {
        "Content-Type": "application/json",
        "ETag": '"1.0123456789abcdef"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    PATH = "/v2/hooks/60af526954e6605aae0dad5a"

    def check(
        self,
        method="GET",
        path=PATH,
        status=200,
        headers=None,
        body=None,
        **members,
    ):
        headers = {**self.HEADERS, **(headers or {})}
        if body is None:
            body = json.dumps({**self.HOOK, **members}).encode()
        openapi.check(
            method,
            path,
            None,
            rawhttp.Response(
                status, [(n, v) for n, v in headers.items() if v], body
            ),
        )

    def refused(self, **options):
        try:
            self.check(**options)
        except (openapi.Drift, ValueError):
            return
        raise AssertionError(f"not seen: {options}")

    def test_a_good_one(self):
        self.check()
        self.check(method="HEAD", body=b"")
        self.check(path=self.PATH.replace("hooks", "%68ooks") + "/?api_key=x")
        self.check(path="/index.html", status=500, body=b"x")

    def test_bad_bodies(self):
        self.refused(more=1)
        self.refused(__v=1)
        self.refused(ordered=None)
        self.refused(createdAt="2021-05-27T08:03:53Z")
        self.refused(body=b"{}")
        self.refused(body=b"")
        self.refused(body=json.dumps(self.HOOK).encode() + b"x")
        self.refused(body=b'{"_id": 1,' + json.dumps(self.HOOK).encode()[1:])
        self.refused(method="HEAD")

    def test_bad_headers(self):
        self.refused(headers={"ETag": None})
        self.refused(headers={"ETag": "1f"})
        self.refused(headers={"Content-Type": "text/plain"})
        self.refused(headers={"Content-Type": None})
        self.refused(headers={"Cache-Control": None})
        self.refused(headers={"Cache-Control": "no-store"})
        self.refused(headers={"X-Content-Type-Options": None})
        self.refused(headers={"Location": "/v2/hooks"})

    def test_statuses_paths_and_methods_that_are_not_described(self):
        self.refused(status=202)
        self.refused(path="/v2/hook/60af526954e6605aae0dad5a")
        self.refused(method="LOCK")
        self.refused(method="DELETE")

    def test_problems_name_their_status(self):
        problem = {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "x",
        }
        options = {
            "status": 404,
            "headers": {
                "ETag": None,
                "Cache-Control": "no-store",
                "Content-Type": "application/problem+json",
            },
        }
        self.check(body=json.dumps(problem).encode(), **options)
        for change in (
            {"status": 400},
            {"title": "Gone"},
            {"detail": ""},
            {"errors": []},
        ):
            self.refused(
                body=json.dumps({**problem, **change}).encode(), **options
            )

    def test_every_parameter_taken_is_described(self):
        for target, body in (("?colour=1", b""), ("", b'{"x": 1}')):
            try:
                openapi.check(
                    "POST",
                    f"{self.PATH}/enable{target}",
                    body,
                    rawhttp.Response(
                        200,
                        self.HEADERS.items(),
                        json.dumps(self.HOOK).encode(),
                    ),
                )
            except openapi.Drift:
                continue
            raise AssertionError(f"not seen: {target} {body}")


class Served(ApiCase):
    def fetch(self, path, **options):
        answer = self.call("GET", path, key=None, **options)
        assert answer.status == 200, answer
        return answer

    def test_both_are_the_document(self):
        written = openapi.load()
        for path in PATHS:
            assert READ[path](self.fetch(path).body) == written, path

    def test_kinds(self):
        for path, kind in zip(PATHS, ("application/yaml", "application/json")):
            found = self.fetch(path).header("Content-Type").split(";")[0]
            assert found == kind, found

    def test_asked_again(self):
        for path in PATHS:
            first = self.fetch(path)
            assert first.header("Cache-Control") == "private, no-cache"
            again = self.call(
                "GET",
                path,
                key=None,
                headers=[("If-None-Match", first.header("ETag"))],
            )
            assert again.status == 304 and again.body == b"", again
            assert again.header("ETag") == first.header("ETag"), again
            self.fetch(path, headers=[("If-None-Match", '"other"')])

    def test_head(self):
        for path in PATHS:
            head = self.call("HEAD", path, key=None)
            assert head.status == 200 and head.body == b"", head
            assert head.header("ETag") == self.fetch(path).header("ETag")


class Below(ApiCase):
    """With a base path, which `servers` must name."""

    variants = ("cgi", "lighttpd")
    base = "/a/booking"

    def setup(self):
        self.service = service.Service({"api": {"base_path": self.base}})
        tap.at_end(self.service.close)
        self.door = doors.enter(self.variant, self.service, self.base)

    def test_servers(self):
        want = dict(openapi.load())
        want["servers"] = [dict(want["servers"][0], url=self.base)]
        for path in PATHS:
            answer = self.call("GET", self.base + path, key=None)
            assert READ[path](answer.body) == want, path


tap.main()
