"""A real MLflow server that asks for credentials: the accounts on it, and registries signed in as them."""

from __future__ import annotations

import functools
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from adapters.httpclient.settings import AuthSettings, BasicAuth, BearerAuth
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.registry.rest import MlflowRegistry
from tests.server_version import Version, version_of

ADMIN = ("admin", "admin-password-of-test")
TOKEN = "token-of-the-service-account"
TOKEN_BEARER = "service"
"""The account that the token stands for."""

FILTERED_SINCE = (3, 10)
"""Versions of unreadable models are left out of listings."""
PATTERNS_SINCE = (3, 13)
"""Permissions by pattern, and an account that can ask what it may do."""

_API = "api/3.0/mlflow/users/permissions/grant"
_CONFIG = """\
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///{directory}/auth.db
admin_username = {admin}
admin_password = {password}
authorization_function = signing_in:either_way
auth_cache_ttl_seconds = 600
"""
_SIGNING_IN = f"""\
from flask import make_response, request
from mlflow.server.auth import authenticate_request_basic_auth
from werkzeug.datastructures import Authorization

def either_way():
    given = request.authorization
    if given is None or given.type != "bearer":
        return authenticate_request_basic_auth()
    if given.token != "{TOKEN}":
        return make_response("this token is not known", 401)
    return Authorization("basic", {{"username": "{TOKEN_BEARER}", "password": ""}})
"""


def password_of(name: str) -> str:
    return f"password-of-{name}"


class GuardedMlflow:
    """``mlflow server --app-name basic-auth`` that knows passwords and one bearer token; nobody has any permission
    but the administrator. A password that was good once is not computed again: MLflow's hashing is slow on purpose.
    """

    def __init__(self, directory: Path, *options: str) -> None:
        self._directory = directory
        config = directory / "auth.ini"
        config.write_text(_CONFIG.format(directory=directory, admin=ADMIN[0], password=ADMIN[1]))
        (directory / "signing_in.py").write_text(_SIGNING_IN)
        environment = {
            "MLFLOW_AUTH_CONFIG_PATH": str(config),
            "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN[1],
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "test",
            "PYTHONPATH": str(directory),
        }
        self._server = MlflowServer(directory, options=("--app-name", "basic-auth", *options), environment=environment)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return self._server.url

    @functools.cached_property
    def version(self) -> Version:
        return version_of(self.url, ADMIN)

    def author(self, workspace: str | None = None) -> RegistryAuthor:
        return RegistryAuthor(self.url, auth=ADMIN, workspace=workspace)

    def add_workspace(self, name: str) -> None:
        self._post("api/3.0/mlflow/workspaces", name=name)

    def add(self, name: str, workspace: str | None = None, **grants: dict[str, str]) -> None:
        """Create an account; ``grants`` are permissions by pattern, by resource type, in ``workspace``."""
        self._post("api/2.0/mlflow/users/create", username=name, password=password_of(name))
        for resource, by_pattern in grants.items():
            for pattern, permission in by_pattern.items():
                self.grant(name, resource, pattern, permission, workspace)

    def grant(self, name: str, resource: str, pattern: str, permission: str, workspace: str | None = None) -> None:
        """Grant by pattern; by name on a server that knows no patterns, to all that is there for ``*``."""
        if self.version >= PATTERNS_SINCE:
            body = {"resource_type": resource, "resource_id": pattern, "permission": permission}
            self._post(_API, workspace, username=name, **body)
            return
        every = self._models() if resource == "registered_model" else ["1"]
        for each in every if pattern == "*" else [pattern]:
            if resource == "registered_model":
                path, about = "registered-models", {"name": each}
            else:
                path, about = "experiments", {"experiment_id": each}
            self._post(f"api/2.0/mlflow/{path}/permissions/create", **about, username=name, permission=permission)

    def _models(self) -> list[str]:
        registry = self.registry(*ADMIN)
        try:
            return [model.name for model in registry.snapshot().models]
        finally:
            registry.close()

    def registry(self, name: str, password: str | None = None) -> MlflowRegistry:
        """The registry, signed in by password."""
        secret = self._secret(password or password_of(name))
        return self._open(BasicAuth.model_validate({"type": "basic", "username": name, "password": secret}))

    def registry_by_token(self, token: str) -> MlflowRegistry:
        """The registry, signed in by bearer token."""
        return self._open(BearerAuth.model_validate({"type": "bearer", "token": self._secret(token)}))

    def _open(self, auth: AuthSettings) -> MlflowRegistry:
        return MlflowRegistry(self.url, auth)

    def _secret(self, text: str) -> dict[str, str]:
        path = self._directory / f"secret-{text}"
        path.write_text(text)
        return {"file": str(path)}

    def _post(self, path: str, workspace: str | None = None, **body: Any) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers.update({"X-MLFLOW-WORKSPACE": workspace} if workspace else {})
            session.post(f"{self.url}/{path}", json=body, auth=ADMIN, timeout=60).raise_for_status()
