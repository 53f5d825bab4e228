# SPDX-License-Identifier: MIT
"""The code in doc/publish.md, which tests run as it stands there."""

import re

import where

PAGE = where.SOURCE / "doc/publish.md"


def blocks(title, language):
    """{file: code} of the section with this title: the first line of each
    block is a comment that names its file, in PHP after `<?php`."""
    text = PAGE.read_text()
    section = re.search(
        rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", text, re.M | re.S
    )
    assert section, f"{PAGE.name} has no section {title}"
    found = {}
    for code in re.findall(
        rf"^```{language}\n(.*?)^```$", section[1], re.M | re.S
    ):
        name = re.match(r"(?:<\?php\n\n)?(?://|#) (\S+)\n", code)
        assert name, f"code without a file's name: {code}"
        found[name[1]] = code
    assert found, f"{title} has no code in {language}"
    return found
