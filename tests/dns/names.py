# SPDX-License-Identifier: MIT
"""
Names and addresses, with a name server that lies, in a network of its own.
Run by check-dns, which makes the namespaces.
"""

import os
import ssl
import time

import tap
from certificates import Authority
from nameserver import NameServer
from processes import wait_until
from receiver import Answer, Receiver
from trial import TrialCase

# Addresses of this namespace's loopback. The first two and the third pass for
# public ones; own_ports lets them be reached on ports 80 and 443.
PUBLIC, OTHER, PUBLIC6 = "93.184.216.34", "93.184.216.35", "2606:2800:220:1::1"
LOOPBACK = "127.0.0.1"
# All but the last two would lead to a canary here.
DISGUISES = (
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "::127.0.0.1",
    "fe80::1",
)
CANARIES = (LOOPBACK, "127.9.9.9", "::1", "64:ff9b::7f00:1", "2002:7f00:1::1")
REFUSED4 = (
    LOOPBACK,
    "127.9.9.9",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
)


class _NameCase(TrialCase):
    """Receivers at port 80 of the public addresses, canaries at port 80 of
    the others."""

    settings = {
        **TrialCase.settings,
        "targets": {"allow_http": "yes", "allow_networks": None},
    }

    def setup(self):
        assert os.environ.get("HOOKS_TEST_NAMESPACE"), "only with check-dns"
        self.open = []
        super().setup()
        self.names = self.opened(NameServer())
        self.public = self.receiver(PUBLIC)
        self.other = self.receiver(OTHER)
        self.public6 = self.receiver(PUBLIC6)
        self.canaries = [self.receiver(a) for a in CANARIES]
        self.canaries.append(self.receiver(PUBLIC, 8080))

    def teardown(self):
        for one in getattr(self, "open", ()):
            one.close()
        super().teardown()

    def opened(self, one):
        self.open.append(one)
        return one

    def receiver(self, host, port=80, certificate=None):
        return self.opened(Receiver(certificate, address=(host, port)))

    def name(self, label, *addresses):
        """A hook to a name with these addresses."""
        self.names.set(f"{label}.example.com", *addresses)
        self.trial(f"http://{label}.example.com/{label}")

    def by_sql(self, label, url):
        """A hook whose URL no program would take."""
        self.trial(f"http://www.example.com/{label}")
        self.service.db.sql(
            f"UPDATE vh_hooks SET target_url = '{url}' "
            f"WHERE target_url LIKE '%/{label}'"
        )

    def delivered(self, label, host):
        got = self.result(f"/{label}").expect(None, 200, False)
        place = f"[{host}]:80" if ":" in host else f"{host}:80"
        assert got.remote == place, got

    def failed(self, label, error):
        got = self.result(f"/{label}").expect(error, None, False)
        assert got.remote is None and not got.body, got

    def silent_canaries(self):
        for canary in self.canaries:
            assert canary.connections == 0, canary.requests


