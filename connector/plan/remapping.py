"""What becomes of the memory when a connection's mapping changed: which fields are met anew, and which tags go.

What was agreed of a field holds only for its owner and its two places. Where one of them changed, or the field is new,
nothing is agreed, and no value may be taken for an edit: the field is met as at first contact. A decision of the GRC
outlives that: it stands until the field's new place says something of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from connector.mapping.keys import is_finding_key
from connector.model.fields import Entity, Owner
from connector.model.operations import Remark
from connector.model.policy import VersionsMode
from connector.model.state import Agreement, Base, Link
from connector.model.tags import Tags
from connector.model.used_mapping import FieldMapping, UsedMapping
from connector.plan.context import Memory

_HELD = (Agreement.MOVED, Agreement.UNSPOKEN)


@dataclass(frozen=True, slots=True)
class Remapping:
    """What is to be remembered from now on: ``used`` (None: as before), the ``memory``, and of it the base pairs that
    changed, by key and field. ``ended`` are links of versions that the GRC holds no records of any more.
    """

    memory: Memory
    used: UsedMapping | None = None
    bases: Mapping[tuple[str, str], Base | None] = field(default_factory=dict)
    ended: tuple[Link, ...] = ()
    remarks: tuple[Remark, ...] = ()


def remap(memory: Memory, before: UsedMapping | None, now: UsedMapping) -> Remapping:
    """Compare the mapping with the one that the memory rests on (None: not known, it is taken to be the same)."""
    former = before.former_prefixes if before is not None else ()
    if before is not None and before.tag_prefix != now.tag_prefix:
        former = (*former, before.tag_prefix)
    now = replace(now, former_prefixes=tuple(dict.fromkeys(each for each in former if each != now.tag_prefix)))
    memory = replace(memory, former_prefixes=now.former_prefixes)
    if before == now:
        return Remapping(memory)
    if before is None:
        return Remapping(memory, now)
    return _Remapper(memory, before, now).run()


class _Remapper:
    def __init__(self, memory: Memory, before: UsedMapping, now: UsedMapping) -> None:
        self._memory, self._before, self._now = memory, before, now
        self._fields = {entity: _changed(before, now, entity) for entity in (Entity.MODEL, Entity.VERSION)}
        self._tags, self._new_tags = Tags(before.tag_prefix), Tags(now.tag_prefix)

    def run(self) -> Remapping:
        bases: dict[tuple[str, str], Base | None] = {}
        for key, pairs in self._memory.bases.items():
            if is_finding_key(key):
                continue
            link = self._memory.links.get(key)
            bases |= {(key, name): base for name, base in self._of_object(link, pairs)}
        ended = self._ended()
        memory = replace(
            self._memory,
            bases=_with(self._memory.bases, bases),
            links={key: link for key, link in self._memory.links.items() if link not in ended},
        )
        return Remapping(memory, self._now, bases, ended, tuple(self._remarks()))

    def _of_object(self, link: Link | None, pairs: Mapping[str, Base]) -> Iterator[tuple[str, Base | None]]:
        # A version that the GRC has no record of has no link.
        entity = link.ref.entity if link is not None else Entity.VERSION
        yield from self._former_places(entity, pairs)
        if self._tags != self._new_tags:
            yield from self._former_tags(entity, pairs)
            if link is not None and entity is Entity.MODEL:
                # A placeholder is made with these two, and no base tells of them.
                yield self._tags.record_id, Base(link.record_id, None, Agreement.FORMER)
                yield self._tags.placeholder, Base("true", self._new_tags.placeholder, Agreement.FORMER)
        for name, now in self._fields[entity].items():
            yield name, _anew(self._before.fields.get(entity, {}).get(name), now, pairs.get(name))

    def _former_tags(self, entity: Entity, pairs: Mapping[str, Base]) -> Iterator[tuple[str, Base | None]]:
        """The tags that the connector worked out itself, under the former prefix, or remembered from the new one."""
        fields = {*self._before.fields.get(entity, {}), *self._now.fields.get(entity, {})}
        for name, base in pairs.items():
            if name not in fields and self._new_tags.written_by_connector(name):
                yield name, None
            elif name not in fields and self._tags.written_by_connector(name) and base.registry is not None:
                yield name, Base(base.registry, None, Agreement.FORMER)

    def _former_places(self, entity: Entity, pairs: Mapping[str, Base]) -> Iterator[tuple[str, Base | None]]:
        """The connector's own tags at which a field stood that stands elsewhere now. One that is mapped no more leaves
        its last value behind: a decision that the GRC has no place for is a decision still.
        """
        now = self._now.fields.get(entity, {})
        places = {one.registry[0] for one in now.values()}
        for name, one in self._before.fields.get(entity, {}).items():
            key, agreed = one.registry[0].removeprefix("tag:"), pairs.get(name)
            moved = name in now and one.registry[0] not in places
            if moved and self._tags.written_by_connector(key) and agreed is not None and agreed.registry is not None:
                yield key, Base(agreed.registry, None, Agreement.FORMER)

    def _ended(self) -> tuple[Link, ...]:
        if VersionsMode.RECORDS not in (self._before.versions, self._now.versions):
            return ()
        if self._before.versions is self._now.versions:
            return ()
        return tuple(link for link in self._memory.links.values() if link.ref.entity is Entity.VERSION)

    def _remarks(self) -> Iterator[Remark]:
        if self._before.versions is not self._now.versions:
            text = (
                f"versions: {self._before.versions} became {self._now.versions}; what was decided of each version"
                " stands until the GRC decides of it in the new place"
            )
            yield Remark(None, "mapping changed", text)
        if self._tags != self._new_tags:
            text = (
                f"the tags of this connection start with {self._now.tag_prefix} and no more with"
                f" {self._before.tag_prefix}: the connector's own are written anew and removed under the old name;"
                " requests and answers are read under the new one alone"
            )
            yield Remark(None, "mapping changed", text)
        for entity, fields in self._fields.items():
            for name, one in fields.items():
                was = self._before.fields.get(entity, {}).get(name) or "not mapped"
                text = f"{name} of a {entity}: {was}; now {one}: met as at first contact"
                yield Remark(None, "mapping changed", text)
            for name in sorted(self._before.fields.get(entity, {}).keys() - self._now.fields.get(entity, {}).keys()):
                text = f"{name} of a {entity} is mapped no more: what stands on either side stays as it is"
                yield Remark(None, "mapping changed", text)


def _changed(before: UsedMapping, now: UsedMapping, entity: Entity) -> dict[str, FieldMapping]:
    known = before.fields.get(entity, {})
    return {name: one for name, one in now.fields.get(entity, {}).items() if known.get(name) != one}


def _anew(before: FieldMapping | None, now: FieldMapping, base: Base | None) -> Base:
    decided = now.owner is Owner.GRC and (before is None or before.owner is Owner.GRC)
    if base is None or base.grc is None or not decided:
        return Base(None, None, Agreement.ANEW)
    if before is None or before.grc != now.grc or base.agreement in _HELD:
        return Base(base.registry, base.grc, Agreement.MOVED)
    return Base(None, base.grc, Agreement.ANEW)


def _with(
    bases: Mapping[str, Mapping[str, Base]], changes: Mapping[tuple[str, str], Base | None]
) -> dict[str, Mapping[str, Base]]:
    made = {key: dict(pairs) for key, pairs in bases.items()}
    for (key, name), base in changes.items():
        if base is None:
            made[key].pop(name, None)
        else:
            made[key][name] = base
    return dict(made)
