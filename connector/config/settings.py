"""The models of ``mlflow-grc.yaml``. Every setting's description here is what docs/configuration.md and the JSON
Schema say of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, field_validator, model_validator

from adapters.httpclient.secret import Secret
from adapters.httpclient.settings import AuthSettings, HttpSettings, NoAuth
from connector.config.attestation import AttestationSettings
from connector.config.cron import checked_cron
from connector.config.durations import Duration
from connector.config.events import EventSettings
from connector.config.policy import PolicySettings
from connector.config.reports import ReportSettings
from connector.config.server import POOL_SIZE, database_url
from connector.config.service import HealthSettings, ServerSettings, TracingSettings
from connector.mapping.inventory import FieldName
from connector.mapping.sources import Scope
from connector.mapping.validation import Strict
from connector.model.fields import Owner
from connector.model.tags import DEFAULT_PREFIX
from connector.model.workspaces import EVERY, Workspaces

Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=60)]
"""A registry's or a connection's name."""

DATABRICKS_SCHEMES = ("databricks", "databricks-uc")


_BARE_HOST = re.compile(r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:\d))(:\d+)?(/\S*)?")
"""A host, with a port or a path at most: an address that lacks its scheme."""


def _http_address(value: str) -> str:
    if _BARE_HOST.fullmatch(value):
        raise ValueError(f"this is no address Remedy: Write http:// or https:// before it, as in http://{value}.")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("this is no address Remedy: Write it in full, as in https://grc.example.com.")
    if parts.username or parts.password:
        raise ValueError("an address must not hold credentials Remedy: Put them under auth, as {env: NAME}.")
    return value.rstrip("/")


def _registry_address(value: str) -> str:
    if value.split(":", 1)[0] in DATABRICKS_SCHEMES:
        return value
    if not _BARE_HOST.fullmatch(value) and urlsplit(value).scheme not in ("http", "https"):
        remedy = "Start `mlflow server` on that store and give its address, as in http://127.0.0.1:5000."
        raise ValueError(f"MLflow is reached through its server, never its store Remedy: {remedy}")
    return _http_address(value)


def _workspace_name(value: str) -> str:
    if value != EVERY and re.fullmatch(r"[^/:*?\s\[\]]{1,100}", value) is None:
        raise ValueError("this is no workspace's name Remedy: Write it as MLflow lists it, or '*' alone for all.")
    return value


def _listed_workspaces(value: object) -> object:
    """``"*"`` as a list of it alone. Raises ValueError for a star among names, and for a name given twice."""
    if value == EVERY:
        return (EVERY,)
    if isinstance(value, list | tuple):
        if EVERY in value:
            raise ValueError("the star stands alone, for all workspaces Remedy: Write '*' without a list, or names.")
        if len(set(map(str, value))) < len(value):
            raise ValueError("a workspace is named twice Remedy: Name each once.")
    return value


WorkspaceName: TypeAlias = Annotated[str, AfterValidator(_workspace_name)]
"""A workspace's name."""


def _not_computed(value: Owner) -> Owner:
    if value is Owner.COMPUTED:
        raise ValueError("what the connector works out cannot be chosen as an owner Remedy: Use mlflow, grc or shared.")
    return value


class ScopeSettings(Strict):
    """Which registered models are meant. Leaving the scope is never taken for a deletion."""

    include: tuple[str, ...] = Field(
        default=("*",), description="Globs of names, case-sensitive; one with a `/` is about `workspace/name`."
    )
    exclude: tuple[str, ...] = Field(default=(), description="Globs of names left out; they win over include.")
    tags: dict[str, str] = Field(default_factory=dict, description="Tags that a model must have, with these values.")

    def scope(self, workspace: str | None = None) -> Scope:
        """Return the scope as reading the registry uses it; ``workspace`` is that of names which tell none."""
        return Scope(self.include, self.exclude, self.tags, workspace=workspace)


