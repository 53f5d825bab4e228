# SPDX-License-Identifier: MIT
"""
What the WordPress plugin in examples/ must do, whatever runs it: a stand-in for
WordPress in tests/e2e/publishers.py, WordPress in tests/publishers. WooCommerce
is a stand-in in both.
"""

import json
import os
import subprocess
import time

import doors
import receiver
import where
from sendcase import SharedCase

PLUGIN = where.EXAMPLES / "publishers/vyte-hooks.php"
HERE = where.SOURCE / "tests/publishers"
NOTIFICATIONS = "/v2/notifications"
# By the application's own user, which has the rights of any WordPress.
DATABASE = """
DROP DATABASE IF EXISTS wordpress;
CREATE DATABASE wordpress CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS wordpress@localhost IDENTIFIED BY 'secret';
GRANT ALL ON wordpress.* TO wordpress@localhost;
GRANT INSERT ON vyte_hooks.vh_outbox TO wordpress@localhost;
"""
ORDER = "do_action('woocommerce_order_status_changed', 42, 'processing', 'x');"


class PluginCase(SharedCase):
    """`load`: the file that loads WordPress."""

    load = HERE / "wordpress.php"

    def setup(self):
        super().setup()
        self.service.db.sql(DATABASE, name="")
        self.web = doors.enter("lighttpd", self.service)
        self.publish_key = self.service.key(self.organization, "publish")
        self.install()

    def install(self):
        """Before the plugin runs."""

    def php(self, code, program="run.php"):
        """Runs code within WordPress; what it prints."""
        done = subprocess.run(
            ["php", HERE / program],
            input=code.encode(),
            capture_output=True,
            timeout=60,
            check=False,
            env=dict(
                os.environ,
                WORDPRESS_LOAD=str(self.load),
                WORDPRESS_PLUGIN=str(PLUGIN),
                WORDPRESS_DATABASE="|".join(
                    [str(self.service.db.socket)]
                    + ["wordpress", "secret", "wordpress"]
                ),
            ),
        )
        assert done.returncode == 0 and not done.stderr, done
        return done.stdout.decode()

    def value(self, expression):
        return json.loads(self.php(f"echo json_encode({expression});"))

    def chosen(self, method, url=None, **more):
        return {
            "method": method,
            "url": url or f"http://127.0.0.1:{self.web.port}",
            "key": self.publish_key,
            "table": "vyte_hooks.vh_outbox",
            "organization": self.organization,
            "actions": {"woocommerce_order_status_changed": "event.updated"},
            **more,
        }

    def anew(self, method, url=None, **more):
        """A new hook, other settings, and nothing that waits."""
        text = json.dumps(self.chosen(method, url, **more))
        self.php(
            "delete_transient('vyte_hooks_failure');"
            "vyte_hooks_discard(VYTE_HOOKS_WAITING);"
            "vyte_hooks_discard(VYTE_HOOKS_REFUSED);"
            f"update_option('vyte_hooks', json_decode('{text}', true));"
        )
        return self.fresh()

    def anew_at_sink(self, *steps):
        """The service is the sink, which answers so."""
        self.anew("http", self.sink.url("").rstrip("/"))
        # PHP's own client reads to the end of the connection.
        for step in steps:
            step.close = True
        self.sink.script(NOTIFICATIONS, *steps)

    def waiting(self):
        return len(self.value("vyte_hooks_ids(VYTE_HOOKS_WAITING)"))

    def arrived(self, hook):
        """The one body that was delivered."""
        self.once("delivered 1, failed 0")
        (request,) = self.sink.wait(1, "/hook")
        self.genuine(request, hook)
        return json.loads(request.body)

    def of_key(self, key):
        """The states of the notifications with a replace_key."""
        answer = self.door.request(
            "GET",
            f"{NOTIFICATIONS}?replace_key={key}",
            [("Authorization", self.key)],
        )
        return [one["state"] for one in answer.json()]


