# SPDX-License-Identifier: MIT
"""Everything that can be done with the dashboard, done."""

import json
import subprocess
import sys
import time

import processes
import tap
import where
from pagecase import PageCase
from receiver import Answer

sys.path.insert(0, str(where.EXAMPLES / "receivers"))
import receive  # noqa: E402  pylint: disable=wrong-import-position

LANGUAGES = {
    "PHP": "receive.php",
    "Python": "receive.py",
    "JavaScript": "receive.js",
    "Go": "receive.go",
    "C": "receive.c",
}


class NoSender(PageCase):
    """As it is when cron is dead. This class must come first."""

    sender = False

    def setup(self):
        super().setup()
        self.enter()

    def test_an_empty_installation_says_what_to_do(self):
        self.page.wait("No hooks yet")
        self.go("deliveries")
        self.page.wait("No deliveries yet")
        self.go("notifications")
        self.page.wait("Nothing was published yet")
        self.go("hooks")
        self.page.see("button", "Create the first one")

    def test_that_no_sender_runs_is_said_loudly(self):
        self.go("overview")
        self.page.see("[role=alert]", "No sender has ever run.")
        self.page.wait("never ran")

    def test_a_row_that_waits_for_a_sender_is_shown(self):
        self.site.service.publish_sql(
            self.site.organization, "event.created", "{}"
        )
        self.go("notifications")
        row = self.page.see(".row", "event.created")
        assert self.page.js("return arguments[0].matches(':not([href])')", row)
        self.page.see(".row", "Queued")

    def test_one_can_be_started(self):
        self.go("overview")
        self.page.click("button", "Start one now")
        self.page.wait("A sender was started.")
        self.page.gone("[role=alert]", seconds=20)
        self.page.see(".pill", "Running")
        self.quiet()


