"""
htdocs/openapi.yaml, to check against.

`python3` may be another Python than Debian's, for which python3-yaml and
python3-jsonschema were installed; both are pure Python, so any may use them.
"""

import sys

import where

_DEBIAN = "/usr/lib/python3/dist-packages"

try:
    import jsonschema
    import yaml
except ImportError:
    sys.path.append(_DEBIAN)
    import jsonschema
    import yaml

SOURCE = where.SOURCE / "htdocs/openapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def load():
    """The document as it is written."""
    return yaml.safe_load(SOURCE.read_text())


def operations(document):
    """(method, path, operation) of each, methods in capitals."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]
