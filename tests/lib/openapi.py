# SPDX-License-Identifier: MIT
"""
htdocs/openapi.yaml, and whether requests and answers are as it says.

The doors have every exchange checked here: an answer that the document does
not know fails the test that got it. The pairs seen are printed at the end of
each test file, for tests/api/complete.py.

`python3` may be another Python than Debian's, for which python3-yaml and
python3-jsonschema were installed; both are pure Python, so any may use them.
"""

import functools
import http
import json
import re
import sys
import urllib.parse

import tap
import where

sys.path.insert(0, str(where.SOURCE / "man"))
import texts  # noqa: E402

_DEBIAN = "/usr/lib/python3/dist-packages"

try:
    import jsonschema
    import yaml
except ImportError:
    sys.path.append(_DEBIAN)
    import jsonschema
    import yaml

SOURCE = where.SOURCE / "htdocs/openapi.yaml"
METHODS = ("get", "put", "post", "delete")
# Stands for an operation where there is none: a path or a method unknown.
ANY = "any-address"
SEEN = "# answers: "
_seen = {}


class Drift(AssertionError):
    """The answer is not as described."""


# ---- the document ----


@functools.lru_cache(None)
def load():
    """The document as it is written. Not to be changed."""
    return yaml.load(
        SOURCE.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )


def resolve(node):
    """The target of a reference."""
    while "$ref" in node:
        found = load()
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def operations():
    """(method, path, operation) of each, methods in capitals."""
    for path, item in load()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def routes():
    """The table of route.c: {(method, path as described): (roles, names of
    parameters)}."""
    source = (where.SOURCE / "cgi-bin/route.c").read_text()
    found = texts.routes(source)
    assert len(found) == len(re.findall(r"\bapi_(?!key)", source)), found
    return {
        (method, re.sub(r":(\w+)", r"{\1}", path)): (roles, params)
        for method, path, roles, params, _ in found
    }


def parameters(path, operation):
    """The parameters of the path and of the operation."""
    item = load()["paths"][path]
    return [
        resolve(p)
        for p in (*item.get("parameters", ()), *operation.get("parameters", ()))
    ]


@functools.lru_cache(None)
def _header_names():
    """Headers with a meaning here: they may occur only where described."""
    tables = [o["responses"] for _, _, o in operations()]
    return {
        name.lower()
        for table in (*tables, load()["x-any-address"])
        for response in table.values()
        for name in resolve(response).get("headers", ())
    }


def _strict(node):
    """A part of the document as the tests take it. Objects have no members but
    those described: whoever generates a client must not be told so, for a
    later version may answer with more. What `x-also` lists is taken as well: a
    client needs no type for it."""
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    node = {name: _strict(part) for name, part in node.items()}
    if isinstance(node.get("properties"), dict):
        node.setdefault("additionalProperties", False)
    if "x-also" in node:
        return {"anyOf": [node, {"enum": node["x-also"]}]}
    return node


@functools.lru_cache(None)
def _schemas():
    return {
        name: _strict(schema)
        for name, schema in load()["components"]["schemas"].items()
    }


@functools.lru_cache(None)
def _validator(text):
    schema = dict(_strict(json.loads(text)), components={"schemas": _schemas()})
    return jsonschema.Draft202012Validator(schema)


def _check_schema(schema, value, what):
    errors = list(_validator(json.dumps(schema)).iter_errors(value))
    if errors:
        worst = jsonschema.exceptions.best_match(iter(errors))
        raise Drift(
            f"{what}: at /{'/'.join(map(str, worst.absolute_path))}: "
            f"{worst.message[:600]}"
        )


# ---- which operation ----


def _segments(path):
    parts = path.split("/")
    return parts[:-1] if len(parts) > 2 and parts[-1] == "" else parts


def _matches(template, path):
    want, given = _segments(template), _segments(path)
    return len(want) == len(given) and all(
        w == urllib.parse.unquote(g) or (w[:1] == "{" and g)
        for w, g in zip(want, given)
    )


# What another method does.
_ALIKE = {"HEAD": "GET", "PATCH": "PUT"}


def _find(method, path):
    for template, item in load()["paths"].items():
        if _matches(template, path):
            return template, item.get(_ALIKE.get(method, method).lower())
    return None, None


def find(method, path):
    """(path as described or None, operation or None). A POST to an address
    with the name of a method added does what that method does."""
    found = _find(method, path)
    parent, _, last = path.rstrip("/").rpartition("/")
    if method == "POST" and not found[1] and last in ("put", "delete"):
        return _find(last.upper(), parent)
    return found


