# SPDX-License-Identifier: MIT
"""
README.md and the other documents against the tree: the tour names every file
and none that is gone, links lead somewhere, also between documents and to
headings, code is the examples' code, files, functions, make targets, commands
and routes are there, NEWS tells of this version, and every document is
installed and short enough. And the comments of the sources: what they name is
in the tree.

Each rule is also run on texts with one fault planted, where it must complain.
"""

import io
import re
import sys
import tokenize

import tap
import where

sys.path.insert(0, str(where.SOURCE / "man"))
import texts as maker  # noqa: E402

TEXTS = {
    str(path.relative_to(where.SOURCE)): path.read_text()
    for pattern in ("*.md", "doc/*.md", "bench/*.md", "NEWS")
    for path in sorted(where.SOURCE.glob(pattern))
}
TOUR = "doc/tour.md"
# The front door: what is more belongs into a document of its own.
README_LINES = 200
# What the tour names one by one; what is built or made lies beside it.
FOLDERS = {
    "src": "*/*.[ch]",
    "cgi-bin": "*.[ch] *.awk",
    "sql": "*.sql *.awk",
    "htdocs": "*.* vendor/* verify/*",
    "examples": "* receivers/* publishers/*",
    "man": "*.[0-9]",
    "tests": "run prepare browser/* clients/* publishers/* *.py */*.py"
    " */*.[ch] */*.sh */check-*",
    "bench": "*.[ch] *.py *.sh",
    "doc": "*.md */*.py",
}
CODE = {
    "php": "receive.php",
    "python": "receive.py",
    "js": "receive.js",
    "c": "receive.c",
    "go": "receive.go",
    "sql": "inbox.sql",
}


def section(text, title):
    """The text under a heading, up to the next one of its level."""
    level = title.split()[0]
    found = re.search(
        rf"^{re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)",
        text,
        re.M | re.S,
    )
    return found[1] if found else ""


def toured(texts, folder):
    """The files that the tour of a folder names: before the colon."""
    names = []
    for item in re.findall(
        r"^- (.*?):", section(texts[TOUR], f"## {folder}/"), re.M | re.S
    ):
        names += re.findall(r"`([^`]+)`", item)
    return names


def there(folder):
    top = where.SOURCE / folder
    return {
        str(path.relative_to(top))
        for pattern in FOLDERS[folder].split()
        for path in top.glob(pattern)
        if path.is_file()
        and path not in where.GENERATED
        and path.name != "local.mk"
    }


def left_out(texts):
    for folder in FOLDERS:
        for name in sorted(there(folder) - set(toured(texts, folder))):
            yield f"{folder}/{name} is not in the tour"


def gone(texts):
    for folder in FOLDERS:
        names = toured(texts, folder)
        for name in sorted(set(names)):
            if names.count(name) > 1:
                yield f"the tour of {folder}/ names {name} twice"
            if not (where.SOURCE / folder / name).exists():
                yield f"the tour of {folder}/ names {name}, which is not there"


