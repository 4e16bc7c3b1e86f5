"""The adapters that are installed, found by entry point: ours and those of other packages alike."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from adapters.base import ENTRY_POINT_GROUP, Adapter
from connector.mapping.complaints import nearest
from connector.model.errors import ConfigError


def adapter_names() -> tuple[str, ...]:
    """The names of all installed adapters, sorted."""
    return tuple(sorted(_found()))


def adapter_class(name: str) -> type[Adapter]:
    """The adapter of that name. Raises ConfigError naming the installed ones, or why it cannot be loaded."""
    found = _found()
    if name not in found:
        installed = ", ".join(sorted(found)) or "none"
        hint = nearest(name, found) if found else ""
        remedy = hint if hint.startswith("Did") else f"Install the package that brings it; installed are: {installed}."
        raise ConfigError(f"There is no adapter '{name}'.", remedy=remedy)
    remedy = f"Reinstall the package that brings it ({found[name].value})."
    try:
        loaded = found[name].load()
    except Exception as error:
        what = f"The adapter '{name}' cannot be loaded ({type(error).__name__}: {error})."
        raise ConfigError(what, remedy=remedy) from error
    if not (isinstance(loaded, type) and issubclass(loaded, Adapter)):
        raise ConfigError(f"The entry point '{name}' names no adapter.", remedy=remedy)
    return loaded


def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
