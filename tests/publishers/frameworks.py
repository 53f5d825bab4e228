# SPDX-License-Identifier: MIT
"""
The plugin in WordPress, with its pages; and the code of doc/publish.md, as it
stands there, in Laravel and Django. check-publishers has unpacked them.
"""

import datetime
import html
import http.cookiejar
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import doors
import pages
import plugin
import processes
import receiver
import service
import tap
from sendcase import SharedCase

PUBLISHERS = pathlib.Path(os.environ.get("HOOKS_PUBLISHERS", ""))
DEBIAN = PUBLISHERS / "debian/usr"

CONFIG = """<?php
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'wordpress' );
define( 'DB_PASSWORD', 'secret' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'WP_HOME', '{home}' );
define( 'WP_SITEURL', '{home}' );
define( 'DISABLE_WP_CRON', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTH_KEY', 'a' );
define( 'SECURE_AUTH_KEY', 'b' );
define( 'LOGGED_IN_KEY', 'c' );
define( 'NONCE_KEY', 'd' );
$table_prefix = 'wp_';
defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );
require ABSPATH . 'wp-settings.php';
"""
NO_MAIL = "<?php function wp_mail() { return true; }\n"


class _WordPress:
    """WordPress in place of its stand-in."""

    def install(self):
        self.port = doors.free_port()
        self.home = f"http://127.0.0.1:{self.port}"
        self.site = self.service.folder / f"wordpress-{self.port}"
        shutil.copytree(
            DEBIAN / "share/wordpress", self.site, ignore_dangling_symlinks=True
        )
        content = self.site / "wp-content"
        for folder in ("mu-plugins", "plugins", "themes"):
            (content / folder).mkdir(parents=True, exist_ok=True)
        (content / "mu-plugins/mail.php").write_text(NO_MAIL)
        shutil.copy(plugin.HERE / "woocommerce.php", content / "mu-plugins")
        shutil.copy(plugin.PLUGIN, content / "plugins")
        (self.site / "wp-config.php").write_text(
            CONFIG.format(socket=self.service.db.socket, home=self.home)
        )
        self.load = self.site / "wp-load.php"
        said = self.php("", "install.php")
        assert said == "", said


class WordPressWays(_WordPress, plugin.Ways):
    def test_posts_and_users(self):
        hook = self.anew(
            self.variant,
            actions={
                "wp_after_insert_post": "event.created",
                "user_register": "user.joined",
            },
        )
        self.php(
            "$id = wp_insert_post(['post_title' => 'Draft']);"
            "wp_insert_post(['post_title' => 'x', 'post_type' => 'wp_block',"
            " 'post_status' => 'publish']);"
            "wp_update_post(['ID' => $id, 'post_title' => 'Übung & more',"
            " 'post_status' => 'publish']);"
            "wp_update_post(['ID' => $id, 'post_title' => 'Again']);"
        )
        got = self.arrived(hook)
        assert got["resource"]["title"] == "Übung & more", got
        assert got["resource"]["url"].startswith(self.home), got
        self.sink.clear()
        self.php(
            f"wp_insert_user(['user_login' => 'joe-{self.variant}',"
            " 'user_pass' => 'x', 'display_name' => 'Joe']);"
        )
        got = self.arrived(hook)
        assert got["action"] == "user.joined", got
        assert got["resource"]["name"] == "Joe", got
        assert got["user"] == str(got["resource"]["id"]), got
        self.publish_nothing_more()

    def publish_nothing_more(self):
        self.once("delivered 0, failed 0")
        assert self.waiting() == 0


class WordPressFailures(_WordPress, plugin.Failures):
    pass