def prose(text):
    """A text without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def headings(text):
    """The end of a link to a heading, as GitHub makes it."""
    return {
        re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", prose(text), re.M)
    }


def links(texts):
    for name, text in texts.items():
        folder = (where.SOURCE / name).parent
        for link in re.findall(r"\]\(([^)]+)\)", prose(text)):
            if "://" in link:
                continue
            path, _, heading = link.partition("#")
            target = (
                (folder / path).resolve()
                if path
                else where.SOURCE.resolve() / name
            )
            if not target.exists():
                yield f"{name}: no file {link}"
            elif heading and heading not in headings(
                texts.get(str(target.relative_to(where.SOURCE.resolve())), "")
            ):
                yield f"{name}: no heading {link}"


def code(texts):
    """Every block is part of an example, to the letter; there is one each.
    What doc/publish.md has is itself run by tests."""
    blocks = [
        found
        for name, text in texts.items()
        if name != "doc/publish.md"
        for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)
    ]
    for language in CODE:
        if language not in [found for found, _ in blocks]:
            yield f"no code in {language}"
    for language, block in blocks:
        name = CODE.get(language)
        path = where.EXAMPLES / "receivers" / (name or "none")
        if not name or block not in path.read_text():
            yield f"the code in {language} is not that of {path.name}"


def targets(texts):
    """`make x` in indented blocks; automake makes some of them."""
    made = "".join(
        path.read_text()
        for path in (
            where.SOURCE / "Makefile.am",
            *where.SOURCE.rglob("local.mk"),
        )
    )
    for name, text in texts.items():
        for target in re.findall(r"^    (?:.*&& )?make ([\w-]+)", text, re.M):
            if target not in (
                "install",
                "check",
                "distcheck",
            ) and not re.search(rf"^{re.escape(target)}:", made, re.M):
                yield f"{name}: no target {target}"


def commands(texts):
    """Commands of hooks-admin in documents are in its table."""
    table = re.findall(
        r'^\t\{"([a-z ]+)", "',
        (where.SOURCE / "src/admin/admin_command.c").read_text(),
        re.M,
    )
    for name, text in texts.items():
        for line in re.findall(
            r"hooks-admin (?:-c \S+ )?([a-z]+(?: [a-z]+)?)", text
        ):
            if not any(
                line == command or line.startswith(command + " ")
                for command in table
            ):
                yield f"{name}: hooks-admin has no command {line}"


def routes(texts):
    """The table of routes is that of route.c."""
    source = (where.SOURCE / "cgi-bin/route.c").read_text()
    table = "\n".join(maker.route_table(source)) + "\n\n"
    if table not in texts["doc/publish.md"]:
        yield "doc/publish.md has not the routes of route.c: make texts"


FOLDER = re.compile(rf"(?:{'|'.join(FOLDERS)})/")


# A file's name without its folder.
FILE = re.compile(r"(?<![\w/.*<-])[a-z][\w-]*\.(?:c|h|md|py|sql|awk)\b")
FILES = {path.name for path in where.SOURCE.iterdir()} | {
    path.name for f in FOLDERS for path in (where.SOURCE / f).rglob("*")
}
# They are made when it is built.
FILES |= {"steps.c"} | {path.name for path in where.GENERATED}


def named(texts):
    """Files and functions that a document names: paths between backticks, bare
    names of files and x() anywhere."""
    sources = "".join(
        path.read_text()
        for folder in ("src", "cgi-bin")
        for path in (where.SOURCE / folder).rglob("*.[ch]")
    )
    words = set(re.findall(r"\b\w+(?=\()", sources))
    for name, text in texts.items():
        for span in re.findall(r"`([^`\n]+)`", prose(text)):
            if (
                FOLDER.match(span)
                and re.fullmatch(r"[\w./-]+", span)
                and not (where.SOURCE / span).exists()
            ):
                yield f"{name}: no file {span}"
        for file in FILE.findall(prose(text)):
            if file not in FILES:
                yield f"{name}: no file {file}"
        for word in re.findall(r"\b(\w+)\(\)", prose(text)):
            if word not in words:
                yield f"{name}: no function {word}()"


def entered(texts):
    """A document is installed, and the README is a front door."""
    made = (where.SOURCE / "Makefile.am").read_text()
    for name in texts:
        if not name.startswith("bench/") and name not in made.split():
            yield f"{name} is not in Makefile.am"
    if len(texts["README.md"].splitlines()) > README_LINES:
        yield f"README.md has more than {README_LINES} lines"


def news(texts):
    """Each release has its date; the newest one is that of configure.ac."""
    heads = re.findall(r"^(\d+\.\d+\.\d+)(.*)$", texts["NEWS"], re.M)
    version = re.search(
        r"^AC_INIT\(.*\[([\d.]+)\]\)",
        (where.SOURCE / "configure.ac").read_text(),
        re.M,
    )[1]
    if heads[0][0] != version:
        yield f"NEWS begins with {heads[0][0]}, configure.ac has {version}"
    for at, (release, date) in enumerate(heads):
        if not re.fullmatch(r", \d{4}-\d\d-\d\d", date) and (
            at or date != ", not yet released"
        ):
            yield f"NEWS: no date of {release}"


# ---- comments ----

_C = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|'
    r"`(?:\\.|[^`\\])*`",
    re.S,
)


def _of_c(text):
    return [token for token in _C.findall(text) if token[0] == "/"]


def _of_python(text):
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        token.string
        for token in tokens
        if token.type == tokenize.COMMENT or token.string.startswith('"""')
    ]


def _of_sql(text):
    return re.findall(r"--.*$", text, re.M)


def _of_others(text):
    return re.findall(r"^\s*#.*$", text, re.M)


COMMENTED = {
    **dict.fromkeys((".c", ".h", ".js", ".css"), _of_c),
    ".py": _of_python,
    ".sql": _of_sql,
    **dict.fromkeys((".awk", ".sh", ".mk", ".conf", ".am", ""), _of_others),
}
TOPS = ("Makefile.am", "quickstart", "selftest")
# What others wrote, and what is no text of ours.
FOREIGN = ("htdocs/vendor", "tests/unit/json", "tests/fuzz/corpus")


