# SPDX-License-Identifier: MIT
"""
Runs tests/db/dbtest, the tests in C of the database layer, against a private
server and hands its TAP through.
"""

import os
import subprocess

import database
import guard
import processes
import where


def write_config(folder, server):
    path = folder / "dbtest.conf"
    path.write_text(
        f"[database]\nsocket = {server.socket}\nuser = root\n"
        "name = hooks_test\n"
    )
    path.chmod(0o600)
    return path


def main():
    folder = processes.Folder()
    server = database.Database(folder)
    try:
        server.start()
        server.sql("CREATE DATABASE hooks_test", name="")
        env = dict(
            os.environ, HOOKS_TEST_CONFIG=str(write_config(folder, server))
        )
        status = subprocess.run(
            [where.program("tests/db/dbtest")], env=env, check=False
        ).returncode
    finally:
        server.stop()
        folder.close()
    return status


if __name__ == "__main__":
    guard.run(main)
