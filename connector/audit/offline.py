r"""The hash chain in plain Python: no import beyond the standard library, so that an auditor can copy this one file.

An entry's hash is the SHA-256, in lower-case hexadecimal, of its canonical form: the JSON object of its members
except ``hash``, with sorted keys, no white space (separators ``,`` and ``:``), every character outside ASCII
escaped (``\uXXXX``), encoded as ASCII. ``sequence`` (a number from 1, without gaps) and ``previous`` (the hash of the
entry before; 64 zeros for the first) are members, so the hash fixes an entry's place as well as its words.

``python offline.py EXPORT.jsonl [SEQUENCE:HASH]`` checks a JSON Lines export of the whole trail.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

GENESIS = "0" * 64


def canonical(value: object) -> bytes:
    """The canonical JSON form of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def entry_hash(members: Mapping[str, object]) -> str:
    """The hash of an entry given as its exported object; a ``hash`` among the members is left out."""
    return hashlib.sha256(canonical({key: value for key, value in members.items() if key != "hash"})).hexdigest()


@dataclass(frozen=True)
class Verification:
    """What a check of a trail found. ``entries`` were consistent, ending at ``head`` (``sequence:hash``);
    ``broken_at`` is the sequence where the chain first breaks, None for a chain that holds. ``anchored`` is the last
    sequence that a head kept elsewhere vouches for: without one, entries cut off the end leave no trace.
    ``unsealed`` are runs whose journal no entry seals yet.
    """

    entries: int
    head: str
    broken_at: int | None = None
    reason: str = ""
    anchored: int | None = None
    unsealed: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found to be wrong."""
        return self.broken_at is None

    def __str__(self) -> str:
        if not self.ok:
            return f"broken at entry {self.broken_at}: {self.reason}"
        if self.anchored is None:
            return "consistent; end not anchored"
        return (
            "consistent; end anchored" if self.anchored == self.entries else f"consistent; anchored to {self.anchored}"
        )


def verify_members(
    entries: Iterable[Mapping[str, object]], head: str | None = None, start: str | None = None
) -> Verification:
    """Check entries given as their exported objects, in the order of the export, from the first, or from the one after
    ``start``.

    ``head`` (``sequence:hash``) is where the trail ended at some time, kept where its keeper could not change it.
    """
    anchor = parse_head(head) if head else None
    count, previous = parse_head(start) if start else (0, GENESIS)
    anchored = None
    for members in entries:
        reason = _fault(members, count + 1, previous)
        if reason is None and anchor and anchor[0] == count + 1:
            anchored = count + 1
            reason = None if members["hash"] == anchor[1] else "it is not the entry that the head names: rewritten"
        if reason is not None:
            return Verification(count, f"{count}:{previous}", count + 1, reason)
        count, previous = count + 1, str(members["hash"])
    if anchor and anchor[0] > count:
        reason = f"cut at the end: the head names entry {anchor[0]}, the last one here is {count}"
        return Verification(count, f"{count}:{previous}", count + 1, reason)
    return Verification(count, f"{count}:{previous}", anchored=anchored)


def parse_head(text: str) -> tuple[int, str]:
    """Read ``sequence:hash``. Raises ValueError."""
    sequence, _, digest = text.strip().lower().partition(":")
    if not (sequence.isascii() and sequence.isdecimal()) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"{text!r} is not of the form SEQUENCE:HASH (64 hexadecimal digits)")
    return int(sequence), digest


def verify_lines(lines: Iterable[str], head: str | None = None) -> Verification:
    """Check a JSON Lines export of a whole trail."""
    return verify_members((_members(line) for line in lines if line.strip()), head)


def _members(line: str) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fault(members: Mapping[str, object], expected: int, previous: str) -> str | None:
    sequence = members.get("sequence")
    if not isinstance(sequence, int):
        return "changed: it is not an entry"
    if sequence > expected:
        return f"removed: the next entry is {sequence}"
    if sequence < expected:
        return f"inserted or reordered: entry {sequence} follows entry {expected - 1}"
    try:
        digest = entry_hash(members)
    except TypeError:
        return "changed: it holds what is not JSON"
    if members.get("hash") != digest:
        return "changed: its hash does not fit its content"
    if members.get("previous") != previous:
        return "inserted, or the entry before it was replaced: it does not follow from that one"
    return None


def main(arguments: Sequence[str]) -> int:
    """``python offline.py EXPORT.jsonl [SEQUENCE:HASH]``: 0 when the chain holds, 1 when not."""
    path, head = (*arguments, None)[:2]
    with open(str(path), encoding="utf-8") as lines:  # noqa: PTH123 - plain for a reader who checks this file
        found = verify_lines(lines, head)
    print(f"{found.entries} entries, end {found.head}: {found}")  # noqa: T201 - a command
    return 0 if found.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
