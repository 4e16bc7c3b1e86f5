"""What the mapping makes of the first records of a platform: values that it cannot read, told before the first sync."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from adapters.base import Adapter
from connector.mapping.connection import ConnectionMapping
from connector.mapping.grc_side import plain_values
from connector.model.errors import IncompleteSnapshot, MlflowGrcError, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Problem, Record
from connector.model.policy import VersionsMode

SAMPLE = 20
_FEW = 2
"""From so many records on, a field of which none can be read is wrong in the mapping, not in the records."""


def strange_values(mapping: ConnectionMapping, adapter: Adapter) -> Iterator[Problem]:
    """Yield each field whose values the mapping has no words for, among the first records of each entity."""
    for entity in mapping.entities:
        records = _sample(adapter, entity)
        yield from _strange(mapping, entity, "fields", records)
        if entity is Entity.MODEL and mapping.versions is VersionsMode.GOVERNED:
            yield from _strange(mapping, entity, "version_fields", [replace(r, entity=Entity.VERSION) for r in records])


def _sample(adapter: Adapter, entity: Entity) -> Sequence[Record]:
    """The first records; none where they cannot be listed, which the adapter's own check says."""
    found: list[Record] = []
    try:
        found += islice(adapter.records(entity), SAMPLE)
    except RunAborted:
        raise
    except IncompleteSnapshot:
        return found
    except MlflowGrcError:
        return ()
    return found


def _strange(mapping: ConnectionMapping, entity: Entity, part: str, records: Sequence[Record]) -> Iterator[Problem]:
    found: dict[str, list[str]] = {}
    for record in records:
        for name, why in plain_values(mapping, record)[1].items():
            found.setdefault(name, []).append(why)
    for name, reasons in found.items():
        mapped = mapping.mapped(records[0].entity, name)
        place = mapped.read_name if mapped else name
        filled = sum(record.values.get(place) not in (None, "", [], {}) for record in records)
        what = f"{len(reasons)} of {filled} values cannot be read, the first: {reasons[0]}"
        yield Problem(
            f"{mapping.file}: entities.{entity}.{part}.{name}",
            what,
            "Add the value to the field's map, or correct the map or the field; until then it is left alone.",
            fatal=len(reasons) == filled and filled >= _FEW,
        )