class Ways(PluginCase):
    """By HTTP and with SQL, to the service."""

    variants = ("http", "sql")

    def test_an_order(self):
        hook = self.anew(self.variant)
        self.php(ORDER)
        got = self.arrived(hook)
        assert got["action"] == "event.updated", got
        assert got["user"] == "7", got
        assert got["resource"] == {
            "id": 42,
            "number": "A-42",
            "status": "completed",
            "total": "19.90",
            "currency": "EUR",
            "previous_status": "processing",
        }, got
        assert self.waiting() == 0

    def test_what_was_not_chosen(self):
        self.anew(self.variant)
        self.php("do_action('woocommerce_new_order', 42);")
        self.once("delivered 0, failed 0")

    def test_drafts_and_refunds(self):
        hook = self.anew(
            self.variant,
            actions={
                "woocommerce_new_order": "event.created",
                "woocommerce_order_refunded": "event.cancelled",
            },
        )
        self.php(
            "do_action('woocommerce_new_order', 43);"
            "do_action('woocommerce_order_refunded', 42, 44);"
        )
        got = self.arrived(hook)
        assert got["action"] == "event.cancelled", got
        assert got["resource"]["refunded"] == "5.00", got

    def test_any_bytes(self):
        hook = self.anew(self.variant)
        self.php(
            "vyte_hooks_publish(['action' => 'event.created', 'resource' =>"
            " ['title' => \"100 % \\u{1F389} it's \\xff \\\\ %s\"]]);"
        )
        got = self.arrived(hook)["resource"]
        assert got == {"title": "100 % \U0001f389 it's \ufffd \\ %s"}, got

    def test_the_filter(self):
        hook = self.anew(self.variant)
        self.php(
            "add_filter('vyte_hooks_notification', function ($it, $hook) {"
            " $it['resource']['hook'] = $hook; return $it; }, 10, 2);" + ORDER
        )
        got = self.arrived(hook)["resource"]
        assert got["hook"] == "woocommerce_order_status_changed", got

    def test_rolled_back(self):
        self.anew(self.variant)
        self.php(
            "$wpdb->query('START TRANSACTION');"
            f"{ORDER} $wpdb->query('ROLLBACK');"
        )
        self.once("delivered 0, failed 0")
        assert self.waiting() == 0

    def test_a_reminder(self):
        self.anew(self.variant)
        key = f"reminder-{self.variant}"
        reminder = (
            "vyte_hooks_publish(['action' => 'event.updated', 'resource' => [],"
            " 'deliver_at' => gmdate('Y-m-d\\TH:i:s\\Z', time() + 3600),"
            f" 'replace_key' => '{key}']);"
        )
        cancel = f"vyte_hooks_publish(['cancels' => '{key}']);"
        for code, want in (
            (reminder, ["scheduled"]),
            (reminder, ["scheduled", "replaced"]),
            (cancel, ["cancelled", "replaced"]),
            (cancel, ["cancelled", "replaced"]),
        ):
            self.php(code)
            self.once("delivered 0, failed 0")
            assert self.of_key(key) == want, (self.of_key(key), want)
        assert self.waiting() == 0


class Failures(PluginCase):
    def test_a_busy_service_gets_it_later(self):
        self.anew_at_sink(
            receiver.Answer(503, headers=[("Retry-After", "120")]),
            receiver.Answer(202),
            receiver.Answer(202),
        )
        self.php(ORDER)
        failure = self.value("get_transient('vyte_hooks_failure')")
        assert failure["message"] == "HTTP 503", failure
        assert 60 < failure["until"] - time.time() <= 120, failure
        # Until then nobody asks.
        self.php(ORDER.replace("processing", "on-hold"))
        self.php("do_action('vyte_hooks_cron');")
        assert len(self.sink.at(NOTIFICATIONS)) == 1
        assert self.waiting() == 2
        self.php("delete_transient('vyte_hooks_failure');")
        self.php("do_action('vyte_hooks_cron');")
        first, again, other = self.sink.at(NOTIFICATIONS)
        assert again.body == first.body and b"processing" in first.body
        assert again.header("Idempotency-Key") == first.header(
            "Idempotency-Key"
        )
        assert b"on-hold" in other.body, other
        assert first.header("Authorization") == self.publish_key
        assert self.waiting() == 0

    def test_refused(self):
        self.anew_at_sink(
            receiver.Answer(400, b'{"errors":[{"detail":"<b>why</b>"}]}')
        )
        self.php(ORDER)
        assert self.waiting() == 0
        (ident,) = self.value("vyte_hooks_ids(VYTE_HOOKS_REFUSED)")
        kept = self.value(f"get_option(VYTE_HOOKS_REFUSED . '{ident}')")
        assert kept["message"] == "HTTP 400 why", kept
        assert json.loads(kept["body"])["resource"]["id"] == 42, kept
        self.php("do_action('vyte_hooks_cron');")
        assert len(self.sink.at(NOTIFICATIONS)) == 1

    def test_a_page_is_not_held_up(self):
        self.anew_at_sink()
        self.sink.script(NOTIFICATIONS, receiver.Hang(30), receiver.Hang(30))
        before = time.monotonic()
        self.php(ORDER * 5)
        took = time.monotonic() - before
        assert 2.5 < took < 15, took
        assert len(self.sink.at(NOTIFICATIONS)) == 1
        assert self.waiting() == 5

    def test_a_table_that_cannot_be_reached(self):
        hook = self.anew("sql", table="vyte_hooks.vh_hooks")
        self.php(ORDER)
        failure = self.value("get_transient('vyte_hooks_failure')")
        assert "vh_hooks" in failure["message"], failure
        assert self.waiting() == 1
        text = json.dumps(self.chosen("sql"))
        self.php(f"update_option('vyte_hooks', json_decode('{text}', true));")
        self.php("delete_transient('vyte_hooks_failure');")
        self.php("do_action('vyte_hooks_cron');")
        assert self.arrived(hook)["resource"]["id"] == 42
