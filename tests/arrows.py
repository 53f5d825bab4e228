# SPDX-License-Identifier: MIT
"""
The house rules that the compiler does not know: who may include whom, which
file alone uses a foreign library, where SQL may be, which functions are banned.

Each rule is a function from a tree of sources to complaints. It is run on
the real tree, where it must have none, and on a small tree with that one
fault planted, where it must complain: a rule that finds nothing is no proof.
"""

import re

import tap
import where

# The folders of src/ from the bottom up. A file may include its own folder and
# those below it. The two programs stand beside each other.
LAYERS = ("base", "outside", "rules", "store", "deliver", "send", "admin")

# A pattern and the only files it may stand in.
ALONE = (
    (r"#include <mysql", r"src/outside/db_driver\.h"),
    (r'#include "outside/db_driver\.h"', r"src/outside/db(_\w+)?\.c"),
    (r"#include <fcg\w*\.h>", r"cgi-bin/\w+\.[ch]"),
    # http.h is without it: senders of requests do not see libcurl.
    (
        r"#include <curl/|\bCURL\w*\b",
        r"src/outside/(http|http_\w+|mail)\.c|src/outside/http_\w+\.h|"
        r"src/rules/target_url\.c",
    ),
    (r"\bcurl_slist\b", r"src/outside/(http(_\w+)?|mail)\.[ch]"),
    (r"\bcurl_multi_\w+\(", r"src/outside/http(_\w+)?\.c"),
    (r"\bcurl_easy_\w+\(", r"src/outside/(http(_\w+)?|mail)\.[ch]"),
    # The modules that run it; its common part is in plan.h.
    (r'#include "deliver/ledger\.h"', r"src/deliver/(ledger|worker)\.c"),
    (r"#include <json", r"src/outside/jtree\.c"),
    (r"#include <ini\.h>", r"src/outside/conf\.c"),
    # http asks which version of TLS was spoken.
    (r"#include <openssl/", r"src/outside/(crypt|http)\.c"),
)
# Of these there is one file that has it.
ONCE = (r"#include <mysql", r"#include <fcg\w*\.h>", r"\bcurl_multi_\w+\(")

KEPT_OUT = (
    "sprintf vsprintf strcpy strcat strtok atoi atol atoll sscanf localtime "
    "gmtime asctime ctime rand srand random alloca gets"
).split()

SQL = re.compile(
    r"\b(SELECT|INSERT|UPDATE|REPLACE\s+INTO|DELETE\s+FROM|WHERE|JOIN|"
    r"ALTER\s+TABLE|CREATE\s+TABLE|DROP\s+TABLE)\b"
)
# A table's name where it stands; a column has a point, or stands after KEY.
TABLE = re.compile(
    r"(?<!KEY )(?<!FOR )\b(?:FROM|(?:STRAIGHT_)?JOIN|INTO|UPDATE)\s+"
    r"(?!information_schema\b)([a-z]\w*)\b(?!\.)"
)
# The connection's own affairs, which concern no table.
SESSION = re.compile(r"SELECT @@\w+")

# The parts of struct lane, and the files that may touch each. A file belongs
# to one thread, but lane.c, which makes lanes and is the ledger's from then on.
_LEDGER = r"src/deliver/(ledger|round|batch|alert)(_\w+)?\.c"
_COURIER = r"src/deliver/courier(_\w+)?\.c"
PARTS = {
    "ledger": rf"{_LEDGER}|src/deliver/lane\.c",
    "draft": rf"{_LEDGER}|src/deliver/lane\.c",
    "courier": _COURIER,
    "shared": rf"{_LEDGER}|{_COURIER}|src/deliver/lane\.c",
}
# The files of each thread, and whose functions it does not call.
THREADS = (
    (_COURIER, "lane|ledger|round|batch|alert|store|db"),
    (_LEDGER, "courier|http"),
)
FACT_SET = re.compile(r"(->|\.)facts\.[\w.\[\]]+\s*([-+*/|&^]?=[^=]|\+\+|--)")

_STATIC = re.compile(r"^static [^;={}()]*?\b(\w+)\(", re.M)

LINES_MAX = 500

_TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S
)
_INCLUDE = re.compile(r'^#include\s+"([^"]+)"', re.M)


