# SPDX-License-Identifier: MIT
"""Signing in to the dashboard, and the rights of the key's role."""

import signal

import browser
import processes
import tap
from pagecase import PageCase


class SignIn(PageCase):
    def sign_in(self, key):
        self.page.open(self.site.url)
        self.page.fill("API key", key)
        self.page.click("button", "Sign in")

    def signed_out(self):
        self.page.see("h1", "Sign in to vyte-hooks")
        assert not self.page.find("nav")
        assert self.page.js("return sessionStorage.length") == 0

    def test_a_wrong_key(self):
        self.sign_in("vh_this-is-no-key")
        self.page.wait("Ask the operator of this site")
        self.signed_out()
        self.quiet(but=[401])

    def test_what_cannot_be_a_key(self):
        self.sign_in("two words")
        self.page.wait("A key is made of letters")
        self.signed_out()
        self.quiet()

    def test_a_key_that_may_only_run(self):
        self.sign_in(self.site.service.key(self.site.organization, "run"))
        self.page.wait("only start the sender")
        self.signed_out()
        self.quiet(but=[403])

    def test_the_right_one(self):
        self.sign_in(f"  {self.site.key} ")
        self.page.see("nav")
        self.page.see(".who", "Marzipan Ltd")
        self.page.see(".badge", "manage")

    def test_a_reload_keeps_it_for_the_tab_alone(self):
        self.page.reload()
        self.page.see(".who", "Marzipan Ltd")
        self.quiet()
        kept = self.page.js("""
            return [JSON.stringify(localStorage), document.cookie,
                    location.href, JSON.stringify(sessionStorage)]""")
        assert [self.site.key in text for text in kept] == [
            False,
            False,
            False,
            True,
        ], kept

    def test_it_is_sent_in_a_header_only(self):
        names = self.page.js("""
            return performance.getEntriesByType('resource').map(
                (entry) => entry.name)""")
        assert any("/v2/auth/test" in name for name in names), names
        assert not [name for name in names if self.site.key in name], names
        log = self.site.door.log.read_text(errors="replace")
        assert self.site.key not in log

    def test_signing_out_forgets_it(self):
        self.page.click("button", "Sign out")
        self.signed_out()
        self.page.reload()
        self.signed_out()
        self.quiet()

    def test_a_key_that_is_revoked_meanwhile(self):
        self.enter(self.site.service.key(self.site.organization))
        listed = self.site.service.admin("key", "list", self.site.organization)
        newest = listed.splitlines()[-1].split("\t")[0]
        self.site.service.admin("key", "revoke", newest)
        self.go("hooks")
        self.page.wait("no longer valid")
        self.signed_out()
        self.quiet(but=[401])


class Roles(PageCase):
    """Actions that a key may not do are not offered."""

    def setup(self):
        super().setup()
        self.id = self.site.hook("/roles", "user.joined")["_id"]

    def offered(self, role):
        """The buttons and links of all pages, as a key of the role."""
        words = []
        self.enter(self.site.service.key(self.site.organization, role))
        for at, mark in (
            ("hooks", "/roles"),
            (f"hooks/{self.id}", "Verify"),
            ("deliveries", "Live"),
        ):
            self.go(at)
            self.page.wait(mark)
            words += self.page.js("""
                return [...document.querySelectorAll('button, nav a')].map(
                    (e) => e.innerText.trim())""")
        self.quiet()
        return set(words)

    def test_manage(self):
        missing = {
            "Create a hook",
            "Ping",
            "Replay",
            "Edit",
            "Disable",
            "Delete",
            "Show",
            "Rotate",
            "Publish",
        } - self.offered("manage")
        assert not missing, missing

    def test_publish(self):
        found = self.offered("publish")
        assert "Publish" in found
        assert not found & {
            "Create a hook",
            "Ping",
            "Replay",
            "Edit",
            "Disable",
            "Delete",
            "Show",
            "Rotate",
        }, found

    def test_read(self):
        found = self.offered("read")
        assert not found & {
            "Create a hook",
            "Ping",
            "Replay",
            "Edit",
            "Disable",
            "Delete",
            "Show",
            "Rotate",
            "Publish",
        }, found

    def test_a_page_that_is_not_for_this_key_says_so(self):
        self.enter(
            self.site.service.key(self.site.organization, "read"), "publish"
        )
        self.page.wait("needs the role publish or manage")


class Killed(tap.Case):
    """A browser whose driver is killed, as happens to a run of tests."""

    def test_it_ends_with_its_driver(self):
        folder = processes.Folder()
        try:
            page = browser.Browser(folder.path)
            assert len(list(processes.running(page.home))) > 1
            page.driver.stop(number=signal.SIGKILL)
            processes.wait_until(
                lambda: not list(processes.running(page.home)),
                10,
                "the browser's end",
            )
        finally:
            folder.close()


tap.main()
