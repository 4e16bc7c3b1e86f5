"""The reports part of the configuration: which regime's controls run, how they are set, which findings are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from connector.config.cron import checked_cron
from connector.mapping.thresholds import Thresholds
from connector.mapping.validation import Strict

DEFAULT_PROFILE = "baseline"
"""What every model has to state, whatever the regime."""


FORMATS: Mapping[str, tuple[str, ...]] = {
    "reconcile": ("html", "xlsx", "markdown", "csv", "json", "text"),
    "inventory": ("xlsx", "sqlite", "csv", "json", "text"),
    "completeness": ("csv", "json", "text"),
    "exposure": ("csv", "json", "text"),
    "evidence": ("zip",),
}
"""The reports that can be scheduled, and the forms that each has; the first is the usual one."""


_FORMS = "; ".join(f"{name}: {', '.join(forms)}" for name, forms in FORMATS.items())


class ScheduledReport(Strict):
    """A report that the daemon writes by the calendar."""

    report: Literal["reconcile", "inventory", "completeness", "exposure", "evidence"] = Field(
        description="Which report, as the command `mlflow-grc report` names it."
    )
    cron: Annotated[str, AfterValidator(checked_cron)] = Field(description="Five fields of cron, in UTC.")
    format: str = Field(default="", description=f"Its form, the first of these unless given: {_FORMS}.")
    connection: str | None = Field(default=None, description="The connection that it is about; none: all in one file.")
    profile: str | None = Field(
        default=None, description="The regime, for reconcile, inventory and evidence; none: as reports.profile says."
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        forms = FORMATS[self.report]
        if not self.format:
            object.__setattr__(self, "format", forms[0])
        elif self.format not in forms:
            raise ValueError(f"{self.report} has no format '{self.format}' Remedy: Use one of {', '.join(forms)}.")
        if self.profile is not None and self.report not in ("reconcile", "inventory", "evidence"):
            raise ValueError(f"{self.report} asks for no profile Remedy: Remove the key.")
        return self

    @property
    def title(self) -> str:
        """How its files begin."""
        return "-".join(filter(None, (self.report, self.connection, self.profile and Path(self.profile).stem)))

    def arguments(self, path: Path) -> list[str]:
        """What an admin would give to `mlflow-grc` to have it written to ``path``."""
        told = ["report", self.report, "--output", str(path)]
        told += ["--format", self.format] if self.format != "zip" else []
        told += ["--profile", self.profile] if self.profile else []
        return told + (["--connection", self.connection] if self.connection else [])


class ReportSettings(Strict):
    """What reports ask for, unless the command line says otherwise."""

    profile: str = Field(
        default=DEFAULT_PROFILE,
        min_length=1,
        description="The regime whose fields and controls are asked for: a profile that comes with mlflow-grc, or the "
        "path of a file.",
    )
    waivers: Path | None = Field(
        default=None, description="File of the findings that are accepted, relative to this file; none: no waivers."
    )
    folder: Path = Field(
        default=Path("reports"), description="Where scheduled reports are written, relative to this file."
    )
    keep_days: PositiveInt = Field(default=90, description="Days for which a scheduled report is kept.")
    schedule: tuple[ScheduledReport, ...] = Field(
        default=(), description="Reports that `mlflow-grc run` writes by the calendar."
    )
    count_findings: Annotated[str, AfterValidator(checked_cron)] | None = Field(
        default="7 * * * *",
        description="When `mlflow-grc run` counts the findings, which the trend is made of: five fields of cron, in "
        "UTC; null: only where somebody makes a report.",
    )
    controls: Thresholds = Field(
        default=Thresholds(), description="Settings of single controls, by id, over the profile's."
    )
