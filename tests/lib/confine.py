# SPDX-License-Identifier: MIT
"""
Runs a program below restrictions of a systemd unit, without systemd: the
families of sockets in RestrictAddressFamilies and the system calls in
SystemCallFilter, by seccomp.

    confine.py FAMILIES CALLS PROGRAM ...    numbers with commas; "" is any
"""

import ctypes
import functools
import os
import platform
import re
import socket
import struct
import subprocess
import sys

_NO_NEW_PRIVS, _SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_UNSUPPORTED = 0x00050000 | 97  # EAFNOSUPPORT, as systemd has it
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _FIRST_ARGUMENT = 0, 16  # in struct seccomp_data


# ---- what a unit says ----


def _values(unit, key):
    for line in unit.read_text().splitlines():
        if line.startswith(f"{key}="):
            yield line.partition("=")[2]


def families(unit):
    """The families that its processes may have sockets of."""
    return [
        int(getattr(socket, name))
        for value in _values(unit, "RestrictAddressFamilies")
        for name in value.split()
    ]


@functools.cache
def _numbers():
    """{system call: number}, as the compiler knows them."""
    done = subprocess.run(
        [os.environ.get("CC", "cc"), "-E", "-dM", "-"],
        input="#include <sys/syscall.h>\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name: int(number)
        for name, number in re.findall(
            r"^#define __NR_(\w+) (\d+)$", done.stdout, re.M
        )
    }


def _members(group):
    """The names in "@group", with those of the groups in it."""
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", group],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in done.stdout.splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            yield from _members(name)
        elif name and not name.startswith("#"):
            yield name


def calls(unit):
    """The system calls that its processes may make, by systemd's own lists."""
    allowed = set(_members("@default"))
    for value in _values(unit, "SystemCallFilter"):
        change = set()
        for name in value.lstrip("~").split():
            change |= set(_members(name)) if name[0] == "@" else {name}
        if value.startswith("~"):
            allowed -= change - set(_members("@default"))
        else:
            allowed |= change
    numbers = _numbers()
    return sorted(numbers[name] for name in allowed if name in numbers)


def argv(program, some_families=(), some_calls=()):
    """The words that run a program so; without a list it may do all."""
    return [
        sys.executable,
        __file__,
        *(",".join(map(str, some)) for some in (some_families, some_calls)),
        *program,
    ]


# ---- doing it ----


def _step(code, value, skip=0):
    """`skip`: how many steps are left out when the two are not equal."""
    return struct.pack("HBBI", code, 0, skip, value)


def _only(values, otherwise):
    """Allows these, and ends with `otherwise`."""
    for value in values:
        yield _step(_EQUAL, value, 1)
        yield _step(_RETURN, _ALLOW)
    yield _step(_RETURN, otherwise)


def _filter_families(allowed):
    number = {"x86_64": 41, "aarch64": 198}[platform.machine()]
    yield _step(_LOAD, _NUMBER)
    yield struct.pack("HBBI", _EQUAL, 1, 0, number)
    yield _step(_RETURN, _ALLOW)
    yield _step(_LOAD, _FIRST_ARGUMENT)
    yield from _only(allowed, _UNSUPPORTED)


def _filter_calls(allowed):
    yield _step(_LOAD, _NUMBER)
    yield from _only(allowed, _KILL)


def _prctl(*words):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(*words) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _apply(steps):
    steps = list(steps)
    code = ctypes.create_string_buffer(b"".join(steps))
    program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    _prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(program), 0, 0)


def main():
    numbers = [[int(n) for n in word.split(",") if n] for word in sys.argv[1:3]]
    _prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if numbers[0]:
        _apply(_filter_families(numbers[0]))
    if numbers[1]:
        _apply(_filter_calls(numbers[1]))
    os.execv(sys.argv[3], sys.argv[3:])


if __name__ == "__main__":
    main()
