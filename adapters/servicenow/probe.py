"""What ``check`` asks an instance, read-only: what differs from one to another, and what to set because of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from adapters.httpclient import AuthSettings
from adapters.httpclient.secret import plain as plain_text
from adapters.httpclient.settings import BasicAuth
from adapters.servicenow.api import Row, TableApi
from adapters.servicenow.commenting import JOURNAL
from adapters.servicenow.describing import Describer
from adapters.servicenow.options import Options
from adapters.servicenow.query import equals, ordered
from adapters.servicenow.reading import Reader
from adapters.servicenow.values import raw
from connector.model.errors import ConfigError, MlflowGrcError, Rejected, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Problem

SAMPLE = 20
UNKNOWN_COLUMN = "u_mlflow_grc_no_such_column"
NOBODY = "mlflow-grc-probe-of-a-key-that-nothing-has"
DICTIONARY = ("sys_dictionary", "sys_choice", "sys_db_object")
UNTOLD = "servicenow.dictionary"
_UTC = {"UTC", "GMT", "Etc/UTC", "Etc/GMT"}


class Probe:
    """Asks a few short questions of each table."""

    def __init__(
        self,
        api: TableApi,
        options: Options,
        readers: Mapping[Entity, Reader],
        describer: Describer,
        auth: AuthSettings,
    ) -> None:
        self._api, self._options, self._readers = api, options, readers
        self._describer, self._auth = describer, auth
        self._lenient: list[str] = []

    def problems(self) -> Iterator[Problem]:
        """Every problem found; what ends all (credentials, no connection) is the last."""
        probes: list[tuple[str, Callable[[], Iterable[Problem]]]] = [("credentials", self._account)]
        for entity, reader in self._readers.items():
            where = f"servicenow.tables.{entity}"
            probes.append((where, partial(self._table, where, reader)))
            probes += [(f"{where}.{part}", partial(self._side, reader, part)) for part in reader.shape.side_tables]
        probes += [("servicenow.tables.issue.comments", self._journal), ("servicenow.users", self._users)]
        try:
            for where, probe in probes:
                yield from _guarded(where, probe)
            yield from self._misspelt_questions()
            yield from self._untold_columns()
        except (RunAborted, ConfigError) as error:
            yield Problem("connection", error.message, error.remedy or "see the message.")

    def _account(self) -> Iterator[Problem]:
        """Who are we, in which time zone, with which roles?"""
        self._api.rows(self._options.users.table, ordered(""), ("sys_id",), limit=1)
        name = self._options.account or self._basic_name()
        if name is None:
            what = "who the connector is on the instance cannot be told: its time zone and its roles are not checked"
            remedy = "set `account: USER_NAME` in the mapping's servicenow section: the user of the OAuth application."
            yield Problem("credentials", what, remedy, fatal=False)
            return
        users = self._options.users
        query = ordered(equals(users.user_name, name))
        rows = self._api.rows(users.table, query, ("sys_id", users.user_name, users.email, "time_zone"), limit=2).rows
        row = next((row for row in rows if raw(row.get(users.user_name)) == name), None)
        if row is None:
            what = f"{users.table} shows no user {name}"
            yield Problem("credentials", what, "correct account, or let the connector read its own user.", fatal=False)
            return
        yield from self._zone(name, row)
        yield from self._roles(name, str(row["sys_id"]))

    def _basic_name(self) -> str | None:
        return plain_text(self._auth.username) if isinstance(self._auth, BasicAuth) else None

    def _zone(self, name: str, row: Row) -> Iterator[Problem]:
        zone = str(raw(row.get("time_zone")) or "")
        wanted = self._options.time_zone
        if zone == wanted or {zone, wanted} <= _UTC:
            return
        if not zone:
            what = (
                f"the account {name} has no time zone of its own: queries are read in the instance's, which is hidden"
            )
            zone = "GMT" if wanted in _UTC else wanted
            yield Problem("credentials", what, f"give {name} the time zone {zone} in its user record.", fatal=False)
        else:
            what = f"queries of {name} are read in its time zone {zone}, and time_zone says {wanted}"
            yield Problem("credentials", what, f"set `time_zone: {zone}` in the mapping's servicenow section.")

    def _roles(self, name: str, sys_id: str) -> Iterator[Problem]:
        try:
            rows = self._api.rows(
                "sys_user_has_role", ordered(equals("user", sys_id)), ("sys_id", "role.name"), limit=500
            )
        except Rejected:
            return
        roles = {str(raw(row.get("role.name")) or "") for row in rows.rows} & {"admin", "security_admin", "maint"}
        if roles:
            what = f"{name} has the role {', '.join(sorted(roles))}: far more than the connector needs"
            yield Problem("credentials", what, "give it the roles of docs/platforms/servicenow.md alone.", fatal=False)

    def _table(self, where: str, reader: Reader) -> Iterator[Problem]:
        page = self._api.rows(reader.table, ordered(reader.shape.spec.filter), reader.shape.columns, limit=SAMPLE)
        if page.total is None:
            what = "answers come without X-Total-Count: the end of a listing could not be proved"
            yield Problem(where, what, "let the proxy before the instance pass its headers on.")
            return
        if page.total and not page.rows:
            what = f"{page.total} records are announced, and none of the first {SAMPLE} is shown to this account"
            yield Problem(where, what, f"give the account a role that reads {reader.table}.")
            return
        if page.total > len(page.rows) and len(page.rows) < min(SAMPLE, page.total):
            what = (
                f"{min(SAMPLE, page.total) - len(page.rows)} of the first {SAMPLE} records are hidden by access rules"
            )
            yield Problem(where, what, f"let the account read all of {reader.table} that is mapped.", fatal=False)
        if not page.rows:
            what = f"the table {reader.table} shows no record: whether the mapped columns exist, this cannot tell"
            yield Problem(where, what, "check again when there is one, or show it sys_dictionary.", fatal=False)
        for name in reader.shape.own if page.rows else ():
            if not any(name in row for row in page.rows):
                what = f"no record of {reader.table} came with {name}: the column does not exist, or may not be read"
                yield Problem(
                    f"{where}.fields.{name}", what, "correct the column, or give its read ACL to the account."
                )
        yield from self._columns(where, reader)
        if page.total:
            yield from self._questions(where, reader)

    def _columns(self, where: str, reader: Reader) -> Iterator[Problem]:
        """References to people that the mapping takes for text, and what else the dictionary knows better."""
        described = self._describer.table(reader.table)
        spec, users = reader.shape.spec, self._options.users.table
        for name in reader.shape.own if described.told else ():
            column = described.columns.get(name)
            if column is None:
                continue
            wanted = (
                "user" if column.reference == users else "datetime" if column.field.type == "glide_date_time" else None
            )
            if wanted and spec.fields.get(name) != wanted and name not in ("sys_updated_on", "sys_created_on"):
                what = f"{name} holds {'people' if wanted == 'user' else 'times'}, and is read as plain text"
                yield Problem(
                    f"{where}.{name}", what, f"set `{name}: {wanted}` under {where}.fields.", fatal=wanted == "user"
                )

    def _questions(self, where: str, reader: Reader) -> Iterator[Problem]:
        """Does the instance answer what it is asked?"""
        table = reader.table
        offset = "set `paging: offset` in the mapping's servicenow section, or let the account query ranges of sys_id."
        if self._options.paging == "keyset":
            yield from self._must_be_nothing(where, table, f"sys_id>{'z' * 32}", "ranges of sys_id", offset)
        yield from self._must_be_nothing(
            where,
            table,
            "sys_updated_on>=2999-01-01 00:00:00",
            "ranges of sys_updated_on",
            "let the account query ranges of sys_updated_on; until then only whole listings can be trusted.",
            fatal=False,
        )
        key = reader.shape.key_field
        if key is not None:
            remedy = (
                f"correct the key's column, or give the account its read ACL: {key} is asked for before each creation."
            )
            yield from self._must_be_nothing(where, table, equals(key, NOBODY), f"{key}, the key's column", remedy)
        if self._answers_misspelt(table):
            self._lenient.append(table)

    def _must_be_nothing(
        self, where: str, table: str, query: str, about: str, remedy: str, *, fatal: bool = True
    ) -> Iterator[Problem]:
        try:
            page = self._api.rows(table, ordered(query), ("sys_id",), limit=1)
        except Rejected as error:
            yield Problem(where, f"{table} refuses questions for {about}: {error.message}", remedy, fatal=fatal)
            return
        if page.rows or page.total:
            what = f"{table} takes no notice of questions for {about}: it answers with records that were not asked for"
            yield Problem(where, what, remedy, fatal=fatal)

    def _answers_misspelt(self, table: str) -> bool:
        """Whether a question about a column that the table does not have is answered with its records."""
        try:
            page = self._api.rows(table, ordered(f"{UNKNOWN_COLUMN}={NOBODY}"), ("sys_id",), limit=1)
        except Rejected:
            return False
        return bool(page.rows or page.total)

    def _misspelt_questions(self) -> Iterator[Problem]:
        if self._lenient:
            what = (
                f"asked for a column that they do not have, these answer with all records: {', '.join(self._lenient)}"
            )
            remedy = (
                "set the system property glide.invalid_query.returns_no_rows to true where other integrations allow "
                "it. The connector compares what comes, and does not rest on it."
            )
            yield Problem("servicenow.tables", what, remedy, fatal=False)

    def _untold_columns(self) -> Iterator[Problem]:
        if untold := self._describer.untold():
            what = (
                f"the account is not shown what sys_dictionary says of {', '.join(untold)}: whether columns are long "
                "enough, can be written, and have choices that the mapping does not name, was not checked"
            )
            remedy = (
                f"let it read {', '.join(DICTIONARY)} while you check; else compare types and lengths with "
                "docs/platforms/servicenow.md. What is cut or not kept is told after the write, as `did not stick`."
            )
            yield Problem(UNTOLD, what, remedy, fatal=False)

    def _side(self, reader: Reader, part: str) -> Iterator[Problem]:
        table = reader.shape.side_tables[part]
        if part in reader.shape.spec.related:
            self._describer.table(table.table)
        page = self._api.rows(table.table, ordered(""), (table.owner,), limit=SAMPLE)
        if page.total and not page.rows:
            what = f"{page.total} records of {table.table} are announced, and none is shown to this account"
            yield Problem(part, what, f"give the account a role that reads {table.table}.")
        elif page.rows and not any(table.owner in row for row in page.rows):
            what = f"no record of {table.table} came with {table.owner}, which tells whose it is"
            yield Problem(part, what, "correct the column in the mapping's servicenow section.")

    def _journal(self) -> Iterator[Problem]:
        issue = self._options.tables.get(Entity.ISSUE)
        if issue is None or issue.comments is None:
            return
        if issue.comments.token_field is not None:
            columns = self._describer.table(issue.table).columns
            if columns and issue.comments.token_field not in columns:
                what = f"{issue.table} has no column {issue.comments.token_field}"
                yield Problem("servicenow.tables.issue.comments.token_field", what, "make it: text, 4000 characters.")
            return
        remedy = (
            f"let the account read {JOURNAL}, or make a text column of 4000 characters on {issue.table} and set "
            "`comments: {token_field: NAME}`. Until then no comment is posted: it could not be known which stand."
        )
        try:
            page = self._api.rows(JOURNAL, ordered(equals("element", issue.comments.field)), ("sys_id",), limit=SAMPLE)
        except Rejected as error:
            yield Problem("servicenow.tables.issue.comments", error.message, remedy, fatal=False)
            return
        if page.total and not page.rows:
            what = f"{JOURNAL} shows this account nothing of what it holds"
            yield Problem("servicenow.tables.issue.comments", what, remedy, fatal=False)

    def _users(self) -> Iterator[Problem]:
        users = self._options.users
        page = self._api.rows(
            users.table, ordered("active=true"), ("sys_id", users.email, users.user_name), limit=SAMPLE
        )
        if not any(raw(row.get(users.email)) for row in page.rows):
            what = f"{users.table} shows this account no e-mail address: no person can be told or set"
            yield Problem("servicenow.users", what, f"let the account read {users.email} of {users.table}.")


def _guarded(where: str, probe: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    try:
        yield from probe()
    except (RunAborted, ConfigError):
        raise
    except MlflowGrcError as error:
        yield Problem(where, error.message, error.remedy or "see the message.")
