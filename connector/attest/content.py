r"""The digest of what was registered: of a folder, or of a single file.

::

    sha256 of the lines  <sha256 of the file>  <path>   in the order of the paths' bytes

so that anybody can make it without mlflow-grc::

    find -L . -type f ! -path ./registered_model_meta -printf '%P\n' | LC_ALL=C sort |
      xargs -d '\n' sha256sum | sha256sum

The file that MLflow's client adds to what it downloads is left out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ADDED_BY_DOWNLOAD = "registered_model_meta"
"""Written beside the files by MLflow's client when it downloads a registered version; no part of it."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """The digest of a version's files; None where they are not covered, ``note`` then says why."""

    sha256: str | None = None
    note: str = "its files were not read"

    @classmethod
    def of(cls, digest: str) -> Content:
        """Files that are covered."""
        return cls(digest, "")


@dataclass(frozen=True, slots=True)
class FileDigest:
    """One file: its path below the folder, with slashes, and the SHA-256 of its bytes in hexadecimal."""

    path: str
    sha256: str


def folder_digest(files: Iterable[FileDigest]) -> str:
    """The digest of a folder. Raises ValueError for a folder without files, and for a path that would not stand in one
    line.
    """
    kept = sorted((each for each in files if each.path != ADDED_BY_DOWNLOAD), key=lambda each: each.path.encode())
    if not kept:
        raise ValueError("there are no files")
    for each in kept:
        if "\n" in each.path or "\\" in each.path:
            raise ValueError(f"the file name {each.path!r} has a line end or a backslash")
    lines = "".join(f"{each.sha256}  {each.path}\n" for each in kept)
    return hashlib.sha256(lines.encode()).hexdigest()


def path_digest(path: Path) -> str:
    """The digest of a folder on disk, links followed, or of a folder with this one file. Raises OSError, and ValueError
    as :func:`folder_digest` and for a link that leads to a folder above itself.
    """
    if path.is_dir():
        return folder_digest(FileDigest(each.relative_to(path).as_posix(), _of_file(each)) for each in _files(path))
    return folder_digest([FileDigest(path.name, _of_file(path))])


def _files(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """All files below a folder. A linked folder counts as one that stands there, for whoever loads the model sees it
    so; one that cannot be listed is no empty one.
    """
    real = folder.resolve()
    if real in above:
        raise ValueError(f"the link {folder} leads to a folder that it is in")
    with os.scandir(folder) as found:
        for each in found:
            if each.is_dir():
                yield from _files(Path(each.path), above | {real})
            elif each.is_file():
                yield Path(each.path)


def _of_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
