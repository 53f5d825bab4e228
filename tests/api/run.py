# SPDX-License-Identifier: MIT
"""/v2/run: a sender is started, stays, and delivers; through every door."""

import concurrent.futures
import contextlib
import os
import pathlib
import signal
import time

import doors
import receiver
import service
import tap
from apicase import ApiCase
from processes import running, wait_until

RUN = "/v2/run"


class Run(ApiCase):
    def setup(self):
        """As on shared hosting: one database user, one configuration."""
        self.service = service.Service({"sender": {"linger": "4s"}})
        tap.at_end(self.service.close)
        state = self.service.folder.for_nobody("run") / "state"
        self.service.settings["sender"]["state_dir"] = str(state)
        self.service.write_config(
            service.API,
            database={
                "user": service.ADMIN,
                "password": service.password_of(service.ADMIN),
            },
        )
        self.sink = receiver.Receiver()
        tap.at_end(self.sink.close)
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.runner = self.service.key(self.organization, "run")
        self.hook(target_url=self.sink.url("/run"), action="*")

    def senders(self):
        """Running ones of this service."""
        config = self.service.config(service.API)
        return [
            pid
            for pid, words in running(config)
            if words[0].endswith("hooks-send")
        ]

    def quiet(self):
        """No sender runs, and one may be started."""
        for pid in self.senders():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.senders(), 15, "the sender's end")
        self.service.db.sql("UPDATE vh_installation SET run_at = NULL")

    def publish(self):
        self.good(
            202,
            "POST",
            "/v2/notifications",
            {"action": "event.created", "resource": {}},
        )

    def test_1_what_is_due_is_delivered(self):
        self.quiet()
        self.publish()
        begin = time.monotonic()
        assert self.good(202, "POST", RUN, b"", key=self.runner) == {
            "started": True
        }
        assert time.monotonic() - begin < 3, "it waited for the sender"
        self.sink.wait(1, "/run")

    def test_2_it_stays_and_is_nobodys_child(self):
        self.quiet()
        self.good(202, "POST", RUN, b"")
        self.publish()
        self.sink.wait(2, "/run")
        [first] = [
            pid
            for pid in self.senders()
            if os.getsid(pid) not in (0, os.getsid(0))
        ][:1]
        session = os.getsid(first)
        for pid in self.senders():
            assert os.getsid(pid) == session
            open_files = {
                os.readlink(fd)
                for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()
                if int(fd.name) < 3
            }
            assert open_files == {"/dev/null"}, open_files
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            assert b"HTTP_" not in environment and b"QUERY" not in environment
        self.publish()
        self.sink.wait(3, "/run")

    def test_3_as_a_web_cron_calls_it(self):
        self.quiet()
        self.publish()
        path = f"{RUN}?api_key={self.runner}"
        assert self.good(202, "GET", path, key=None) == {"started": True}
        self.sink.wait(4, "/run")

    def test_4_once_in_ten_seconds(self):
        self.quiet()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(lambda _: self.call("POST", RUN, b""), range(6))
            )
        assert {a.status for a in answers} == {202}, answers
        started = [a.json()["started"] for a in answers]
        assert sorted(started) == [False] * 5 + [True], started
        for interval, started in (
            ("9 SECOND", False),
            ("11 SECOND", True),
            ("-1 HOUR", True),
        ):
            self.service.db.sql(
                "UPDATE vh_installation SET run_at = "
                f"UTC_TIMESTAMP(3) - INTERVAL {interval}"
            )
            assert self.good(202, "GET", RUN) == {"started": started}

    def test_5_a_run_key_may_do_nothing_else(self):
        for role in ("read", "publish"):
            key = self.service.key(self.organization, role)
            self.problem(403, "POST", RUN, b"", key=key)
            self.problem(403, "GET", RUN, key=key)
        self.problem(401, "POST", RUN, b"", key=None)
        for path in (
            "/v2/hooks",
            "/v2/notifications",
            "/v2/deliveries",
            "/v2/actions",
            "/v2/auth/test",
            "/v2/stats",
        ):
            self.problem(403, "GET", path, key=self.runner)
        assert self.pointers("POST", RUN, {"x": 1}) == ["/x"]
        self.problem(405, "PUT", RUN, {})

    def test_6_without_the_program(self):
        """Said in the log, not in the answer."""
        self.quiet()
        program = self.service.prefix / "bin/hooks-send"
        away = self.service.prefix / "bin/away"
        program.rename(away)
        try:
            if not pathlib.Path("/usr/local/bin/hooks-send").exists():
                problem = self.problem(500, "POST", RUN, b"")
                assert "hooks-send" not in problem["detail"], problem
        finally:
            away.rename(program)
        self.quiet()


tap.main()
