"""The digest of files: anybody can make it, and nothing that a deployment would load is left out of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from connector.attest.content import path_digest

DOCUMENT = Path(__file__).parents[2] / "docs" / "gate.md"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "data").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "data" / "wéights 1.bin").write_bytes(b"\x00\xff")
    return folder


def by_hand(folder: Path) -> str:
    """The digest by the command of the document."""
    (command,) = re.findall(r"^find .*sha256sum$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    done = subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.split()[0]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_the_command_of_the_document_makes_the_same(model: Path, tmp_path: Path) -> None:
    digest = path_digest(model)
    assert by_hand(model) == digest
    (model / "registered_model_meta").write_text("model_name: credit\n")
    assert by_hand(model) == path_digest(model) == digest
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "more.py").write_text("")
    (model / "code").symlink_to(elsewhere)
    (model / "linked.py").symlink_to(elsewhere / "more.py")
    assert by_hand(model) == path_digest(model) != digest


def test_a_linked_folder_counts_as_one_that_stands_there(model: Path, tmp_path: Path) -> None:
    digest = path_digest(model)
    (tmp_path / "payload").mkdir()
    (tmp_path / "payload" / "numpy.py").write_text("evil = True\n")
    (model / "code").symlink_to(tmp_path / "payload")
    linked = path_digest(model)
    assert linked != digest
    (model / "code").unlink()
    shutil.copytree(tmp_path / "payload", model / "code")
    assert path_digest(model) == linked


def test_a_link_that_leads_back_has_no_digest(model: Path) -> None:
    (model / "data" / "again").symlink_to(model)
    with pytest.raises(ValueError, match="leads to a folder that it is in"):
        path_digest(model)


def test_one_file_is_a_folder_of_one(model: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(model / "MLmodel", alone)
    assert path_digest(model / "MLmodel") == path_digest(alone)
