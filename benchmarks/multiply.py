"""A synchronised registry with its GRC, many times over: other names, other record and run ids, all else the same."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from connector.model.registry import RunData
from tests.fakes.mlflow_store import Store

_FAR = 100_000
"""More than there are records of a kind, or runs, in one of them."""
_MODEL = re.compile(r"\bmodel-(\d{5})\b")
_RECORD = re.compile(r"\b(MDL|VER|ISS)(\d{7})\b")
_NUMBER = re.compile(r"\bFND-(\d+)\b")
_ISSUE_TAG = re.compile(r"\bgrc_issue_FND_(\d+)\b")
_RUN = re.compile(r"\b[0-9a-f]{32}\b")

Dump = dict[str, Any]


def multiplied(store: Store, records: Dump, times: int) -> tuple[Store, Dump]:
    """``store`` and the GRC's ``records`` (as the mock dumps them), ``times`` over."""
    size = len(store.models)
    many = Store(store.clock)
    everything = {kind: list(rows) for kind, rows in records["records"].items()}
    for number in range(times):
        _add_models(store, many, number, size)
        for kind in ("models", "versions", "issues") if number else ():
            everything[kind] += _moved(records["records"][kind], number, size)
    numbers = {kind: value + times * _FAR for kind, value in records["numbers"].items()}
    return many, {**records, "records": everything, "numbers": numbers, "history": []}


def _add_models(store: Store, many: Store, number: int, size: int) -> None:
    for name, row in store.models.items():
        model = copy.deepcopy(row)
        model.tags = _moved(model.tags, number, size)
        for version in model.versions.values():
            version.tags = _moved(version.tags, number, size)
            version.run_id = _moved(version.run_id, number, size)
            version.source = _moved(version.source, number, size)
        many.models[_moved(name, number, size)] = model
    for run in store.runs.values():
        moved = RunData(**{**_plain(run), "run_id": _moved(run.run_id, number, size)})
        many.runs[moved.run_id] = moved


def _plain(run: RunData) -> Mapping[str, Any]:
    return {name: getattr(run, name) for name in ("status", "params", "metrics", "tags", "datasets")}


def _moved(value: Any, number: int, size: int) -> Any:  # noqa: ANN401 - JSON
    """``value`` with every name and id of the ``number``-th copy."""
    text = json.dumps(value)
    far = number * _FAR
    text = _MODEL.sub(lambda found: f"model-{int(found[1]) + number * size:05d}", text)
    text = _RECORD.sub(lambda found: f"{found[1]}{int(found[2]) + far:07d}", text)
    text = _NUMBER.sub(lambda found: f"FND-{int(found[1]) + far}", text)
    text = _ISSUE_TAG.sub(lambda found: f"grc_issue_FND_{int(found[1]) + far}", text)
    text = _RUN.sub(lambda found: f"{int(found[0], 16) + far:032x}", text)
    return json.loads(text)
