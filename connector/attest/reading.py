"""From the tags of a version to the statement that they prove, or the reason why they prove nothing."""

from __future__ import annotations

from collections.abc import Mapping

from connector.attest.envelope import NotAttested, opened
from connector.attest.pieces import gathered
from connector.attest.signing import Trusted
from connector.attest.statement import Statement, statement
from connector.model.tags import Tags


def proved(tags: Tags, bearer: Mapping[str, str], trusted: Trusted) -> Statement | None:
    """The statement that a version's tags carry, its signature verified; None where there is none. Whether it is about
    this version, and what it says, is for the caller to see. Raises NotAttested.
    """
    found = gathered(tags, bearer)
    if found is None:
        return None
    text, serial = found
    envelope = opened(text, trusted)
    made = statement(envelope.payload)
    if made.key_id != envelope.key_id:
        raise NotAttested("signature", "it names another key than the one that signed it")
    if made.serial != serial:
        raise NotAttested("signature", "its pieces tell another serial")
    return made
