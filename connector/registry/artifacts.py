"""The files of a version and of its run, through the tracking server: it reaches its store by its own credentials."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from adapters.httpclient import AuthSettings, HttpSettings
from connector.attest.content import ADDED_BY_DOWNLOAD, Content, FileDigest, folder_digest
from connector.model.errors import AccessDenied, MlflowGrcError, Rejected, Retriable, Unreachable
from connector.registry.api import Api

_LOGGED_MODELS = "ajax-api/2.0/mlflow/logged-models"
LARGEST = 10 * 1024 * 1024
"""Bytes of a file that MLflow's upload takes (``upload_artifact_handler`` of its server)."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file as MLflow lists it; ``size`` in bytes."""

    path: str
    size: int


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

    def content(self, model_id: str, limit: int) -> Content:
        """The digest of a logged model's files, of ``limit`` bytes at most all together. Where they cannot be read the
        answer says why; nothing is raised.
        """
        if not model_id:
            return Content(note="MLflow names no logged model behind the version")
        try:
            files = list(self._files(model_id))
            if any(each.path == ADDED_BY_DOWNLOAD for each in files):
                # No digest tells what is in it: it could be exchanged after the approval, and be what the model loads.
                return Content(note=f"it has a file {ADDED_BY_DOWNLOAD}, which is for MLflow's client to write")
            size = sum(each.size for each in files)
            if size > limit:
                return Content(note=f"its files have {size:,} bytes, more than the {limit:,} that are read")
            return Content.of(folder_digest(self._digest(model_id, each) for each in files))
        except ValueError as error:
            return Content(note=str(error))
        except MlflowGrcError as error:
            return Content(note=f"its files could not be read ({type(error).__name__})")

    def _files(self, model_id: str, folder: str = "") -> Iterator[_File]:
        params = {"artifact_directory_path": folder} if folder else {}
        answer = self._api.find(f"logged-models/{quote(model_id, safe='')}/artifacts/directories", params)
        for each in answer.get("files", ()) if answer is not None else ():
            path = str(each["path"])
            if folder and not path.startswith(f"{folder}/"):
                raise ValueError(f"{path!r} is listed below {folder!r}")
            if each.get("is_dir"):
                yield from self._files(model_id, path)
            else:
                yield _File(path, int(each.get("file_size", 0)))

    def _digest(self, model_id: str, file: _File) -> FileDigest:
        body = self._api.file(
            f"{_LOGGED_MODELS}/{quote(model_id, safe='')}/artifacts/files", {"artifact_file_path": file.path}
        )
        if len(body) != file.size:
            raise ValueError(f"{file.path} was listed with {file.size:,} bytes and came with {len(body):,}")
        return FileDigest(file.path, hashlib.sha256(body).hexdigest())

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
