"""Every connection has its turn: what goes wrong with one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from connector.cli.app import App, worst
from connector.cli.failures import NotThere
from connector.cli.output import BAD, GOOD, WARN
from connector.cli.words import listed
from connector.model.errors import MlflowGrcError

T = TypeVar("T")

_STYLES = {0: GOOD, 3: WARN}


@dataclass
class Turns(Generic[T]):
    """The turns of one command. ``results`` are those of the connections that had theirs, by name."""

    app: App
    results: dict[str, T] = field(default_factory=dict)
    failed: dict[str, MlflowGrcError] = field(default_factory=dict)
    unconcerned: dict[str, NotThere] = field(default_factory=dict)
    """Connections that know nothing of the model that the command is about."""

    def take(self, name: str, work: Callable[[], T], *, alone: bool) -> T | None:
        """Give a connection its turn; None where it failed, which was said then. Raises what the only one raises."""
        try:
            self.results[name] = work()
        except NotThere as error:
            if alone:
                raise
            self.unconcerned[name] = error
        except MlflowGrcError as error:
            if alone:
                raise
            self.failed[name] = error
            self.app.tell(error, name)
        return self.results.get(name)

    def end(self) -> None:
        """Raise NotThere where no connection knows the model that the command is about."""
        if self.unconcerned and not self.results and not self.failed:
            where = f"none of the connections {listed(self.unconcerned)} knows it"
            raise NotThere(f"{next(iter(self.unconcerned.values())).format_message()} ({where})")

    def code(self, code_of: Callable[[T], int]) -> int:
        """The worst exit code of all turns."""
        failed = (self.app.code_of(error) for error in self.failed.values())
        return worst([*map(code_of, self.results.values()), *failed])

    def document(self) -> list[dict[str, Any]]:
        """What failed, for machines."""
        return [
            {"connection": name, "exit_code": self.app.code_of(error), "error": error.message, "remedy": error.remedy}
            for name, error in self.failed.items()
        ]

    def show(self, code_of: Callable[[T], int], words_of: Callable[[T], str]) -> None:
        """Say in one line each how all connections fared, where there are several."""
        if len(self.results) + len(self.failed) + len(self.unconcerned) < 2:
            return
        out = self.app.out
        out.heading("All connections")
        told = {name: (words_of(result), _STYLES.get(code_of(result), BAD)) for name, result in self.results.items()}
        told |= {name: (f"failed: {error.message}", BAD) for name, error in self.failed.items()}
        told |= dict.fromkeys(self.unconcerned, ("does not know the model", ""))
        out.table(("connection", "outcome"), [(name, told[name]) for name in self.app.names() if name in told])
