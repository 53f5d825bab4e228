# SPDX-License-Identifier: MIT
"""
hooks.fcgi as a process, spoken to in FastCGI without a web server: its end,
its renewal, kept connections, variables that come twice, a configuration that
is wrong, a database that is away or does not answer.
"""

import os
import pathlib
import shutil
import signal
import socket
import threading
import time

import openapi
import processes
import service
import tap
from fastcgi import Connection


class _Process(tap.Case):
    variants = ("fastcgi",)
    settings = {}

    def setup(self):
        self.service = service.Service(self.settings)
        tap.at_end(self.service.close)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)
        self.auth = ("HTTP_AUTHORIZATION", self.key)
        self.path = self.service.folder / "fcgi.sock"
        self.listen()
        self.start()

    def listen(self):
        pathlib.Path(self.path).unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(16)

    def start(self):
        env = dict(
            os.environ, HOOKS_CONFIG=str(self.service.config(service.API))
        )
        program = self.service.prefix / "libexec/vyte-hooks/hooks.fcgi"
        self.child = processes.Child(
            "hooks.fcgi",
            [program],
            self.service.folder / "fcgi.log",
            env=env,
            stdin=self.listener,
        )
        self.service.children.append(self.child)

    def teardown(self):
        if hasattr(self, "child"):
            self.child.stop()
            self.listener.close()

    def ask(self, method, target, variables=None, body=b""):
        connection = Connection(self.path)
        connection.send(
            method,
            target,
            [self.auth] if variables is None else variables,
            body,
        )
        answer = connection.answer()
        connection.close()
        openapi.note(method, target, body, answer)
        return answer

    def good(self):
        answer = self.ask("GET", "/v2/auth/test")
        assert answer.status == 200, answer
        return answer


