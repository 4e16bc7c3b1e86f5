"""What ``check`` asks, read-only: who we are, where Archer is, whether its fields fit the mapping, whether what can be
searched can be read; and what to set so that none of it has to be guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from xml.etree.ElementTree import Element

from adapters.archer import richtext, times
from adapters.archer.catalogue import Catalogue
from adapters.archer.layout import Layout, Layouts, Mapped
from adapters.archer.listing import Row
from adapters.archer.metadata import REFERENCES, Kind
from adapters.archer.options import Options
from adapters.archer.people import People, Person
from adapters.archer.reading import Reader
from adapters.archer.soap import local
from adapters.archer.wire import Wire
from connector.model.errors import AuthError, ConfigError, MlflowGrcError, Rejected, RunAborted, Unreachable
from connector.model.fields import Entity
from connector.model.grc import Problem

SAMPLE = 20
READ = 3
"""So many of the sample are read by id."""
_UTC = frozenset({"utc", "utcstandardtime", "coordinateduniversaltime", "etc/utc"})
_ACCOUNT = "account"
_WRITTEN = (Entity.MODEL, Entity.VERSION)


class Checker:
    """Looks at one instance through the parts of its adapter."""

    def __init__(
        self, wire: Wire, catalogue: Catalogue, layouts: Layouts, people: People, reader: Reader, options: Options
    ) -> None:
        self._wire, self._catalogue, self._layouts = wire, catalogue, layouts
        self._people, self._reader, self._options = people, reader, options

    def problems(self) -> Iterator[Problem]:
        """Everything found; without a session there is nothing more to ask."""
        try:
            self._wire.site.prefix()
            self._wire.session.current()
        except (RunAborted, ConfigError) as error:
            yield _problem("credentials", error) if isinstance(error, AuthError) else self._astray("connection", error)
            return
        refused: set[str] = set()
        for where, probe in self._probes():
            try:
                yield from probe()
            except ConfigError as error:
                yield _problem(error.key or where, error)
            except AuthError as error:
                # A token that is refused is refused by every probe, in the same words.
                if error.message not in refused:
                    yield _problem(where if refused or self._wire.username else "credentials", error)
                refused.add(error.message)
            except RunAborted as error:
                yield self._astray(where, error)
                return
            except MlflowGrcError as error:
                yield _problem(where, error)

    def _astray(self, where: str, error: MlflowGrcError) -> Problem:
        """The problem of an answer that was none of Archer's: a prefix that was given is not looked for elsewhere."""
        problem = _problem(where, error)
        given = self._options.prefix
        if given is None or not isinstance(error, Unreachable):
            return problem
        return replace(problem, remedy=f"{problem.remedy} If it is, correct prefix ({given}) in the archer section.")

    def _probes(self) -> Iterator[tuple[str, Callable[[], Iterable[Problem]]]]:
        yield "connection", self._settings
        yield _ACCOUNT, self._account
        for entity in self._options.levels:
            yield f"archer.levels.{entity}", partial(self._level, entity)

    def _settings(self) -> Iterator[Problem]:
        site = self._wire.site
        if site.was_probed:
            version = self._catalogue.version()
            what = f"found below {site.prefix()} by trying" + (f"; Archer {version}" if version else "")
            yield Problem("archer.prefix", what, f"set prefix: {site.prefix()} to save the tries.", fatal=False)
        if not self._options.sees_all:
            yield Problem(
                "archer.sees_all",
                "a deleted record cannot be told from one that is hidden from the account: it stays unknown",
                "where the account reads every record of these applications, without record permissions, set "
                "sees_all: true.",
                fatal=False,
            )

    def _account(self) -> Iterator[Problem]:
        name = self._wire.username
        if name is None:
            return
        if not self._wire.one_off:
            yield _one_session(name)
        me = next((one for one in self._people.all().values() if one.user_name.casefold() == name.casefold()), None)
        if me is None:
            return
        yield from _region(name, me)

    def _level(self, entity: Entity) -> Iterator[Problem]:
        layout = self._layouts.seen(entity)
        where = f"archer.levels.{entity}"
        for one in layout.missing:
            yield Problem(f"{where}.fields.{one.name}", one.what, one.remedy)
        yield from _system_fields(layout, where)
        yield from _kinds(layout, where)
        if entity in _WRITTEN and not layout.missing:
            yield from _required(layout, where)
        if layout.fields:
            yield from self._records(layout, where)

    def _records(self, layout: Layout, where: str) -> Iterator[Problem]:
        """The first records: whether every field is shown, and whether what is found can be read."""
        fields = list(layout.fields.values())
        display = [one.definition.id for one in fields] + ([layout.updated.id] if layout.updated else [])
        rows, count = self._reader.lister.page(layout, display, SAMPLE)
        if not rows:
            return
        for one in fields:
            if one.definition.id in rows[0].hidden:
                what = f"'{one.definition.name}' is not shown to the account by a search"
                yield Problem(f"{where}.fields.{one.name}", what, "let the account's access role read the field.")
        yield from _texts(fields, rows, where)
        yield from _zone(layout, rows)
        unread = [row.id for row in rows[:READ] if not self._is_read(layout, row)]
        if unread:
            what = (
                f"a search shows {count or len(rows)} records, and {', '.join(map(str, unread))} cannot be read by id"
            )
            yield Problem(where, what, "let the account's access role read what it may search.")

    def _is_read(self, layout: Layout, row: Row) -> bool:
        try:
            return self._reader.content(layout, str(row.id)) is not None
        except Rejected:
            return False


