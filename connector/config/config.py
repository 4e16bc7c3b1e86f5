"""A loaded configuration: the settings with the file that they came from, and what follows from both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from connector.config.crosschecks import cross_checks
from connector.config.enforcement import enforcement_problems
from connector.config.findings import finding_problems
from connector.config.gatechecks import computed_fields, gate_problems
from connector.config.overlap import Reach, overlaps, rivals
from connector.config.server import DatabaseServer
from connector.config.settings import ConnectionSettings, RegistrySettings, ScheduleSettings, Settings
from connector.mapping.complaints import Complaint, KeyPath, complain, nearest
from connector.mapping.connection import ConnectionMapping
from connector.mapping.load import load_mapping
from connector.mapping.sources import RegistrySettings as Reading
from connector.mapping.sources import Scope
from connector.mapping.text import compact
from connector.mapping.validation import validate
from connector.mapping.yamlfile import Document, read_yaml
from connector.model.errors import ConfigError
from connector.model.fields import Side
from connector.model.policy import Policy

DEFAULT_FILE = "mlflow-grc.yaml"


@dataclass(frozen=True, slots=True)
class Config:
    """``settings`` as written; paths come out relative to the file that holds them."""

    settings: Settings
    document: Document

    @property
    def directory(self) -> Path:
        """The directory of the configuration file."""
        return Path(self.document.file).resolve().parent

    @property
    def instance(self) -> str:
        """The id of this installation."""
        return str(self.settings.instance)

    @property
    def state_path(self) -> Path:
        """The SQLite file; without meaning where the state is on a server."""
        return self.directory / self.settings.state.path

    @property
    def state_place(self) -> Path | DatabaseServer:
        """Where the state is: the SQLite file, or a database on a server."""
        state = self.settings.state
        if state.url is None:
            return self.state_path
        return DatabaseServer(state.url, state.password, state.pool_size)

    @property
    def log_path(self) -> Path | None:
        """The log file, if any."""
        return self.directory / self.settings.logging.file if self.settings.logging.file else None

    @property
    def trusted_keys_path(self) -> Path | None:
        """The file of the public keys whose signatures are believed, where approvals are signed."""
        signed = self.settings.attestation
        return self.directory / signed.trusted_keys if signed is not None else None

    @property
    def connection_names(self) -> tuple[str, ...]:
        """All connections, in the order of the file."""
        return tuple(self.settings.connections)

    def connection(self, name: str) -> ConnectionSettings:
        """One connection. Raises ConfigError for an unknown name."""
        found = self.settings.connections.get(name)
        if found is None:
            remedy = nearest(name, self.settings.connections)
            raise ConfigError(f"There is no connection '{name}'.", file=self.document.file, remedy=remedy)
        return found

    def registry(self, connection: str) -> RegistrySettings:
        """The registry of a connection."""
        return self.settings.registries[self.connection(connection).registry]

    def policy(self, connection: str) -> Policy:
        """The common policy with the connection's own keys over it."""
        aliases = self.registry(connection).production_aliases
        return self.connection(connection).policy.over(self.settings.policy).policy(aliases)

    def schedule(self, connection: str) -> ScheduleSettings:
        """When the connection's cycles start."""
        return self.connection(connection).schedule or self.settings.schedule

    def mapping(self, connection: str, options_model: type[BaseModel] | None = None) -> ConnectionMapping:
        """Load a connection's mapping. Raises ConfigError naming the mapping's file, or the key here."""
        chosen = self.connection(connection)
        inventory = self.settings.inventory
        try:
            mapping = load_mapping(
                chosen.mapping,
                owners=dict(chosen.owners),
                computed=computed_fields(self.policy(connection).gates),
                tag_prefix=chosen.tag_prefix,
                adapter_options_model=options_model,
                inventory=self.directory / inventory if inventory else None,
                run_fields=self.registry(connection).run_fields,
                relative_to=self.directory,
            )
        except ConfigError as error:
            if error.file is None:
                raise self._placed(connection, error) from error
            raise
        self._complain_all(gate_problems(connection, self.settings, mapping))
        self._complain_all(enforcement_problems(connection, self.settings, mapping))
        self._complain_all(finding_problems(connection, self.settings, mapping))
        if mapping.adapter != chosen.adapter:
            what = f"mapping '{chosen.mapping}' is for the adapter '{mapping.adapter}'"
            self._complain(("connections", connection, "adapter"), what, "Choose one that fits the other.")
        return mapping

    def reading(self, connection: str, mapping: ConnectionMapping) -> Reading:
        """What :func:`connector.mapping.registry_side.registry_views` needs for a connection."""
        registry = self.registry(connection)
        return Reading(
            keys=mapping.keys(str(registry.id), registry.served),
            scope=self.scope(connection),
            production_aliases=registry.production_aliases,
            label=self.connection(connection).registry,
            placeholder_workspace=registry.placeholder_workspace if registry.served.several else None,
        )

    def scope(self, connection: str) -> Scope:
        """The connection's own scope, within that of its registry."""
        chosen, registry = self.connection(connection), self.registry(connection)
        aliased = chosen.policy.over(self.settings.policy).versions == "aliased"
        own, wider = (one.scope(registry.served.only) for one in (chosen.scope, registry.scope))
        return replace(own, within=wider, aliased_only=aliased)

    def reach(self, connection: str) -> Reach:
        """What a connection can touch."""
        registry, policy, scope = self.registry(connection), self.policy(connection), self.scope(connection)
        writes = Side.REGISTRY not in policy.read_only
        return Reach(
            connection=connection,
            uri=registry.uri,
            workspaces=registry.served,
            scope=scope,
            grc=self.connection(connection).url,
            writes_registry=writes,
            makes_placeholders=policy.placeholders and writes and not scope.wanted_tags,
            promotes=policy.gates.promotion.alias if policy.gates and policy.gates.promotion else "",
        )

    def _placed(self, connection: str, error: ConfigError) -> ConfigError:
        path = ("connections", connection, *(error.key or "").split("."))
        line = self.document.line(path)
        key = f"connections.{connection}.{error.key}"
        return ConfigError(error.message, file=self.document.file, line=line, key=key, remedy=error.remedy)

    def _complain(self, path: KeyPath, what: str, remedy: str) -> None:
        self._complain_all([(path, what, remedy)])

    def _complain_all(self, problems: Iterable[tuple[KeyPath, str, str]]) -> None:
        found = [Complaint(self.document.line(path), path, what, remedy) for path, what, remedy in problems]
        complain(self.document.file, found)


