"""Calls of Cardex's JSON-RPC API. Everything is a POST to one address: what a call does, its body says."""

from __future__ import annotations

from typing import Any, TypeAlias

from pydantic import TypeAdapter

from adapters.base import AdapterSettings
from adapters.httpclient import AuthSettings, ErrorRule, HttpClient, HttpSettings

Json: TypeAlias = Any
_AUTH: TypeAdapter[AuthSettings] = TypeAdapter(AuthSettings)


def _rule(code: int, action: str, kind: str | None = None) -> ErrorRule:
    return ErrorRule.model_validate(
        {"status": [200], "when": f"error.code == `{code}`", "action": action, "kind": kind, "message": "error.message"}
        | {"field": "error.data.slot"}
    )


RULES = (
    _rule(1, "refresh_token"),
    _rule(2, "not_found"),
    _rule(3, "conflict"),
    _rule(4, "fail", "validation"),
    _rule(5, "retry"),
    _rule(6, "fail", "permission"),
    ErrorRule(status=(200,), when="error", action="fail", kind="validation", message="error.message"),
)
"""Cardex answers 200 to everything and tells errors in the body, by number."""


class Rpc:
    """One Cardex. The shared client does the rest: credentials, retries of what may be sent twice, the rate limit,
    time-outs, redaction.
    """

    def __init__(self, settings: AdapterSettings) -> None:
        auth = None if settings.auth is None else _AUTH.validate_python(settings.auth)
        http = HttpSettings.model_validate(settings.http or {})
        self._client = HttpClient(settings.url, auth, http, stop=settings.stop, before_write=settings.before_write)

    def ask(self, method: str, **params: Json) -> Json:
        """A call that changes nothing, and may be sent again. Raises AuthError, Unreachable, Retriable, NotFound,
        Rejected.
        """
        return self._call(method, params, safe=True)

    def tell(self, method: str, **params: Json) -> Json:
        """A call that changes something, sent once. Raises Conflict too, and OutcomeUnknown for a lost answer."""
        return self._call(method, params, safe=False)

    @property
    def requests_sent(self) -> int:
        """Requests so far, retries included."""
        return self._client.requests_sent

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _call(self, method: str, params: dict[str, Json], *, safe: bool) -> Json:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self._client.request("POST", "rpc", json=body, safe=safe, error_rules=RULES).json()["result"]
