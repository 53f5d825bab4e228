# SPDX-License-Identifier: MIT
"""Connections that are used again, and bytes that come over them unasked."""

import signal
import time

import service
import tap
from processes import wait_until
from sendcase import LaneCase
from receiver import Answer, Close, Hang, Raw
from trial import TrialCase


class Twice(Answer):
    """A second answer, which nobody asked for: `extra`, so much later."""

    def __init__(self, extra, seconds):
        super().__init__()
        self.extra = extra
        self.seconds = seconds

    def __call__(self, link):
        super().__call__(link)
        time.sleep(self.seconds)
        link.send(self.extra)
        return True


class RawKept(Raw):
    """These very bytes, and the connection stays."""

    def __call__(self, link):
        super().__call__(link)
        return True


class Kept(TrialCase, LaneCase):
    """One sender, one delivery after the other."""

    settings = {
        "sender": {**TrialCase.settings["sender"], "retry_schedule": "1s 1s 1s"}
    }

    def setup(self):
        super().setup()
        self.sender = self.service.start_sender()

    def one_after_the_other(self, path, count):
        """So many deliveries, each published when the last one is done."""
        for _ in range(count):
            before = len(self.sink.at(path))
            self.publish()
            self.sink.wait(before + 1, path)
            wait_until(lambda: "pending" not in self.states(), 10, "outcome")
        return self.sink.at(path)

    def test_a_connection_is_used_again(self):
        self.fresh("/kept")
        requests = self.one_after_the_other("/kept", 3)
        assert len({r.connection for r in requests}) == 1, requests
        assert [r.ordinal for r in requests] in ([1, 2, 3], [2, 3, 4])
        first, *others = self.results("/kept")
        for other in others:
            assert other.remote == first.remote, other
            assert other.connect_us == 0, "no new connection"
            assert 0 < other.first_byte_us <= other.total_us, other

    def test_organizations_do_not_share_connections(self):
        """What came unasked over the one's is no answer to the other."""
        self.fresh("/ours")
        self.one_after_the_other("/ours", 1)
        other = self.service.organization("Other")
        self.service.admin(
            "hook", "create", other, self.sink.url("/theirs"), "*"
        )
        self.publish_many(1, other)
        [theirs] = self.sink.wait(1, "/theirs")
        ours = self.one_after_the_other("/ours", 2)
        assert ours[0].connection == ours[1].connection, ours
        assert theirs.connection != ours[0].connection, theirs

    def unasked(self, path, extra, seconds=0.05):
        """After one delivery, and after another over what was left of it."""
        self.fresh(path)
        self.sink.script(path, Twice(extra, seconds))
        self.one_after_the_other(path, 1)
        time.sleep(2 * seconds)
        return self.one_after_the_other(path, 1)

    def test_an_answer_that_nobody_asked_for(self):
        first, second = self.unasked(
            "/twice", b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
        )
        assert second.connection != first.connection, second
        assert second.header("webhook-attempt") == "1", second.headers
        assert [r.status for r in self.results("/twice")] == [200, 200]

    def test_a_byte_that_nobody_asked_for(self):
        first, second = self.unasked("/byte", b"\r")
        assert second.connection != first.connection, second
        assert [r.status for r in self.results("/byte")] == [200, 200]

    def test_two_answers_at_once(self):
        """The second one is no answer to the next request."""
        self.fresh("/both")
        self.sink.script(
            "/both",
            RawKept(
                b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"
                b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
            ),
        )
        self.one_after_the_other("/both", 2)
        assert [r.status for r in self.results("/both")] == [200, 200]

    def test_hints_without_end(self):
        """A connection with more than a few of them is not used again."""
        self.fresh("/hints")
        self.sink.script(
            "/hints",
            RawKept(
                b"HTTP/1.1 103 X\r\nLink: </x>\r\n\r\n" * 9
                + b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n"
            ),
        )
        first, second = self.one_after_the_other("/hints", 2)
        assert second.connection != first.connection, second
        assert [r.status for r in self.results("/hints")] == [200, 200]

    def test_cookies_are_not_sent_back(self):
        self.fresh("/cookie")
        self.sink.script(
            "/cookie",
            then=Answer(
                200,
                headers=[("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d")],
            ),
        )
        for request in self.one_after_the_other("/cookie", 3):
            assert request.header("Cookie") is None, request.headers

    def test_a_close_is_heeded(self):
        self.fresh("/close")
        self.sink.script("/close", then=Answer(200, close=True))
        requests = self.one_after_the_other("/close", 2)
        assert requests[0].connection != requests[1].connection

    def test_a_kept_connection_that_closes_without_a_word(self):
        """Exactly one request an attempt, and the next one says so."""
        self.fresh("/silent")
        self.sink.script("/silent", Answer(200), Close())
        self.one_after_the_other("/silent", 1)
        self.publish()
        first, second, third = self.sink.wait(3, "/silent")
        wait_until(lambda: "pending" not in self.states(), 10, "outcome")
        assert len(self.sink.at("/silent")) == 3, self.sink.at("/silent")
        assert second.connection == first.connection, "it was kept"
        assert second.ordinal == first.ordinal + 1, "it was kept"
        assert second.header("webhook-attempt") == "1"
        assert second.header("webhook-maybe-duplicate") is None
        assert third.header("webhook-attempt") == "2"
        assert third.header("webhook-maybe-duplicate") == "1"
        assert third.header("webhook-id") == second.header("webhook-id")
        assert third.connection != second.connection, "a new one"
        assert third.time - second.time < 0.8, "at once, not after a second"
        assert [a[1:] for a in self.attempts()] == [
            ["NULL", "closed"],
            ["200", "NULL"],
        ]

    def test_a_close_that_nobody_announced_costs_no_step(self):
        """Each time over a kept connection: sent once more, and done. Nor does
        it put anything off, and with an order all come in it."""
        for ordered in (0, 1):
            path = f"/unannounced{ordered}"
            self.fresh(path)
            self.set(ordered=ordered)
            self.sink.script(path, *[Answer(200), Close(), Answer(200)] * 5)
            self.one_after_the_other(path, 10)
            [[tries, attempts]] = self.service.db.sql(
                "SELECT MAX(tries), MAX(attempts) FROM vh_deliveries"
            )
            assert (tries, attempts) == ("1", "2"), (tries, attempts)
            for first, again in zip(self.sink.at(path), self.sink.at(path)[1:]):
                if again.header("webhook-id") == first.header("webhook-id"):
                    assert again.time - first.time < 0.8, (first, again)
                    assert again.ordinal == 1, "over a new connection"
                    assert again.header("webhook-maybe-duplicate") == "1"
            self.sink.clear()

    def test_it_is_sent_again_in_the_same_run(self):
        """Of a run that is to be done once, too; and what was not wrong does
        not count as retrying."""
        self.sender.stop()
        self.service.write_config(
            service.SENDER, sender={"hook_concurrency": "1"}
        )
        for ordered in (1, 0):
            path = f"/same-run{ordered}"
            self.fresh(path)
            self.set(ordered=ordered)
            self.sink.script(path, Answer(200), Close())
            self.publish_many(12)
            self.once("delivered 12, failed 0, retrying 0, held 0 in ")
            assert len(self.sink.at(path)) == 13
        self.service.write_config(service.SENDER)
        self.sender = self.service.start_sender()

    def test_a_new_connection_that_closes_is_a_failure(self):
        """And waits for the schedule's second."""
        self.fresh("/slammed")
        self.sink.script("/slammed", Close(), Close())
        self.sender.stop()
        self.sender = self.service.start_sender()
        self.publish()
        first, second, third = self.sink.wait(3, "/slammed")
        assert second.time - first.time > 0.9 < third.time - second.time

    def test_a_first_line_that_continues_none(self):
        """Where the answer before had headers, libcurl before 8.2 may write to
        what it has freed. Later ones read the line as a header."""
        self.fresh("/folded")
        folded = Raw(
            b"HTTP/1.1 200 OK\r\n" + b" X-A: " + b"b" * 500 + b"\r\n\r\n"
        )
        self.sink.script("/folded", Answer(200), folded, then=Answer(200))
        self.one_after_the_other("/folded", 2)
        for attempt in self.results("/folded"):
            assert attempt.error in (None, "protocol"), attempt
        assert set(self.states()) == {"delivered"}, self.states()

    def test_stopped_while_it_waits(self):
        self.fresh("/stop")
        self.sink.script("/stop", Hang())
        self.publish()
        self.sink.wait(1, "/stop")
        assert self.sender.stop(number=signal.SIGTERM) == 0
        got = self.result("/stop").expect("stopped", None, True)
        assert got.remote == f"127.0.0.1:{self.sink.port}", got


tap.main()
