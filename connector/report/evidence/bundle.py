"""The bundle as a zip: each file with its digest in the manifest, and the program that checks them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib import resources
from typing import IO, BinaryIO, Protocol, Self, TextIO

from connector import __version__
from connector.report.evidence.verify import CHECKER, FORMAT, MANIFEST

READ_ME = """\
Evidence of the model inventory kept by mlflow-grc, made at {made_at}.

{contents}

To check it, with Python 3.9 or newer and nothing else:

    python verify.py

in this folder once it is unpacked, or `python verify.py BUNDLE.zip` with a verify.py from elsewhere. It proves that
every file is as the manifest says and that the chain of the audit trail holds. Whoever could change the bundle could
make it anew: compare the digest of manifest.json (--manifest) and an end of the trail (--head) that were kept
elsewhere.
"""


@dataclass(frozen=True, slots=True)
class About:
    """One connection as the manifest tells of it: when both sides were observed, what was not read to the end, how
    many operations a fuse holds back, and under which regime the findings stand.
    """

    connection: str
    taken_at: str | None
    complete: bool
    gaps: tuple[str, ...]
    profile: str
    findings: Mapping[str, int] = field(default_factory=dict)
    held_back: int = 0


@dataclass
class Bundle:
    """Writes a bundle to ``stream``; ``made_at`` is the moment that every file carries, so that the same content gives
    the same bundle.
    """

    stream: BinaryIO
    made_at: datetime
    contents: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._zip = zipfile.ZipFile(self.stream, "w", zipfile.ZIP_DEFLATED)
        self._digests: dict[str, dict[str, object]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the stream, which nobody may use as a bundle unless ``close`` was called."""
        self._zip.close()

    @contextmanager
    def text(self, name: str, about: str) -> Iterator[TextIO]:
        """A text file to write; ``about`` says in a few words what it holds."""
        with self.binary(name, about) as stream:
            yield _Encoded(stream)  # type: ignore[misc]

    @contextmanager
    def binary(self, name: str, about: str) -> Iterator[Writes]:
        """A file to write."""
        self.contents[name] = about
        with self._zip.open(self._entry(name), "w") as stream:
            counted = _Counted(stream)
            yield counted
        self._digests[name] = {"sha256": counted.digest.hexdigest(), "bytes": counted.size}

    def close(self, connections: tuple[About, ...], audit_head: str, configuration: str) -> str:
        """Add what explains and checks the rest; returns the digest of the manifest, to be kept elsewhere."""
        for name, package in (("verify.py", "connector.report.evidence"), (CHECKER, "connector.audit")):
            with self.binary(name, "checks the bundle" if name == "verify.py" else "checks the audit trail") as stream:
                stream.write(resources.files(package).joinpath(name).read_bytes())
        listed = "\n".join(f"{name}: {about}" for name, about in sorted(self.contents.items()))
        with self.text("README.txt", "this text") as stream:
            stream.write(READ_ME.format(made_at=self.made_at.isoformat(timespec="seconds"), contents=listed))
        manifest = {
            "format": FORMAT,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "made_by": f"mlflow-grc {__version__}",
            "configuration": configuration,
            "audit_head": audit_head,
            "connections": [asdict(each) for each in connections],
            "files": self._digests,
        }
        text = (json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
        self._zip.writestr(self._entry(MANIFEST), text)
        self._zip.close()
        return hashlib.sha256(text).hexdigest()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        moment = self.made_at.timetuple()[:6]
        entry = zipfile.ZipInfo(name, date_time=moment)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        return entry


class Writes(Protocol):
    """Takes bytes."""

    def write(self, block: bytes, /) -> int:
        """Take some; returns how many."""


class _Counted:
    """A stream that knows the size and the digest of what went through it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest, self.size = stream, hashlib.sha256(), 0

    def write(self, block: bytes, /) -> int:
        self.digest.update(block)
        self.size += len(block)
        return self._stream.write(block)


class _Encoded:
    """Text as UTF-8. What no file can hold (half of a pair) is escaped."""

    def __init__(self, stream: Writes) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(text.encode("utf-8", "backslashreplace"))
        return len(text)
