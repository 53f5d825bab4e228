# SPDX-License-Identifier: MIT
"""
What clients may send to a web server, byte for byte, in front of every door:
header names in disguise, lengths that lie, bodies that end early, methods and
paths of every kind. Some of it a server answers by itself; then it must be a
refusal, and nothing may have happened.
"""

import http.client
import socket

import rawhttp
import tap
from apicase import ApiCase

DOORS = ("lighttpd", "apache", "apache-proxy", "shared-hosting")
PATH = "/v2/notifications"
BODY = b'{"action":"event.created","resource":{"n":1}}'


SERVER_MAX = 1024 * 1024  # in the samples


class _Wire(ApiCase):
    variants = DOORS

    def published(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM vh_notifications WHERE organization = "
                f"UNHEX('{self.organization}')"
            )
        )

    def head(self, *lines, method="POST", path=PATH):
        """A request up to its body."""
        return "\r\n".join(
            [
                f"{method} {path} HTTP/1.1",
                "Host: 127.0.0.1",
                "Connection: close",
                f"Authorization: {self.key}",
                *lines,
                "",
                "",
            ]
        ).encode()

    def talk(self, *parts, cut=False):
        """Sends bytes, then either waits or goes away; None: no answer."""
        with socket.create_connection(
            ("127.0.0.1", self.door.port), 20
        ) as sock:
            try:
                for part in parts:
                    sock.sendall(part)
                if cut:
                    sock.shutdown(socket.SHUT_WR)
                answer = http.client.HTTPResponse(sock, method="POST")
                answer.begin()
                return rawhttp.Response(
                    answer.status, answer.getheaders(), answer.read()
                )
            except (http.client.HTTPException, ConnectionError):
                return None

    def refused(self, *parts, statuses=(400,), **options):
        """It is refused, or not answered at all, and nothing is stored."""
        before = self.published()
        answer = self.talk(*parts, **options)
        assert answer is None or answer.status in statuses, answer
        assert self.published() == before, (parts, answer)
        return answer


class Bodies(_Wire):
    def test_waiting_for_100_continue(self):
        with socket.create_connection(
            ("127.0.0.1", self.door.port), 20
        ) as sock:
            sock.sendall(
                self.head(
                    f"Content-Length: {len(BODY)}", "Expect: 100-continue"
                )
            )
            seen = b""
            while b"\r\n\r\n" not in seen:
                part = sock.recv(1)
                assert part, seen
                seen += part
            assert seen.startswith(b"HTTP/1.1 100"), seen
            sock.sendall(BODY)
            answer = http.client.HTTPResponse(sock, method="POST")
            answer.begin()
            assert answer.status == 202, answer.read()

    def test_chunked(self):
        self.good(202, "POST", PATH, BODY, chunked=True)
        answer = self.talk(
            self.head("Transfer-Encoding: chunked"),
            b"5;x=y\r\n" + BODY[:5] + b"\r\n",
            b"%x\r\n" % (len(BODY) - 5) + BODY[5:] + b"\r\n0\r\n\r\n",
        )
        assert answer.status == 202, answer

    def test_slowly(self):
        parts = [BODY[i : i + 9] for i in range(0, len(BODY), 9)]
        answer = self.talk(self.head(f"Content-Length: {len(BODY)}"), *parts)
        assert answer.status == 202, answer

    def test_cut_off(self):
        """The bytes are valid JSON, but more were announced."""
        self.refused(
            self.head("Content-Length: 200"),
            BODY,
            cut=True,
            statuses=(400, 408, 500, 502),
        )
        self.refused(
            self.head("Transfer-Encoding: chunked"),
            b"%x\r\n" % len(BODY) + BODY + b"\r\n",
            cut=True,
            statuses=(400, 408, 500, 502),
        )
        self.good(202, "POST", PATH, BODY)

    def test_bad_lengths(self):
        for length in (
            "-1",
            "x",
            "1e2",
            "18446744073709551617",
            "0x10",
            "5 5",
            "4294967296999999999999",
        ):
            self.refused(
                self.head(f"Content-Length: {length}"),
                BODY,
                statuses=(400, 411, 413),
            )

    def test_two_lengths(self):
        self.refused(
            self.head(f"Content-Length: {len(BODY)}", "Content-Length: 3"), BODY
        )

    def test_unknown_codings(self):
        self.refused(
            self.head("Transfer-Encoding: gzip"), BODY, statuses=(400, 411, 501)
        )

    def test_too_long_to_count(self):
        """Far over the limit, and over what mod_fcgid takes by default."""
        for size in (122881, 131072, 131073, 3000000, 17000000):
            answer = self.talk(
                self.head(f"Content-Length: {size}"), b" " * size
            )
            if self.variant == "shared-hosting" and size > 131072:
                # mod_fcgid's own, which a .htaccess cannot move.
                assert answer.status == 500, (size, answer)
            elif size > SERVER_MAX:
                # The server's own answer, or it hangs up on the rest.
                # mod_fcgid's is a 500 when reading took too long.
                own = (413, 500) if self.variant == "apache" else (413,)
                assert answer is None or answer.status in own, (size, answer)
            else:
                assert answer.status == answer.json()["status"] == 413, (
                    size,
                    answer,
                )


