"""A model card in Markdown, for a wiki or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.controls.standing import spoken
from connector.report.blocks import markdown_table, moment, plain
from connector.report.card.charts import number
from connector.report.card.content import Card, Line, Metric
from connector.report.tables.cells import readable

_NOT_STATED = "*not stated*"


def markdown(card: Card) -> str:
    """The card as one document."""
    return "\n".join(_lines(card)).rstrip() + "\n"


def _lines(card: Card) -> Iterator[str]:
    yield f"# Model card: {plain(card.model)}, version {card.version}"
    yield ""
    yield f"Both sides as observed {plain(moment(card.taken_at) or 'now')}. Connection {plain(card.connection)}."
    if card.gaps:
        yield f"**Inconclusive**: not read to the end: {plain(', '.join(card.gaps))}. What is missing below may exist."
    yield ""
    record = plain(card.record_id or "none in the GRC")
    if card.record_id and card.record_url:
        record = _link(record, card.record_url)
    yield from markdown_table(
        ("", ""),
        [
            ("Risk class", plain(card.tier or "") or _NOT_STATED),
            ("Approval", plain(card.decision) or _NOT_STATED),
            ("Next stage", plain(card.next_stage)),
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
        yield from ("", f"## Environment: {plain(name)}", "", fence, readable(text.rstrip()), fence)


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
        (
            *map(plain, (moment(each.time), each.step or "", each.name or "", each.role or "", each.decision or "")),
            " ".join(filter(None, (plain(each.comment or ""), _link("evidence", each.link) if each.link else ""))),
        )
        for each in card.chain
    ]
    yield from markdown_table(("Time", "Step", "Name", "Role", "Decision", "Comment"), rows)


def _issues(card: Card) -> Iterator[str]:
    if not card.issues:
        return
    yield from ("", "## Issues", "")
    rows = [
        (
            _link(plain(each.number), each.url),
            *map(plain, (each.title, each.severity or "", spoken(each.state or ""), each.due or "")),
        )
        for each in card.issues
    ]
    yield from markdown_table(("Number", "Title", "Severity", "State", "Due"), rows)


def _lacks(card: Card) -> Iterator[str]:
    if not card.completeness.lacks:
        return
    yield from ("", "## What is missing", "")
    for lack in card.completeness.lacks:
        yield f"- {lack.item}: {plain(lack.remedy)}"


def _link(words: str, url: str | None) -> str:
    """Words that lead to an address; where it is none of the web, the words and its text."""
    told = (url or "").strip()
    if not re.match(r"https?://", told):
        return f"{words} ({plain(told)})" if told else words
    return f"[{words}]({_address(told)})"


def _address(told: str) -> str:
    """An address that ends where it should."""
    return "".join(f"%{ord(each):02X}" if each in " ()<>\"'\\" or ord(each) < 32 else each for each in told)
