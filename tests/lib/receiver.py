# SPDX-License-Identifier: MIT
"""
A scripted receiver on 127.0.0.1: it answers as told and remembers the requests,
byte for byte and with their times.

    sink = Receiver()
    sink.script("/hook", Answer(500), Answer(200))   # in turn; then 200
    ... sink.url("/hook") ...
    first = sink.wait(1, "/hook")[0]

Script steps are called in the order of arrival at their path. Beside Answer
there are the receivers from hell, below.
"""

import socket
import ssl
import struct
import threading
import time

import processes
from listener import Listener


class Request:
    """One request as it came."""

    def __init__(self, head, body, connection, ordinal):
        self.time = time.time()
        self.head = head
        self.body = body
        self.connection = connection  # 1, 2, ... in the order of accept
        self.ordinal = ordinal  # which request on that connection
        line, *rest = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = line.split(" ")
        self.headers = [
            (n, v.strip(" "))
            for n, _, v in (h.partition(":") for h in rest if h)
        ]

    @property
    def path(self):
        return self.target.partition("?")[0]

    def header(self, name):
        values = [v for n, v in self.headers if n.lower() == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def header_map(self):
        return {n.lower(): v for n, v in self.headers}

    def __repr__(self):
        return f"<{self.method} {self.target} {self.body[:200]!r}>"


# ---- what to do with a request: a step gets the connection ----


class Answer:
    """A complete answer, after `delay` seconds; then the connection is kept
    unless `close`."""

    def __init__(self, status=200, body=b"", headers=(), delay=0, close=False):
        self.status = status
        self.body = body
        self.headers = headers
        self.delay = delay
        self.close = close

    def __call__(self, link):
        time.sleep(self.delay)
        lines = [f"HTTP/1.1 {self.status} X"]
        lines += [f"{n}: {v}" for n, v in self.headers]
        if self.status != 204:
            lines.append(f"Content-Length: {len(self.body)}")
        if self.close:
            lines.append("Connection: close")
        link.send("\r\n".join(lines).encode() + b"\r\n\r\n" + self.body)
        return not self.close


class Raw:
    """Exactly these bytes, then the connection closes."""

    def __init__(self, data):
        self.data = data

    def __call__(self, link):
        link.send(self.data)
        return False


class Hang:
    """Nothing at all for that long; then the connection closes."""

    def __init__(self, seconds=60):
        self.seconds = seconds

    def __call__(self, link):
        link.pause(self.seconds)
        return False


class Close:
    """Closes without a byte, as a server does whose keep-alive ran out."""

    def __call__(self, link):
        return False


class Reset:
    """Resets the connection, after `data`."""

    def __init__(self, data=b""):
        self.data = data

    def __call__(self, link):
        link.send(self.data)
        link.reset()
        return False


class Drip:
    """`data` byte by byte, with that many seconds between."""

    def __init__(self, data, seconds=0.2):
        self.data = data
        self.seconds = seconds

    def __call__(self, link):
        for i in range(len(self.data)):
            link.send(self.data[i : i + 1])
            link.pause(self.seconds)
        return False


class Endless:
    """A head, then chunks until the other side hangs up."""

    def __init__(self, status=200):
        self.status = status

    def __call__(self, link):
        link.send(
            b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n" % self.status
        )
        while not link.receiver.closing.is_set():
            link.send(b"1000\r\n%s\r\n" % (b"x" * 4096))
        return False


class _Link:
    """One connection."""

    def __init__(self, receiver, sock, number):
        self.receiver = receiver
        self.sock = sock
        self.number = number
        self.buffer = b""

    def send(self, data):
        if data:
            self.sock.sendall(data)

    def pause(self, seconds):
        self.receiver.closing.wait(seconds)

    def reset(self):
        self.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )

    def _fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("closed")
        self.receiver.bytes_read += len(data)
        self.buffer += data

    def read_request(self, ordinal):
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(self.buffer) < length:
            self._fill()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Request(head, body, self.number, ordinal)


class Receiver(Listener):
    """`certificate`: a PEM file with certificate and key, or an SSLContext,
    makes it HTTPS. `mode` "no-accept" leaves connections in the queue,
    "no-tls" accepts and never answers. `bytes_read` counts the bytes that it
    got, without TLS."""

    def __init__(self, certificate=None, mode=None, address=("127.0.0.1", 0)):
        self.requests = []
        self.bytes_read = 0
        self._scripts = {}
        self._changed = threading.Condition()
        self._mode = mode
        self._tls = None
        if isinstance(certificate, ssl.SSLContext):
            self._tls = certificate
        elif certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        super().__init__(address, accepting=mode != "no-accept")

    def url(self, path="/hook"):
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}{path}"

    def script(self, path, *steps, then=None):
        """The steps for a path in turn, then `then` (Answer(200))."""
        with self._changed:
            self._scripts[path] = (list(steps), then or Answer())

    def at(self, path=None):
        with self._changed:
            return [r for r in self.requests if path in (None, r.path)]

    def wait(self, count, path=None, seconds=10):
        """Waits for that many requests and returns all there are."""
        processes.wait_until(
            lambda: len(self.at(path)) >= count,
            seconds,
            f"request {count} at {path or 'the receiver'}",
            pause=0.005,
        )
        return self.at(path)

    def clear(self):
        with self._changed:
            self.requests.clear()
            self._scripts.clear()

    # ---- the server's side ----

    def serve(self, sock, number):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._mode == "no-tls":
            self.closing.wait()
        if not self._tls:
            self._converse(_Link(self, sock, number))
            return
        with self._tls.wrap_socket(sock, server_side=True) as secure:
            self._converse(_Link(self, secure, number))

    def _converse(self, link):
        ordinal = 1
        while True:
            request = link.read_request(ordinal)
            step = self._record(request)
            if not step(link):
                return
            ordinal += 1

    def _record(self, request):
        with self._changed:
            self.requests.append(request)
            steps, then = self._scripts.get(request.path, ([], Answer()))
            return steps.pop(0) if steps else then
