"""The tables, in the words of SQLite; another database spells them its own way.

A migration, once released, is never changed: the next change is a migration of its own, after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.audit.offline import GENESIS

APPEND_ONLY = ("audit", "observation", "journal")
"""The tables whose rows are never changed nor deleted."""

FIRST = "0001_first"
"""The migration that makes the journals; a database adds its guards to it."""

_REF = "entity TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, version TEXT"

_FIRST = (
    """CREATE TABLE run (id TEXT PRIMARY KEY, connection TEXT NOT NULL, started TEXT NOT NULL, ended TEXT,
       status TEXT NOT NULL, message TEXT NOT NULL, counts TEXT NOT NULL)""",
    "CREATE INDEX run_by_start ON run (connection, started)",
    "CREATE TABLE lease (connection TEXT PRIMARY KEY, owner TEXT, token INTEGER NOT NULL, expires TEXT NOT NULL)",
    f"""CREATE TABLE link (connection TEXT NOT NULL, {_REF}, record_id TEXT NOT NULL, state TEXT NOT NULL,
       created_ms INTEGER, PRIMARY KEY (connection, key)) WITHOUT ROWID""",
    """CREATE TABLE base (connection TEXT NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, registry TEXT, grc TEXT,
       agreement TEXT NOT NULL, provisional_since TEXT, PRIMARY KEY (connection, key, field)) WITHOUT ROWID""",
    """CREATE TABLE intent (position INTEGER PRIMARY KEY, connection TEXT NOT NULL, operation_id TEXT NOT NULL,
       run_id TEXT NOT NULL, payload TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (connection, operation_id))""",
    f"""CREATE TABLE conflict (connection TEXT NOT NULL, {_REF}, field TEXT NOT NULL, registry TEXT, grc TEXT,
       base_registry TEXT, base_grc TEXT, reason TEXT NOT NULL, since TEXT NOT NULL,
       PRIMARY KEY (connection, entity, key, field)) WITHOUT ROWID""",
    f"""CREATE TABLE resolution (connection TEXT NOT NULL, {_REF}, field TEXT NOT NULL, take TEXT, value TEXT,
       registry TEXT, grc TEXT, "by" TEXT NOT NULL, at TEXT NOT NULL,
       PRIMARY KEY (connection, entity, key, field)) WITHOUT ROWID""",
    f"""CREATE TABLE quarantine (connection TEXT NOT NULL, {_REF}, field TEXT NOT NULL, reason TEXT NOT NULL,
       remedy TEXT NOT NULL, value_digest TEXT NOT NULL, since TEXT NOT NULL,
       PRIMARY KEY (connection, entity, key, field)) WITHOUT ROWID""",
    """CREATE TABLE approval (id INTEGER PRIMARY KEY, connection TEXT NOT NULL, digests TEXT NOT NULL,
       "by" TEXT NOT NULL, at TEXT NOT NULL, expires TEXT NOT NULL)""",
    """CREATE TABLE withheld (connection TEXT NOT NULL, position INTEGER NOT NULL, digest TEXT NOT NULL,
       payload TEXT NOT NULL, PRIMARY KEY (connection, position)) WITHOUT ROWID""",
    """CREATE TABLE run_data (connection TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (connection, key)) WITHOUT ROWID""",
    """CREATE TABLE issue (connection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (connection, id)) WITHOUT ROWID""",
    """CREATE TABLE response (connection TEXT NOT NULL, issue_id TEXT NOT NULL, digest TEXT NOT NULL,
       PRIMARY KEY (connection, issue_id, digest)) WITHOUT ROWID""",
    """CREATE TABLE observation (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, connection TEXT NOT NULL,
       at TEXT NOT NULL, side TEXT NOT NULL, entity TEXT NOT NULL, complete INTEGER NOT NULL,
       objects INTEGER NOT NULL)""",
    "CREATE INDEX observation_by_entity ON observation (connection, side, entity, id)",
    "CREATE INDEX observation_by_run ON observation (run_id, id)",
    """CREATE TABLE journal (sequence INTEGER PRIMARY KEY, observation INTEGER NOT NULL, id TEXT NOT NULL,
       name TEXT NOT NULL, changed TEXT NOT NULL, present INTEGER NOT NULL)""",
    "CREATE INDEX journal_by_observation ON journal (observation, sequence)",
    """CREATE TABLE seen (connection TEXT NOT NULL, side TEXT NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL,
       name TEXT NOT NULL, fields TEXT NOT NULL, digest BLOB NOT NULL, missing_since TEXT,
       PRIMARY KEY (connection, side, entity, id))""",
    """CREATE TABLE audit (sequence INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL,
       run_id TEXT NOT NULL, connection TEXT NOT NULL, action TEXT NOT NULL, side TEXT, entity TEXT, key TEXT,
       name TEXT, version TEXT, field TEXT NOT NULL, old TEXT, new TEXT, rule TEXT NOT NULL, actor TEXT NOT NULL,
       record_id TEXT NOT NULL)""",
    "CREATE INDEX audit_by_run ON audit (run_id)",
    "CREATE INDEX audit_by_key ON audit (key)",
    "CREATE TABLE trail (id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL)",
    f"INSERT INTO trail (id, sequence, hash) VALUES (1, 0, '{GENESIS}')",  # noqa: S608 - a constant
)

_USED_MAPPING = ("CREATE TABLE used_mapping (connection TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID",)

_TALLY = (
    """CREATE TABLE tally (connection TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (connection, day)) WITHOUT ROWID""",
)

_HINTS = (
    """CREATE TABLE hint (connection TEXT NOT NULL, side TEXT NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL,
       first TEXT NOT NULL, last TEXT NOT NULL, times INTEGER NOT NULL,
       PRIMARY KEY (connection, side, entity, id)) WITHOUT ROWID""",
    "ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'full'",
    "CREATE INDEX run_by_kind ON run (connection, kind, started)",
    "ALTER TABLE observation ADD COLUMN partial INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX link_by_name ON link (connection, name)",
    "CREATE INDEX link_by_record ON link (connection, record_id)",
)

_MOVED = (
    """CREATE TABLE moved (id INTEGER PRIMARY KEY, at TEXT NOT NULL, place TEXT NOT NULL, "by" TEXT NOT NULL,
       reopened_at TEXT, reopened_by TEXT)""",
)

MOVED = "0005_moved"
"""The migration that lets a file say that its state was moved; SQLite adds a guard to it."""

RUNS = "0006_runs"
"""The migration that finds runs fast however many there are; PostgreSQL adds an index on their order to it."""

_RUNS = ("CREATE INDEX run_open ON run (connection) WHERE ended IS NULL",)

MIGRATIONS: Sequence[tuple[str, Sequence[str]]] = (
    (FIRST, _FIRST),
    ("0002_used_mapping", _USED_MAPPING),
    ("0003_tally", _TALLY),
    ("0004_hints", _HINTS),
    (MOVED, _MOVED),
    (RUNS, _RUNS),
)
"""The statements of each migration, oldest first."""
