"""The registry that is measured: every model with two versions and ten tags each, every version with a run.

The same number of models always gives the same content, so that what was prepared once can be told to be current.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from tests.fakes.mlflow_store import InProcessAuthor, Store, ticking

VERSIONS = 2
_TIERS = ("low", "medium", "high", "critical")
_TECHNIQUES = ("statistical", "ml", "rules", "expert")
_DEVELOPERS = ("data.scientist@bank.example", "ml.engineer@bank.example")
"""People whom the mock GRC knows."""
_STAGES = ("dev", "staging", "production")


def fill(models: int, clock: Callable[[], int] | None = None) -> Store:
    """A registry of that many models, as the quick tests keep one in memory. ``clock`` gives epoch milliseconds."""
    store = Store(clock or ticking())
    author = InProcessAuthor(store)
    for number in range(models):
        name = model_name(number)
        author.create_model(name, description=f"Scores portfolio {number} of the bank.", tags=_model_tags(number))
        for version in range(1, VERSIONS + 1):
            _add_version(author, name, number, version)
        author.set_alias(name, "production", str(VERSIONS))
    return store


def model_name(number: int) -> str:
    """The name of a model, counted from 0."""
    return f"model-{number:05d}"


def _add_version(author: InProcessAuthor, name: str, number: int, version: int) -> None:
    run_id = author.log_run(
        params={"max_depth": str(number % 9), "learning_rate": "0.05", "seed": str(number)},
        metrics={"auc": round(0.6 + number % 300 / 1000, 3), "ks": round(0.2 + number % 200 / 1000, 3)},
        tags={"mlflow.source.git.commit": _hash(name, str(version))[:40], "mlflow.user": "data.scientist"},
    )
    author.create_version(
        name,
        source=f"s3://bank-models/{name}/{version}",
        run_id=run_id,
        description=f"Version {version}, trained on the portfolio of {2020 + version}.",
        tags=_version_tags(name, number, version),
    )


def _model_tags(number: int) -> dict[str, str]:
    """Five that are mapped, five of the bank's own."""
    return {
        "purpose": f"Estimates the probability of default of segment {number}.",
        "developer": _DEVELOPERS[number % len(_DEVELOPERS)],
        "risk_classification": _TIERS[number % len(_TIERS)],
        "assumptions": "Behaviour of the last five years goes on.",
        "limitations": json.dumps(["Not for new products", "Retail only"]),
        "team": f"team-{number % 25}",
        "cost_centre": f"CC-{number % 300:04d}",
        "business_line": ("retail", "corporate", "markets")[number % 3],
        "jira": f"MRM-{number}",
        "source_system": "feature-store",
    }


def _version_tags(name: str, number: int, version: int) -> dict[str, str]:
    """Seven that are mapped, three of the bank's own."""
    return {
        "technique": _TECHNIQUES[number % len(_TECHNIQUES)],
        "data_sources": json.dumps(["bureau", "core banking"]),
        "data_version": f"2026-{version:02d}",
        "data_schema_hash": _hash(name, "schema")[:16],
        "validation_status": "passed",
        "security_scan": "passed",
        "deployment_tier": _STAGES[version],
        "pipeline": f"https://ci.bank.example/{name}/{version}",
        "image": f"registry.bank.example/{name}:{version}",
        "trained_by": "pipeline",
    }


def _hash(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
