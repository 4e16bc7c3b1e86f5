"""sqlite-utils without what it would load beside itself.

Where pandas and numpy are installed (MLflow brings them) it imports both, for tables made from their types: a second
and 90 MB that the state has no use for.
"""

from __future__ import annotations

import sys
import threading
from types import ModuleType

_UNUSED = ("pandas", "numpy")
_lock = threading.Lock()


def sqlite_utils() -> ModuleType:
    """The module, imported at the first call."""
    with _lock:
        kept_out = [name for name in _UNUSED if name not in sys.modules]
        if "sqlite_utils" in sys.modules:
            kept_out = []
        for name in kept_out:
            sys.modules[name] = None  # type: ignore[assignment]  # says that it is not there
        try:
            import sqlite_utils as module  # noqa: PLC0415 - slow to import
        finally:
            for name in kept_out:
                del sys.modules[name]
        return module
