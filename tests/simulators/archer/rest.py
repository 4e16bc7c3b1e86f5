"""The REST API below ``core/``: who may call what, and which answer it gets. Content is :mod:`writing`'s."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.responses import JSONResponse, Response

from connector.mock.faults import Fault
from tests.simulators.archer import describing, envelopes
from tests.simulators.archer.content import Content
from tests.simulators.archer.schema import Account, Tenant
from tests.simulators.archer.sessions import Sessions
from tests.simulators.archer.showing import shown
from tests.simulators.archer.workflow import Workflows
from tests.simulators.archer.writing import Writer
from tests.simulators.base import Request

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A request below ``core/``, signed in. ``method`` with the override applied; ``fired`` bends what it writes."""

    method: str
    path: str
    body: Json
    account: Account
    fired: Sequence[Fault] = ()


def method_of(request: Request) -> str:
    """What a request means: a POST with ``X-Http-Method-Override`` is what that says."""
    override = request.headers.get("x-http-method-override", "")
    return override.upper() if request.method == "POST" and override else request.method


@dataclass(slots=True)
class Rest:
    """Answers one request at a time. The caller holds the content's lock."""

    tenant: Tenant
    content: Content
    sessions: Sessions
    writer: Writer
    workflows: Workflows
    _routes: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._routes = [
            (method, re.compile(f"core/{path}/?", re.I), handler) for method, path, handler in self._table()
        ]

    def answer(self, path: str, request: Request, fired: Sequence[Fault]) -> Response:
        """The answer to a request for ``path`` below the prefix."""
        if request.body and not request.headers.get("content-type", "").startswith("application/json"):
            return envelopes.framework(415, "The request entity's media type is not supported for this resource.")
        body, method = request.json(), method_of(request)
        if path.rstrip("/").casefold() == "core/security/login":
            return self._login(body) if method == "POST" else _no_method(method)
        matching = [(verb, found, handler) for verb, rx, handler in self._routes if (found := rx.fullmatch(path))]
        if not matching:
            return envelopes.elsewhere()
        account = self.sessions.account(self.sessions.bearer(request.headers.get("authorization", "")))
        if account is None:
            return envelopes.denied()
        for verb, found, handler in matching:
            if verb == method:
                return handler(Asked(method, path, body, account, fired), *map(int, found.groups()))
        return _no_method(method)

    def _table(self) -> list[tuple[str, str, Callable[..., Response]]]:
        system, number = "system", r"(\d+)"
        return [
            ("POST", "security/logout", self._logout),
            ("GET", f"content/{number}", self._read),
            ("POST", "content", lambda asked: self.writer.create(asked.body, asked.account, asked.fired)),
            ("PUT", "content", lambda asked: self.writer.update(asked.body, asked.account, asked.fired)),
            ("POST", "content/attachment", self._attach),
            ("GET", f"content/attachment/{number}", self._attachment),
            ("GET", f"{system}/application", self._applications),
            ("GET", f"{system}/application/{number}", self._application),
            ("GET", f"{system}/applicationinfo/version", lambda _: envelopes.single({"Version": self.tenant.version})),
            ("GET", f"{system}/level/module/{number}", self._levels),
            ("GET", f"{system}/fielddefinition/level/{number}", self._fields),
            ("GET", f"{system}/fielddefinition/{number}", self._field),
            ("GET", f"{system}/valueslist/{number}", self._values_list),
            ("GET", f"{system}/valueslistvalue/flat/valueslist/{number}", self._values),
            ("GET", f"{system}/user", self._users),
            ("GET", f"{system}/user/{number}", self._user),
            ("GET", f"{system}/user/group/{number}", self._members),
            ("GET", f"{system}/usercontact", self._contacts),
            ("GET", f"{system}/usercontact/{number}", self._contact),
            ("GET", f"{system}/group", self._groups),
            ("GET", f"{system}/group/{number}", self._group),
            ("GET", f"{system}/groupmembership", self._memberships),
            ("GET", f"{system}/workflowaction/{number}", self._actions),
            ("POST", f"{system}/workflowaction", lambda asked: self.workflows.act(asked.body, asked.account)),
        ]

    def _login(self, body: Json) -> Response:
        if not isinstance(body, Mapping):
            return envelopes.framework(400, "The request is invalid.")
        names = ("InstanceName", "Username", "UserDomain", "Password")
        token = self.sessions.login(*(str(body.get(name) or "") for name in names))
        if token is None:
            return envelopes.failed([envelopes.LOGIN_NOT_VALID])
        return envelopes.single({"SessionToken": token})

    def _logout(self, asked: Asked) -> Response:
        token = asked.body.get("Value") if isinstance(asked.body, Mapping) else None
        self.sessions.logout(str(token))
        return envelopes.single({})

    def _read(self, asked: Asked, record_id: int) -> Response:
        record = self.content.get(record_id)
        level = self.tenant.level(record.level) if record is not None else None
        if record is None or level is None or not self._sees(asked.account, level.module, record_id):
            return envelopes.failed([envelopes.NOT_FOUND])
        return envelopes.single(shown(record, level, self.content, asked.account))

    def _attach(self, asked: Asked) -> Response:
        body = asked.body if isinstance(asked.body, Mapping) else {}
        name, content = body.get("AttachmentName"), body.get("AttachmentBytes")
        if not isinstance(name, str) or not isinstance(content, str):
            return envelopes.framework(400, "The request is invalid.")
        return envelopes.single({"Id": self.content.attach(name, content)})

    def _attachment(self, _: Asked, number: int) -> Response:
        return _one(self.content.attachments.get(number))

    def _applications(self, asked: Asked) -> Response:
        shown_ones = [one for one in self.tenant.applications if not one.subform and asked.account.reads(one.id)]
        return envelopes.collection(map(describing.application, shown_ones))

    def _application(self, asked: Asked, module: int) -> Response:
        found = self.tenant.application(module) if asked.account.reads(module) else None
        return _one(describing.application(found) if found else None)

    def _levels(self, asked: Asked, module: int) -> Response:
        found = self.tenant.application(module) if asked.account.reads(module) else None
        return envelopes.collection(map(describing.level, found.levels if found else ()))

    def _fields(self, asked: Asked, level_id: int) -> Response:
        level = self.tenant.level(level_id)
        fields = level.fields if level is not None and asked.account.reads(level.module) else ()
        return envelopes.collection(describing.field(one) for one in fields if asked.account.sees(one))

    def _field(self, asked: Asked, field_id: int) -> Response:
        found = self.tenant.field(field_id)
        return _one(describing.field(found) if found is not None and asked.account.sees(found) else None)

    def _values_list(self, _: Asked, number: int) -> Response:
        found = self.tenant.lists.get(number)
        return _one(describing.values_list(found) if found else None)

    def _values(self, _: Asked, number: int) -> Response:
        found = self.tenant.lists.get(number)
        return envelopes.collection(map(describing.value, found.values if found else ()))

    def _users(self, _: Asked) -> Response:
        return envelopes.collection(map(describing.user, self.tenant.accounts.values()))

    def _user(self, _: Asked, number: int) -> Response:
        found = self.tenant.accounts.get(number)
        return _one(describing.user(found) if found else None)

    def _members(self, _: Asked, number: int) -> Response:
        members = [one for one in self.tenant.accounts.values() if number in one.groups]
        return envelopes.collection(map(describing.user, members))

    def _contacts(self, _: Asked) -> Response:
        return envelopes.collection(map(describing.contacts, self.tenant.accounts.values()))

    def _contact(self, _: Asked, number: int) -> Response:
        found = self.tenant.accounts.get(number)
        return envelopes.collection([describing.contact(found)] if found else [])

    def _groups(self, _: Asked) -> Response:
        return envelopes.collection(map(describing.group, self.tenant.groups.values()))

    def _group(self, _: Asked, number: int) -> Response:
        found = self.tenant.groups.get(number)
        return _one(describing.group(found) if found else None)

    def _memberships(self, _: Asked) -> Response:
        return envelopes.collection(describing.membership(one, self.tenant) for one in self.tenant.groups.values())

    def _actions(self, asked: Asked, record_id: int) -> Response:
        found = self.content.get(record_id)
        level = self.tenant.level(found.level) if found is not None else None
        if level is None or not self._sees(asked.account, level.module, record_id):
            return envelopes.failed([envelopes.NOT_FOUND])
        return self.workflows.actions(record_id)

    def _sees(self, account: Account, module: int, record_id: int) -> bool:
        return account.reads(module) and (account.id, record_id) not in self.content.denied


def _one(found: Json) -> Response:
    return envelopes.failed([envelopes.NOT_FOUND]) if found is None else envelopes.single(found)


def _no_method(method: str) -> Response:
    text = {"Message": f"The requested resource does not support http method '{method}'."}
    return JSONResponse(text, 405)
