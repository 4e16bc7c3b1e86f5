"""The demo bank's models as data, and the hand that registers them in MLflow.

The data stands in ``portfolio.yaml`` beside this module, so that a person who never reads Python can judge it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Protocol

import yaml
from pydantic import ConfigDict, TypeAdapter

Scalar = str | int | float | bool
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class DemoVersion:
    """One version with the run that trained it. ``data_version`` is the month to which its data reach; ``technique``
    is the model's unless given; ``deployment_tier`` is empty for a version that was superseded.
    """

    __pydantic_config__ = _STRICT

    description: str
    data_version: str
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    framework: str = ""
    technique: str = ""
    deployment_tier: str = ""
    validation_status: str = "passed"
    security_scan: str = "passed"


@dataclass(frozen=True, slots=True)
class DemoModel:
    """One registered model. ``owner`` and ``products`` are not written to MLflow: the GRC assigns them.
    ``risk_classification`` is what the developer proposes; ``aliases`` point at version numbers, which count
    ``versions`` from 1.
    """

    __pydantic_config__ = _STRICT

    name: str
    title: str
    description: str
    owner: str
    training_data: str
    aliases: Mapping[str, int]
    versions: tuple[DemoVersion, ...]
    developer: str = ""
    purpose: str = ""
    technique: str = ""
    risk_classification: str = ""
    assumptions: str = ""
    products: tuple[str, ...] = field(default=())
    data_sources: tuple[str, ...] = field(default=())
    limitations: tuple[str, ...] = field(default=())

    @property
    def in_production(self) -> str | None:
        """The number of the version under the ``production`` alias."""
        number = self.aliases.get("production")
        return None if number is None else str(number)

    def model_tags(self) -> dict[str, str]:
        """What stands on the registered model; empty fields have no tag."""
        return _without_empty(
            {
                "purpose": self.purpose,
                "developer": self.developer,
                "risk_classification": self.risk_classification,
                "assumptions": self.assumptions,
                "limitations": _as_list(self.limitations),
            }
        )

    def version_tags(self, version: DemoVersion) -> dict[str, str]:
        """What stands on the version; empty fields have no tag."""
        documented = bool(self.data_sources)
        return _without_empty(
            {
                "technique": version.technique or self.technique,
                "data_sources": _as_list(self.data_sources),
                "data_version": version.data_version,
                "data_schema_hash": _hash(self.training_data, version.data_version)[:16] if documented else "",
                "validation_status": version.validation_status,
                "security_scan": version.security_scan,
                "deployment_tier": version.deployment_tier,
            }
        )

    def run_tags(self, number: int) -> dict[str, str]:
        """What the training pipeline left on the run of version ``number``; a spreadsheet leaves no commit."""
        version = self.versions[number - 1]
        commit = _hash(self.name, str(number))[:40] if version.framework else ""
        return _without_empty(
            {
                "mlflow.runName": f"{self.name}-v{number}",
                "mlflow.user": self.developer.partition("@")[0],
                "mlflow.source.git.commit": commit,
                "framework": version.framework,
            }
        )


class Author(Protocol):
    """What registering needs; :class:`connector.mlflow_server.RegistryAuthor` has it."""

    def create_model(self, name: str, *, description: str = "", tags: Mapping[str, str] | None = None) -> int:
        """Register a model."""

    def create_version(
        self, name: str, *, source: str, run_id: str = "", description: str = "", tags: Mapping[str, str] | None = None
    ) -> str:
        """Add a version; its number."""

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version."""

    def log_run(
        self,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        datasets: Iterable[str] = (),
        experiment: str = "models",
    ) -> str:
        """Log a finished run; its id."""


@cache
def load_portfolio() -> tuple[DemoModel, ...]:
    """The bank's models, in the order of the data file."""
    text = resources.files(__package__).joinpath("portfolio.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[DemoModel, ...]).validate_python(yaml.safe_load(text))


def register(
    author: Author, portfolio: Iterable[DemoModel], on_model: Callable[[DemoModel], None] = lambda _model: None
) -> None:
    """Write the portfolio to MLflow: five requests a version, one a model, one an alias.

    ``on_model`` is called after each model.
    """
    for model in portfolio:
        author.create_model(model.name, description=model.description, tags=model.model_tags())
        for number in range(1, len(model.versions) + 1):
            _register_version(author, model, number)
        for alias, number in model.aliases.items():
            author.set_alias(model.name, alias, str(number))
        on_model(model)


def _register_version(author: Author, model: DemoModel, number: int) -> None:
    version = model.versions[number - 1]
    run_id = author.log_run(
        params={key: _text(value) for key, value in version.params.items()},
        metrics=version.metrics,
        tags=model.run_tags(number),
        datasets=[model.training_data],
        experiment=model.name,
    )
    author.create_version(
        model.name,
        source=f"s3://bank-models/{model.name}/{number}",
        run_id=run_id,
        description=version.description,
        tags=model.version_tags(version),
    )


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _without_empty(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if value}


def _as_list(values: tuple[str, ...]) -> str:
    return json.dumps(sorted(values), ensure_ascii=False) if values else ""


def _hash(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()
