"""One approved version with its signed attestation, and the gate's answer to whatever became of them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.attest import Claim, Content, Signer, Statement, Trusted
from connector.attest.envelope import sign
from connector.attest.pieces import spread
from connector.attest.statement import Bearer, Decision, stamp
from connector.attest.verdict import Asked, Verdict, judge
from connector.model.registry import ModelVersion, RegisteredModel
from connector.model.tags import Tags

TAGS = Tags()
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REGISTRY = "6f1f1f5e-0000-4000-8000-000000000001"
BEARER = Bearer(REGISTRY, None, "credit", "3", 1_700_000_000_000, "models:/m-1", "run1", "m-1")
CLAIM = Claim(
    bearer=BEARER,
    decision=Decision.APPROVED,
    status="approved",
    approver="ann@bank.example",
    conditions="a" * 64,
    expires="2026-12-31",
    tier="high",
    next_gate="none",
    record="REC-7",
    revision="12",
    updated="2026-03-01T08:00:00Z",
    content=Content.of("b" * 64),
)
VERSION = ModelVersion("credit", "3", BEARER.created_ms, 0, source="models:/m-1", run_id="run1", model_id="m-1")
MODEL = RegisteredModel("credit", 1_600_000_000_000, 0, tags={"risk_classification": "high"})


@functools.cache
def signer(number: int = 1) -> Signer:
    """One of a few keys, the same in each test."""
    del number
    return Signer.generate()


TRUSTED = Trusted.of([signer().public])
ASKED = Asked(TAGS, TRUSTED, NOW, REGISTRY)


def made(claim: Claim = CLAIM, **changes: Any) -> Statement:
    """A statement issued an hour ago."""
    issued = NOW - timedelta(hours=1)
    whole = Statement(claim, 41, stamp(issued), stamp(issued + timedelta(days=7)), signer().key_id)
    return replace(whole, **changes)


def tags_of(statement: Statement, by: Signer | None = None) -> dict[str, str]:
    """The tags that carry a statement."""
    return spread(TAGS, str(sign(statement.payload(), by or signer())), statement.serial)


def verdict(
    tags: Mapping[str, str], *, asked: Asked = ASKED, model: RegisteredModel = MODEL, **version: Any
) -> Verdict:
    """The gate's answer about the version when it carries these tags."""
    return judge(asked, replace(VERSION, tags=dict(tags), **version), model)


def codes(tags: Mapping[str, str], **more: Any) -> list[str]:
    return [reason.code for reason in verdict(tags, **more).reasons]
