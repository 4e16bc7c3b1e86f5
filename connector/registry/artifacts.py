"""The files of a version and of its run, through the tracking server: it reaches its store by its own credentials."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.httpclient import AuthSettings, HttpSettings
from connector.model.errors import AccessDenied, Rejected, Retriable, Unreachable
from connector.registry.api import Api

LARGEST = 10 * 1024 * 1024
"""Bytes of a file that MLflow's upload takes (``upload_artifact_handler`` of its server)."""


class Artifacts:
    """The artifacts of one workspace of the MLflow server at ``uri``. All methods may raise AuthError."""

    def __init__(
        self,
        uri: str,
        auth: AuthSettings | None = None,
        http: HttpSettings | None = None,
        *,
        workspace: str | None = None,
    ) -> None:
        self._api = Api(uri, auth, http, workspace=workspace)

    def read(self, name: str, version: str, path: str) -> str | None:
        """A text file of a version; None where it is not there, may not be read, or is out of the server's reach."""
        try:
            return self._api.page("model-versions/get-artifact", {"name": name, "version": version, "path": path})
        except (AccessDenied, Rejected, Retriable, Unreachable):
            return None

    def log(self, run_id: str, path: str, content: bytes) -> None:
        """Put a file among the artifacts of a run, in the place of one that is there. Raises Rejected, AccessDenied
        and Unreachable.
        """
        if len(content) > LARGEST:
            raise Rejected(
                f"{path} has {len(content):,} bytes, and MLflow takes {LARGEST:,}.", remedy="write it to a file."
            )
        try:
            self._api.upload({"run_uuid": run_id, "path": path}, content)
        except (Rejected, AccessDenied, Retriable) as error:
            error.message = f"{path} could not be logged to run {run_id}: {error.message}"
            raise

    def close(self) -> None:
        """Release connections."""
        self._api.close()


ENVIRONMENT_FILES: Sequence[str] = ("python_env.yaml", "requirements.txt", "conda.yaml")
"""What MLflow writes beside a model about the environment that it needs."""


def environment(artifacts: Artifacts, name: str, version: str) -> dict[str, str]:
    """The files about a version's environment that can be read, by their names."""
    found = ((path, artifacts.read(name, version, path)) for path in ENVIRONMENT_FILES)
    return {path: text for path, text in found if text is not None}