def comments():
    """{file: what its comments say}."""
    told = {}
    tops = [where.SOURCE / name for name in TOPS]
    for path in tops + [
        path for f in FOLDERS for path in sorted((where.SOURCE / f).rglob("*"))
    ]:
        name = str(path.relative_to(where.SOURCE))
        if (
            path.suffix in COMMENTED
            and path.is_file()
            and path not in where.GENERATED
            and not name.startswith(FOREIGN)
        ):
            try:
                text = path.read_text()
            except UnicodeDecodeError:
                continue  # a program that was built here
            told[name] = "\n".join(COMMENTED[path.suffix](text))
    return told


COMMENTS = comments()


def cited(told):
    """Files and documents that comments name are in the tree."""
    path = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w/.-]*\w")
    elsewhere = re.compile(
        r"\b(?:contract|design)\s+\d|\((?:contract|design)\b|"
        r"\bthe (?:contract|design)\b"
    )
    for name, text in told.items():
        for target in path.findall(text):
            there = where.SOURCE / target
            if (
                not there.exists()
                and not there.with_name(there.name + ".c").exists()
                and not re.search(r"\b[A-Z]{3,}\b", target)
            ):
                yield f"{name}: no file {target}"
        for target in FILE.findall(text):
            if target not in FILES:
                yield f"{name}: no file {target}"
        for words in elsewhere.findall(text):
            yield f"{name}: cites what is not in the tree: {words}"


def cases(texts):
    """The cases of tests/fire that are named are there; c33 stands for all
    whose names begin so."""
    names = {
        name
        for path in (where.SOURCE / "tests/fire").glob("*.py")
        for name in re.findall(
            r'"((?:c\d\d|v\d)[a-z]?)(?=[ {])', path.read_text()
        )
    }
    for name in re.findall(
        r"`((?:c\d\d|v\d)[a-z]?)`", texts["doc/reliability.md"]
    ):
        if name not in names:
            yield f"doc/reliability.md: tests/fire has no case {name}"


# ---- the rules at work ----


def planted(name, old, new):
    """The texts with one fault."""
    assert old in TEXTS[name], (name, old)
    return TEXTS | {name: TEXTS[name].replace(old, new)}


def added(name, text):
    return TEXTS | {name: TEXTS.get(name, "") + text}


def said(text):
    return COMMENTS | {"src/base/planted.c": text}


PLANTED = {
    left_out: [planted(TOUR, "- `gateway.c` `gateway.h`", "- `gateway.c`")],
    gone: [
        planted(TOUR, "- `base/buf.c`", "- `base/gone.c` `base/buf.c`"),
        planted(TOUR, "- `base/buf.c`", "- `base/buf.h` `base/buf.c`"),
    ],
    links: [
        added("README.md", "[x](examples/gone)"),
        added("README.md", "[x](#nowhere)"),
        added("README.md", "[x](doc/install.md#nowhere)"),
        added("doc/install.md", "[x](doc/install.md)"),
    ],
    code: [planted("doc/receive.md", "hash_equals(", "strcmp(")],
    targets: [added("README.md", "\n    make check-nothing\n")],
    commands: [added("doc/install.md", "    hooks-admin hook burn ID\n")],
    routes: [
        planted(
            "doc/publish.md", "| `publish` | Publish", "| `read` | Publish"
        ),
        planted("doc/publish.md", "List the hooks.", "List hooks."),
        planted("doc/publish.md", "| `GET /healthz` |", "| `GET /health` |"),
        planted("doc/publish.md", "| request | key", "| requests | key"),
    ],
    named: [
        added("README.md", "`src/base/gone.c`"),
        added("doc/tour.md", "`hook_burn()`"),
        added("doc/architecture.md", "\n    gone.c    does nothing\n"),
    ],
    cited: [
        said("see src/base/gone.c"),
        said("see gone.h"),
        said("see doc/gone.md"),
        said("the limit (contract 2)"),
        said("as in the design"),
    ],
    news: [
        planted("NEWS", "0.2.0, ", "0.1.9, "),
        planted("NEWS", "0.1.0, 2026-11-26", "0.1.0"),
        planted("NEWS", "0.1.0, 2026-11-26", "0.1.0, not yet released"),
    ],
    cases: [
        added("doc/reliability.md", "`c99`"),
        added("doc/reliability.md", "`v2z`"),
    ],
    entered: [
        added("doc/nowhere.md", "# Nowhere\n"),
        added("README.md", "\n" * README_LINES),
    ],
}


class Readme(tap.Case):
    variants = tuple(PLANTED)

    def __init__(self, rule):
        super().__init__(rule.__name__)
        self.rule = rule
        self.texts = COMMENTS if rule is cited else TEXTS

    def test_holds(self):
        complaints = list(self.rule(self.texts))
        assert not complaints, "\n".join(complaints)

    def test_finds_what_is_planted(self):
        before = set(self.rule(self.texts))
        for texts in PLANTED[self.rule]:
            assert set(self.rule(texts)) - before, self.rule


tap.main()
