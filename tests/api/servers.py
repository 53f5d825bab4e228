"""
The sample configurations of every web server: the dashboard with its headers,
the API beside it, at the root of a site and below a path.
"""

import doors
import service
import tap
from apicase import ApiCase

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; font-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
SERVERS = ("lighttpd", "apache", "apache-proxy", "shared-hosting")
_services = {}


def _service_at(base):
    if base not in _services:
        _services[base] = service.Service({"api": {"base_path": base}})
        tap.at_end(_services[base].close)
        # Something to serve, whatever the dashboard's files are called.
        page = _services[base].prefix / "share/vyte-hooks/htdocs/probe.html"
        page.write_text("<!doctype html><title>probe</title>")
        page.chmod(0o644)
    return _services[base]


class _Sample(ApiCase):
    variants = SERVERS
    base = ""

    def setup(self):
        self.service = _service_at(self.base)
        self.door = doors.enter(self.variant, self.service, self.base)
        self.organization = self.service.organization("Demo")
        self.key = self.service.key(self.organization)

    def test_dashboard_files_have_the_strict_headers(self):
        answer = self.door.request("GET", f"{self.base}/probe.html")
        assert answer.status == 200, answer
        assert b"probe" in answer.body, answer
        assert answer.header("Content-Type").startswith("text/html"), answer
        self.check_headers(answer)

    def test_the_front_page_has_them(self):
        self.check_headers(self.door.request("GET", f"{self.base}/"))

    def check_headers(self, answer):
        assert answer.header("Content-Security-Policy") == POLICY, answer
        assert answer.header("X-Content-Type-Options") == "nosniff", answer
        assert answer.header("Referrer-Policy") == "no-referrer", answer

    def test_the_key_in_the_header_arrives(self):
        path = f"{self.base}/v2/auth/test"
        assert self.good(200, "GET", path)["_id"] == self.organization
        self.problem(401, "GET", path, key=None)

    def test_a_hook_and_its_location(self):
        answer = self.call("POST", f"{self.base}/v2/hooks", {
            "target_url": "https://www.toto.com/", "action": "*"})
        assert answer.status == 201, answer
        where = answer.header("Location")
        assert f"{self.base}/v2/hooks/{answer.json()['_id']}" in where, where

    def test_health(self):
        answer = self.door.request("GET", f"{self.base}/healthz")
        assert answer.status == 200, answer

    def test_what_only_begins_alike_is_not_the_api(self):
        answer = self.call("GET", f"{self.base}/v2x")
        assert answer.status == 404, answer
        kind = answer.header("Content-Type")
        assert not kind.startswith("application/"), answer

    def test_encoded_slashes_are_not_decoded(self):
        self.problem(404, "GET", f"{self.base}/v2/hooks%2Fx")

    def test_a_body_too_long_gets_our_own_answer(self):
        self.problem(413, "POST", f"{self.base}/v2/hooks", b" " * 130000)


class Root(_Sample):
    pass


class Path(_Sample):
    base = "/booking"


tap.main()
