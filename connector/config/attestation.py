"""The attestation part of the configuration: which key signs approvals, which are believed, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, field_validator

from adapters.httpclient.secret import Secret
from connector.attest.statement import MAX_FRESH
from connector.config.durations import Duration
from connector.mapping.validation import Strict

_SHORTEST = 3600.0


class AttestationSettings(Strict):
    """Signs the GRC's approvals into tags of their versions, so that `mlflow-grc gate` can prove them."""

    key: Secret = Field(description="The private key that signs, as `mlflow-grc keys generate` makes it.")
    trusted_keys: Path = Field(
        description="File of the public keys that are believed, relative to this file; the key that signs is in it."
    )
    fresh_for: Duration = Field(
        default=MAX_FRESH.total_seconds(),
        description="How long an attestation may be believed, at most 7d; it is signed anew at half of it.",
    )
    statuses: tuple[Literal["approved", "conditional"], ...] = Field(
        default=("approved",), min_length=1, description="Values of `approval_status` that are signed as an approval."
    )
    content_limit_mb: NonNegativeInt = Field(
        default=100,
        description="Largest logged model, in megabytes, whose files are read once for their digest; 0: none is.",
    )

    @field_validator("fresh_for")
    @classmethod
    def _in_bounds(cls, value: float) -> float:
        if not _SHORTEST <= value <= MAX_FRESH.total_seconds():
            raise ValueError("this is no time that an attestation may last Remedy: Write between 1h and 7d.")
        return value
