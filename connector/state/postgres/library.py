"""Whether what PostgreSQL needs is installed."""

from __future__ import annotations

from importlib.util import find_spec

from connector.model.errors import ConfigError

_NEEDED = ("psycopg", "psycopg_pool")
ENGINE = (*_NEEDED, "procrastinate")
"""What the daemon on PostgreSQL needs."""


def require(needed: tuple[str, ...] = _NEEDED) -> None:
    """Raise ConfigError where a package is missing."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"A state on PostgreSQL needs packages that are not installed ({', '.join(missing)}).",
            remedy="install the extra: pip install 'mlflow-grc[postgres]'.",
        )
