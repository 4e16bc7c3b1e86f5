"""The state that reports are made from: a registry and its GRC as cycles of the engine saw them, with decisions and
issues, and a hundredth of the models edited in between.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.content import fill
from benchmarks.multiply import multiplied
from benchmarks.prepare import BLOCK, raise_issues, synchronise
from benchmarks.site import TOKEN
from connector.mock import MockGrc
from tests.fakes.mlflow_store import InProcessAuthor, Store

CHANGED_SHARE = 100
"""One model in so many is edited between the two observations."""
_DECISIONS = ("approved", "conditional", "rejected", None)
"""One for each version in turn; None: none yet."""


def state(directory: Path, models: int, say: Callable[[str], None]) -> str:
    """Fill ``directory`` with a configuration and the state of that many models, two versions each; a moment between
    the two last observations, for ``--as-of``.
    """
    times = models // BLOCK if models > BLOCK and models % BLOCK == 0 else 1
    store, mock = fill(models // times), MockGrc(token=TOKEN)
    small, large = directory / "small", directory / "large"
    small.mkdir()
    large.mkdir()
    say(f"loading {len(store.models)} models")
    synchronise(small, store, mock, run_fields=True)
    raise_issues(mock)
    _decide(mock)
    synchronise(small, store, mock, run_fields=True)
    many, records = multiplied(store, mock.grc.dump(), times)
    grc = MockGrc(token=TOKEN)
    grc.grc.load(records)
    say(f"observing {len(many.models)} models")
    synchronise(large, many, grc, run_fields=True)
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    _edit(many)
    synchronise(large, many, grc, run_fields=True)
    return moment


def _decide(mock: MockGrc) -> None:
    officer = mock.as_user("risk.officer@bank.example")
    for row, decision in zip(officer.records("versions"), itertools.cycle(_DECISIONS), strict=False):
        if decision is not None:
            conditions = {"conditions": "Retail portfolios only"} if decision == "conditional" else {}
            officer.decide(row["id"], decision, comment="As discussed in the committee.", **conditions)


def _edit(store: Store) -> None:
    author = InProcessAuthor(store)
    for name in list(store.models)[::CHANGED_SHARE]:
        author.set_alias(name, "production", "1")
        author.set_tag(name, "purpose", "Estimates the probability of default, recalibrated.")
