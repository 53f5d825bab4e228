"""
Child processes and the folder they work in.

Whatever happens to a test, nothing of it may stay behind: each child asks the
kernel for a signal when its parent dies (prctl PR_SET_PDEATHSIG), each run has
a folder of its own, and the next run removes folders whose owner is gone.
"""

import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

_PR_SET_PDEATHSIG = 1
_PREFIX = "vyte-hooks-test."
_libc = ctypes.CDLL(None, use_errno=True)

# Test programs never run servers as root where the server minds.
NOBODY = 65534


class Timeout(AssertionError):
    """Something that should have happened did not."""


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


def _prepare_child(parent, death_signal, drop):
    """What the child does between fork and exec."""
    os.setsid()
    if drop and os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    # After setuid(), which clears it.
    _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


class Child:
    """A running program; its standard error goes to a file of its own."""

    def __init__(self, name, argv, log, env=None, cwd=None, drop=False,
                 death_signal=signal.SIGTERM, **options):
        """`death_signal` reaches it when we die, and first at stop()."""
        self.name = name
        self.stop_signal = death_signal
        self.log = pathlib.Path(log)
        parent = os.getpid()
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen(
                [str(a) for a in argv], stderr=errors, env=env, cwd=cwd,
                stdin=options.pop("stdin", subprocess.DEVNULL),
                stdout=options.pop("stdout", errors),
                preexec_fn=lambda: _prepare_child(parent, death_signal, drop),
                **options)

    def running(self):
        return self.process.poll() is None

    def check(self):
        """Raises, with the end of its log, when it has ended."""
        if not self.running():
            raise AssertionError(
                f"{self.name} ended with {self.process.returncode}: "
                f"{self.errors()[-2000:]}")

    def errors(self):
        return self.log.read_text(errors="replace")

    def send_signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def wait(self, seconds=20):
        return self.process.wait(seconds)

    def stop(self, seconds=20, number=None):
        """Asks it to end, then makes it; returns the exit status."""
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


def _started(pid):
    """A process's start time in ticks: with the pid it names one process."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def _owner_lives(folder):
    try:
        pid, ticks = (folder / "owner").read_text().split()
    except (OSError, ValueError):
        # Another run that is just being born, or remains: age decides.
        return time.time() - folder.stat().st_mtime < 60
    return _started(pid) == ticks


def _base():
    """Unix socket paths hold 107 bytes, so a long TMPDIR is of no use."""
    base = os.environ.get("TMPDIR", "/tmp")
    return pathlib.Path(base if len(base) < 40 else "/tmp")


def _sweep(base):
    for folder in base.glob(_PREFIX + "*"):
        try:
            mine = folder.stat().st_uid == os.getuid()
            if mine and not _owner_lives(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another run removed it first


class Folder:
    """The run's own folder; `with` or close() removes it."""

    def __init__(self):
        base = _base()
        _sweep(base)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        # Servers that gave up root must be able to pass, not to list.
        self.path.chmod(0o711)
        (self.path / "owner").write_text(
            f"{os.getpid()} {_started(os.getpid())}\n")

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
