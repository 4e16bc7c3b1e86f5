"""Fields as columns: titled for people, and grouped by the guidance that asks for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

from connector.mapping.inventory import InventoryField
from connector.model.fields import Field, FieldType
from connector.report.tables.table import Column

REGIMES: Mapping[str, str] = {
    "sr-11-7": "SR 11-7",
    "ss1-23": "SS1/23",
    "e-23": "E-23",
    "sr-26-2": "SR 26-2",
    "eu-ai-act": "EU AI Act",
    "fda": "FDA",
    "hipaa": "HIPAA",
    "policy": "The bank's policy",
    "control": "Controls",
}
"""Who asks for a field, in the order in which its columns are grouped: under the first that does."""
OTHER = "Other"
_NAMES = {"id": "ID", "url": "URL", "grc": "GRC", "mlflow": "MLflow", "euc": "EUC"}
_WIDE = (FieldType.TEXT, FieldType.LIST, FieldType.MAP)


def title_of(name: str) -> str:
    """The title of a field: ``risk_classification`` is ``Risk classification``."""
    words = [_NAMES.get(word, word) for word in re.split(r"[_\s]+", name) if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def asked_for(asked_by: Collection[str]) -> str:
    """All who ask for a field, in words."""
    known = [title for regime, title in REGIMES.items() if regime in asked_by]
    return ", ".join([*known, *sorted(each for each in asked_by if each not in REGIMES)])


def group_of(asked_by: Collection[str]) -> str:
    """The heading under which a field's column stands."""
    first = next((title for regime, title in REGIMES.items() if regime in asked_by), None)
    return f"Asked for by {first}" if first in [*REGIMES.values()][:7] else first or OTHER


def field_columns(
    fields: Sequence[Field], declared: Mapping[str, InventoryField], taken: Collection[str]
) -> list[Column]:
    """A column for each field but those in ``taken``, group by group. ``taken`` are keys that others have already."""
    columns = [_column(field, declared.get(field.name)) for field in fields if field.name not in taken]
    order = [*(group_of((regime,)) for regime in REGIMES), OTHER]
    columns.sort(key=lambda column: order.index(column.group))
    return columns


def _column(field: Field, declared: InventoryField | None) -> Column:
    note = " ".join(part for part in (declared.description if declared else "", _asked(field)) if part)
    width = 40 if field.type in _WIDE else 12 if field.type in (FieldType.DATE, FieldType.INTEGER) else 20
    return Column(field.name, title_of(field.name), group_of(field.asked_by), field.type, width, note=note)


def _asked(field: Field) -> str:
    return f"Asked for by: {asked_for(field.asked_by)}." if field.asked_by else ""


def bands(columns: Sequence[Column]) -> list[tuple[str, int, int]]:
    """The groups of neighbouring columns: heading, first and last place."""
    found = []
    for group, members in groupby(enumerate(columns), key=lambda each: each[1].group):
        places = [place for place, _ in members]
        found.append((group, places[0], places[-1]))
    return found
