# SPDX-License-Identifier: MIT
"""
The common part of the tests' servers: a socket on the loopback, or a unix
socket when `address` is a path, and a thread for each connection.
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
        self._listener = self._listen(address)
        if accepting:
            self._start(self._accept)

    def _listen(self, address):
        if not isinstance(address, tuple):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(address))
            listener.listen(1024)
            return listener
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        listener = socket.create_server(address, family=family, backlog=1024)
        self.port = listener.getsockname()[1]
        return listener

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
            pass  # tests look at the records
        finally:
            sock.close()
