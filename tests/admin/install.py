# SPDX-License-Identifier: MIT
"""The files that `make install` makes, and those that `make uninstall`
leaves."""

import os
import subprocess

import processes
import tap
import where

# Only of the make that runs the tests.
_OUTER = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


class Install(tap.Case):
    def setup(self):
        self.folder = processes.Folder()
        self.root = self.folder / "root"

    def teardown(self):
        self.folder.close()

    def make(self, target):
        env = {k: v for k, v in os.environ.items() if k not in _OUTER}
        done = subprocess.run(
            ["make", "-C", where.BUILD, "-s", target, f"DESTDIR={self.root}"],
            capture_output=True,
            env=env,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    def files(self):
        return sorted(
            str(p.relative_to(self.root))
            for p in self.root.rglob("*")
            if p.is_file()
        )

    def folders(self):
        """Those that are made for it; the prefix may have its name, too."""
        return [
            p
            for p in self.root.rglob("vyte-hooks")
            if p.is_dir() and p.parent.name in ("share", "doc", "libexec")
        ]

    def test_1_install(self):
        self.make("install")
        names = {os.path.basename(name) for name in self.files()}
        for name in (
            "hooks.fcgi",
            "hooks-send",
            "hooks-admin",
            "010-tables.sql",
            "openapi.yaml",
            "index.html",
            "hooks.conf",
            "htaccess",
            "crontab",
            "hooks-send.timer",
            "lighttpd.conf",
            "hooks-admin.1",
        ):
            assert name in names, (name, names)
        # Links between the documents are those of the sources.
        readme = next(self.root.rglob("README.md"))
        assert (readme.parent / "doc" / "install.md").exists(), names
        program = next(self.root.rglob("hooks-admin"))
        assert program.stat().st_mode & 0o777 == 0o755, oct(
            program.stat().st_mode
        )

    def test_2_uninstall_leaves_what_is_not_its_own(self):
        mine = next(self.root.rglob("index.html")).with_name("mine.html")
        mine.write_text("an operator's")
        self.make("uninstall")
        assert self.files() == [str(mine.relative_to(self.root))]

    def test_3_and_nothing_else(self):
        next(self.root.rglob("mine.html")).unlink()
        self.make("install")
        self.make("uninstall")
        assert self.files() == [] and self.folders() == [], self.folders()


tap.main()
