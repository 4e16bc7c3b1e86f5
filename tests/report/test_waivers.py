"""The file of accepted findings: read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.controls import Waiver
from connector.model.errors import ConfigError
from connector.report.waivers import load_waivers

GOOD = """\
waivers:
  - control: C01
    model: credit
    version: "3"
    reason: Agreed by the committee.
    by: cro@bank.example
    expires: 2026-12-31
  - {control: C28, model: "", reason: Migration., by: ops, expires: 2026-04-01}
"""


def load(tmp_path: Path, text: str) -> tuple[Waiver, ...]:
    path = tmp_path / "waivers.yaml"
    path.write_text(text, encoding="utf-8")
    return load_waivers(path)


def test_a_file(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == (
        Waiver("C01", "credit", "3", "Agreed by the committee.", "cro@bank.example", "2026-12-31"),
        Waiver("C28", "", None, "Migration.", "ops", "2026-04-01"),
    )
    assert load(tmp_path, "waivers: []") == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("control: C01", "control: C99", 2, "no control 'C99'"),
        ("reason: Agreed by the committee.", 'reason: " "', 5, "empty"),
        ("    by: cro@bank.example\n", "", 2, "missing"),
        ("by: cro", "bye: cro", 6, "Did you mean 'by'"),
        ("expires: 2026-12-31", "expires: soon", 7, ""),
        ('version: "3"', "version: 3", 4, ""),
        ("{control: C28, model: \"\"", "{control: C01, model: credit, version: \"3\"", 8, "twice, first in line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    told = [caught.value, *caught.value.parts]
    assert any(each.line == line and words in str(each) for each in told), [(e.line, str(e)) for e in told]
    assert "waivers.yaml" in str(caught.value.file)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file") as caught:
        load_waivers(tmp_path / "nothing.yaml")
    assert "reports.waivers" in caught.value.remedy
