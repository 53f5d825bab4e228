# SPDX-License-Identifier: MIT
"""
Three nodes of MariaDB with Galera on 127.0.0.1, each in a folder of its own
and on a unix socket, as one cluster.

A node that joins takes its data from another one with rsync, as it would in
earnest; the programs for that were unpacked by check-galera.
"""

import os
import pathlib
import random
import re
import socket

import database
import processes

_PROVIDERS = ("usr/lib/galera/libgalera_smm.so", "usr/lib/libgalera_smm.so")


def _servers():
    return pathlib.Path(os.environ["HOOKS_TEST_SERVERS"])


def _provider():
    for root in (_servers(), pathlib.Path("/")):
        for name in _PROVIDERS:
            if (root / name).exists():
                return root / name
    raise AssertionError(
        "libgalera_smm.so not found: run tests/galera/"
        "check-galera, which unpacks it"
    )


def _is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _ports(count):
    """Free just now, and below those that connections get by themselves."""
    ports = []
    while len(ports) < count:
        port = random.randrange(20000, 32000)
        if port not in ports and _is_free(port):
            ports.append(port)
    return ports


class _Part:
    """A node's share of the run's folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name

    def for_nobody(self, name):
        return self.folder.for_nobody(f"{self.name}-{name}")

    def __truediv__(self, name):
        return self.folder / f"{self.name}-{name}"


class Node(database.Database):
    """`peers`: all nodes' group addresses, this one's included."""

    def __init__(self, folder, number, ports, peers):
        self.name = f"node{number}"
        self.group, transfer, snapshot = ports
        self.peers = peers
        provider = "; ".join(
            (
                f"gmcast.listen_addr=tcp://127.0.0.1:{self.group}",
                "base_host=127.0.0.1",
                f"base_port={self.group}",
                f"ist.recv_addr=127.0.0.1:{transfer}",
                "gcache.size=32M",
            )
        )
        super().__init__(
            _Part(folder, self.name),
            (
                "--wsrep-on=ON",
                f"--server-id={number + 1}",
                f"--wsrep-provider={_provider()}",
                "--wsrep-cluster-name=hooks",
                f"--wsrep-node-name={self.name}",
                f"--wsrep-node-address=127.0.0.1:{self.group}",
                f"--wsrep-sst-receive-address=127.0.0.1:{snapshot}",
                "--wsrep-sst-method=rsync",
                "--wsrep-slave-threads=2",
                f"--wsrep-provider-options={provider}",
                "--binlog-format=ROW",
                "--innodb-autoinc-lock-mode=2",
            ),
        )
        self._fixed = self.settings

    def bootstrap(self):
        self.settings = (
            *self._fixed,
            "--wsrep-cluster-address=gcomm://",
            "--wsrep-new-cluster",
        )
        self.start()

    def join(self):
        """Starts it, again perhaps, as a member of what is there."""
        self.settings = (
            *self._fixed,
            "--wsrep-cluster-address=gcomm://"
            + ",".join(f"127.0.0.1:{p}" for p in self.peers),
            *self._position(),
        )
        self.start()
        processes.wait_until(self.ready, 60, f"{self.name} in the cluster")

    def _position(self):
        """Where its own data ends, so that it takes only what is missing; as
        the service of Debian's package does it (galera_recovery)."""
        if not (self.folder / "data/grastate.dat").exists():
            return ()
        log = self.folder / "recover.log"
        child = processes.Child(
            "recover",
            [
                self.server,
                *database.SETTINGS,
                f"--datadir={self.folder}/data",
                f"--tmpdir={self.temporary}",
                *self._fixed,
                f"--socket={self.folder}/recover",
                "--wsrep-recover",
            ],
            log,
            cwd=self.folder,
            drop=True,
        )
        child.wait(60)
        found = re.findall(r"Recovered position: (\S+)", log.read_text())
        return (f"--wsrep-start-position={found[-1]}",) if found else ()

    def status(self, name):
        rows = self.sql(f"SHOW STATUS LIKE '{name}'", name="")
        return rows[0][1] if rows else ""

    def ready(self):
        return (
            self.status("wsrep_ready") == "ON"
            and self.status("wsrep_local_state_comment") == "Synced"
        )

    def isolate(self, yes=True):
        """Cut off from the other nodes, as when its network is gone."""
        self.sql(
            f"SET GLOBAL wsrep_provider_options = 'gmcast.isolate={int(yes)}'",
            name="",
        )

    def kill(self):
        self.stop(9)


class Cluster:
    def __init__(self, folder, count=3):
        ports = _ports(3 * count)
        peers = ports[::3]
        os.environ["PATH"] += f":{_servers()}/usr/bin:/usr/sbin:/sbin"
        self.nodes = [
            Node(folder, n, ports[3 * n : 3 * n + 3], peers)
            for n in range(count)
        ]

    def start(self):
        self.nodes[0].bootstrap()
        for node in self.nodes[1:]:
            node.join()
        self.wait(len(self.nodes))
        return self

    def wait(self, size):
        """All running nodes agree on this number of nodes."""
        processes.wait_until(
            lambda: all(
                n.status("wsrep_cluster_size") == str(size) and n.ready()
                for n in self.nodes
                if n.child
            ),
            60,
            f"a cluster of {size}",
        )

    def heal(self):
        """All nodes run, as one."""
        for node in self.nodes:
            if not node.child:
                node.join()
        self.wait(len(self.nodes))

    def settle(self):
        """Each node has applied the transactions of the other nodes."""
        for node in self.nodes:
            if node.child:
                node.sql(
                    "SET SESSION wsrep_sync_wait = 1; "
                    "SELECT COUNT(*) FROM mysql.user",
                    name="",
                )

    def stop(self):
        for node in self.nodes:
            node.stop()
