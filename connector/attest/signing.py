"""Ed25519 keys, by the cryptography library: who signs, and whose signatures are believed.

A key is named by the SHA-256 of its public half (DER, SubjectPublicKeyInfo), in hexadecimal: nobody hands names out,
and two keys never have one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from connector.model.errors import ConfigError

_PUBLIC = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_REMEDY = "make one with `mlflow-grc keys generate`."
SHOWN = 12
"""Characters of a key's name that tell it from others at sight."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, by its name."""

    key_id: str
    _private: Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls) -> Signer:
        """A new key."""
        return cls.of(Ed25519PrivateKey.generate())

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> Signer:
        """The signer with this key."""
        return cls(key_id(private.public_key()), private)

    @classmethod
    def from_pem(cls, text: str, *, where: str) -> Signer:
        r"""Read an unencrypted PKCS #8 key in PEM; one that came through an environment may have ``\n`` for line ends.
        Raises ConfigError naming ``where``, never showing the text.
        """
        try:
            private = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # What the library says may hold part of the key.
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise ConfigError(f"{where} holds no unencrypted Ed25519 private key in PEM.", remedy=_REMEDY)
        return cls.of(private)

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self._private.public_key()

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes. The same message has the same one."""
        return self._private.sign(message)

    def pem(self) -> str:
        """The private key as it is kept in a file; for that alone."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True, slots=True)
class Trusted:
    """The public keys whose signatures are believed, by name."""

    keys: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Iterable[Ed25519PublicKey]) -> Trusted:
        """These keys."""
        return cls({key_id(key): key for key in keys})

    @classmethod
    def from_pem(cls, text: str, *, where: str) -> Trusted:
        """Read public keys in PEM, one after the other; what stands between them is for people. Raises ConfigError for
        a text without any, and for a key of another kind.
        """
        found = []
        for block in _PUBLIC.findall(text):
            try:
                key = load_pem_public_key(block.encode())
            except (ValueError, UnsupportedAlgorithm):
                key = None
            if not isinstance(key, Ed25519PublicKey):
                raise ConfigError(f"{where} holds a public key that is not an Ed25519 one in PEM.", remedy=_REMEDY)
            found.append(key)
        if not found:
            raise ConfigError(f"{where} holds no public key.", remedy="write one with `mlflow-grc keys export`.")
        return cls.of(found)

    def with_(self, *keys: Ed25519PublicKey) -> Trusted:
        """These keys and more."""
        return Trusted.of([*self.keys.values(), *keys])

    def without(self, name: str) -> Trusted:
        """These keys but one."""
        return Trusted({each: key for each, key in self.keys.items() if each != name})

    def verifies(self, name: str, signature: bytes, message: bytes) -> bool:
        """Whether the signature is of the trusted key of this name."""
        key = self.keys.get(name)
        if key is None:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> str:
        """All keys, each below its name."""
        return "".join(f"# key {name}\n{_pem(key)}" for name, key in self.keys.items())


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key: 64 hexadecimal digits."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
