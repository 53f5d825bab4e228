# SPDX-License-Identifier: MIT
"""
README.md against the tree: its tour names every file and none that is gone,
its links lead somewhere, its code is the examples' code, its make targets and
commands are there.

Each rule is also run on a text with one fault planted, where it must complain.
"""

import re

import tap
import where

README = (where.SOURCE / "README.md").read_text()
# What the tour names one by one; what is built or made lies beside it.
FOLDERS = {
    "src": "*/*.[ch]",
    "cgi-bin": "*.[ch] *.awk",
    "sql": "*.sql *.awk",
    "htdocs": "*.* vendor/* verify/*",
    "examples": "* receivers/* publishers/*",
    "man": "*.[0-9]",
    "tests": "browser/* *.py */*.py */*.[ch] */*.sh */check-*",
    "bench": "*.[ch] *.py *.sh",
    "doc": "*.md */*.py",
}
CODE = {"php": "receive.php", "python": "receive.py", "js": "receive.js",
        "c": "receive.c"}


def section(text, title):
    """What stands under a heading, up to the next one of its level."""
    level = title.split()[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)",
                      text, re.M | re.S)
    return found[1] if found else ""


def toured(text, folder):
    """The files that the tour of a folder names: before the colon."""
    names = set()
    for item in re.findall(r"^- (.*?):", section(text, f"### {folder}/"),
                           re.M | re.S):
        names.update(re.findall(r"`([^`]+)`", item))
    return names


def there(folder):
    top = where.SOURCE / folder
    return {str(path.relative_to(top)) for pattern in FOLDERS[folder].split()
            for path in top.glob(pattern)
            if path.is_file() and path not in where.GENERATED
            and path.name != "local.mk"}


def left_out(text):
    for folder in FOLDERS:
        for name in sorted(there(folder) - toured(text, folder)):
            yield f"{folder}/{name} is not in the tour"


def gone(text):
    for folder in FOLDERS:
        for name in sorted(toured(text, folder)):
            if not (where.SOURCE / folder / name).exists():
                yield f"the tour of {folder}/ names {name}, which is not there"


def links(text):
    headings = {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-")
                for h in re.findall(r"^#+ (.*)$", text, re.M)}
    # In what is not code.
    for target in re.findall(r"\]\(([^)]+)\)", re.sub(
            r"^```.*?^```$", "", text, flags=re.M | re.S)):
        if target.startswith("#"):
            if target[1:] not in headings:
                yield f"no heading {target}"
        elif "://" not in target and not (where.SOURCE / target).exists():
            yield f"no file {target}"


def code(text):
    """Every block is part of an example, to the letter; there is one each."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    for language in CODE:
        if language not in [found for found, _ in blocks]:
            yield f"no code in {language}"
    for language, block in blocks:
        name = CODE.get(language)
        path = where.EXAMPLES / "receivers" / (name or "none")
        if not name or block not in path.read_text():
            yield f"the code in {language} is not that of {path.name}"


def targets(text):
    """`make x` in indented blocks; automake makes some of them."""
    made = "".join(path.read_text() for path in (
        where.SOURCE / "Makefile.am", *where.SOURCE.rglob("local.mk")))
    for target in re.findall(r"^    (?:.*&& )?make ([\w-]+)", text, re.M):
        if target not in ("install", "check", "distcheck") and not re.search(
                rf"^{re.escape(target)}:", made, re.M):
            yield f"no target {target}"


def commands(text):
    """What is said of hooks-admin is in its table, or among what is not."""
    table = re.findall(r'^\t\{"([a-z ]+)", "', (
        where.SOURCE / "src/admin/hooks-admin.c").read_text(), re.M)
    later = section(text, "## Not yet")
    for line in re.findall(r"hooks-admin (?:-c \S+ )?([a-z]+(?: [a-z]+)?)",
                           text.replace(later, "")):
        if not any(line == name or line.startswith(name + " ")
                   for name in table):
            yield f"hooks-admin has no command {line}"


PLANTED = {
    left_out: README.replace("- `gateway.c` `gateway.h`", "- `gateway.c`"),
    gone: README.replace("- `base/buf.c`", "- `base/gone.c` `base/buf.c`"),
    links: README + "[x](examples/gone)",
    code: README.replace("hash_equals(", "strcmp("),
    targets: README + "\n    make check-nothing\n",
    commands: README.replace("## Not yet", "    hooks-admin hook burn ID\n"),
}


class Readme(tap.Case):
    variants = tuple(PLANTED)

    def __init__(self, rule):
        super().__init__(rule.__name__)
        self.rule = rule

    def test_holds(self):
        complaints = list(self.rule(README))
        assert not complaints, "\n".join(complaints)

    def test_finds_what_is_planted(self):
        text = PLANTED[self.rule]
        assert text != README
        before = set(self.rule(README))
        assert set(self.rule(text)) - before, self.rule


tap.main()