def concerns(path):
    """Whether it is ours to answer."""
    return path.startswith("/v2/") or _segments(path) in (
        ["", "v2"],
        ["", "healthz"],
        ["", "metrics"],
    )


# ---- an answer ----


def _check_headers(described, answer, what):
    given = {name.lower(): value for name, value in answer.headers}
    headers = {
        n.lower(): resolve(h) for n, h in described.get("headers", {}).items()
    }
    for name, header in headers.items():
        if name in given:
            _check_schema(header["schema"], given[name], f"{what}: {name}")
        elif header.get("required"):
            raise Drift(f"{what}: no {name}: {answer}")
    for name in _header_names() & set(given) - set(headers):
        raise Drift(f"{what}: {name} is not described: {answer}")


def _no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Drift(f"a member is there twice: {[n for n, _ in pairs]}")
    return members


def _check_body(described, answer, what):
    kind = (answer.header("Content-Type") or "").split(";")[0]
    content = described.get("content", {})
    if not content:
        if answer.body or kind:
            raise Drift(f"{what}: has a body: {answer}")
        return
    if kind not in content:
        raise Drift(f"{what}: the type {kind!r} is not described: {answer}")
    if kind.endswith("json"):
        value = json.loads(answer.body, object_pairs_hook=_no_duplicates)
        _check_schema(content[kind]["schema"], value, what)
        if kind == "application/problem+json":
            title = http.HTTPStatus(answer.status).phrase
            title = "Content Too Large" if answer.status == 413 else title
            if (value["status"], value["title"]) != (answer.status, title):
                raise Drift(f"{what}: another status: {answer}")


def _check_care(answer, what):
    """The headers of every answer for browsers and caches."""
    tagged = answer.header("ETag") is not None
    want = "private, no-cache" if tagged else "no-store"
    if answer.header("Cache-Control") != want:
        raise Drift(f"{what}: Cache-Control is not {want}: {answer}")
    if answer.header("X-Content-Type-Options") != "nosniff":
        raise Drift(f"{what}: its type may be guessed: {answer}")
    if any(n.lower().startswith("access-control-") for n, _ in answer.headers):
        raise Drift(f"{what}: pages of other sites may read it: {answer}")


# ---- a request that was taken ----


def _check_request(path, operation, target, body, what):
    names = {
        p["name"] for p in parameters(path, operation) if p["in"] == "query"
    } | {"api_key"}
    query = urllib.parse.parse_qsl(
        urllib.parse.urlsplit(target).query, keep_blank_values=True
    )
    for name, _ in query:
        if name not in names and name[:1] != "_":
            raise Drift(f"{what}: took ?{name}=, which is not described")
    if not body or not body.strip():
        return
    schema = {"type": "object", "maxProperties": 0}
    if "requestBody" in operation:
        content = resolve(operation["requestBody"])["content"]
        schema = content["application/json"]["schema"]
    _check_schema(schema, json.loads(body), f"{what}: the body it took")


# ---- the way in ----


def check(method, target, body, answer):
    """`target` is without the base path, `answer` a rawhttp.Response. Returns
    (operation, status), or None for an answer that is not ours."""
    target = re.sub(r"^https?://[^/]*", "", target)
    path = re.split(r"[?#]", target)[0]
    if not concerns(path):
        return None
    template, operation = find(method, path)
    responses = operation["responses"] if operation else load()["x-any-address"]
    name = operation["operationId"] if operation else ANY
    what = f"{method} {target} ({name}, {answer.status})"
    if str(answer.status) not in responses:
        raise Drift(f"{what}: this status is not described: {answer}")
    described = resolve(responses[str(answer.status)])
    _check_headers(described, answer, what)
    if method != "HEAD":
        _check_body(described, answer, what)
    elif answer.body:
        raise Drift(f"{what}: has a body")
    _check_care(answer, what)
    if operation and answer.status < 300:
        _check_request(template, operation, target, body, what)
    return name, str(answer.status)


def note(method, target, body, answer):
    """The same, for an answer that a test got."""
    found = check(method, target, body, answer)
    if found:
        _seen.setdefault(found[0], set()).add(found[1])


def _say():
    if _seen:
        print(SEEN + json.dumps({n: sorted(s) for n, s in _seen.items()}))


tap.at_end(_say)
