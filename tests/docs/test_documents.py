"""What the documents name is there: commands and options, links, headings, files, tests, versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.commands import command_lines, complaint
from tests.docs.pages import PAGES, ROOT, Page, page

NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
OURS = ("tests/", "connector/", "adapters/", "mappings/", "docs/", "examples/", "benchmarks/", "deploy/", ".ci/")
_NAMED_FILE = re.compile(r"^([\w./\-]+?)(?:::(\w+))?$")

every_page = pytest.mark.parametrize("path", PAGES, ids=NAMES)


@every_page
def test_every_command_line_is_one_that_exists(path: Path) -> None:
    wrong = {line: problem for line in command_lines(page(path)) if (problem := complaint(line)) is not None}
    assert wrong == {}


@every_page
def test_every_link_leads_somewhere(path: Path) -> None:
    assert [link for link in page(path).links if not _leads_somewhere(path, link)] == []


@every_page
def test_every_file_and_test_that_is_named_is_there(path: Path) -> None:
    assert [span for span in page(path).spans if span.startswith(OURS) and not _is_there(span)] == []


def _leads_somewhere(path: Path, link: str) -> bool:
    if link.startswith(("http://", "https://", "mailto:")):
        return True
    file, _, anchor = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    return target.exists() and (not anchor or anchor in page(target).anchors)


def _is_there(span: str) -> bool:
    match = _NAMED_FILE.match(span)
    if match is None:
        return bool(list(ROOT.glob(span))) if "*" in span else (ROOT / span.split(maxsplit=1)[0]).exists()
    file, test = match.groups()
    target = ROOT / file
    return target.exists() and (test is None or f"def {test}(" in target.read_text(encoding="utf-8"))


def test_all_documents_are_looked_at() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/cli.md", "docs/operating.md", "docs/security.md"} <= set(NAMES)
    assert sum(1 for path in PAGES for _ in command_lines(page(path))) > 60


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("snyc", "snyc"),
        ("sync --json", None),
        ("sync --jsn", "--jsn"),
        ("sync credit", "credit"),
        ("report reconcile --fail-on any --format csv", None),
        ("report reconcile --format xml", "xml"),
        ("report reconcil", "reconcil"),
        ("--connection grc conflicts resolve credit purpose --take mlflow", None),
        ("conflicts resolve credit purpose extra", "extra"),
        ("audit verify --head SEQ:HASH", None),
        ("plan --out", None),
        ("sync --if-free=yes", "no value"),
    ],
)
def test_a_command_line_that_is_wrong_is_found(line: str, word: str | None) -> None:
    problem = complaint(line)
    assert problem is None if word is None else word in str(problem)


def test_what_is_found_in_a_page() -> None:
    sentence = "Run `mlflow-grc sync --json`, or `plan --out\nX`; mlflow-grc thinks.\n"
    text = f"{sentence}\n```sh\n$ mlflow-grc \\\n  run  # on\n```\n"
    assert list(command_lines(Page(ROOT / "x.md", text))) == ["run", "sync --json", "plan --out X"]


def test_the_versions_that_the_readme_names_are_those_that_are_run() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    newest = _pin("constraints.txt", "mlflow")
    oldest = _pin(".ci/oldest-mlflow.txt", "mlflow")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"mlflow>={oldest.split('.')[0]},<4" in project["dependencies"]
    assert f"({_minor(oldest)} and {_minor(newest)})" in readme
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in readme


def _pin(file: str, name: str) -> str:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix(f"{name}==") for line in lines if line.startswith(f"{name}=="))


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
