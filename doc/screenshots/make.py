# SPDX-License-Identifier: MIT
"""
Pictures of the dashboard for the README: `make screenshots`.

A day of an organization is lived through in about a minute: in each of many
rounds notifications are published and one run of the sender delivers what is
due, to receivers some of which are ill for a while; then everything in the
database is made some minutes older. What the pictures show was made by the
service; only the receivers' addresses are others.

Needs chromium, chromium-driver, pngquant, fonts-inter, fonts-jetbrains-mono.
"""

import json
import math
import pathlib
import random
import shutil
import subprocess
import sys
import time

import browser
import certificates
import doors
import guard
import processes
import receiver
import service

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS, MINUTES = 288, 5
# What has no part in growing older.
LASTING = ("organizations", "api_keys", "hooks", "hook_secrets", "installation")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include>/etc/fonts/fonts.conf</include>
<match><test name="family" compare="contains"><string>sans</string></test>
<edit name="family" mode="assign" binding="strong"><string>Inter</string></edit>
</match>
<match><test name="family"><string>DejaVu Sans</string></test>
<edit name="family" mode="assign" binding="strong"><string>Inter</string></edit>
</match>
<match><test name="family"><string>ui-monospace</string></test>
<edit name="family" mode="assign" binding="strong">
<string>JetBrains Mono</string></edit></match>
</fontconfig>
"""
HOOKS = {
    # path: target to show, action, description, members
    "/calendar": (
        "https://hooks.lumen-calendar.example/vyte",
        "event.*",
        "Calendar sync, production",
        {},
    ),
    "/crm": (
        "https://api.northwind.example/webhooks/bookings?tenant=42",
        "*",
        "CRM import",
        {"headers": {"X-Tenant": "42"}},
    ),
    "/billing": (
        "https://billing.marzipan.example/hooks",
        "event.confirmed",
        "Invoices",
        {"ordered": True},
    ),
    "/mail": (
        "https://mailer.marzipan.example/in.php",
        "event.new_invitee",
        "Invitations by mail",
        {"rate_limit": 20},
    ),
    "/chat": (
        "https://chat.example/services/T02/B77/xoQ9",
        "event.cancelled",
        "Channel #cancellations",
        {},
    ),
    "/lake": (
        "https://collect.deep-lake.example/v1/ingest",
        "*",
        "Analytics",
        {"batch_size": 20},
    ),
    "/old": (
        "https://www.old-marzipan.example/hook",
        "vyteme.updated",
        "Old site (retired)",
        {},
    ),
}
ACTIONS = {
    "event.created": 5,
    "event.confirmed": 4,
    "event.updated": 6,
    "event.voted": 7,
    "event.new_invitee": 5,
    "event.cancelled": 1,
    "user.joined": 1,
}
TITLES = (
    "Kick-off: spring campaign",
    "Interview with Sam Okafor",
    "Board meeting",
    "Dentist",
    "Demo for Northwind",
    "1:1 Ada and Jo",
)


class Mood:
    """A receiver's step: takes a while, and is ill when it is told."""

    def __init__(self, slow, body, kind="application/json"):
        self.slow = slow
        self.body = body
        self.kind = kind
        self.ill = 0.0
        self.sick = receiver.Answer(
            503,
            b'{"error":"upstream timed out","retry":true,"request":"f81d4fae"}',
            [("Content-Type", "application/json"), ("Server", "nginx")],
        )

    def __call__(self, link):
        time.sleep(self.slow * random.lognormvariate(0, 0.6))
        if random.random() < self.ill:
            return self.sick(link)
        return receiver.Answer(
            200, self.body, [("Content-Type", self.kind), ("Server", "nginx")]
        )(link)


