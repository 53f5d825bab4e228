# SPDX-License-Identifier: MIT
"""
The dashboard's looks and behaviour on every page: for visitors without colours,
a mouse or a wide screen, below a path, on a slow line, within its budget.
"""

import re

import doors
import processes
import tap
import where
from pagecase import PageCase, site
from receiver import Answer

AXE = where.node_file("axe-core/axe.min.js").read_text()
BUDGET = 150000
HTDOCS = where.SOURCE / "htdocs"


class _Filled(PageCase):
    """With something on every page."""

    def setup(self):
        self.site = site()
        if not hasattr(self.site, "filled"):
            self.site.filled = self.fill()
        self.hook, self.delivery, self.notification = self.site.filled
        super().setup()

    def fill(self):
        self.site.start_sender()
        self.site.sink.script("/sick", then=Answer(500, b'{"error":"locked"}'))
        hook = self.site.hook(
            "/sick",
            "event.*",
            ordered=True,
            description="Calendar sync, production",
            headers={"X-Token": "hush"},
        )
        off = self.site.hook("/off", "user.joined", description="x" * 200)
        self.site.ask("POST", f"hooks/{off['_id']}/disable")
        self.site.hook("/well?" + "very-long-query" * 20, "*")
        published = self.site.publish()["_id"]
        self.site.publish("user.joined")
        self.site.sink.wait(2, "/sick")
        [delivery, *_] = self.site.ask("GET", f"deliveries?hook={hook['_id']}")
        return hook["_id"], delivery["_id"], published

    def pages(self):
        """Where, and what tells that it is all there."""
        return [
            ("overview", ".ledger"),
            ("hooks", ".row"),
            (f"hooks/{self.hook}", ".card pre"),
            ("deliveries", ".row"),
            (f"deliveries/{self.delivery}", ".side-by"),
            ("notifications", ".row"),
            (f"notifications/{self.notification}", ".card pre"),
            ("actions", "details"),
            ("publish", "textarea"),
            ("reference", ".operation"),
            ("nowhere", ".empty"),
        ]


class Accessible(_Filled):
    """axe-core, on every page and dialog, light and dark."""

    def look(self, options):
        return self.page.later(
            """
            const [options, done] = arguments;
            axe.run(document, options).then(({ violations }) => done(
                violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map(
                    (n) => n.html.slice(0, 300)).join(' | ')}`)),
                (error) => done([`${error}`]))""",
            options,
        )

    def axe(self):
        """All rules in the light, and the rules about colours in the dark."""
        if not self.page.js("return typeof axe === 'object'"):
            self.page.cdp("Runtime.evaluate", expression=f"{AXE};0")
        light = self.look({})
        self.page.media(True)
        dark = self.look({"runOnly": ["color-contrast"]})
        self.page.media(False)
        return light + [f"dark: {line}" for line in dark]

    def test_it_finds_what_is_planted(self):
        self.page.see("h1", "Sign in")
        self.page.js("""
            const input = document.createElement('input');
            document.querySelector('form').append(input)""")
        assert any("label" in line for line in self.axe())
        self.page.js("""
            const text = document.querySelector('h1');
            text.style.color = 'light-dark(#000, #222)'""")
        assert any("dark: color" in line for line in self.axe())
        self.page.reload()

    def test_signing_in(self):
        self.page.see("input")
        assert self.axe() == []
        self.page.fill("API key", "wrong")
        self.page.click("button", "Sign in")
        self.page.see(".field-error")
        assert self.axe() == []

    def test_pages(self):
        self.enter()
        for at, mark in self.pages():
            self.go(at)
            self.page.see(mark)
            found = self.axe()
            assert found == [], f"{at}: " + "\n".join(found)

    def test_dialogs(self):
        self.go(f"hooks/{self.hook}")
        for name in ("Ping", "Replay", "Edit", "Delete", "Rotate"):
            self.page.click("button", name)
            self.page.see("dialog")
            for summary in self.page.js("""
                    return [...document.querySelectorAll('dialog summary')]
                    """):
                self.page.js("arguments[0].click()", summary)
            found = self.axe()
            assert found == [], f"{name}: " + "\n".join(found)
            self.page.press("Escape")
            self.page.gone("dialog")
        self.quiet(but=[401])

    def test_open_reference(self):
        self.enter(at="reference")
        self.page.click(".operation summary", "Create a hook")
        self.page.see(".members")
        found = self.axe()
        assert found == [], "\n".join(found)


