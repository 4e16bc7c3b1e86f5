"""Fields that both sides changed, and a person's answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from connector.engine import deciding
from connector.engine.answering import canonical
from connector.model.errors import Rejected
from connector.model.fields import Side
from connector.model.state import ConflictCase
from connector.plan.context import EXISTENCE
from connector.report.html.texts import label
from connector.server.addresses import CONFLICTS
from connector.server.pages.cutting import cut
from connector.server.refusals import not_taken
from connector.server.visit import Answer, Done, Moved, Page, Visit

SIDES = {"mlflow": Side.REGISTRY, "grc": Side.GRC}
OTHER = "other"
"""What a form takes that brings a value of its own."""
_NAMES = {Side.REGISTRY: "MLflow", Side.GRC: "the GRC"}
_MOVED = "One of the two values has changed, or the conflict is closed."


@dataclass(frozen=True, slots=True)
class Shown:
    """A conflict on the page. ``id`` names it with its two values: an answer is for what was looked at."""

    connection: str
    case: ConflictCase

    @property
    def id(self) -> str:
        """A digest of the case as it stands."""
        case = self.case
        body = [self.connection, str(case.ref.entity), case.ref.key, case.field, case.registry, case.grc]
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()[:32]

    @property
    def about_existence(self) -> bool:
        """Whether the question is if the record should go on."""
        return self.case.field == EXISTENCE

    @property
    def edits(self) -> str:
        """What a record was edited to since both sides last agreed, a field a line; for a question of existence."""
        try:
            edits = json.loads(self.case.grc or "{}")
        except ValueError:
            edits = None
        if not isinstance(edits, dict):
            return self.case.grc or ""
        return "\n".join(f"{label(name)}: {value or 'emptied'}" for name, value in edits.items())


def conflicts(visit: Visit, number: int) -> Page:
    """What waits for an answer, and what is answered and waits for the next cycle."""
    answered = [(name, answer) for name, each in visit.connections.items() for answer in each.standing.resolutions]
    values = {"cut": cut(_open(visit), number, CONFLICTS), "answered": answered, "existence": EXISTENCE}
    return Page("conflicts.html", "Conflicts", values)


def resolve(visit: Visit) -> Answer:
    """Answer a conflict with one side's value, or with another one for both. Raises Moved where it is not what the
    person saw.
    """
    take, new = SIDES.get(visit.text("take")), visit.text("take") == OTHER
    if take is None and not new:
        raise Moved("The form names neither side.")
    visit.site.readings.forget()
    found = next((one for one in _open(visit) if one.id == visit.text("case")), None)
    if found is None:
        raise Moved(_MOVED)
    case = found.case
    try:
        value = canonical(visit.site.config, found.connection, case, visit.text("value")) if new else None
        deciding.resolve(
            visit.site.store, found.connection, case, by=visit.person, now=visit.now, take=take, value=value
        )
    except Rejected as error:
        return not_taken(error.message, error.remedy)
    visit.site.readings.forget()
    return Done(CONFLICTS, f"{_said(case, take)}. The next cycle carries it out.")


def _said(case: ConflictCase, take: Side | None) -> str:
    if case.field == EXISTENCE:
        return f"The record of {case.ref} is to be {'kept' if take is Side.GRC else 'retired'}"
    chosen = "with a new value for both sides" if take is None else f"as {_NAMES[take]} has it"
    return f"{label(case.field)} of {case.ref} is answered {chosen}"


def _open(visit: Visit) -> list[Shown]:
    return [Shown(name, case) for name, each in visit.connections.items() for case in each.standing.unanswered]