def _system_fields(layout: Layout, where: str) -> Iterator[Problem]:
    if layout.order is None:
        yield Problem(
            where,
            "neither a Tracking ID nor a First Published field is seen: pages are not sorted, and records may be "
            "passed over while others change",
            "let the account read one of them, or name a field that never changes as `order`.",
            fatal=False,
        )
    if layout.updated is None:
        what = "no Last Updated field is seen: changes alone cannot be listed"
        yield Problem(where, what, "let the account read it, or name it as `updated`.", fatal=False)


def _kinds(layout: Layout, where: str) -> Iterator[Problem]:
    key = layout.key
    if key is not None and (key.kind != Kind.TEXT or key.options.rich):
        what = f"'{key.definition.name}' is a field of {key.definition.type_name}: a key needs a plain text field"
        yield Problem(f"{where}.fields.{key.name}", what, "map a text field without rich text as identity.key.")
    for one in layout.fields.values():
        if one.kind in REFERENCES and one.options.refers_to is None:
            yield Problem(
                f"{where}.fields.{one.name}",
                f"'{one.definition.name}' refers to records, and of what is not said: changed records are read by id",
                "give refers_to: model (or another entity) for the field in the mapping's archer section.",
                fatal=False,
            )
        if one.options.rich and one.kind != Kind.TEXT:
            what = f"'{one.definition.name}' is declared rich, and is a field of {one.definition.type_name}"
            yield Problem(f"{where}.fields.{one.name}", what, "leave rich out.")


def _required(layout: Layout, where: str) -> Iterator[Problem]:
    mapped = {one.definition.id for one in layout.fields.values()}
    for one in layout.level.fields:
        if one.required and one.writable and one.id not in mapped:
            what = f"'{one.name}' is required in Archer, and the mapping does not set it: new records would be refused"
            yield Problem(where, what, "map it, give it a default in Archer, or make it optional there.")


def _texts(fields: Iterable[Mapped], rows: list[Row], where: str) -> Iterator[Problem]:
    for one in fields:
        if one.kind != Kind.TEXT or one.options.rich:
            continue
        elements = (row.field(one.definition.id) for row in rows)
        texts = ["".join(element.itertext()) for element in elements if element is not None]
        marked = [text for text in texts if text.lstrip().startswith("<p") and richtext.looks_rich(text)]
        if marked:
            what = f"'{one.definition.name}' holds HTML, and the mapping takes it for plain text"
            remedy = f"declare {one.name}: {{rich: true}} under {where}.fields."
            yield Problem(f"{where}.fields.{one.name}", what, remedy, fatal=False)


def _zone(layout: Layout, rows: list[Row]) -> Iterator[Problem]:
    """Whether times are shown as an account in UTC and en-US sees them; a token does not tell whose it is."""
    if layout.updated is None:
        return
    for row in rows:
        element = row.field(layout.updated.id)
        if element is not None and not _is_utc(element):
            what = f"the account sees {''.join(element.itertext())!r} for {element.get('xmlConvertedValue')}"
            yield Problem(_ACCOUNT, what, "set the account's time zone to UTC and its locale to en-US in Archer.")
            return


def _is_utc(element: Element) -> bool:
    """Whether the text can be the time; what cannot be read by either form is left to the account's own settings."""
    told, shown = times.moment(element.get("xmlConvertedValue")), "".join(element.itertext()).strip()
    if told is None or not shown or local(element) != "Field":
        return True
    for form in ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S"):
        try:
            read = datetime.strptime(shown, form)  # noqa: DTZ007 - the text has no zone, which is the question
        except ValueError:
            continue
        return read.replace(second=0) == told.replace(tzinfo=None, second=0, microsecond=0)
    return False


def _one_session(name: str) -> Problem:
    return Problem(
        _ACCOUNT,
        f"Archer allows {name} one session: this check has ended any other, such as the daemon's, which logs in again",
        "set one_off_auth of the connection to another account or to a personal access token.",
        fatal=False,
    )


def _region(name: str, me: Person) -> Iterator[Problem]:
    if me.zone and me.zone.replace(" ", "").casefold() not in _UTC:
        what = f"the time zone of {name} is {me.zone}: times that are written would be shifted"
        yield Problem(_ACCOUNT, what, "set the account's time zone to UTC in Archer.")
    if me.locale and me.locale.replace("_", "-").casefold() != "en-us":
        what = f"the locale of {name} is {me.locale}: days and months that are written would be swapped"
        yield Problem(_ACCOUNT, what, "set the account's locale to en-US in Archer.")


def _problem(where: str, error: MlflowGrcError) -> Problem:
    fallback = "see the message." if not isinstance(error, Unreachable) else "check url and the network."
    return Problem(where, error.message, error.remedy or fallback)
