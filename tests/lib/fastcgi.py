# SPDX-License-Identifier: MIT
"""FastCGI as a web server speaks it, record by record."""

import socket
import struct

import doors

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content):
    """One of FastCGI's records, of request 1."""
    return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def _length(n):
    return struct.pack("!B", n) if n < 128 else struct.pack("!L", n | 1 << 31)


def pair(name, value):
    """A variable, as it stands in PARAMS."""
    name, value = name.encode(), value.encode()
    return _length(len(name)) + _length(len(value)) + name + value


def _receive(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        assert part, "the connection ended early"
        data += part
    return data


class Connection:
    """One connection to a FastCGI socket."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(path))

    def send(self, method, target, variables=(), body=b"", keep=False):
        self.send_pairs(
            [("REQUEST_METHOD", method), ("REQUEST_URI", target), *variables],
            body,
            keep,
        )

    def send_pairs(self, pairs, body=b"", keep=False):
        params = b"".join(pair(n, v) for n, v in pairs)
        parts = [
            record(BEGIN, struct.pack("!HB5x", 1, int(keep))),
            record(PARAMS, params),
            record(PARAMS, b""),
        ]
        parts += [
            record(STDIN, body[i : i + 60000])
            for i in range(0, len(body), 60000)
        ]
        self.sock.sendall(b"".join(parts) + record(STDIN, b""))

    def answer(self):
        output = b""
        while True:
            head = _receive(self.sock, 8)
            _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", head)
            content = _receive(self.sock, length + padding)[:length]
            if kind == STDOUT:
                output += content
            if kind == END:
                return doors.Cgi._parse(output)

    def cut(self, method, target, variables, body):
        """The beginning of a request, and then no more."""
        pairs = [
            ("REQUEST_METHOD", method),
            ("REQUEST_URI", target),
            *variables,
        ]
        self.sock.sendall(
            record(BEGIN, struct.pack("!HB5x", 1, 0))
            + record(PARAMS, b"".join(pair(n, v) for n, v in pairs))
            + record(PARAMS, b"")
            + record(STDIN, body)
        )
        self.sock.shutdown(socket.SHUT_WR)
        try:
            return self.answer()
        except AssertionError:
            return None  # it hung up

    def close(self):
        self.sock.close()