class Hooks(PageCase):
    def setup(self):
        super().setup()
        self.enter(at="hooks")
        self.url = self.site.sink.url("/made")

    def made(self):
        """The hook as the API has it."""
        return [
            h
            for h in self.site.ask("GET", "hooks")
            if h["target_url"].startswith(self.url)
        ][-1]

    def test_create_says_what_is_wrong(self):
        self.page.click("button", "Create")
        self.page.fill("Target URL", "nowhere")
        self.page.click("dialog button", "Create")
        self.page.see(".field-bad .field-error")
        assert (
            self.page.js(
                "return arguments[0].getAttribute('aria-invalid')",
                self.page.field("Target URL"),
            )
            == "true"
        )
        self.quiet(but=[400])

    def test_create(self):
        self.page.fill("Target URL", self.url)
        self.page.choose("Action", "event.voted")
        self.page.fill("Description", "Votes")
        self.page.click("summary", "Order, rate")
        self.page.fill("Rate limit", "50")
        self.page.click("button", "Add a header")
        self.page.js(
            "arguments[0].focus()",
            self.page.see("input[aria-label='Name of header 1']"),
        )
        self.page.press("X-Token", "Tab", "hush")
        self.page.click("dialog button", "Create")
        self.page.see("h1", "Votes")
        hook = self.made()
        assert hook["action"] == "event.voted", hook
        assert hook["headers"] == {"X-Token": "hush"}, hook
        assert hook["rate_limit"] == 50 and not hook["ordered"], hook
        self.page.wait("X-Token: hush")

    def test_edit(self):
        self.page.click("button", "Edit")
        self.page.fill("Description", "Votes of all")
        self.page.choose("Action", "event.*")
        self.page.click("dialog button", "Save")
        self.page.see("h1", "Votes of all")
        hook = self.made()
        assert hook["action"] == "event.*", hook
        assert hook["headers"] == {"X-Token": "hush"}, hook

    def test_an_edit_that_another_has_overtaken(self):
        self.page.click("button", "Edit")
        self.site.ask(
            "PUT", f"hooks/{self.made()['_id']}", {"description": "Overtaken"}
        )
        self.page.fill("Description", "Late")
        self.page.click("dialog button", "Save")
        self.page.wait("Somebody else has changed this hook")
        assert self.made()["description"] == "Overtaken"
        self.page.click("dialog button", "Cancel")
        self.quiet(but=[412])

    def test_disable_and_enable(self):
        self.page.click("button", "Disable")
        self.page.see(".pill", "Disabled")
        self.page.wait("disabled by request")
        assert not self.made()["enabled"]
        self.page.click("button", "Enable")
        self.page.see(".actions button", "Disable")
        assert self.made()["enabled"]

    def test_the_secret_is_shown_when_asked_for(self):
        secret = self.site.ask("GET", f"hooks/{self.made()['_id']}/secret")[
            "secret"
        ]
        assert secret not in self.page.text()
        self.page.click("button", "Show")
        self.page.see(".secret-text", secret)
        self.page.click("button", "Hide")
        self.page.gone(".secret-text", secret)

    def test_rotate_with_an_overlap(self):
        path = f"hooks/{self.made()['_id']}/secret"
        before = self.site.ask("GET", path)["secret"]
        self.page.click("button", "Rotate")
        self.page.choose("How long", "1h")
        self.page.click("dialog button", "Rotate")
        after = processes.wait_until(
            lambda: (
                (self.site.ask("GET", path)["secret"] != before)
                and self.site.ask("GET", path)["secret"]
            ),
            5,
            "a new secret",
        )
        self.page.see(".secret-text", after)
        self.site.publish("event.created")
        request = self.site.sink.wait(1, "/made")[-1]
        for secret in (before, after):
            receive.verify(secret, request.header_map(), request.body)

    def test_the_code_to_verify_with_is_that_of_the_examples(self):
        for name, file in LANGUAGES.items():
            self.page.click("[aria-label=Language] button", name)
            shown = f"pre[aria-label='{name} code']"
            self.page.see(shown)
            # Searched for again: it may just have been redrawn.
            text = self.page.js(
                "return document.querySelector(arguments[0]).textContent", shown
            )
            source = (where.EXAMPLES / "receivers" / file).read_text()
            assert (
                "webhook-signature" in text.lower().replace("_", "-")
                or "signatures" in text
            ), text
            for part in text.strip().split("\n\n"):
                assert part.strip() in source, f"{file}: {part}"
        self.page.wait("This hook also sends X-Token")

    def test_find_one_among_many(self):
        for i in range(6):
            self.site.hook(f"/many{i}", "user.joined")
        self.go("hooks")
        self.page.see("input[type=search]")
        self.page.js(
            "arguments[0].focus()", self.page.see("input[type=search]")
        )
        self.page.press("overtaken event")
        self.page.see("[role=status]", "1 hook")
        self.page.see(".row", "Overtaken")

    def test_delete_asks_first(self):
        hook = self.made()
        self.go(f"hooks/{hook['_id']}")
        self.page.click("button", "Delete")
        self.page.see("dialog", "This cannot be undone")
        self.page.click("dialog button", "Cancel")
        self.page.gone("dialog")
        assert self.made() == hook
        self.page.click("button", "Delete")
        self.page.click("dialog button", "Delete")
        self.page.wait("The hook was deleted.")
        self.page.gone(".row", "Overtaken")
        left = [h["_id"] for h in self.site.ask("GET", "hooks")]
        assert hook["_id"] not in left
        self.quiet()


class Ping(PageCase):
    def setup(self):
        super().setup()
        self.hook = self.site.hook("/pinged", "user.joined")
        self.enter(at=f"hooks/{self.hook['_id']}")

    def ping(self, answer):
        self.site.sink.script("/pinged", answer)
        self.page.click(".actions button", "Ping")

    def test_the_answer_appears_as_it_arrives(self):
        self.ping(Answer(200, b'{"pong":true}', delay=2))
        self.page.wait("Waiting for the sender and the answer")
        self.page.see("dialog .pill", "Delivered")
        self.page.wait('"pong": true')
        self.page.click("dialog button", "Done")
        self.page.gone("dialog")

    def test_a_bad_answer_is_shown_too(self):
        self.ping(Answer(503, b"not today"))
        self.page.see("dialog .pill", "Failed")
        self.page.wait("not today")
        self.page.press("Escape")
        self.page.gone("dialog")

    def test_a_disabled_hook_can_be_pinged(self):
        self.page.click("button", "Disable")
        self.page.see(".pill", "Disabled")
        self.ping(Answer(204))
        self.page.see("dialog .pill", "Delivered")
        self.page.wait("The answer has no body.")
        self.quiet()


