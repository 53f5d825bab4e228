# SPDX-License-Identifier: MIT
"""A receiver was down and is repaired: what the dashboard says, and sends."""

import processes
import tap
from pagecase import PageCase
from receiver import Answer

ASKS_FOR_TIME = Answer(429, b"later", [("Retry-After", "3600")])


class _Down(PageCase):
    """A hook whose receiver fails, with some deliveries that wait."""

    path = "/down"
    answer = Answer(500, b"out of order")
    count = 3
    members = {}

    def setup(self):
        super().setup()
        self.site.start_sender()
        self.site.sink.script(self.path, then=self.answer)
        self.hook = self.site.hook(
            self.path, "event.voted", description="Down", **self.members
        )
        for _ in range(self.count):
            self.site.publish("event.voted")
        self.wait_for(self.is_down, "failures")
        self.enter(at=f"hooks/{self.hook['_id']}")

    def state(self):
        return self.site.ask("GET", f"hooks/{self.hook['_id']}")["state"]

    def deliveries(self, state):
        return self.site.ask(
            "GET", f"deliveries?hook={self.hook['_id']}&state={state}"
        )

    def is_down(self):
        """The last retry that comes by itself is over."""
        tried = [d["attemptCount"] for d in self.deliveries("pending")]
        return len(tried) == self.count and min(tried) == 2

    def wait_for(self, what, name):
        return processes.wait_until(what, 30, name)

    def repair(self):
        self.site.sink.script(self.path, then=Answer(200, b"fine"))

    def all_arrive(self):
        self.wait_for(
            lambda: len(self.deliveries("delivered")) >= self.count,
            "deliveries",
        )
        self.page.see(".pill", "Healthy", 15)
        self.page.see(".row-brief", "Delivered")


class Retrying(_Down):
    path = "/retrying"

    def test_why_is_the_headline(self):
        self.page.see(".page-head .pill", "Retrying")
        self.page.see(".banner", "Attempts fail.")
        self.page.see(".banner", "Reason: status 500.")
        title = self.page.js("return document.title")
        assert title == "Down · vyte-hooks", title

    def test_who_may_only_read_sees_why(self):
        key = self.site.service.key(self.site.organization, "read")
        self.enter(key, at=f"hooks/{self.hook['_id']}")
        self.page.see(".banner", "Reason: status 500.")
        self.page.gone("button", "Try now")
        self.go("hooks")
        self.page.see(".row-hook", "status 500")
        self.page.gone("button", "Try now")
        self.enter(at=f"hooks/{self.hook['_id']}")

    def test_an_outage_shows_in_the_charts(self):
        """Though nothing has failed for good."""
        plot = "[aria-label='Delivered and failed over time']"
        for at in (f"hooks/{self.hook['_id']}", "overview"):
            self.go(at)
            self.page.see(".bar-warn")
            self.page.gone(".bar-bad")
            told = self.page.js(
                "return arguments[0].getAttribute('aria-valuetext')",
                self.page.see(plot),
            )
            assert "Failed attempts" in told, told

    def test_each_delivery_says_with_which_status(self):
        self.go(f"hooks/{self.hook['_id']}")
        self.page.see(".row-brief", "Retrying · 500")
        self.go("deliveries")
        self.page.see(".row-delivery", "Retrying · 500")
        self.page.choose("All results", "4xx")
        self.page.wait("No delivery matches")
        self.page.choose("All results", "5xx")
        self.page.see(".row-delivery", "Retrying · 500")
        self.page.click(".row-delivery", "Retrying · 500")
        self.page.see(".page-head .pill", "Retrying · 500")

    def test_what_failed_most_comes_first(self):
        """And what was disabled on purpose does not come at all."""
        off = self.site.hook("/off", "user.joined", description="Retired")
        self.site.ask("POST", f"hooks/{off['_id']}/disable")
        self.site.publish("user.joined")
        self.wait_for(
            lambda: self.site.ask("GET", f"deliveries?hook={off['_id']}"),
            "a held delivery",
        )
        self.go("overview")
        # The hooks' names may come after the counts.
        self.page.see(".row-hurt", "Down")
        first = self.page.see(".row-hurt")
        text = self.page.js("return arguments[0].innerText", first)
        assert "Down" in text and "status 500" in text, text
        self.page.see(".row-hurt", "6 failed attempts")
        assert not self.page.find(".row-hurt", "Retired")
        self.site.ask("DELETE", f"hooks/{off['_id']}")
        self.go(f"hooks/{self.hook['_id']}")

    def test_a_ping_that_fails_offers_nothing(self):
        self.page.click(".actions button", "Ping")
        self.page.see("dialog .pill", "Failed")
        self.page.gone("dialog button", "Send what waits")
        self.page.click("dialog button", "Done")

    def test_a_ping_that_arrives_offers_the_rest(self):
        self.repair()
        self.page.click(".actions button", "Ping")
        self.page.see("dialog .pill", "Delivered")
        assert len(self.deliveries("pending")) == 3
        self.page.click("dialog button", "Send what waits")
        self.page.wait("3 deliveries are on their way.")
        self.all_arrive()
        self.page.gone(".banner", "Attempts fail.")
        self.quiet()


