# SPDX-License-Identifier: MIT
"""
Hosts in namespaces of their own: each has its name, its loopback and one cable
to the machine that the servers run on, which can be pulled out. The machine's
own network stays as it is: enter() first goes to a network of this run.
"""

import os
import subprocess
import sys

import processes

# Of the servers, as every host sees it.
ADDRESS = "10.99.0.1"


def enter():
    """Begins the program again in a network of its own, as root."""
    if os.environ.get("HOOKS_TEST_NAMESPACE"):
        return
    if os.getuid():
        raise SystemExit("it makes network namespaces, which takes root")
    os.environ["HOOKS_TEST_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])


def _ip(*words, inside=None):
    where = ("nsenter", f"--net=/proc/{inside}/ns/net") if inside else ()
    subprocess.run([*where, "ip", *words], check=True)


class Network:
    def __init__(self):
        _ip("link", "set", "lo", "up")
        _ip("address", "add", f"{ADDRESS}/32", "dev", "lo")
        self._holders = []

    def host(self):
        """A new one; a Cable."""
        holder = subprocess.Popen(
            ["unshare", "--net", "--uts", "sleep", "infinity"]
        )
        self._holders.append(holder)
        here = os.readlink("/proc/self/ns/net")
        processes.wait_until(
            lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != here,
            5,
            "a namespace",
        )
        return Cable(len(self._holders), holder.pid)

    def close(self):
        for holder in self._holders:
            holder.kill()
            holder.wait()


class Cable:
    """The cable of a host."""

    def __init__(self, number, pid):
        self.name = f"host{number}"
        near, far = f"10.77.{number}.1", f"10.77.{number}.2"
        _ip(
            "link",
            "add",
            self.name,
            "type",
            "veth",
            "peer",
            "eth0",
            "netns",
            str(pid),
        )
        _ip("address", "add", f"{near}/30", "dev", self.name)
        _ip("link", "set", self.name, "up")
        for words in (
            f"address add {far}/30 dev eth0",
            "link set lo up",
            "link set eth0 up",
            f"route add default via {near}",
        ):
            _ip(*words.split(), inside=pid)
        # How a program is started there; it keeps its process id.
        self.prefix = (
            "nsenter",
            f"--net=/proc/{pid}/ns/net",
            f"--uts=/proc/{pid}/ns/uts",
            "--",
        )
        subprocess.run([*self.prefix, "hostname", self.name], check=True)

    def plug(self, plugged=True):
        _ip("link", "set", self.name, "up" if plugged else "down")
