"""An Airflow DAG (2.9 and later, or 3) that runs one cycle in place of the daemon.

mlflow-grc stands in a virtual environment of its own on the worker, since its libraries are not Airflow's. The lease in
the state keeps two runs, or a run and a daemon, from writing at once: whoever comes second does nothing and ends well.
"""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone

try:
    from airflow.sdk import dag, task
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:
    from airflow.decorators import dag, task
    from airflow.exceptions import AirflowFailException

COMMAND = ("/opt/mlflow-grc/bin/mlflow-grc", "--config", "/etc/mlflow-grc/mlflow-grc.yaml", "sync", "--if-free")
ENDINGS = {
    2: "the configuration is wrong: mlflow-grc check lists every problem",
    3: "a person is needed: mlflow-grc status says for what",
}
"""The exit codes that no repetition mends. 1 (a server was not reached) is tried again."""


def sync(command: tuple[str, ...] = COMMAND) -> None:
    """Run one cycle. Its log is the task's. Raises AirflowFailException where to try again would help nobody."""
    code = subprocess.run(command, check=False).returncode  # noqa: S603 - nothing of it comes from outside
    if code in ENDINGS:
        raise AirflowFailException(ENDINGS[code])
    if code != 0:
        raise RuntimeError(f"mlflow-grc ended with {code}: what it left open is looked up by the next cycle")


@dag(
    schedule="*/10 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Airflow's workers may have an older Python
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["model-risk"],
)
def mlflow_grc_sync() -> None:
    """One cycle, and nothing before or after it."""
    task(sync)()


mlflow_grc_sync()