class Day:
    def __init__(self):
        self.service = service.Service(
            {
                "sender": {
                    "retry_schedule": "5s 5m 30m 2h",
                    "timeout": "5s",
                    "workers": "2",
                }
            }
        )
        folder = self.service.folder
        authority = certificates.Authority(folder.path, "authority")
        self.sink = receiver.Receiver(
            certificate=authority.issue("good", "IP:127.0.0.1")
        )
        self.service.settings["sender"]["ca_file"] = authority.certificate
        for user in (service.ADMIN, service.API, service.SENDER):
            self.service.write_config(user)
        self.door = doors.enter("lighttpd", self.service)
        self.organization = self.service.organization("Marzipan")
        self.key = self.service.key(self.organization)
        self.moods = {
            "/calendar": Mood(0.012, b'{"ok":true,"calendar":"main"}'),
            "/crm": Mood(0.03, b'{"imported":1,"skipped":0}'),
            "/billing": Mood(0.02, b'{"invoice":"2026-1187","total":129.50}'),
            "/mail": Mood(0.008, b"queued", "text/plain"),
            "/chat": Mood(0.04, b"ok", "text/plain"),
            "/lake": Mood(0.02, b'{"accepted":true}'),
            "/old": Mood(0.01, b""),
        }
        self.hooks = {}
        for path, (_, action, description, more) in HOOKS.items():
            self.sink.script(path, then=self.moods[path])
            self.hooks[path] = self.ask(
                "POST",
                "hooks",
                {
                    "target_url": self.sink.url(path),
                    "action": action,
                    "description": description,
                    **more,
                },
            )["_id"]
        self.ask("POST", f"hooks/{self.hooks['/old']}/disable")
        self.columns = self.service.db.sql(
            "SELECT table_name, GROUP_CONCAT(column_name) FROM "
            "information_schema.columns WHERE table_schema = DATABASE() AND "
            "data_type IN ('datetime', 'timestamp') GROUP BY table_name"
        )

    def ask(self, method, path, body=None):
        answer = self.door.request(
            method,
            f"/v2/{path}",
            [("Authorization", self.key)],
            b""
            if body is None and method == "POST"
            else None
            if body is None
            else json.dumps(body).encode(),
        )
        assert answer.status < 300, answer
        return answer.json()

    def older(self):
        """Everything that was done, by so many minutes."""
        for table, columns in self.columns:
            if table in LASTING:
                continue
            sets = ", ".join(
                f"{c} = {c} - INTERVAL {MINUTES} MINUTE"
                for c in columns.split(",")
            )
            order = " ORDER BY start_at" if table == "stats" else ""
            self.service.db.sql(f"UPDATE {table} SET {sets}{order}")

    def publish(self, count):
        actions = random.choices(list(ACTIONS), ACTIONS.values(), k=count)
        self.ask(
            "POST",
            "notifications",
            [
                {
                    "action": action,
                    "resource": {
                        "_id": f"{random.getrandbits(96):024x}",
                        "title": random.choice(TITLES),
                        "status": action.partition(".")[2],
                        "organizer": {
                            "name": "Ada Moreau",
                            "timezone": "Europe/Paris",
                        },
                        "start": "2026-03-12T09:00:00.000Z",
                        "invitees": random.randint(1, 9),
                    },
                }
                for action in actions
            ],
        )

    def live(self):
        begin = time.time() - ROUNDS * MINUTES * 60
        for n in range(ROUNDS):
            moment = time.gmtime(begin + n * MINUTES * 60)
            hour = moment.tm_hour + moment.tm_min / 60
            rate = 4 + 26 * max(0, math.sin((hour - 6.5) / 13 * math.pi))
            left = ROUNDS - n
            self.moods["/mail"].ill = 0.9 if 60 < left < 110 else 0.01
            self.moods["/crm"].ill = 0.5 if 150 < left < 165 else 0.004
            self.moods["/chat"].ill = 1 if left < 34 else 0
            self.publish(max(1, int(random.gauss(rate, rate / 6))))
            done = self.service.send("--once")
            assert done.status == 0, done
            if left > 1:
                self.older()

    def dress(self):
        """The receivers' addresses, as they would be elsewhere."""
        for path, (target, *_) in HOOKS.items():
            self.service.db.sql(
                "UPDATE vh_hooks SET target_url = "
                f"{service.quote(target)} WHERE target_url = "
                f"{service.quote(self.sink.url(path))}"
            )
        self.service.db.sql(
            "UPDATE vh_attempts SET remote = '198.51.100.24:443' "
            "WHERE remote IS NOT NULL"
        )

    def delivery(self):
        """One that was ill for some attempts and arrived in the end."""
        for d in self.ask(
            "GET",
            f"deliveries?hook={self.hooks['/mail']}&state=delivered&limit=1000",
        ):
            if d["attemptCount"] == 3:
                return d["_id"]
        raise AssertionError("nothing was delivered at the third attempt")

    def close(self):
        self.sink.close()
        self.service.close()


def take(day):
    fonts = day.service.folder / "fonts.conf"
    fonts.write_text(FONTS)
    page = browser.Browser(
        day.service.folder, environment={"FONTCONFIG_FILE": str(fonts)}
    )
    page.zone("Europe/Paris")
    page.open(f"http://127.0.0.1:{day.door.port}/")
    page.js("sessionStorage.setItem('vyte-hooks.key', arguments[0])", day.key)
    views = {
        "overview": ("overview", ".bar"),
        "hooks": ("hooks", ".pill-good"),
        "delivery": (f"deliveries/{day.delivery()}", ".side-by"),
    }
    try:
        for name, (at, mark) in views.items():
            for theme in ("light", "dark"):
                for size, width, height in (
                    ("wide", 1440, 900),
                    ("narrow", 390, 844),
                ):
                    page.size(width, height)
                    page.media(theme == "dark")
                    page.open("about:blank")
                    page.open(f"http://127.0.0.1:{day.door.port}/#/{at}")
                    page.see(mark)
                    time.sleep(1)
                    tall = page.js(
                        "return document.documentElement.scrollHeight"
                    )
                    page.size(
                        width,
                        min(max(tall, height), 2 * width),
                        scale=2 if size == "narrow" else 1.5,
                    )
                    time.sleep(0.5)
                    save(page, HERE / f"{name}-{theme}-{size}.png")
    finally:
        page.close()


def save(page, path):
    page.picture(path)
    subprocess.run(
        [
            "pngquant",
            "--force",
            "--skip-if-larger",
            "--speed=1",
            "--ext=.png",
            "64",
            path,
        ],
        check=True,
    )
    print(f"{path.name}: {path.stat().st_size} bytes")


def main():
    for program in ("pngquant", "chromedriver"):
        if not shutil.which(program):
            sys.exit(
                f"{program} not found: apt-get install chromium-driver "
                "pngquant fonts-inter fonts-jetbrains-mono"
            )
    random.seed(7)
    day = Day()
    try:
        day.live()
        day.dress()
        sender = day.service.start_sender("--linger", "2m")
        processes.wait_until(
            lambda: day.ask("GET", "stats")["sender"]["alive"], 10, "a sender"
        )
        take(day)
        sender.stop()
    finally:
        day.close()


if __name__ == "__main__":
    guard.run(main)
