# SPDX-License-Identifier: MIT
"""
One HTTP/1.1 exchange, written byte for byte as the test asks.

Libraries tidy requests up: they refuse odd methods, merge repeated headers and
add their own. Tests of a server need to send exactly the bytes they give.
"""

import http.client
import json
import socket


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # (name, value) pairs as they came
        self.body = body

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def header(self, name):
        """The one value of a header, or None; twice is an error."""
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:600]!r}>"


def _chunks(body, size=1000):
    for i in range(0, len(body), size):
        part = body[i : i + size]
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def _as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def request_bytes(
    method, target, headers=(), body=None, chunked=False, host="127.0.0.1"
):
    """The request as it goes out. A `body` of None sends none at all."""
    lines = [
        b"%s %s HTTP/1.1" % (_as_bytes(method), _as_bytes(target)),
        b"Host: %s" % _as_bytes(host),
        b"Connection: close",
    ]
    for name, value in headers:
        lines.append(b"%s: %s" % (_as_bytes(name), _as_bytes(value)))
    payload = b""
    if body is not None and chunked:
        lines.append(b"Transfer-Encoding: chunked")
        payload = b"".join(_chunks(body))
    elif body is not None:
        lines.append(b"Content-Length: %d" % len(body))
        payload = body
    return b"\r\n".join(lines) + b"\r\n\r\n" + payload


def _send(sock, data):
    """A server may answer before it has read all; that answer counts."""
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def exchange(port, data, method="GET", seconds=20):
    """Sends bytes to a server on the loopback and reads one answer."""
    with socket.create_connection(("127.0.0.1", port), seconds) as sock:
        _send(sock, data)
        answer = http.client.HTTPResponse(sock, method=method)
        answer.begin()
        return Response(answer.status, answer.getheaders(), answer.read())
