"""What the listings of a cycle lacked though something else speaks of it: it is asked for, and believed meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from connector.mapping.keys import Keys, is_finding_key
from connector.model.fields import Entity
from connector.model.state import Link, LinkState
from connector.model.views import GrcView, Issue, ObjectRef, RegistryObservation, RegistryView


def governed_versions(
    keys: Keys, records: Iterable[GrcView], links: Mapping[str, Link], registry: RegistryObservation, record_tag: str
) -> list[Link]:
    """The versions that model records name as governed, as links to those records: no link of their own tells of them.
    ``record_tag`` is the tag that names a model's record.
    """
    models = _models_of_records(links, registry.models, record_tag)
    keyed = {view.ref.key: view for view in registry.models}
    found = []
    for record in records:
        model = models.get(record.id) or keyed.get(record.key or "")
        if model is not None and record.version is not None:
            key = keys.version(model.ref.name, model.created_ms, record.version)
            found.append(Link(ObjectRef(Entity.VERSION, key, model.ref.name, record.version), record.id))
    return found


def missing_issues(known: Mapping[str, Issue], listed: Collection[tuple[Entity, str]]) -> set[tuple[Entity, str]]:
    """The issues of models and versions that were open when they were last read, and that the listing lacks: they may
    be closed, gone, or merely skipped. Of those opened for findings the closed ones too, for they are reopened.
    """
    kept = (issue for issue in known.values() if issue.is_open or is_finding_key(issue.key))
    ours = (issue for issue in kept if issue.model_id or issue.version_id)
    return {(Entity.ISSUE, issue.id) for issue in ours} - set(listed)


def _models_of_records(
    links: Mapping[str, Link], models: Iterable[RegistryView], record_tag: str
) -> dict[str, RegistryView]:
    found: dict[str, RegistryView] = {}
    for view in models:
        link = links.get(view.ref.key)
        if link is not None and link.state is not LinkState.TOMBSTONE:
            found[link.record_id] = view
        elif view.tags.get(record_tag):
            found.setdefault(view.tags[record_tag], view)
    return found
