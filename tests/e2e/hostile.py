# SPDX-License-Identifier: MIT
"""
Receivers from hell: they hang, drip, reset and lie. Each costs the sender one
bounded attempt, which is recorded correctly. Floods have their own file.
"""

import pathlib
import socket
import time

import tap
from processes import wait_until
from receiver import Answer, Close, Drip, Hang, Raw, Receiver, Reset
from trial import TrialCase


OK = b"HTTP/1.1 200 OK\r\n"
EVERY_BYTE = bytes(range(256)) + b"\xc3\x28\xff\x00\xed\xa0\x80"


class HeadThenDrip(Drip):
    """A complete head at once, then the body byte by byte."""

    def __init__(self, status, *drip):
        super().__init__(*drip)
        self.status = status

    def __call__(self, link):
        link.send(b"HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n" % self.status)
        return super().__call__(link)


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class FullQueue:
    """Nobody accepts and the queue is full: SYNs fall on the floor."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.fill = [self._knock() for _ in range(4)]

    def _knock(self):
        knock = socket.socket()
        knock.setblocking(False)
        knock.connect_ex(("127.0.0.1", self.port))
        return knock

    def close(self):
        for one in (*self.fill, self.listener):
            one.close()


class Silence(TrialCase):
    """Answers that never come, or come too slowly. The limits: 1 s to
    connect, TLS included, 5 s in all."""

    def setup(self):
        super().setup()
        self.full = FullQueue()
        self.queue = Receiver(mode="no-accept")
        self.mute = Receiver(mode="no-tls")
        self.urls = {
            "full": f"http://127.0.0.1:{self.full.port}/full",
            "queue": self.queue.url("/queue"),
            "mute": f"https://127.0.0.1:{self.mute.port}/mute",
        }
        for url in self.urls.values():
            self.trial(url)
        self.trial("/status-line", Hang())
        self.trial("/half-a-status-line", Drip(OK, 1))
        self.trial("/body", HeadThenDrip(500, b"d" * 100, 1))
        self.trial("/endless", HeadThenDrip(201, b"d" * 100, 0.3))
        self.trial("/half-a-body", HeadThenHang())
        self.begin()

    def teardown(self):
        for one in ("full", "queue", "mute"):
            if hasattr(self, one):
                getattr(self, one).close()
        super().teardown()

    @staticmethod
    def ended_after(attempt, seconds):
        """By the right one of the two limits."""
        high = 4 if seconds == 1 else 15
        assert seconds - 0.1 < attempt.total_us / 1e6 < high, attempt

    def test_no_room_in_the_queue(self):
        got = self.result(self.urls["full"]).expect("timeout", None, False)
        assert got.remote is None, got
        self.ended_after(got, 1)

    def test_never_accepted(self):
        """The kernel connects; the request is sent into nothing."""
        got = self.result(self.urls["queue"]).expect("timeout", None, True)
        self.ended_after(got, 5)

    def test_silent_at_tls(self):
        got = self.result(self.urls["mute"]).expect("timeout", None, False)
        assert got.tls is None and got.remote is None, got
        self.ended_after(got, 1)

    def test_silent_before_the_status_line(self):
        got = self.result("/status-line").expect("timeout", None, True)
        assert got.first_byte_us == 0 or got.first_byte_us <= got.total_us
        self.ended_after(got, 5)

    def test_a_status_line_a_byte_a_second(self):
        got = self.result("/half-a-status-line").expect("timeout", None, True)
        self.ended_after(got, 5)

    def test_a_body_a_byte_a_second(self):
        """The total timeout covers the body; part of it is kept."""
        got = self.result("/body").expect("timeout", 500, True)
        self.ended_after(got, 5)
        assert 1 <= len(got.body) < 20 and set(got.body) == {ord("d")}, got

    def test_half_a_body(self):
        got = self.result("/half-a-body").expect(None, 200, False)
        assert got.body == b"half", got
        assert 0.9 < got.total_us / 1e6 < 4, got

    def test_a_body_without_end_after_2xx(self):
        """The status has decided; a second is for the body."""
        got = self.result("/endless").expect(None, 201, False)
        assert 0.9 < got.total_us / 1e6 < 4, got
        assert got.body and set(got.body) == {ord("d")}, got


class HeadThenHang(Hang):
    def __call__(self, link):
        link.send(OK + b"Content-Length: 8\r\n\r\nhalf")
        return super().__call__(link)


class Broken(TrialCase):
    """Connections that end, and answers that are none."""

    CODINGS = (b"identity", b"", b"chunked;q=1", b"gzip", b"x-none")

    def setup(self):
        super().setup()
        with socket.create_server(("127.0.0.1", 0)) as gone:
            self.gone = f"http://127.0.0.1:{gone.getsockname()[1]}/gone"
        self.trial(self.gone)
        self.trial("/close", Close())
        self.trial("/reset-before", Reset())
        self.trial("/reset-status", Reset(b"HTTP/1.1 20"))
        self.trial("/reset-headers", Reset(OK + b"X-A: b\r\n"))
        self.trial("/reset-body", Reset(OK + b"Content-Length: 9\r\n\r\nhalf"))
        self.trial(
            "/reset-500",
            Reset(b"HTTP/1.1 500 X\r\nContent-Length: 9\r\n\r\nhalf"),
        )
        for n, coding in enumerate(self.CODINGS):
            for status in (200, 500):
                self.trial(
                    f"/coding-{n}-{status}",
                    Raw(
                        b"HTTP/1.1 %d X\r\nTransfer-Encoding: %s\r\n"
                        b"Content-Length: 4\r\n\r\nbody" % (status, coding)
                    ),
                )
        # A receiver of its own, or others would use the closed connection.
        self.other = Receiver()
        self.other.script(
            "/reset-after", Reset(OK + b"Content-Length: 4\r\n\r\ndone")
        )
        self.trial(self.other.url("/reset-after"))
        self.trial("/short", Raw(OK + b"Content-Length: 9\r\n\r\nhalf"))
        self.trial(
            "/short-chunks",
            Raw(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"half")),
        )
        self.trial("/to-the-end", Raw(OK + b"\r\nall of it"))
        self.trial("/not-http", Raw(b"220 mail.example.com ESMTP\r\n"))
        self.trial("/nul", Raw(OK + b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n"))
        self.trial("/length", Raw(OK + b"Content-Length: -1\r\n\r\n"))
        # Behind HTTP/2 libcurl takes any number: more than the column holds.
        self.trial("/status-0", Raw(b"HTTP/2 0\r\nContent-Length: 0\r\n\r\n"))
        self.trial(
            "/status-70000", Raw(b"HTTP/2 70000\r\nContent-Length: 0\r\n\r\n")
        )
        self.trial("/bytes", Answer(200, EVERY_BYTE, [("X-A", "\xff\xfe")]))
        self.trial(
            "/hints",
            Raw(
                b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\nRetry-After: 9999\r\n"
                b"\r\nHTTP/1.1 503 X\r\nX-Late: 1\r\nContent-Length: 0\r\n\r\n"
            ),
        )
        self.calm = Receiver()  # nobody else's connection is there
        self.calm.script("/slow", Answer(201, b"done", delay=0.5))
        self.trial(self.calm.url("/slow"))
        self.unknown = f"http://{'a' * 64}.example.com:1/unknown"
        self.trial("/unknown")
        self.service.db.sql(
            f"UPDATE vh_hooks SET target_url = '{self.unknown}' "
            "WHERE target_url LIKE '%/unknown'"
        )
        self.begun = time.time()
        self.begin()
        self.ended = time.time()

    def teardown(self):
        for one in ("other", "calm"):
            if hasattr(self, one):
                getattr(self, one).close()
        super().teardown()

    def test_nobody_listens(self):
        got = self.result(self.gone).expect("connect", None, False)
        assert got.remote is None, got

    def test_a_name_that_is_none(self):
        got = self.result(self.unknown).expect("dns", None, False)
        assert got.remote is None and got.connect_us == 0, got

    def test_closed_without_a_byte(self):
        self.result("/close").expect("closed", None, True)

    def test_reset_before_the_answer(self):
        self.result("/reset-before").expect("closed", None, True)

    def test_reset_in_the_status_line(self):
        self.result("/reset-status").expect("closed", None, True)

    def test_reset_in_the_headers(self):
        self.result("/reset-headers").expect("closed", 200, True)

    def test_reset_in_the_body(self):
        """What was to come is told by the status: 2xx is delivered."""
        got = self.result("/reset-body").expect(None, 200, False)
        assert got.body == b"half", got
        self.result("/reset-500").expect("closed", 500, True)

    def test_reset_after_the_answer(self):
        got = self.result("/reset-after").expect(None, 200, False)
        assert got.body == b"done", got

    def test_shorter_than_announced(self):
        self.result("/short").expect(None, 200, False)
        self.result("/short-chunks").expect(None, 200, False)

    def test_transfer_codings_of_old_servers(self):
        """And those that nobody asked for: the status decides."""
        for n in range(len(self.CODINGS)):
            self.result(f"/coding-{n}-200").expect(None, 200, False)
            got = self.result(f"/coding-{n}-500")
            assert (got.error, got.status) == (None, 500), got

    def test_a_body_that_ends_with_the_connection(self):
        got = self.result("/to-the-end").expect(None, 200, False)
        assert got.body == b"all of it", got

    def test_not_http(self):
        self.result("/not-http").expect("protocol", None, True)
        self.result("/nul").expect("protocol", 200, True)
        self.result("/length").expect("protocol", 200, True)

    def test_a_status_of_other_than_three_digits(self):
        self.result("/status-0").expect("protocol", None, True)
        self.result("/status-70000").expect("protocol", None, True)

    def test_one_request_an_attempt(self):
        for path in {r.path for r in self.sink.at()}:
            assert len(self.sink.at(path)) == 1, self.sink.at(path)

    def test_any_bytes_are_recorded(self):
        got = self.result("/bytes").expect(None, 200)
        assert got.body == EVERY_BYTE, got
        assert b"X-A: \xc3\xbf\xc3\xbe\r\n" in got.headers, got
        assert got.headers.startswith(b"HTTP/1.1 200 X\r\n"), got
        assert got.headers.endswith(b"\r\n\r\n"), got

    def test_hints_are_not_the_answer(self):
        got = self.result("/hints")
        assert (got.error, got.status) == (None, 503), got
        assert got.headers == (
            b"HTTP/1.1 503 X\r\nX-Late: 1\r\nContent-Length: 0\r\n\r\n"
        ), got
        # In an hour by the schedule, not in 9999 s.
        [[wait]] = self.service.db.sql(
            "SELECT TIMESTAMPDIFF(SECOND, a.started_at, d.due_at) "
            "FROM vh_attempts a JOIN vh_deliveries d ON d.id = a.delivery_id "
            "JOIN vh_hooks h ON h.id = d.hook_id "
            "WHERE h.target_url LIKE '%/hints'"
        )
        assert 3590 < int(wait) < 5000, wait

    def test_times_and_place_are_recorded(self):
        got = self.result("/slow").expect(None, 201)
        assert 0 < got.connect_us < got.first_byte_us <= got.total_us, got
        assert got.dns_us <= got.connect_us, got
        assert 500_000 <= got.first_byte_us < 5_000_000, got
        assert got.tls_us == 0 and got.tls is None, got
        assert got.remote == f"127.0.0.1:{self.calm.port}", got
        # The database's clock is this machine's; milliseconds are kept.
        assert self.begun - 0.1 <= got.started <= self.ended, (self.begun, got)


class Elsewhere(TrialCase):
    """Answers that want the sender to go somewhere else."""

    STATUSES = (300, 301, 302, 303, 305, 307, 308)

    def setup(self):
        super().setup()
        self.canary = Receiver()
        for status in self.STATUSES:
            self.trial(
                f"/{status}",
                Answer(
                    status, headers=[("Location", self.canary.url("/secret"))]
                ),
            )
        self.trial(
            "/refresh",
            Answer(
                200,
                headers=[
                    ("Refresh", f"0; url={self.canary.url('/secret')}"),
                    ("Alt-Svc", f'h2="127.0.0.1:{self.canary.port}"'),
                ],
            ),
        )
        self.trial(
            "/proxy",
            Answer(
                407,
                headers=[
                    ("Proxy-Authenticate", "Basic realm=x"),
                    ("Location", "/x"),
                ],
            ),
        )
        self.trial(
            "/login",
            Answer(
                401,
                headers=[
                    ("WWW-Authenticate", "Negotiate"),
                    ("WWW-Authenticate", "Basic realm=x"),
                ],
            ),
        )
        self.begin()

    def teardown(self):
        if hasattr(self, "canary"):
            self.canary.close()
        super().teardown()

    def test_redirects_are_answers_like_others(self):
        for status in self.STATUSES:
            got = self.result(f"/{status}")
            assert (got.error, got.status) == (None, status), got
            assert got.state == "pending", got

    def test_nobody_went_there(self):
        assert self.canary.connections == 0, self.canary.requests
        assert len(self.sink.at()) == len(self.STATUSES) + 3

    def test_no_log_in(self):
        assert self.result("/login").status == 401
        assert self.result("/proxy").status == 407
        for request in self.sink.at():
            assert request.header("Authorization") is None, request.headers


class Schemes(TrialCase):
    """Rows whose URL is none that deliveries go to; no API lets them in,
    but the owner of the database can write them."""

    settings = {**TrialCase.settings, "targets": {"allow_http": "yes"}}

    def setup(self):
        super().setup()
        self.service.write_config("hooks_sender", targets={"allow_http": "no"})
        port = self.sink.port
        self.urls = [
            f"{scheme}://127.0.0.1:{port}/x"
            for scheme in (
                "http",
                "ftp",
                "gopher",
                "telnet",
                "ldap",
                "dict",
                "smtp",
            )
        ]
        self.urls += ["file:///etc/passwd", "http://[::1", "nothing"]
        for n, url in enumerate(self.urls):
            self.trial(f"/{n}")
            self.service.db.sql(
                f"UPDATE vh_hooks SET target_url = '{url}' "
                f"WHERE target_url LIKE '%/{n}'"
            )
        self.begin()

    def test_nothing_is_connected(self):
        assert self.sink.connections == 0, self.sink.requests

    def test_what_is_recorded(self):
        for url in self.urls:
            got = self.result(url)
            assert got.error and got.status is None, (url, got)
            assert got.state == "pending" and not got.marked, (url, got)
            assert got.body == b"", (url, got)
        assert self.result(self.urls[0]).error == "address_refused"


class Literals(TrialCase):
    """Addresses of the loopback in every spelling, written into the table by
    hand. Names that lead there: tests/dns."""

    settings = {**TrialCase.settings, "targets": {"allow_networks": None}}
    HOSTS = (
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "127.9.9.9",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "%31%32%37.0.0.1",
        "localhost",
        "www.localhost",
    )

    def setup(self):
        super().setup()
        self.canaries = [self.sink, Receiver(address=("::1", self.sink.port))]
        for n, host in enumerate(self.HOSTS):
            self.trial(f"http://www.example.com/{n}")
            self.service.db.sql(
                f"UPDATE vh_hooks SET target_url = '{self.url(host)}' "
                f"WHERE target_url LIKE '%example.com/{n}'"
            )
        self.begin()

    def teardown(self):
        for canary in getattr(self, "canaries", ()):
            canary.close()
        if hasattr(self, "service"):
            self.service.close()

    def url(self, host):
        return f"http://{host}:{self.sink.port}/x"

    def test_all_are_refused(self):
        for host in self.HOSTS:
            got = self.result(self.url(host))
            errors = ["address_refused"]
            if host.endswith("."):  # not even an address
                errors.append("dns")
            assert got.error in errors, (host, got)
            assert got.remote is None and not got.marked, (host, got)

    def test_the_canaries_stay_silent(self):
        for canary in self.canaries:
            assert canary.connections == 0, canary.requests


class Few(TrialCase):
    """Many organizations, few sockets."""

    settings = {"sender": {**TrialCase.settings["sender"], "concurrency": "4"}}

    def open_connections(self):
        """Of senders to the receiver, as the kernel counts them."""
        rows = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        port = f":{self.sink.port:04X}"
        return sum(
            row.split()[2].endswith(port) and row.split()[3] == "01"
            for row in rows
        )

    def test_kept_connections_are_counted(self):
        """Two for each request that may be under way, whoever they are of."""
        orgs = [self.organization]
        orgs += [self.service.organization(f"O{n}") for n in range(19)]
        for org in orgs:
            self.service.admin(
                "hook", "create", org, self.sink.url("/hook"), "*"
            )
        self.service.start_sender()
        for n in range(3):
            for org in orgs:
                self.publish_many(2, org)
            self.sink.wait(2 * len(orgs) * (n + 1))
            wait_until(lambda: "pending" not in self.states(), 10, "outcome")
            assert 1 <= self.open_connections() <= 8, self.open_connections()


tap.main()