class Layout(_Filled):
    def _wide(self):
        return self.page.js("return document.documentElement.scrollWidth")

    def test_no_page_is_wider_than_the_screen(self):
        self.enter()
        for at, mark in self.pages():
            self.page.size(360, 740)
            self.go(at)
            self.page.see(mark)
            for width in (360, 412, 768, 1024, 1440, 2560):
                self.page.size(width, 900)
                # The plots follow when the page has been laid out.
                processes.wait_until(
                    lambda most=width: self._wide() <= most,
                    10,
                    f"{at} as wide as the screen of {width}",
                )

    def test_dialogs_fit_a_telephone(self):
        self.page.size(360, 640)
        self.go(f"hooks/{self.hook}")
        for name in ("Edit", "Replay", "Delete"):
            self.page.click("button", name)
            box = self.page.js(
                """
                const r = arguments[0].getBoundingClientRect();
                return [r.left, r.right, arguments[0].scrollWidth,
                        arguments[0].clientWidth]""",
                self.page.see("dialog"),
            )
            assert box[0] >= 0 and box[1] <= 360 and box[2] <= box[3], box
            self.page.press("Escape")
            self.page.gone("dialog")

    def test_the_menu_of_a_narrow_screen(self):
        assert not self.page.find("nav a")
        self.page.click("button", "Menu")
        self.page.click("nav a", "Notifications")
        self.page.see("h1", "Notifications")
        self.page.gone("nav a")
        self.page.size(1280, 800)


class Keyboard(_Filled):
    """The main tasks without a mouse: sign in, create a hook, ping it, look."""

    def focus_is_seen(self):
        style = self.page.js("""
            const s = getComputedStyle(document.activeElement);
            return [s.outlineStyle, parseFloat(s.outlineWidth),
                    document.activeElement.outerHTML.slice(0, 200)]""")
        assert style[0] != "none" and style[1] >= 2, style

    def test_the_main_way(self):
        self.page.see("input")
        # The field has the focus at once.
        self.page.press(self.site.key, "Enter")
        self.page.see("nav")
        self.page.tab_to("nav a", "Hooks")
        self.focus_is_seen()
        self.page.press("Enter")
        self.page.see("h1", "Hooks")
        self.page.tab_to("button", "Create a hook")
        self.focus_is_seen()
        self.page.press("Enter")
        self.page.see("dialog")
        self.page.press(
            self.site.sink.url("/keys"), "Tab", "Tab", "By keys", "Enter"
        )
        self.page.see("h1", "By keys")
        self.page.tab_to("button", "Ping")
        self.page.press("Enter")
        self.page.see("dialog .pill", "Delivered")
        self.page.press("Escape")
        self.page.gone("dialog")
        # The focus is back where it was.
        assert (
            self.page.js("return document.activeElement.innerText").strip()
            == "Ping"
        )
        self.page.tab_to("button", "Disable")
        self.page.press("Space")
        self.page.see(".pill", "Disabled")
        self.quiet()

    def test_a_delivery_and_its_attempts(self):
        self.go("deliveries")
        self.page.tab_to(".row", "Calendar sync")
        self.focus_is_seen()
        self.page.press("Enter")
        self.page.see("h3", "Request")
        self.page.tab_to(".timeline button", "Attempt 1")
        self.page.press("Enter")
        self.page.see(".timeline [aria-current]", "Attempt 1")

    def test_past_the_menu(self):
        self.page.reload()
        self.page.see("h1")
        self.page.press("Tab")
        self.page.see("a:focus", "Skip to the content")
        self.page.press("Enter")
        assert self.page.js("return document.activeElement.tagName") == "H1"


class Times(_Filled):
    def test_the_visitors_zone_and_utc(self):
        self.page.zone("Asia/Tokyo")
        self.enter(at=f"deliveries/{self.delivery}")
        self.page.see("time", "GMT+9")
        title = self.page.js("return arguments[0].title", self.page.see("time"))
        assert "GMT+9" in title and "UTC" in title, title
        self.page.see("dd", "UTC")
        self.page.click("button", "Asia/Tokyo")
        self.page.see("time", "UTC")
        self.page.reload()
        self.page.see("time", "UTC")
        self.page.click("button", "UTC")
        self.page.see("time", "GMT+9")


class Theme(_Filled):
    def ground(self):
        return self.page.js("""
            return getComputedStyle(document.documentElement).backgroundColor
            """)

    def test_as_the_system_and_as_chosen(self):
        self.enter()
        light = self.ground()
        self.page.media(True)
        dark = self.ground()
        assert light != dark
        self.page.click("button", "System")
        self.page.see("button", "Light")
        assert self.ground() == light
        self.page.reload()
        self.page.see("button", "Light")
        assert self.ground() == light, "it is remembered"
        self.page.click("button", "Light")
        self.page.media(False)
        assert self.ground() == dark
        self.page.click("button", "Dark")
        assert self.ground() == light


