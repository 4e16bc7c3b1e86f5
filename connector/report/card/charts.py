"""Pictures of a model card, as SVG: a metric over versions, and the way from data to production."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from connector.report.card.content import Line, Metric

WIDTH, HEIGHT = 220, 76
_LEFT, _RIGHT, _TOP, _BOTTOM = 12.0, WIDTH - 12.0, 14.0, HEIGHT - 20.0
_MOST = 12
"""Versions in one picture; older ones are left out."""
_BOX, _GAP, _LETTERS = 168, 28, 17


def number(value: float) -> str:
    """A metric as people read it."""
    return f"{value:.4g}" if math.isfinite(value) else str(value)


def metric_chart(metric: Metric) -> Markup:
    """A metric as a line over the versions, the card's marked; its values are told in words too."""
    points = [(version, value) for version, value in metric.points if math.isfinite(value)][-_MOST:]
    if len(points) < 2:
        return Markup("")
    words = ", ".join(f"version {version}: {number(value)}" for version, value in points)
    places = _places([value for _, value in points])
    line = Markup(" ").join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = Markup("").join(
        _mark(x, y, version, own=version == metric.version) for (x, y), (version, _) in zip(places, points, strict=True)
    )
    return Markup(
        '<svg class="metric" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
        '<polyline class="line" points="{line}"/>{marks}</svg>'
    ).format(w=WIDTH, h=HEIGHT, label=f"{metric.name} by version. {words}", line=line, marks=marks)


def _places(values: Sequence[float]) -> list[tuple[float, float]]:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (_RIGHT - _LEFT) / (len(values) - 1)
    middle = (_TOP + _BOTTOM) / 2
    return [
        (_LEFT + index * step, middle if high == low else _BOTTOM - (value - low) / span * (_BOTTOM - _TOP))
        for index, value in enumerate(values)
    ]


def _mark(x: float, y: float, version: str, *, own: bool) -> Markup:
    return Markup(
        '<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{r}"/><text x="{x:.1f}" y="{below}">v{version}</text>'
    ).format(kind="own" if own else "other", x=x, y=y, r=4.5 if own else 3, below=HEIGHT - 4, version=version)


def flow_chart(steps: Sequence[Line]) -> Markup:
    """The way from one step to the next as boxes with arrows; what is not stated is dashed."""
    width = len(steps) * (_BOX + _GAP) - _GAP
    words = "; ".join(f"{step.label}: {', '.join(step.values) or 'not stated'}" for step in steps)
    boxes = Markup("").join(_box(step, index * (_BOX + _GAP)) for index, step in enumerate(steps))
    arrows = Markup("").join(_arrow(index * (_BOX + _GAP) + _BOX) for index in range(len(steps) - 1))
    return Markup(
        '<svg class="flow" viewBox="0 0 {w} 64" role="img" aria-label="{label}">{boxes}{arrows}</svg>'
    ).format(w=width, label=f"From data to production. {words}", boxes=boxes, arrows=arrows)


def _box(step: Line, x: int) -> Markup:
    told = step.values[0] if step.values else "not stated"
    more = f" +{len(step.values) - 1}" if len(step.values) > 1 else ""
    room = _LETTERS - len(more)
    text = (told if len(told) <= room else told[: room - 1] + "\u2026") + more
    return Markup(
        '<g><title>{whole}</title><rect class="{kind}" x="{x}.5" y="0.5" width="{w}" height="62" rx="6"/>'
        '<text class="label" x="{tx}" y="24">{label}</text><text x="{tx}" y="46">{text}</text></g>'
    ).format(
        whole=escape(", ".join(step.values) or "not stated"),
        kind="stated" if step.values else "open",
        x=x,
        w=_BOX - 1,
        tx=x + 12,
        label=step.label,
        text=text,
    )


def _arrow(x: int) -> Markup:
    return Markup('<path class="arrow" d="M{a} 32H{b}m-5 -4 5 4-5 4"/>').format(a=x + 5, b=x + _GAP - 5)
