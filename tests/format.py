# SPDX-License-Identifier: MIT
"""
How the files look: each as the formatter of its language leaves it, scripts
and manual pages without what shellcheck and mandoc complain of, every source
file with its licence, and no function that is too long.

Each rule is also run on a file with one fault planted, where it must complain.

    make format    lets the formatters lay out what is there
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import processes
import tap
import where

# What formatters of other versions make of C differs.
CLANG_FORMAT = "14"
# Not ours, quoted to the letter, or what others send.
FOREIGN = re.compile(
    r"htdocs/(vendor|verify)/|tests/(unit/json|fuzz/corpus)/|build-aux/"
)
# Made by autoreconf and configure.
MADE = {"Makefile.in", "aclocal.m4", "config.status", "configure"}
# Names, or what they end with, of what is typed in, beside scripts.
SOURCES = set(
    ".1 .5 .8 .ac .am .awk .c .conf .css .h .html .js .mk .php .py .service .sh"
    " .go .sql .timer .toml .ts .yaml .yml crontab htaccess".split()
)
FILE_LINES = 500
FUNCTION_LINES = 47  # its head and braces among them
PROSE = {".md", "LICENSE", "NEWS"}


# ---- which files ----


def is_build(folder):
    return (folder / "config.status").exists()


def listed():
    """Of a checkout: what is or would be committed. None for a release."""
    if not (where.SOURCE / ".git").exists():
        return None
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=where.SOURCE,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines() if done.returncode == 0 else None


def walked():
    """Of a release."""
    for folder, folders, names in os.walk(where.SOURCE):
        here = pathlib.Path(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(("autom4te", "var", "."))
            and not is_build(here / name)
        ]
        for name in names:
            yield str((here / name).relative_to(where.SOURCE))


def every_file():
    """All but folders that something was built in, as HACKING.md has it."""
    names = listed()
    for name in sorted(walked() if names is None else names):
        path = where.SOURCE / name
        first = where.SOURCE / pathlib.Path(name).parts[0]
        if (
            path.is_file()
            and not is_build(first)
            and not FOREIGN.match(name)
            and path.name not in MADE
            and path not in where.GENERATED
        ):
            yield path


def first_line(path):
    with path.open("rb") as file:
        return file.readline(80).decode(errors="replace")


def of_kind(*suffixes, script=None):
    """By their names, and scripts by their first lines."""
    return [
        path
        for path in every_file()
        if path.suffix in suffixes
        or (script and re.match(rf"#!.*\b{script}\b", first_line(path)))
    ]


# ---- the rules: each tells what is wrong with some files ----


def _complaints(command, paths):
    done = subprocess.run(
        [*command, *paths],
        cwd=where.SOURCE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout or "no word" if done.returncode else ""


def _clang_format():
    for name in (f"clang-format-{CLANG_FORMAT}", "clang-format"):
        found = shutil.which(name)
        if found:
            told = subprocess.check_output([found, "--version"], text=True)
            if re.search(rf"version {CLANG_FORMAT}\.", told):
                return found
    raise AssertionError(f"clang-format {CLANG_FORMAT}: tests/prepare gets it")


def c(paths, how=("--dry-run", "-Werror")):
    style = where.SOURCE / ".clang-format"
    return _complaints([_clang_format(), *how, f"--style=file:{style}"], paths)


def javascript(paths, how=("--check",)):
    prettier = where.node_file("prettier/bin/prettier.cjs")
    settings = f"--config={where.SOURCE / '.prettierrc.yaml'}"
    return _complaints(
        ["node", prettier, *how, "--log-level=warn", settings], paths
    )


def _ruff(*words):
    settings = f"--config={where.SOURCE / 'pyproject.toml'}"
    return [where.python_program("ruff"), *words, "--no-cache", settings]


def python(paths, how=("--check",)):
    return _complaints(_ruff("format", *how), paths)


def python_faults(paths):
    """What is plainly wrong, however it looks."""
    return _complaints(_ruff("check", "-q"), paths)


def shell(paths):
    return _complaints(["shellcheck", "-x", "-P", where.SOURCE], paths)


def manual(paths):
    return _complaints(["mandoc", "-Tlint", "-Wwarning"], paths)


def licence(paths):
    return "".join(
        f"{path} does not say its licence\n"
        for path in paths
        if not any(
            "SPDX-License-Identifier: MIT" in line
            for line in path.read_text().splitlines()[:3]
        )
    )


def size(paths):
    """Functions and files of C fit in the eye. The formatter puts the braces
    of a function, and of nothing that is longer, at the beginning of a line."""
    found = ""
    for path in paths:
        lines = path.read_text().split("\n")
        if len(lines) > FILE_LINES:
            found += f"{path} has {len(lines)} lines\n"
        begin = 0
        for number, line in enumerate(lines, 1):
            if line == "{":
                begin = number
            elif line == "}" and number - begin + 2 > FUNCTION_LINES:
                found += f"{path}:{begin}: a function is too long\n"
    return found


def text(paths):
    """Lines end as they should."""
    found = ""
    for path in paths:
        content = path.read_text()
        if re.search(r"[ \t\r]$", content, re.M):
            found += f"{path}: blanks at the end of a line\n"
        if not content.endswith("\n") or content.endswith("\n\n"):
            found += f"{path} does not end with one line\n"
    return found


def written(kinds):
    return [
        path
        for path in every_file()
        if path.suffix in kinds
        or path.name in kinds
        or first_line(path).startswith("#!")
    ]


def _python_files():
    return [
        path
        for path in of_kind(".py", script="python3")
        if not path.is_relative_to(where.EXAMPLES)
    ]


def _is_product(path):
    return path.relative_to(where.SOURCE).parts[0] in ("src", "cgi-bin")


# The files of a rule, and one in which it must find something.
RULES = {
    c: (lambda: of_kind(".c", ".h"), "fault.c", "int  x;\n"),
    size: (
        lambda: [p for p in of_kind(".c", ".h") if _is_product(p)],
        "fault.c",
        "void f(void)\n{\n" + "\tg();\n" * FUNCTION_LINES + "}\n",
    ),
    javascript: (
        lambda: [p for p in of_kind(".js") if p.parent.name == "htdocs"],
        "fault.js",
        'say("x")\n',
    ),
    python: (_python_files, "fault.py", "say('x')\n"),
    python_faults: (_python_files, "fault.py", "import os\n"),
    shell: (lambda: of_kind(".sh", script="sh"), "fault.sh", "echo $1\n"),
    manual: (lambda: of_kind(".1", ".5", ".8"), "fault.1", ".Dd today\n"),
    licence: (lambda: written(SOURCES), "fault.awk", "BEGIN { print }\n"),
    text: (lambda: written(SOURCES | PROSE), "fault.sql", "SELECT 1; \n"),
}


class Format(tap.Case):
    variants = tuple(RULES)

    def __init__(self, rule):
        super().__init__(rule.__name__)
        self.rule = rule

    def setup(self):
        self.folder = processes.Folder()
        tap.at_end(self.folder.close)

    def test_holds(self):
        paths = RULES[self.rule][0]()
        assert paths, "no file of this kind was found"
        found = self.rule(paths)
        assert not found, found

    def test_finds_what_is_planted(self):
        _, name, fault = RULES[self.rule]
        path = self.folder / name
        path.write_text(fault)
        assert name in self.rule([path])


def write():
    """Lets the formatters at the files; they say what they cannot read."""
    for rule, how in ((c, ["-i"]), (javascript, ["--write"]), (python, [])):
        print(rule(RULES[rule][0](), how), end="")


if sys.argv[1:] == ["--write"]:
    write()
else:
    tap.main()
