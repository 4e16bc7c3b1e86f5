"""What an answer with an error status means: a list of rules, the first that matches counts."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from adapters.httpclient.path import check_path, search
from adapters.httpclient.redaction import redact
from adapters.httpclient.response import Response
from adapters.httpclient.settings import Strict
from connector.model.grc import Json

Action: TypeAlias = Literal["refresh_token", "fail", "not_found", "conflict", "rate_limited", "retry"]

MESSAGE_LENGTH = 300


class ErrorRule(Strict):
    """What answers of some kind mean; the first rule that matches counts."""

    status: tuple[int | str, ...] = Field(min_length=1)
    """Codes, or classes like `5xx`; 2xx too, for servers that tell errors with a success code."""
    action: Action
    """`refresh_token`: the credentials ran out, renew them once and send again; after a POST that a page or a redirect
    answered, renew them and look it up, for it may have made something. `fail`: for good, by `kind`. `not_found`: it
    does not exist. `conflict`: it moved meanwhile. `rate_limited`: it was not processed and may be sent again. `retry`:
    it may have been processed; a write is looked up, not sent again."""
    kind: Literal["permission", "validation"] | None = None
    """Of `fail`: whether the account may not, or the value is refused."""
    when: str | None = None
    """A JMESPath on the body that must be true; a body that is no JSON is one text, `@`."""
    message: str | None = None
    """A JMESPath to the server's words."""
    field: str | None = None
    """A JMESPath to the name of the refused field."""

    @field_validator("status")
    @classmethod
    def _known_status(cls, value: tuple[int | str, ...]) -> tuple[int | str, ...]:
        for status in value:
            if isinstance(status, str) and not (len(status) == 3 and status[0] in "2345" and status[1:] == "xx"):
                raise ValueError("a status is a number such as 404, or a class such as 5xx")
        return value

    @field_validator("when", "message", "field")
    @classmethod
    def _is_jmespath(cls, value: str | None) -> str | None:
        return check_path(value)

    @model_validator(mode="after")
    def _fail_has_kind(self) -> Self:
        if (self.action == "fail") != (self.kind is not None):
            raise ValueError("action fail needs a kind (permission or validation), and no other action has one")
        return self

    def matches(self, response: Response) -> bool:
        """Whether this rule is about the answer."""
        if not {response.status, f"{response.status // 100}xx"} & set(self.status):
            return False
        if self.when is None:
            return True
        data = response.json_or_none()
        return bool(search(self.when, response.text if data is None else data))


DEFAULT_RULES = (
    ErrorRule(status=(401,), action="refresh_token"),
    ErrorRule(status=(403,), action="fail", kind="permission"),
    ErrorRule(status=(404, 410), action="not_found"),
    ErrorRule(status=(409, 412), action="conflict"),
    ErrorRule(status=(429,), action="rate_limited"),
    ErrorRule(status=(408, "5xx"), action="retry"),
    ErrorRule(status=("4xx",), action="fail", kind="validation"),
)

_MESSAGES = ("message", "error.message", "error_description", "detail", "errors[0].message", "title", "error")
_FIELDS = ("field", "error.field", "errors[0].field")


def find_rule(response: Response, rules: tuple[ErrorRule, ...]) -> ErrorRule | None:
    """The first rule about this answer; None for a success that no rule singles out."""
    everything = (*rules, *DEFAULT_RULES) if response.status >= 400 else rules
    return next((rule for rule in everything if rule.matches(response)), None)


def server_words(response: Response, rule: ErrorRule | None) -> tuple[str, str | None]:
    """The server's own message (never empty, redacted, short) and the field it names, if any."""
    data = response.json_or_none()
    if data is None:
        return response.describe_body(), None
    message = _first_text(data, (rule.message if rule else None, *_MESSAGES))
    field = _first_text(data, (rule.field if rule else None, *_FIELDS))
    if message is None and isinstance(data, dict):
        message, field = _field_message(data, field)
    return redact(message or response.text)[:MESSAGE_LENGTH], field


def _first_text(data: Json, paths: tuple[str | None, ...]) -> str | None:
    found = (search(path, data) for path in paths if path)
    return next((text for text in found if text and isinstance(text, str)), None)


def _field_message(data: dict[str, Json], field: str | None) -> tuple[str | None, str | None]:
    """The form ``{"tier": ["not a valid choice"]}``."""
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], str):
            return f"{name}: {value[0]}", field or name
    return None, field
