"""The reports part of the configuration: which regime's controls run, how they are set, which findings are accepted."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from connector.mapping.thresholds import Thresholds
from connector.mapping.validation import Strict

DEFAULT_PROFILE = "baseline"
"""What every model has to state, whatever the regime."""


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
    controls: Thresholds = Field(
        default=Thresholds(), description="Settings of single controls, by id, over the profile's."
    )
