# SPDX-License-Identifier: MIT
"""
HTTPS: a good certificate is accepted, every wrong one refused before a byte
of the request is sent.
"""

import json
import ssl
import time
import warnings

import tap
from certificates import Authority
from processes import wait_until
from receiver import Answer, Raw, Receiver
from trial import TrialCase

HOST = "IP:127.0.0.1"
# An OpenSSL that is set up to allow obsolete versions and ciphers.
LENIENT = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lenient
[lenient]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


def context(pem, lowest=None, highest=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that old versions are old
        if lowest:
            made.set_ciphers("ALL:@SECLEVEL=0")
            made.minimum_version = lowest
            made.maximum_version = highest
    made.load_cert_chain(pem)
    return made


class _TlsCase(TrialCase):
    """Receivers over TLS, one for each certificate; the sender trusts one
    authority, as [sender] ca_file says."""

    def setup(self):
        super().setup()
        self.receivers = {}
        self.authority = Authority(self.service.folder.path, "authority")
        self.good = self.authority.issue("good", HOST)
        self.write_sender(ca_file=self.authority.certificate)

    def teardown(self):
        for one in getattr(self, "receivers", {}).values():
            one.close()
        super().teardown()

    def write_sender(self, **keys):
        self.service.write_config("hooks_sender", sender=keys)

    def serve(self, name, certificate, host="127.0.0.1"):
        """A receiver with this certificate, and a hook to it by `host`."""
        self.receivers[name] = Receiver(certificate)
        self.trial(self.url(name).replace("127.0.0.1", host))

    def url(self, name):
        return self.receivers[name].url(f"/{name}")

    def refused(self, name, error="tls"):
        got = self.result(f"/{name}").expect(error, None, False)
        assert got.remote is None and got.tls is None, got
        one = self.receivers[name]
        assert one.connections == 1, "it was tried"
        assert one.bytes_read == 0 and not one.requests, one.requests


class Wrong(_TlsCase):
    def setup(self):
        super().setup()
        issue = self.authority.issue
        other = Authority(self.service.folder.path, "other")
        twin = self.service.folder / "twin"
        twin.mkdir()
        self.serve("good", self.good)
        self.serve("expired", issue("expired", HOST, begin=-9, end=-1))
        self.serve("early", issue("early", HOST, begin=1, end=9))
        self.serve("address", issue("address", "IP:127.0.0.2"))
        self.serve("name", issue("name", "DNS:www.example.com"))
        self.serve("text", issue("text", "DNS:127.0.0.1"))
        self.serve("self", self.authority.sign_itself("self", HOST))
        self.serve("unknown", other.issue("unknown", HOST))
        # The right name for an authority, but another key.
        self.serve("twin", Authority(twin, "authority").issue("twin", HOST))
        self.serve(
            "client",
            issue("client", HOST, more="extendedKeyUsage = clientAuth"),
        )
        self.serve("leaf", self.authority.issue_through("good", "leaf", HOST))
        self.serve("gap", self.gap())
        self.begin()

    def gap(self):
        """A chain whose middle does not come along."""
        self.authority.issue(
            "middle", "DNS:middle", more="basicConstraints = critical, CA:TRUE"
        )
        pem = self.authority.issue_through("middle", "gap", HOST)
        text = pem.read_text()
        mark = "-----BEGIN CERTIFICATE-----"
        key, leaf, _ = text.split(mark)
        pem.write_text(key + mark + leaf)
        return pem

    def test_the_good_one_beside_them_is_accepted(self):
        got = self.result("/good").expect(None, 200, False)
        assert got.tls == "TLSv1.3", got

    def test_expired(self):
        self.refused("expired")

    def test_not_yet_valid(self):
        self.refused("early")

    def test_another_host(self):
        self.refused("address")
        self.refused("name")

    def test_an_address_written_as_a_name(self):
        self.refused("text")

    def test_self_signed(self):
        self.refused("self")

    def test_an_unknown_authority(self):
        self.refused("unknown")

    def test_an_authority_of_the_same_name(self):
        self.refused("twin")

    def test_for_clients_only(self):
        self.refused("client")

    def test_issued_by_one_that_is_no_authority(self):
        self.refused("leaf")

    def test_a_gap_in_the_chain(self):
        self.refused("gap")


class Names(_TlsCase):
    """The name in the URL counts."""

    def setup(self):
        super().setup()
        issue = self.authority.issue
        for name, host in (
            ("same", "DNS:localhost"),
            ("other", HOST),
            ("wild", "DNS:*"),
            ("part", "DNS:local*"),
            ("longer", "DNS:localhost.example.com"),
        ):
            self.serve(name, issue(name, host), "localhost")
        self.begin()

    def test_the_right_name(self):
        self.result("/same").expect(None, 200, False)

    def test_wrong_names(self):
        for name in ("other", "wild", "part", "longer"):
            self.refused(name)


class Versions(_TlsCase):
    """TLS 1.2 and newer, even where OpenSSL would go lower."""

    def setup(self):
        super().setup()
        v = ssl.TLSVersion
        for name, low, high in (
            ("old", v.TLSv1, v.TLSv1),
            ("older", v.TLSv1_1, v.TLSv1_1),
            ("two", v.TLSv1_2, v.TLSv1_2),
            ("three", v.TLSv1_3, v.TLSv1_3),
        ):
            self.serve(name, context(self.good, low, high))
        both = context(self.good)
        both.set_alpn_protocols(["h2", "http/1.1"])
        self.serve("http2", both)
        self.begin()
        lenient = self.service.folder / "lenient.cnf"
        lenient.write_text(LENIENT)
        self.lenient = {"OPENSSL_CONF": str(lenient)}

    def test_the_version_is_recorded(self):
        assert self.result("/two").expect(None, 200).tls == "TLSv1.2"
        got = self.result("/three").expect(None, 200)
        assert got.tls == "TLSv1.3", got
        assert got.remote == f"127.0.0.1:{self.receivers['three'].port}", got
        assert 0 < got.connect_us < got.tls_us < got.first_byte_us, got
        assert got.first_byte_us <= got.total_us, got

    def test_old_versions_are_refused(self):
        self.refused("old")
        self.refused("older")

    def test_http_1_1_where_2_is_there(self):
        self.result("/http2").expect(None, 200)
        [request] = self.receivers["http2"].requests
        assert request.version == "HTTP/1.1", request

    def test_old_versions_that_openssl_allows_are_refused(self):
        for name, version in (
            ("low", ssl.TLSVersion.TLSv1),
            ("lower", ssl.TLSVersion.TLSv1_1),
        ):
            self.fresh_server(name, version)
            self.begin(**self.lenient)
            self.refused(name)

    def fresh_server(self, name, version):
        self.alone()
        self.serve(name, context(self.good, version, version))


class SecondRequest(_TlsCase):
    """One sender, several deliveries over TLS."""

    def setup(self):
        super().setup()
        self.serve("kept", self.good)
        self.serve("new", self.good)
        self.receivers["new"].script("/new", then=Answer(200, close=True))
        sender = self.service.start_sender()
        for n in range(3):
            self.publish()
            for name in ("kept", "new"):
                self.receivers[name].wait(n + 1)
            wait_until(lambda: "pending" not in self.states(), 10, "outcome")
        assert sender.stop() == 0

    def test_the_connection_is_kept(self):
        assert self.receivers["kept"].connections == 1
        first, *others = self.results("/kept")
        assert first.tls_us > 0, first
        for other in others:
            assert other.tls == "TLSv1.3", "recorded also then"
            assert other.tls_us == 0 and other.connect_us == 0, other

    def test_new_connections_are_checked_like_the_first(self):
        assert self.receivers["new"].connections == 3
        for got in self.results("/new"):
            assert got.tls == "TLSv1.3" and got.tls_us > 0, got


class Authorities(_TlsCase):
    """The sender trusts the authorities in ca_file, and no others."""

    def setup(self):
        super().setup()
        self.other = Authority(self.service.folder.path, "other")

    def attempt(self, name, pem, **environment):
        self.alone()
        self.serve(name, pem)
        self.begin(**environment)

    def test_the_system_does_not_know_the_tests_authority(self):
        self.write_sender(ca_file="")
        self.attempt("system", self.good)
        self.refused("system")

    def test_the_environment_names_no_authorities(self):
        folder = self.authority.as_folder("hashed")
        for n, name in enumerate(
            ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
        ):
            self.write_sender(ca_file="")
            value = (
                folder if name == "SSL_CERT_DIR" else self.authority.certificate
            )
            self.attempt(f"more{n}", self.good, **{name: str(value)})
            self.refused(f"more{n}")

    def test_the_environment_takes_none_away(self):
        self.write_sender(ca_file=self.authority.certificate)
        nowhere = str(self.service.folder / "nowhere")
        self.attempt(
            "still",
            self.good,
            SSL_CERT_FILE=nowhere,
            SSL_CERT_DIR=nowhere,
            CURL_CA_BUNDLE=nowhere,
        )
        self.result("/still").expect(None, 200)

    def test_session_keys_are_not_written(self):
        self.write_sender(ca_file=self.authority.certificate)
        keys = self.service.folder / "keys"
        self.attempt("keys", self.good, SSLKEYLOGFILE=str(keys))
        self.result("/keys").expect(None, 200)
        assert not keys.exists(), "whoever has them can read the traffic"


class Unannounced(_TlsCase):
    """Many servers end a connection without TLS's own end (close_notify), so
    that it could be somebody else's doing. The status has been told."""

    ANSWERS = {
        "unbounded": b"HTTP/1.1 200 OK\r\n\r\ndone",
        "old": b"HTTP/1.0 200 OK\r\n\r\ndone",
        "empty": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "whole": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone",
        "none": b"HTTP/1.1 204 No Content\r\n\r\n",
        "half": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndone",
        "failed": b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\ndone",
    }

    def setup(self):
        super().setup()
        for name, answer in self.ANSWERS.items():
            self.serve(name, self.good)
            self.receivers[name].script(f"/{name}", then=Raw(answer))
        self.begin()

    def test_the_status_has_decided(self):
        for name in ("unbounded", "old", "empty", "whole", "none", "half"):
            got = self.result(f"/{name}")
            got.expect(None, 204 if name == "none" else 200, False)
            body = b"" if name in ("empty", "none") else b"done"
            assert got.body == body, (name, got)

    def test_a_failure_stays_one(self):
        got = self.result("/failed")
        assert (got.status, got.state) == (500, "pending"), got
        assert got.body == b"done", got


class SlowToConnect(Receiver):
    """The first connections take their time over the handshake."""

    def serve(self, sock, number):
        if number <= 12:
            time.sleep(0.4)
        super().serve(sock, number)


class Rate(_TlsCase):
    """A rate counts deliveries when they leave, not when they are handed
    out: connecting takes time once, and not the next time."""

    def most_in_a_second(self, requests):
        times = [r.time for r in requests]
        return max(sum(t <= other < t + 1 for other in times) for t in times)

    def start(self, path, **columns):
        self.receivers["slow"] = SlowToConnect(self.good)
        self.fresh(url=self.receivers["slow"].url(path))
        changes = ", ".join(f"{k} = {v}" for k, v in columns.items())
        self.service.db.sql(f"UPDATE vh_hooks SET {changes}")
        return self.service.start_sender("--linger", "1m")

    def test_while_connections_are_made(self):
        sender = self.start("/rate", rate_limit=10)
        self.publish_many(45)
        requests = self.receivers["slow"].wait(45, seconds=20)
        assert sender.stop() == 0
        assert self.most_in_a_second(requests) <= 10, [
            r.time - requests[0].time for r in requests
        ]
        assert requests[-1].time - requests[0].time < 6, "nor much less"

    def test_of_batches_their_members_count(self):
        sender = self.start("/batches", rate_limit=10, batch_size=4)
        self.publish_many(40)
        self.receivers["slow"].wait(10, seconds=20)
        wait_until(lambda: "pending" not in self.states(), 20, "all")
        assert sender.stop() == 0
        times = [
            r.time
            for r in self.receivers["slow"].at()
            for _ in json.loads(r.body)
        ]
        assert len(times) == 40
        for first, eleventh in zip(times, times[10:]):
            assert eleventh - first > 0.95, times


tap.main()
