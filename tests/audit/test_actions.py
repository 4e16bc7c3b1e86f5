"""Every action that the connector writes into the trail can be asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import connector
from connector.audit.actions import ACTIONS

SOURCES = Path(connector.__file__).parent
_WRITING = ("audit_entry", "_entry")


def written() -> Iterator[str]:
    """The actions that stand as words where entries are made."""
    for package in ("apply", "engine", "state"):
        for file in (SOURCES / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node) in _WRITING:
                    yield from _words(node.args[:1])
                elif isinstance(node, ast.Call) and _name(node) == "AuditEntry":
                    yield from _words(
                        [*node.args[3:4], *(each.value for each in node.keywords if each.arg == "action")]
                    )


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _words(nodes: list[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_what_is_written_is_known() -> None:
    found = set(written())
    assert {"approved", "link", "refused", "unlink"} < found
    assert found <= ACTIONS