class RegistrySettings(Strict):
    """One MLflow model registry."""

    uri: Annotated[str, AfterValidator(_registry_address)] = Field(description="Address of the MLflow server.")
    id: UUID = Field(description="Names the registry in correlation keys for ever. `init` makes it; never change it.")
    workspaces: Annotated[
        tuple[WorkspaceName, ...],
        BeforeValidator(_listed_workspaces, json_schema_input_type=Literal["*"] | tuple[WorkspaceName, ...]),
    ] = Field(
        default=(),
        description="Workspaces to read, by name, or `*` for all that the server lists; none: the server has none.",
    )
    placeholder_workspace: WorkspaceName | None = Field(
        default=None, description="Where placeholders are made, if several workspaces are read."
    )
    auth: AuthSettings = Field(default=NoAuth(), description="How to sign in to MLflow.")
    http: HttpSettings = Field(default=HttpSettings(), description="How requests to MLflow are sent.")
    scope: ScopeSettings = Field(default=ScopeSettings(), description="Which registered models are meant.")
    production_aliases: tuple[str, ...] = Field(
        default=("production", "champion"),
        description="Aliases that mean production; `stage:Production` stands for the stage.",
    )
    run_fields: bool = Field(default=True, description="Whether fields that stand in runs are read.")

    @property
    def served(self) -> Workspaces:
        """The workspaces that are read."""
        return Workspaces(every=True) if self.workspaces == (EVERY,) else Workspaces(self.workspaces)


class ScheduleSettings(Strict):
    """When `mlflow-grc run` starts a cycle."""

    interval: Duration | None = Field(default=None, description="Time between cycles, 5m unless cron is set.")
    jitter: Duration = Field(default=10.0, description="Up to this much is added to the interval, at random.")
    full_sweep: Duration | None = Field(
        default=3600.0,
        description="At most so much lies between whole listings of the GRC; between them the daemon asks only "
        "for what was changed, where platform and mapping allow it. 0 or null: every cycle lists everything.",
    )
    cron: str | None = Field(
        default=None, description="Five fields of cron, in UTC, instead of the interval; 0 and 7 are Sunday."
    )

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, value: str | None) -> str | None:
        return checked_cron(value) if value is not None else None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.cron is not None and self.interval is not None:
            raise ValueError("interval and cron exclude each other Remedy: Remove one of them.")
        if self.interval is not None and self.interval < 1:
            raise ValueError("the interval is too short Remedy: Use at least 1s.")
        return self

    @property
    def seconds(self) -> float:
        """The interval in seconds; without meaning where ``cron`` is set."""
        return 300.0 if self.interval is None else self.interval


class ConnectionSettings(Strict):
    """One registry with one GRC."""

    registry: str = Field(description="Name of the registry, one of those under registries.")
    adapter: str = Field(min_length=1, description="Name of the adapter: http, or that of a plug-in.")
    url: Annotated[str, AfterValidator(_http_address)] = Field(description="Address of the GRC.")
    auth: AuthSettings = Field(default=NoAuth(), description="How to sign in to the GRC.")
    one_off_auth: AuthSettings | None = Field(
        default=None,
        description="How `plan`, `check` and `report reconcile --live` sign in, where a second login would end the "
        "daemon's; none: as auth says.",
    )
    http: HttpSettings = Field(default=HttpSettings(), description="How requests to the GRC are sent.")
    concurrency: PositiveInt = Field(
        default=4,
        description="How many registered models are written at a time, each with its versions in order. From 2 on both "
        "sides are read at once. Requests keep to http.max_concurrency and http.rate_limit of either side.",
    )
    mapping: str = Field(min_length=1, description="A mapping that comes with mlflow-grc, or the path of a file.")
    scope: ScopeSettings = Field(
        default=ScopeSettings(), description="Which models of the registry's scope are this connection's."
    )
    tag_prefix: str = Field(
        default=DEFAULT_PREFIX,
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        max_length=40,
        description="Start of every tag that the connector alone writes; where scopes can overlap, one per connection.",
    )
    owners: dict[FieldName, Annotated[Owner, AfterValidator(_not_computed)]] = Field(
        default_factory=dict, description="Owners that differ from the inventory's, by field."
    )
    variables: dict[str, str] = Field(
        default_factory=dict, description="Values for ${NAME} in the mapping's adapter section. No secrets."
    )
    policy: PolicySettings = Field(
        default=PolicySettings(), description="Keys that replace those of the common policy."
    )
    schedule: ScheduleSettings | None = Field(
        default=None, description="When its cycles start; none: as the common schedule says."
    )