class Deliveries(PageCase):
    def setup(self):
        super().setup()
        self.site.sink.script(
            "/live",
            then=Answer(
                200, b'{"price":1.50}', [("Content-Type", "application/json")]
            ),
        )
        self.site.sink.script("/broken", then=Answer(500, b"out of order"))
        self.good = self.site.hook("/live", "event.updated")
        self.bad = self.site.hook("/broken", "event.cancelled")
        self.enter(at="deliveries")
        self.page.see("button", "Live")

    def rows(self):
        return self.page.js("""
            return [...document.querySelectorAll('.row')].map(
                (e) => e.innerText.replace(/\\s+/g, ' '))""")

    def test_new_ones_appear_without_a_reload(self):
        self.page.js("globalThis.stayed = true")
        self.site.publish("event.updated")
        self.page.see(".row", "event.updated")
        self.site.publish("event.cancelled")
        self.page.see(".row", "event.cancelled")
        # And the rows that are shown follow.
        self.page.see(".row", "2 attempts", 15)
        assert self.page.js("return globalThis.stayed")

    def test_it_can_be_paused(self):
        self.page.click("button", "Live")
        before = self.rows()
        self.site.publish("event.updated")
        self.site.sink.wait(2, "/live")
        time.sleep(2.5)
        assert len(self.rows()) == len(before)
        self.page.click("button", "Paused")
        self.page.see("button", "Live")

    def narrowed(self, mark, without):
        self.page.see(".row", mark)
        self.page.gone(".row", without)
        return self.rows()

    def test_filter_by_hook(self):
        self.page.choose("All hooks", self.bad["_id"])
        self.narrowed("event.cancelled", "event.updated")
        assert self.bad["_id"] in self.page.js("return location.hash")
        self.page.click("a", "Clear")
        self.page.see(".row", "event.updated")

    def test_filter_by_action_and_state(self):
        self.page.choose("All actions", "event.updated")
        self.narrowed("event.updated", "event.cancelled")
        self.page.choose("All states", "pending")
        self.page.wait("No delivery matches")
        self.page.choose("All states", "delivered")
        self.page.see(".row", "event.updated")
        self.page.click("a", "Clear")

    def test_filter_by_time(self):
        self.page.choose("Time", "1")
        self.page.see(".row", "event.updated")
        self.page.choose("Time", "own")
        self.page.js("""
            const input = document.querySelector('input[type=datetime-local]');
            input.value = '2031-01-01T00:00';
            input.dispatchEvent(new Event('change', { bubbles: true }))""")
        self.page.wait("No delivery matches")
        self.page.click("a", "Clear")
        self.page.see(".row", "event.updated")
        self.quiet()

    def open_one(self, hook):
        [first, *_] = self.site.ask("GET", f"deliveries?hook={hook['_id']}")
        self.go(f"deliveries/{first['_id']}")
        self.page.see("h3", "Request")
        return first["_id"]

    def test_found_by_the_webhook_id(self):
        delivery = self.open_one(self.good)
        name = self.site.sink.at("/live")[-1].header("webhook-id")
        self.go("deliveries")
        self.page.fill("Find a delivery", name)
        self.page.press("Enter")
        self.page.see(".mono", name)
        found = self.site.ask("GET", f"deliveries/{name}")
        assert found["_id"] == delivery, found
        self.quiet()

    def test_attempts_as_a_timeline(self):
        self.open_one(self.bad)
        self.page.see(".timeline", "Attempt 1")
        self.page.see(".timeline", "Attempt 2")
        self.page.see(".timeline", "Next attempt")
        self.page.click(".timeline button", "Attempt 1")
        self.page.see("[aria-label='Request headers']", "webhook-attempt: 1")
        self.page.see("[aria-label='Answer body']", "out of order")

    def test_request_and_answer_side_by_side(self):
        self.open_one(self.good)
        request = self.site.sink.at("/live")[-1]
        self.page.see(
            "[aria-label='Request headers']",
            "webhook-id: " + request.header("webhook-id"),
        )
        self.page.see(
            "[aria-label='Request headers']",
            "webhook-timestamp: " + request.header("webhook-timestamp"),
        )
        boxes = self.page.js("""
            return [...document.querySelectorAll('.side-by')].map(
                (e) => e.getBoundingClientRect()).map((r) => [r.left, r.top])
            """)
        assert boxes[0][0] < boxes[1][0] and boxes[0][1] == boxes[1][1], boxes

    def test_formatted_and_raw(self):
        self.page.see("[aria-label='Answer body']", '"price": 1.50')
        self.page.click("button", "Raw")
        self.page.see("[aria-label='Answer body']", '{"price":1.50}')
        sent = self.site.sink.at("/live")[-1].body.decode()
        shown = self.page.js(
            "return arguments[0].textContent",
            self.page.see("[aria-label='Request body']"),
        )
        assert json.loads(shown) == json.loads(sent), (shown, sent)

    def test_copy_as_curl(self):
        """The copied line, run by a shell, is taken as genuine."""
        self.page.cdp(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
        )
        count = len(self.site.sink.at("/live"))
        self.page.click("button", "Copy as curl")
        self.page.wait("Copied.")
        line = self.page.later("""
            const done = arguments[0];
            navigator.clipboard.readText().then(done, (e) => done(`${e}`))""")
        done = subprocess.run(
            ["sh", "-c", line],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        assert done.returncode == 0 and " 200 " in done.stdout, (line, done)
        request = self.site.sink.wait(count + 1, "/live")[-1]
        secret = self.site.ask("GET", f"hooks/{self.good['_id']}/secret")[
            "secret"
        ]
        receive.verify(secret, request.header_map(), request.body)
        assert secret not in line
        original = self.site.sink.at("/live")[count - 1]
        assert request.body == original.body, (request, original)

    def test_redeliver(self):
        self.open_one(self.good)
        count = len(self.site.sink.at("/live"))
        known = self.site.sink.at("/live")[-1].header("webhook-id")
        self.page.click("button", "Redeliver")
        self.page.wait("with the same webhook-id")
        request = self.site.sink.wait(count + 1, "/live")[-1]
        assert request.header("webhook-id") == known
        self.page.see(".timeline", "Attempt 2")
        self.quiet()


class Ordered(PageCase):
    def test_that_a_failing_one_blocks_its_lane_is_said(self):
        self.site.sink.script("/strict", then=Answer(500))
        hook = self.site.hook("/strict", "event.voted", ordered=True)
        for _ in range(3):
            self.site.publish("event.voted")
        self.site.sink.wait(2, "/strict")
        self.enter(at=f"hooks/{hook['_id']}")
        self.page.wait("Nothing is sent until")
        self.page.wait("3 deliveries are due")


class Replay(PageCase):
    def setup(self):
        super().setup()
        self.site.sink.script("/replayed", then=Answer(200))
        self.hook = self.site.hook("/replayed", "vyteme.updated", rate_limit=2)
        for _ in range(8):
            self.site.publish("vyteme.updated")
        self.site.sink.wait(8, "/replayed", 30)
        self.enter(at=f"hooks/{self.hook['_id']}")

    def test_the_count_is_shown_before(self):
        self.page.click(".actions button", "Replay")
        self.page.wait("There is nothing to send again.")
        self.page.click("dialog label", "failed")
        self.page.click("dialog label", "delivered")
        self.page.wait("8 deliveries will be sent again.")
        assert len(self.site.sink.at("/replayed")) == 8, "nothing is sent yet"

    def test_another_range_of_time(self):
        self.page.click("dialog button", "Other")
        self.page.js("""
            const input = document.querySelector(
                'dialog input[type=datetime-local]');
            input.value = '2031-01-01T00:00';
            input.dispatchEvent(new Event('change', { bubbles: true }))""")
        self.page.see("dialog [role=alert]", "since is in the future")
        self.page.click("dialog button", "Last hour")
        self.page.wait("8 deliveries will be sent again.")
        self.quiet(but=[400])

    def test_progress_while_it_runs(self):
        self.page.click("dialog button", "Replay 8")
        self.page.see("progress")
        seen = processes.wait_until(
            lambda: self.page.js("""
            const bar = document.querySelector('progress');
            return bar.value > 0 && bar.value < bar.max && bar.value"""),
            15,
            "progress",
        )
        assert 0 < seen < 8, seen
        self.page.wait("All 8 were attempted.", 30)
        self.site.sink.wait(16, "/replayed")
        ids = [r.header("webhook-id") for r in self.site.sink.at("/replayed")]
        assert len(set(ids)) == 8, ids
        self.page.click("dialog button", "Done")
        self.quiet()


class Publish(PageCase):
    def setup(self):
        super().setup()
        self.site.sink.script("/published", then=Answer(204))
        self.site.hook("/published", "*")
        self.enter(at="publish")
        self.page.see("textarea")

    def text(self):
        return self.page.js("return document.querySelector('textarea').value")

    def test_every_action_has_an_example_that_is_delivered(self):
        actions = [
            a["action"]
            for a in self.site.ask("GET", "actions")
            if a["publishable"]
        ]
        seen = set()
        for i, action in enumerate(actions):
            self.page.choose("Action", action)
            processes.wait_until(
                lambda: self.text() not in seen, 5, "another example"
            )
            seen.add(self.text())
            assert json.loads(self.text()), action
            self.page.click("form button", "Publish")
            request = self.site.sink.wait(i + 1, "/published")[-1]
            body = json.loads(request.body)
            assert body["action"] == action, body
            # Byte for byte, layout included.
            assert self.text().encode() in request.body, request
        self.page.see(".card", "Outcome")
        self.page.see(".pill", "Delivered")
        self.quiet()

    def test_what_is_no_json_is_not_sent(self):
        self.page.fill("Resource", "{ nothing")
        self.page.see(".field-error")
        assert self.page.js(
            "return arguments[0].disabled", self.page.see("button[type=submit]")
        )
        self.page.click("button", "Reset the example")
        self.page.gone(".field-error")

    def test_what_the_service_refuses_is_said_beside_the_field(self):
        self.page.fill("User", "x" * 65)
        self.page.click("form button", "Publish")
        self.page.see(".field-bad", "User")
        self.quiet(but=[400])

    def test_a_notification_with_its_deliveries(self):
        self.page.click("a", "Open")
        self.page.see("h1", "vyteme.updated")
        self.page.see(".row", "Delivered")
        self.page.see("[aria-label^=Resource]", "Talk to Ada")

    def test_a_rejected_one_with_the_reason(self):
        self.site.service.publish_sql(
            self.site.organization, "event.nonsense", "{}"
        )
        self.go("notifications")
        self.page.see(".row", "Rejected")
        self.page.choose("All states", "rejected")
        self.page.gone(".row", "vyteme.updated")
        self.page.click(".row", "event.nonsense")
        self.page.see("[role=alert]", "not in the catalogue")
        self.quiet()


class Scheduled(PageCase):
    def test_one_that_waits_is_cancelled(self):
        soon = time.gmtime(time.time() + 2 * 86400)
        self.site.ask(
            "POST",
            "notifications",
            {
                "action": "event.updated",
                "resource": {"title": "In an hour"},
                "deliver_at": time.strftime("%Y-%m-%d", soon),
                "replace_key": "reminder-42",
            },
        )
        self.enter(at="notifications")
        self.page.choose("All states", "scheduled")
        self.page.click(".row", "event.updated")
        self.page.see(".page-head, main", "reminder-42")
        self.page.click("button", "Cancel it")
        self.page.see(".pill", "Cancelled")
        self.page.gone("button", "Cancel it")
        self.quiet()


class Actions(PageCase):
    def setup(self):
        super().setup()
        self.enter(at="actions")

    def own(self):
        return [
            a
            for a in self.site.ask("GET", "actions")
            if a["scope"] == "organization" and a["publishable"]
        ]

    def test_1_what_is_wrong_is_said(self):
        self.page.see("summary", "event.created")
        self.page.click("button", "Add an action")
        self.page.fill("Name", "hook.mine")
        self.page.click("dialog button", "Add")
        self.page.see("dialog [role=alert]", "keeps names")
        self.quiet(but=[400])

    def test_2_add(self):
        self.page.fill("Name", "booking.made")
        self.page.fill("Description", "A booking.")
        self.page.fill("Example", '{"number": 7}')
        self.page.click("dialog button", "Add")
        self.page.click("summary", "booking.made")
        [made] = self.own()
        assert made["description"] == "A booking.", made
        assert made["example"] == {"number": 7}, made
        self.page.wait('"number"')
        self.quiet()

    def test_3_it_can_be_named_and_published(self):
        self.site.ask("PUT", "actions/booking.made", {"example": {"n": 7}})
        self.page.reload()
        self.go("hooks")
        self.page.click("button", "Create a hook")
        self.page.choose("Action", "booking.*")
        self.go("publish")
        self.page.choose("Action", "booking.made")

    def test_4_remove(self):
        self.go("actions")
        self.page.click("summary", "booking.made")
        self.page.click("button", "Remove")
        self.page.click("dialog button", "Remove")
        self.page.wait("The action was removed.")
        assert not self.own()
        self.quiet()


class Overview(PageCase):
    def setup(self):
        super().setup()
        self.enter()
        self.page.see(".tile", "Delivered")

    def test_plots_of_what_was_delivered_and_of_latency(self):
        assert processes.wait_until(
            lambda: self.page.js(
                "return document.querySelectorAll('.bar').length"
            ),
            15,
            "bars",
        )
        assert (
            self.page.js("return document.querySelectorAll('.line').length")
            == 3
        )
        self.page.click("button", "One request")
        self.page.see("[aria-label='Duration of a request, over time']")

    def test_the_plots_are_read_with_the_keyboard(self):
        plot = self.page.see("[aria-label='Delivered and failed over time']")
        self.page.js("arguments[0].focus()", plot)
        values = []
        for _ in range(3):
            self.page.press("Left")
            values.append(
                self.page.js(
                    "return arguments[0].getAttribute('aria-valuetext')", plot
                )
            )
        assert len(set(values)) == 3, values
        assert all("Delivered" in v for v in values), values

    def test_ranges(self):
        for name in ("Hour", "Week", "Month", "Day"):
            self.page.click("button", name)
            self.page.see("button[aria-pressed=true]", name)
            self.page.see(".bar-good, .bar-bad")

    def test_the_queue_and_what_hurts(self):
        self.page.see(".ledger", "Oldest due")
        self.page.see(".row-hurt", "/broken")
        self.page.see(".pill", "Running")
        self.quiet()


class Reference(PageCase):
    def test_all_of_the_description(self):
        self.enter(at="reference")
        document = self.site.ask("GET", "openapi.json")
        count = sum(
            method in ("get", "post", "put", "delete")
            for item in document["paths"].values()
            for method in item
        )
        self.page.see(".operation", "/v2/hooks")
        found = self.page.js(
            "return document.querySelectorAll('.operation').length"
        )
        assert found == count, (found, count)

    def test_one_of_it(self):
        self.page.click(".operation summary", "Create a hook")
        self.page.see(".members", "target_url")
        self.page.see("pre", f"{self.site.url}v2/hooks")
        self.page.click(".answer summary", "201")
        self.page.see(".answer[open] .members", "_id")
        self.quiet()


tap.main()
