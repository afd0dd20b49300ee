"""The commands of docs/recovery.md, as a shell and boto3 take them."""

import json
import re
import shlex
from typing import Any

from local.checkout import ROOT

DOCUMENT = (ROOT / "docs" / "recovery.md").read_text()


def command(starts: str, **values: str) -> list[str]:
    """A command of the document as a shell would take it, its variables filled in."""
    [text] = re.findall(rf"^ *({re.escape(starts)}\b(?:.*\\\n)*.*)$", DOCUMENT, flags=re.MULTILINE)
    for name, value in values.items():
        text = text.replace(f"${name}", value)
    assert "$" not in text, text
    return shlex.split(text.replace("\\\n", " "))


def options(words: list[str]) -> dict[str, Any]:
    """A command's options as boto3 takes them: `--table-name x` is TableName="x", and JSON is
    read.
    """
    found: dict[str, Any] = {}
    for word in words[3:]:
        if word.startswith("--"):
            name = "".join(part.title() for part in word.removeprefix("--").split("-"))
            found[name] = True
        else:
            found[name] = json.loads(word) if word.startswith(("{", "[")) else word
    return found
