"""YAML files read strictly: what a person probably did not mean is an error, with file, line and key.

YAML 1.1 has traps that bite in mappings: ``no`` and ``on`` are booleans, ``12:30`` is the number 750, ``010`` is 8,
``2026-04-17`` a date object, and the second of two equal keys silently wins. Here the first three are errors, a date
stays text, and a key given twice is an error. Keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from connector.mapping.complaints import Complaint, KeyPath, complain
from connector.model.errors import ConfigError
from connector.model.grc import Json

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)")

_READERS: Mapping[str, Callable[[str], Json]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": lambda text: int(text.replace("_", "")),
    "float": lambda text: float(text.replace("_", "")),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain dicts, lists and scalars; ``lines`` has the 1-based line of every key and item."""

    file: str
    data: dict[str, Any]
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """The line of ``path``, or of the closest thing around it that is in the file."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def read_yaml(path: Path, *, remedy: str = "") -> Document:
    """Read a file. Raises ConfigError for all its problems at once; ``remedy`` is for a file that is not there."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError("There is no such file.", file=str(path), remedy=remedy or "Check the path.") from error
    except UnicodeDecodeError as error:
        raise ConfigError("The file is not UTF-8 text.", file=str(path), remedy="Save it as UTF-8.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The file cannot be read: {reason}.", file=str(path), remedy="Check its rights.") from error
    return parse_yaml(text, file=str(path))


def parse_yaml(text: str, *, file: str) -> Document:
    """Parse the text of ``file``. Raises ConfigError for all its problems at once."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise _syntax_error(error, file) from error
    if not isinstance(root, yaml.MappingNode):
        remedy = "Start from the example in docs/configuration.md."
        raise ConfigError("The file must hold keys and values, and has none.", file=file, line=1, remedy=remedy)
    reader = _Reader()
    data = reader.mapping(root, ())
    complain(file, reader.complaints)
    return Document(file=file, data=data, lines=reader.lines)


def _syntax_error(error: yaml.YAMLError, file: str) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    line = mark.line + 1 if mark is not None else None
    return ConfigError(f"This is not valid YAML: {problem}.", file=file, line=line, remedy="Mend the line named.")


class _Reader:
    """Turns nodes into plain data, collecting lines and complaints."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.complaints: list[Complaint] = []
        self._open: set[int] = set()

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            here = (*path, key)
            if key in data:
                first = self.lines[here]
                self._complain(key_node, here, f"this key is given twice, first in line {first}", "Remove one of them.")
                continue
            self.lines[here] = _line(key_node)
            data[key] = self._value(value_node, here)
        return data

    def _key(self, node: yaml.Node, path: KeyPath) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._complain(node, path, "a key must be plain text", "Write it as one word.")
            return None
        text = str(node.value)
        if node.tag == _TAG + "merge":
            self._complain(node, path, "merge keys (<<) are not supported", "Repeat the keys that are meant.")
            return None
        if _is_boolean_trap(node):
            self._complain(node, (*path, text), f"YAML takes the key {text} for a boolean", f'Quote it: "{text}".')
            return None
        return text

    def _value(self, node: yaml.Node, path: KeyPath) -> Json:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._complain(node, path, "an alias points at what contains it", "Remove the alias.")
            return None
        self._open.add(id(node))
        try:
            return self.mapping(node, path) if isinstance(node, yaml.MappingNode) else self._sequence(node, path)
        finally:
            self._open.discard(id(node))

    def _sequence(self, node: yaml.Node, path: KeyPath) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            here = (*path, index)
            self.lines[here] = _line(item)
            items.append(self._value(item, here))
        return items

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Json:
        text = str(node.value)
        if _is_boolean_trap(node):
            remedy = f'Write true or false, or quote it: "{text}".'
            self._complain(node, path, f"YAML takes {text} for a boolean", remedy)
            return None
        kind = node.tag.removeprefix(_TAG)
        if kind == "int" and not _PLAIN_INTEGER.fullmatch(text):
            self._complain(node, path, f"YAML takes {text} for another number than it looks", f'Quote it: "{text}".')
            return None
        return self._typed(node, kind, text, path)

    def _typed(self, node: yaml.ScalarNode, kind: str, text: str, path: KeyPath) -> Json:
        if kind in ("str", "timestamp"):
            return text
        try:
            return _READERS[kind](text)
        except (KeyError, ValueError):
            self._complain(node, path, f"{text!r} of YAML type {kind} is not supported", "Quote it.")
            return None

    def _complain(self, node: yaml.Node, path: KeyPath, what: str, remedy: str) -> None:
        self.complaints.append(Complaint(line=_line(node), path=path, what=what, remedy=remedy))


def _is_boolean_trap(node: yaml.ScalarNode) -> bool:
    return node.tag == _TAG + "bool" and str(node.value).lower() not in ("true", "false")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
