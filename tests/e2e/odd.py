# SPDX-License-Identifier: MIT
"""
URLs that are written in unusual ways, which arrive as they were written, and
answers that are, which are understood where their status can be; and servers
that speak no TLS where it was expected.
"""

import json
import random

import tap
from listener import Listener
from receiver import Raw
from trial import TrialCase

_LENGTH = b"Content-Length: 4\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_CHUNKS = b"4\r\nbody\r\n0\r\n\r\n"

# What is complete: the status decides.
UNDERSTOOD = {
    "lines that end without cr": b"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody",
    "no reason": b"HTTP/1.1 200\r\n" + _LENGTH + b"\r\nbody",
    "no reason and a blank": b"HTTP/1.1 200 \r\n" + _LENGTH + b"\r\nbody",
    "http 1 0": b"HTTP/1.0 200 OK\r\n\r\nbody",
    "nothing in it": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "299": b"HTTP/1.1 299 Odd\r\n" + _LENGTH + b"\r\nbody",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "204 and a body": b"HTTP/1.1 204 X\r\n" + _LENGTH + b"\r\nbody",
    "204 in chunks": b"HTTP/1.1 204 X\r\n" + _CHUNKED + b"\r\n" + _CHUNKS,
    "bytes after the body": b"HTTP/1.1 200 OK\r\n" + _LENGTH + b"\r\nbody more",
    "one length twice": b"HTTP/1.1 200 OK\r\n" + 2 * _LENGTH + b"\r\nbody",
    "a length and chunks": b"HTTP/1.1 200 OK\r\n"
    + _LENGTH
    + _CHUNKED
    + b"\r\n"
    + _CHUNKS,
    "an extension of a chunk": b"HTTP/1.1 200 OK\r\n"
    + _CHUNKED
    + b"\r\n4;name=value\r\nbody\r\n0\r\n\r\n",
    "trailers": b"HTTP/1.1 200 OK\r\n"
    + _CHUNKED
    + b"\r\n4\r\nbody\r\n0\r\nX-A: b\r\n\r\n",
    "a header without a value": b"HTTP/1.1 200 OK\r\nX-A:\r\n\r\n",
    "100 before it": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
    + _LENGTH
    + b"\r\nbody",
    "102 before it": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"
    + _LENGTH
    + b"\r\nbody",
}
# No status line of HTTP, or a line among the headers that is none.
NOT_UNDERSTOOD = {
    "icy": b"ICY 200 OK\r\n\r\n",
    "a blank line first": b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    "a line without a colon": b"HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
    "letters for a status": b"HTTP/1.1 abc OK\r\n\r\n",
}
# What is in the hook, and what comes.
URLS = {
    "/%22a%22?q=%22b%22": None,
    "/redirect?to=https%3A%2F%2Fa.example%2F%3Fb%3Dc": None,
    '/json?q={"k":[1]}': None,
    "/percent?50%": None,
    "/plus?a+b=c%2Bd": None,
    "/semicolon;a=b?c;d": None,
    "/twice?a=1&a=2&": None,
    "?x": "/?x",
    "/fragment?y#part": "/fragment?y",
    "/double//slash": None,
    "/%2e%2E/dots": None,
}


class Answers(TrialCase):
    def setup(self):
        super().setup()
        self.paths = {}
        for name, data in {**UNDERSTOOD, **NOT_UNDERSTOOD}.items():
            self.paths[name] = f"/{len(self.paths)}."
            self.trial(self.paths[name], Raw(data))
        self.begin(2)

    def test_they_are_understood(self):
        for name in UNDERSTOOD:
            found = self.results(self.paths[name])
            assert len(found) == 2, (name, found)
            for got in found:
                assert (got.error, got.state) == (None, "delivered"), (
                    name,
                    got,
                )

    def test_they_are_failures(self):
        for name in NOT_UNDERSTOOD:
            found = self.results(self.paths[name])
            assert found, name
            for got in found:
                assert (got.error, got.state) == ("protocol", "pending"), (
                    name,
                    got,
                )


class Urls(TrialCase):
    def test_they_arrive_as_they_were_written(self):
        for url in URLS:
            self.hook(url=f"http://127.0.0.1:{self.sink.port}{url}")
        self.begin()
        came = sorted(request.target for request in self.sink.at())
        assert came == sorted(to or url for url, to in URLS.items()), came

    def test_a_name_and_password_come_in_a_header(self):
        self.alone()
        answer = self.door.request(
            "POST",
            "/v2/hooks",
            [("Authorization", self.key)],
            json.dumps(
                {
                    "target_url": self.sink.url("/basic"),
                    "action": "event.created",
                    "headers": {"Authorization": "Basic dXNlcjpwYXNz"},
                }
            ).encode(),
        )
        assert answer.status == 201, answer
        self.begin()
        [request] = self.sink.at("/basic")
        assert request.header("Authorization") == "Basic dXNlcjpwYXNz"


class Noise(Listener):
    """Says something as soon as somebody comes."""

    def __init__(self, data):
        self.data = data
        super().__init__(("127.0.0.1", 0))

    def serve(self, sock, number):
        sock.sendall(self.data)
        while sock.recv(65536):
            pass


class NoTls(TrialCase):
    """Records of TLS that are none."""

    def setup(self):
        super().setup()
        chance = random.Random(1)
        self.noises = [
            Noise(data)
            for data in (
                b"HTTP/1.1 200 OK\r\n\r\n",
                chance.randbytes(5000),
                # A handshake, a fatal alert, one too long, of noise.
                b"\x16\x03\x03\x01\x00" + chance.randbytes(256),
                b"\x15\x03\x03\x00\x02\x02\x28",
                b"\x16\x03\x03\xff\xff" + chance.randbytes(65535),
                b"\x17\x03\x03\x00\x10" + chance.randbytes(16),
            )
        ]
        for noise in self.noises:
            self.trial(f"https://127.0.0.1:{noise.port}/noise")
        self.begin()

    def teardown(self):
        for noise in getattr(self, "noises", ()):
            noise.close()
        super().teardown()

    def test_each_is_a_failure_and_nothing_was_said_to_it(self):
        found = self.results("/noise")
        assert len(found) == len(self.noises), found
        for got in found:
            got.expect("tls", None, False)


if __name__ == "__main__":
    tap.main()
