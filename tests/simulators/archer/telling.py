"""What a request asks for, in the words that all simulators share.

A search is ``list``, or ``find`` where it asks for a key; metadata, the version and groups are ``describe``, accounts
and their contacts a ``list`` of users. A comment is an entry of a sub-form: what ties it to its issue is told as
``comment``; what makes the entry before that, which nobody sees yet, as ``update`` of no kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.simulators.archer import richtext, words
from tests.simulators.archer.content import Content
from tests.simulators.archer.options import BadSearch, parsed
from tests.simulators.archer.rest import method_of
from tests.simulators.archer.schema import Field, Level, Tenant, Type
from tests.simulators.archer.sessions import Sessions
from tests.simulators.archer.soap import called
from tests.simulators.archer.taking import Ignored, Taker
from tests.simulators.archer.workflow import Workflows
from tests.simulators.archer.writing import Body, body_of
from tests.simulators.base import Call, Request, Verb

Json: TypeAlias = Any
_CONTENT = re.compile(r"core/content(?:/(\d+))?/?", re.IGNORECASE)
_PEOPLE = re.compile(r"core/system/(?:user|usercontact)(?:/(\d+))?/?", re.IGNORECASE)
_ACTION = re.compile(r"core/system/workflowaction(?:/(\d+))?/?", re.IGNORECASE)
_COMMENTS = "Comments"
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells requests. Changes nothing, and keeps no session alive."""

    tenant: Tenant
    content: Content
    sessions: Sessions
    workflows: Workflows

    def search(self, request: Request) -> list[Call]:
        """A call of ``search.asmx``."""
        call = called(request.body)
        try:
            search = parsed(call.options) if call is not None else None
        except BadSearch:
            search = None
        application = self.tenant.application(search.module) if search is not None else None
        if search is None or application is None:
            return [Call(Verb.LIST)]
        level = application.levels[0]
        keys = {one.id for one in level.fields if one.common == "external_key"}
        by_key = any(one.field in keys and one.kind == "TextFilterCondition" for one in search.conditions)
        return [Call(Verb.FIND if by_key else Verb.LIST, level.kind)]

    def rest(self, path: str, request: Request) -> list[Call]:
        """A call of the REST API; ``path`` is below the prefix."""
        method = method_of(request)
        if "core/security/" in path.lower():
            return [Call(Verb.LOGIN)]
        if found := _CONTENT.fullmatch(path):
            if found[1]:
                return [self._read(found[1])]
            return self._write(method, request)
        if found := _PEOPLE.fullmatch(path):
            return [Call(Verb.GET if found[1] else Verb.LIST, "users", found[1] or "")]
        if _ACTION.fullmatch(path) and method == "POST":
            return self._act(request.json())
        return [Call(Verb.UPDATE if method in _CHANGING else Verb.DESCRIBE)]

    def _read(self, record_id: str) -> Call:
        record = self.content.get(int(record_id))
        level = self.tenant.level(record.level) if record is not None else None
        if record is not None and level is not None and not level.kind:
            return Call(Verb.COMMENTS, "issues", self._commented(record.id))
        return Call(Verb.GET, level.kind if level is not None else "", record_id)

    def _write(self, method: str, request: Request) -> list[Call]:
        asked = body_of(request.json())
        if asked is None:
            return [Call(Verb.UPDATE)]
        record = self.content.get(asked.id or 0)
        level = self.tenant.level(record.level if record is not None else asked.level or 0)
        account = self.sessions.peek(self.sessions.bearer(request.headers.get("authorization", "")))
        if level is None:
            return [Call(Verb.UPDATE, "", str(asked.id or ""))]
        verb = Verb.CREATE if method == "POST" and level.kind else Verb.UPDATE
        taker = Taker(self.tenant, self.content, account or next(iter(self.tenant.accounts.values())))
        values = self._values(level, asked, taker)
        told = [Call(verb, level.kind, str(asked.id or ""), values)]
        said = self._comment(level, asked, taker)
        if said is None:
            return told
        return [said, *told] if values else [said]

    def _values(self, level: Level, asked: Body, taker: Taker) -> dict[str, Json]:
        values = {}
        for name, entry in asked.entries.items():
            one = _field(level, name)
            if one is None or (not one.common and level.kind):
                continue
            try:
                kept = taker.take(one, entry) if one.writable else None
            except Ignored:
                kept = None
            if not level.kind:
                values[one.name] = richtext.seen(kept) if isinstance(kept, str) else kept
            elif one.writable:
                values[one.common] = None if kept is None else words.common(self.tenant, level, one, kept)
            else:
                values[one.common] = entry
        return values

    def _comment(self, level: Level, asked: Body, taker: Taker) -> Call | None:
        """What is told where a write adds entries to an issue's comments."""
        one = next((each for each in level.fields if each.type is Type.SUBFORM and each.name == _COMMENTS), None)
        if one is None or str(one.id) not in asked.entries:
            return None
        record = self.content.get(asked.id or 0)
        try:
            kept = taker.take(one, asked.entries[str(one.id)]) or []
        except Ignored:
            kept = []
        before = (record.value(one) or []) if record is not None else []
        added = [self._text(number) for number in kept if number not in before]
        return Call(Verb.COMMENT, level.kind, str(asked.id or ""), {"text": "\n".join(added)})

    def _text(self, number: int) -> str:
        entry = self.content.get(number)
        level = self.tenant.level(entry.level) if entry is not None else None
        if entry is None or level is None:
            return ""
        return next(richtext.seen(entry.value(one) or "") for one in level.fields if one.type is Type.TEXT)

    def _act(self, body: Json) -> list[Call]:
        body = body if isinstance(body, Mapping) else {}
        number = body.get("ContentId")
        record = self.content.get(number) if isinstance(number, int) else None
        level = self.tenant.level(record.level) if record is not None else None
        if record is None or level is None:
            return [Call(Verb.UPDATE, "", str(number or ""))]
        target = self.workflows.target(record.id, body.get("WorkflowNodeId"), body.get("CompletionCode"))
        values = {}
        if target is not None:
            one = next(each for each in level.fields if each.common == "approval_status")
            values = {one.common: words.common(self.tenant, level, one, {"ids": [target.status], "other": None})}
        return [Call(Verb.UPDATE, level.kind, str(record.id), values)]

    def _commented(self, entry: int) -> str:
        """The issue whose comments have the entry."""
        names = {str(one.id) for one in self._issue_fields() if one.type is Type.SUBFORM}
        issues = self.content.of(self.tenant.level_of("issues").id) if names else []
        return next((str(each.id) for each in issues for name in names if entry in each.values.get(name, [])), "")

    def _issue_fields(self) -> Sequence[Field]:
        try:
            return self.tenant.level_of("issues").fields
        except KeyError:
            return ()


def _field(level: Level, name: str) -> Field | None:
    return next((one for one in level.fields if str(one.id) == name), None)