def real_tree(*folders):
    return {
        str(path.relative_to(where.SOURCE)): path.read_text()
        for folder in ("src", "cgi-bin", *folders)
        for path in sorted((where.SOURCE / folder).rglob("*.[ch]"))
        if path not in where.GENERATED
    }


def _without(text, comments=True, strings=False):
    """The source with the unwanted parts blanked out."""

    def blank(match):
        token = match[0]
        if token[0] == "/":
            return " " if comments else token
        return '""' if strings else token

    return _TOKEN.sub(blank, text)


def _strings(text):
    """The texts of the string literals; adjacent ones are one."""
    source = re.sub(r'"\s*"', "", _without(text))
    source = "\n".join(
        line for line in source.splitlines() if not line.startswith("#include")
    )
    return [t for t in _TOKEN.findall(source) if t[0] == '"']


def _layer(path):
    """src/store/store_key.c is in `store`; a file outside of src/ in none."""
    parts = path.removeprefix("src/").split("/")
    return parts[0] if len(parts) > 1 else ""


def _includes(tree, path):
    return _INCLUDE.findall(_without(tree[path]))


def layers(tree):
    for path in tree:
        if not path.startswith("src/"):
            continue
        layer = _layer(path)
        if layer not in LAYERS:
            yield f"{path}: in none of the folders {LAYERS}"
            continue
        for name in _includes(tree, path):
            other = _layer(name)
            if other in LAYERS and LAYERS.index(other) > LAYERS.index(layer):
                yield f"{path}: includes {name}, which is above it"


def own_headers(tree):
    """src/ includes by the name below src/, cgi-bin/ also its own; neither what
    is not there, so that src/ cannot include cgi-bin/."""
    for path in tree:
        folder = path.rsplit("/", 1)[0]
        allowed = ["src"] if path.startswith("src/") else [folder, "src"]
        for name in _includes(tree, path):
            if not any(f"{f}/{name}" in tree for f in allowed):
                yield f"{path}: includes {name}, which is not in {allowed}"


def pure_rules(tree):
    """The rules know no clock, no log and no configuration."""
    for path in tree:
        if not path.startswith("src/rules/"):
            continue
        for name in _includes(tree, path):
            if re.match(
                r"base/(clock|log)|outside/(conf|db|http|jtree)\b", name
            ):
                yield f"{path}: includes {name}"


def alone(tree):
    for pattern, allowed in ALONE:
        for path, text in tree.items():
            if re.search(pattern, _without(text)) and not re.fullmatch(
                allowed, path
            ):
                yield f"{path}: {pattern} belongs to {allowed}"
    for pattern in ONCE:
        found = [p for p, t in tree.items() if re.search(pattern, _without(t))]
        if len(found) > 1:
            yield f"{pattern} stands in {found}"


def threads(tree):
    """A sender's two threads share no part of a lane that is not made for it,
    and each calls its own functions only."""
    for path, text in tree.items():
        code = _without(text, strings=True)
        for part, allowed in PARTS.items():
            if re.search(rf"(->|\.)\s*{part}\b", code) and not re.fullmatch(
                allowed, path
            ):
                yield f"{path}: a lane's `{part}` belongs to {allowed}"
        for files, others in THREADS:
            found = re.search(rf"\b({others})_\w+\(", code)
            if found and re.fullmatch(files, path):
                yield f"{path}: calls {found[0]}) of the other thread's"
        if FACT_SET.search(code) and path != "src/deliver/lane.c":
            yield f"{path}: changes a lane's `facts`"


def statics(tree):
    """A static function's name stands in one file only, so that a stack trace
    tells which, and never bears the prefix of another module."""
    modules = {path.rsplit("/", 1)[1][:-2] for path in tree}
    files = {}
    for path, text in tree.items():
        for name in _STATIC.findall(_without(text, strings=True)):
            files.setdefault(name, set()).add(path)
    for name, paths in files.items():
        for path in sorted(paths):
            if len(paths) > 1:
                yield f"{path}: {name}() is also in {sorted(paths - {path})}"
            family = path.rsplit("/", 1)[1].split("_")[0].split(".")[0]
            for other in modules:
                if name.startswith(other + "_") and not other.startswith(
                    family
                ):
                    yield f"{path}: {name}() bears the prefix of {other}"


