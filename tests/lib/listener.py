# SPDX-License-Identifier: MIT
"""
What the servers of the tests share: a socket on the loopback, and a thread for
each connection.
"""

import socket
import threading


class Listener:
    """The subclass has serve(sock, number): 1, 2, ... in the order of accept.
    `closing` is set when it shall end; that the client went away is no
    error."""

    def __init__(self, address=("127.0.0.1", 0), accepting=True):
        self.closing = threading.Event()
        self.connections = 0
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._listener = socket.create_server(
            address, family=family, backlog=1024
        )
        self.port = self._listener.getsockname()[1]
        if accepting:
            self._start(self._accept)

    @staticmethod
    def _start(call, *args):
        threading.Thread(target=call, args=args, daemon=True).start()

    def close(self):
        self.closing.set()
        # close() alone would leave it open while a thread waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock, self.connections)

    def _serve(self, sock, number):
        try:
            self.serve(sock, number)
        except OSError:
            pass  # tests look at what was recorded
        finally:
            sock.close()
