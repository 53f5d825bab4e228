# SPDX-License-Identifier: MIT
"""
Endless answers, and bombs: the sender reads what it keeps, hangs up, and
stays small.
"""

import gzip
import pathlib

import tap
import where
from processes import wait_until
from receiver import Answer, Raw
from trial import TrialCase

OK = b"HTTP/1.1 200 OK\r\n"
LIMIT = 16 * 1024  # [sender] response_limit
DELIVERED = 2 * 1024  # of headers and body of an answer that delivered
MEGABYTE = 1024 * 1024
# The bytes that a receiver can send before the sender hangs up: the buffers of
# both sockets.
BUFFERS = 16 * MEGABYTE


class Flood:
    """`head`, then `piece` again and again: `total` bytes of it, or for ever.
    `sent` counts what the other side took."""

    def __init__(self, head, piece=b"x" * 65536, total=None):
        self.head = head
        self.piece = piece
        self.total = total
        self.sent = 0

    def __call__(self, link):
        link.send(self.head)
        while not link.receiver.closing.is_set() and (
            self.total is None or self.sent < self.total
        ):
            link.send(self.piece)
            self.sent += len(self.piece)
        return True


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def lines(size, start=b"X-Fill: "):
    """Headers of about `size` bytes in lines of 1000."""
    line = start + b"f" * (998 - len(start)) + b"\r\n"
    return line * (size // 1000)


class Floods(TrialCase):
    """Answers without end, while the sender stays small."""

    def setup(self):
        super().setup()
        self.floods = {}
        chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
        piece = b"x" * 65536
        self.flood(
            "/hundred",
            OK + b"Content-Length: 104857600\r\n\r\n",
            total=100 * MEGABYTE,
        )
        self.flood("/endless", OK + b"\r\n")
        self.flood("/endless-chunks", chunked, chunk(piece))
        self.flood("/endless-500", b"HTTP/1.1 500 X\r\n\r\n")
        self.flood("/endless-line", OK + b"X-Fill: ")
        self.flood("/endless-headers", OK, lines(10000))
        self.flood("/endless-100", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 999)
        self.flood(
            "/endless-103",
            b"",
            b"HTTP/1.1 103 Early Hints\r\n"
            b"Link: </x>; rel=preload\r\n\r\n" * 999,
        )
        self.flood("/endless-trailers", chunked + b"0\r\n", lines(10000))
        self.bomb = gzip.compress(bytes(100 * MEGABYTE), 9)
        self.trial(
            "/bomb", Answer(200, self.bomb, [("Content-Encoding", "gzip")])
        )
        self.trial(
            "/bomb-on-the-way",
            Raw(
                OK
                + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
                + chunk(self.bomb)
                + chunk(b"")
            ),
        )
        self.trial(
            "/headers-300k",
            Raw(OK + lines(300_000) + b"Content-Length: 0\r\n\r\n"),
        )
        self.trial(
            "/headers-70k",
            Raw(OK + lines(70_000) + b"Content-Length: 0\r\n\r\n"),
        )
        self.trial(
            "/headers-50k",
            Raw(OK + lines(50_000) + b"Content-Length: 2\r\n\r\nok"),
        )
        self.trial(
            "/a-long-line", Raw(OK + b"X-Fill: " + b"f" * 300_000 + b"\r\n\r\n")
        )
        self.trial("/limit", Answer(500, b"l" * LIMIT))
        self.trial("/over", Answer(500, b"l" * (LIMIT + 1)))
        self.run_measured()

    def flood(self, path, head, piece=b"x" * 65536, total=None):
        self.floods[path] = Flood(head, piece, total)
        self.trial(path, self.floods[path])

    @staticmethod
    def high_water(sender):
        """The worker's peak memory so far, in bytes."""
        pid = sender.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        worker = children.read_text().split()[0]
        status = pathlib.Path(f"/proc/{worker}/status").read_text()
        [line] = [x for x in status.splitlines() if x.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def run_measured(self):
        """Something harmless first; then all of it, four times each."""

        def finished():
            return int(
                self.service.db.value("SELECT COUNT(*) FROM vh_attempts")
            )

        self.hook("/warm", "user.joined")
        sender = self.service.start_sender()
        self.publish("{}", "user.joined")
        self.sink.wait(1, "/warm")
        before = self.high_water(sender)
        self.copies = 4
        for _ in range(self.copies):
            self.publish()
        hooks = len({*self.floods}) + 8
        wait_until(
            lambda: finished() >= 1 + self.copies * hooks,
            30,
            "an attempt of every flood",
            pause=0.1,
        )
        self.grown = self.high_water(sender) - before
        print(
            f"# the worker: {before // 1024} KiB, then "
            f"{self.grown // 1024} KiB more"
        )
        assert sender.stop() == 0
        self.errors = sender.errors()

    def judged(self, path):
        """Without requests that met a connection just when it was closed,
        which are sent again at once."""
        return [
            attempt
            for attempt in self.results(path)
            if attempt.error != "closed" or attempt.connect_us
        ]

    def each(self, path, error, status, body=None):
        found = self.judged(path)
        assert len(found) == self.copies, (path, len(found))
        for attempt in found:
            attempt.expect(error, status)
            assert len(attempt.headers) <= LIMIT, attempt
            assert len(attempt.body) <= LIMIT, attempt
            assert body is None or attempt.body == body, attempt

    def begins(self, path, body):
        """It delivered, and has a beginning of that body."""
        for attempt in self.judged(path):
            attempt.expect(None, 200)
            kept = len(attempt.headers) + len(attempt.body)
            assert kept == DELIVERED, (kept, attempt)
            assert body.startswith(attempt.body), attempt

    def taken(self, path):
        """Far less than there was to take."""
        sent = self.floods[path].sent
        assert sent <= self.copies * BUFFERS, f"{path}: {sent} bytes"

    def test_memory_stays_small(self):
        # A sanitizer keeps freed memory for a while.
        sanitized = b"__asan_init" in where.program("hooks-send").read_bytes()
        limit = (64 if sanitized else 16) * MEGABYTE
        assert self.grown < limit, self.grown

    def test_the_log_stays_empty(self):
        assert self.errors == "", self.errors

    def test_100_megabytes(self):
        self.begins("/hundred", b"x" * LIMIT)
        sent = self.floods["/hundred"].sent
        assert sent < self.copies * 50 * MEGABYTE, f"{sent} bytes were taken"

    def test_endless_bodies(self):
        for path in ("/endless", "/endless-chunks"):
            self.begins(path, b"x" * LIMIT)
            self.taken(path)

    def test_an_endless_failure_is_a_failure(self):
        for attempt in self.judged("/endless-500"):
            assert (attempt.error, attempt.status) == (None, 500), attempt
            assert attempt.state == "pending" and not attempt.marked, attempt
            assert attempt.body == b"x" * LIMIT, attempt

    def test_a_gzip_bomb_is_not_opened(self):
        self.begins("/bomb", self.bomb)
        request = self.sink.at("/bomb")[0]
        for name in ("Accept-Encoding", "TE"):
            assert request.header(name) is None, request.headers

    def test_a_gzip_bomb_as_transfer_coding(self):
        """It was not asked for, so this is no HTTP."""
        self.each("/bomb-on-the-way", None, 200, b"")

    def test_endless_headers(self):
        for path in ("/endless-headers", "/endless-line"):
            self.each(path, "protocol", 200)
            self.taken(path)

    def test_endless_trailers(self):
        self.each("/endless-trailers", None, 200)
        self.taken("/endless-trailers")

    def test_endless_1xx(self):
        for status in (100, 103):
            self.each(f"/endless-{status}", "protocol", status)
            self.taken(f"/endless-{status}")

    def test_300_kilobytes_of_headers(self):
        self.each("/headers-300k", "protocol", 200)
        self.each("/headers-70k", "protocol", 200)
        self.each("/a-long-line", "protocol", 200)

    def test_many_headers_are_cut_and_the_status_decides(self):
        self.each("/headers-50k", None, 200, b"ok")
        assert len(self.judged("/headers-50k")[0].headers) == DELIVERED / 2

    def test_the_limit_of_the_body(self):
        for path in ("/limit", "/over"):
            for attempt in self.judged(path):
                assert attempt.status == 500, attempt
                assert attempt.body == b"l" * LIMIT, attempt


tap.main()
