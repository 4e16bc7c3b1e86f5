"""The mapping guide's outputs are those of real runs."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import quiet_afterwards  # noqa: F401 - used by being here
from tests.examples.guide import GUIDE, follow


def test_the_guide_shows_what_is_said(tmp_path: Path) -> None:
    assert GUIDE.read_text(encoding="utf-8") == follow(tmp_path), "run: python -m tests.examples.guide"
