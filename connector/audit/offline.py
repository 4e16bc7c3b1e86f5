r"""The hash chain in plain Python: no import beyond the standard library, so that an auditor can copy this one file.

An entry's hash is the SHA-256, in lower-case hexadecimal, of its canonical form: the JSON object of its members
except ``hash``, with sorted keys, no white space (separators ``,`` and ``:``), every character outside ASCII
escaped (``\uXXXX``), encoded as ASCII. ``sequence`` (a number from 1, without gaps) and ``previous`` (the hash of the
entry before; 64 zeros for the first) are members, so the hash fixes an entry's place as well as its words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

GENESIS = "0" * 64


def canonical(value: object) -> bytes:
    """The canonical JSON form of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def entry_hash(members: Mapping[str, object]) -> str:
    """The hash of an entry given as its exported object; a ``hash`` among the members is left out."""
    return hashlib.sha256(canonical({key: value for key, value in members.items() if key != "hash"})).hexdigest()
