"""All that a story leaves behind on both sides and in the state database, in a form that two tellings can share.

Left out: times, revisions and run ids, which differ from one telling to the next.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, replace
from typing import Any

from connector.audit.verify import RUN_ENDED
from tests.scenarios.scene import Scene

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def picture(scene: Scene) -> dict[str, Any]:
    """What stands on both sides, and what the connector remembers of it."""
    return {"mlflow": _registry(scene), "grc": _records(scene), "state": _state(scene), "audit": _audit(scene)}


def standing(scene: Scene) -> dict[str, Any]:
    """What stands on both sides alone."""
    return {"mlflow": _registry(scene), "grc": _records(scene)}


def _registry(scene: Scene) -> Any:
    found = {}
    for model in scene.registry.snapshot().models:
        found[model.name] = {
            "description": model.description,
            "tags": _timeless(model.tags),
            "versions": {v.version: {"description": v.description, "tags": _timeless(v.tags)} for v in model.versions},
        }
    return found


def _records(scene: Scene) -> Any:
    issues = [row["id"] for row in scene.officer.records("issues")]
    comments = {issue: [(one["text"], one["author"]) for one in scene.officer.comments(issue)] for issue in issues}
    # Every single change of a record: a write repeated, or a value put there for a while, shows here.
    return {"rows": scene.grc.rows(), "comments": comments, "history": Counter(scene.grc.history())}


def _state(scene: Scene) -> Any:
    store = scene.store
    return {
        "links": {key: asdict(link) for key, link in store.links("test").items()},
        "bases": {
            key: {name: _timeless(asdict(base)) for name, base in pairs.items()}
            for key, pairs in store.bases("test").items()
        },
        "conflicts": {replace(case, since="") for case in store.conflicts("test")},
        "quarantines": {replace(case, since="") for case in store.quarantines("test")},
        "resolutions": {(one.ref.key, one.field) for one in store.resolutions("test")},
        "intents": list(store.intents("test")),
        "withheld": {one.digest for one in store.withheld("test")},
        "responses": set(store.responses_posted("test")),
    }


def _audit(scene: Scene) -> Any:
    """What the trail says was done: a write that landed is told, whoever finished it. Old values may differ: what an
    interrupted run wrote in part is old to the next."""
    return {
        (one.action.removeprefix("recovered "), one.side, one.ref and one.ref.key, one.field, _timeless(one.new))
        for one in scene.audit()
        if one.action != RUN_ENDED
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, str):
        return _TIME.sub("<time>", value)
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: _timeless(one) for key, one in value.items()}
    return value
