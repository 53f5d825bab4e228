# SPDX-License-Identifier: MIT
"""
Bodies that come without a length, in pieces, coded, or not at all, through
every door, Apache's plain CGI included: half of one is never taken.
"""

import gzip
import json
import socket

import doors
import tap
from apicase import ApiCase

HOOKS, PATH = "/v2/hooks", "/v2/notifications"
EVENT = {"action": "event.created", "resource": {"title": "Demo"}}


class Chunked(ApiCase):
    variants = ("shared-cgi", "shared-hosting", "apache-proxy", *doors.ALL)

    def secrets(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_hook_secrets WHERE hook_id = "
                "(SELECT MAX(id) FROM vh_hooks)"
            )
        )

    def test_members_are_read(self):
        path = f"{HOOKS}/{self.hook()['_id']}"
        self.good(202, "POST", PATH, EVENT, chunked=True)
        self.good(
            200,
            "POST",
            f"{path}/secret/rotate",
            {"overlap": "0s"},
            chunked=True,
        )
        assert self.secrets() == 1
        for rest in ("ping", "enable", "secret/rotate"):
            found = self.pointers(
                "POST", f"{path}/{rest}", {"nonsense": 1}, chunked=True
            )
            assert found == ["/nonsense"], found
        assert self.secrets() == 1

    def test_the_limit_holds(self):
        for size in (120 * 1024 + 1, 130000, 400000):
            if self.variant == "shared-hosting" and size > 131072:
                continue  # mod_fcgid's own limit, which answers itself
            self.problem(413, "POST", PATH, b" " * size, chunked=True)
        padding = b" " * (120 * 1024 - len(json.dumps(EVENT)))
        body = json.dumps(EVENT).encode() + padding
        self.good(202, "POST", PATH, body, chunked=True)


class CutOff(ApiCase):
    """A client that goes away in the middle has asked for nothing."""

    variants = ("shared-cgi", "shared-hosting", "apache-proxy", "lighttpd")

    def cut(self, path, *parts):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: {self.key}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.door.port), 20) as s:
            for part in (head.encode(), *parts):
                s.sendall(part)
            s.shutdown(socket.SHUT_WR)
            try:
                while s.recv(4096):
                    pass
            except ConnectionError:
                pass

    def test_nothing_is_done(self):
        hook = self.hook()
        path = f"{HOOKS}/{hook['_id']}/secret"
        before = self.good(200, "GET", path)
        body = b'{"overlap":"0s"}'
        for parts in (
            [],
            [b"10\r\n"],
            [b"10\r\n" + body[:9]],
            [b"9\r\n" + body[:9] + b"\r\n"],
        ):
            self.cut(f"{path}/rotate", *parts)
        assert self.good(200, "GET", path) == before


class Coded(ApiCase):
    def test_a_content_encoding_is_refused(self):
        body = gzip.compress(json.dumps(EVENT).encode())
        path = f"{HOOKS}/{self.hook()['_id']}"
        rows = (("POST", PATH), ("PUT", path), ("POST", f"{path}/ping"))
        for method, target in rows:
            for coding in ("gzip", "br", "deflate, gzip"):
                self.problem(
                    415,
                    method,
                    target,
                    body,
                    headers=[("Content-Encoding", coding)],
                )


class Utf16(ApiCase):
    def test_it_is_no_json(self):
        body = json.dumps(EVENT)
        for coding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
            for kind in (
                "application/json",
                f"application/json;charset={coding}",
            ):
                self.problem(
                    400,
                    "POST",
                    PATH,
                    body.encode(coding),
                    headers=[("Content-Type", kind)],
                )
        assert self.good(200, "GET", PATH) == []


class Empty(ApiCase):
    """Without a length it could be one that was cut off."""

    variants = ("cgi",)

    def test_an_empty_body_needs_a_length(self):
        path = f"{HOOKS}/{self.hook()['_id']}/ping"
        self.problem(400, "POST", path, b"", chunked=True)
        self.good(202, "POST", path, b"")


tap.main()
