"""
The house rules that the compiler does not know: who may include whom, which
file alone touches a foreign library, where SQL stands, what is kept out.

Each rule is a function from a tree of sources to complaints. It is run on
the real tree, where it must have none, and on a small tree with that one
fault planted, where it must complain: a rule that finds nothing is no proof.
"""

import re

import tap
import where

# From the bottom up. A module may include its own layer and those below; a
# new one is entered here.
LAYERS = (
    ("base", "err log mem buf text clock"),
    # With the facts and the JSON scanner that http and js speak of.
    ("outside", "conf db js http crypt attempt jscan mail watch"),
    ("rules", "id sign target retry match valid outcome notice vault "
              "histogram headroom"),
    ("store", "store policy view"),
    ("work", "sender alert batch chores courier deliver draft fanout lane ledger "
             "lock notify outage parcel post purge raise round tally"),
    ("programs", "hooks-send hooks-admin admin options prepare report"),
)
RANK = {module: rank for rank, (_, modules) in enumerate(LAYERS)
        for module in modules.split()}

# A pattern and the only files it may stand in.
ALONE = (
    (r"#include <mysql", r"src/db_driver\.h"),
    (r'#include "db_driver\.h"', r"src/db(_\w+)?\.c"),
    (r"#include <fcg\w*\.h>", r"cgi-bin/\w+\.[ch]"),
    (r"\bcurl_multi_\w+\(", r"src/http(_\w+)?\.c"),
    (r"\bcurl_easy_\w+\(", r"src/(http(_\w+)?|mail)\.c"),
    (r"#include <json", r"src/js\.c"),
    (r"#include <ini\.h>", r"src/conf\.c"),
    # http asks which version of TLS was spoken.
    (r"#include <openssl/", r"src/(crypt|http)\.c"),
)
# Of these there is one file that has it.
ONCE = (r"#include <mysql", r"#include <fcg\w*\.h>", r"\bcurl_multi_\w+\(")

KEPT_OUT = (
    "sprintf vsprintf strcpy strcat strtok atoi atol atoll sscanf localtime "
    "gmtime asctime ctime rand srand random alloca gets").split()

SQL = re.compile(
    r"\b(SELECT|INSERT|UPDATE|REPLACE\s+INTO|DELETE\s+FROM|WHERE|JOIN|"
    r"ALTER\s+TABLE|CREATE\s+TABLE|DROP\s+TABLE)\b")
# The connection's own affairs, which concern no table.
SESSION = re.compile(r"SELECT @@\w+")

LINES_MAX = 500

_TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
_INCLUDE = re.compile(r'^#include\s+"([^"]+)"', re.M)


def real_tree():
    return {str(path.relative_to(where.SOURCE)): path.read_text()
            for folder in ("src", "cgi-bin")
            for path in sorted((where.SOURCE / folder).glob("*.[ch]"))
            if path not in where.GENERATED}


def _without(text, comments=True, strings=False):
    """The source with what is not asked for blanked out."""
    def blank(match):
        token = match[0]
        if token[0] == "/":
            return " " if comments else token
        return '""' if strings else token
    return _TOKEN.sub(blank, text)


def _strings(text):
    """What the string literals say; adjacent ones are one."""
    source = re.sub(r'"\s*"', "", _without(text))
    source = "\n".join(line for line in source.splitlines()
                       if not line.startswith("#include"))
    return [t for t in _TOKEN.findall(source) if t[0] == '"']


def _module(path):
    """src/store_key.c belongs to `store`, src/hooks-send.c to itself."""
    stem = path.rsplit("/", 1)[1].rsplit(".", 1)[0]
    family = stem.split("_")[0]
    return stem if stem in RANK or family not in RANK else family


def _includes(tree, path):
    return _INCLUDE.findall(_without(tree[path]))


def layers(tree):
    for path in tree:
        if not path.startswith("src/"):
            continue
        module = _module(path)
        if module not in RANK:
            yield f"{path}: which layer is it in?"
            continue
        for name in _includes(tree, path):
            other = _module("/" + name)
            if RANK.get(other, -1) > RANK[module]:
                yield f"{path}: includes {name}, which is above it"


def own_headers(tree):
    """Neither src/ nor cgi-bin/ includes what is not there, so that src/
    cannot include cgi-bin/."""
    for path in tree:
        folder = path.rsplit("/", 1)[0]
        allowed = [folder] if folder == "src" else [folder, "src"]
        for name in _includes(tree, path):
            if not any(f"{f}/{name}" in tree for f in allowed):
                yield f"{path}: includes {name}, which is not in {allowed}"


