"""Where models stand: which version counts, what is open about them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connector.mock.catalog import CLOSED, ISSUES, LIFECYCLE, MODELS, PENDING, SEVERITIES, TIERS, VERSIONS
from connector.mock.rules import PERMITTING
from connector.mock.store import Row, Store
from connector.mock.web.tiers import provisional, services

SETTLED = frozenset({CLOSED, "Risk Accepted"})
"""States of an issue that ask for no more work."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A model on one line. ``version`` is the one that counts: the governed one, else the one in production, else the
    newest; ``why`` says which. ``lapsed``: its approval permits nothing any more by its date. ``unapproved``: it is in
    production without an approval that holds. ``pending``: the versions that wait for a decision, newest first.
    """

    row: Row
    name: str
    version: Row | None
    why: str
    lapsed: bool
    unapproved: bool
    pending: Sequence[Row]
    open_issues: int
    overdue: int
    worst: str | None
    unconfirmed: bool

    @property
    def approval(self) -> str | None:
        """The approval of the version that counts; of the model's own record where it has no versions."""
        status: str | None = (self.version or self.row)["approval_status"]
        return status

    @property
    def waits(self) -> bool:
        """Whether somebody has asked for a decision, on whichever version."""
        return bool(self.pending) or self.approval == PENDING


def is_open(issue: Row) -> bool:
    """Whether an issue still asks for work."""
    return issue["state"] not in SETTLED


def is_overdue(issue: Row, today: str) -> bool:
    """Whether an open issue is past its due date."""
    return is_open(issue) and issue["due_date"] is not None and issue["due_date"] < today


def name_of(row: Row) -> str:
    """What people call a model: its name in the registry, or its id."""
    return str(row["registry_name"] or row["id"])


def standings(store: Store, today: str) -> Sequence[Standing]:
    """Every model, ordered by id."""
    with store.lock:
        return _standings(store, store.changes, today)


@lru_cache(maxsize=1)
def _standings(store: Store, _changes: int, today: str) -> Sequence[Standing]:
    """Worked out anew when anything has changed since, or on another day."""
    with store.lock:
        models = store.rows(MODELS)
        versions = _by_model(store.rows(VERSIONS))
        issues = _by_model(filter(is_open, store.rows(ISSUES)))
        trusted = services(store)
        return [
            _standing(
                row,
                versions.get(row["id"], ()),
                issues.get(row["id"], ()),
                today,
                unconfirmed=provisional(store, row, trusted) is not None,
            )
            for row in models
        ]


def newest_first(versions: Iterable[Row]) -> list[Row]:
    """Versions by number, 10 before 9; those that are no number after them."""
    return sorted(versions, key=lambda row: _natural(row["version"]), reverse=True)


def severity_rank(severity: str | None) -> int | None:
    """0 for the least severe; None for none."""
    return len(SEVERITIES) - 1 - SEVERITIES.index(severity) if severity in SEVERITIES else None


def tier_rank(tier: str | None) -> int | None:
    """0 for the most severe; None for none."""
    return TIERS.index(tier) if tier in TIERS else None


def lifecycle_rank(status: str | None) -> int | None:
    """Position in the life of a model; None for none."""
    return LIFECYCLE.index(status) if status in LIFECYCLE else None


def has_lapsed(row: Row, today: str) -> bool:
    """Whether an approval's last day is over."""
    return row["approval_expiry"] is not None and row["approval_expiry"] < today


def is_unapproved(version: Row, today: str) -> bool:
    """Whether a version is in production without an approval that holds."""
    return bool(version["production_aliases"]) and not (
        version["approval_status"] in PERMITTING and not has_lapsed(version, today)
    )


def _standing(row: Row, versions: Sequence[Row], issues: Sequence[Row], today: str, *, unconfirmed: bool) -> Standing:
    version, why = _that_counts(row, versions)
    severities = [issue["severity"] for issue in issues if issue["severity"] in SEVERITIES]
    overdue = sum(is_overdue(issue, today) for issue in issues)
    worst = min(severities, key=SEVERITIES.index, default=None)
    lapsed = has_lapsed(version or row, today)
    return Standing(
        row=row,
        name=name_of(row),
        version=version,
        why=why,
        lapsed=lapsed,
        unapproved=version is not None and is_unapproved(version, today),
        pending=newest_first(one for one in versions if one["approval_status"] == PENDING),
        open_issues=len(issues),
        overdue=overdue,
        worst=worst,
        unconfirmed=unconfirmed,
    )


def _that_counts(row: Row, versions: Sequence[Row]) -> tuple[Row | None, str]:
    ranked = newest_first(versions)
    choices: tuple[tuple[str, Callable[[Row], Any]], ...] = (
        ("governed", lambda one: one["version"] == row["governed_version"]),
        ("in production", lambda one: bool(one["production_aliases"])),
        ("newest", lambda _: True),
    )
    for why, holds in choices:
        found = next(filter(holds, ranked), None)
        if found is not None:
            return found, why
    return None, ""


def _by_model(rows: Iterable[Row]) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["model"]].append(row)
    return found


def _natural(text: str) -> tuple[bool, int, str]:
    number = re.fullmatch(r"[0-9]{1,18}", text)
    return (number is not None, int(text) if number else 0, text)
