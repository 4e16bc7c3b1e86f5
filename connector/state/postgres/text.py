"""Texts that PostgreSQL cannot hold: U+0000 is kept as a sequence of two characters, and read back as it was.

Equal texts stay equal and a text is found in another exactly where it was, so that the database's own comparisons hold.
"""

from __future__ import annotations

from psycopg import Connection
from psycopg.types.string import StrDumperUnknown, TextLoader

_MARK = "\ue000"
"""A character of the private use area, which stands for itself as the mark with a ``1``."""
_NUL = "\x00"


class _Dumper(StrDumperUnknown):
    def dump(self, obj: str) -> bytes:
        return escaped(obj).encode()


class _Loader(TextLoader):
    def load(self, data: bytes | bytearray | memoryview) -> str:
        text = bytes(data).decode()
        return unescaped(text) if _MARK in text else text


def escaped(text: str) -> str:
    """``text`` without U+0000."""
    if _NUL in text or _MARK in text:
        return text.replace(_MARK, f"{_MARK}1").replace(_NUL, f"{_MARK}0")
    return text


def unescaped(text: str) -> str:
    """What :func:`escaped` made its text of."""
    return text.replace(f"{_MARK}0", _NUL).replace(f"{_MARK}1", _MARK)


def keep_texts(connection: Connection) -> None:
    """Have texts escaped on the way into the database and back."""
    connection.adapters.register_dumper(str, _Dumper)
    connection.adapters.register_loader("text", _Loader)
