# SPDX-License-Identifier: MIT
"""
The environment and the dot files of the sender's user have no influence:
requests go where the hook says, as the sender wrote them.
"""

import datetime
import json
import subprocess

import service
import tap
import where
from certificates import Authority
from receiver import Answer, Receiver
from sendcase import SendCase
from trial import TrialCase

PROXIES = (
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
)
# The home directory of somebody who uses curl every day.
DOT_FILES = {
    ".netrc": "machine 127.0.0.1 login me password netrc\n"
    "default login me password netrc\n",
    ".curlrc": 'header = "X-Curlrc: 1"\nproxy = "{proxy}"\ninsecure\n'
    'user-agent = "curlrc"\nnetrc\nlocation\n',
    ".config/curlrc": 'header = "X-Curlrc: 1"\nproxy = "{proxy}"\n',
}


class Environment(TrialCase):
    def setup(self):
        super().setup()
        self.proxy = Receiver()
        self.home = self.service.folder / "home"
        authority = Authority(self.service.folder.path, "authority")
        self.service.write_config(
            "hooks_sender", sender={"ca_file": authority.certificate}
        )
        self.secure = Receiver(authority.issue("good", "IP:127.0.0.1"))

    def teardown(self):
        for one in ("proxy", "secure"):
            if hasattr(self, one):
                getattr(self, one).close()
        super().teardown()

    def untouched(self, **environment):
        """Over HTTP and HTTPS, with this environment and with none of it:
        the same request, straight to its hook. Returns them all."""
        self.fresh("/plain", "event.created")
        self.hook(action="event.created", url=self.secure.url("/secure"))
        self.secure.clear()
        self.begin()
        self.begin(**environment)
        assert self.proxy.connections == 0, self.proxy.requests
        pairs = (self.sink.at("/plain"), self.secure.at("/secure"))
        for before, after in pairs:
            assert [n for n, _ in before.headers] == [
                n for n, _ in after.headers
            ], after.headers
            assert before.target == after.target, after
            assert before.header("User-Agent") == after.header("User-Agent")
        return [request for pair in pairs for request in pair]

    def test_proxies(self):
        for scheme in ("http", "socks5h"):
            url = f"{scheme}://127.0.0.1:{self.proxy.port}"
            for name in PROXIES:
                self.untouched(**{name: url})

    def test_proxies_and_exceptions(self):
        url = f"http://127.0.0.1:{self.proxy.port}"
        for exceptions in ("", "www.example.com"):
            self.untouched(
                **{n: url for n in PROXIES},
                NO_PROXY=exceptions,
                no_proxy=exceptions,
            )

    def test_dot_files(self):
        for name, text in DOT_FILES.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                text.format(proxy=f"http://127.0.0.1:{self.proxy.port}")
            )
            path.chmod(0o600)
        for request in self.untouched(
            HOME=str(self.home),
            CURL_HOME=str(self.home),
            XDG_CONFIG_HOME=str(self.home / ".config"),
            NETRC=str(self.home / ".netrc"),
        ):
            for name in ("Authorization", "X-Curlrc"):
                assert request.header(name) is None, request.headers

    def test_language_and_time_zone(self):
        """In Turkish, where that is installed, the small letter of I is none
        of ASCII."""
        for zone in ("America/New_York", "Asia/Kolkata", "XYZ-13:45"):
            *_, sent = self.untouched(
                LANG="tr_TR.UTF-8", LC_ALL="tr_TR", TZ=zone
            )
            told = datetime.datetime.fromisoformat(
                json.loads(sent.body)["occurred_at"]
            )
            stamp = int(sent.header("webhook-timestamp"))
            for moment in (told.timestamp(), stamp):
                assert abs(moment - sent.time) < 60, (zone, sent.headers)

    def test_none_at_all(self):
        """Not even a PATH, as some cron daemons do it."""
        self.fresh("/none")
        self.publish()
        done = subprocess.run(
            [
                where.program("hooks-send"),
                "-c",
                self.service.config(service.SENDER),
                "--once",
            ],
            env={},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0 and not done.stderr, done
        assert len(self.sink.at("/none")) == 1

    def test_a_cgi_request_in_the_environment(self):
        """The sender may be started by a web server (web-cron): then a header
        named Proxy becomes HTTP_PROXY."""
        self.untouched(
            HTTP_PROXY=f"127.0.0.1:{self.proxy.port}",
            REQUEST_METHOD="POST",
            HTTP_HOST="x",
            HTTP_COOKIE="a=b",
            HTTP_AUTHORIZATION="Basic eA==",
            QUERY_STRING="a=b",
        )


class BindAddress(SendCase):
    """The address that requests leave from: [sender] bind_address."""

    def bind_to(self, address):
        self.service.write_config(
            service.SENDER, sender={"bind_address": address}
        )

    def test_requests_leave_from_it(self):
        peers = []

        def look(link):
            peers.append(link.sock.getpeername()[0])
            return Answer(200)(link)

        self.fresh()
        self.sink.script("/hook", then=look)
        self.bind_to("127.0.0.3")
        self.publish()
        self.once("delivered 1")
        assert peers == ["127.0.0.3"], peers

    def test_an_address_of_another_host(self):
        """Each attempt would fail, and use up its schedule."""
        self.fresh()
        self.publish()
        for address in ("192.0.2.1", "2001:db8::1", "eth0"):
            self.bind_to(address)
            done = self.service.send("--once")
            assert done.status == 78, done
            assert "[sender] bind_address" in done.err, done
        assert not self.sink.at()


class FewFiles(SendCase):
    """A sender that may open few files has few requests under way."""

    def test_none_fails_for_want_of_a_socket(self):
        self.fresh("/few0")
        for n in range(1, 40):
            self.hook(f"/few{n}")
        for n in range(40):
            self.sink.script(f"/few{n}", then=Answer(200, delay=0.2))
        self.publish()
        done = subprocess.run(
            [
                "sh",
                "-c",
                'ulimit -n 40; exec "$@"',
                "sh",
                str(where.program("hooks-send")),
                "-c",
                str(self.service.config(service.SENDER)),
                "--once",
            ],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.startswith(b"delivered 40,"), done


class Closed(SendCase):
    """Programs started without standard files: the number of one must not
    become that of the connection to the database."""

    def closed(self, name, user, *args):
        argv = [
            str(a)
            for a in (
                where.program(name),
                "-c",
                self.service.config(user),
                *args,
            )
        ]
        return subprocess.run(
            ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *argv],
            timeout=20,
            check=False,
        ).returncode

    def test_the_sender(self):
        self.fresh("/closed")
        self.service.publish_sql(self.organization, "event.bogus", "{}")
        self.publish()
        self.closed("hooks-send", service.SENDER, "-v", "--once")
        assert self.states() == {"delivered": 1}
        assert self.sink.at("/closed")[0].header("webhook-attempt") == "1"

    def test_the_operators_command(self):
        for args in (
            ("publish", self.organization, "event.created"),
            ("org", "list"),
            ("hook", "list", "x"),
        ):
            assert self.closed("hooks-admin", service.ADMIN, *args) in (
                65,
                69,
                70,
            ), args


tap.main()
