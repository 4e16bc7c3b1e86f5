"""``mlflow-grc init``: a configuration to start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.files import whole_file
from connector.cli.options import FILE, pass_app
from connector.cli.words import listed
from connector.config.template import render
from connector.engine.adapters import adapter_class, adapter_names
from connector.mapping.load import load_mapping, mapping_path, packaged_mappings
from connector.mapping.platform import Beginning
from connector.model.errors import ConfigError
from connector.model.grc import Json

MOCK = "mock"
MOCK_URL = "http://127.0.0.1:8087"
_MOCK_STEPS = (
    (f"mlflow-grc mock --port {MOCK_URL.rpartition(':')[2]}", "in another terminal: a GRC to try things out on"),
    ("export GRC_TOKEN=...", "the connector's token, as it prints it"),
)
_LOOK = ("look at the file", "registry, connection, mapping")


@click.command()
@click.option("--adapter", metavar="NAME", help="mock, http, or a plug-in's name.  [default: the mapping's, else mock]")
@click.option("--registry-uri", default="http://127.0.0.1:5000", show_default=True, help="Address of MLflow.")
@click.option("--grc-url", help="Address of the GRC.")
@click.option("--output", type=FILE, metavar="FILE", help="File to write; the --config file unless given.")
@click.option(
    "--mapping",
    "given",
    metavar="FILE",
    help="Mapping to use, such as a draft of `mlflow-grc discover`, or the name of one that ships.",
)
@click.option(
    "--mapping-out",
    type=FILE,
    metavar="FILE",
    help="Write a copy of the mapping too, to change; its name ends in .yaml.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@pass_app
def command(
    app: App,
    *,
    adapter: str | None,
    registry_uri: str,
    grc_url: str | None,
    output: Path | None,
    given: str | None,
    mapping_out: Path | None,
    force: bool,
) -> None:
    """Write a commented mlflow-grc.yaml.

    It gets ids of its own for this installation and its registry, which must never change: they tie GRC records to
    models. Secrets are never written into it, only the names of the variables that hold them.
    """
    path = output or app.config_file
    if path.exists() and not force:
        remedy = "Name another with --output, or replace it with --force: its ids are then lost, and with them the "
        raise ConfigError("The file exists already.", file=str(path), remedy=f"{remedy}ties to existing records.")
    if mapping_out is not None:
        _refuse_mapping(mapping_out, force=force)
    chosen, mapping = _given(given, adapter) if given is not None else _mapping_of(adapter or MOCK)
    name = mapping if mapping in packaged_mappings() else _named(Path(mapping), path)
    begun = load_mapping(mapping).platform.connection
    text = render(
        "http" if chosen == MOCK else chosen,
        registry_uri,
        url=grc_url or (MOCK_URL if chosen == MOCK else begun.url),
        mapping=_named(mapping_out, path) if mapping_out else name,
        auth=_at(begun, grc_url, begun.auth),
        one_off_auth=_at(begun, grc_url, begun.one_off_auth) if begun.one_off_auth else None,
        variables=begun.variables,
    )
    if mapping_out is not None:
        with whole_file(mapping_out) as stream:
            stream.write(mapping_path(mapping).read_text(encoding="utf-8"))
        app.out.line(f"Wrote {mapping_out}, a copy of the mapping {mapping}: change it to what your GRC has.")
    with whole_file(path) as stream:
        stream.write(text)
    _say_what_next(app, path, chosen, _MOCK_STEPS if chosen == MOCK else tuple(_steps(begun)))


def _refuse_mapping(path: Path, *, force: bool) -> None:
    if path.suffix not in (".yaml", ".yml"):
        raise click.BadParameter("the name of a mapping of your own ends in .yaml.", param_hint="--mapping-out")
    if path.exists() and not force:
        remedy = "Name another with --mapping-out, or replace it with --force."
        raise ConfigError("The file exists already.", file=str(path), remedy=remedy)


def _mapping_of(adapter: str) -> tuple[str, str]:
    """The adapter and the mapping to begin with: the adapter's, where one ships. Raises ConfigError for an unknown
    adapter.
    """
    if adapter != MOCK:
        adapter_class(adapter)
    return adapter, adapter if adapter in packaged_mappings() else MOCK


def _given(mapping: str, adapter: str | None) -> tuple[str, str]:
    """The adapter of a mapping that is there, and that mapping. Raises ConfigError for one that is wrong, and where
    another adapter is asked for.
    """
    found = load_mapping(mapping).adapter
    load_mapping(mapping, adapter_options_model=adapter_class(found).Options)
    if adapter not in (None, found):
        remedy = f"Leave out --adapter, or name a mapping for {adapter}."
        raise ConfigError(f"The mapping is for the adapter {found}, not for {adapter}.", file=mapping, remedy=remedy)
    return found, mapping


def _named(mapping: Path, config: Path) -> str:
    """The path of a mapping as the configuration file names it: relative to itself where it lies below."""
    absolute, directory = mapping.absolute(), config.absolute().parent
    return str(absolute.relative_to(directory) if absolute.is_relative_to(directory) else absolute)


def _steps(begun: Beginning) -> Iterator[tuple[str, str]]:
    """What to do first where the GRC is a real one."""
    yield _LOOK
    if begun.variables:
        yield "set the variables", f"of the connection, as the mapping says: {listed(begun.variables)}"
    for name in _environment([begun.auth, begun.one_off_auth]):
        yield f"export {name}=...", "how the connector signs in to the GRC"


def _at(begun: Beginning, grc_url: str | None, settings: Mapping[str, Json]) -> dict[str, Json]:
    """Settings whose addresses on the mapping's stand-in for a server name the server that was given."""
    stand_in = f"{_origin(begun.url)}/"

    def moved(value: Json) -> Json:
        if isinstance(value, str) and value.startswith(stand_in):
            return f"{_origin(grc_url or begun.url)}/{value.removeprefix(stand_in)}"
        return value

    return {key: moved(value) for key, value in settings.items()}


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def _environment(value: object) -> Iterator[str]:
    """The variables of the environment that settings name."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    if isinstance(value, Mapping) and set(value) == {"env"}:
        yield str(value["env"])
        return
    for each in inner:
        yield from _environment(each)


def _say_what_next(app: App, path: Path, adapter: str, first: Sequence[tuple[str, str]]) -> None:
    out = app.out
    out.line(f"Wrote {path}. Keep it under version control: it holds ids, and no secrets.")
    out.line()
    out.line("Next:")
    steps = [
        *first,
        ("mlflow-grc check", "finds every problem, each with its remedy"),
        ("mlflow-grc plan", "shows what a sync would do"),
        ("mlflow-grc sync", "does it, once"),
        ("mlflow-grc run", "keeps doing it"),
    ]
    width = max(len(command) for command, _ in steps)
    for number, (step, what) in enumerate(steps, start=1):
        out.line(f"  {f'{number}.':<{len(str(len(steps))) + 1}} {step:{width}}  {what}")
    if adapter != MOCK:
        out.line(f"Installed adapters: {listed(adapter_names())}. Mappings that ship: {listed(packaged_mappings())}.")
