"""The triggers that keep both journals append-only, in force for every account and for replication too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.state.sql.tables import APPEND_ONLY

_EVENTS = {"update": 16, "delete": 8, "truncate": 32}
_BEFORE, _EACH_ROW, _INSERT = 2, 1, 4
_REFUSE = " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END "
_IN_ORDER = (
    " BEGIN IF NEW.sequence <= (SELECT coalesce(max(sequence), 0) FROM audit) THEN "
    "RAISE EXCEPTION 'audit is append-only'; END IF; RETURN NEW; END "
)
_FUNCTIONS = {"mlflow_grc_append_only": _REFUSE, "mlflow_grc_in_order": _IN_ORDER}


@dataclass(frozen=True, slots=True)
class _Guard:
    """``kind`` as in ``pg_trigger.tgtype``."""

    table: str
    when: str
    kind: int
    function: str

    def statements(self, name: str) -> Iterator[str]:
        yield f"CREATE TRIGGER {name} BEFORE {self.when} EXECUTE FUNCTION {self.function}()"
        yield f"ALTER TABLE {self.table} ENABLE ALWAYS TRIGGER {name}"


_GUARDS: Mapping[str, _Guard] = {
    **{
        f"{table}_no_{event}": _Guard(
            table, f"{event} ON {table} FOR EACH STATEMENT", _BEFORE | bit, "mlflow_grc_append_only"
        )
        for table in APPEND_ONLY
        for event, bit in _EVENTS.items()
    },
    "audit_in_order": _Guard(
        "audit", "INSERT ON audit FOR EACH ROW", _BEFORE | _EACH_ROW | _INSERT, "mlflow_grc_in_order"
    ),
}

FIND = """SELECT t.tgname::text, r.relname::text, t.tgtype::int, p.proname::text, p.prosrc
    FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class r ON r.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'A' AND t.tgqual IS NULL
    AND r.relnamespace = current_schema()::regnamespace"""
"""The triggers in force: name, table, kind, function and that function's text."""


def statements() -> Iterator[str]:
    """What makes the guards."""
    for name, text in _FUNCTIONS.items():
        yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '{text.replace(chr(39), chr(39) * 2)}'"
    for name, guard in _GUARDS.items():
        yield from guard.statements(name)


def in_force(found: Iterator[tuple[str, str, int, str, str]]) -> dict[str, bool]:
    """Each guard by name, and whether it is among what :data:`FIND` found, unchanged."""
    standing = {name: tuple(rest) for name, *rest in found}
    return {
        name: standing.get(name) == (guard.table, guard.kind, guard.function, _FUNCTIONS[guard.function])
        for name, guard in _GUARDS.items()
    }