class Addresses(_NameCase):
    def setup(self):
        super().setup()
        self.name("public", PUBLIC)
        self.name("public6", PUBLIC6)
        for n, address in enumerate(REFUSED4):
            self.name(f"refused{n}", address)
        for n, address in enumerate(DISGUISES):
            self.name(f"disguise{n}", address)
        self.name("all", *REFUSED4, *DISGUISES)
        self.name("before", LOOPBACK, PUBLIC)
        self.name("after", PUBLIC, LOOPBACK)
        self.name("between", LOOPBACK, "10.0.0.1", PUBLIC, "169.254.169.254")
        self.name("six", LOOPBACK, PUBLIC6)
        self.name("four", PUBLIC, "::1", "::ffff:127.0.0.1")
        self.name("both", LOOPBACK, "::1", PUBLIC, PUBLIC6)
        self.names.set("port.example.com", PUBLIC)
        self.trial("http://port.example.com:8080/port")
        self.begin()

    def test_public_addresses_are_connected(self):
        self.delivered("public", PUBLIC)
        self.delivered("public6", PUBLIC6)

    def test_refused_addresses_are_not(self):
        for n, _ in enumerate(REFUSED4):
            self.failed(f"refused{n}", "address_refused")
        self.failed("all", "address_refused")

    def test_ipv4_in_ipv6(self):
        for n, _ in enumerate(DISGUISES):
            self.failed(f"disguise{n}", "address_refused")

    def test_of_several_the_allowed_one_is_used(self):
        for label in ("before", "after", "between"):
            self.delivered(label, PUBLIC)

    def test_of_both_families_the_allowed_one_is_used(self):
        self.delivered("six", PUBLIC6)
        self.delivered("four", PUBLIC)
        got = self.result("/both").expect(None, 200, False)
        assert got.remote in (f"{PUBLIC}:80", f"[{PUBLIC6}]:80"), got

    def test_own_addresses_only_on_own_ports(self):
        self.failed("port", "address_refused")

    def test_own_addresses_only_say_their_status(self):
        """What answers there may be for visitors from this host alone."""
        for label in ("public", "public6"):
            got = self.result(f"/{label}")
            assert got.status == 200 and not got.headers, got
            assert not got.body and got.kept == 2, got

    def test_the_canaries_stay_silent(self):
        self.silent_canaries()


class Rebinding(_NameCase):
    """A name that changes once it was looked at."""

    def test_one_look_up_and_what_it_said_is_used(self):
        self.name("twice", [PUBLIC], [LOOPBACK])
        self.begin()
        self.delivered("twice", PUBLIC)
        assert len(self.names.asked("twice.example.com")) == 2, "A and AAAA"
        self.begin()
        first, second = self.results("/twice")
        assert first.status == 200, first
        second.expect("address_refused", None, False)
        self.silent_canaries()

    def test_in_one_sender(self):
        """Connections closed each time; the addresses are kept."""
        self.alone()
        self.public.script("/again", then=Answer(200, close=True))
        self.name("again", [PUBLIC], [LOOPBACK])
        sender = self.service.start_sender()
        for n in range(3):
            self.publish()
            self.public.wait(n + 1, "/again")
        assert sender.stop() == 0
        self.silent_canaries()


class Resolving(_NameCase):
    """The names that may be queried, and those that the machine may add."""

    def setup(self):
        super().setup()
        # The search domain of this namespace has an answer for everything.
        for label in ("nobody.example.net.", "single.", "alias."):
            self.names.set(f"{label}trap.example.org", OTHER)
            self.names.set(f"{label}trap.example.net", OTHER)
        self.names.set("alias.example.org", OTHER)

    def ask(self, **environment):
        """A name that does not exist, two with one label, a good one."""
        self.alone()
        self.names.queries.clear()
        self.trial("http://nobody.example.net/nobody")
        self.by_sql("single", "http://single/single")
        self.by_sql("alias", "http://alias/alias")
        self.name("good", PUBLIC)
        count = len(self.results("/nobody"))
        self.begin(**environment)
        for label in ("nobody", "single", "alias"):
            got = self.results(f"/{label}")[count:]
            assert len(got) == 1, got
            got[0].expect("dns", None, False)
        self.results("/good")[-1].expect(None, 200, False)
        assert self.names.names() == {
            "nobody.example.net",
            "single",
            "alias",
            "good.example.com",
        }
        assert self.other.connections == 0, self.other.requests

    def test_the_machines_search_domain(self):
        self.ask()

    def test_a_search_domain_in_the_environment(self):
        self.ask(LOCALDOMAIN="trap.example.net")

    def test_aliases_in_the_environment(self):
        aliases = self.service.folder / "aliases"
        aliases.write_text("alias alias.example.org\n")
        self.ask(HOSTALIASES=str(aliases))

    def test_options_in_the_environment(self):
        # Over TCP, where nobody answers.
        self.ask(RES_OPTIONS="use-vc")