def sql(tree):
    for path, text in tree.items():
        if path.startswith("src/store/"):
            continue
        for literal in _strings(text):
            if path.startswith("src/outside/db"):
                literal = SESSION.sub("", literal)
            found = SQL.search(literal)
            if found:
                yield f"{path}: {found[0]} in {literal[:60]}"


def tables(tree):
    """Every table has the prefix, also in a statement that is rarely needed.
    store_schema.c asks for what an earlier version had, too."""
    for path in tree:
        if not path.startswith("src/store/") or path.endswith("_schema.c"):
            continue
        for literal in _strings(tree[path]):
            for found in TABLE.finditer(literal):
                if not found[1].startswith("vh_"):
                    yield f"{path}: {found[0]} without vh_"


def kept_out(tree):
    call = re.compile(rf"(?<![\w.>])({'|'.join(KEPT_OUT)})\s*\(")
    for path, text in tree.items():
        code = _without(text, strings=True)
        for found in call.finditer(code):
            yield f"{path}: {found[1]}()"
        for word in (
            "MYSQL_OPT_RECONNECT",
            "CLIENT_MULTI_STATEMENTS",
            "MYSQL_OPTION_MULTI_STATEMENTS_ON",
            "typedef struct",
        ):
            if word in code:
                yield f"{path}: {word}"


def sizes(tree):
    for path, text in tree.items():
        lines = text.count("\n")
        if lines > LINES_MAX:
            yield f"{path}: {lines} lines"


def headers_guarded(tree):
    for path, text in tree.items():
        name = path.rsplit("/", 1)[1]
        guard = "HOOKS_" + re.sub(r"\W", "_", name.upper())
        if (
            name.endswith(".h")
            and f"#ifndef {guard}\n#define {guard}\n" not in text
        ):
            yield f"{path}: no #ifndef {guard}"


PLANTED = (
    (layers, {"src/store/store_org.c": '#include "deliver/worker.h"\n'}),
    (layers, {"src/base/err.h": '#include "outside/db.h"\n'}),
    (layers, {"src/loose.c": ""}),
    (layers, {"src/nobody_knows/file.c": ""}),
    (
        own_headers,
        {"src/rules/id.c": '#include "route.h"\n', "cgi-bin/route.h": ""},
    ),
    (
        own_headers,
        {
            "src/rules/id.c": '#include "../cgi-bin/route.h"\n',
            "cgi-bin/route.h": "",
        },
    ),
    (
        own_headers,
        {"src/rules/id.c": '#include "valid.h"\n', "src/rules/valid.h": ""},
    ),
    (pure_rules, {"src/rules/retry.c": '#include "base/clock.h"\n'}),
    (alone, {"src/store/store.c": "#include <mysql.h>\n"}),
    (alone, {"src/store/store.c": '#include "outside/db_driver.h"\n'}),
    (alone, {"src/deliver/round.c": '#include "deliver/ledger.h"\n'}),
    (
        alone,
        {
            "cgi-bin/a.c": "#include <fcgiapp.h>\n",
            "cgi-bin/b.c": "#include <fcgiapp.h>\n",
        },
    ),
    (alone, {"src/outside/http.h": "#include <curl/curl.h>\n"}),
    (alone, {"src/deliver/lane.h": "\tstruct curl_slist *headers;\n"}),
    (alone, {"src/store/policy.c": "\tCURLU *u;\n"}),
    (alone, {"src/deliver/worker.c": "x = curl_multi_init();\n"}),
    (
        alone,
        {
            "src/outside/http.c": "curl_multi_init();\n",
            "src/outside/http_dns.c": "curl_multi_poll(x);\n",
        },
    ),
    (threads, {"src/deliver/courier.c": "\tn = l->ledger.out;\n"}),
    (threads, {"src/deliver/courier_ring.c": "\tp->lane->draft.lost = 1;\n"}),
    (threads, {"src/deliver/courier.c": "\tlane_adjust(l, &o, 1);\n"}),
    (threads, {"src/deliver/ledger.c": "\tif (l.courier.in_flight)\n"}),
    (threads, {"src/deliver/round_read.c": "\tf(&lane->courier);\n"}),
    (threads, {"src/deliver/round.c": "\thttp_stop(h, &p->request);\n"}),
    (threads, {"src/deliver/parcel.c": "\tn = p->lane->ledger.out;\n"}),
    (threads, {"src/deliver/mailbox.c": "\tl->shared.recall = true;\n"}),
    (threads, {"src/deliver/tally.c": "\tp->lane->facts.hook.hook++;\n"}),
    (threads, {"src/deliver/round.c": "\tl->facts.key[i].n = 0;\n"}),
    (
        statics,
        {
            "cgi-bin/route.c": "static void take(int n)\n{\n}\n",
            "src/store/store_walk.c": "static struct a *take(void)\n{\n}\n",
        },
    ),
    (
        statics,
        {
            "src/send/chores.c": "static enum err store_run(void)\n{\n}\n",
            "src/store/store.c": "",
        },
    ),
    (sql, {"cgi-bin/api_hook.c": 'e = f("SELECT id "\n "FROM vh_hooks");\n'}),
    (sql, {"src/outside/db.c": 'f("UPDATE vh_hooks SET x = 1");\n'}),
    (tables, {"src/store/store_a.c": 'f("SELECT 1 FROM lanes l");\n'}),
    (tables, {"src/store/store_a.c": 'f("STRAIGHT_JOIN "\n"hooks h ON 1");\n'}),
    (tables, {"src/store/store_a.c": 'f("UPDATE " "lanes SET x = 1");\n'}),
    (kept_out, {"src/base/text.c": "n = atoi(s);\n"}),
    (kept_out, {"src/base/text.c": "\tsprintf (s, t);\n"}),
    (sizes, {"src/base/text.c": "\n" * (LINES_MAX + 1)}),
    (headers_guarded, {"src/base/text.h": "int x;\n"}),
)

