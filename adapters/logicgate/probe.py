"""What ``check`` asks, read-only: whether the token comes in, whether its user sees the workflows and their fields, and
what to set so that nothing has to be looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from adapters.httpclient.settings import BearerAuth
from adapters.logicgate.catalogue import Ambiguous, Catalogue, FieldInfo, near
from adapters.logicgate.declared import Declared
from adapters.logicgate.layout import Layout
from adapters.logicgate.options import Options
from adapters.logicgate.reading import Reader
from adapters.logicgate.values import CALCULATED, DATES
from adapters.logicgate.wire import Page, Wire
from connector.model.errors import AuthError, ConfigError, MlflowGrcError, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Json, Problem

SAMPLE = 50
SOON_DAYS = 14
_DAY = 86_400
_WRITTEN = (Entity.MODEL, Entity.VERSION)


class Checker:
    """Looks at one environment through the parts of its adapter."""

    def __init__(self, wire: Wire, catalogue: Catalogue, reader: Reader, options: Options) -> None:
        self._wire, self._catalogue, self._reader, self._options = wire, catalogue, reader, options

    def problems(self) -> Iterator[Problem]:
        """Everything found, each once; with credentials that are refused there is nothing more to ask."""
        told = set()
        for problem in self._found_by_all():
            if (problem.where, problem.what) not in told:
                told.add((problem.where, problem.what))
                yield problem

    def _found_by_all(self) -> Iterator[Problem]:
        for where, probe in self._probes():
            try:
                yield from probe()
            except ConfigError as error:
                yield _problem(error.key or where, error)
            except RunAborted as error:
                yield _problem("credentials" if isinstance(error, AuthError) else "connection", error)
                return
            except MlflowGrcError as error:
                yield _problem(where, error)

    def _probes(self) -> Iterator[tuple[str, Callable[[], Iterable[Problem]]]]:
        for entity in self._options.workflows:
            yield f"logicgate.workflows.{entity}", partial(self._workflow, entity)
        yield "credentials", self._token
        yield "logicgate.sees_all", self._sees_all

    def _sees_all(self) -> Iterator[Problem]:
        if not self._options.sees_all:
            yield Problem(
                "logicgate.sees_all",
                "a deleted record cannot be told from one that is hidden from the token's user: it stays unknown",
                "where an entitlement shows the user every record of these workflows, set sees_all: true.",
                fatal=False,
            )

    def _token(self) -> Iterator[Problem]:
        left = self._wire.token_seconds_left
        if isinstance(self._wire.auth, BearerAuth):
            yield Problem(
                "credentials",
                "a token that was given by hand ends when an admin rolls it, or one day that LogicGate does not tell",
                "use the client id and secret: {type: oauth2_client_credentials, send: header, "
                "token_url: /api/v1/account/token, ...}.",
                fatal=False,
            )
        elif left is not None and left < SOON_DAYS * _DAY:
            yield Problem(
                "credentials",
                f"LogicGate's token ends in {left / _DAY:.0f} days",
                "nothing to do: a new one is fetched then. To choose the hour, let an admin roll it.",
                fatal=False,
            )

    def _workflow(self, entity: Entity) -> Iterator[Problem]:
        where = f"logicgate.workflows.{entity}"
        layout = self._reader.layouts[entity]
        declared = Declared(layout, self._catalogue)
        wrong = list(declared.workflow())
        yield from wrong
        if wrong:
            return
        workflow_id = self._catalogue.workflow_id(entity)
        page = self._wire.page("records", {"workflow-id": workflow_id, "page": 0, "size": SAMPLE})
        for row in page.rows:
            self._catalogue.learn(entity, row)
        described = self._catalogue.fields(workflow_id)
        yield from self._fields(layout, declared, where, described)
        yield from declared.steps()
        yield from declared.fields(described)
        yield from declared.comments()
        if entity in _WRITTEN:
            yield from self._creating(layout, where, workflow_id)
        yield from _entitlement(page, where)
        yield from self._days(layout, page.rows, where)
        yield from self._by_id(entity, page.rows, where)
        yield from declared.to_set(starts=entity in _WRITTEN)

    def _fields(
        self, layout: Layout, declared: Declared, where: str, described: Sequence[FieldInfo] | None
    ) -> Iterator[Problem]:
        for name in declared.names:
            place = f"{where}.fields.{name}" if name in layout.fields else f"{where}.comments.field"
            try:
                info = self._catalogue.field(layout.entity, name)
            except Ambiguous as error:
                yield Problem(
                    place, f"several fields are called '{name}'", f"give the id of one: {', '.join(error.ids)}."
                )
                continue
            yield from self._field(place, name, info, described)

    def _field(
        self, place: str, name: str, info: FieldInfo | None, described: Sequence[FieldInfo] | None
    ) -> Iterator[Problem]:
        if info is None and described is None:
            what = f"no record shows '{name}', and the token's user may not look fields up"
            yield Problem(place, what, "give its id (and type), or sign in once as a user with the build permission.")
        elif info is None:
            yield Problem(
                place, f"the workflow has no field '{name}'", near(name, (one.name for one in described or ()))
            )
        elif described and info.id not in {one.id for one in described}:
            right = [f"the id of '{name}' is {one.id!r}." for one in described if name in (one.name, one.label)]
            remedy = " ".join(right) or near(name, (one.name for one in described))
            yield Problem(place, f"the workflow has no field of the id {info.id!r}, given for '{name}'", remedy)
        elif info.type in CALCULATED:
            yield Problem(place, f"'{name}' is calculated ({info.type})", "set writable: false.", fatal=False)
        elif info.type is None:
            yield Problem(
                place, f"the type of '{name}' is not known: it is written as text", "give its type.", fatal=False
            )

    def _creating(self, layout: Layout, where: str, workflow_id: str) -> Iterator[Problem]:
        """Whether records can be made: the step, and fields that LogicGate demands."""
        self._catalogue.origin_step(layout.entity)
        mapped = {info.id for name in layout.fields if (info := self._found(layout, name))}
        for info in self._catalogue.fields(workflow_id) or ():
            if info.required and info.id not in mapped and info.type not in CALCULATED:
                what = f"'{info.name}' is required, and the mapping does not write it: new records may be refused"
                yield Problem(f"{where}.fields", what, "map it, or make it optional in LogicGate.", fatal=False)

    def _found(self, layout: Layout, name: str) -> FieldInfo | None:
        try:
            return self._catalogue.field(layout.entity, name)
        except Ambiguous:
            return None

    def _days(self, layout: Layout, rows: Sequence[Mapping[str, Json]], where: str) -> Iterator[Problem]:
        """Dates of the mapping that are kept at no midnight of the zone."""
        zone = ZoneInfo(self._options.time_zone)
        wanted = {info.id for name in layout.fields if (info := self._found(layout, name))}
        for row in rows:
            for one in row.get("fields") or ():
                odd = [moment for moment in _moments(one, zone) if (moment.hour, moment.minute) != (0, 0)]
                if odd and one.get("id") in wanted:
                    what = f"'{one.get('name')}' of record {row.get('id')} is kept at {odd[0]:%H:%M} of {zone.key}"
                    remedy = "set logicgate.time_zone to the zone whose midnight the tenant keeps dates at."
                    yield Problem(where, what, remedy, fatal=False)
                    return

    def _by_id(self, entity: Entity, rows: Sequence[Mapping[str, Json]], where: str) -> Iterator[Problem]:
        if rows and self._reader.raw(entity, str(rows[0].get("id"))) is None:
            what = f"record {rows[0].get('id')} is listed and not found by its id"
            yield Problem(where, what, "let the token's user see whole records of the workflow.")


def _entitlement(page: Page, where: str) -> Iterator[Problem]:
    """Records are numbered one after the other: fewer than the highest number were deleted, or are hidden."""
    numbers = [row.get("sequenceNumber") for row in page.rows]
    highest = max((number for number in numbers if isinstance(number, int)), default=0)
    if highest > page.total:
        yield Problem(
            where,
            f"{page.total} records are listed, and one is numbered {highest}: the others were deleted, or are hidden "
            "from the token's user, which LogicGate does not tell",
            "give the user's role an entitlement to every record of the workflow.",
            fatal=False,
        )
    elif not page.rows:
        what = "no record is listed: there is none, or none that the token's user may see"
        yield Problem(where, what, "look at the workflow in LogicGate as that user.", fatal=False)


def _moments(shown: Json, zone: ZoneInfo) -> list[datetime]:
    if not isinstance(shown, dict) or shown.get("type") not in DATES:
        return []
    numbers = [value.get("numericValue") for value in shown.get("values") or () if isinstance(value, dict)]
    return [datetime.fromtimestamp(one / 1000, zone) for one in numbers if isinstance(one, int | float)]


def _problem(where: str, error: MlflowGrcError) -> Problem:
    return Problem(where, error.message.rstrip("."), error.remedy or "see the message.")
