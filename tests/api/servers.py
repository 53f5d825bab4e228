# SPDX-License-Identifier: MIT
"""
The sample configurations of every web server: the dashboard with its headers,
the API beside it, at the root of a site and below a path.
"""

import re
import shutil
from unittest import mock

import doors
import service
import tap
import where
from apicase import PROBLEM, ApiCase

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
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
        answer = self.door.request("GET", f"{self.base}/")
        self.check_headers(answer)
        # And says so itself, where a server cannot; but browsers do not heed
        # there who may frame it.
        content = POLICY.replace("frame-ancestors 'none'; ", "")
        assert (
            '<meta http-equiv="Content-Security-Policy" '
            f'content="{content}">' in answer.body.decode()
        ), answer

    def test_each_file_has_its_type(self):
        for name, kind in (
            ("", "text/html"),
            ("app.js", "text/javascript"),
            ("vendor/preact.js", "text/javascript"),
            ("style.css", "text/css"),
            ("icon.svg", "image/svg+xml"),
        ):
            answer = self.door.request("GET", f"{self.base}/{name}")
            assert answer.status == 200, answer
            found = answer.header("Content-Type") or ""
            assert found.split(";")[0] == kind, (name, found)
            self.check_headers(answer)

    def check_headers(self, answer):
        assert answer.header("Content-Security-Policy") == POLICY, answer
        assert answer.header("X-Content-Type-Options") == "nosniff", answer
        assert answer.header("Referrer-Policy") == "no-referrer", answer
        assert answer.header("Cache-Control") == "no-cache", answer
        # It would bind the whole host: an operator decides.
        assert answer.header("Strict-Transport-Security") is None, answer

    def test_the_key_in_the_header_arrives(self):
        path = f"{self.base}/v2/auth/test"
        assert self.good(200, "GET", path)["_id"] == self.organization
        self.problem(401, "GET", path, key=None)

    def test_a_hook_and_its_location(self):
        answer = self.call(
            "POST",
            f"{self.base}/v2/hooks",
            {"target_url": "https://www.toto.com/", "action": "*"},
        )
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


class HttpsOnly(ApiCase):
    """The line that an operator uncomments."""

    variants = SERVERS
    _SAMPLE = {
        "lighttpd": "lighttpd.conf",
        "apache": "apache-mod_fcgid.conf",
        "apache-proxy": "apache-mod_proxy_fcgi.conf",
        "shared-hosting": "htaccess",
    }

    def setup(self):
        self.service = _service_at("")
        examples = self.service.folder / f"examples-{self.variant}"
        shutil.copytree(where.EXAMPLES, examples)
        sample = examples / self._SAMPLE[self.variant]
        text, count = re.subn(
            r"^(\s*)#(.*Strict-Transport-Security)",
            r"\1\2",
            sample.read_text(),
            flags=re.M,
        )
        assert count == 1, text
        sample.write_text(text)
        with mock.patch.object(where, "EXAMPLES", examples):
            self.door = doors.enter(self.variant, self.service, "/https")

    def test_browsers_are_told(self):
        answer = self.door.request("GET", "/https/probe.html")
        assert answer.status == 200, answer
        found = answer.header("Strict-Transport-Security")
        assert found == "max-age=31536000", answer
        assert answer.header("Cache-Control") == "no-cache", answer


class Words(ApiCase):
    """A query without a = comes to a CGI program as its arguments, too."""

    variants = ("shared-cgi",)

    def test_they_are_no_arguments(self):
        for query in ("_-c+/etc/passwd", "_--help", "_+-x"):
            assert self.good(200, "GET", f"/v2/hooks?{query}") == []


class Limit(ApiCase):
    """lighttpd keeps a body until it is complete, so it has a limit of its
    own: server.max-request-size. Others pass bodies on, and what comes after
    ours has answered is not kept."""

    variants = ("lighttpd",)

    def announce(self, size):
        """The head of a request, whose body does not come."""
        head = (
            "POST /v2/notifications HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: {self.key}\r\nConnection: close\r\n"
            f"Content-Length: {size}\r\n\r\n"
        )
        return self.door.raw(head.encode(), "POST")

    def test_a_body_over_a_mebibyte(self):
        answer = self.announce(1024 * 1024 + 1)
        assert answer.status == 413, answer
        assert PROBLEM not in answer.header("Content-Type"), answer

    def test_a_body_below_it_is_ours_to_refuse(self):
        body = b" " * (1024 * 1024)
        self.problem(413, "POST", "/v2/notifications", body)


class Path(_Sample):
    base = "/booking"


class Addresses(ApiCase):
    """The addresses in an answer lead to the things they name, also below a
    path."""

    variants = ("cgi", *SERVERS)
    base = "/booking"

    def setup(self):
        self.service = _service_at(self.base)
        self.door = doors.enter(self.variant, self.service, self.base)
        self.organization = self.service.organization("Demo")
        self.key = self.service.key(self.organization)
        self.hooks = f"{self.base}/v2/hooks"

    def create(self, slash=""):
        answer = self.call(
            "POST",
            f"{self.hooks}{slash}",
            {"target_url": "https://www.toto.com/", "action": "*"},
        )
        assert answer.status == 201, answer
        return answer

    def test_location(self):
        for slash in ("", "/"):
            answer = self.create(slash)
            where = answer.header("Location")
            # Apache may put its name in front.
            assert where.endswith(f"{self.hooks}/{answer.json()['_id']}")
            path = where[where.index(self.base) :]
            for end in ("", "/"):
                assert self.good(200, "GET", path + end) == answer.json()

    def test_link(self):
        ids = [self.create().json()["_id"] for _ in range(3)]
        seen, target = [], f"{self.hooks}/?limit=2&api_key={self.key}"
        while target:
            answer = self.call("GET", target)
            assert answer.status == 200, (target, answer)
            seen += [hook["_id"] for hook in answer.json()]
            link = answer.header("Link")
            assert not link or self.key not in link, link
            assert not link or link.startswith(f"<{self.hooks}?limit=2&")
            target = link[1 : link.index(">")] if link else None
        assert seen[-3:] == ids, (seen, ids)

    def test_slashes_at_the_end(self):
        for path in (
            "/healthz",
            "/healthz/",
            "/v2/hooks/",
            "/v2/actions/",
            "/v2/auth/test/",
        ):
            answer = self.call("GET", self.base + path)
            assert answer.status == 200, (path, answer)

    def test_only_below_the_base(self):
        for path in (
            "/v2/hooks",
            f"{self.base}x/v2/hooks",
            "/Booking/v2/hooks",
            f"{self.base}{self.base}/v2/hooks",
            "/x/v2/hooks",
        ):
            answer = self.door.exchange(
                "GET", path, [("Authorization", self.key)]
            )
            assert answer.status == 404, (path, answer)
            assert b"_id" not in answer.body, (path, answer)

    def test_the_base_in_other_letters(self):
        """Coded ones are the same; a server may not look for the API there."""
        answer = self.door.exchange(
            "GET", "/%62ooking/v2/hooks", [("Authorization", self.key)]
        )
        assert answer.status in (200, 404), answer

    def test_what_is_not_there_is_said_by_us(self):
        for path in ("/v2", "/v2/", "/v2/nothing", "/v2//hooks"):
            problem = self.problem(404, "GET", self.base + path)
            assert problem["title"] == "Not Found", problem


tap.main()
