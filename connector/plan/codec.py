"""Plans and operations as JSON: what ``plan --out`` writes, ``sync --plan`` reads and an intent remembers."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from connector.model.errors import ConfigError
from connector.model.operations import Operation, Plan

PLAN_VERSION = 1
"""Of the form in which a plan is saved."""


@functools.cache
def _adapter(kind: type[Any]) -> Any:  # noqa: ANN401 - pydantic's TypeAdapter, imported late
    from pydantic import TypeAdapter  # noqa: PLC0415 - keeps `--help` fast

    return TypeAdapter(kind)


def operation_json(operation: Operation) -> str:
    """Write one operation as one line of JSON."""
    return str(_adapter(Operation).dump_json(operation).decode())


def operation_from_json(text: str) -> Operation:
    """Read an operation back. Raises ValueError for anything else."""
    operation: Operation = _adapter(Operation).validate_json(text)
    return operation


def plan_json(plan: Plan) -> str:
    """Write a plan as indented JSON, with the version of this form and a digest of the plan."""
    body = _adapter(Plan).dump_python(plan, mode="json")
    return json.dumps({"version": PLAN_VERSION, "digest": _digest(body), **body}, indent=2, ensure_ascii=False)


def plan_from_file(path: Path) -> Plan:
    """Read a saved plan. Raises ConfigError for a file that cannot be read, is not a plan, is of another version, or
    was changed since it was saved.
    """
    remedy = "Make one with `mlflow-grc plan --out FILE`."
    try:
        body = json.loads(path.read_bytes())
        version, digest = body.pop("version"), body.pop("digest")
        plan: Plan = _adapter(Plan).validate_python(body) if version == PLAN_VERSION else Plan("")
    except OSError as error:
        raise ConfigError(f"The plan cannot be read: {error.strerror}.", file=str(path), remedy=remedy) from error
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise ConfigError("This is not a saved plan.", file=str(path), remedy=remedy) from error
    if version != PLAN_VERSION:
        what = f"This plan has the version {version!r}; this release reads version {PLAN_VERSION}."
        raise ConfigError(what, file=str(path), remedy=remedy)
    if digest != _digest(body):
        raise ConfigError("This plan was changed after it was saved.", file=str(path), remedy=remedy)
    return plan


def _digest(body: object) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
