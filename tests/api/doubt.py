# SPDX-License-Identifier: MIT
"""A COMMIT whose answer is lost: the request is done once."""

import os
import socket
import threading

import doors
import service
import tap
from apicase import ApiCase

PATH = "/v2/notifications"
BODY = b'{"action":"event.created","resource":{"n":1}}'
COMMIT = b"\x03COMMIT"


class Thief:
    """Between a program and its database, on a unix socket: hands everything
    on, but of so many COMMITs (`to_steal`) keeps the answer and closes."""

    def __init__(self, database, path):
        self.database = str(database)
        self.to_steal = 0
        self.stolen = 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o777)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.database)
            stealing = threading.Event()
            for one in (self._from_client, self._from_server):
                threading.Thread(
                    target=one, args=(client, server, stealing), daemon=True
                ).start()

    def _from_client(self, client, server, stealing):
        while data := self._read(client):
            if COMMIT in data and self.to_steal:
                self.to_steal -= 1
                stealing.set()
            server.sendall(data)
        self._end(client, server)

    def _from_server(self, client, server, stealing):
        while data := self._read(server):
            if stealing.is_set():  # it is done; nobody hears of it
                self.stolen += 1
                break
            client.sendall(data)
        self._end(client, server)

    @staticmethod
    def _read(one):
        try:
            return one.recv(65536)
        except OSError:
            return b""

    @staticmethod
    def _end(*both):
        for one in both:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other thread was first


class Doubt(ApiCase):
    variants = ("cgi", "lighttpd")

    def setup(self):
        self.service = service.Service()
        tap.at_end(self.service.close)
        path = self.service.folder.for_nobody("thief") / "s"
        self.thief = Thief(self.service.db.socket, path)
        tap.at_end(self.thief.close)
        self.service.write_config(service.API, database={"socket": str(path)})
        self.door = doors.enter(self.variant, self.service)
        self.organization = self.service.organization()
        self.key = self.service.key(self.organization)

    def steal(self, count):
        self.thief.to_steal = count
        self.thief.stolen = 0

    def count(self, table="notifications"):
        return int(
            self.service.db.value(
                f"SELECT COUNT(*) FROM vh_{table} WHERE organization = "
                f"UNHEX('{self.organization}')"
            )
        )

    def test_with_a_key_it_is_answered_all_the_same(self):
        header = [("Idempotency-Key", "doubt")]
        self.steal(1)
        first = self.good(202, "POST", PATH, BODY, headers=header)
        assert self.thief.stolen == 1
        assert self.count() == 1
        assert self.good(202, "POST", PATH, BODY, headers=header) == first
        many = b"[" + b",".join([BODY] * 300) + b"]"
        header = [("Idempotency-Key", "many")]
        self.steal(1)
        first = self.good(202, "POST", PATH, many, headers=header)
        assert self.thief.stolen == 1
        assert len({n["_id"] for n in first}) == 300
        assert self.count() == 301

    def test_without_a_key_it_is_not_done_twice(self):
        before = self.count()
        self.steal(1)
        answer = self.call("POST", PATH, BODY)
        assert answer.status == 503 and answer.header("Retry-After"), answer
        assert self.thief.stolen == 1
        assert self.count() == before + 1, "done, and not known to be"
        self.good(202, "POST", PATH, BODY)

    def test_hooks(self):
        before = self.count("hooks")
        self.steal(1)
        self.problem(
            503,
            "POST",
            "/v2/hooks",
            {"target_url": "https://www.toto.com/", "action": "*"},
        )
        assert self.count("hooks") == before + 1
        hook = self.hook()
        path = f"/v2/hooks/{hook['_id']}"
        self.good(200, "POST", f"{path}/disable", b"")
        self.steal(1)
        on = self.good(200, "POST", f"{path}/enable", b"")
        assert on["enabled"] is True, on
        self.steal(1)
        self.good(204, "DELETE", path)
        assert self.thief.stolen == 1
        self.problem(404, "GET", path)

    def test_pings_and_redelivery(self):
        path = f"/v2/hooks/{self.hook()['_id']}"
        before = self.count("deliveries")
        self.steal(1)
        self.problem(503, "POST", f"{path}/ping", b"")
        assert self.count("deliveries") == before + 1
        ping = self.good(202, "POST", f"{path}/ping", b"")
        self.steal(1)
        again = self.good(
            202, "POST", f"/v2/deliveries/{ping['_id']}/redeliver", b""
        )
        assert again["state"] == "pending" and self.thief.stolen == 1, again


tap.main()
