"""Procrastinate's tables, which we make and bring up to date: it ships them as files and keeps no note of its own.

They stand beside the state's, all named ``procrastinate_..``. A note says which of its migrations they have.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from procrastinate.schema import SchemaManager
from psycopg import Connection

from connector.config.server import DatabaseServer
from connector.model.errors import StateCorrupt
from connector.state.postgres.connecting import connect
from connector.state.postgres.failures import translated

_LOCK = 0x70726F6372
_NOTE = "CREATE TABLE mlflow_grc_jobs (migration TEXT PRIMARY KEY)"


def prepare(server: DatabaseServer) -> None:
    """Make or migrate the tables; several processes may call it. Raises StateUnavailable, and StateCorrupt where the
    tables are those of another program or of a newer release.
    """
    where = str(server)
    with translated(where), closing(connect(server)) as connection:
        connection.execute("BEGIN; SET LOCAL lock_timeout = '60s'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        present, known = _present(connection), _known()
        newer = sorted(set(present or ()) - known.keys())
        if newer:
            raise StateCorrupt(
                f"The jobs in {where} were set up by a newer release of procrastinate (it has {newer[-1]}).",
                remedy="install the same release of mlflow-grc and its extra postgres on every machine.",
            )
        if present is None:
            _make(connection, where)
            present = sorted(known)
            _remember(connection, present)
        for name in sorted(known.keys() - set(present)):
            connection.execute(known[name].read_bytes())
            _remember(connection, [name])
        connection.execute("COMMIT")


def _present(connection: Connection) -> list[str] | None:
    if connection.execute("SELECT to_regclass('mlflow_grc_jobs')").fetchone() == (None,):
        return None
    return [name for (name,) in connection.execute("SELECT migration FROM mlflow_grc_jobs")]


def _make(connection: Connection, where: str) -> None:
    if connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() != (None,):
        raise StateCorrupt(
            f"{where} holds the jobs of another program that uses procrastinate.",
            remedy="give mlflow-grc a schema of its own: ?options=-csearch_path%3DNAME in state.url.",
        )
    connection.execute(SchemaManager.get_schema().encode())
    connection.execute(_NOTE)


def _remember(connection: Connection, names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO mlflow_grc_jobs VALUES (%s)", [(name,) for name in names])


def _known() -> dict[str, Path]:
    return {path.name: path for path in Path(SchemaManager.get_migrations_path()).glob("*.sql")}
