"""Whether a delivery comes from who it says: signatures, shared secrets, and deliveries sent again.

MLflow signs as Standard Webhooks do: ``X-MLflow-Signature: v1,<base64 of HMAC-SHA256>`` over
``<X-MLflow-Delivery-Id>.<X-MLflow-Timestamp>.<body>``, the time in Unix seconds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.httpclient.secret import Secret
from connector.config.events import GrcEvents, MlflowEvents, proving

SIGNATURE, TIMESTAMP, DELIVERY = "x-mlflow-signature", "x-mlflow-timestamp", "x-mlflow-delivery-id"
_VERSION = "v1,"
_MOST_DELIVERIES = 10_000
_LONGEST_ID = 200


class Refused(Exception):
    """A delivery is not taken. ``status`` is the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class Deliveries:
    """The ids of the deliveries last taken: one that is sent again is answered and not taken again."""

    most: int = _MOST_DELIVERIES
    _seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def first(self, delivery: str) -> bool:
        """Whether the delivery is new; from now on it is not."""
        with self._lock:
            new = delivery not in self._seen
            self._seen[delivery] = None
            while len(self._seen) > self.most:
                self._seen.popitem(last=False)
            return new

    def forget(self, delivery: str) -> None:
        """The delivery could not be taken after all: it may come again."""
        with self._lock:
            self._seen.pop(delivery, None)


def prove_mlflow(settings: MlflowEvents, headers: Mapping[str, str], body: bytes, now: datetime, window: float) -> str:
    """The delivery's id. ``headers`` by lower-case name. Raises Refused; ConfigError as
    :func:`proving`.
    """
    delivery, sent = headers.get(DELIVERY, ""), headers.get(TIMESTAMP, "")
    if not delivery or len(delivery) > _LONGEST_ID:
        raise Refused(401, "the delivery is not signed")
    signed = b".".join((delivery.encode(), sent.encode(), body))
    given = headers.get(SIGNATURE, "")
    wanted = (_VERSION + _base64(_mac(key, signed)) for key in _keys(settings.secret, settings.former_secret))
    _require_one(given, wanted)
    _require_fresh(sent, now, window)
    return delivery


def prove_grc(settings: GrcEvents, headers: Mapping[str, str], body: bytes, now: datetime, window: float) -> None:
    """Prove a delivery of a GRC; as :func:`prove_mlflow`."""
    given = headers.get(settings.header.lower(), "")
    keys = _keys(settings.secret, settings.former_secret)
    if settings.proof == "shared":
        _require_one(given, (settings.prefix + key for key in keys))
        return
    sent = headers.get((settings.timestamp_header or "").lower(), "")
    signed = b".".join((sent.encode(), body)) if settings.timestamp_header else body
    written = _base64 if settings.encoding == "base64" else bytes.hex
    _require_one(given, (settings.prefix + written(_mac(key, signed)) for key in keys))
    if settings.timestamp_header:
        _require_fresh(sent, now, window)


def _keys(secret: Secret, former: Secret | None) -> list[str]:
    return [proving(each) for each in (secret, former) if each is not None]


def _mac(key: str, signed: bytes) -> bytes:
    return hmac.new(key.encode(), signed, hashlib.sha256).digest()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _require_one(given: str, wanted: Iterable[str]) -> None:
    """Compare with all, each in constant time."""
    matches = [hmac.compare_digest(given.encode(), each.encode()) for each in wanted]
    if not given or not any(matches):
        raise Refused(401, "the delivery does not prove where it comes from")


def _require_fresh(sent: str, now: datetime, window: float) -> None:
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 12):
        raise Refused(401, "the delivery does not tell when it was sent")
    if abs(now.timestamp() - int(sent)) > window:
        raise Refused(401, "the delivery is too old, or the clocks differ")
