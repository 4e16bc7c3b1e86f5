"""Files of keys: private ones that their owner alone can read, and the one of the public keys that are believed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from connector.attest.signing import Signer, Trusted
from connector.model.errors import ConfigError


def read_signer(path: Path) -> Signer:
    """The private key in a file. Raises ConfigError."""
    return Signer.from_pem(_text(path), where=f"The file {path}")


def read_trusted(path: Path) -> Trusted:
    """The public keys in a file. Raises ConfigError."""
    return Trusted.from_pem(_text(path), where=f"The file {path}")


def write_signer(path: Path, signer: Signer) -> None:
    """Write a private key into a new file that its owner alone can read. Raises ConfigError for one that is there."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        remedy = "Replace it with `mlflow-grc keys rotate`, or name another file."
        raise ConfigError(
            "There is a file already; a key is never overwritten.", file=str(path), remedy=remedy
        ) from None
    with os.fdopen(number, "w", encoding="ascii") as stream:
        stream.write(signer.pem())
        stream.flush()
        os.fsync(stream.fileno())


def write_trusted(path: Path, trusted: Trusted) -> None:
    """Write the public keys whole, in the place of those that are there."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(trusted.pem(), encoding="ascii")
    beside.replace(path)


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
