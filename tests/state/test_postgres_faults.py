"""A server that is gone, foreign, newer or forbidden gets one clear error, and nothing is half-written."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.httpclient.secret import Secret
from connector.audit import verify_trail
from connector.config.server import DatabaseServer, database_url
from connector.model.errors import ConfigError, MlflowGrcError, Rejected, StateCorrupt
from connector.model.fields import Entity, Side
from connector.model.state import AuditEntry, Base, Link, RunStatus
from connector.state import StateUnavailable, Store, open_store, state_exists
from connector.state.postgres import connecting, database
from connector.state.sql import tables
from connector.state.times import stamp
from tests.postgres import PostgresServer
from tests.state.contract.base import BANK, CANARY, CREDIT, FRAUD, NOW, OTHER
from tests.state.taken_back import TAKEN_BACK


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(DatabaseServer(url), str)
    yield store
    store.close()


def fill(store: Store) -> None:
    lease, run = store.acquire_lease(BANK, "me", NOW, 60), store.start_run(BANK, NOW)
    with store.recording(lease, NOW) as tx:
        tx.put_link(Link(CREDIT, "R1"))
        tx.append_audit(AuditEntry(stamp(NOW), run.id, BANK, "write"))
        tx.observe(run.id, Side.GRC, Entity.MODEL, {"1": ("one", {"a": "x"})}, complete=True)
    store.end_run(replace(run, ended=stamp(NOW), status=RunStatus.CLEAN))


def test_opened_again_nothing_is_made_twice(store: Store, url: str):
    fill(store)
    again = open_store(DatabaseServer(url), str)
    assert list(again.links(BANK)) == [CREDIT.key]
    again.close()


def test_a_look_makes_nothing(postgres: PostgresServer, url: str):
    assert not state_exists(DatabaseServer(url))
    assert postgres.run("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()", url) == [(0,)]
    open_store(DatabaseServer(url), str).close()
    assert state_exists(DatabaseServer(url))


def test_another_programs_database_is_left_alone(postgres: PostgresServer, url: str):
    postgres.run("CREATE TABLE run (theirs TEXT)", url)
    with pytest.raises(StateCorrupt, match=r"another program.*table run.*Remedy: name an empty"):
        open_store(DatabaseServer(url), str)
    assert postgres.run("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()", url) == [("run",)]


def test_a_newer_schema_asks_for_the_newer_release(store: Store, postgres: PostgresServer, url: str):
    postgres.run("INSERT INTO mlflow_grc_migration VALUES ('9999_new', '')", url)
    with pytest.raises(StateCorrupt, match=r"newer release.*9999_new.*Remedy: install"):
        open_store(DatabaseServer(url), str)


def test_the_state_of_an_older_release_is_taken_on(url: str, monkeypatch: pytest.MonkeyPatch):
    old = open_store(DatabaseServer(url), str)
    fill(old)
    old.close()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "DROP INDEX run_by_order",
            *TAKEN_BACK,
            "DELETE FROM mlflow_grc_migration WHERE name > '0001_first'",
        ):
            connection.execute(statement)
    with monkeypatch.context() as patch:
        patch.setattr("connector.state.postgres.schema.MIGRATIONS", tables.MIGRATIONS[:1])
        open_store(DatabaseServer(url), str).close()
    new = open_store(DatabaseServer(url), str)
    assert list(new.links(BANK)) == [CREDIT.key]
    assert new.used_mapping(BANK) is None
    new.close()


def test_stores_that_open_a_new_database_together_make_it_once(url: str, postgres: PostgresServer):
    barrier = threading.Barrier(4)

    def opening() -> None:
        barrier.wait(20)
        open_store(DatabaseServer(url), str).close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(opening) for _ in range(4)]:
            done.result(60)
    assert postgres.run("SELECT count(*) FROM mlflow_grc_migration", url) == [(len(tables.MIGRATIONS),)]


@pytest.mark.parametrize("table", tables.APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_journals_only_grow(store: Store, postgres: PostgresServer, url: str, table: str, change: str):
    fill(store)
    column = "sequence" if table != "observation" else "id"
    with pytest.raises(psycopg.errors.RaiseException, match=f"{table} is append-only"):
        postgres.run(change.format(table, column, column), url)
    assert verify_trail(store).ok


def test_an_audit_entry_cannot_be_put_before_another(store: Store, postgres: PostgresServer, url: str):
    fill(store)
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        postgres.run(
            "INSERT INTO audit SELECT 0, previous, hash, at, run_id, connection, action, side, entity, key, name, "
            "version, field, old, new, rule, actor, record_id FROM audit LIMIT 1",
            url,
        )


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("DROP TRIGGER audit_no_update ON audit", "audit_no_update"),
        ("ALTER TABLE journal DISABLE TRIGGER journal_no_delete", "journal_no_delete"),
        (
            """CREATE OR REPLACE FUNCTION mlflow_grc_in_order() RETURNS trigger LANGUAGE plpgsql
               AS 'BEGIN RETURN NEW; END'""",
            "audit_in_order",
        ),
        (
            """DROP TRIGGER audit_no_delete ON audit; CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
               FOR EACH ROW EXECUTE FUNCTION mlflow_grc_append_only();
               ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_no_delete""",
            "audit_no_delete",
        ),
    ],
)
def test_a_guard_that_was_lifted_is_named(store: Store, postgres: PostgresServer, url: str, change: str, missing: str):
    fill(store)
    assert list(store.missing_guards()) == []
    postgres.run(change, url)
    assert list(store.missing_guards()) == [missing]


def test_an_altered_entry_is_found(store: Store, postgres: PostgresServer, url: str):
    fill(store)
    postgres.run("ALTER TABLE audit DISABLE TRIGGER audit_no_update; UPDATE audit SET action = 'x' WHERE sequence = 1; "
                 "ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_no_update", url)  # fmt: skip
    assert list(store.missing_guards()) == []
    assert not verify_trail(store).ok


def test_a_row_of_an_unknown_kind(store: Store, postgres: PostgresServer, url: str):
    fill(store)
    postgres.run("UPDATE link SET state = 'odd'", url)
    with pytest.raises(StateCorrupt, match=r"odd.*Remedy: restore"):
        store.links(BANK)


def test_a_missing_table(store: Store, postgres: PostgresServer, url: str):
    postgres.run("DROP TABLE link", url)
    with pytest.raises(StateCorrupt, match=r"damaged.*link.*Remedy: restore"):
        store.links(BANK)


def test_a_restart_between_statements_is_not_noticed(store: Store, postgres: PostgresServer):
    fill(store)
    with ThreadPoolExecutor(3) as pool:  # so that several connections lie in the pool
        list(pool.map(lambda _: store.links(BANK), range(30)))
    postgres.restart()
    assert list(store.links(BANK)) == [CREDIT.key]
    store.start_run(BANK, NOW)
    assert len(store.runs(BANK)) == 2


def test_a_restart_inside_a_transaction_leaves_what_stood_before(store: Store, postgres: PostgresServer):
    fill(store)
    lease = store.acquire_lease(BANK, "me", NOW, 60)

    def interrupted() -> None:
        with store.recording(lease, NOW) as tx:
            tx.put_link(Link(FRAUD, "R2"))
            tx.append_audit(AuditEntry(stamp(NOW), "run", BANK, "write"))
            postgres.restart()
            tx.put_link(Link(CREDIT, "R3"))

    with pytest.raises(StateUnavailable, match=r"postgresql:///postgres.*Remedy"):
        interrupted()
    assert store.links(BANK) == {CREDIT.key: Link(CREDIT, "R1")}
    with store.recording(lease, NOW) as tx:
        tx.put_link(Link(CREDIT, "R3"))
    assert store.links(BANK)[CREDIT.key].record_id == "R3"
    assert verify_trail(store).ok


def test_a_server_that_is_gone_is_named_until_it_is_back(
    store: Store, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
):
    fill(store)
    monkeypatch.setattr(store._database._pool, "timeout", 0.5)
    postgres.stop()
    try:
        with pytest.raises(StateUnavailable, match=r"cannot be reached.*Remedy: check that the server runs"):
            store.links(BANK)
        with pytest.raises(StateUnavailable, match="cannot be reached"):
            store.start_run(BANK, NOW)
    finally:
        postgres.start()
    monkeypatch.setattr(store._database._pool, "timeout", 20)
    assert list(store.links(BANK)) == [CREDIT.key]


def test_another_transaction_that_does_not_end_is_named(store: Store, url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_WRITING", "BEGIN; SET LOCAL lock_timeout = '50ms'; ")
    other = open_store(DatabaseServer(url), str)
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    with store.recording(lease, NOW):
        with pytest.raises(StateUnavailable, match=r"locked by another process.*Remedy"):
            other.start_run(BANK, NOW)
        other.start_run(OTHER, NOW)  # another connection does not wait
    other.start_run(BANK, NOW)
    other.close()


def test_who_stands_still_inside_a_transaction_loses_it(store: Store, url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_IDLE", "SET LOCAL idle_in_transaction_session_timeout = '100ms'; ")
    lease, other = store.acquire_lease(BANK, "me", NOW, 60), open_store(DatabaseServer(url), str)

    def standing() -> None:
        with store.recording(lease, NOW) as tx:
            tx.put_link(Link(CREDIT, "R1"))
            other.acquire_lease(BANK, "you", NOW.replace(year=2027), 60)  # waits until the server has ended ours
            tx.put_link(Link(FRAUD, "R2"))

    with pytest.raises(StateUnavailable, match="Remedy"):
        standing()
    assert store.links(BANK) == {}
    other.close()


def test_two_connections_append_to_one_trail_in_turn(store: Store, url: str):
    stores = [open_store(DatabaseServer(url), str) for _ in range(3)]
    barrier = threading.Barrier(3)

    def work(number: int) -> None:
        opened, connection = stores[number], f"c{number}"
        lease = opened.acquire_lease(connection, "me", NOW, 60)
        barrier.wait(20)
        for _ in range(15):
            with opened.recording(lease, NOW) as tx:
                count = opened.bases_of(connection, CREDIT.key).get("count", Base("0", None)).registry
                tx.set_base(CREDIT, "count", Base(str(int(count or 0) + 1), None))
                tx.append_audit(AuditEntry(stamp(NOW), "run", connection, "count"))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert [store.bases_of(f"c{number}", CREDIT.key)["count"].registry for number in range(3)] == ["15"] * 3
    assert store.audit_head().sequence == 45
    assert verify_trail(store).ok
    for opened in stores:
        opened.close()


def test_threads_of_one_store_share_a_small_pool(url: str):
    """Those that wait for their turn do so without a connection."""
    store = open_store(DatabaseServer(url, pool_size=2), str)
    lease = store.acquire_lease(BANK, "me", NOW, 60)

    def work(number: int) -> None:
        for _ in range(10):
            with store.recording(lease, NOW) as tx:
                count = store.bases_of(BANK, CREDIT.key).get("count", Base("0", None)).registry
                tx.set_base(CREDIT, "count", Base(str(int(count or 0) + 1), None))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert store.bases_of(BANK, CREDIT.key)["count"].registry == "80"
    store.close()


def test_an_answer_read_in_part_gives_its_connection_back(url: str):
    store = open_store(DatabaseServer(url, pool_size=1), str)
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    with store.recording(lease, NOW) as tx:
        for number in range(1500):
            tx.append_audit(AuditEntry(stamp(NOW), str(number), BANK, "note"))
    entries = store.audit()
    assert next(entries).entry.run_id == "0"
    entries.close()
    assert store.audit_head().sequence == 1500
    store.close()


def test_text_that_no_database_can_hold_is_rejected_not_fatal(store: Store):
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    with store.recording(lease, NOW) as tx:
        with pytest.raises(Rejected, match="not valid Unicode"):
            tx.set_base(CREDIT, "purpose", Base("\ud800", None))
        tx.set_base(CREDIT, "tier", Base("low", None))
    assert list(store.bases_of(BANK, CREDIT.key)) == ["tier"]


@pytest.mark.parametrize("text", ["\x00", "\ue000", "a\x00\ue000b", "\ue0001", "\ue0000", "\ue000\x001"])
def test_texts_that_postgresql_cannot_hold_come_back(store: Store, text: str):
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    many = {f"{text}{number}": (text, {"a": text}) for number in range(30)}
    with store.recording(lease, NOW) as tx:
        tx.set_base(CREDIT, text, Base(text, None))
    run = store.start_run(BANK, NOW)
    with store.recording(lease, NOW) as tx:
        tx.observe(run.id, Side.GRC, Entity.MODEL, many, complete=True)
    assert store.bases_of(BANK, CREDIT.key) == {text: Base(text, None)}
    snapshot = store.snapshot(BANK, Side.GRC, Entity.MODEL)
    assert snapshot is not None
    assert {key: (seen.name, dict(seen.fields)) for key, seen in snapshot.objects.items()} == many


def test_a_closed_store_says_so(store: Store):
    store.close()
    with pytest.raises(StateUnavailable, match="was closed"):
        store.links(BANK)
    store.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dbname": "nowhere"}, "does not exist"),
        ({"user": "nobody"}, "refused the sign-in|cannot be reached|does not exist"),
        ({"host": "/nowhere"}, "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere(postgres: PostgresServer, change: dict[str, str], words: str):
    parts = {**conninfo_to_dict(postgres.url), **change}
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={quote(str(parts['host']))}"
    for act in (lambda: open_store(DatabaseServer(url), str), lambda: state_exists(DatabaseServer(url))):
        with pytest.raises(StateUnavailable, match=rf"(?s)({words}).*Remedy"):
            act()


def test_an_account_that_may_not_make_tables(postgres: PostgresServer, url: str):
    postgres.run("DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    weak = DatabaseServer(url.replace("postgres@", "reader@", 1))
    with pytest.raises(StateUnavailable, match=r"CREATE.*Remedy|make tables.*Remedy"):
        state_exists(weak)
    with pytest.raises(StateUnavailable, match=r"schema.*Remedy: name"):
        open_store(weak, str)


def test_the_password_is_read_when_it_is_needed_and_never_told(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
):
    seen: list[str] = []
    monkeypatch.setenv("GRC_DB_PASSWORD", CANARY)

    def refused(**given: object) -> None:
        seen.append(str(given["password"]))
        raise psycopg.OperationalError("connection failed")

    monkeypatch.setattr(connecting.Connection, "connect", refused)
    server = DatabaseServer("postgresql://grc@db.example.com/grc", Secret(env="GRC_DB_PASSWORD"))
    with pytest.raises(StateUnavailable) as raised:
        open_store(server, str)
    assert seen == [CANARY]
    assert CANARY not in f"{raised.value}{server}{server!r}"
    monkeypatch.delenv("GRC_DB_PASSWORD")
    with pytest.raises(ConfigError, match="GRC_DB_PASSWORD"):
        open_store(server, str)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://grc@db.example.com/grc", "verify-full"),
        ("postgresql://grc@db.example.com,localhost/grc", "verify-full"),
        ("postgresql://grc@127.example.com/grc", "verify-full"),
        ("postgresql://grc@db.example.com/grc?sslmode=require", "require"),
        ("postgresql://grc@127.0.0.1:5433/grc", None),
        ("postgresql:///grc", None),
    ],
)
def test_a_remote_server_has_to_prove_its_name(url: str, mode: str | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PGSSLMODE", raising=False)
    assert connecting.parameters(DatabaseServer(url)).get("sslmode") == mode


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://grc@db/grc", "no address of a PostgreSQL"),
        ("postgresql://grc:secret@db/grc", "credentials"),
        ("postgresql://grc@db/grc?password=secret", "credentials"),
    ],
)
def test_addresses_that_are_refused(url: str, words: str):
    with pytest.raises(ValueError, match=words) as raised:
        database_url(url)
    assert "secret" not in str(raised.value)


def test_an_unreadable_address_is_told_as_such():
    with pytest.raises(ConfigError, match=r"state\.url.*Remedy"):
        connecting.parameters(DatabaseServer("postgresql://grc@db/grc?nonsense=1"))


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "connector.state.postgres.library.find_spec", lambda name: None if name == "psycopg" else found(name)
    )
    with pytest.raises(ConfigError, match=r"psycopg.*mlflow-grc\[postgres\]"):
        open_store(DatabaseServer("postgresql:///grc"), str)


def test_a_state_in_a_file_loads_nothing_of_postgresql():
    code = "import sys, connector.state, connector.config.config; print([m for m in sys.modules if 'psycopg' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_error_is_ours(store: Store, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
        raise psycopg.errors.DataCorrupted("invalid page in block 7")

    monkeypatch.setattr(psycopg.Cursor, "execute", broken)
    monkeypatch.setattr(psycopg.Cursor, "stream", broken)
    for read in (lambda: store.links(BANK), lambda: store.bases(BANK), lambda: list(store.audit())):
        with pytest.raises(MlflowGrcError):
            read()
