"""Two connections that could write one tag, or own one field, of the same registered model: refused before any cycle.

What makes two connections meet: they reach the same server (by normalised address) and a common workspace, and a name
can exist that both scopes hold. That is decided on the globs alone. A tag filter keeps no two connections apart: a tag
is changed by whoever may edit the model, between any two reads, and then both would act on it. Nor does leaving out
versions without an alias.

What they must not share:

- tags of MLflow that both write: plain-named ones of a field that the GRC owns or that is shared, and those under
  the prefix, where one prefix begins with the other or a plain name begins with the other's prefix;
- fields that both GRCs decide on (owner grc or shared), wherever they stand in MLflow: one field has one owner;
- the alias to which both promote;
- the records: the same registry twice in the same GRC would be two records for one model.

Pure, but for the mappings that it is given.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from itertools import combinations
from typing import TypeAlias
from urllib.parse import urlsplit

from connector.config.globs import Clause, Glob, Step, TooComplexError, example
from connector.mapping.connection import ConnectionMapping
from connector.mapping.sources import Scope
from connector.model.fields import Entity, Field, Location, LocationKind, Owner
from connector.model.workspaces import DEFAULT_WORKSPACE, NO_WORKSPACES, SEPARATOR, Workspaces

MappingOf: TypeAlias = Callable[[str], ConnectionMapping | None]
Address: TypeAlias = tuple[str, int | None, str]
"""Host, port (None: the scheme's own) and path."""

_PORTS = {"http": 80, "https": 443}
_THIS_MACHINE = "localhost"
_NOT_IN_A_NAME = "/:"
_DISJOINT = "Give them scopes that no name can be in together (include, exclude; a tag filter does not do)"
_REMOVE = "remove one of them"
_PREFIX = "give each a tag_prefix of its own with which no tag of the other begins"
_ALIAS = "let one of them promote alone, or to an alias of its own (policy.gates.promote)"
_FIELDS = (
    "leave each of these fields out of one of the mappings or make mlflow its owner in one of the connections (owners)"
)
_LISTED = 6
"""Tags or fields that a message names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a connection can touch: the registry's address, workspaces and scope, and the address of the GRC.
    ``writes_registry``: no policy forbids it to write in MLflow; ``makes_placeholders``: it registers there what the
    GRC alone knows.
    """

    connection: str
    uri: str
    workspaces: Workspaces
    scope: Scope
    grc: str
    writes_registry: bool = True
    makes_placeholders: bool = False
    promotes: str = ""
    """The alias that it sets on versions whose gates hold; empty: none."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two connections that must not run together. ``name`` is a model that both would serve (empty: not decided);
    ``shared`` says in words what they share, ``remedy`` what helps.
    """

    first: str
    second: str
    name: str
    shared: tuple[str, ...]
    remedy: str

    @property
    def what(self) -> str:
        """The problem in words."""
        model = f"a model called '{self.name}', say" if self.name else "the globs are too many to tell that they cannot"
        what = f"it and connection '{self.first}' can serve the same registered models ({model})"
        return f"{what}, and both would {', and '.join(self.shared)}"


def overlaps(reaches: Sequence[Reach], mapping_of: MappingOf) -> Iterator[Overlap]:
    """Yield every pair that must be refused. A mapping is asked for only where two connections can meet; None: the
    connection cannot run.
    """
    known: dict[str, ConnectionMapping | None] = {}
    for first, second in combinations(reaches, 2):
        name = common_name(first, second) if meets(first, second) else None
        if name is None:
            continue
        for reach in (first, second):
            if reach.connection not in known:
                known[reach.connection] = mapping_of(reach.connection)
        shared = list(_shared(first, second, known[first.connection], known[second.connection]))
        if shared:
            remedy = _remedy(dict.fromkeys(remedy for _, remedy in shared))
            yield Overlap(first.connection, second.connection, name, tuple(what for what, _ in shared), remedy)


def rivals(reaches: Sequence[Reach]) -> Iterator[tuple[str, str]]:
    """Yield every two connections that would register one model of their common GRC in two places. Where they meet,
    their scopes say which of them makes a placeholder.
    """
    for first, second in combinations([reach for reach in reaches if reach.makes_placeholders], 2):
        if _same_grc(first, second) and not meets(first, second):
            yield first.connection, second.connection


def meets(first: Reach, second: Reach) -> bool:
    """Whether both reach one server and a common workspace of it."""
    if address(first.uri) != address(second.uri):
        return False
    if first.workspaces.every or second.workspaces.every:
        return True
    return any(first.workspaces.serves(name) for name in second.workspaces.names or (DEFAULT_WORKSPACE,))


def address(uri: str) -> Address:
    """An address in the one form that those which reach the same server share, as far as text can tell: without
    scheme where the port is its own, case of the host, a slash at the end; all names of this machine are one, and so
    are all ways to write one IP address.
    """
    parts = urlsplit(uri)
    port = None if parts.port in (None, _PORTS.get(parts.scheme.lower())) else parts.port
    return _host((parts.hostname or "").rstrip(".").lower()), port, parts.path.rstrip("/")


def _host(name: str) -> str:
    with suppress(UnicodeError):
        name = name.encode("idna").decode()
    if name[:1].isdigit():
        with suppress(OSError):
            name = socket.inet_ntoa(socket.inet_aton(name))
    try:
        number = ip_address(name)
    except ValueError:
        return _THIS_MACHINE if name.endswith(f".{_THIS_MACHINE}") else name
    if isinstance(number, IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    return _THIS_MACHINE if number.is_loopback or number.is_unspecified else number.compressed


def common_name(first: Reach, second: Reach) -> str | None:
    """A full name that both scopes hold, as ``workspace/name`` where either names workspaces; None: they are
    disjoint. Empty where that could not be decided: such scopes count as overlapping.
    """
    clauses = [_any_name()]
    for reach in (first, second):
        if reach.workspaces.names:
            own = (Glob.of(f"{_literal(name)}{SEPARATOR}*") for name in reach.workspaces.names)
            clauses.append(Clause(tuple(own)))
        elif not reach.workspaces.every:
            clauses.append(Clause((Glob.of(f"{DEFAULT_WORKSPACE}{SEPARATOR}*"),)))
        scope: Scope | None = reach.scope
        while scope is not None:
            clauses.append(Clause(tuple(map(_glob, scope.include))))
            clauses.append(Clause(tuple(map(_glob, scope.exclude)), fits=False))
            scope = scope.within
    try:
        found = example(clauses)
    except TooComplexError:
        return ""
    if found is None or {first.workspaces, second.workspaces} != {NO_WORKSPACES}:
        return found
    return found.partition(SEPARATOR)[2]


def _any_name() -> Clause:
    """Every full name that can exist: a workspace and a name, neither empty nor with ``/`` or ``:``."""
    one, more = Step("?", but=_NOT_IN_A_NAME), Step("?", repeated=True, but=_NOT_IN_A_NAME)
    return Clause((Glob((one, more, Step(SEPARATOR), one, more)),))


def _glob(text: str) -> Glob:
    """A scope's glob over full names: without a ``/`` it is about the name alone, in whatever workspace."""
    if SEPARATOR in text:
        return Glob.of(text)
    return Glob.of(text, before=(Step("?", repeated=True, but=_NOT_IN_A_NAME), Step(SEPARATOR)))


def _literal(text: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def _shared(
    first: Reach, second: Reach, one: ConnectionMapping | None, other: ConnectionMapping | None
) -> Iterator[tuple[str, str]]:
    """What they must not share, with what helps but other scopes."""
    if _same_grc(first, second):
        yield "keep a record of each in the same GRC", _REMOVE
    if one is None or other is None or not (first.writes_registry and second.writes_registry):
        return
    if first.promotes and first.promotes == second.promotes:
        yield f"set the alias {first.promotes}", _ALIAS
    prefixes = _prefixes(one, other)
    if prefixes:
        yield f"write the tags under {prefixes}", _PREFIX
    under = {*_under(one, other), *_under(other, one)}
    if under:
        yield f"write {_listed(sorted(under))}, a tag that begins with the other's prefix", _PREFIX
    places = {str(place) for _, place in written(one) & written(other)} - under
    if places:
        yield f"write {_listed(sorted(places))}", _FIELDS
    fields = {name for _, name in decided(one) & decided(other)}
    if fields:
        yield f"let their GRC decide {_listed(sorted(fields))}", _FIELDS


def written(mapping: ConnectionMapping) -> frozenset[tuple[Entity, Location]]:
    """The places in MLflow that a connection writes with what its GRC says or its gates decide, but its own tags of
    fields without a plain name.
    """
    worked_out = [one for one in mapping.fields(Entity.VERSION) if one.owner is Owner.COMPUTED]
    return frozenset(
        (one.level, one.locations[0])
        for one in (*_decided(mapping), *worked_out)
        if one.registry_writable and one.locations[0].key != mapping.tags.field(one.name)
    )


def decided(mapping: ConnectionMapping) -> frozenset[tuple[Entity, str]]:
    """The fields about which the connection's GRC has a say."""
    return frozenset((one.level, one.name) for one in _decided(mapping))


def _decided(mapping: ConnectionMapping) -> Iterator[Field]:
    for entity in (Entity.MODEL, Entity.VERSION):
        for one in mapping.fields(entity):
            if one.in_grc and one.owner in (Owner.GRC, Owner.SHARED):
                yield one


def _prefixes(first: ConnectionMapping, second: ConnectionMapping) -> str:
    """The prefixes that mix. Capitals keep nothing apart: many a database behind MLflow compares without them."""
    one, other = first.tags.prefix, second.tags.prefix
    if one == other:
        return f"the prefix '{one}'"
    return f"the prefixes '{one}' and '{other}'" if _begins(one, other) or _begins(other, one) else ""


def _under(writer: ConnectionMapping, other: ConnectionMapping) -> Iterator[str]:
    """Plain tags of one that the other takes for its own, because they begin with its prefix."""
    for _, place in written(writer):
        if place.kind is LocationKind.TAG and _begins(place.key, other.tags.prefix):
            yield str(place)


def _begins(text: str, prefix: str) -> bool:
    return text.casefold().startswith(prefix.casefold())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _same_grc(first: Reach, second: Reach) -> bool:
    return address(first.grc) == address(second.grc)


def _remedy(remedies: Iterable[str]) -> str:
    return f"{_DISJOINT}, or {_REMOVE}." if _REMOVE in remedies else f"{_DISJOINT}; or {', and '.join(remedies)}."
