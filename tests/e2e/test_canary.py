"""A secret that is known to the test is looked for wherever the connector leaves a trace."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.site import PATIENCE, Site

pytestmark = pytest.mark.server
CANARY = "canary+7/Qx=secret value"
"""Odd on purpose: as it is, in a URL and in base64 it looks different each time."""
COMMANDS = (
    ("check",),
    ("plan", "--json"),
    ("sync",),
    ("sync", "--json"),
    ("report", "reconcile", "--format", "json", "--output", "report.json"),
    ("report", "reconcile", "--format", "csv", "--output", "report.csv"),
    ("status", "--json"),
    ("audit", "export", "--output", "audit.jsonl"),
)


def disguises(secret: str) -> set[str]:
    return {secret, quote(secret), quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}


def traces(directory: Path) -> dict[str, bytes]:
    """Every file that the connector wrote: state, write-ahead log, log, reports."""
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def everything_said(site: Site, *arguments: str) -> str:
    out, err = site.start(*arguments).communicate(timeout=PATIENCE)
    return out + err


@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "refused"])
def test_the_secret_is_nowhere(site: Site, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepted, with everything logged; and refused, where the error text is made from the answer."""
    secret = CANARY if refused else site.grc.token
    site.author.create_model("credit", tags={"purpose": "Scores.", "risk_classification": "high"})
    site.author.create_version("credit", source="s3://bank/models")
    monkeypatch.setattr(Site, "environment", {**site.environment, "E2E_GRC_TOKEN": secret})
    said = [everything_said(site, "--log-level", "debug", "--debug", *command) for command in COMMANDS]
    assert any(said)
    for form in disguises(secret):
        assert not [text for text in said if form in text]
        assert not [name for name, content in traces(site.directory).items() if form.encode() in content]
