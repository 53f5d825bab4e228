# SPDX-License-Identifier: MIT
"""
A real browser: Debian's chromium, driven through its chromedriver by the W3C
WebDriver protocol, which is JSON over HTTP.

    page = Browser(folder)
    page.open(url)
    page.wait("text that must appear")
    page.click("button", "Create")
    assert not page.troubles()

Faults of a page are collected: violations of its policy, errors on the console,
exceptions.
"""

import base64
import http.client
import itertools
import json
import os
import pathlib

import doors
import processes
import where

_numbers = itertools.count(1)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Space": "\ue00d",
    "Left": "\ue012",
    "Right": "\ue014",
    "Shift": "\ue008",
    "Down": "\ue015",
}
# Runs before any script of a page, so that nothing goes unnoticed.
_WATCH = """
globalThis.troubles = [];
addEventListener('securitypolicyviolation', (e) => troubles.push(
    `policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));
addEventListener('error', (e) => troubles.push(`error: ${e.message}`));
addEventListener('unhandledrejection', (e) => troubles.push(
    `rejection: ${e.reason && e.reason.stack || e.reason}`));
"""
# Finds a visible element; hidden texts for screen readers count, too.
_FIND = """
const [selector, text] = arguments;
const wide = (t) => t.replace(/\\s+/g, ' ').trim();
const open = [...document.querySelectorAll('dialog[open]')].at(-1);
return [...document.querySelectorAll(selector)].find((e) =>
    (!open || open.contains(e)) && e.getClientRects().length && (!text ||
        wide(e.innerText ?? e.textContent).includes(text) ||
        (e.getAttribute('aria-label') ?? '').includes(text))) ?? null;
"""


