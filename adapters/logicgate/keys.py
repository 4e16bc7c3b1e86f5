"""Which records carry which key. LogicGate cannot be asked for a field, so that a lookup lists: all records once, then
what changed since.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from connector.model.grc import Json


@dataclass
class KeyIndex:
    """Of one entity. ``watermark`` is the latest change it knows of, in epoch milliseconds; None before the first whole
    listing. ``lock`` is held through a lookup.
    """

    watermark: int | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    _keys: dict[str, Json] = field(default_factory=dict)

    def note(self, record_id: str, key: Json, updated: int) -> None:
        """Take in a record that was seen."""
        with self.lock:
            self._keys[record_id] = key
            if self.watermark is not None:
                self.watermark = max(self.watermark, updated)

    def replace(self, keys: dict[str, Json], watermark: int) -> None:
        """Take a whole listing in the place of all that was known."""
        with self.lock:
            self._keys, self.watermark = keys, watermark

    def ids(self, key: str) -> list[str]:
        """The records that carry the key, as far as was seen."""
        with self.lock:
            return [record_id for record_id, held in self._keys.items() if held == key]
