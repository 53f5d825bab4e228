# SPDX-License-Identifier: MIT
"""
The base of the dashboard's tests: a service behind lighttpd with a sender and
a scripted receiver, and a browser that was given a key.
"""

import json

import browser
import doors
import receiver
import service
import tap

_shared = {}

# Looked at together: the sender does not wait long, nor give up soon.
SETTINGS = {"sender": {"retry_schedule": "1s 10m 10m", "timeout": "3s"}}


class Site:
    """One installation with its receiver; `base` as in [api]; `door` as in
    doors.py."""

    def __init__(self, base="", name="Marzipan Ltd", door="lighttpd"):
        settings = {**SETTINGS, "api": {"base_path": base}}
        self.service = service.Service(settings)
        # The sender that the web server starts: as on shared hosting, with
        # the one database user, and soon at its end.
        state = self.service.folder.for_nobody("run") / "state"
        self.service.write_config(
            service.API,
            sender={"linger": "3s", "state_dir": state},
            database={
                "user": service.ADMIN,
                "password": service.password_of(service.ADMIN),
            },
        )
        self.base = base
        self.sink = receiver.Receiver()
        self.door = doors.enter(door, self.service, base)
        self.url = f"http://127.0.0.1:{self.door.port}{base}/"
        self.organization = self.service.organization(name)
        self.key = self.service.key(self.organization)
        self.sender = None

    def start_sender(self):
        if not self.sender:
            self.sender = self.service.start_sender("--linger", "10m")

    def ask(self, method, path, body=None, key=None):
        """The JSON of a good answer of the API."""
        answer = self.door.request(
            method,
            f"{self.base}/v2/{path}",
            [("Authorization", key or self.key)],
            b""
            if body is None and method == "POST"
            else None
            if body is None
            else json.dumps(body).encode(),
        )
        assert answer.status < 300, answer
        return answer.json() if answer.body else None

    def hook(self, path, action="*", **members):
        return self.ask(
            "POST",
            "hooks",
            {"target_url": self.sink.url(path), "action": action, **members},
        )

    def publish(self, action="event.created", resource=None):
        return self.ask(
            "POST",
            "notifications",
            {"action": action, "resource": resource or {"title": "Demo"}},
        )

    def close(self):
        self.sink.close()
        self.service.close()


def site(base="", **options):
    """Made at the first use, gone when the file's tests are done."""
    if base not in _shared:
        _shared[base] = Site(base, **options)
        tap.at_end(_shared[base].close)
    return _shared[base]


def _browser(folder):
    """One for the file: starting it costs more than most tests."""
    if "browser" not in _shared:
        _shared["browser"] = browser.Browser(folder)
        tap.at_end(_shared["browser"].close)
    return _shared["browser"]


class PageCase(tap.Case):
    """`page` is a browser in which nobody is signed in."""

    base = ""
    dark = False
    sender = True

    def setup(self):
        self.site = site(self.base)
        if self.sender:
            self.site.start_sender()
        self.page = _browser(self.site.service.folder)
        self.page.reset(self.dark)
        self.page.open(self.site.url)

    def enter(self, key=None, at="overview"):
        """Signed in, as after a reload of the tab."""
        self.page.js(
            "sessionStorage.setItem('vyte-hooks.key', arguments[0])",
            key or self.site.key,
        )
        self.go(at)
        self.page.reload()
        self.page.see("nav")

    def go(self, at):
        self.page.js("location.hash = arguments[0]", f"#/{at}")

    def quiet(self, but=()):
        """Nothing went wrong since the last call, except for answers with a
        status that was expected."""
        found = [
            line
            for line in self.page.troubles()
            if not any(f"status of {s} " in line for s in but)
        ]
        assert not found, "\n".join(found)