class Life(_Process):
    def test_a_signal_ends_it_while_it_waits(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            self.good()
            assert self.child.stop(5, number) == 0
            self.start()

    def test_a_signal_before_the_first_request_ends_it(self):
        time.sleep(0.3)
        assert self.child.stop(5, signal.SIGTERM) == 0
        self.start()

    def test_a_kept_connection(self):
        connection = Connection(self.path)
        for _ in range(3):
            connection.send("GET", "/v2/auth/test", [self.auth], keep=True)
            assert connection.answer().status == 200
        assert self.child.stop(5, signal.SIGTERM) == 0
        connection.close()
        self.start()

    def test_a_client_that_goes_away(self):
        connection = Connection(self.path)
        connection.send("GET", "/v2/hooks", [self.auth])
        connection.close()
        self.good()

    def test_two_on_one_socket(self):
        first = self.child
        self.start()
        for _ in range(20):
            self.good()
        assert first.running() and self.child.running()
        assert first.stop(5, signal.SIGTERM) == 0
        self.good()


class Idle(_Process):
    def connections(self):
        return int(
            self.service.db.value(
                "SELECT COUNT(*) FROM information_schema.processlist "
                f"WHERE user = '{service.API}'"
            )
        )

    def test_the_database_gets_its_connection_back(self):
        """After half a minute; accounts have few of them."""
        self.good()
        assert self.connections() == 1
        time.sleep(25)
        assert self.connections() == 1
        processes.wait_until(lambda: self.connections() == 0, 15)
        self.good()


class Variables(_Process):
    def test_a_header_twice_in_disguise(self):
        answer = self.ask(
            "POST",
            "/v2/notifications",
            [
                self.auth,
                ("HTTP_IDEMPOTENCY_KEY", "a"),
                ("HTTP_IDEMPOTENCY_KEY", "b"),
            ],
            b"{}",
        )
        assert answer.status == 400, answer
        assert "Idempotency-Key" in answer.json()["detail"], answer

    def test_the_key_as_apache_redirects_it(self):
        answer = self.ask(
            "GET", "/v2/auth/test", [("REDIRECT_HTTP_AUTHORIZATION", self.key)]
        )
        assert answer.status == 200, answer

    def test_body_without_a_length(self):
        body = b'{"action":"event.created","resource":{}}'
        for length in ([], [("CONTENT_LENGTH", "3")]):
            answer = self.ask(
                "POST", "/v2/notifications", [self.auth, *length], body
            )
            assert answer.status == 202, answer

    def test_a_body_that_ends_early(self):
        body = b'{"action":"event.created","resource":{}}'
        count = "SELECT COUNT(*) FROM vh_notifications"
        before = self.service.db.value(count)
        answer = self.ask(
            "POST",
            "/v2/notifications",
            [self.auth, ("CONTENT_LENGTH", "100")],
            body,
        )
        assert answer.status == 400, answer
        assert "whole" in answer.json()["detail"], answer
        for length in ([], [("CONTENT_LENGTH", str(len(body)))]):
            connection = Connection(self.path)
            answer = connection.cut(
                "POST", "/v2/notifications", [self.auth, *length], body
            )
            connection.close()
            assert answer is None or answer.status == 400, answer
        self.good()
        assert self.service.db.value(count) == before

    def test_an_empty_header_does_not_hide_the_redirected_one(self):
        answer = self.ask(
            "GET",
            "/v2/auth/test",
            [
                ("HTTP_AUTHORIZATION", ""),
                ("REDIRECT_HTTP_AUTHORIZATION", self.key),
            ],
        )
        assert answer.status == 200, answer
        answer = self.ask(
            "GET",
            "/v2/auth/test",
            [
                ("HTTP_AUTHORIZATION", "x"),
                ("REDIRECT_HTTP_AUTHORIZATION", self.key),
            ],
        )
        assert answer.status == 401, answer

    def test_options(self):
        answer = self.ask("OPTIONS", "/v2/hooks", [])
        assert answer.status == 204, answer
        assert answer.header("Allow") == "GET, HEAD, POST, OPTIONS", answer

    def test_head_gives_the_length(self):
        got = self.ask("GET", "/v2/auth/test")
        head = self.ask("HEAD", "/v2/auth/test")
        assert head.status == 200 and head.body == b"", head
        assert head.header("Content-Length") == str(len(got.body)), head

    def test_nothing_is_to_be_stored(self):
        for target in ("/v2/auth/test", "/v2/nothing"):
            answer = self.ask("GET", target)
            assert answer.header("Cache-Control") == "no-store", answer

    def test_paths_that_cannot_be_decoded(self):
        for target in (
            "/v2/hooks/%",
            "/v2/hooks/%zz",
            "/v2/hooks/%00",
            "/v2/hooks/%ff",
            "/v2//hooks",
            "/v2/hooks//",
            "",
            "/",
            "v2/hooks",
            "/v2/a/b/c/d/e/f/g/h",
        ):
            answer = self.ask("GET", target)
            assert answer.status == 404, (target, answer)

    def test_no_address_at_all(self):
        connection = Connection(self.path)
        connection.send(
            "GET", "/v2/auth/test", [self.auth, ("REQUEST_URI", "http://x")]
        )
        assert connection.answer().status == 404
        connection.close()
        connection = Connection(self.path)
        connection.send_pairs([("REQUEST_METHOD", "GET"), self.auth])
        answer = connection.answer()
        assert answer.status == 404 and answer.json()["status"] == 404, answer
        connection.close()
        assert "REQUEST_URI" in self.child.errors()

    def test_queries_that_cannot_be_decoded(self):
        for query in ("limit=%", "limit=%zz", "a=%00", "a=1&a=2"):
            answer = self.ask("GET", f"/v2/hooks?{query}")
            assert answer.status == 400, (query, answer)


class Renewal(_Process):
    settings = {"api": {"max_requests": "5"}}

    def life(self):
        """Where its stack lies: at random, and elsewhere in every life."""
        maps = pathlib.Path(f"/proc/{self.child.process.pid}/maps")

        def stack():
            """None for a moment, when a life ends."""
            lines = maps.read_text().splitlines()
            return next((s for s in lines if s.endswith("[stack]")), None)

        found = processes.wait_until(stack, 5, "a stack")
        return found.split("-")[0]

    def afresh(self):
        self.child.stop()
        self.start()
        self.good()

    def test_what_waits_while_it_begins_anew_is_answered(self):
        self.afresh()
        self.listener.close()  # as a server does that has started it
        lives, waiting = {self.life()}, []
        for _ in range(14):
            waiting.append(Connection(self.path))
            waiting[-1].send("GET", "/v2/auth/test", [self.auth])
        for connection in waiting:
            assert connection.answer().status == 200
            connection.close()
            lives.add(self.life())
        assert len(lives) > 2, lives
        assert self.child.stop(5, signal.SIGTERM) == 0
        self.listen()
        self.start()

    def test_a_kept_connection_is_not_cut(self):
        self.afresh()
        connection, before = Connection(self.path), self.life()
        for _ in range(7):
            connection.send("GET", "/v2/auth/test", [self.auth], keep=True)
            assert connection.answer().status == 200
        assert self.life() == before
        connection.close()
        self.good()
        self.good()
        assert self.life() != before

    def test_an_update_takes_its_place(self):
        program = self.service.prefix / "libexec/vyte-hooks/hooks.fcgi"
        self.afresh()
        update = program.with_name("update")
        shutil.copy(program, update)
        update.rename(program)
        for _ in range(5):
            self.good()
        running = os.stat(f"/proc/{self.child.process.pid}/exe")
        assert running.st_ino == program.stat().st_ino

    def test_without_its_file_it_ends(self):
        program = self.service.prefix / "libexec/vyte-hooks/hooks.fcgi"
        aside = program.with_name("aside")
        self.afresh()
        program.rename(aside)
        try:
            for _ in range(4):
                self.good()
            assert self.child.wait(5) == 0
        finally:
            aside.rename(program)
        self.start()
        self.good()


class Trouble(_Process):
    def unavailable(self, method="GET", body=b""):
        """The answer that must come within 5 s."""
        start = time.monotonic()
        answer = self.ask(method, "/v2/hooks", body=body)
        took = time.monotonic() - start
        assert answer.status == 503, answer
        assert int(answer.header("Retry-After")) > 0, answer
        assert answer.json()["status"] == 503, answer
        assert took < 5, took
        assert self.key not in self.child.errors()

    def test_the_configuration_is_mended_under_way(self):
        path = self.service.config(service.API)
        right = path.read_text()
        self.child.stop()
        path.write_text("[api]\nmax_bdoy = 1k\n")
        self.start()
        answer = self.ask("GET", "/v2/hooks")
        assert answer.status == 503, answer
        assert b"max_bdoy" not in answer.body, answer
        assert "max_bdoy" in self.child.errors()
        path.write_text(right)
        time.sleep(1.1)
        self.good()

    def test_a_configuration_that_others_may_write(self):
        path = self.service.config(service.API)
        mode = path.stat().st_mode
        self.child.stop()
        path.chmod(0o642)
        self.start()
        answer = self.ask("GET", "/v2/hooks")
        assert answer.status == 503, answer
        assert b"written" not in answer.body, answer
        assert f"{path}: can be written by everybody" in self.child.errors()
        path.chmod(mode)
        time.sleep(1.1)
        self.good()

    def test_the_database_is_away(self):
        self.good()
        self.service.db.stop()
        try:
            self.unavailable()
            assert self.ask("GET", "/healthz", []).status == 503
        finally:
            self.service.db.start()
        self.good()

    def test_a_table_is_locked(self):
        """A request that was answered with 503 changes nothing."""
        self.good()
        count = "SELECT COUNT(*) FROM vh_hooks"
        before = self.service.db.value(count)
        holder = threading.Thread(
            target=self.service.db.sql,
            args=("LOCK TABLES vh_hooks WRITE; SELECT SLEEP(6)",),
        )
        holder.start()
        try:
            time.sleep(0.5)
            self.unavailable(
                "POST", b'{"target_url":"https://www.toto.com/","action":"*"}'
            )
        finally:
            holder.join()
        self.good()
        assert self.service.db.value(count) == before

    def test_the_database_does_not_answer(self):
        self.good()
        database = self.service.db.child
        database.send_signal(signal.SIGSTOP)
        try:
            self.unavailable()
            self.unavailable()
        finally:
            database.send_signal(signal.SIGCONT)
        self.good()


tap.main()
