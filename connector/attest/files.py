"""Files of keys: private ones that their owner alone can read, and the one of the public keys that are believed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from connector.attest.signing import Signer, Trusted
from connector.model.errors import ConfigError

_NOT_OTHERS, _PUBLIC = 0o660, 0o644


def read_signer(path: Path) -> Signer:
    """The private key in a file. Raises ConfigError."""
    return Signer.from_pem(_text(path), where=f"The file {path}")


def read_trusted(path: Path) -> Trusted:
    """The public keys in a file. Raises ConfigError."""
    return Trusted.from_pem(_text(path), where=f"The file {path}")


def write_signer(path: Path, signer: Signer, *, in_place_of: Path | None = None) -> None:
    """Write a private key into a new file that its owner alone can read; one that is to take the place of another can
    be read by whoever reads that one. Raises ConfigError for a file that is there, and where this account may not give
    it away.
    """
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        remedy = "Replace it with `mlflow-grc keys rotate`, or name another file."
        raise ConfigError(
            "There is a file already; a key is never overwritten.", file=str(path), remedy=remedy
        ) from None
    with os.fdopen(number, "w", encoding="ascii") as stream:
        if in_place_of is not None:
            _give_as(path, in_place_of, _NOT_OTHERS)
        stream.write(signer.pem())
        stream.flush()
        os.fsync(stream.fileno())


def write_trusted(path: Path, trusted: Trusted) -> None:
    """Write the public keys whole, in the place of those that are there, for whoever reads those; new ones for
    everybody. Raises ConfigError where this account may not give the file away.
    """
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(trusted.pem(), encoding="ascii")
    beside.chmod(_PUBLIC)
    if path.exists():
        _give_as(beside, path, _PUBLIC)
    beside.replace(path)


def _give_as(new: Path, old: Path, most: int) -> None:
    """Give a file the owner, the group and, up to ``most``, the mode of the one that it follows. It is removed where
    that cannot be: nobody could read it who has to.
    """
    found = old.stat()
    try:
        if (found.st_uid, found.st_gid) != (new.stat().st_uid, new.stat().st_gid):
            os.chown(new, found.st_uid, found.st_gid)
        new.chmod(stat.S_IMODE(found.st_mode) & most)
    except OSError as error:
        new.unlink()
        remedy = f"Run it as the account that owns {old}, or as root."
        raise ConfigError(f"It cannot be given to its owner: {error.strerror}.", file=str(new), remedy=remedy) from None


def is_open_to_others(path: Path) -> bool:
    """Whether anybody but the owner and the group may read a private key."""
    return bool(path.stat().st_mode & stat.S_IROTH)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        remedy = "Make it with `mlflow-grc keys generate`, or correct the path."
        raise ConfigError(f"The file cannot be read: {error.strerror}.", file=str(path), remedy=remedy) from None
    except UnicodeDecodeError:
        raise ConfigError("The file is no PEM.", file=str(path), remedy="Name the file of a key.") from None
