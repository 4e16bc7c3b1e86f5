"""Checks a bundle of evidence with nothing but Python's standard library.

``python verify.py`` in the unpacked bundle, or ``python verify.py BUNDLE.zip``: every file is there and unchanged, no
file was added, and the chain of the audit trail holds. Two options take what was kept where the keeper of the bundle
could not change it: ``--manifest SHA256``, the digest of manifest.json that was told when the bundle was made, and
``--head SEQUENCE:HASH``, an end of the audit trail. Exit code 0 where all holds, 1 where something does not.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Protocol

MANIFEST, TRAIL, CHECKER = "manifest.json", "audit.jsonl", "offline.py"
FORMAT = "mlflow-grc evidence 1"
_BLOCK = 1 << 20


class Files(Protocol):
    """The files of a bundle, wherever they lie."""

    def names(self) -> list[str]:
        """All of them, with ``/`` between folders."""

    def open(self, name: str) -> IO[bytes]:
        """One to read. Raises KeyError or OSError where it is not there."""


class Folder:
    """A bundle that was unpacked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        found = (each for each in self._path.rglob("*") if each.is_file())
        return [each.relative_to(self._path).as_posix() for each in found]

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")


class Zip:
    """A bundle as it was handed over."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        return [each.filename for each in self._zip.infolist() if not each.is_dir()]

    def open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)


def faults(files: Files, manifest: str | None = None, head: str | None = None) -> Iterator[str]:
    """Everything that is wrong with a bundle; nothing where it holds."""
    try:
        with files.open(MANIFEST) as stream:
            text = stream.read()
    except (KeyError, OSError):
        yield f"{MANIFEST} is missing: this is no bundle of evidence"
        return
    anew = manifest is not None and hashlib.sha256(text).hexdigest() != manifest.strip().lower()
    if anew:
        yield f"{MANIFEST} is not the one whose digest was told: the bundle was made anew"
    try:
        told = json.loads(text)
        listed: Mapping[str, Mapping[str, object]] = told["files"]
        digests = {name: str(entry["sha256"]) for name, entry in listed.items()}
        known = told["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError):
        yield f"{MANIFEST} cannot be read"
        return
    if not known:
        yield f"{MANIFEST} is of another format than {FORMAT}"
        return
    yield from _changed(files, digests)
    if anew or _digest(files, CHECKER) != digests.get(CHECKER):
        yield f"the audit trail was not checked: {CHECKER}, which does it, is not the one that the bundle was made with"
    else:
        yield from _trail(files, told, head)


def _changed(files: Files, digests: Mapping[str, str]) -> Iterator[str]:
    there = files.names()
    for name in sorted({name for name in there if there.count(name) > 1}):
        yield f"{name} is there more than once"
    for name in sorted(set(there) - digests.keys() - {MANIFEST}):
        yield f"{name} was added"
    for name, digest in sorted(digests.items()):
        if name not in there:
            yield f"{name} is missing"
        elif _digest(files, name) != digest:
            yield f"{name} was changed"


def _digest(files: Files, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with files.open(name) as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except (KeyError, OSError, zipfile.BadZipFile):
        return "unreadable"
    return digest.hexdigest()


def _trail(files: Files, manifest: Mapping[str, object], head: str | None) -> Iterator[str]:
    try:
        with files.open(CHECKER) as stream:
            checker = _module(stream.read())
        with files.open(TRAIL) as stream:
            found = checker.verify_lines((line.decode("utf-8", "replace") for line in stream), head)
    except (KeyError, OSError):
        yield "the audit trail cannot be read"
        return
    except ValueError as error:
        yield f"the audit trail cannot be checked: {error}"
        return
    if not found.ok:
        yield f"the audit trail is {found}"
    elif found.head != manifest.get("audit_head"):
        yield f"the audit trail ends at {found.head}, and the manifest says {manifest.get('audit_head')}"


def _module(source: bytes) -> ModuleType:
    """The checker of the trail, from the bundle itself."""
    spec = importlib.util.spec_from_loader("evidence_offline", loader=None)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules[module.__name__] = module
    exec(compile(source, CHECKER, "exec"), module.__dict__)  # noqa: S102 - its digest is the manifest's
    return module


def main(arguments: Sequence[str] | None = None) -> int:
    """Check and say what was found."""
    parser = argparse.ArgumentParser(description="Check a bundle of evidence.")
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).parent, help="the zip or its folder")
    parser.add_argument("--manifest", metavar="SHA256", help="digest of manifest.json, kept elsewhere")
    parser.add_argument("--head", metavar="SEQUENCE:HASH", help="an end of the audit trail, kept elsewhere")
    chosen = parser.parse_args(arguments)
    files: Files
    try:
        files = Folder(chosen.bundle) if chosen.bundle.is_dir() else Zip(chosen.bundle)
    except (OSError, zipfile.BadZipFile) as error:
        print(f"{chosen.bundle} cannot be read: {error}")  # noqa: T201 - a command
        return 1
    wrong = list(faults(files, chosen.manifest, chosen.head))
    for fault in wrong:
        print(f"WRONG: {fault}.")  # noqa: T201
    if not wrong:
        anchored = chosen.manifest or chosen.head
        print("All files are as the manifest says, and the chain of the audit trail holds.")  # noqa: T201
        if not anchored:
            print("Nothing kept elsewhere was compared: see --manifest and --head.")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