def load_config(path: Path | str = DEFAULT_FILE) -> Config:
    """Load a configuration; secrets are not looked up. Raises ConfigError with every problem of the file."""
    remedy = "Write one with `mlflow-grc init`, or name yours with --config."
    document = read_yaml(Path(path), remedy=remedy)
    settings = validate(Settings, document)
    complain(document.file, list(cross_checks(settings, document)))
    config = Config(settings, document)
    complain(document.file, list(_overlapping(config)))
    return config


def config_hash(config: Config) -> str:
    """Changes with the meaning of the configuration. Secrets are references, so none is in it."""
    return hashlib.sha256(compact(config.settings.model_dump(mode="json")).encode()).hexdigest()[:16]


def _overlapping(config: Config) -> Iterator[Complaint]:
    """A complaint for each two connections that must not run together."""
    reaches = [config.reach(name) for name in config.connection_names]
    for each in overlaps(reaches, partial(_mapping_of, config)):
        path = ("connections", each.second)
        yield Complaint(config.document.line(path), path, each.what, each.remedy)
    for first, second in rivals(reaches):
        path = ("connections", second)
        what = f"it and connection '{first}' would both make placeholders for what their GRC alone knows"
        remedy = "Set policy.grc_only: report for all connections of that GRC but one."
        yield Complaint(config.document.line(path), path, what, remedy)


def _mapping_of(config: Config, connection: str) -> ConnectionMapping | None:
    """The mapping; None where it is wrong, for then the connection cannot be opened at all, and says why."""
    try:
        return config.mapping(connection)
    except ConfigError:
        return None
