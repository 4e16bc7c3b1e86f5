"""A draft of a mapping as YAML that a person completes: what is sure stands there, the rest as comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from connector.mapping.choosing import Choice
from connector.mapping.drafting import Draft, DraftField, DraftSection, Found
from connector.mapping.inventory import PlainField
from connector.mapping.likeness import Offered
from connector.mapping.yamlfile import Document, parse_yaml
from connector.model.errors import ConfigError
from connector.model.fields import Entity
from connector.model.grc import Json, SchemaField

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHOWN = 60
"""Characters of a label or a list that a comment shows."""
_FILLED = (Found.FILLED, Found.UNTOLD)


def skeleton(
    draft: Draft,
    adapter_section: str,
    *,
    source: str,
    connection_section: str = "",
    taken: Mapping[Entity, str] | None = None,
) -> str:
    """The text of the mapping. The sections are taken over as :func:`section_text` gives them, the adapter's as the
    last; ``source`` names the mapping in use, ``taken`` the containers that a person had fields taken from.
    """
    begun = ["", connection_section.rstrip()] if connection_section else []
    lines = [*_head(draft, source), *begun, *_retire(draft), "", "entities:"]
    for section in draft.sections:
        lines += _section(section)
    told = [
        f"# The fields of {entity} are those of {_plain(name)}: say below that its records are there."
        for entity, name in (taken or {}).items()
    ]
    return "\n".join([*lines, "", *told, adapter_section.rstrip(), ""])


def section_text(document: Document, text: str, name: str) -> str:
    """A section of a mapping, with its comments where it stands on its own; empty where there is none."""
    data = document.data.get(name)
    if not data:
        return ""
    ours = {name: data}
    start = document.lines[(name,)]
    later = [line for path, line in document.lines.items() if len(path) == 1 and line > start]
    lines = text.splitlines()[start - 1 : min(later) - 1 if later else None]
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines.pop()  # what stands there is about the section below
    block = "\n".join(lines)
    try:
        if parse_yaml(block, file=document.file).data == ours:
            return block
    except ConfigError:
        pass  # it refers to anchors above it
    return yaml.safe_dump(ours, sort_keys=False, allow_unicode=True, width=120)


def _head(draft: Draft, source: str) -> Iterator[str]:
    filled, unsure, missing = (draft.count(one) for one in (Found.FILLED, Found.UNSURE, Found.MISSING))
    yield f"# How {_plain(draft.platform)} names the canonical inventory: drafted by `mlflow-grc discover` from what"
    yield f"# the platform tells and from the mapping {_plain(source)}."
    yield f"# {filled} fields are filled in, {unsure} are unsure and {missing} are to be created: look for these words."
    if draft.count(Found.UNTOLD):
        yield f"# Of {draft.count(Found.UNTOLD)} the platform tells nothing; they are as before."
    yield "# To take a line in, remove its `# `. Look at each guess. Then `mlflow-grc init --mapping FILE`, or name the"
    yield "# file as the connection's mapping, and `mlflow-grc check`."
    yield f"platform: {_flow(draft.platform)}"
    yield f"adapter: {_flow(draft.adapter)}"
    yield f"versions: {draft.versions}"


def _retire(draft: Draft) -> Iterator[str]:
    if draft.retire:
        yield ""
        yield "# What a record is set to when its registry object was deleted. Nothing is ever deleted in the GRC."
        yield "retire:"
        for entity, values in draft.retire.items():
            yield f"  {entity}: {_flow(values)}"


def _section(section: DraftSection) -> Iterator[str]:
    yield f"  {section.entity}:"
    if section.identity or section.hash:
        yield "    identity:"
        for one in section.identity:
            yield from _field(one, "      ")
        if section.hash:
            yield "      hash: true"
    if section.opening is not None:
        yield f"    opening: {_flow(section.opening.model_dump(mode='json'))}"
    yield from _fields("fields", section.fields, always=section.entity is not Entity.MODEL)
    yield from _fields("version_fields", section.version_fields)


def _fields(title: str, fields: Sequence[DraftField], *, always: bool = True) -> Iterator[str]:
    if not fields:
        return
    if any(one.found in _FILLED for one in fields):
        yield f"    {title}:"
    elif always:
        yield f"    {title}: {{}}  # remove the braces with the first line that you take in"
    for found in (*_FILLED, Found.UNSURE, Found.MISSING):
        for one in fields:
            if one.found is found:
                yield from _field(one, "      ")


def _field(one: DraftField, indent: str) -> Iterator[str]:
    lines = list(_lines(one))
    if one.found in _FILLED or one.needed:
        yield from (indent + line for line in lines)
    else:
        yield from (f"{indent}# {line}" for line in lines)


def _lines(one: DraftField) -> Iterator[str]:
    """The field as YAML, not indented, with what there is to say of it."""
    settings, chosen = dict(one.settings), [each for each in one.choices if each.native is not None]
    note = f"   # {remark}" if (remark := _remark(one)) else ""
    if not one.choices:
        plain = settings.get("field") if len(settings) == 1 else None
        yield f"{one.name}: {_flow(plain) if plain is not None else _flow(settings)}{note}"
    elif one.found is Found.UNTOLD:
        yield f"{one.name}: {_flow({**settings, 'values': {each.value: each.native for each in chosen}})}"
    else:
        yield f"{one.name}:{note}"
        yield from (f"  {key}: {_flow(value)}" for key, value in settings.items())
        if chosen:
            yield "  values:"
        yield from _values(one.choices, one.spare)
        return
    if one.spare:
        yield f"# No value stands for {_listed(one.spare)}."


def _values(choices: Sequence[Choice], spare: Sequence[Offered]) -> Iterator[str]:
    for one in choices:
        if one.native is None:
            left = f"; left are {_listed(spare)}" if spare else ""
            yield f"    # {_flow(one.value)}:   # unsure: none of the platform's choices is like it{left}"
            continue
        notes = [f'"{_plain(one.label)}"'] if one.label and one.label != str(one.native) else []
        notes += ["a guess"] if one.guessed else []
        yield f"    {_flow(one.value)}: {_flow(one.native)}" + (f"   # {', '.join(notes)}" if notes else "")
    if spare:
        yield f"    # No value stands for {_listed(spare)}."


def _remark(one: DraftField) -> str:
    match one.found:
        case Found.FILLED:
            return ", ".join(_seen(each) for each in one.seen)
        case Found.UNSURE:
            return f"unsure: {', or '.join(f'{_plain(each.name)} ({_seen(each)})' for each in one.seen)}"
        case Found.MISSING:
            near = f"; near it are {', '.join(_plain(each.name) for each in one.seen)}" if one.seen else ""
            return f"to be created on the platform{_wanted(one.declared)}{near}"
    return ""


def _seen(seen: SchemaField) -> str:
    """A platform's field in a few words."""
    parts = [f'"{_plain(seen.label)}"'] if seen.label and seen.label != seen.name else []
    parts.append(_plain(seen.type))
    if seen.max_length is not None:
        parts.append(f"{seen.max_length} characters")
    if not seen.writable:
        parts.append("read-only")
    return ", ".join(parts)


def _wanted(declared: PlainField | None) -> str:
    """What a field that is missing has to hold."""
    if declared is None:
        return ""
    values = f" of {', '.join(declared.values)}" if declared.values else ""
    return f": {declared.type}{values}. {_plain(declared.description)}".rstrip(". ")


def _listed(offered: Sequence[Offered]) -> str:
    told = [
        f"{one.value!r} ({_plain(one.label)})" if one.label not in ("", one.value) else repr(one.value)
        for one in offered
    ]
    more = f" and {len(told) - 10} more" if len(told) > 10 else ""
    return ", ".join(_plain(each) for each in told[:10]) + more


def _plain(text: str) -> str:
    """A platform's own words for a comment: on one line, and not endless."""
    line = _CONTROL.sub(" ", text)
    return line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."


def _flow(value: Json) -> str:
    if isinstance(value, Mapping):
        value = dict(value)
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("...").rstrip("\n")
