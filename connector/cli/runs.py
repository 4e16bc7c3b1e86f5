"""The colours of runs, and their words."""

from __future__ import annotations

from connector.cli.output import BAD, GOOD, WARN
from connector.health.words import REMEDY, outcome, status_words, took
from connector.model.state import RunStatus

_STYLES = {RunStatus.CLEAN: GOOD, RunStatus.APPLIED: GOOD, RunStatus.ATTENTION: WARN, RunStatus.FAILED: BAD}


def status_style(status: RunStatus) -> str:
    """The style that goes with how a run ended."""
    return _STYLES.get(status, "")


__all__ = ["REMEDY", "outcome", "status_style", "status_words", "took"]