class Silent(_NameCase):
    """A name server that says nothing for some names."""

    settings = {
        **_NameCase.settings,
        "sender": {**TrialCase.settings["sender"], "linger": "60s"},
    }
    HANGING = 8

    def setup(self):
        super().setup()
        self.names.silence("example.net")
        for n in range(self.HANGING):
            self.service.admin(
                "hook",
                "create",
                self.organization,
                f"http://h{n}.example.net/h{n}",
                "event.created",
            )
        self.names.set("good.example.com", PUBLIC)
        for url in (f"http://{OTHER}/literal", "http://good.example.com/good"):
            self.service.admin(
                "hook", "create", self.organization, url, "user.joined"
            )
        self.sender = self.service.start_sender()

    def healthy(self, number):
        """How long one more takes to both healthy hooks."""
        begin = time.time()
        self.publish("{}", "user.joined")
        return (
            max(
                self.other.wait(number, "/literal", 30)[-1].time,
                self.public.wait(number, "/good", 30)[-1].time,
            )
            - begin
        )

    def test_others_are_served_meanwhile(self):
        self.healthy(1)
        self.publish()
        wait_until(
            lambda: len(self.names.names()) > self.HANGING,
            10,
            "look-ups that hang",
        )
        end = time.monotonic() + 8
        waits = []
        while time.monotonic() < end:
            waits.append(self.healthy(len(waits) + 2))
            time.sleep(0.1)
        print(f"# {len(waits)} healthy ones, the slowest {max(waits):.2f} s")
        # The resolver itself gives up after 10 s.
        assert max(waits) < 3, waits
        for n in range(self.HANGING):
            got = self.results(f"/h{n}")[0].expect("dns", None, False)
            assert 0.9 < got.total_us / 1e6 < 4, "connect_timeout, 1 s"

    def test_stopping_does_not_wait_for_it(self):
        self.publish()
        time.sleep(0.3)
        begin = time.monotonic()
        assert self.sender.stop() == 0
        assert time.monotonic() - begin < 5


class Secure(_NameCase):
    """Names in TLS, and the system's certificates, which are this
    namespace's own copy."""

    def setup(self):
        super().setup()
        folder = self.service.folder.path
        self.authority = Authority(folder, "authority")
        self.stray = Authority(folder, "stray")
        for path in self.stray.as_folder("hashed").iterdir():
            with open(f"/etc/ssl/certs/{path.name}", "wb") as copy:
                copy.write(path.read_bytes())
        self.asked_for = []
        self.good = self.serve(PUBLIC, self.authority)
        self.serve(OTHER, self.stray)

    def serve(self, address, authority):
        pem = authority.issue(f"for-{address}", "DNS:*.example.com")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.sni_callback = lambda _, name, __: self.asked_for.append(name)
        return self.receiver(address, 443, context)

    def attempt(self, label, address, ca_file):
        self.alone()
        self.service.write_config("hooks_sender", sender={"ca_file": ca_file})
        self.names.set(f"{label}.example.com", address)
        self.trial(f"https://{label}.example.com/{label}")
        self.begin()
        return self.result(f"/{label}")

    def test_the_name_is_sent_as_it_stands(self):
        got = self.attempt("good", PUBLIC, self.authority.certificate)
        assert got.expect(None, 200).remote == f"{PUBLIC}:443", got
        assert self.asked_for == ["good.example.com"], self.asked_for
        [request] = self.good.at("/good")
        assert request.header("Host") == "good.example.com"

    def test_a_folder_of_certificates_is_not_looked_into(self):
        got = self.attempt("stray", OTHER, self.authority.certificate)
        got.expect("tls", None, False)

    def test_by_default_the_systems_bundle_counts(self):
        self.attempt("before", PUBLIC, "").expect("tls", None, False)
        with open("/etc/ssl/certs/ca-certificates.crt", "ab") as bundle:
            bundle.write(self.authority.certificate.read_bytes())
        self.attempt("after", PUBLIC, "").expect(None, 200, False)


tap.main()
