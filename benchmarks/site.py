"""What one measurement runs on: a copy of what was prepared, both servers as processes, and a configuration file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from connector.config.config import Config, load_config
from connector.mlflow_server import MlflowServer

REGISTRY_ID = "7d0c3a52-1c43-4a57-9f0e-000000000001"
INSTANCE = "7d0c3a52-1c43-4a57-9f0e-000000000002"
CONNECTION = "bank"
TOKEN = "benchmark-token-of-the-connector"  # noqa: S105 - of a mock that lives for a minute
RECORD_ADDRESS = "https://grc.example/records/{id}"
"""What stands in MLflow's tags must not depend on the mock's port."""

_CONFIG = """\
instance: {instance}
registries:
  main:
    uri: {mlflow}
    id: {registry}
    run_fields: {run_fields}
connections:
  bank:
    registry: main
    adapter: http
    url: {grc}
    mapping: mock.yaml
    concurrency: {concurrency}
    auth: {{type: bearer, token: {{file: {token}}}}}
state: {{path: state.db}}
logging: {{file: mlflow-grc.log, level: warning}}
"""
STATE, GRC, STORE, MAPPING = "state.db", "grc.json", "mlflow.db", "mock.yaml"


@dataclass(frozen=True, slots=True)
class Site:
    """Both servers up. ``officer`` is the bearer token of the model risk officer in the GRC, ``sessions`` the ids of
    the process sessions, or processes, that serve.
    """

    directory: Path
    mlflow: str
    grc: str
    officer: str
    sessions: frozenset[int]

    def server_cpu_seconds(self) -> float:
        """Processor time that both servers have taken since they started, as Linux tells."""
        return sum(_cpu_seconds(stat, self.sessions) for stat in Path("/proc").glob("[0-9]*/stat"))

    def configure(self, *, run_fields: bool, concurrency: int = 4) -> Path:
        """Write the configuration file; its path."""
        return write_config(self.directory, self.mlflow, self.grc, run_fields=run_fields, concurrency=concurrency)


@contextmanager
def site(prepared: Path, directory: Path, *, workers: int = 1) -> Iterator[Site]:
    """Copy ``prepared`` (an MLflow store, and a GRC's records and a state where there are any) and serve it, MLflow
    with so many ``workers``.
    """
    directory.mkdir(parents=True)
    for name in (STORE, GRC, STATE):
        if (prepared / name).exists():
            shutil.copy(prepared / name, directory / name)
    with MlflowServer(directory, workers=workers) as mlflow, _grc_process(directory / GRC) as (url, officer, pid):
        yield Site(directory, mlflow.url, url, officer, frozenset({mlflow.pid or 0, pid}))


_SESSION, _USED = 3, slice(11, 15)
"""Places in ``/proc/PID/stat`` behind the process name: the session (field 6 of proc(5)), and the times of the process
and of its children that ended (fields 14 to 17).
"""


def _cpu_seconds(stat: Path, sessions: frozenset[int]) -> float:
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    if not {int(fields[_SESSION]), int(stat.parent.name)} & sessions:
        return 0.0
    return sum(map(int, fields[_USED])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _grc_process(records: Path) -> Iterator[tuple[str, str, int]]:
    """The mock GRC in a process of its own; its address, the officer's token and its process id."""
    command = [sys.executable, "-m", "benchmarks.grc", str(records)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield told["url"], told["officer"], process.pid
        finally:
            process.communicate()  # closes its standard input, which ends it


def write_config(directory: Path, mlflow: str, grc: str, *, run_fields: bool, concurrency: int) -> Path:
    """Write mapping, token and configuration into ``directory``; the configuration's path."""
    (directory / MAPPING).write_text(mapping_text(), encoding="utf-8")
    token = directory / "token"
    token.write_text(TOKEN, encoding="utf-8")
    path = directory / "mlflow-grc.yaml"
    text = _CONFIG.format(
        instance=INSTANCE,
        registry=REGISTRY_ID,
        mlflow=mlflow,
        grc=grc,
        token=token,
        run_fields=str(run_fields).lower(),
        concurrency=concurrency,
    )
    path.write_text(text, encoding="utf-8")
    return path


def mapping_text() -> str:
    """The mock's mapping with addresses of records that do not change with its port."""
    text = resources.files("mappings").joinpath("mock.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^      url: url$", f'      url: "{RECORD_ADDRESS}"', text, flags=re.MULTILINE)
    # An issue's address field is the server's own, too; without it the record's address stands for it.
    return text.replace(f'      url: "{RECORD_ADDRESS}"\n      plan:', "      plan:")


def config_of(directory: Path) -> Config:
    """Load the configuration written there."""
    return load_config(directory / "mlflow-grc.yaml")
