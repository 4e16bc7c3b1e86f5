"""What happens to a version whose approval ended, or that a severe issue speaks against, as the pure core needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Trigger(StrEnum):
    """What sets enforcement off."""

    WITHDRAWN = "withdrawn"
    """The approval was withdrawn, or the version rejected."""
    EXPIRED = "expired"
    """The approval's last day is over."""
    ISSUE = "issue"
    """An issue of a severity that blocks is open."""


class Action(StrEnum):
    """What is done, each with what those before it do."""

    REPORT = "report"
    """A remark of each run, while a production alias points at the version."""
    BLOCK = "block"
    """The tag ``grc_blocked`` says why, until the cause is gone."""
    TAKE_OFF = "take_off"
    """The production aliases come off the version."""


@dataclass(frozen=True, slots=True)
class EnforcementPolicy:
    """``actions``: what each trigger does; one without an action does nothing. ``severities`` are those of the issues
    that block, ``aliases`` those that mean production. ``give_back``: an alias that was taken off returns once the
    cause is gone.
    """

    actions: Mapping[Trigger, Action]
    severities: tuple[str, ...] = ("critical",)
    aliases: tuple[str, ...] = ()
    give_back: bool = False