class PutOff(_Down):
    path = "/putoff"
    answer = ASKS_FOR_TIME

    def is_down(self):
        return (
            self.state()["is"] == "put_off"
            and len(self.deliveries("pending")) == self.count
        )

    def test_until_when_and_why_is_the_headline(self):
        self.page.see(".page-head .pill", "Put off")
        self.page.see(".banner", "Nothing is sent until")
        self.page.see(".banner", "The target asked for that time.")
        self.page.see(".banner", "Reason: ")

    def test_the_list_tells_it_too(self):
        self.go("hooks")
        self.page.see(".row-hook", "Put off")
        self.page.see(".row-hook .since", "until")

    def test_try_now_from_the_list(self):
        """The target asks for time again, and gets it."""
        seen = len(self.site.sink.at(self.path))
        self.page.click(".tried button", "Try now")
        self.page.wait("3 deliveries are on their way.")
        self.site.sink.wait(seen + 1, self.path)
        self.wait_for(self.is_down, "being put off again")

    def test_try_now_from_its_page(self):
        self.repair()
        self.go(f"hooks/{self.hook['_id']}")
        self.page.click(".banner button", "Try now")
        self.page.wait("3 deliveries are on their way.")
        self.all_arrive()
        self.page.gone("button", "Try now")
        self.quiet()


class Blocked(_Down):
    path = "/blocked"
    members = {"ordered": True}

    def is_down(self):
        return (
            self.state()["is"] == "blocked"
            and self.deliveries("pending")[-1]["attemptCount"] == 2
        )

    def test_the_first_one_is_a_link(self):
        self.page.see(".banner", "Nothing is sent until")
        self.page.see(".banner", "All others wait for it.")
        self.page.click(".banner a", "first one")
        self.page.see(".timeline", "Attempt 2")
        first = self.deliveries("pending")[-1]["_id"]
        assert first in self.page.js("return location.hash")

    def test_another_one_cannot_go_first(self):
        first = self.deliveries("pending")[-1]["_id"]
        self.go(f"deliveries/{self.deliveries('pending')[0]['_id']}")
        self.page.click("button", "Redeliver")
        self.page.wait(f"delivery {first} comes first")
        self.quiet(but=[409])

    def test_redelivered_the_first_one_goes_now_and_the_rest_follows(self):
        self.repair()
        self.go(f"deliveries/{self.deliveries('pending')[-1]['_id']}")
        self.page.click("button", "Redeliver")
        self.page.wait("It goes now, with the same webhook-id.")
        self.all_arrive_in_order()

    def all_arrive_in_order(self):
        self.wait_for(
            lambda: len(self.deliveries("delivered")) == self.count,
            "deliveries",
        )
        ids = [r.header("webhook-id") for r in self.site.sink.at(self.path)]
        made = [d["webhookId"] for d in self.deliveries("delivered")][::-1]
        assert ids[-3:] == made, (ids, made)
        self.quiet()


class Replayed(_Down):
    path = "/backlog"

    def test_a_replay_takes_what_waits(self):
        self.repair()
        self.page.click(".actions button", "Replay")
        self.page.wait("3 deliveries will be sent again.")
        self.page.click("dialog label", "pending")
        self.page.wait("There is nothing to send again.")
        self.page.click("dialog label", "pending")
        self.page.click("dialog button", "Replay 3")
        self.page.wait("All 3 were attempted.", 30)
        self.page.click("dialog button", "Done")
        self.all_arrive()
        self.quiet()


class Edited(_Down):
    path = "/edited"

    def test_a_page_that_follows_the_state_still_finds_a_conflict(self):
        """What is asked again and again is not what was read for the form."""
        self.page.click(".actions button", "Edit")
        self.site.ask(
            "PUT", f"hooks/{self.hook['_id']}", {"description": "Overtaken"}
        )
        self.wait_for(
            lambda: (
                self.page.js("return document.querySelector('h1').innerText")
                == "Overtaken"
            ),
            "the page to follow",
        )
        self.page.fill("Description", "Late")
        self.page.click("dialog button", "Save")
        self.page.wait("Somebody else has changed this hook")
        self.quiet(but=[412])


tap.main()
