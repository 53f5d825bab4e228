"""openapi.yaml: as it is served, and against the table of routes."""

import json
import re

import doors
import openapi
import service
import tap
import where
from apicase import ApiCase

PATHS = ("/v2/openapi.yaml", "/v2/openapi.json")
READ = {"/v2/openapi.yaml": openapi.yaml.safe_load,
        "/v2/openapi.json": json.loads}
ROLES = {"READ": ["read", "publish", "manage"],
         "PUBLISH": ["publish", "manage"], "MANAGE": ["manage"],
         "RUN": ["manage", "run"], "ANYBODY": None}


def routes():
    """The table of route.c: (method, path as the document writes it, set)."""
    text = (where.SOURCE / "cgi-bin/route.c").read_text()
    found = re.findall(r'^\t\{"([A-Z]+)",\s+"([^"]+)",\s+(\w+),', text, re.M)
    assert len(found) > 15, found
    return {(method, re.sub(r":(\w+)", r"{\1}", path)): roles
            for method, path, roles in found}


class Routes(tap.Case):
    def setup(self):
        self.documented = {(m, p): o for m, p, o in openapi.operations(
            openapi.load())}

    def test_every_route_is_described(self):
        missing = sorted(set(routes()) - set(self.documented))
        assert not missing, missing

    def test_with_its_roles(self):
        for route, roles in routes().items():
            described = self.documented[route].get("x-roles")
            assert described == ROLES[roles], (route, roles, described)


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
        for path, kind in zip(PATHS, ("application/yaml",
                                      "application/json")):
            found = self.fetch(path).header("Content-Type").split(";")[0]
            assert found == kind, found

    def test_asked_again(self):
        for path in PATHS:
            first = self.fetch(path)
            assert first.header("Cache-Control") == "public, max-age=3600"
            again = self.call("GET", path, key=None, headers=[
                ("If-None-Match", first.header("ETag"))])
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
