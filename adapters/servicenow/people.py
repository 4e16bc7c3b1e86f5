"""People: their sys_ids and user names on the platform, and the e-mail addresses that everybody else knows them by."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable

from adapters.servicenow.api import TableApi
from adapters.servicenow.options import Users
from adapters.servicenow.query import is_plain, is_sys_id
from connector.model.errors import AccessDenied, Rejected
from connector.model.grc import Json, Unreadable

log = logging.getLogger("mlflow_grc.servicenow")

_MAIL = re.compile(r"[^@\s<>,;\"^]+@[^@\s<>,;\"^]+")


class People:
    """What is known of the users, asked for in bulk and remembered until ``forget``. Safe for threads."""

    def __init__(self, api: TableApi, users: Users) -> None:
        self._api, self._users = api, users
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """A new run: people come, go and change their names."""
        with self._lock:
            self._mail_of_id: dict[str, str | None] = {}
            self._mail_of_name: dict[str, str | None] = {}
            self._ids_of_mail: dict[str, tuple[str, ...]] = {}

    def learn(self, ids: Iterable[str] = (), user_names: Iterable[str] = (), mails: Iterable[str] = ()) -> None:
        """Ask for those that are not known yet. What is no id, user name or address is passed over."""
        addresses = {mail for mail in mails if _MAIL.fullmatch(mail) and is_plain(mail)}
        self._ask(self._users.email, {mail for mail in addresses if mail.casefold() not in self._ids_of_mail})
        self._ask("sys_id", {one for one in ids if is_sys_id(one)} - self._mail_of_id.keys())
        names = {name for name in user_names if name and is_plain(name) and "," not in name}
        self._ask(self._users.user_name, names - self._mail_of_name.keys())

    def mail(self, sys_id: Json) -> Json:
        """The e-mail address behind a reference; Unreadable where it has none that this account sees."""
        if sys_id in (None, ""):
            return None
        self.learn(ids=[sys_id])
        mail = self._mail_of_id.get(sys_id)
        return mail or Unreadable(f"the user {sys_id} has no e-mail address that the connector's account may read")

    def known_as(self, user_name: str | None) -> str | None:
        """The e-mail address of a user name; the name itself where none is known."""
        if not user_name:
            return None
        return self._mail_of_name.get(user_name) or user_name

    def sys_id(self, mail: str) -> str:
        """The user with an e-mail address. Raises Rejected where there is none, or several."""
        if not _MAIL.fullmatch(mail) or not is_plain(mail):
            raise Rejected(f"{mail[:60]!r} is no e-mail address.", remedy="correct it at its source.")
        wanted = mail.casefold()
        self.learn(mails=[mail])
        found = self._ids_of_mail.get(wanted, ())
        if len(found) != 1:
            what = "no user has" if not found else f"{len(found)} active users have"
            raise Rejected(
                f"In ServiceNow {what} the e-mail address {mail}.",
                remedy="correct the address, or the users in ServiceNow.",
            )
        return found[0]

    def _ask(self, column: str, values: set[str]) -> None:
        if not values:
            return
        users = self._users
        fields = ("sys_id", users.email, users.user_name, "active")
        try:
            rows = list(self._api.among(users.table, column, sorted(values), fields))
        except AccessDenied as error:
            # Who people are cannot be told then; everything else of their records can.
            log.warning("%s cannot be read, so nobody is known by e-mail: %s", users.table, error)
            rows = []
        with self._lock:
            for value in values:
                if column == "sys_id":
                    self._mail_of_id.setdefault(value, None)
                elif column == users.user_name:
                    self._mail_of_name.setdefault(value, None)
            for row in rows:
                mail = str(row.get(users.email) or "").strip().lower() or None
                self._mail_of_id[str(row["sys_id"])] = mail
                self._mail_of_name[str(row.get(users.user_name) or "")] = mail
            if column == users.email:
                self._note_mails(values, rows)

    def _note_mails(self, values: set[str], rows: Iterable[Json]) -> None:
        found: dict[str, list[tuple[str, bool]]] = {value.casefold(): [] for value in values}
        for row in rows:
            of_mail = found.get(str(row.get(self._users.email) or "").strip().casefold())
            if of_mail is not None:
                of_mail.append((str(row["sys_id"]), row.get("active") in ("true", True, "1")))
        for mail, people in found.items():
            active = [sys_id for sys_id, is_active in people if is_active]
            self._ids_of_mail[mail] = tuple(active or [sys_id for sys_id, _ in people])