class OldClient(_Wire):
    """HTTP/1.0: no Host, no chunks, and the connection ends with the
    answer."""

    def old(self, method, path, *lines, body=b""):
        head = "\r\n".join(
            [
                f"{method} {path} HTTP/1.0",
                f"Authorization: {self.key}",
                *lines,
                "",
                "",
            ]
        )
        answer = self.talk(head.encode() + body)
        assert answer.header("Transfer-Encoding") is None, answer
        return answer

    def test_publishing(self):
        before = self.published()
        answer = self.old(
            "POST", PATH, f"Content-Length: {len(BODY)}", body=BODY
        )
        assert answer.status == 202, answer
        assert self.published() == before + 1

    def test_reading(self):
        self.good(202, "POST", PATH, BODY)
        answer = self.old("GET", PATH)
        assert answer.status == 200, answer
        assert len(answer.json()) == self.published(), answer

    def test_without_a_key(self):
        answer = self.old("GET", "/healthz")
        assert answer.status == 200, answer


class Headers(_Wire):
    def test_accept_is_not_looked_at(self):
        for name, value in (
            ("Accept", "text/html"),
            ("Accept", "image/png"),
            ("Accept", "application/json;q=0"),
            ("Accept-Encoding", "identity;q=0"),
            ("Accept-Charset", "latin-1"),
            ("Accept-Language", "tlh"),
        ):
            self.good(200, "GET", "/v2/hooks", headers=[(name, value)])
            self.problem(404, "GET", "/v2/nothing", headers=[(name, value)])

    def test_a_header_twice(self):
        """Never is one of two chosen."""
        for lines in (
            ("Idempotency-Key: a", "Idempotency-Key: b"),
            ("Idempotency-Key: a", "Idempotency_Key: b"),
            ("Idempotency_Key: a", "Idempotency-Key: b"),
            ("Content-Type: application/json", "Content-Type: text/plain"),
        ):
            before = self.published()
            answer = self.talk(
                self.head(*lines, f"Content-Length: {len(BODY)}"), BODY
            )
            if answer.status == 202:
                # Joined into one by the server, or the misspelt one dropped.
                key = self.service.db.value(
                    "SELECT idempotency_key FROM vh_idempotency_keys WHERE "
                    f"organization = UNHEX('{self.organization}') "
                    "ORDER BY created_at DESC LIMIT 1"
                )
                right = [line for line in lines if "-" in line.split(":")[0]]
                assert key in ("a, b", right[0].split(": ")[1]), (lines, key)
            else:
                assert answer.status in (400, 415), (lines, answer)
                assert self.published() == before

    def test_two_keys(self):
        other = self.service.key(self.service.organization("Other"))
        for line in (
            f"Authorization: {other}",
            f"authorization: {self.key}",
            f"Authorization: Bearer {self.key}",
        ):
            answer = self.talk(
                self.head(line, method="GET", path="/v2/auth/test")
            )
            assert answer.status in (400, 401), answer
        answer = self.talk(
            b"GET /v2/auth/test?api_key="
            + other.encode()
            + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Authorization: Bearer\r\n\r\n"
        )
        assert answer.status == 401, answer

    def test_a_key_in_another_disguise(self):
        """Headers that only look like the one."""
        for name in (
            "X-Authorization",
            "Authorization_",
            "Authorisation",
            "Proxy-Authorization",
            "Api-Key",
            "X-Key",
            "XApi-Key",
            "Redirect-Http-Authorization",
        ):
            answer = self.call(
                "GET", "/v2/hooks", key=None, headers=[(name, self.key)]
            )
            assert answer.status == 401, (name, answer)

    def test_a_key_in_the_query_once_and_in_lower_case(self):
        self.problem(
            400, "GET", f"/v2/hooks?api_key={self.key}&api_key=x", key=None
        )
        self.problem(401, "GET", f"/v2/hooks?API_KEY={self.key}", key=None)
        coded = "".join(f"%{ord(c):02x}" for c in self.key)
        self.good(200, "GET", f"/v2/hooks?api_key={coded}", key=None)


