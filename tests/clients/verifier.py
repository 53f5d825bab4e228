# SPDX-License-Identifier: MIT
"""
Verifies what comes on standard input, an object a line, with a library of
somebody else: `standardwebhooks` or `svix`, the argument. A line for each:
"ok", or why not.
"""

import base64
import importlib
import json
import sys

Webhook = importlib.import_module(f"{sys.argv[1]}.webhooks").Webhook

for line in sys.stdin:
    given = json.loads(line)
    try:
        Webhook(given["secret"]).verify(
            base64.b64decode(given["body"]), given["headers"]
        )
        print("ok")
    except Exception as error:  # whatever the library says by it
        print(f"{type(error).__name__}: {error}".replace("\n", " "))
