"""Controls of whether both sides tell the same, by whose word: C10, C11, C26."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.controls.facts import Edit, Unreadable
from connector.controls.inventory import Finding, Inventory, JoinedModel
from connector.controls.standing import days_before
from connector.model.fields import Side

_LONGEST = 60


def edited_in_mlflow(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C10: high."""
    since = days_before(inventory.today, inventory.rules.settings.C10.days)
    for version, edits in _objects(model):
        told = _told(edits, Side.REGISTRY, since)
        if told:
            remedy = "ask who edited it, and why; what the GRC owns is changed in the GRC alone"
            yield Finding("C10", "high", model.name, version, f"edited in MLflow: {told}", remedy)


def edited_in_grc(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C11: medium."""
    since = days_before(inventory.today, inventory.rules.settings.C11.days)
    for version, edits in _objects(model):
        told = _told(edits, Side.GRC, since)
        if told:
            remedy = "change it in MLflow, which owns it, or make the GRC its owner"
            yield Finding("C11", "medium", model.name, version, f"edited in the GRC: {told}", remedy)


def _objects(model: JoinedModel) -> Iterator[tuple[str | None, Sequence[Edit]]]:
    """The model, then its versions, each with what was edited there."""
    yield None, model.edits
    for version in model.versions:
        yield version.version, version.edits


def _told(edits: Sequence[Edit], side: Side, since: str) -> str:
    """The edits of a side that stand, or were put back since a day; empty for none."""
    found = [edit for edit in edits if edit.side is side and (edit.at is None or edit.at[:10] >= since)]
    latest = {(edit.field, edit.at is None): edit for edit in sorted(found, key=lambda each: each.at or "")}
    return "; ".join(_words(edit) for _, edit in sorted(latest.items(), key=lambda item: item[0]))


def _words(edit: Edit) -> str:
    standing = "still stands" if edit.at is None else f"put back on {edit.at[:10]}"
    return f"{edit.field} set to {_short(edit.held)} in place of {_short(edit.owned)} ({standing})"


def _short(value: str | None) -> str:
    if value is None:
        return "nothing"
    return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}")


def unreadable_value(inventory: Inventory) -> Iterator[Finding]:
    """C26: high. Of a record that no model is linked to, nobody knows yet what it means."""
    yield from _unreadable("", None, inventory.unreadable)
    for model in inventory.models:
        yield from _unreadable(model.name, None, model.unreadable)
        for version in model.versions:
            yield from _unreadable(model.name, version.version, version.unreadable)


def _unreadable(model: str, version: str | None, cases: Sequence[Unreadable]) -> Iterator[Finding]:
    if cases:
        seen = "; ".join(f"{case.field}: {case.reason}" for case in cases)
        remedy = cases[0].remedy or "correct the value, or add it to the mapping's value map"
        yield Finding("C26", "high", model, version, seen, remedy)
