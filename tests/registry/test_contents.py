"""The digest of a logged model's files, read through MLflow: what is not covered says why, and nothing is raised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import responses

from connector.attest import Content
from connector.attest.content import FileDigest, folder_digest
from connector.registry.artifacts import Artifacts
from tests.registry.scripted import PATIENCE, PREFIX, URI, error

LISTING = f"{PREFIX}logged-models/m-1/artifacts/directories"
FILES = f"{URI}/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files"


@pytest.fixture
def mlflow() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def row(path: str, size: int = 0, *, folder: bool = False) -> dict[str, Any]:
    return {"path": path, "is_dir": True} if folder else {"path": path, "is_dir": False, "file_size": str(size)}


def content(limit: int = 100, model_id: str = "m-1") -> Content:
    artifacts = Artifacts(URI, http=PATIENCE)
    try:
        return artifacts.content(model_id, limit)
    finally:
        artifacts.close()


def listing(mock: responses.RequestsMock, *rows: dict[str, Any], folder: str = "") -> None:
    query = {"artifact_directory_path": folder} if folder else {}
    mock.get(LISTING, json={"files": list(rows)}, match=[responses.matchers.query_param_matcher(query)])


def file(mock: responses.RequestsMock, path: str, body: bytes) -> None:
    mock.get(FILES, body=body, match=[responses.matchers.query_param_matcher({"artifact_file_path": path})])


def test_all_files_in_all_folders(mlflow: responses.RequestsMock) -> None:
    listing(mlflow, row("data", folder=True), row("MLmodel", 3))
    listing(mlflow, row("data/w", 2), folder="data")
    file(mlflow, "MLmodel", b"abc")
    file(mlflow, "data/w", b"\x00\xff")
    files = [FileDigest("data/w", sha(b"\x00\xff")), FileDigest("MLmodel", sha(b"abc"))]
    assert content() == Content.of(folder_digest(files))


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_too_large_ones_are_not_even_asked_for(mlflow: responses.RequestsMock) -> None:
    listing(mlflow, row("MLmodel", 101))
    assert content().note == "its files have 101 bytes, more than the 100 that are read"
    assert len(mlflow.calls) == 1


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([], "there are no files"),
        (
            [row("MLmodel", 3), row("registered_model_meta", 3)],
            "it has a file registered_model_meta, which is for MLflow's client to write",
        ),
        ([row("MLmodel", 4)], "MLmodel was listed with 4 bytes and came with 3"),
        ([row("a\\b", 3)], r"the file name 'a\\b' has a line end or a backslash"),
    ],
)
def test_what_makes_no_digest(mlflow: responses.RequestsMock, rows: list[dict[str, Any]], note: str) -> None:
    listing(mlflow, *rows)
    for each in rows:
        file(mlflow, each["path"], b"abc")
    assert content() == Content(note=note)


def test_a_listing_that_leads_elsewhere_ends(mlflow: responses.RequestsMock) -> None:
    listing(mlflow, row("data", folder=True))
    listing(mlflow, row("data", folder=True), folder="data")
    assert content().note == "'data' is listed below 'data'"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_refusal_is_no_error(mlflow: responses.RequestsMock, status: int) -> None:
    mlflow.get(LISTING, status=status, json=error("NO"))
    found = content()
    assert found.sha256 is None
    assert found.note.startswith("its files could not be read")


def test_a_model_that_is_gone_or_was_never_told(mlflow: responses.RequestsMock) -> None:
    mlflow.get(LISTING, status=404, json=error("RESOURCE_DOES_NOT_EXIST"))
    assert content().note == "there are no files"
    assert content(model_id="").note == "MLflow names no logged model behind the version"
