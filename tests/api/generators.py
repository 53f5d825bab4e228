# SPDX-License-Identifier: MIT
"""
What generators of clients stumble over in openapi.yaml, each on its own;
`make check-clients` tries the generators themselves.

Each rule is also run on a document with one fault planted, which it must find.
"""

import copy

import openapi
import tap

NULL = {"type": "null"}


def walk(node):
    """Every object of a part of the document, the outer ones first."""
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node:
        if isinstance(part, (dict, list)):
            yield from walk(part)


def operations(document, *parts):
    for part in parts:
        for item in document[part].values():
            yield from (item[m] for m in openapi.METHODS if m in item)


def twice(names):
    """Letters of the other case do not make another name."""
    seen = set()
    return [n for n in names if n.lower() in seen or seen.add(n.lower())]


# ---- the rules: each tells what is wrong with a document ----


def components_have_names_of_their_own(document):
    """Whatever kind they are of: some make a type of each."""
    return twice(
        name for kind in document["components"].values() for name in kind
    )


def operations_have_names_of_their_own(document):
    names = [o.get("operationId", "") for o in operations(document, *PARTS)]
    return twice(["", *names])


def webhooks_have_tags_of_their_own(document):
    """Else they take the place of the operations with that tag."""
    ours, theirs = (
        {tag for o in operations(document, part) for tag in o["tags"]}
        for part in PARTS
    )
    return ours & theirs


def webhooks_are_no_methods_of_a_client(document):
    """Some would make them such, with types that are missing."""
    return [
        o["operationId"]
        for o in operations(document, "webhooks")
        if not o.get("x-internal")
    ]


def webhooks_need_no_components_that_nothing_else_needs(document):
    """Some throw away what no path leads to."""

    def names(part):
        found, todo = set(), [document[part]]
        while todo:
            for node in walk(todo.pop()):
                name = node.get("$ref")
                if isinstance(name, str) and name not in found:
                    found.add(name)
                    todo.append(openapi.resolve(node))
        return found

    return names("webhooks") - names("paths")


def parameters_are_in_each_operation(document):
    """Those of a path get lost where an operation has some, too."""
    return [p for p, item in document["paths"].items() if "parameters" in item]


def bodies_are_no_choices_without_a_name(document):
    """Some make a type that loses its content of them."""
    return [
        o["operationId"]
        for o in operations(document, "paths")
        for media in openapi.resolve(o.get("requestBody", {}))
        .get("content", {})
        .values()
        if "oneOf" in media["schema"]
    ]


def schemas_are_simple(document):
    return [
        (name, schema)
        for schema in walk(document["components"]["schemas"])
        for name in ("allOf", "anyOf", "const")
        if name in schema
    ]


def null_is_one_of_the_types(document):
    """As a choice it is understood only beside a component."""
    return [
        schema
        for schema in walk(document["components"]["schemas"])
        if NULL in schema.get("oneOf", ())
        and any("$ref" not in o for o in schema["oneOf"] if o != NULL)
    ]


def values_can_be_names(document):
    return [
        value
        for schema in walk(document["components"]["schemas"])
        for value in schema.get("enum", ())
        if isinstance(value, str)
        and not value.replace("_", "").replace("-", "").isalnum()
    ]


def values_have_one_place(document):
    """Of a component with values some make constants without a prefix."""
    return twice(
        value
        for schema in document["components"]["schemas"].values()
        for value in schema.get("enum", ())
    )


def members_have_no_default(document):
    """Some take them for members that are always there."""
    return [
        schema
        for schema in walk(document["components"]["schemas"])
        if "default" in schema
    ]


def bodies_are_of_use(document):
    """Where no member is taken, some would send null."""
    return [
        o["operationId"]
        for o in operations(document, "paths")
        for media in openapi.resolve(o.get("requestBody", {}))
        .get("content", {})
        .values()
        if media["schema"].get("maxProperties") == 0
    ]


def answers_may_get_more_members(document):
    """Else a client refuses what a later version adds."""
    found, names = [], set()
    todo = [o["responses"] for o in operations(document, "paths")]
    while todo:
        for node in walk(todo.pop()):
            if node.get("additionalProperties") is False:
                found.append(node)
            name = node.get("$ref")
            if isinstance(name, str) and name not in names:
                names.add(name)
                todo.append(openapi.resolve(node))
    return found


# ---- and their faults ----

PARTS = ("paths", "webhooks")


def webhook(document):
    return document["webhooks"]["delivery"]["post"]


def schemas(document):
    return document["components"]["schemas"]


def creation(document):
    return document["paths"]["/v2/hooks"]["post"]


RULES = {
    components_have_names_of_their_own: lambda d: d["components"][
        "parameters"
    ].update(hook={}),
    operations_have_names_of_their_own: lambda d: creation(d).update(
        operationId="gethook"
    ),
    webhooks_have_tags_of_their_own: lambda d: webhook(d).update(
        tags=["Hooks"]
    ),
    webhooks_are_no_methods_of_a_client: lambda d: webhook(d).pop("x-internal"),
    webhooks_need_no_components_that_nothing_else_needs: lambda d: webhook(
        d
    ).update(requestBody={"$ref": "#/components/headers/ETag/schema"}),
    parameters_are_in_each_operation: lambda d: d["paths"]["/v2/hooks"].update(
        parameters=[]
    ),
    bodies_are_no_choices_without_a_name: lambda d: creation(d)["requestBody"][
        "content"
    ].update({"application/json": {"schema": {"oneOf": []}}}),
    schemas_are_simple: lambda d: schemas(d).update(
        User={"allOf": [{"$ref": "#/components/schemas/Id"}]}
    ),
    null_is_one_of_the_types: lambda d: schemas(d).update(
        User={"oneOf": [{"type": "string"}, NULL]}
    ),
    values_have_one_place: lambda d: schemas(d).update(User={"enum": ["user"]}),
    members_have_no_default: lambda d: schemas(d)["Rotation"].update(
        default={}
    ),
    bodies_are_of_use: lambda d: creation(d).update(
        requestBody={"content": {"a/b": {"schema": {"maxProperties": 0}}}}
    ),
    values_can_be_names: lambda d: schemas(d).update(User={"enum": ["*"]}),
    answers_may_get_more_members: lambda d: creation(d)["responses"].update(
        {"201": {"schema": {"additionalProperties": False}}}
    ),
}


class Generators(tap.Case):
    variants = tuple(RULES)

    def __init__(self, rule):
        super().__init__(rule.__name__.replace("_", " "))
        self.rule = rule

    def test_holds(self):
        found = self.rule(openapi.load())
        assert not found, found

    def test_finds_what_is_planted(self):
        document = copy.deepcopy(openapi.load())
        RULES[self.rule](document)
        assert self.rule(document)


tap.main()
