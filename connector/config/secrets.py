"""Secrets that the configuration points at and that are not there, all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import BaseModel

from adapters.httpclient.secret import Secret
from connector.config.config import Config
from connector.mapping.complaints import KeyPath, dotted
from connector.model.errors import ConfigError
from connector.model.grc import Json, Problem


def missing_secrets(
    config: Config, connection: str | None = None, sections: Collection[str] = (), *, one_off: bool = False
) -> tuple[Problem, ...]:
    """Look every secret up, or those that one connection needs, or those in some sections of the file, and return those
    that cannot be read; ``where`` is file, line and dotted key. ``one_off``: for a single look, which signs in as
    ``one_off_auth`` says.
    """
    return tuple(_problems(config, connection, sections, one_off=one_off))


def _problems(config: Config, connection: str | None, sections: Collection[str], *, one_off: bool) -> Iterator[Problem]:
    for path, secret in _secrets(config.settings, ()):
        if sections and path[0] not in sections:
            continue
        if connection and not _is_needed(config, connection, path, one_off=one_off):
            continue
        try:
            secret.resolve()
        except ConfigError as error:
            line = config.document.line(path)
            where = f"{config.document.file}:{line}: {dotted(path)}" if line else dotted(path)
            yield Problem(where=where, what=error.message, remedy=error.remedy)


def _is_needed(config: Config, connection: str, path: KeyPath, *, one_off: bool) -> bool:
    chosen = config.connection(connection)
    if path[:2] == ("registries", chosen.registry) or path[0] == "attestation":
        return True
    other = "auth" if one_off and chosen.one_off_auth is not None else "one_off_auth"
    return path[:2] == ("connections", connection) and path[2] != other


def _secrets(value: Json, path: KeyPath) -> Iterator[tuple[KeyPath, Secret]]:
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, inner in value:
            yield from _secrets(inner, (*path, name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secrets(inner, (*path, str(name)))
