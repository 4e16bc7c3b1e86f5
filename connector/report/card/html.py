"""A model card as one self-contained HTML file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from connector.report.blocks import moment
from connector.report.card.charts import flow_chart, metric_chart, number
from connector.report.card.content import Card, Line
from connector.report.tables.cells import readable

if TYPE_CHECKING:
    from jinja2 import Template


def html(card: Card) -> str:
    """The card as one document; it asks for nothing from elsewhere."""
    text = _template().render(
        card=card, flow=flow_chart(_way(card)), chart=metric_chart, number=number, is_address=_is_address, moment=moment
    )
    return readable(text)


@cache
def _template() -> Template:
    from connector.templates import templates_in  # noqa: PLC0415 - for those who want HTML

    return templates_in(Path(__file__).with_name("templates")).get_template("card.html")


def _way(card: Card) -> tuple[Line, ...]:
    told = {line.label: line.values for line in card.lineage}
    return (
        Line("Training data", told["Training data"]),
        Line("Training run", told["Training run"]),
        Line("Version", (card.version,)),
        Line("In production as", card.aliases),
    )


def _is_address(text: str | None) -> bool:
    return (text or "").startswith(("https://", "http://"))