def pure_rules(tree):
    """The rules know no clock, no log and no configuration."""
    rules = dict(LAYERS)["rules"].split()
    for path in tree:
        if path.startswith("src/") and _module(path) in rules:
            for name in _includes(tree, path):
                if _module("/" + name) in ("clock", "log", "conf", "db",
                                           "http", "js"):
                    yield f"{path}: includes {name}"


def alone(tree):
    for pattern, allowed in ALONE:
        for path, text in tree.items():
            if (re.search(pattern, _without(text))
                    and not re.fullmatch(allowed, path)):
                yield f"{path}: {pattern} belongs to {allowed}"
    for pattern in ONCE:
        found = [p for p, t in tree.items() if re.search(pattern, _without(t))]
        if len(found) > 1:
            yield f"{pattern} stands in {found}"


def sql(tree):
    for path, text in tree.items():
        if _module(path) == "store":
            continue
        for literal in _strings(text):
            if path.startswith("src/db"):
                literal = SESSION.sub("", literal)
            found = SQL.search(literal)
            if found:
                yield f"{path}: {found[0]} in {literal[:60]}"


def kept_out(tree):
    call = re.compile(rf"(?<![\w.>])({'|'.join(KEPT_OUT)})\s*\(")
    for path, text in tree.items():
        code = _without(text, strings=True)
        for found in call.finditer(code):
            yield f"{path}: {found[1]}()"
        for word in ("MYSQL_OPT_RECONNECT", "CLIENT_MULTI_STATEMENTS",
                     "MYSQL_OPTION_MULTI_STATEMENTS_ON", "typedef struct"):
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
        if name.endswith(".h") and f"#ifndef {guard}\n#define {guard}\n" \
                not in text:
            yield f"{path}: no #ifndef {guard}"


PLANTED = (
    (layers, {"src/store_org.c": '#include "sender.h"\n'}),
    (layers, {"src/err.h": '#include "db.h"\n'}),
    (layers, {"src/nobody_knows.c": ""}),
    (own_headers, {"src/id.c": '#include "route.h"\n',
                   "cgi-bin/route.h": ""}),
    (own_headers, {"src/id.c": '#include "../cgi-bin/route.h"\n',
                   "cgi-bin/route.h": ""}),
    (pure_rules, {"src/retry.c": '#include "clock.h"\n'}),
    (alone, {"src/store.c": "#include <mysql.h>\n"}),
    (alone, {"src/store.c": '#include "db_driver.h"\n'}),
    (alone, {"cgi-bin/a.c": "#include <fcgiapp.h>\n",
             "cgi-bin/b.c": "#include <fcgiapp.h>\n"}),
    (alone, {"src/sender.c": "x = curl_multi_init();\n"}),
    (alone, {"src/http.c": "curl_multi_init();\n",
             "src/http_dns.c": "curl_multi_poll(x);\n"}),
    (sql, {"cgi-bin/api_hook.c": 'e = f("SELECT id "\n "FROM hooks");\n'}),
    (sql, {"src/db.c": 'f("UPDATE hooks SET x = 1");\n'}),
    (kept_out, {"src/text.c": "n = atoi(s);\n"}),
    (kept_out, {"src/text.c": "\tsprintf (s, t);\n"}),
    (sizes, {"src/text.c": "\n" * (LINES_MAX + 1)}),
    (headers_guarded, {"src/text.h": "int x;\n"}),
)

# Things that look like faults and are none.
HARMLESS = {
    "src/store_org.c": 'f("SELECT id FROM organizations");\n',
    "src/db.c": 'f("SELECT @@auto_increment_increment");\n',
    "src/text.c": '/* not atoi(s) */ s = "atoi(s)"; my_rand(1); '
                  "snprintf(s, n, t); x.random(1);\n",
    "cgi-bin/route.c": '#include "id.h"\n{"DELETE", "/v2/hooks/:id"};\n',
    "src/id.h": "#ifndef HOOKS_ID_H\n#define HOOKS_ID_H\n#endif\n",
}

RULES = {rule.__name__: rule for rule in (
    layers, own_headers, pure_rules, alone, sql, kept_out, sizes,
    headers_guarded)}


class Arrows(tap.Case):
    variants = tuple(RULES)

    def setup(self):
        self.rule = RULES[self.variant]

    def test_holds(self):
        tree = real_tree()
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
