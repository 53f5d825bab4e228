# SPDX-License-Identifier: MIT
"""A connection of the application, which may INSERT into vh_outbox only."""

import os
import subprocess

import service


class Application:
    """It stays. `force`: whatever is refused on it."""

    def __init__(self, client, socket, force=False):
        self.client = subprocess.Popen(
            [
                client,
                "--no-defaults",
                f"--socket={socket}",
                *(["--force"] if force else []),
                "--skip-column-names",
                "--unbuffered",
                f"--user={service.APPLICATION}",
                "vyte_hooks",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if force else None,
            env=dict(
                os.environ, MYSQL_PWD=service.password_of(service.APPLICATION)
            ),
        )

    def do(self, statements):
        """Returns when all of it is done."""
        self.client.stdin.write(f"{statements}; SELECT 'done';\n".encode())
        self.client.stdin.flush()
        assert self.client.stdout.readline() == b"done\n", statements

    def close(self):
        self.client.stdin.close()
        self.client.wait()
        self.client.stdout.close()
