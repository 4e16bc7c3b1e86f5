"""A model card in Markdown, for a wiki or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.report.blocks import markdown_table, plain
from connector.report.card.charts import number
from connector.report.card.content import Card, Line, Metric

_NOT_STATED = "*not stated*"


def markdown(card: Card) -> str:
    """The card as one document."""
    return "\n".join(_lines(card)).rstrip() + "\n"


def _lines(card: Card) -> Iterator[str]:
    yield f"# Model card: {plain(card.model)}, version {card.version}"
    yield ""
    yield f"Both sides as observed {plain(card.taken_at or 'now')}. Connection {plain(card.connection)}."
    yield ""
    record = plain(card.record_id or "none in the GRC")
    if card.record_id and card.record_url:
        record = f"[{record}]({_address(card.record_url)})"
    yield from markdown_table(
        ("", ""),
        [
            ("Risk class", plain(card.tier or "") or _NOT_STATED),
            ("Approval", plain(card.approval or "") or _NOT_STATED),
            ("In production as", plain(", ".join(card.aliases)) or "not in production"),
            ("Record", record),
            ("Completeness", f"{card.completeness.score} %"),
        ],
    )
    for section in card.sections:
        yield from _section(section.title, section.lines)
    yield from _section("Data and lineage", card.lineage)
    yield from _metrics("Metrics", card.metrics)
    yield from _metrics("Fairness", card.fairness)
    yield from _pairs("Parameters", card)
    yield from _chain(card)
    yield from _issues(card)
    yield from _lacks(card)
    for name, text in sorted(card.environment.items()):
        fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=2) + 1)
        yield from ("", f"## Environment: {plain(name)}", "", fence, text.rstrip(), fence)


def _section(title: str, lines: Sequence[Line]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    for line in lines:
        told = "; ".join(map(plain, line.values)) or _NOT_STATED
        yield f"- **{line.label}**: {told}"


def _metrics(title: str, metrics: Sequence[Metric]) -> Iterator[str]:
    if not metrics:
        return
    yield from ("", f"## {title}", "")
    rows = [
        (plain(metric.name), number(metric.own), "" if metric.before is None else number(metric.before))
        for metric in metrics
    ]
    yield from markdown_table(("Metric", "This version", "The one before"), rows)


def _pairs(title: str, card: Card) -> Iterator[str]:
    if card.params:
        yield from ("", f"## {title}", "")
        yield from markdown_table(
            ("Parameter", "Value"), [(plain(name), plain(value)) for name, value in card.params.items()]
        )


def _chain(card: Card) -> Iterator[str]:
    if not card.chain:
        return
    yield from ("", "## Approval chain", "")
    rows = [
        tuple(plain(told or "") for told in (each.time, each.step, each.name, each.role, each.decision, each.comment))
        for each in card.chain
    ]
    yield from markdown_table(("Time", "Step", "Name", "Role", "Decision", "Comment"), rows)


def _issues(card: Card) -> Iterator[str]:
    if not card.issues:
        return
    yield from ("", "## Issues", "")
    rows = [
        tuple(plain(told or "") for told in (each.number, each.title, each.severity, each.state, each.due))
        for each in card.issues
    ]
    yield from markdown_table(("Number", "Title", "Severity", "State", "Due"), rows)


def _lacks(card: Card) -> Iterator[str]:
    if not card.completeness.lacks:
        return
    yield from ("", "## What is missing", "")
    for lack in card.completeness.lacks:
        yield f"- {lack.item}: {plain(lack.remedy)}"


def _address(url: str | None) -> str:
    """An address that ends where it should; anything but http is shown as text alone."""
    told = (url or "").strip()
    if not re.match(r"https?://", told):
        return "#"
    return "".join(f"%{ord(each):02X}" if each in " ()<>\"'\\" or ord(each) < 32 else each for each in told)
