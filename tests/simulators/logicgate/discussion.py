"""How comments stand in the tenant's Discussion field: LogicGate's API has none, so a text holds them one by one.

People begin an entry with their e-mail and the time; the connector's entries are fenced (docs/platforms/logicgate.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

CONNECTOR = "mlflow-grc@bank.example"
_ENTRY = re.compile(
    r"^--- mlflow-grc (?P<at>\S+) (?P<token>\S+)\n(?P<ours>.*?)\n--- end (?P=token)$"
    r"|^\[(?P<author>[^\s\]]+@[^\s\]]+) (?P<when>[^\]]+)\] (?P<theirs>.*?)(?=\n--- mlflow-grc |\n\[[^\s\]]+@|\Z)",
    re.MULTILINE | re.DOTALL,
)


def written(before: str, text: str, author: str, at: datetime) -> str:
    """The field with one more entry of a person."""
    entry = f"[{author} {at:%Y-%m-%d %H:%M}] {text}"
    return f"{before}\n{entry}" if before else entry


def entries(text: str) -> list[Mapping[str, Any]]:
    """Each entry with its text and who wrote it, oldest first."""
    return [
        {"text": found["ours"], "author": CONNECTOR}
        if found["token"]
        else {"text": found["theirs"].rstrip("\n"), "author": found["author"]}
        for found in _ENTRY.finditer(text)
    ]