class Trouble(_Filled):
    def test_a_connection_that_breaks_and_comes_back(self):
        self.enter(at="deliveries")
        self.page.see(".row")
        self.offline(True)
        self.page.see(".stale", "cannot be reached")
        assert self.page.find(".row"), "what was there stays"
        self.go("notifications")
        self.page.see("[role=alert]", "No connection")
        self.offline(False)
        self.page.click("button", "Try again")
        self.page.see(".row")

    def offline(self, off):
        self.page.cdp("Network.enable")
        self.page.cdp(
            "Network.emulateNetworkConditions",
            offline=off,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def test_what_is_not_there(self):
        for place in ("hooks", "deliveries", "notifications"):
            self.go(f"{place}/0123456789abcdef01234567")
            self.page.see("[role=alert]", "Not found")


class Weight(_Filled):
    def loaded(self):
        """Sizes of all files of the page, without the API's answers."""
        return self.page.js("""
            const entries = [
                ...performance.getEntriesByType('navigation'),
                ...performance.getEntriesByType('resource')];
            return entries.filter((e) => !e.name.includes('/v2/')).map((e) =>
                [e.name, e.decodedBodySize])""")

    def test_each_page_as_loaded(self):
        self.page.cdp("Network.setCacheDisabled", cacheDisabled=True)
        for at, mark in self.pages()[:5]:
            self.enter(at=at)
            self.page.see(mark)
            sizes = dict(map(tuple, self.loaded()))
            assert any(name.endswith("/app.js") for name in sizes), sizes
            assert 50000 < sum(sizes.values()) < BUDGET, (at, sizes)

    def test_nothing_comes_from_elsewhere(self):
        here = f"http://127.0.0.1:{self.site.door.port}/"
        foreign = [
            name for name, _ in self.loaded() if not name.startswith(here)
        ]
        assert not foreign, foreign

    def test_all_modules_are_asked_for_at_once(self):
        """The imports of the first page are listed in index.html: no module
        waits for another."""
        page = (HTDOCS / "index.html").read_text()
        told = set(re.findall(r'href="([\w/]+\.js)"', page)) | {"app.js"}
        wanted, seen = ["app.js"], set()
        while wanted:
            name = wanted.pop()
            if name in seen:
                continue
            seen.add(name)
            folder = name.rpartition("/")[0]
            for found in re.findall(
                r'from\s*["\']\./([\w/]+\.js)["\']', (HTDOCS / name).read_text()
            ):
                wanted.append(f"{folder}/{found}" if folder else found)
        assert seen == told, seen ^ told


class FirstPaint(_Filled):
    """With nothing but the page and two more requests answered."""

    def block(self):
        self.page.cdp("Network.setCacheDisabled", cacheDisabled=True)
        names = [
            str(p.relative_to(HTDOCS))
            for p in HTDOCS.rglob("*")
            if p.is_file()
            and p.name not in ("index.html", "style.css", "boot.js")
        ]
        self.page.cdp(
            "Network.setBlockedURLs",
            urls=[f"*/{name}*" for name in names] + ["*/v2/*"],
        )

    def test_signing_in(self):
        self.block()
        self.page.reload()
        self.page.see("h1", "Sign in to vyte-hooks")
        processes.wait_until(
            lambda: self.page.js("""
            return performance.getEntriesByType('paint').length"""),
            5,
            "a first paint",
        )
        answered = self.page.js("""
            return performance.getEntriesByType('resource').filter(
                (e) => e.decodedBodySize).map((e) => e.name)""")
        assert len(answered) == 2, answered

    def test_signed_in(self):
        self.page.js("sessionStorage.setItem('vyte-hooks.key', 'x')")
        self.page.reload()
        self.page.see(".side", "vyte-hooks")
        self.page.see(".tile")
        assert not self.page.find("h1", "Sign in")


class Servers(PageCase):
    """Behind every web server, with the files from examples/."""

    variants = ("lighttpd", "apache", "apache-proxy", "shared-hosting")

    def test_it_works_and_breaks_no_rule(self):
        door = doors.enter(self.variant, self.site.service)
        self.page.open(f"http://127.0.0.1:{door.port}/")
        self.page.fill("API key", self.site.key)
        self.page.press("Enter")
        self.page.see(".ledger", "Oldest due")
        self.go("publish")
        self.page.see("textarea")
        self.quiet()


class Path(PageCase):
    """Below a path: the API is found beside the page."""

    base = "/booking"

    def test_all_of_it_lies_there(self):
        self.page.fill("API key", self.site.key)
        self.page.press("Enter")
        self.page.see("nav")
        self.site.hook("/sub", "*")
        self.go("hooks")
        self.page.see(".row", "/sub")
        self.go("reference")
        self.page.wait("/booking/v2/")
        names = self.page.js("""
            return performance.getEntriesByType('resource').map(
                (e) => new URL(e.name).pathname)""")
        assert all(name.startswith("/booking/") for name in names), names
        self.quiet()

    def test_by_the_name_of_the_file(self):
        self.page.open(f"{self.site.url}index.html#/hooks")
        self.page.see(".row", "/sub")
        self.quiet()

    def test_while_the_database_is_away(self):
        self.site.service.db.stop()
        self.page.wait("Not up to date.", 20)
        assert self.page.find(".row", "/sub"), "what was there stays"
        self.page.reload()
        self.page.see("h1", "Not available now")
        self.site.service.db.start()
        self.page.click("button", "Try again")
        self.page.see(".row", "/sub")


tap.main()
