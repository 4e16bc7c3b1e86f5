"""The same small stories for the naive script and for mlflow-grc, on real servers: what each makes of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.httpclient.redaction import redact
from benchmarks.naive import Naive
from benchmarks.site import CONNECTION, TOKEN, config_of, write_config
from connector import logs
from connector.engine import Cycle
from connector.engine.opening import open_connection
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mlflow_server.author import AuthorError
from connector.mock import MockGrc
from connector.state import open_store

OFFICER = "risk.officer@bank.example"
MODEL = "credit"


@dataclass(slots=True)
class Stage:
    """One model in MLflow and its record in the GRC, brought together by ``sync``: the script's or the connector's."""

    author: RegistryAuthor
    grc: MockGrc
    sync: Callable[[], None]

    @property
    def officer(self) -> Any:  # noqa: ANN401 - the mock's
        """The model risk officer."""
        return self.grc.as_user(OFFICER)

    def record(self, name: str = MODEL) -> dict[str, Any]:
        """The first record of a registered name."""
        found: dict[str, Any] = self.officer.records("models", registry_name=name)[0]
        return found

    def writes(self) -> int:
        """Write requests that the GRC has had."""
        return self.grc.requests.writes


def edit_in_the_grc(stage: Stage) -> str:
    """Somebody in the GRC corrects a text; nobody touches MLflow."""
    stage.officer.patch(stage.record()["id"], purpose="Corrected by model risk.")
    stage.sync()
    return "kept" if stage.record()["purpose"] == "Corrected by model risk." else "lost"


def renamed(stage: Stage) -> str:
    """The model is renamed in MLflow."""
    stage.author.rename(MODEL, "credit-risk")
    stage.sync()
    count = len(stage.officer.records("models"))
    stage.author.rename("credit-risk", MODEL)
    return "one record" if count == 1 else f"{count} records"


def lowered(stage: Stage) -> str:
    """An engineer lowers the risk class in MLflow."""
    stage.author.set_tag(MODEL, "risk_classification", "low")
    stage.sync()
    return f"the GRC says {stage.record()['tier']}"


def idle(stage: Stage) -> str:
    """Nothing happened since the last time."""
    stage.sync()
    before = stage.writes()
    stage.sync()
    return f"{stage.writes() - before} writes to the GRC"


STORIES: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("a text was corrected in the GRC", edit_in_the_grc),
    ("the model was renamed in MLflow", renamed),
    ("the risk class was lowered in MLflow", lowered),
    ("nothing happened", idle),
)


def tell(directory: Path) -> list[dict[str, str]]:
    """What became of each story, by who told it."""
    told: dict[str, dict[str, str]] = {}
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for who, script in (("naive", _naive), ("mlflow_grc", _connector)):
        with MlflowServer(directory / who) as mlflow, RegistryAuthor(mlflow.url) as author:
            for number, (title, story) in enumerate(STORIES):
                with MockGrc(token=TOKEN) as grc:
                    _fresh_model(author)
                    stage = Stage(author, grc, script(directory / f"{who}-{number}", mlflow.url, grc.url))
                    stage.sync()
                    told.setdefault(title, {})[who] = story(stage)
    return [{"story": title, **outcome} for title, outcome in told.items()]


def _fresh_model(author: RegistryAuthor) -> None:
    tags = {"purpose": "Scores.", "risk_classification": "high"}
    with contextlib.suppress(AuthorError):
        author.delete_model(MODEL)
    author.create_model(MODEL, description="A model.", tags=tags)
    author.create_version(MODEL, source="s3://bank/models")


def _naive(_: Path, mlflow: str, grc: str) -> Callable[[], None]:
    return Naive.at(mlflow, grc).run


def _connector(directory: Path, mlflow: str, grc: str) -> Callable[[], None]:
    directory.mkdir()
    write_config(directory, mlflow, grc, run_fields=True, concurrency=4)
    config = config_of(directory)
    logs.configure(redact=redact, level="error")

    def run() -> None:
        with (
            closing(open_store(config.state_path, redact)) as store,
            closing(open_connection(config, CONNECTION, store)) as connection,
        ):
            Cycle(connection).run()

    return run
