"""Fields that both sides changed, and a person's answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from connector.engine import deciding
from connector.model.fields import Side
from connector.model.state import ConflictCase
from connector.plan.context import EXISTENCE
from connector.server.addresses import CONFLICTS
from connector.server.pages.cutting import cut
from connector.server.visit import Done, Moved, Page, Visit

SIDES = {"mlflow": Side.REGISTRY, "grc": Side.GRC}
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


def conflicts(visit: Visit, number: int) -> Page:
    """What waits for an answer, and what is answered and waits for the next cycle."""
    answered = [(name, answer) for name, each in visit.connections.items() for answer in each.standing.resolutions]
    values = {"cut": cut(_open(visit), number, CONFLICTS), "answered": answered}
    return Page("conflicts.html", "Conflicts", values)


def resolve(visit: Visit) -> Done:
    """Answer a conflict with one side's value. Raises Moved where it is not what the person saw."""
    case_id, take = visit.text("case"), SIDES.get(visit.text("take"))
    visit.site.readings.forget()
    found = next((one for one in _open(visit) if one.id == case_id), None)
    if found is None or take is None:
        raise Moved(_MOVED if take is not None else "The form names neither side.")
    deciding.resolve(visit.site.store, found.connection, found.case, by=visit.person, now=visit.now, take=take)
    visit.site.readings.forget()
    side = "MLflow" if take is Side.REGISTRY else "the GRC"
    said = f"{found.case.field} of {found.case.ref} is answered as {side} has it. The next cycle carries it out."
    return Done(CONFLICTS, said)


def _open(visit: Visit) -> list[Shown]:
    return [Shown(name, case) for name, each in visit.connections.items() for case in each.standing.unanswered]
