"""The DSSE envelope (Dead Simple Signing Envelope, version 1): a payload with its type, signed together.

What is signed is the pre-authentication encoding, which tells where type and payload begin and end, so that no other
pair of them has the same bytes. There is one way to write an envelope: any other text is refused, though another
reader may take it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from connector.attest.signing import Signer, Trusted

PAYLOAD_TYPE = "application/vnd.mlflow-grc.attestation.v1+json"


class NotAttested(Exception):
    """A text that proves nothing. ``code`` names what is wrong in one word, the message says it to people."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code, self.what = code, what


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its one signature."""

    payload: bytes
    key_id: str
    signature: bytes

    def __str__(self) -> str:
        """The envelope as JSON, canonical: sorted members, no blanks."""
        signatures = [{"keyid": self.key_id, "sig": _b64(self.signature)}]
        return _dump({"payload": _b64(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures})


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The pre-authentication encoding: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, signer: Signer) -> Envelope:
    """Put a payload into a signed envelope."""
    return Envelope(payload, signer.key_id, signer.sign(pae(payload)))


def opened(text: str, trusted: Trusted) -> Envelope:
    """Read an envelope whose signature is of a trusted key. Raises NotAttested."""
    envelope = _parsed(text)
    if envelope.key_id not in trusted.keys:
        raise NotAttested("wrong_key", f"it is signed with the key {envelope.key_id[:12]}, which is not trusted here")
    if not trusted.verifies(envelope.key_id, envelope.signature, pae(envelope.payload)):
        raise NotAttested("signature", "its signature does not fit what it says")
    return envelope


def _parsed(text: str) -> Envelope:
    try:
        body = json.loads(text)
        (signed,) = body["signatures"]
        envelope = Envelope(_raw(body["payload"]), signed["keyid"], _raw(signed["sig"]))
        same = isinstance(envelope.key_id, str) and str(envelope) == text
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        same = False
    if not same:
        raise NotAttested("signature", "it is no envelope as the connector writes it")
    return envelope


def _dump(body: object) -> str:
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
