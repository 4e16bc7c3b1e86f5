"""An admin's desk at a platform: the command line in this process, the mapping that ships, a registry in memory and
the platform's simulator.
"""

from __future__ import annotations

import copy
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

import mappings
from connector.cli.main import run
from connector.engine import checking, opening
from tests.adapters.logicgate.platform import with_ids
from tests.adapters.metricstream_platform import VARIABLES, session
from tests.cli.desk import OFFICER, Said
from tests.engine.world import INSTANCE, REGISTRY_ID
from tests.fakes.registry import InProcessRegistry
from tests.scenarios.grc import GrcSide, Person, Row
from tests.simulators.archer.tenant import INSTANCE as INSTANCE_NAME
from tests.simulators.logicgate.tokens import OLDER

FAST = {"timeout_seconds": 10, "retry": {"max_attempts": 2, "max_wait_seconds": 0}, "rate_limit": None}


@dataclass
class Desk(ABC):
    """``side`` is the platform; ``author`` the hand of people in MLflow, ``officer`` a person on the platform.

    ``auth`` and ``http`` are the connection's, ``section`` what its mapping changes of the one that ships, ``more``
    what the configuration says besides.
    """

    directory: Path
    side: GrcSide
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    registry: InProcessRegistry = field(default_factory=InProcessRegistry)
    auth: Mapping[str, Any] = field(default_factory=dict)
    http: Mapping[str, Any] = field(default_factory=dict)
    section: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    platform: ClassVar[str]
    """The name of its mapping."""

    def __post_init__(self) -> None:
        self.author = self.registry.author
        self.officer: Person = self.side.as_user(OFFICER)
        for module in (opening, checking):
            self.patch.setattr(module, "open_registry", lambda *_, **__: self.registry)
        self.patch.delenv("MLFLOW_GRC_CONFIG", raising=False)
        self.auth = self.auth or self.usual_auth()
        self.write()

    @property
    def adapter(self) -> str:
        """Which adapter speaks to it, by the section of that name in the mapping."""
        return self.platform

    @property
    def simulator(self) -> Any:
        return self.side.simulator

    @property
    def url(self) -> str:
        """The address that the connection names."""
        return self.side.url

    @abstractmethod
    def usual_auth(self) -> Mapping[str, Any]:
        """How the connector signs in, its secrets put into the environment."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The connection's."""
        return {}

    def secret(self, name: str, value: str) -> Mapping[str, str]:
        """Put a secret into the environment; the reference to it."""
        self.patch.setenv(name, value)
        return {"env": name}

    def write(self) -> None:
        """Write the configuration, and the mapping beside it."""
        mapping = self.shipped()
        mapping[self.adapter] |= self.section
        (self.directory / "mapping.yaml").write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
        connection = {
            "registry": "main",
            "adapter": self.adapter,
            "url": self.url,
            "auth": dict(self.auth),
            "mapping": "mapping.yaml",
            "http": {**FAST, **self.http},
            "variables": dict(self.variables),
        }
        config = {
            "instance": INSTANCE,
            "registries": {"main": {"uri": "http://127.0.0.1:9", "id": REGISTRY_ID}},
            "connections": {"bank": connection},
            "state": {"path": "state.db"},
            **self.more,
        }
        self.config.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")

    def shipped(self) -> dict[str, Any]:
        """The mapping that ships."""
        file = Path(mappings.__file__).with_name(f"{self.platform}.yaml")
        mapping: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        return mapping

    @property
    def config(self) -> Path:
        return self.directory / "mlflow-grc.yaml"

    def run(self, *arguments: str, expect: int | None = 0) -> Said:
        """Run a command here; fails unless it ends with ``expect`` (None: anything)."""
        self.capture.readouterr()
        code = run(["--config", str(self.config), *arguments])
        out, err = self.capture.readouterr()
        assert "Traceback" not in err or "--debug" in arguments, err
        assert expect is None or code == expect, f"exit {code}\n{out}\n{err}"
        return Said(code, out, err)

    def model(self, name: str = "credit", /, **tags: str) -> None:
        """A data scientist registers a model with one version."""
        self.author.create_model(name, description=f"About {name}.", tags=tags)
        self.author.create_version(name)

    def record(self, name: str, kind: str = "models") -> Row:
        """The one record that carries this registered name."""
        found = self.officer.records(kind, registry_name=name)
        assert len(found) == 1, f"{len(found)} {kind} records for {name}"
        return found[0]

    def tags(self, name: str) -> Mapping[str, str]:
        found = self.registry.model(name)
        assert found is not None
        return found.tags

    def keep(self, directory: Path) -> Moment:
        """Everything as it stands."""
        state = Path(shutil.copy(self.directory / "state.db", directory))
        return Moment(copy.deepcopy(self.registry._store.models), self.side.dump(), state)

    def go_to(self, moment: Moment) -> None:
        """Make everything as it was kept, by this desk or another."""
        self.registry._store.models = copy.deepcopy(moment.models)
        self.side.load(moment.grc)
        self.side.calm()
        shutil.copy(moment.state, self.directory / "state.db")


@dataclass(frozen=True)
class Moment:
    """The registry, the platform and the state."""

    models: Any
    grc: str
    state: Path


class ServiceNowDesk(Desk):
    """By OAuth client credentials."""

    platform = "servicenow"

    def usual_auth(self) -> Mapping[str, Any]:
        return {
            "type": "oauth2_client_credentials",
            "token_url": "/oauth_token.do",
            "client_id": self.secret("SN_CLIENT_ID", self.simulator.client_id),
            "client_secret": self.secret("SN_CLIENT_SECRET", self.simulator.client_secret),
        }


class ArcherDesk(Desk):
    """By the account's user name and password, which is known to see all."""

    platform = "archer"

    def usual_auth(self) -> Mapping[str, Any]:
        service = self.simulator.service
        password = self.secret("ARCHER_PASSWORD", service.password)
        return {"type": "basic", "username": service.username, "password": password}

    @property
    def variables(self) -> Mapping[str, str]:
        return {"ARCHER_INSTANCE": INSTANCE_NAME}


class LogicGateDesk(Desk):
    """By the client's credentials; the mapping has the ids of this environment."""

    platform = "logicgate"

    def shipped(self) -> dict[str, Any]:
        mapping = super().shipped()
        mapping["logicgate"] = with_ids(mapping["logicgate"], self.simulator)
        return mapping

    def usual_auth(self) -> Mapping[str, Any]:
        return {
            "type": "oauth2_client_credentials",
            "send": "header",
            "token_url": OLDER,
            "client_id": self.secret("LG_CLIENT_ID", self.simulator.client_id),
            "client_secret": self.secret("LG_CLIENT_SECRET", self.simulator.client_secret),
        }


class MetricStreamDesk(Desk):
    """By the form login, with what an admin looked up of the deployment; the adapter is the declarative one."""

    platform = "metricstream"

    @property
    def adapter(self) -> str:
        return "http"

    @property
    def url(self) -> str:
        return str(self.simulator.base)

    def usual_auth(self) -> Mapping[str, Any]:
        password = self.secret("METRICSTREAM_PASSWORD", self.simulator.sessions.password)
        return session(self.simulator, dict(password))

    @property
    def variables(self) -> Mapping[str, str]:
        return VARIABLES
