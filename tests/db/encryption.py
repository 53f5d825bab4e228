# SPDX-License-Identifier: MIT
"""
The servers that get the database's password: with `tls_ca` only one that proves
its name, by TLS, and without it none in a form that can be read.
"""

import os
import shutil
import socket
import struct

import certificates
import listener
import service
import tap

PASSWORD = b"in-the-clear-4711"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Asking(listener.Listener):
    """A server without TLS that asks for the password in a way of its own. It
    has heard `heard`."""

    def __init__(self, way):
        self.way = way
        self.heard = b""
        super().__init__()

    @staticmethod
    def _packet(number, content):
        return struct.pack("<I", len(content))[:3] + bytes([number]) + content

    def serve(self, sock, number):
        sock.settimeout(3)
        sock.sendall(
            self._packet(
                0,
                b"\x0a8.0.36\0" + struct.pack("<I", number) + b"abcdefgh\0"
                b"\xff\xf7\x2d\x02\x00\xff\xdf\x15"
                + bytes(10)
                + b"ijklmnopqrst\0mysql_native_password\0",
            )
        )
        self.heard += sock.recv(4096)
        sock.sendall(
            self._packet(2, b"\xfe" + self.way + b"\0" + b"a" * 20 + b"\0")
        )
        self.heard += sock.recv(4096)
        # caching_sha2_password: "I do not know you, tell me all of it".
        sock.sendall(self._packet(4, b"\x01\x04"))
        self.heard += sock.recv(4096)


class Encryption(tap.Case):
    def setup(self):
        self.port = free_port()
        self.service = service.Service()
        folder = self.service.folder.for_nobody("keys")
        self.right = certificates.Authority(folder, "right")
        self.other = certificates.Authority(folder, "other")
        for name, host in (
            ("ours", "IP:127.0.0.1,DNS:localhost"),
            ("theirs", "DNS:somebody.else.example"),
        ):
            self.right.issue(name, host)
        self.folder = folder
        for path in folder.iterdir():
            if os.getuid() == 0:
                shutil.chown(path, service.processes.NOBODY)
        self.start("--skip-ssl")
        sql = self.service.db.sql
        name = service.ADMIN
        word = service.password_of(name)
        for host in ("127.0.0.1", "%"):
            sql(f"CREATE USER '{name}'@'{host}' IDENTIFIED BY '{word}'")
            sql(f"GRANT ALL ON *.* TO '{name}'@'{host}'")

    def teardown(self):
        self.service.close()

    def start(self, *settings):
        db = self.service.db
        db.stop()
        db.settings = (
            "--skip-networking=0",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            *settings,
        )
        db.start()

    def start_with(self, name):
        self.start(
            f"--ssl-cert={self.folder}/{name}.crt",
            f"--ssl-key={self.folder}/{name}.key",
        )

    def tries(self, command="status", **database):
        keys = {"socket": None, "host": "127.0.0.1", "port": self.port}
        self.service.write_config(service.ADMIN, database={**keys, **database})
        return self.service.run(
            "hooks-admin", command, config=self.service.config(service.ADMIN)
        )

    def doctor(self, **database):
        done = self.tries("doctor", **database)
        for line in done.out.splitlines():
            verdict, check, text = line.split("\t")
            if check == "encryption":
                return verdict, text
        return None

    def refuses(self, *words, **database):
        done = self.tries(**database)
        assert done.status == 78 and not done.out, done
        for word in words:
            assert word in done.err, done

    def test_01_server_without_tls(self):
        assert self.tries().status == 0
        assert self.doctor() == ("ok", "none, on this host")
        self.refuses("TLS", tls_ca=self.right.certificate)

    def test_02_right_certificate(self):
        self.start_with("ours")
        for host in ("127.0.0.1", "localhost"):
            done = self.tries(host=host, tls_ca=self.right.certificate)
            assert done.status == 0, done
        verdict, text = self.doctor(tls_ca=self.right.certificate)
        assert verdict == "ok" and "AES" in text, text
        assert "right certificate" in text, text

    def test_03_other_authority(self):
        self.refuses("TLS", tls_ca=self.other.certificate)

    def test_04_other_name(self):
        self.start_with("theirs")
        self.refuses("TLS", tls_ca=self.right.certificate)

    def test_05_socket(self):
        self.refuses(
            "tls_ca",
            "socket",
            socket=self.service.db.socket,
            tls_ca=self.right.certificate,
        )

    def test_06_password_in_clear(self):
        for way in (
            b"mysql_clear_password",
            b"dialog",
            b"mysql_old_password",
            b"caching_sha2_password",
            b"sha256_password",
        ):
            server = Asking(way)
            try:
                self.tries(port=server.port, password=PASSWORD.decode())
            finally:
                server.close()
            assert b"hooks_admin" in server.heard, "we were there"
            assert PASSWORD not in server.heard, way

    def test_07_what_is_said(self):
        server = Asking(b"mysql_clear_password")
        try:
            self.refuses("show it to others", port=server.port)
        finally:
            server.close()


if __name__ == "__main__":
    tap.main()
