"""Correlation keys: how a GRC record names its registry object, whatever the record is called.

::

    mlflow:<registry id>/<name>@<creation ms>                a model
    mlflow:<registry id>/<workspace>/<name>@<creation ms>    a model of a workspace
    ...#<version>                                            a version; the time is its model's

The creation time tells a name that was deleted and created again from the old one. MLflow allows no ``/`` in a name,
so a key is read back without doubt. Where a platform cannot hold or query such text, the key is hashed and the parts
stand in the identity fields beside it alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from uuid import UUID

from connector.model.workspaces import Workspaces

_KEY = re.compile(
    r"mlflow:(?P<registry>[^/]+)/(?:(?P<workspace>[^/]+)/)?(?P<name>[^/]+)@(?P<created>\d+)(?:#(?P<version>\d+))?",
    re.ASCII,
)
_HASHED = re.compile(r"mlflow-[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What an unhashed key says. ``created_ms`` is the model's creation time, ``version`` None for a model."""

    registry_id: str
    workspace: str | None
    name: str
    created_ms: int
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Makes the keys of one registry as one connection writes them. Where it serves several workspaces (``served``),
    names bring theirs along; ``workspace`` is that of names which do not.
    """

    registry_id: str
    workspace: str | None = None
    hashed: bool = False
    served: Workspaces | None = None

    def model(self, name: str, created_ms: int) -> str:
        """The key of a registered model."""
        return self._form(self._plain(name, created_ms))

    def version(self, name: str, model_created_ms: int, version: str) -> str:
        """The key of a version; ``model_created_ms`` is when its *model* was created."""
        return self._form(f"{self._plain(name, model_created_ms)}#{version}")

    def is_ours(self, key: str) -> bool | None:
        """Whether ``key`` names an object of this registry and its workspaces; None for a hash, which does not
        tell.
        """
        if is_hashed(key):
            return None
        parts = parse_key(key)
        if parts is None or parts.registry_id != self.registry_id:
            return False
        return parts.workspace == self.workspace if self.served is None else self.served.serves(parts.workspace)

    def is_anothers(self, key: str | None) -> bool:
        """Whether ``key`` certainly names an object of another registry. A hash does not, nor a text that is no key or
        that names no registry: it was edited by hand.
        """
        parts = parse_key(key or "")
        return parts is not None and parts.registry_id != self.registry_id and _is_registry_id(parts.registry_id)

    def _plain(self, name: str, created_ms: int) -> str:
        place = f"{self.registry_id}/{self.workspace}" if self.workspace else self.registry_id
        return f"mlflow:{place}/{name}@{created_ms}"

    def _form(self, key: str) -> str:
        return sys.intern(hash_key(key) if self.hashed else key)


def _is_registry_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def hash_key(key: str) -> str:
    """The 47 letters, digits and one hyphen (ASCII) that stand for ``key`` where the key itself cannot."""
    return "mlflow-" + hashlib.sha256(key.encode()).hexdigest()[:40]


def is_hashed(key: str) -> bool:
    """Whether ``key`` is a hash, whose parts cannot be read back."""
    return _HASHED.fullmatch(key) is not None


def parse_key(key: str) -> KeyParts | None:
    """The parts of an unhashed key; None for a hash or any other text."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    return KeyParts(
        registry_id=found["registry"],
        workspace=found["workspace"],
        name=found["name"],
        created_ms=int(found["created"]),
        version=found["version"],
    )


@dataclass(frozen=True, slots=True)
class VersionRef:
    """Whose tags a version carries: MLflow's copy of a version copies its tags, and then this does not match."""

    record_id: str
    version: str
    created_ms: int
    """Creation time of the version itself, epoch milliseconds."""

    def __str__(self) -> str:
        body = {"created": self.created_ms, "record": self.record_id, "version": self.version}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def parse_version_ref(text: str) -> VersionRef | None:
    """Read the tag back; None for text that the connector cannot have written."""
    try:
        body = json.loads(text)
        return VersionRef(record_id=str(body["record"]), version=str(body["version"]), created_ms=int(body["created"]))
    except (ValueError, TypeError, KeyError):
        return None


_FINDING = "finding:"


@dataclass(frozen=True, slots=True)
class FindingKey:
    """The correlation key of the issue of a finding:
    ``finding:<registry id>/<id of the model's record>/<control>[#<version>]``. It outlives a rename in MLflow.
    """

    registry_id: str
    record_id: str
    control: str
    version: str | None = None

    def __str__(self) -> str:
        version = f"#{self.version}" if self.version is not None else ""
        return f"{_FINDING}{self.registry_id}/{self.record_id}/{self.control}{version}"


def is_finding_key(key: str | None) -> bool:
    """Whether an issue's key says that it was opened for a finding, of whichever registry."""
    return key is not None and key.startswith(_FINDING)


def parse_finding_key(key: str | None) -> FindingKey | None:
    """The parts of an issue's key; None for another text. A record's id may hold a slash."""
    if key is None or not is_finding_key(key):
        return None
    registry_id, _, rest = key.removeprefix(_FINDING).partition("/")
    record_id, _, about = rest.rpartition("/")
    control, _, version = about.partition("#")
    return FindingKey(registry_id, record_id, control, version or None) if record_id and control else None
