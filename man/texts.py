# SPDX-License-Identifier: MIT
"""
make texts: makes anew what repeats a table of the sources: of the configuration
keys, as `hooks-admin config --explain` tells of them, examples/hooks.conf and
the list in hooks.conf(5); of the routes, as cgi-bin/route.c has them, the table
in doc/publish.md.

    texts.py HOOKS_ADMIN FOLDER    reads and writes below this folder
"""

import json
import pathlib
import re
import subprocess
import sys
import textwrap

PAGES = {"hooks-send": 1, "hooks.fcgi": 8}
LICENCE = "# SPDX-License-Identifier: MIT\n"
BEGIN = '.\\" From here on to "end": made by `make texts`.\n'
END = '.\\" end\n'


def explained(program, *flags):
    return subprocess.run(
        [program, "config", "--explain", *flags],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def example(program):
    """examples/hooks.conf."""
    return LICENCE + explained(program)


def _macro(text, keys):
    """What stands in `...`, as a line without what follows it."""
    if text in PAGES:
        return f".Xr {text} {PAGES[text]}"
    if text in keys:
        return f".Cm {text}"
    if text.startswith("hooks-admin "):
        return f".Ic {text}"
    if text.startswith("/"):
        return f".Pa {text}"
    return rf".Li \&{text}" if text in ".,:;()[]?!|" else f".Li {text}"


def _prose(text, keys):
    """Sentences as mdoc(7): each on a line, what stands in `...` on its own."""
    for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", text):
        parts = re.split(r"(\(?)`([^`]+)`(\S*)", sentence)
        for at in range(0, len(parts), 4):
            yield from textwrap.wrap(
                parts[at].strip(), 80, break_on_hyphens=False
            )
            if at + 1 < len(parts):
                before, literal, after = parts[at + 1 : at + 4]
                macro = _macro(literal, keys)
                if before:
                    yield f".Po\n{macro}\n.Pc"
                else:
                    yield f"{macro} {' '.join(after)}".rstrip()


def manual_list(program):
    """The sections of hooks.conf(5)."""
    keys = json.loads(explained(program, "--json"))
    names = {key["key"] for key in keys}
    section = None
    for key in keys:
        if section != key["section"]:
            if section:
                yield ".El"
            section = key["section"]
            yield f".Ss Section {section}\n.Bl -tag -width Ds"
        yield f".It Cm {key['key']} Pq {key['default'] or key['empty']}"
        yield from _prose(key["meaning"], names)
        yield from _prose(key["values"] or "", names)
    yield ".El"


def manual(program, page):
    """hooks.conf(5) with the list in its place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "".join(
        (before, BEGIN, "\n".join(manual_list(program)), "\n", END, after)
    )


# ---- the routes ----

KEYS = {
    "READ": "`read`",
    "PUBLISH": "`publish`",
    "MANAGE": "`manage`",
    "RUN": "`run`",
    "ANYBODY": "none",
    "ADMIN | NEAR": "`admin`, or none from `[api] metrics_allow`",
}
ROUTE = re.compile(
    r'^\t\{"([A-Z]+)", "([^"]+)", ([A-Z |]+),\s+api_\w+,\s+'
    r'"([a-z_ ]*)",\s+((?:"[^"]+"\s*)+)\}',
    re.M,
)
TABLE = re.compile(r"^\| request \| .*\n(?:\|.*\n)+", re.M)


def routes(source):
    """The rows of route.c: (method, path, roles, parameters, meaning)."""
    return [
        (
            method,
            path,
            roles.removesuffix(" | WAKES"),
            params.split(),
            "".join(re.findall(r'"([^"]*)"', meaning)),
        )
        for method, path, roles, params, meaning in ROUTE.findall(source)
    ]


def route_table(source):
    yield "| request | key | does |"
    yield "| --- | --- | --- |"
    for method, path, roles, _, meaning in routes(source):
        yield f"| `{method} {path}` | {KEYS[roles]} | {meaning} |"


def publish(source, page):
    """doc/publish.md with the table in its place."""
    table = "\n".join(route_table(source)) + "\n"
    return TABLE.sub(lambda _: table, page, count=1)


def main(program, folder):
    page = pathlib.Path(folder, "man/hooks.conf.5")
    page.write_text(manual(program, page.read_text()))
    pathlib.Path(folder, "examples/hooks.conf").write_text(example(program))
    page = pathlib.Path(folder, "doc/publish.md")
    source = pathlib.Path(folder, "cgi-bin/route.c").read_text()
    page.write_text(publish(source, page.read_text()))


if __name__ == "__main__":
    main(*sys.argv[1:])
