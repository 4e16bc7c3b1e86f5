"""From the configuration to an open connection: registry, adapter, mapping and policy put together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence

from adapters.base import Adapter, AdapterSettings
from adapters.httpclient.traffic import Traffic
from connector.apply.translate import Translator
from connector.config.config import Config
from connector.config.secrets import missing_secrets
from connector.engine.adapters import adapter_class
from connector.engine.attesting import attestations_of
from connector.engine.connection import Connection
from connector.engine.contents import reader_of
from connector.engine.judging import judge_of
from connector.engine.permit import Permit
from connector.engine.process import process_name
from connector.mapping.connection import ConnectionMapping
from connector.model.errors import ConfigError
from connector.model.fields import Entity, Side
from connector.model.state import LinkState
from connector.registry.base import Registry
from connector.registry.joined import JoinedRegistry
from connector.registry.rest import MlflowRegistry
from connector.state.base import StateReader, Store
from connector.tracing import request_spans

SHORTEST_LEASE = 300.0
"""Seconds for which a connection is held without being renewed."""


def open_connection(
    config: Config,
    name: str,
    store: Store,
    *,
    stop: threading.Event | None = None,
    abort: threading.Event | None = None,
    one_off: bool = False,
) -> Connection:
    """Open a connection; nothing is sent yet, and closing the store stays the caller's business.

    ``stop`` ends a cycle after the operation in hand, ``abort`` whatever a request waits for. ``one_off``: for a single
    look beside a daemon that may be running, as ``one_off_auth`` says. Raises ConfigError with
    every secret that is missing, for an adapter that is not installed, and for a mapping that is wrong.
    """
    require_secrets(config, name, one_off=one_off)
    mapping = used_mapping(config, name)
    chosen, registry = config.connection(name), config.registry(name)
    permit = Permit()
    traffic = {side: Traffic(request_spans(name, side), permit.keep) for side in Side}
    timeout = max(chosen.http.timeout_seconds, registry.http.timeout_seconds)
    attestations = attestations_of(config)
    if attestations is not None:
        attestations()  # keys that do not fit are told before anything else is done
    return Connection(
        name=name,
        instance=config.instance,
        registry=open_registry(config, name, abort=abort, permit=permit, traffic=traffic[Side.REGISTRY]),
        adapter=open_adapter(
            config,
            name,
            mapping,
            abort=abort,
            permit=permit,
            one_off=one_off,
            known=lambda entity: known_records(store, name, entity),
            traffic=traffic[Side.GRC],
        ),
        translator=Translator(mapping, config.reading(name, mapping)),
        store=store,
        owner=process_name(),
        policy=config.policy(name),
        run_fields=registry.run_fields,
        request_timeout=timeout,
        lease_seconds=max(SHORTEST_LEASE, 4 * timeout),
        concurrency=chosen.concurrency,
        stop=stop or threading.Event(),
        permit=permit,
        traffic=traffic,
        judge=judge_of(config, name, mapping, store) if config.policy(name).findings is not None else None,
        attestations=attestations,
        read_content=reader_of(config, name),
    )


def require_secrets(config: Config, name: str, sections: Sequence[str] = (), *, one_off: bool = False) -> None:
    """Raise ConfigError naming every secret that the connection needs and that cannot be read; of these sections of
    the configuration alone, where some are named.
    """
    problems = missing_secrets(config, name, sections, one_off=one_off)
    if len(problems) == 1:
        only = problems[0]
        raise ConfigError(f"{only.where}: {only.what}", remedy=only.remedy)
    if problems:
        lines = "\n".join(f"  {one.where}: {one.what} Remedy: {one.remedy}" for one in problems)
        raise ConfigError(f"{len(problems)} secrets are missing:\n{lines}")


def connection_mapping(config: Config, name: str) -> ConnectionMapping:
    """The connection's mapping with the adapter's section validated by the adapter. Raises ConfigError."""
    return config.mapping(name, _adapter_class(config, name).Options)


def used_mapping(config: Config, name: str) -> ConnectionMapping:
    """The mapping of a connection as its cycles use it: where no finding opens an issue, the platform need not have
    what that alone takes. Raises ConfigError.
    """
    mapping = connection_mapping(config, name)
    return mapping if config.policy(name).findings is not None else mapping.without_opening()


def open_registry(
    config: Config,
    name: str,
    *,
    abort: threading.Event | None = None,
    permit: Permit | None = None,
    traffic: Traffic | None = None,
) -> Registry:
    """The registry of a connection: one workspace of a server, or several joined."""
    settings = config.registry(name)
    served = settings.served
    opened = MlflowRegistry(
        settings.uri,
        settings.auth,
        settings.http,
        workspace=served.only,
        stop=abort,
        before_write=permit,
        traffic=traffic,
    )
    return JoinedRegistry(opened, served) if served.several else opened


def open_adapter(
    config: Config,
    name: str,
    mapping: ConnectionMapping,
    *,
    abort: threading.Event | None = None,
    permit: Permit | None = None,
    one_off: bool = False,
    known: Callable[[Entity], Collection[str]] | None = None,
    traffic: Traffic | None = None,
) -> Adapter:
    """The adapter of a connection; ``one_off`` as in :func:`open_connection`, ``known`` as in the adapter's settings.
    Raises ConfigError for options that do not fit.
    """
    chosen = config.connection(name)
    own_auth = chosen.one_off_auth if one_off else None
    return _adapter_class(config, name)(
        AdapterSettings(
            connection=name,
            url=chosen.url,
            auth=chosen.auth if own_auth is None else own_auth,
            http=chosen.http,
            options=mapping.options,
            entities=mapping.entities,
            variables=dict(chosen.variables),
            stop=abort,
            before_write=permit,
            one_off=own_auth is not None,
            known=known,
            traffic=traffic,
        )
    )


def known_records(store: StateReader, connection: str, entity: Entity) -> Collection[str]:
    """The records of an entity that the state knows of: those that are linked, and issues that were seen."""
    if entity is Entity.ISSUE:
        return frozenset(store.issues(connection))
    live = (LinkState.LIVE, LinkState.RECORD_GONE)
    links = store.links(connection).values()
    return frozenset(link.record_id for link in links if link.ref.entity is entity and link.state in live)


def _adapter_class(config: Config, name: str) -> type[Adapter]:
    try:
        return adapter_class(config.connection(name).adapter)
    except ConfigError as error:
        if error.file is not None:
            raise
        raise _placed(config, ("connections", name, "adapter"), error) from error


def _placed(config: Config, path: tuple[str, ...], error: ConfigError) -> ConfigError:
    document = config.document
    return ConfigError(
        error.message, file=document.file, line=document.line(path), key=".".join(path), remedy=error.remedy
    )