class _Browser:
    """One visitor, with cookies."""

    def __init__(self, home):
        self.home = home
        self.open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        ).open

    def ask(self, path, **fields):
        """(status, page); with fields, a form is sent."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with self.open(f"{self.home}/{path}", data, 60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def login(self, name):
        self.ask("wp-login.php", log=name, pwd="secret")
        return self


def _form(page, action):
    """The fields of a form, by where it leads."""
    found = re.search(
        rf'<form action="[^"]*{re.escape(action)}".*?</form>', page, re.S
    )
    assert found, page[-3000:]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", found[0]):
        value = {
            k: html.unescape(v)
            for k, v in re.findall(r"(\w+)=[\"']([^\"']*)[\"']", tag)
        }
        chosen = value.get("type") not in ("radio", "submit")
        if "name" in value and (chosen or "checked" in value):
            fields[value["name"]] = value.get("value", "")
    return fields


class WordPressPages(_WordPress, plugin.PluginCase):
    PAGE = "wp-admin/options-general.php?page=vyte-hooks"

    def install(self):
        super().install()
        self.service.children.append(
            processes.Child(
                "php",
                ["php", "-S", f"127.0.0.1:{self.port}", "-t", self.site],
                self.service.folder / "php.log",
                env=dict(os.environ, PHP_CLI_SERVER_WORKERS="2"),
            )
        )
        self.admin = _Browser(self.home)
        processes.wait_until(self.answers, 30, "the web server's start")
        self.admin.login("admin")

    def answers(self):
        try:
            return self.admin.ask("wp-login.php")[0] == 200
        except OSError:
            return False

    def page(self):
        status, page = self.admin.ask(self.PAGE)
        assert status == 200 and "Vyte Hooks" in page, (status, page[-3000:])
        return page

    def kept(self):
        return self.value("get_option('vyte_hooks')")

    def save(self, **fields):
        form = _form(self.page(), "options.php")
        form.update({f"vyte_hooks[{k}]": v for k, v in fields.items()})
        return self.admin.ask("wp-admin/options.php", **form)[1]

    def press(self, button, **fields):
        form = _form(self.page(), "admin-post.php")
        form.update(fields, do=button)
        return self.admin.ask("wp-admin/admin-post.php", **form)

    def test_the_key_is_on_no_page(self):
        self.anew("http")
        assert self.publish_key not in self.page()
        assert self.publish_key not in self.admin.ask("wp-admin/options.php")[1]
        self.save(url=self.kept()["url"])
        assert self.kept()["key"] == self.publish_key
        self.save(url="https://hooks.example.com/")
        kept = self.kept()
        assert kept["key"] == "", kept
        assert kept["url"] == "https://hooks.example.com", kept

    def test_saves_what_is_valid(self):
        self.anew("http")
        before = self.kept()
        page = self.save(
            method="sql",
            url="http://hooks.example.com",
            table="a; DROP TABLE b",
            organization="x",
            key="a b",
            **{"actions][user_register": "user.joined"},
            **{"actions][wp_after_insert_post": "no action"},
        )
        kept = self.kept()
        assert page.count("This is not valid") == 5, page
        assert kept["method"] == "sql", kept
        for name in ("url", "table", "organization", "key"):
            assert kept[name] == before[name], (name, kept)
        assert kept["actions"]["user_register"] == "user.joined", kept
        assert "wp_after_insert_post" not in kept["actions"], kept
        self.save(**{"actions][user_register": ""})
        assert list(self.kept()["actions"]) == [
            "woocommerce_order_status_changed"
        ]

    def test_others_may_not(self):
        self.anew("http")
        before = self.kept()
        form = _form(self.page(), "options.php")
        form["_wpnonce"] = "0123456789"
        form["vyte_hooks[method]"] = "sql"
        assert self.admin.ask("wp-admin/options.php", **form)[0] == 403
        button = _form(self.page(), "admin-post.php") | {"do": "test"}
        reader = _Browser(self.home).login("reader")
        assert reader.ask(self.PAGE)[0] == 403
        assert reader.ask("wp-admin/admin-post.php", **button)[0] == 403
        button["_wpnonce"] = "0123456789"
        assert self.admin.ask("wp-admin/admin-post.php", **button)[0] == 403
        assert self.kept() == before
        self.once("delivered 0, failed 0")

    def test_a_test(self):
        hook = self.anew("http")
        status, page = self.press("test", test="event.voted")
        assert status == 200 and "Done." in page, page[-3000:]
        got = self.arrived(hook)
        assert got["action"] == "event.voted", got
        assert got["resource"] == {"test": True, "url": self.home}, got
        _, page = self.press("test", test="event.vote")
        assert "HTTP 400" in page and "event.voted" in page, page[-3000:]

    def test_shows_what_failed(self):
        self.anew_at_sink(
            receiver.Answer(400, b'{"detail":"a \\"b\\" & c"}'),
            receiver.Answer(503, b'{"detail":"<script>away"}'),
        )
        self.php(plugin.ORDER)
        self.php(plugin.ORDER)
        page = self.page()
        assert "Waiting: 1. Refused: 1." in page, page[-3000:]
        assert "HTTP 400 a &quot;b&quot; &amp; c" in page, page[-3000:]
        assert "HTTP 503" in page and "<script>away" not in page
        self.press("discard")
        self.press("drain")
        page = self.page()
        assert "Refused: 0." in page, page[-3000:]

    def test_wp_cron_goes_on(self):
        hook = self.anew("http")
        self.php(
            "set_transient('vyte_hooks_failure',"
            " ['until' => time() + 60, 'message' => 'x'], 60);" + plugin.ORDER
        )
        assert self.waiting() == 1
        self.php(
            "delete_transient('vyte_hooks_failure');"
            "wp_clear_scheduled_hook('vyte_hooks_cron');"
            "wp_schedule_event(time() - 1, 'vyte_hooks', 'vyte_hooks_cron');"
        )
        self.admin.ask("wp-cron.php")
        processes.wait_until(lambda: not self.waiting(), 20, "WP-Cron")
        assert self.arrived(hook)["resource"]["id"] == 42

    def test_leaves_nothing(self):
        self.anew("http")
        plugins = "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        self.php(plugins + "deactivate_plugins('vyte-hooks.php');")
        self.php(plugins + "uninstall_plugin('vyte-hooks.php');")
        try:
            rows = self.service.db.sql(
                "SELECT option_name FROM wp_options "
                "WHERE CONCAT(option_name, option_value) LIKE '%vyte\\_hooks%'",
                name="wordpress",
            )
            assert rows == [], rows
        finally:
            self.php(plugins + "activate_plugin('vyte-hooks.php');")
        assert self.value("wp_next_scheduled('vyte_hooks_cron')")


class _Framework(SharedCase):
    def setup(self):
        super().setup()
        self.service.db.sql(
            "DROP DATABASE IF EXISTS booking; "
            "CREATE DATABASE booking CHARACTER SET utf8mb4; "
            "CREATE TABLE booking.bookings (id BIGINT AUTO_INCREMENT PRIMARY "
            "KEY, title TEXT, confirmed BOOL DEFAULT 0, begins_at DATETIME(6));"
            "GRANT ALL ON booking.* TO hooks_app@localhost",
            name="",
        )
        self.home = self.service.folder / self.title
        for name, code in pages.blocks(self.title, self.language).items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
        self.prepare()

    def prepare(self):
        """More of the application."""

    def run_code(self, code, status=0):
        done = subprocess.run(
            self.command(),
            input=code,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
            env=dict(
                os.environ,
                **self.environment(),
                APPLICATION=str(self.home),
                ORGANIZATION=self.organization,
                SOCKET=str(self.service.db.socket),
                PASSWORD=service.password_of(service.APPLICATION),
            ),
        )
        assert (done.returncode == 0) == (status == 0), done
        return done

    def reminders(self, state="scheduled"):
        answer = self.door.request(
            "GET",
            f"/v2/notifications?state={state}",
            [("Authorization", self.key)],
        )
        return answer.json()

    def begin(self, hours=48):
        """In UTC."""
        now = datetime.datetime.now(datetime.timezone.utc)
        begin = now + datetime.timedelta(hours=hours)
        return begin.replace(microsecond=0)

    def test_confirms_with_a_reminder(self):
        hook = self.fresh()
        begin = self.begin()
        self.run_code(self.CONFIRM.format(begin.isoformat()))
        self.once("delivered 1, failed 0")
        (request,) = self.sink.wait(1, "/hook")
        self.genuine(request, hook)
        got = json.loads(request.body)
        assert got["action"] == "event.confirmed", got
        assert got["resource"]["title"] == "Übung \U0001f389", got
        (reminder,) = self.reminders()
        at = datetime.datetime.fromisoformat(reminder["deliver_at"])
        assert begin - at == datetime.timedelta(hours=1), (begin, reminder)
        self.run_code(self.CANCEL.format(reminder["replace_key"]))
        self.once("delivered 0, failed 0")
        assert self.reminders() == []
        rejected = self.reminders("rejected")
        assert rejected == [], rejected

    def test_rolled_back(self):
        self.fresh()
        done = self.run_code(self.FAIL, status=1)
        assert "no" in done.stderr + done.stdout, done
        self.once("delivered 0, failed 0")
        assert self.service.db.sql("SELECT * FROM vh_outbox") == []


class Laravel(_Framework):
    title, language = "Laravel", "php"
    CONFIRM = """
        $begin = Illuminate\\Support\\Carbon::parse('{}');
        $booking = App\\Models\\Booking::create([
            'title' => "Übung \\u{{1F389}}",
            'begins_at' => $begin->tz(date_default_timezone_get())]);
        (new App\\Actions\\ConfirmBooking())($booking->fresh());
    """
    CANCEL = "App\\Outbox::cancel('{}');"
    FAIL = """
        Illuminate\\Support\\Facades\\DB::transaction(function () {
            App\\Outbox::publish('event.created', ['title' => "\\xff"]);
            throw new Exception('no');
        });
    """

    def command(self):
        words = [f"include_path={DEBIAN / 'share/php'}"]
        words += [
            f"extension={p}" for p in DEBIAN.glob("lib/php/*/mbstring.so")
        ]
        return [
            "php",
            *(part for word in words for part in ("-d", word)),
            plugin.HERE / "laravel.php",
        ]

    def environment(self):
        folders = map(str, DEBIAN.glob("lib/*-linux-gnu"))
        return {"LD_LIBRARY_PATH": ":".join(folders)}


class Django(_Framework):
    title, language = "Django", "python"
    MODELS = (
        "from django.db import models\n\n\n"
        "class Booking(models.Model):\n"
        "    title = models.TextField()\n"
        "    confirmed = models.BooleanField(default=False)\n"
        "    begins_at = models.DateTimeField()\n\n"
        "    class Meta:\n"
        '        db_table = "bookings"\n'
    )
    CONFIRM = (
        "import datetime\n"
        "from django.utils import timezone\n"
        "from booking.models import Booking\n"
        "from booking.services import confirm\n"
        "begin = datetime.datetime.fromisoformat('{}')\n"
        "booking = Booking.objects.create("
        "title='Übung \\U0001f389', begins_at=begin)\n"
        "booking = Booking.objects.get(pk=booking.pk)\n"
        "booking.begins_at = timezone.localtime(booking.begins_at)\n"
        "confirm(booking)\n"
    )
    CANCEL = "from booking.outbox import cancel\ncancel('{}')\n"
    FAIL = (
        "from django.db import transaction\n"
        "from booking.outbox import publish\n"
        "with transaction.atomic():\n"
        "    publish('event.created', {'title': 'x'})\n"
        "    raise ValueError('no')\n"
    )

    def prepare(self):
        (self.home / "booking/__init__.py").touch()
        (self.home / "booking/models.py").write_text(self.MODELS)

    def command(self):
        return [sys.executable, plugin.HERE / "django_run.py"]

    def environment(self):
        return {"PYTHONPATH": str(PUBLISHERS / "python")}


tap.main()