class StateSettings(Strict):
    """Where the connector keeps what it remembers."""

    path: Path = Field(
        default=Path("mlflow-grc.db"), description="SQLite file, relative to this file; its directory exists."
    )
    url: Annotated[str, AfterValidator(database_url)] | None = Field(
        default=None,
        description="PostgreSQL database instead of the file, `postgresql://USER@HOST/NAME`, with libpq's parameters "
        "after a `?`. TLS is verified unless the server is on this machine or `sslmode` says otherwise. Needs the "
        "extra `postgres`.",
    )
    password: Secret | None = Field(
        default=None, description="Password for the database; none: as libpq finds it (`~/.pgpass`, a certificate)."
    )
    pool_size: PositiveInt = Field(
        default=POOL_SIZE, description="Connections to the database that one process opens at most."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.url is not None and "path" in self.model_fields_set:
            raise ValueError("path and url exclude each other Remedy: Remove one of them.")
        if self.url is None and self.password is not None:
            raise ValueError("a file has no password Remedy: Remove password, or name a database with url.")
        return self


class WorkerSettings(Strict):
    """How the daemons on several machines share the cycles out, where the state is on PostgreSQL."""

    cycles: PositiveInt = Field(default=4, description="Cycles that one daemon runs at a time.")
    heartbeat: Duration = Field(default=10.0, description="How often a daemon says that it lives.")
    stalled_after: Duration = Field(
        default=30.0, description="Without a heartbeat for so long, a daemon's work is given to another."
    )

    @model_validator(mode="after")
    def _several_beats(self) -> Self:
        if self.heartbeat < 1 or self.stalled_after < 2 * self.heartbeat:
            raise ValueError(
                "a daemon would be given up while it lives "
                "Remedy: Use a heartbeat of at least 1s, and at least twice that for stalled_after."
            )
        return self


class LoggingSettings(Strict):
    """What is logged, and where."""

    format: Literal["text", "json"] = Field(default="text", description="text for people, json for machines.")
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least level shown.")
    file: Path | None = Field(default=None, description="File to log to, relative to this file; none: standard error.")


class Settings(Strict):
    """The whole of ``mlflow-grc.yaml``."""

    instance: UUID = Field(description="Names this installation in GRC records. `init` makes it; never change it.")
    registries: dict[Name, RegistrySettings] = Field(min_length=1, description="MLflow registries, by name.")
    connections: dict[Name, ConnectionSettings] = Field(min_length=1, description="Connections, by name.")
    inventory: Path | None = Field(
        default=None, description="An inventory file of your own, relative to this file; none: the one that ships."
    )
    state: StateSettings = Field(default=StateSettings(), description="Where the state is kept.")
    schedule: ScheduleSettings = Field(default=ScheduleSettings(), description="When cycles start.")
    workers: WorkerSettings = Field(
        default=WorkerSettings(), description="How several daemons share the cycles out; with a PostgreSQL state alone."
    )
    policy: PolicySettings = Field(default=PolicySettings(), description="What connections are allowed to do.")
    attestation: AttestationSettings | None = Field(
        default=None, description="How approvals are signed, for the deployment gate; off unless written."
    )
    reports: ReportSettings = Field(default=ReportSettings(), description="What reports ask for.")
    events: EventSettings = Field(default=EventSettings(), description="What is done when a side tells of a change.")
    logging: LoggingSettings = Field(default=LoggingSettings(), description="What is logged.")
    health: HealthSettings = Field(default=HealthSettings(), description="When the connector counts as ready.")
    server: ServerSettings | None = Field(
        default=None, description="The web server of `mlflow-grc run`; off unless written, and `{}` is enough."
    )
    tracing: TracingSettings | None = Field(default=None, description="Where traces go; off unless written.")
