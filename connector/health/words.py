"""Runs in words, for people at a terminal and at the status page alike."""

from __future__ import annotations

from connector.model.state import Run, RunStatus
from connector.report.html.texts import counted
from connector.state.times import parse

REMEDY = " Remedy: "
"""Between what went wrong and what helps, in the message of a run that broke off."""
_LONGEST = 160
"""Characters of a message that a line has room for; the trail has more."""
_STATUS = {
    RunStatus.RUNNING: "running",
    RunStatus.CLEAN: "clean",
    RunStatus.APPLIED: "applied",
    RunStatus.ATTENTION: "a person is needed",
    RunStatus.FAILED: "failed",
}
_LEFT = {
    "failed": "failed",
    "conflicts": "in conflict",
    "quarantined": "quarantined",
    "withheld": "withheld",
    "not_stuck": "did not stick",
    "stale": "refused as stale",
    "gaps": "incomplete listings",
    "already_done": "done already",
    "left_out": "left to a whole sync",
}


def status_words(status: RunStatus) -> str:
    """How a run ended."""
    return _STATUS[status]


def outcome(run: Run, *, brief: bool = False) -> str:
    """What a run did and what waits for a person, by its counts and, unless ``brief``, in its own words; of a run that
    broke off, why, in one line.
    """
    if run.message and not run.counts:
        return run.message.partition(REMEDY)[0].partition("\n")[0]
    if not run.counts:
        return ""
    counts = {name: run.counts.get(name, 0) for name in ("operations", "fields", "drift", *_LEFT)}
    rest = _listed([f"{counts[name]:,} {word}" for name, word in _LEFT.items() if counts[name]])
    rest = "; ".join(part for part in (rest, "" if brief else _cut(run.message)) if part)
    if not rest and run.status is RunStatus.ATTENTION:
        rest = "remarks to read"
    done = "nothing to write" if rest else "nothing to write, both sides agree"
    if counts["operations"]:
        done = f"{counted(counts['operations'], 'write')} of {counted(counts['fields'], 'field')}"
    done += f" ({counts['drift']:,} of them drift put back)" if counts["drift"] else ""
    return f"{done}; {rest}" if rest else done


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]} ..."


def took(run: Run) -> str:
    """How long a run took; a dash for one that did not end."""
    return f"{(parse(run.ended) - parse(run.started)).total_seconds():.1f} s" if run.ended else "-"


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
