"""The service part of the configuration: the daemon's own web server, when it counts as ready, and its traces."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from adapters.httpclient.secret import Secret
from connector.config.addresses import http_address
from connector.config.durations import Duration
from connector.mapping.validation import Strict

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})", re.ASCII)
_REMEDY = "Write it as in 127.0.0.1:8080, or 0.0.0.0:8080 for every interface."
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")


def _listen(value: str) -> str:
    found = _ADDRESS.fullmatch(value)
    if found is None or int(found["port"]) > 65535:
        raise ValueError(f"'{value}' is no address to listen on Remedy: {_REMEDY}")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.username:
        raise ValueError("this is no origin Remedy: Write scheme and host alone, as in https://sync.bank.example.")
    return value.rstrip("/").lower()


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f"'{value}' is no address Remedy: Write 10.0.0.5, or a network as in 10.0.0.0/24.") from None
    if network.prefixlen == 0:
        raise ValueError(f"'{value}' is everybody, who could pose as anybody Remedy: Write the proxy's own address.")
    return value


def _header(value: str) -> str:
    if _HEADER.fullmatch(value) is None:
        raise ValueError(f"'{value}' is no header's name Remedy: Write it as in X-Forwarded-User.")
    return value


def _person(value: str) -> str:
    if _NAME.fullmatch(value) is None or value != value.strip():
        raise ValueError("this is no person's name Remedy: Write it as the audit trail should have it.")
    return value


Person: TypeAlias = Annotated[str, AfterValidator(_person)]
"""A name as the audit trail has it."""


class TlsSettings(Strict):
    """The certificate that the server shows. Both files are read again when they are replaced."""

    certificate: Path = Field(description="PEM file with the certificate and those above it, relative to this file.")
    key: Path = Field(description="PEM file with its private key, relative to this file.")


class ProxySettings(Strict):
    """A reverse proxy that signs people in and tells who they are."""

    header: Annotated[str, AfterValidator(_header)] = Field(
        default="X-Forwarded-User", description="Header with the person's name; the proxy has to set or remove it."
    )
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        min_length=1, description="Addresses or networks of the proxy; the header of anybody else is not looked at."
    )


class LimitSettings(Strict):
    """What one client may ask of the server."""

    body_bytes: PositiveInt = Field(default=262_144, description="The longest body that is read.")
    header_seconds: PositiveFloat = Field(default=10.0, description="Time within which a request's head has to come.")
    body_seconds: PositiveFloat = Field(default=10.0, description="Time within which a request's body has to come.")
    answer_seconds: PositiveFloat = Field(default=30.0, description="Time within which an answer is made and taken.")
    keep_alive_seconds: PositiveInt = Field(default=5, description="Time for which an idle connection is kept.")
    connections: PositiveInt = Field(default=100, description="Connections at a time; one more is told to come later.")
    sign_ins: PositiveInt = Field(
        default=5, description="Failed sign-ins from one address within five minutes; one more is refused unread."
    )


class ServerSettings(Strict):
    """The daemon's own web server: health, metrics, status page, and the receiver of events."""

    listen: Annotated[str, AfterValidator(_listen)] = Field(
        default="127.0.0.1:8080", description="Address and port to listen on; port 0: the system chooses."
    )
    origin: Annotated[str, AfterValidator(_origin)] | None = Field(
        default=None, description="How browsers reach it, as in https://sync.bank.example; needed behind a proxy."
    )
    tls: TlsSettings | None = Field(default=None, description="Certificate and key; none: plain HTTP.")
    reading: Literal["open", "signed_in"] | None = Field(
        default=None,
        description="Who may read the status page: everybody, or who is signed in. None: everybody on loopback, who is "
        "signed in elsewhere. Health and metrics, which name no model, are open to all who reach the port.",
    )
    people: dict[Person, Secret] = Field(
        default_factory=dict, description="Who may sign in and decide, by name, each with a token of their own."
    )
    proxy: ProxySettings | None = Field(default=None, description="A reverse proxy that signs people in.")
    cookie_key: Secret | None = Field(
        default=None,
        description="What sign-ins are signed with, the same for all replicas; none: made anew at each start.",
    )
    limits: LimitSettings = Field(default=LimitSettings(), description="What one client may ask.")

    @property
    def host(self) -> str:
        """Where to listen, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0: the system chooses."""
        return int(self.listen.rpartition(":")[2])

    @property
    def on_loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def open_to_read(self) -> bool:
        """Whether the status page can be read without a sign-in."""
        return self.on_loopback if self.reading is None else self.reading == "open"

    @model_validator(mode="after")
    def _encrypted_origin(self) -> Self:
        if self.tls is not None and self.origin is not None and self.origin.startswith("http://"):
            raise ValueError("with tls, browsers reach it by https Remedy: Correct origin.")
        return self


class HealthSettings(Strict):
    """When the connector counts as ready."""

    missed_cycles: PositiveInt = Field(
        default=3, description="Cycles of the schedule after which the last complete one is too old."
    )
    audit_check: Duration = Field(
        default=3600.0, gt=0, description="How often the whole audit trail is proved while the server runs."
    )


class TracingSettings(Strict):
    """Where OpenTelemetry traces go; needs the extra `tracing`."""

    endpoint: Annotated[str, *http_address("http://127.0.0.1:4318/v1/traces")] = Field(
        description="Where to send them by OTLP over HTTP, as in http://127.0.0.1:4318/v1/traces.",
    )
    headers: dict[str, Secret] = Field(default_factory=dict, description="Headers of each export, such as a key.")
    ratio: float = Field(default=1.0, ge=0, le=1, description="Share of the cycles that are traced.")
    service: str = Field(default="mlflow-grc", min_length=1, description="Name of the service in the traces.")
