"""The entry point: runs a command, and turns whatever happens into an exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from connector.cli.app import App
from connector.cli.group import root

COLLECT_AFTER = 100_000
"""Objects made before Python looks for garbage in rings. A cycle makes millions that live to its end, hardly any in a
ring: looking after every 700, as usual, takes a quarter of its time.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``mlflow-grc`` and end the process with its exit code."""
    gc.set_threshold(COLLECT_AFTER)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run ``mlflow-grc`` with these arguments and return the exit code; nothing is raised."""
    app = App()
    _make_printable()
    try:
        code = root.main(list(arguments), prog_name="mlflow-grc", standalone_mode=False, obj=app)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last handler there is
        return app.tell(error)
    return code if isinstance(code, int) else 0


def _make_printable() -> None:
    """Let a terminal without UTF-8 show any name, escaped, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