class Paths(_Wire):
    def plain(self, method, target, statuses):
        """Any answer, the server's own too."""
        answer = self.door.exchange(
            method, target, [("Authorization", self.key)]
        )
        assert answer.status in statuses, (method, target, answer)
        return answer

    def test_dots_and_slashes(self):
        hook = self.hook()["_id"]
        for path in (
            f"/v2/hooks/../hooks/{hook}",
            f"/v2/./hooks/{hook}",
            f"/v2//hooks/{hook}",
            f"/v2/hooks//{hook}",
            f"/v2/hooks%2f{hook}",
            f"/v2/hooks%2F..%2F{hook}",
            f"/v2/%2e%2e/v2/hooks/{hook}",
            f"/v2/hooks/%2e/{hook}",
            f"/v2/hooks/{hook}%2Fsecret",
            f"/v2/hooks/{hook}/.",
            f"/v2/hooks/{hook}/secret%2Frotate",
            f"/v2/hooks;/{hook}",
            f"/v2/hooks/{hook}%20",
            f"/v2/hooks/{hook}%",
            f"/v2/hooks/{hook}%00",
            f"/v2\\hooks\\{hook}",
            f"/v2/hooks/%C0%AE%C0%AE/{hook}",
            f"/V2/hooks/{hook}",
            f"/v2/hooks/{hook}.json",
        ):
            answer = self.plain("GET", path, (400, 403, 404))
            assert hook.encode() not in answer.body, (path, answer)

    def test_whole_addresses(self):
        hook = self.hook()
        path = f"http://127.0.0.1/v2/hooks/{hook['_id']}"
        assert self.good(200, "GET", path) == hook

    def test_letters_of_ids(self):
        """Both cases are the same number."""
        hook = self.hook()
        path = f"/v2/hooks/{hook['_id'].upper()}"
        answer = self.call("GET", path)
        assert answer.status in (200, 404), answer

    def test_long_addresses(self):
        for size in (1500, 7000):
            self.plain("GET", f"/v2/hooks/{'a' * size}", (403, 404))
            self.plain("GET", f"/v2/hooks?a={'a' * size}", (400,))
        for size in (20000, 100000):
            self.plain("GET", f"/v2/hooks/{'a' * size}", (400, 404, 414, 431))
        self.good(200, "GET", f"/v2/hooks?action={'a' * 900}")
        self.problem(
            400, "GET", "/v2/hooks?" + "&".join(f"a{n}=1" for n in range(33))
        )

    def test_methods_of_every_kind(self):
        for method in (
            "BREW",
            "get",
            "TRACE",
            "CONNECT",
            "GET\tX",
            "POSTX",
            "M-SEARCH",
        ):
            answer = self.plain(
                method, "/v2/hooks", (200, 400, 403, 404, 405, 501)
            )
            if answer.status == 200:  # Apache itself: the request, sent back
                assert method == "TRACE", (method, answer)
                assert b'"_id"' not in answer.body  # a key may hold _id
        for method in ("PATCH", "PROPFIND", "MKCOL"):
            body = b"" if method == "PATCH" else None
            answer = self.call(method, "/v2/hooks", body)
            assert answer.status == 405, (method, answer)


class Json(ApiCase):
    """Where a body is not JSON, by line and column; the rest is errors.py."""

    def test_positions(self):
        begin = b'{"target_url":"https://www.toto.com/",\n "action":'
        for rest, column in (
            (b"'*'}", 11),
            (b'"\\ud800"}', 12),
            (b'"\\u0000"}', 12),
            (b'"a\xff"}', 13),
            (b'"*"} x', 16),
            (b'"*","action":1}', 15),
            (b"NaN}", 11),
            (b"01}", 12),
            (b'"\x01"}', 12),
        ):
            detail = self.problem(400, "POST", "/v2/hooks", begin + rest)[
                "detail"
            ]
            assert f"line 2, column {column}:" in detail, (rest, detail)
        detail = self.problem(400, "POST", "/v2/hooks", b"[" * 33)["detail"]
        assert "line 1, column 33:" in detail, detail


class Pages(ApiCase):
    def test_the_query_comes_back_in_the_link(self):
        for _ in range(2):
            self.hook(action="*")
        target = "/v2/hooks?limit=%31&action=*&_=%C3%A9"
        link = self.call("GET", target).header("Link")
        assert link.endswith('>; rel="next"'), link
        assert "?limit=1&action=%2A&after=" in link, link


tap.main()
