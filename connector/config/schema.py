"""JSON Schemas for editors: completion and checks while a configuration or mapping is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from connector.config.settings import Settings
from connector.mapping.inventory import Inventory
from connector.mapping.platform import PlatformMapping
from connector.mapping.profile import Profile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema() -> dict[str, Any]:
    """The schema of ``mlflow-grc.yaml``."""
    return _schema(Settings, "mlflow-grc.yaml")


def inventory_schema() -> dict[str, Any]:
    """The schema of an inventory."""
    return _schema(Inventory, "Inventory of mlflow-grc")


def profile_schema() -> dict[str, Any]:
    """The schema of a regime's profile."""
    return _schema(Profile, "Profile of mlflow-grc")


def mapping_schema(options: Mapping[str, type[BaseModel]] | None = None) -> dict[str, Any]:
    """The schema of a platform mapping. ``options`` are adapters' option models by adapter name, each the section of
    that name; without them any section is let through.
    """
    schema = _schema(PlatformMapping, "Platform mapping of mlflow-grc")
    if not options:
        schema["additionalProperties"] = {"type": "object"}
        return schema
    for name, model in options.items():
        section = model.model_json_schema(mode="validation", ref_template=f"#/$defs/{name}.{{model}}")
        schema["$defs"] |= {f"{name}.{key}": value for key, value in section.pop("$defs", {}).items()}
        schema["properties"][name] = section
    return schema


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    return {"$schema": _DIALECT, **model.model_json_schema(mode="validation"), "title": title}
