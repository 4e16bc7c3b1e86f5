"""Writes a registry into MLflow's own SQLite store in bulk, through MLflow's table definitions.

Test data only: through the REST API ten thousand models would take hours. The product never goes to the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fakes.mlflow_store import Store

Rows = list[dict[str, Any]]
_EXPERIMENT = 0
"""MLflow makes this experiment, "Default", with the tables."""
_BATCH = 5000


def write_database(store: Store, path: Path) -> None:
    """Make ``path`` (which must not exist) an MLflow store that holds what ``store`` does."""
    from mlflow.store.db.base_sql_model import Base  # noqa: PLC0415 - seconds to import
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # noqa: PLC0415

    store_of_mlflow = SqlAlchemyStore(f"sqlite:///{path}", str(path.parent / "artifacts"))  # type: ignore[no-untyped-call]
    engine = store_of_mlflow.engine
    tables = Base.metadata.tables
    with engine.begin() as connection:
        for table, rows in _tables(store):
            for start in range(0, len(rows), _BATCH):
                connection.execute(tables[table].insert(), rows[start : start + _BATCH])
    engine.dispose()


def _tables(store: Store) -> Iterator[tuple[str, Rows]]:
    yield (
        "registered_models",
        [{"name": name, **_times(row), "description": row.description} for name, row in store.models.items()],
    )
    yield (
        "registered_model_tags",
        [
            {"name": name, "key": key, "value": value}
            for name, row in store.models.items()
            for key, value in row.tags.items()
        ],
    )
    yield from _runs(store)
    versions = [(name, number, row) for name, model in store.models.items() for number, row in model.versions.items()]
    yield (
        "model_versions",
        [
            {"name": name, "version": int(number), **_times(row), "description": row.description, "source": row.source}
            | {"run_id": row.run_id, "current_stage": row.stage, "status": "READY"}
            for name, number, row in versions
        ],
    )
    yield (
        "model_version_tags",
        [
            {"name": name, "version": int(number), "key": key, "value": value}
            for name, number, row in versions
            for key, value in row.tags.items()
        ],
    )
    yield (
        "registered_model_aliases",
        [
            {"name": name, "alias": alias, "version": int(number)}
            for name, model in store.models.items()
            for alias, number in model.aliases.items()
        ],
    )


def _runs(store: Store) -> Iterator[tuple[str, Rows]]:
    runs = store.runs.values()
    yield (
        "runs",
        [
            {
                "run_uuid": run.run_id,
                "name": run.run_id[:8],
                "source_type": "LOCAL",
                "status": run.status,
                "user_id": "ci",
            }
            | {"start_time": 0, "end_time": 1, "lifecycle_stage": "active", "experiment_id": _EXPERIMENT}
            | {"artifact_uri": f"s3://bank-models/{run.run_id}", "source_name": "", "entry_point_name": ""}
            for run in runs
        ],
    )
    yield (
        "params",
        [{"run_uuid": r.run_id, "key": key, "value": value} for r in runs for key, value in r.params.items()],
    )
    yield "tags", [{"run_uuid": r.run_id, "key": key, "value": value} for r in runs for key, value in r.tags.items()]
    metrics = [
        {"run_uuid": r.run_id, "key": key, "value": value, "timestamp": 0, "step": 0, "is_nan": False}
        for r in runs
        for key, value in r.metrics.items()
    ]
    yield "metrics", metrics
    yield "latest_metrics", metrics


def _times(row: Any) -> dict[str, int]:  # noqa: ANN401 - a row of the store
    return {"creation_time": row.created_ms, "last_updated_time": row.updated_ms}
