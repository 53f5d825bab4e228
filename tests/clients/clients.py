# SPDX-License-Identifier: MIT
"""
Uses the clients that check-clients has made, each with a program that lies
beside this file: from a hook's creation to its end, against a served API with a
sender and a receiver. A line for each step of each.
"""

import os
import pathlib
import subprocess
import sys

import doors
import guard
import receiver
import service

HERE = pathlib.Path(__file__).parent
MADE = pathlib.Path(os.environ.get("HOOKS_CLIENTS", "")) / "made"
STEPS = (
    "create",
    "list",
    "get",
    "change",
    "publish",
    "publish many",
    "deliveries",
    "rotate",
    "ping",
    "resume",
    "figures",
    "refused",
    "delete",
)


def _python(file, *folders):
    path = ":".join(str(f) for f in (*folders, MADE.parent / "python"))
    return [sys.executable, HERE / file], {"PYTHONPATH": path}


def _php():
    """With Debian's packages as they were unpacked."""
    debian = MADE.parent / "debian/usr"
    settings = [f"include_path={debian / 'share/php'}"]
    settings += [f"extension={p}" for p in debian.glob("lib/php/*/mbstring.so")]
    return [
        "php",
        *(word for setting in settings for word in ("-d", setting)),
        HERE / "generator.php",
    ], {
        "HOOKS_CLIENT": str(MADE / "generator_php"),
        "LD_LIBRARY_PATH": ":".join(map(str, debian.glob("lib/*-linux-gnu"))),
    }


# (command, more for its environment)
COMMANDS = {
    "generator_python": _python("generator.py", MADE / "generator_python"),
    "generator_go": ([MADE / "generator_go/client.run"], {}),
    "generator_php": _php(),
    "oapi_codegen": ([MADE / "oapi_codegen/client.run"], {}),
    "openapi_python_client": _python(
        "openapi_python_client.py", MADE / "openapi_python_client"
    ),
    "openapi_typescript": (["node", MADE / "openapi_typescript/main.js"], {}),
}


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def line(self, ok, text, trouble=""):
        self.passed += ok
        self.failed += not ok
        print(f"{'ok     ' if ok else 'FAILED '} {text}", flush=True)
        for said in trouble.splitlines()[-30:]:
            print(f"    {said}", flush=True)


def made(name, report):
    ok = (MADE / name / "done").exists()
    log = MADE.parent / "log" / f"{name}.log"
    report.line(ok, f"{name}: compiles", "" if ok else log.read_text())
    return ok


def use(name, arguments, report):
    command, more = COMMANDS[name]
    done = subprocess.run(
        [*command, *arguments],
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    reached = done.stdout.splitlines()
    for step in STEPS:
        ok = f"ok {step}" in reached
        report.line(
            ok,
            f"{name}: {step}",
            "" if ok else f"{done.stdout}\n{done.stderr}",
        )
        if not ok:
            break


def main():
    report = Report()
    names = sys.argv[1:] or list(COMMANDS)
    there = service.Service()
    sink = receiver.Receiver()
    try:
        door = doors.enter("lighttpd", there)
        there.start_sender("--linger", "1h")
        for name in names:
            if made(name, report):
                key = there.key(there.organization(name))
                url = f"http://127.0.0.1:{door.port}"
                use(name, [url, key, sink.url(f"/{name}")], report)
    finally:
        sink.close()
        there.close()
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    guard.run(main)
