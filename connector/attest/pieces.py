"""An envelope in the tags of its version: ``<serial>:<part>/<parts>:<text>`` in ``grc_attestation_1``, ``_2`` ...

Each piece but the last is as long as a tag may be. The pieces are written one request after the other: while that goes
on their serials differ, which a reader can tell from a forgery.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector.attest.envelope import NotAttested
from connector.model.tags import CLOSED_MARK, TAG_LIMIT, Tags

MOST = 20
"""Pieces that an envelope may have."""
_ROOM = TAG_LIMIT - len("99999999999999999999:20/20:")
_PIECE = re.compile(r"(0|[1-9]\d{0,19}):([1-9]\d?)/([1-9]\d?):(.+)", re.ASCII | re.DOTALL)


def spread(tags: Tags, envelope: str, serial: int) -> dict[str, str]:
    """The tags that carry an envelope."""
    texts = [envelope[start : start + _ROOM] for start in range(0, len(envelope), _ROOM)]
    if len(texts) > MOST:
        raise ValueError(f"an attestation of {len(envelope)} characters fits no tags")
    return {tags.attestation(part): f"{serial}:{part}/{len(texts)}:{text}" for part, text in enumerate(texts, 1)}


def held(tags: Tags, bearer: Mapping[str, str]) -> dict[str, str]:
    """The tags among the bearer's that would carry an envelope, those left out that only mark a removal."""
    return {key: text for key, text in bearer.items() if tags.is_attestation(key) and text != CLOSED_MARK}


def gathered(tags: Tags, bearer: Mapping[str, str]) -> tuple[str, int] | None:
    """The envelope that a version's tags carry, with the serial on its pieces; None where there is no piece. Raises
    NotAttested where they are not the pieces of one envelope: ``torn`` while it is being replaced.
    """
    pieces = held(tags, bearer)
    if not pieces:
        return None
    found = {key: match for key, text in pieces.items() if (match := _PIECE.fullmatch(text))}
    if len(found) < len(pieces):
        raise NotAttested("signature", "its pieces are not as the connector writes them")
    serials = {int(match[1]) for match in found.values()}
    counts = {int(match[3]) for match in found.values()}
    wanted = {tags.attestation(part) for part in range(1, max(counts) + 1)}
    if len(serials) > 1 or len(counts) > 1 or found.keys() != wanted or max(counts) > MOST:
        raise NotAttested("torn", "its pieces do not belong together")
    if any(tags.attestation(int(match[2])) != key for key, match in found.items()):
        raise NotAttested("signature", "its pieces stand in each other's place")
    envelope = "".join(found[tags.attestation(part)][4] for part in range(1, len(wanted) + 1))
    serial = serials.pop()
    if spread(tags, envelope, serial) != pieces:
        raise NotAttested("signature", "its pieces are not cut as the connector cuts them")
    return envelope, serial
