# SPDX-License-Identifier: MIT
"""
Child processes and the folder they work in. guard.py makes sure that nothing of
them is left, whatever happens to a test.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

# Test programs never run servers as root where the server minds.
NOBODY = 65534


class Timeout(AssertionError):
    """Something that should have happened did not happen."""


def wait_until(condition, seconds=10, what="the condition", pause=0.02):
    """Calls condition() until it is true and returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Timeout(f"{what} did not come true within {seconds} s")
        time.sleep(pause)


class Child:
    """A running program; its standard error goes to a file of its own."""

    def __init__(
        self,
        name,
        argv,
        log,
        env=None,
        cwd=None,
        drop=False,
        stop_signal=signal.SIGTERM,
        **options,
    ):
        """`drop`: not as root. A session of its own, since some servers
        signal all of their process group."""
        self.name = name
        self.stop_signal = stop_signal
        self.log = pathlib.Path(log)
        if drop and os.getuid() == 0:
            options.update(user=NOBODY, group=NOBODY, extra_groups=[])
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen(
                [str(a) for a in argv],
                stderr=options.pop("stderr", errors),
                env=env,
                cwd=cwd,
                stdin=options.pop("stdin", subprocess.DEVNULL),
                stdout=options.pop("stdout", errors),
                start_new_session=True,
                **options,
            )

    def running(self):
        return self.process.poll() is None

    def check(self):
        """Raises, with the end of its log, when it has ended."""
        if not self.running():
            raise AssertionError(
                f"{self.name} ended with {self.process.returncode}: "
                f"{self.errors()[-2000:]}"
            )

    def errors(self):
        return self.log.read_text(errors="replace")

    def send_signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def wait(self, seconds=20):
        return self.process.wait(seconds)

    def stop(self, seconds=20, number=None):
        """Asks it to end, then kills it; returns the exit status."""
        self.send_signal(number or self.stop_signal)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def running(folder):
    """Process ids and words of the command lines that name a folder, or what
    lies in it."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_text(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if str(folder) in line:
            yield int(path.parent.name), line.split("\0")


class Folder:
    """One of the run's own; close() removes it."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp())
        # Servers that gave up root must be able to pass, not to list.
        self.path.chmod(0o711)

    def __truediv__(self, name):
        return self.path / name

    def for_nobody(self, name):
        """A folder inside that a server without root may write to."""
        path = self.path / name
        path.mkdir()
        if os.getuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        return path

    def close(self):
        if os.environ.get("HOOKS_TEST_KEEP"):
            print(f"# kept: {self.path}")
        else:
            shutil.rmtree(self.path, ignore_errors=True)
