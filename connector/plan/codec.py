"""Plans and operations as JSON: what ``plan --out`` writes, ``sync --plan`` reads and an intent remembers."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from connector.model.errors import ConfigError
from connector.model.operations import Operation, Plan


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
    """Write a plan as indented JSON."""
    return str(_adapter(Plan).dump_json(plan, indent=2).decode())


def plan_from_file(path: Path) -> Plan:
    """Read a saved plan. Raises ConfigError for a file that cannot be read or is not a plan."""
    remedy = "make one with `mlflow-grc plan --out FILE`"
    try:
        plan: Plan = _adapter(Plan).validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read the plan: {error.strerror}", file=str(path), remedy=remedy) from error
    except ValueError as error:
        raise ConfigError("this is not a saved plan", file=str(path), remedy=remedy) from error
    return plan
