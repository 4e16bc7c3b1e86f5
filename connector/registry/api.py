"""MLflow's REST API as the shared HTTP client's errors tell it: which answers mean what."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from adapters.httpclient import AuthSettings, ErrorRule, HttpClient, HttpSettings, NotFound, Response, Traffic
from connector.model.errors import (
    AccessDenied,
    AuthError,
    Conflict,
    MlflowGrcError,
    NoWorkspace,
    Rejected,
    Unreachable,
)
from connector.registry.parse import fold_pair

PREFIX = "api/2.0/mlflow/"
PREFIX_3 = "api/3.0/mlflow/"
UPLOAD = "ajax-api/2.0/mlflow/upload-artifact"
SEARCH_TIMEOUT = 120.0
"""Seconds to wait for a search: all versions of a large registry in one request took up to 19 on a good day."""

WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"

_MISSING = "RESOURCE_DOES_NOT_EXIST"
_DATABASE_ERROR = "BAD_REQUEST"
_DISABLED = "FEATURE_DISABLED"
_CODE = "error_code"
_NO_WORKSPACE = f"{_CODE} == '{_MISSING}' && message && starts_with(message, 'Workspace ')"
_RULES = (
    # Before the missing object: where the workspace is gone, nothing is known of what it held.
    ErrorRule(status=(404,), when=_NO_WORKSPACE, action="fail", kind="validation", field=_CODE),
    ErrorRule(status=(404,), when=f"{_CODE} == '{_MISSING}'", action="not_found", field=_CODE),
    ErrorRule(status=(400,), when=f"{_CODE} == 'RESOURCE_ALREADY_EXISTS'", action="conflict"),
    ErrorRule(status=("5xx",), when=f"{_CODE} == '{_DISABLED}'", action="fail", kind="validation", field=_CODE),
    ErrorRule(status=(400,), action="fail", kind="validation", field=_CODE),
)
_HOST_REFUSED = "Invalid Host header"


class Api:
    """Sends requests to the MLflow at ``uri``. Raises ConfigError for a URI that is no http address.

    Besides what each method says, all raise AuthError, Unreachable and Retriable.
    """

    def __init__(
        self,
        uri: str,
        auth: AuthSettings | None = None,
        http: HttpSettings | None = None,
        *,
        workspace: str | None = None,
        stop: threading.Event | None = None,
        before_write: Callable[[], None] | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        http = http or HttpSettings()
        patient = http.model_copy(update={"timeout_seconds": max(http.timeout_seconds, SEARCH_TIMEOUT)})
        self.uri = uri
        self._client = HttpClient(uri, auth, http, stop=stop, before_write=before_write, traffic=traffic)
        self._searcher = HttpClient(uri, auth, patient, stop=stop, traffic=traffic)
        self._headers = {WORKSPACE_HEADER: workspace} if workspace else {}
        self._workspaces_are_there = threading.Event()

    def within(self, workspace: str) -> Api:
        """The same server, session and limits, in another workspace; only one of the two is to be closed."""
        inside = copy.copy(self)
        inside._headers = {WORKSPACE_HEADER: workspace}
        return inside

    @property
    def requests_sent(self) -> int:
        """Requests sent so far, retries included, in all workspaces."""
        return self._client.requests_sent + self._searcher.requests_sent

    def find(self, path: str, params: Mapping[str, str]) -> dict[str, Any] | None:
        """Read one object; None when MLflow says that it does not exist. Raises AccessDenied and Rejected."""
        try:
            return _json(self._send(self._client, "GET", path, params=params))
        except NotFound:
            return None

    def read(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """A search by GET. Raises Rejected; an account that may not list gets AuthError."""
        return _json(self._send(self._searcher, "GET", path, params=params, listing=True))

    def ask(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A question to version 3 of the API. Raises AccessDenied and Rejected, that for an older server too."""
        return _json(self._request(self._client, "GET", PREFIX_3 + path, params=params))

    def query(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A search by POST; errors as for ``read``."""
        return _json(self._send(self._searcher, "POST", path, json=body, safe=True, listing=True))

    def text(self, path: str) -> str:
        """A page outside the API, as text. Raises AccessDenied and Rejected."""
        return self._request(self._client, "GET", path, expect="any").text

    def page(self, path: str, params: Mapping[str, str]) -> str:
        """A page outside the API that is asked something, as text. Raises AccessDenied, Rejected and Retriable."""
        return self._request(self._client, "GET", path, params=params, expect="any").text

    def file(self, path: str, params: Mapping[str, str]) -> bytes:
        """A file outside the API, byte for byte. Raises as ``page``."""
        return self._request(self._client, "GET", path, params=params, expect="any").body

    def upload(self, params: Mapping[str, str], content: bytes) -> None:
        """Put a file among a run's artifacts. Sent again after a failure: the same file in the same place."""
        headers = {"Content-Type": "application/octet-stream"}
        self._request(
            self._client,
            "POST",
            UPLOAD,
            params=params,
            content=content,
            extra=headers,
            safe=True,
            writes=True,
            expect="any",
        )

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        field: str | None = None,
        before: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """Send a write, once more when MLflow's database refused it in a race; ``before`` runs before each request.

        Raises Rejected naming ``field``, AccessDenied, Conflict (the object is gone, or the name is taken) and
        OutcomeUnknown.
        """
        before = before or _nothing
        before()
        try:
            return self._write_once(method, path, body, field)
        except _DatabaseRefused:
            before()
            return self._write_once(method, path, body, field)

    def close(self) -> None:
        """Release connections."""
        self._client.close()
        self._searcher.close()

    def _write_once(self, method: str, path: str, body: Mapping[str, Any], field: str | None) -> dict[str, Any]:
        try:
            return _json(self._send(self._client, method, path, json=body, safe=False))
        except NotFound as error:
            raise Conflict(error.message, remedy="it was deleted or renamed: the next run looks again.") from None
        except AccessDenied:
            raise
        except Rejected as error:
            raced = error.field == _DATABASE_ERROR and "too long" not in error.message.lower()
            kind = _DatabaseRefused if raced else Rejected
            raise kind(error.message, remedy=error.remedy, field=field) from None

    def _send(self, client: HttpClient, method: str, path: str, **how: Any) -> Response:  # noqa: ANN401
        try:
            return self._request(client, method, PREFIX + path, **how)
        except NotFound as error:
            if error.field == _MISSING:
                raise
            raise Unreachable(error.message, remedy=URI_REMEDY) from None

    def _request(self, client: HttpClient, method: str, path: str, **how: Any) -> Response:  # noqa: ANN401
        if WORKSPACE_HEADER in self._headers and not self._workspaces_are_there.is_set():
            self._prove_workspaces()
        return self._exchange(client, method, path, **how)

    def _prove_workspaces(self) -> None:
        """Once per registry: a server from before workspaces ignores the header and would show all that it has."""
        try:
            self._exchange(self._client, "GET", f"{PREFIX_3}workspaces")
        except NotFound:
            message = f"The MLflow at {self.uri} is from before workspaces and would serve its whole registry as one."
            raise Unreachable(message, remedy=_NO_WORKSPACES_REMEDY) from None
        except AccessDenied:
            pass  # may not list them, but they are there
        self._workspaces_are_there.set()

    def _exchange(
        self,
        client: HttpClient,
        method: str,
        path: str,
        extra: Mapping[str, str] | None = None,
        **how: Any,  # noqa: ANN401
    ) -> Response:
        headers = {**self._headers, **(extra or {})}
        try:
            return client.request(method, path, headers=headers, error_rules=_RULES, fold=fold_pair, **how)
        except (AccessDenied, AuthError) as error:
            if _HOST_REFUSED in error.message:
                raise Unreachable(error.message, remedy=HOST_REMEDY) from None
            raise
        except NotFound:
            raise
        except Rejected as error:
            if error.field == _DISABLED:
                raise Unreachable(error.message, remedy=DISABLED_REMEDY) from None
            if error.field == _MISSING:
                raise NoWorkspace(error.message, remedy="correct the registry's workspaces, or create it.") from None
            raise
        except MlflowGrcError as error:
            # The shared client speaks of a connection's address; a registry's has another key.
            error.remedy = re.sub(r"\burl\b", "the registry's uri", error.remedy)
            raise


class _DatabaseRefused(Rejected):
    """MLflow's answer to a failed database statement, which a race causes too (the first write of a tag)."""


URI_REMEDY = "make the registry's uri the address of an MLflow tracking server, with its path prefix if it has one."
DISABLED_REMEDY = "leave out the registry's workspaces, or start MLflow with --enable-workspaces."
_NO_WORKSPACES_REMEDY = "leave out the registry's workspaces, or upgrade to MLflow 3.10 and use --enable-workspaces."
HOST_REMEDY = "start MLflow with --allowed-hosts naming the host of the registry's uri, or use a host that it allows."


def _json(response: Response) -> dict[str, Any]:
    answer = response.json()
    if not isinstance(answer, dict):
        raise Unreachable(f"{response.where} answered JSON that is not MLflow's.", remedy=URI_REMEDY)
    return answer


def _nothing() -> None:
    """No check before a write."""
