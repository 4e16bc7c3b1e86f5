"""One version and its registered model, as a deployment asks for them: two requests, and nothing is written."""

from __future__ import annotations

from adapters.httpclient import AuthSettings, HttpSettings
from connector.model.errors import AccessDenied, Rejected
from connector.model.registry import ModelVersion, RegisteredModel
from connector.registry.api import Api
from connector.registry.parse import model_version, registered_model
from connector.registry.uris import check_uri

_NO_ALIAS = "registered model alias"


class Lookup:
    """Reads single objects of one workspace of the MLflow server at ``uri``.

    Methods return None only when MLflow says that there is no such thing; they raise AuthError, Unreachable, Retriable,
    AccessDenied (basic-auth answers so for what is missing, too) and Rejected. Raises ConfigError for a URI that is
    not served.
    """

    def __init__(
        self,
        uri: str,
        auth: AuthSettings | None = None,
        http: HttpSettings | None = None,
        *,
        workspace: str | None = None,
    ) -> None:
        check_uri(uri)
        self._api = Api(uri, auth, http, workspace=workspace)

    def version(self, name: str, version: str) -> ModelVersion | None:
        """A version by its number."""
        raw = self._api.find("model-versions/get", {"name": name, "version": version})
        return model_version(raw["model_version"]) if raw is not None else None

    def at_alias(self, name: str, alias: str) -> ModelVersion | None:
        """The version that an alias points at, in one request."""
        try:
            raw = self._api.find("registered-models/alias", {"name": name, "alias": alias})
        except AccessDenied:
            raise
        except Rejected as error:
            if _NO_ALIAS not in error.message.lower():
                raise
            return None
        return model_version(raw["model_version"]) if raw is not None else None

    def model(self, name: str) -> RegisteredModel | None:
        """A registered model, without its versions."""
        raw = self._api.find("registered-models/get", {"name": name})
        return registered_model(raw["registered_model"]) if raw is not None else None

    @property
    def requests_sent(self) -> int:
        """Requests sent so far, retries included."""
        return self._api.requests_sent

    def close(self) -> None:
        """Release connections."""
        self._api.close()