class Browser:
    """`dark`: the preference of the visitor's system. `environment`: further
    variables, for the fonts of pictures."""

    def __init__(
        self, folder, width=1280, height=800, dark=False, environment=None
    ):
        self.home = folder / f"browser{next(_numbers)}"
        self.home.mkdir()
        port = doors.free_port()
        self.driver = processes.Child(
            "chromedriver",
            [where.server("chromedriver"), f"--port={port}"],
            self.home / "driver.log",
            env={
                **os.environ,
                "HOME": str(self.home),
                "TMPDIR": str(self.home),
                **(environment or {}),
            },
        )
        self.port = port
        self.session = None
        processes.wait_until(self._ready, 20, "chromedriver's start")
        self._begin(width, height)
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        self.media(dark)

    # ---- the protocol ----

    def _ask(self, method, path, body=None):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"Content-Type": "application/json"},
            )
            value = json.loads(link.getresponse().read())["value"]
        finally:
            link.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(
                f"{path}: {value['error']}: {value['message'][:600]}"
            )
        return value

    def _ready(self):
        self.driver.check()
        try:
            return self._ask("GET", "/status")["ready"]
        except OSError:
            return False

    def _begin(self, width, height):
        arguments = [
            "--headless=new",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            "--lang=en-GB",
            f"--user-data-dir={self.home / 'profile'}",
            f"--window-size={width},{height}",
            # It ends with its driver, however the driver ends.
            "--remote-debugging-pipe",
            # As root, or in a chroot, the sandbox does not work. The pages are
            # our own.
            "--no-sandbox",
        ]
        options = {"args": arguments, "binary": str(where.server("chromium"))}
        answer = self._ask(
            "POST",
            "/session",
            {
                "capabilities": {
                    "alwaysMatch": {
                        "browserName": "chrome",
                        "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL"},
                    }
                }
            },
        )
        self.session = f"/session/{answer['sessionId']}"
        self.size(width, height)

    def do(self, method, path, **body):
        return self._ask(
            method, f"{self.session}/{path}", body if method == "POST" else None
        )

    def cdp(self, command, **params):
        return self.do("POST", "goog/cdp/execute", cmd=command, params=params)

    def js(self, script, *args):
        return self.do("POST", "execute/sync", script=script, args=list(args))

    def later(self, script, *args):
        """The last argument of the script takes its result."""
        return self.do("POST", "execute/async", script=script, args=list(args))

    # ---- the window ----

    def size(self, width, height=800, scale=1):
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def reset(self, dark=False):
        """Resets the browser as if it was started again."""
        self.cdp("Network.enable")
        self.cdp("Network.setBlockedURLs", urls=[])
        self.cdp(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
        self.cdp("Network.setCacheDisabled", cacheDisabled=False)
        self.zone("")
        self.size(1280, 800)
        self.media(dark)
        self.js("""
            if (location.protocol.startsWith('http')) {
                sessionStorage.clear();
                localStorage.clear();
            }""")
        self.open("about:blank")
        self.troubles()

    def media(self, dark):
        self.cdp(
            "Emulation.setEmulatedMedia",
            features=[
                {
                    "name": "prefers-color-scheme",
                    "value": "dark" if dark else "light",
                },
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ],
        )

    def zone(self, name):
        self.cdp("Emulation.setTimezoneOverride", timezoneId=name)

    def picture(self, path, whole=False):
        shot = self.cdp(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    # ---- actions of a person ----

    def open(self, url):
        self.do("POST", "url", url=url)

    def reload(self):
        self.do("POST", "refresh")

    def find(self, selector, text=None):
        return self.js(_FIND, selector, text)

    def see(self, selector, text=None, seconds=20):
        """Waits for the element and returns it."""
        try:
            return processes.wait_until(
                lambda: self.find(selector, text),
                seconds,
                f"{selector} with {text!r}",
                pause=0.05,
            )
        except processes.Timeout as trouble:
            raise AssertionError(
                f"{trouble}; the page says: {self.text()[:1500]}"
            ) from None

    def wait(self, text, seconds=20):
        """Waits until the page shows the text."""
        return self.see("body, dialog", text, seconds)

    def gone(self, selector, text=None, seconds=20):
        processes.wait_until(
            lambda: not self.find(selector, text),
            seconds,
            f"the end of {selector} with {text!r}",
        )

    def click(self, selector, text=None, seconds=20):
        element = self.see(selector, text, seconds)
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        self.do("POST", f"element/{element[_ELEMENT]}/click")

    def field(self, label):
        """The control that belongs to a label."""
        self.see("label", label)
        return self.js(
            """
            const open = [...document.querySelectorAll('dialog[open]')].at(-1);
            return [...(open ?? document).querySelectorAll('label')].find(
                (l) => l.innerText.includes(arguments[0])).control;
            """,
            label,
        )

    def fill(self, label, text):
        element = self.field(label)
        path = f"element/{element[_ELEMENT]}"
        self.do("POST", f"{path}/clear")
        self.do("POST", f"{path}/value", text=text)

    def choose(self, label, value):
        """An option of a select by its value; it may have to come first."""
        processes.wait_until(
            lambda: self.js(
                "return [...arguments[0].options].some("
                "(o) => o.value === arguments[1])",
                self.field(label),
                value,
            ),
            20,
            f"an option {value}",
        )
        self.js(
            """
            const [control, value] = arguments;
            control.value = value;
            if (control.value !== value)
                throw new Error(`no option ${value}`);
            control.dispatchEvent(new Event('change', { bubbles: true }));
            """,
            self.field(label),
            value,
        )

    def press(self, *names, shift=False):
        """Keys by name, or texts to type, as from a keyboard."""
        actions = []
        for name in names:
            for key in [KEYS[name]] if name in KEYS else name:
                actions += [
                    {"type": "keyDown", "value": key},
                    {"type": "keyUp", "value": key},
                ]
        if shift:
            actions = [
                {"type": "keyDown", "value": KEYS["Shift"]},
                *actions,
                {"type": "keyUp", "value": KEYS["Shift"]},
            ]
        self.do(
            "POST",
            "actions",
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    def tab_to(self, selector, text=None, limit=80):
        """Presses Tab until the focus is there, as without a mouse."""
        for _ in range(limit):
            self.press("Tab")
            if self.js(
                """
                    const [wanted] = arguments;
                    return document.activeElement === wanted;
                    """,
                self.see(selector, text),
            ):
                return
        raise AssertionError(f"the Tab key does not reach {selector} {text}")

    # ---- the state of the page ----

    def text(self):
        return self.js("return document.body ? document.body.innerText : ''")

    def troubles(self):
        """All faults since the page was loaded; console errors come once."""
        log = self.do("POST", "se/log", type="browser")
        return self.js("return globalThis.troubles || []") + [
            entry["message"]
            for entry in log
            if entry["level"] in ("SEVERE", "WARNING")
        ]

    def close(self):
        if self.session:
            try:
                self._ask("DELETE", self.session)
            except (AssertionError, OSError):
                pass  # it goes with its driver
        self.driver.stop()
