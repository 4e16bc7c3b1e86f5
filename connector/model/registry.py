"""The MLflow side as MLflow tells it: registered models, versions, runs; nothing mapped yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunData:
    """What a mapping may read of the run behind a version. ``finished`` is false while the run may still change."""

    run_id: str
    status: str
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return self.status in ("FINISHED", "FAILED", "KILLED")


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model version. Times are epoch milliseconds; ``aliases`` come from the registered model."""

    name: str
    version: str
    created_ms: int
    updated_ms: int
    description: str = ""
    source: str = ""
    run_id: str = ""
    status: str = "READY"
    stage: str = "None"
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    run: RunData | None = None
    model_id: str = ""
    """Of the logged model behind it; empty where MLflow tells none."""


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A registered model with the versions seen in the same scan (empty when read alone)."""

    name: str
    created_ms: int
    updated_ms: int
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    versions: tuple[ModelVersion, ...] = ()


@dataclass(frozen=True, slots=True)
class RegistrySnapshot:
    """One full scan. ``hidden`` are models that the prompt tag hides from search; ``gaps`` says what was not read
    (empty when the scan is complete). Prompts proper are left out.
    """

    models: tuple[RegisteredModel, ...]
    hidden: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.gaps
