"""The answers to an incident, and exposures, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from connector.controls import JoinedIssue
from connector.controls.standing import spoken
from connector.model.fields import Side, Value
from connector.report.blocks import Block, moment
from connector.report.card.content import values
from connector.report.timeline.exposure import Exposure
from connector.report.timeline.history import Window
from connector.report.timeline.incident import Decider, Incident

_SIDES: Mapping[Side, str] = {Side.REGISTRY: "MLflow", Side.GRC: "GRC"}
_NOT = "not recorded"
_LONGEST = 120
"""Characters of a value that a table shows."""


def when(window: Window) -> str:
    """``between A and B``, ``at A``, ``at A or before``, to the second."""
    here = moment(window.at)
    if window.after is None:
        return f"at {here} or before"
    return f"at {here}" if moment(window.after) == here else f"between {moment(window.after)} and {here}"


def lasted(time: timedelta | None) -> str:
    """How long, in the two largest units."""
    if time is None:
        return "unknown"
    minutes = int(time.total_seconds()) // 60
    units = (("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60))
    told = [f"{number} {unit}{'' if number == 1 else 's'}" for unit, number in units if number]
    return " ".join(told[:2]) or "under a minute"


def exposure_row(each: Exposure) -> tuple[str, ...]:
    """An exposure as a row: version, aliases, approvals seen, began, ended, at least, at most, remark."""
    remark = "" if each.certain else "alias and approval changed between the same observations: which came first?"
    return (
        f"{each.model} v{each.version}",
        ", ".join(each.aliases),
        ", ".join(spoken(status or _NOT) for status in each.statuses),
        when(each.began),
        when(each.ended) if each.ended is not None else f"not by {moment(each.observed_until)}",
        lasted(each.at_least),
        lasted(each.at_most),
        remark,
    )


EXPOSURE_COLUMNS = ("version", "aliases", "approval", "began", "ended", "at least", "at most", "remark")
"""What :func:`exposure_row` gives."""


def incident_blocks(found: Incident) -> Iterator[Block]:
    """The parts of an incident report, in the order in which they are asked for."""
    yield _production(found)
    for decider in found.deciders:
        yield from _decider(decider)
    yield _rollback(found)
    yield _changes(found)
    yield _trail(found)
    yield _issues(found)


def _production(found: Incident) -> Block:
    then = ", ".join(f"v{each}" for each in found.then) or "none that was observed"
    now = ", ".join(f"v{each}" for each in found.now) or "none"
    lines = [
        f"In production at {moment(found.since)}: {then}.",
        f"In production at {moment(found.until)}, the end of the window: {now}.",
    ]
    if found.since < found.observed_from:
        lines.append(
            f"mlflow-grc looked for the first time at {moment(found.observed_from)}: nobody knows what held before."
        )
    if found.side_by_side:
        lines.append("Several were in production at once: which one decided depends on the alias that was asked for.")
    elif found.is_vague:
        lines.append("Nobody knows to the second when an alias moved: each of these can have been the one.")
    rows = tuple(
        (f"v{one.version}", ", ".join(one.aliases), when(one.since), when(one.until) if one.until else "still")
        for one in found.served
    )
    return Block("Which version was in production", tuple(lines), ("version", "aliases", "from", "until"), rows)


def _decider(one: Decider) -> Iterator[Block]:
    then, now = (spoken(status or _NOT) for status in (one.approval_then, one.approval))
    lines = [f"Approval at the beginning of the window: {then}; now: {now}."]
    if one.approved_by or one.approved_on or one.expiry:
        by, on = one.approved_by or "somebody who is not recorded", one.approved_on or "a day that is not recorded"
        lines.append(f"Decided by {by} on {on}, {f'until {one.expiry}' if one.expiry else 'without an end'}.")
    lines.append(f"Conditions: {'; '.join(values(one.conditions)) or 'none'}.")
    rows = tuple(
        (moment(each.time), each.step or "", each.name or "", each.role or "", each.decision or "", each.comment or "")
        for each in one.chain
    )
    columns = ("time", "step", "name", "role", "decision", "comment") if rows else ()
    yield Block(f"Approval of v{one.version}", tuple(lines), columns, rows)
    measured = tuple(
        (each.name, _NOT if each.validated is None else f"{each.validated:.6g}", each.monitored or _NOT)
        for each in one.measured
    )
    if measured:
        yield Block(f"Metrics of v{one.version}", (), ("metric", "at validation", "as monitored now"), measured)
    else:
        yield Block(f"Metrics of v{one.version}", ("No metric of its run is known, and monitoring told none.",))
    stated = tuple((line.label, "; ".join(line.values) or "not stated") for line in one.lineage)
    yield Block(f"Origin of v{one.version}", (), ("what", "which"), stated)


def _rollback(found: Incident) -> Block:
    chosen = found.rollback
    if chosen is None:
        lines: tuple[str, ...] = ("There is no earlier version in production to go back to.",)
        if found.candidates:
            lines = ("None of the versions that were in production before can be gone back to as they stand.",)
    else:
        model = found.model.rpartition("/")[2]
        stands = "is still" if chosen.last_in_production is None else "was the last one"
        lines = (
            f"v{chosen.version} {stands} in production, and nothing speaks against it.",
            *(
                f"To go back: MlflowClient().set_registered_model_alias({model!r}, {alias!r}, {chosen.version!r})"
                for alias in found.aliases
            ),
        )
    rows = tuple(
        (
            f"v{each.version}",
            when(each.last_in_production) if each.last_in_production else "still there",
            "; ".join(each.against) or "nothing",
        )
        for each in found.candidates
    )
    columns = ("version", "left production", "what speaks against it") if rows else ()
    return Block("Which version to go back to", lines, columns, rows)


def _changes(found: Incident) -> Block:
    rows = tuple(
        (when(one.window), _SIDES[one.side], one.what, one.field or "(itself)", _short(one.old), _short(one.new))
        for one in found.happenings
    )
    if not rows:
        return Block("What changed in the window", ("Nothing that was observed.",))
    return Block("What changed in the window", (), ("when", "side", "object", "field", "old", "new"), rows)


def _trail(found: Incident) -> Block:
    rows = tuple(
        (
            moment(one.entry.at),
            one.entry.action,
            str(one.entry.ref or ""),
            one.entry.field,
            _short(one.entry.new),
            one.entry.rule,
            one.entry.actor,
        )
        for one in found.trail
        if not one.entry.field.startswith("identity.")
    )
    if not rows:
        return Block("What mlflow-grc did in the window", ("Nothing.",))
    return Block(
        "What mlflow-grc did in the window", (), ("when", "action", "object", "field", "new", "why", "who"), rows
    )


def _issues(found: Incident) -> Block:
    rows = tuple(
        (each.number, each.title, each.severity or "", spoken(each.state or ""), each.due or "", _about(each))
        for each in found.issues
    )
    if not rows:
        return Block("Issues", ("None is known.",))
    return Block("Issues", (), ("number", "title", "severity", "state", "due", "about"), rows)


def _about(issue: JoinedIssue) -> str:
    return f"v{issue.version}" if issue.version else "the model"


def _short(value: Value) -> str:
    text = value or ""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"
