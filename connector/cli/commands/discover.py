"""``mlflow-grc discover``: what the GRC has, for people, for machines, and as a mapping to complete."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.failures import NotThere
from connector.cli.files import whole_file
from connector.cli.options import FILE, pass_app
from connector.cli.schema_words import as_document, show_containers, show_entities
from connector.engine.describing import describe
from connector.mapping.connection import ConnectionMapping
from connector.mapping.drafting import draft
from connector.mapping.skeleton import section_text, skeleton
from connector.mapping.yamlfile import read_yaml
from connector.model.errors import ConfigError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Container, Schema, SchemaField

_ENTITIES = tuple(entity.value for entity in Entity)


@click.command()
@click.argument("named", metavar="[CONNECTION]", required=False)
@click.option(
    "--container",
    "containers",
    multiple=True,
    metavar="[ENTITY=]NAME",
    help="Show this table or application with its fields, several if repeated. ENTITY=NAME, such as model=u_models: "
    "draft the mapping of that entity from it.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "mapping"]),
    default="text",
    show_default=True,
    help="mapping: a draft to complete, for `mlflow-grc init --mapping`.",
)
@click.option("--output", type=FILE, metavar="FILE", help="File for the draft; its name ends in .yaml.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@pass_app
def command(
    app: App, *, named: str | None, containers: tuple[str, ...], form: str, output: Path | None, force: bool
) -> None:
    """Show what the GRC has: tables or applications, fields, choices.

    Without --container: the fields of the entities that the mapping names, and the list of containers. As a mapping,
    each field of the inventory is looked for by name and label: what is sure is filled in, what is not stands in
    comments. Reads the GRC only; what it tells depends on the platform and on the account's rights.
    """
    if output is not None:
        _refuse_output(output, form, force=force)
    app.connection = named or app.connection
    name = app.name()
    wanted = [_split(each) for each in containers]
    mapping, schema = _described(app, name, [container for _, container in wanted])
    if form == "mapping":
        _write(app, _drafted(app, name, mapping, schema, wanted), output)
    elif form == "json":
        app.out.json(as_document(name, mapping.adapter, schema, fields_only=bool(wanted)))
    elif wanted:
        show_entities(app.out, [(each.name, each.label, each.fields) for each in schema.containers if each.fields])
    else:
        show_entities(
            app.out, [(str(entity), "", fields) for entity, fields in schema.entities.items()], mapping=mapping
        )
        show_containers(app.out, schema)


def _described(app: App, name: str, containers: list[str]) -> tuple[ConnectionMapping, Schema]:
    with app.out.working(f"Asking the GRC of {name}"):
        try:
            return describe(app.config, name, containers)
        except Rejected as error:
            if not containers:
                raise
            raise NotThere(error.message, error.remedy) from error


def _refuse_output(path: Path, form: str, *, force: bool) -> None:
    if form != "mapping":
        raise click.UsageError("--output is for --format mapping; send the others where you like with `>`.")
    if path.suffix not in (".yaml", ".yml"):
        raise click.BadParameter("the name of a mapping of your own ends in .yaml.", param_hint="--output")
    if path.exists() and not force:
        remedy = "Name another with --output, or replace it with --force."
        raise ConfigError("The file exists already.", file=str(path), remedy=remedy)


def _split(text: str) -> tuple[Entity | None, str]:
    entity, equals, name = text.partition("=")
    return (Entity(entity), name) if equals and entity in _ENTITIES else (None, text)


def _drafted(
    app: App, name: str, mapping: ConnectionMapping, schema: Schema, wanted: list[tuple[Entity | None, str]]
) -> str:
    offered = dict(schema.entities)
    for entity, container in wanted:
        if entity is not None:
            offered[entity] = _fields_of(mapping, schema, entity, container, alone=len(wanted) == 1)
    document = read_yaml(Path(mapping.file))
    text = Path(mapping.file).read_text(encoding="utf-8")
    return skeleton(
        draft(mapping.platform, mapping.inventory, offered),
        section_text(document, text, mapping.adapter),
        source=str(app.config.connection(name).mapping),
        connection_section=section_text(document, text, "connection"),
        taken={entity: container for entity, container in wanted if entity is not None},
    )


def _fields_of(
    mapping: ConnectionMapping, schema: Schema, entity: Entity, name: str, *, alone: bool
) -> tuple[SchemaField, ...]:
    """The fields of the container that a person named for an entity. Raises NotThere where that is not clear."""
    if entity not in mapping.entities:
        raise NotThere(
            f"The mapping in use has no {entity} records.", f"Describe entities.{entity} in it first, or leave it out."
        )
    found = _called(name, [each for each in schema.containers if each.fields], alone=alone)
    if len(found) != 1:
        there = ", ".join(each.name for each in found or schema.containers[:10])
        raise NotThere(f"'{name}' is not the name of one container with fields.", f"Give one of {there}.")
    return found[0].fields


def _called(name: str, containers: list[Container], *, alone: bool) -> list[Container]:
    """Those meant by a name: by it, by a part of an application's, or the only ones that were asked for."""
    for meant in (
        [each for each in containers if each.name == name],
        [each for each in containers if each.name.partition("/")[0] == name],
        containers if alone else [],
    ):
        if meant:
            return meant
    return []


def _write(app: App, text: str, output: Path | None) -> None:
    if output is None:
        app.out.stream.write(text)
        return
    with whole_file(output) as stream:
        stream.write(text)
    app.out.line(f"Wrote {output}: look for the words unsure and to be created, and at each guess.")
    app.out.line(f"Next: name it as the connection's mapping, or mlflow-grc init --mapping {output}")
