# SPDX-License-Identifier: MIT
"""Where a hook may point with the configuration as it comes: https, outside."""

import service
import tap
import doors
from apicase import ApiCase


class Strict(ApiCase):
    variants = ("cgi",)

    def setup(self):
        self.service = service.Service(
            {"targets": {"allow_http": None, "allow_networks": None}}
        )
        tap.at_end(self.service.close)
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def refused(self, target):
        fields = {"target_url": target, "action": "*"}
        assert self.pointers("POST", "/v2/hooks", fields) == ["/target_url"], (
            target
        )

    def test_http(self):
        self.refused("http://www.toto.com/")

    def test_names_that_can_only_be_internal(self):
        for name in (
            "printer",
            "localhost",
            "a.localhost",
            "printer.local",
            "db.internal",
            "nas.home.arpa",
            "x.onion",
            "1.2.3.4.5",
            "LOCALHOST",
            "localhost.",
            "a.123",
        ):
            self.refused(f"https://{name}/")

    def test_private_addresses_in_every_spelling(self):
        for host in (
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "10.0.0.1",
            "[::1]",
            "[fe80::1]",
            "[::ffff:127.0.0.1]",
            "169.254.169.254",
            "0.0.0.0",
        ):
            self.refused(f"https://{host}/")

    def test_one_that_was_allowed_once_may_be_sent_back(self):
        self.service.write_config(
            service.API,
            targets={"allow_networks": "10.0.0.0/8", "allow_http": "yes"},
        )
        hook = self.hook(target_url="http://10.0.0.1/")
        path = f"/v2/hooks/{hook['_id']}"
        self.service.write_config(service.API)
        changed = self.good(200, "PUT", path, dict(hook, description="x"))
        assert changed["target_url"] == "http://10.0.0.1/", changed
        for target in ("http://10.0.0.1", "http://10.0.0.1/x"):
            assert self.pointers("PUT", path, {"target_url": target}) == [
                "/target_url"
            ]

    def test_public_ones_pass(self):
        for host in (
            "www.toto.com",
            "8.8.8.8",
            "www.toto.com:8443",
            "[2606:4700::1111]",
            "xn--tt-fkaa.com",
        ):
            self.hook(target_url=f"https://{host}/")


tap.main()
