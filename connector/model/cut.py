"""Values that are too long for one side: the copy is cut and ends in a mark that tells the full length.

The mark makes a copy recognisable without any state, so a cut copy is never mistaken for an edit that shortened the
text.
"""

from __future__ import annotations

import re

from connector.model.fields import Value

_MARK = re.compile(r" \[cut: first (\d+) of (\d+) characters\]\Z")
_MARK_END = " characters]"
_MARK_TEXT = " [cut: first {kept} of {full} characters]"


def cut(value: Value, limit: int | None) -> Value:
    """Return the value, cut to ``limit`` characters (mark included) where it is longer. ``limit`` None: no limit."""
    if value is None or limit is None or len(value) <= limit:
        return value
    kept = limit
    while kept > 0 and kept + len(mark := _MARK_TEXT.format(kept=kept, full=len(value))) > limit:
        kept = limit - len(mark)
    if kept <= 0:
        return value[:limit]
    return value[:kept] + _MARK_TEXT.format(kept=kept, full=len(value))


def full_length(value: Value) -> int | None:
    """Return the length that a cut copy says its original has; None for a value that is no cut copy."""
    match = _MARK.search(value) if value and value.endswith(_MARK_END) else None
    if match is None or value is None or int(match[1]) != match.start():
        return None
    return int(match[2])


def is_cut_of(copy: Value, full: Value) -> bool:
    """Whether ``copy`` is an unedited cut copy of ``full``."""
    if copy is None or full is None or full_length(copy) != len(full):
        return False
    match = _MARK.search(copy)
    return match is not None and full.startswith(copy[: match.start()])
