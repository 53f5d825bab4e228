# SPDX-License-Identifier: MIT
"""
tests/run on each kind of test, with this build, and tests/prepare where
nothing is missing.
"""

import os
import subprocess

import processes
import tap
import where

_FAILS = """
import tap

class Some(tap.Case):
    def test_that_holds(self):
        pass

    def test_that_fails(self):
        assert 1 == 2, "first line\\nsecond line"

tap.main()
"""


class _Script(tap.Case):
    script = None

    def setup(self):
        self.folder = processes.Folder()
        tap.at_end(self.folder.close)

    def run(self, *words, **environment):
        return subprocess.run(
            [where.SOURCE / self.script, *words],
            env={
                **os.environ,
                "HOOKS_VAR": str(self.folder / "var"),
                "HOOKS_TEST_SERVERS": str(where.SERVERS),
                **environment,
            },
            cwd=self.folder.path,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )


class Run(_Script):
    script = "tests/run"

    def said(self, *words, status=0):
        """The lines, the last of which counts."""
        done = self.run(*words, HOOKS_BUILD=str(where.BUILD))
        assert done.returncode == status, done
        return done.stdout.splitlines()

    def test_a_suite(self):
        lines = self.said("tests/unit/test_retry.c")
        assert "ok      test_retry: jitter only adds" in lines, lines
        assert all("test_retry: " in line for line in lines[:-1]), lines
        assert lines[-1].endswith(" passed, 0 failed"), lines

    def test_a_case_of_a_suite(self):
        lines = self.said("tests/unit/test_retry.c", "jitter", "adds")
        assert lines == [
            "ok      test_retry: jitter only adds",
            "1 passed, 0 failed",
        ]

    def test_a_suite_with_its_server(self):
        lines = self.said("tests/db/test_store.c", "senders")
        assert lines == [
            "ok      test_store: the senders",
            "1 passed, 0 failed",
        ]

    def test_a_fuzz_target(self):
        name, last = self.said("tests/fuzz/url.c")
        assert name.startswith("ok      tests/fuzz/corpus/url: "), name
        assert last == "1 passed, 0 failed"

    def test_a_program(self):
        lines = self.said("tests/api/publish.py", "cgi:", "array")
        assert "ok      cgi: Publish: array" in lines, lines
        assert lines[-1] == f"{len(lines) - 1} passed, 0 failed"

    def test_a_list(self):
        listed = self.said("-l", "tests/unit/test_retry.c")
        assert "test_retry: jitter only adds" in listed, listed
        listed = self.said("-l", "tests/api/publish.py", "cgi:", "array")
        assert "cgi: Publish: array" in listed, listed
        assert not [line for line in listed if "array" not in line], listed

    def test_what_fails_in_full(self):
        path = self.folder / "fails.py"
        path.write_text(_FAILS)
        lines = self.said(str(path), status=1)
        assert lines[:2] == [
            "ok      Some: that holds",
            "FAILED  Some: that fails",
        ], lines
        assert "    AssertionError: first line" in lines, lines
        assert "    second line" in lines, lines
        assert lines[-1] == "1 passed, 1 failed", lines

    def test_a_program_that_ends_too_early(self):
        path = self.folder / "early.py"
        path.write_text("import tap, nothing_of_the_kind\ntap.main()\n")
        lines = self.said(str(path), status=1)
        assert "nothing_of_the_kind" in "".join(lines), lines
        assert lines[-1] == "0 passed, 1 failed", lines

    def test_no_such_case(self):
        lines = self.said("tests/unit/test_retry.c", "unheard", status=1)
        assert lines[-1] == "0 passed, 1 failed", lines

    def test_what_holds_no_tests(self):
        for name, why in (
            ("tests/lib/tap.py", "holds no tests"),
            ("tests/fuzz/replay.c", "holds no tests"),
            ("src/rules/retry.c", "holds no tests"),
            ("tests/unit", "is a folder"),
            ("tests/none.py", "no file"),
            ("tests/dns/names.py", "make check-dns"),
            ("tests/api/complete.py", "make check"),
        ):
            done = self.run(name)
            assert done.returncode == 1 and why in done.stderr, done

    def test_help(self):
        done = self.run("--help")
        assert done.returncode == 0 and "FILE [WORD ...]" in done.stdout, done
        assert self.run().returncode == 2


class Prepare(_Script):
    script = "tests/prepare"

    def test_it_asks_nobody_when_nothing_is_missing(self):
        tools = self.folder / "tools"
        tools.mkdir()
        for name in ("apt-get", "npm", "sudo"):
            (tools / name).write_text('#!/bin/sh\necho "$0 $*" >&2\nexit 1\n')
            (tools / name).chmod(0o755)
        done = self.run(
            "build", "servers", PATH=f"{tools}:{os.environ['PATH']}"
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_one_group_and_none(self):
        assert self.run("servers").returncode == 0
        done = self.run("nothing")
        assert done.returncode == 1 and "no such group" in done.stderr, done


tap.main()
