"""A small instance with the ids of the examples that the platform's documentation and its clients recorded."""

from __future__ import annotations

from tests.simulators.archer.client import entry
from tests.simulators.archer.content import Content, Kept
from tests.simulators.archer.schema import (
    Account,
    Application,
    Field,
    Group,
    Level,
    Tenant,
    Type,
    Value,
    ValuesList,
)

INCIDENTS, INCIDENT, ACTION = 75, 67, 68
READER = 19
TRACKING, UPDATED, TITLE, STATUS, OCCURRED, LOSS, NOTES, HANDLERS, RELATED_TO, ADDRESS, PICTURE, LINKS, PUBLISHED = (
    296, 298, 300, 302, 305, 306, 307, 308, 309, 310, 311, 312, 297,
)  # fmt: skip
LINKED_FROM, ACTION_NAME, SEVERAL, DAY, RECORD_STATUS, FILES = 313, 320, 314, 315, 316, 317
NEW, CLOSED, HEADING, GONE = 466, 467, 468, 469
TITLED = entry(TITLE, Type.TEXT, "Laptop lost")
BY_ID = [(TRACKING, "Ascending")]

_NAMED = {
    "status": STATUS,
    "several": SEVERAL,
    "occurred": OCCURRED,
    "day": DAY,
    "loss": LOSS,
    "notes": NOTES,
    "handlers": HANDLERS,
    "related_to": RELATED_TO,
}


def add(content: Content, title: str = "t", **values: Kept) -> int:
    """Put an incident with kept values into the instance, past its checks, and return its id."""
    kept = {_NAMED[name]: value for name, value in values.items()}
    return content.add(INCIDENT, {TITLE: title, **kept}, READER).id


def incidents() -> Tenant:
    """One application of two levels, with a field of every type."""
    statuses = ValuesList(
        121,
        "Incident Status",
        "Incident_Status",
        (
            Value(NEW, "New", "New", number=1),
            Value(CLOSED, "Closed", "Closed", number=2),
            Value(HEADING, "All states", "All_states", selectable=False),
            Value(GONE, "Migrated", "Migrated", active=False),
        ),
    )

    def of(number: int, kind: Type, name: str, alias: str = "", **more: object) -> Field:
        return Field(number, INCIDENT, kind, name, alias or name.replace(" ", "_"), **more)  # type: ignore[arg-type]

    fields = (
        of(TRACKING, Type.TRACKING, "Incident ID", key=True, prefix="INC-"),
        of(PUBLISHED, Type.FIRST_PUBLISHED, "First Published"),
        of(UPDATED, Type.LAST_UPDATED, "Last Updated"),
        of(RECORD_STATUS, Type.STATUS, "Record Status"),
        of(TITLE, Type.TEXT, "Title", "Incident_Title", required=True, max_length=80),
        of(STATUS, Type.VALUES, "Status", "Incident_Status", values_list=121),
        of(SEVERAL, Type.VALUES, "Past States", values_list=121, multiple=True),
        of(OCCURRED, Type.DATE, "Date Occurred", timed=True),
        of(DAY, Type.DATE, "Due"),
        of(LOSS, Type.NUMERIC, "Loss"),
        of(NOTES, Type.TEXT, "Notes", rich=True),
        of(HANDLERS, Type.USERS, "Handlers", multiple=True),
        of(RELATED_TO, Type.REFERENCE, "Related Incidents", to_level=INCIDENT, multiple=True),
        of(LINKED_FROM, Type.RELATED, "Referring Incidents", to_level=INCIDENT, opposite=RELATED_TO, multiple=True),
        of(ADDRESS, Type.IP, "Source Address"),
        of(PICTURE, Type.IMAGE, "Screenshot", multiple=True),
        of(FILES, Type.ATTACHMENT, "Evidence", multiple=True),
        of(LINKS, Type.LINKS, "Links"),
    )
    action = Field(ACTION_NAME, ACTION, Type.TEXT, "Action", "Action")
    levels = (
        Level(INCIDENT, INCIDENTS, "Incident", "Incident", fields),
        Level(ACTION, INCIDENTS, "Action", "Action", (action,), parent=INCIDENT),
    )
    accounts = {
        READER: Account(READER, "apiuser", "api.user@bank.example", "Api", "User", "Passw0rd!", groups=(1,)),
        20: Account(20, "gone", "gone@bank.example", "Gone", "User", "Passw0rd?", active=False),
    }
    application = Application(INCIDENTS, "Incidents", "Incidents", levels)
    return Tenant("Archer", (application,), {121: statuses}, accounts, {1: Group(1, "Incident Handlers")})
