# SPDX-License-Identifier: MIT
"""
Everything that a tenant or a receiver wrote is shown as text: markup does
nothing, and invisible or reversing characters are spelled out.
"""

import json

import tap
from pagecase import PageCase, site
from receiver import Raw

MARKUP = (
    '<img src=x onerror="globalThis.hacked=1">'
    "<script>globalThis.hacked=1</script><svg onload=hacked=1>"
    "</script></pre></title><a href='javascript:hacked=1'>x</a>{{7*7}}"
)
# Turns what follows round; ends it; a bell; no width; a lone accent pile.
ODD = "pay\u202egnp.exe\u2066\u200b\u0007\u001b[31mred\u2028end"
SPELLED = ("RLO", "LRI", "ZWSP", "U+0007", "ESC", "U+2028")
ANSWER = (
    b"HTTP/1.1 418 <b>teapot</b>\r\nX-Evil: <script>hacked=1</script>"
    b"\r\nX-Odd: \xe2\x80\xae\x07\r\nContent-Type: text/html\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
)


class Hostile(PageCase):
    def setup(self):
        self.site = site(name=f"{MARKUP[:100]}")
        body = (MARKUP + ODD).encode()
        self.site.sink.script("/evil", then=Raw(ANSWER % (len(body), body)))
        self.site.sink.script("/bytes", then=Raw(ANSWER % (3, b"\xff\0\xfe")))
        self.hook = self.site.hook(
            "/evil?" + "%3Cscript%3E",
            "event.created",
            description=(MARKUP + "pay\u202egnp.exe\u2066\u200b")[:250],
            headers={"X-Evil": "<b>\"'"},
        )
        self.bytes = self.site.hook("/bytes", "event.updated")
        super().setup()
        self.site.publish(
            "event.created",
            {MARKUP: [ODD, MARKUP], "__proto__": {"x": 1}, "n": 1.50},
        )
        self.site.publish("event.updated")
        self.site.service.publish_sql(
            self.site.organization,
            "<script>hacked=1</script>",
            json.dumps({MARKUP: MARKUP}),
        )
        self.site.sink.wait(1, "/evil")
        self.site.sink.wait(1, "/bytes")
        self.enter()
        self.elements = self.page.js("""
            return document.querySelectorAll('script, img, iframe').length""")

    def harmless(self):
        """Nothing of it has become an element, an address, or has run."""
        found = self.page.js("""
            return [globalThis.hacked ?? null,
                    document.querySelectorAll('script, img, iframe').length,
                    document.querySelectorAll('[onerror], [onload], bdi *:' +
                        'not(.unseen), pre :not(code, span)').length,
                    [...document.querySelectorAll('[href]')].filter((e) =>
                        e.href.startsWith('javascript:')).length]""")
        assert found == [None, self.elements, 0, 0], found
        self.quiet()

    def spelled(self, selector, names=SPELLED):
        found = self.page.js(
            """
            const inside = [...document.querySelectorAll(
                arguments[0])].map((e) => [e.innerText, e.textContent]);
            return inside""",
            selector,
        )
        text = " ".join(t for pair in found for t in pair)
        for name in names:
            assert name in text, (name, text)
        for character in "\u202e\u2066\u200b\u0007\u001b\u2028":
            assert character not in text, (repr(character), text)

    def delivery_of(self, hook):
        [delivery] = self.site.ask("GET", f"deliveries?hook={hook['_id']}")
        return delivery["_id"]

    def test_the_organization_and_the_overview(self):
        self.page.see(".who", "<img src=x")
        self.harmless()

    def test_hooks(self):
        self.go("hooks")
        self.page.see(".row", "<img src=x")
        self.spelled(".row", ("RLO",))
        self.harmless()
        self.go(f"hooks/{self.hook['_id']}")
        self.page.see("h1", "<script>")
        self.page.see(".facts", "X-Evil: <b>\"'")
        self.spelled("h1", ("RLO", "LRI", "ZWSP"))
        self.harmless()

    def test_dialogs(self):
        self.page.click("button", "Edit")
        self.page.see("dialog")
        self.page.press("Escape")
        self.page.click("button", "Delete")
        self.page.see("dialog", "<script>")
        self.spelled("dialog", ("RLO",))
        self.harmless()
        self.page.press("Escape")

    def test_notifications(self):
        self.go("notifications")
        self.page.see(".row", "<script>hacked=1</script>")
        self.harmless()
        self.page.click(".row", "<script>hacked=1</script>")
        self.page.see("h1", "<script>")
        self.page.see("[aria-label^=Resource]", "<img src=x")
        self.harmless()

    def test_what_was_sent(self):
        self.go(f"deliveries/{self.delivery_of(self.hook)}")
        self.page.see("[aria-label='Request body']", "<script>")
        for shape in ("Raw", "Formatted"):
            self.page.click("button", shape)
            self.page.see("[aria-label='Request body']", "__proto__")
            self.harmless()

    def test_what_the_receiver_answered(self):
        self.page.see(".timeline", "418")
        self.page.see("[aria-label='Answer headers']", "<script>hacked=1")
        for shape in ("Raw", "Formatted"):
            self.page.click("button", shape)
            self.page.see(
                "[aria-label='Answer body']",
                "<script>globalThis.hacked=1</script>",
            )
            self.spelled("[aria-label='Answer body']")
            self.harmless()
        self.spelled("[aria-label='Answer headers']", ("RLO", "U+0007"))

    def test_an_answer_that_is_no_text(self):
        self.go(f"deliveries/{self.delivery_of(self.bytes)}")
        self.page.wait("Bytes that are not text, as base64:")
        self.page.see("[aria-label='Answer body']", "/wD+")
        self.harmless()


tap.main()
