"""Makes ``demo.svg``, the README's picture: the demo is played for real, and one of its acts and its end are drawn.

Run from a checkout: ``python docs/images/picture.py``
"""

from __future__ import annotations

import io
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rich.console import Console

from connector.demo import run
from connector.demo.events import ActBegan, Ended, Event, Reported
from connector.demo.narrator import TextNarrator
from connector.demo.reconciliation import make_report
from connector.demo.wiring import open_cycle

ACT = 4
WIDTH = 100
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class Selection(TextNarrator):
    """Prints one act and the end, and keeps the rest to itself."""

    act = 0

    def tell(self, event: Event) -> None:
        if isinstance(event, ActBegan):
            self.act = event.number
        if self.act == ACT or isinstance(event, Reported | Ended):
            super().tell(event)

    def working(self, what: str) -> AbstractContextManager[None]:  # noqa: ARG002 - a picture has no spinner
        return nullcontext()


def main() -> int:
    """Play the demo and write the picture beside this file; returns the demo's exit code."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    run.TextNarrator = lambda _stream: Selection(console=console)  # type: ignore[assignment,misc]
    code = run.run_demo(run.DemoOptions(), run.Parts(open_cycle, make_report), stream=io.StringIO())
    picture = _WEB_FONTS.sub("", console.export_svg(title="mlflow-grc demo"))
    Path(__file__).with_name("demo.svg").write_text(picture.replace("Fira Code, monospace", "monospace"))
    return code


if __name__ == "__main__":
    sys.exit(main())
