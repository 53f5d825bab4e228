# SPDX-License-Identifier: MIT
"""
Where things are: the sources, the built programs, the servers.

`make check` and tests/run export abs_top_srcdir and abs_top_builddir. Without
them, the checkout this file lies in is both.
"""

import os
import pathlib
import shutil

_HERE = pathlib.Path(__file__).resolve().parents[2]

SOURCE = pathlib.Path(os.environ.get("abs_top_srcdir", _HERE))
BUILD = pathlib.Path(os.environ.get("abs_top_builddir", _HERE))
EXAMPLES = SOURCE / "examples"
# What tests/prepare got.
SERVERS = pathlib.Path(
    os.environ.get("HOOKS_TEST_SERVERS", SOURCE / "var/servers")
)
# Among the sources when it is built there.
GENERATED = {SOURCE / "cgi-bin/openapi_text.c"}


def program(name):
    path = BUILD / name
    if not path.exists():
        raise AssertionError(f"{path} is not built")
    return path


def server(*names):
    """The full path of a server's program, under any of its names."""
    for name in names:
        for folder in ("usr/sbin", "usr/bin", "sbin"):
            if (SERVERS / folder / name).exists():
                return SERVERS / folder / name
        found = shutil.which(
            name,
            path=os.environ.get("PATH", "")
            + ":/usr/sbin:/usr/local/sbin:/sbin",
        )
        if found:
            return pathlib.Path(found)
    raise AssertionError(
        f"{names[0]} not found: tests/prepare unpacks it under ./var, or name "
        "the folder with HOOKS_TEST_SERVERS"
    )


def node_file(name):
    """A file of a package that tests/prepare took from the npm registry."""
    path = SERVERS / "npm/node_modules" / name
    if path.exists():
        return path
    raise AssertionError(f"{name} not found: tests/prepare installs it")


def python_program(name):
    """A program that tests/prepare took from PyPI."""
    path = SERVERS / "python/bin" / name
    if path.exists():
        return path
    raise AssertionError(f"{name} not found: tests/prepare installs it")


def root_of(binary):
    """The folder a program was unpacked to: / for an installed one."""
    return binary.parents[2] if binary.parts[-3] == "usr" else pathlib.Path("/")


def library_path(binary):
    """Environment for a program whose libraries were unpacked beside it."""
    env = dict(os.environ)
    root = root_of(binary)
    if root != pathlib.Path("/"):
        folders = [str(f) for f in (root / "usr/lib").glob("*-linux-*")]
        env["LD_LIBRARY_PATH"] = ":".join(folders)
    return env