# Things that look like faults but are not.
HARMLESS = {
    "src/store/store_org.c": 'f("SELECT STRAIGHT_JOIN o.id FROM vh_organizations "'
    '"o JOIN (SELECT 1) x ON 1 FOR UPDATE", "ON DUPLICATE KEY UPDATE id = id");\n',
    "src/outside/db.c": 'f("SELECT @@auto_increment_increment");\n',
    "src/base/text.c": '/* not atoi(s) */ s = "atoi(s)"; my_rand(1); '
    "snprintf(s, n, t); x.random(1);\n",
    "cgi-bin/route.c": '#include "rules/id.h"\n{"DELETE", "/v2/hooks/:id"};\n',
    "src/deliver/courier.c": '#include "rules/id.h"\n'
    "/* not l->ledger.out */ f(l->courier.org);\n"
    "ledger = l->facts.hook.ordered == l->ping;\n"
    "atomic_load(&l->shared.recall);\n",
    "src/deliver/round_read.c": "l->draft.out = l->ledger.out; lane_room(l);\n"
    'log("l->courier.org", l->facts.ping);\n',
    "src/deliver/round.c": "static void round_read_take(int n)\n{\n\ttake(n);\n}\n"
    "static const int take = 1;\n",
    "src/store/store_walk.c": "static void take(void)\n{\n}\n",
    "src/rules/id.h": "#ifndef HOOKS_ID_H\n#define HOOKS_ID_H\n#endif\n",
}

RULES = {
    rule.__name__: rule
    for rule in (
        layers,
        own_headers,
        pure_rules,
        alone,
        threads,
        statics,
        sql,
        tables,
        kept_out,
        sizes,
        headers_guarded,
    )
}


class Arrows(tap.Case):
    variants = tuple(RULES)

    def setup(self):
        self.rule = RULES[self.variant]

    def test_holds(self):
        # What a program must not call, its tests do not call either.
        others = ("tests", "bench") if self.rule is kept_out else ()
        tree = real_tree(*others)
        assert len(tree) > 40, sorted(tree)
        complaints = list(self.rule(tree))
        assert not complaints, "\n".join(complaints)

    def test_finds_what_is_planted(self):
        planted = [tree for rule, tree in PLANTED if rule is self.rule]
        assert planted
        for tree in planted:
            assert list(self.rule(tree)), tree

    def test_leaves_the_harmless_alone(self):
        complaints = list(self.rule(HARMLESS))
        assert not complaints, complaints


if __name__ == "__main__":
    tap.main()
