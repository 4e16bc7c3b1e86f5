"""Reads the files of versions that are about to be signed for the first time, for their digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing

from connector.attest import Content, Trusted
from connector.attest.envelope import NotAttested
from connector.attest.reading import proved
from connector.attest.statement import Decision
from connector.config.config import Config
from connector.engine.connection import Connection
from connector.logs import get_logger
from connector.model.operations import Operation
from connector.model.tags import Tags
from connector.model.views import RegistryView
from connector.model.workspaces import split_name
from connector.plan import Planned
from connector.registry.artifacts import Artifacts

log = get_logger(__name__)
_MEGABYTE = 1_000_000


def reader_of(config: Config, name: str) -> Callable[[RegistryView], Content] | None:
    """What reads the files of one of the connection's versions, through the tracking server; None where none is."""
    signed, registry = config.settings.attestation, config.registry(name)
    if signed is None or not signed.content_limit_mb:
        return None
    limit = signed.content_limit_mb * _MEGABYTE

    def read(view: RegistryView) -> Content:
        workspace = split_name(view.ref.name)[0] or registry.served.only
        with closing(Artifacts(registry.uri, registry.auth, registry.http, workspace=workspace)) as artifacts:
            return artifacts.content(view.model_id, limit)

    return read


def read_contents(
    connection: Connection, planned: Planned, operations: Iterable[Operation], alive: Callable[[], None]
) -> None:
    """Read what the attestations among these operations would not cover yet. What cannot be read is no error: it is not
    covered, and the attestation says so. ``alive`` keeps the lease before each version; what it raises is raised.
    """
    attestations, read = connection.attestations, connection.read_content
    if attestations is None or read is None:
        return
    connection.contents.clear()
    tags, trusted = connection.translator.mapping.tags, attestations().trusted
    for operation in operations:
        if connection.stop.is_set():
            break
        pair = planned.pairs.get(operation.ref.key)
        if pair is None or not _uncovered(tags, trusted, operation):
            continue
        alive()
        found = read(pair.registry)
        connection.contents[operation.ref.key] = found
        if found.sha256 is None:
            log.info("content not covered", object=str(operation.ref), reason=found.note)


def _uncovered(tags: Tags, trusted: Trusted, operation: Operation) -> bool:
    """Whether an operation brings an approval whose content nobody knows."""
    written = {each.field: each.new for each in operation.changes if each.is_tag and each.new is not None}
    try:
        made = proved(tags, written, trusted)
    except NotAttested:
        return False
    return made is not None and made.claim.decision is Decision.APPROVED and made.claim.content.sha256 is None
