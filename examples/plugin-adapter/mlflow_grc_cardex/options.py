"""The mapping's ``cardex`` section."""

from __future__ import annotations

from pydantic import Field, PositiveInt

from adapters.httpclient import Strict
from connector.model.fields import Entity


class Options(Strict):
    """What a mapping says of Cardex. Unknown keys are refused, and descriptions are part of the JSON Schema."""

    drawers: dict[Entity, str] = Field(min_length=1)
    """The drawer that holds the cards of each entity."""
    page_size: PositiveInt = 100
    """Cards a page."""
