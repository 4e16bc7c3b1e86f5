"""docs/writing-an-adapter.md names what there is: every method, every hook, code that compiles."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from adapters.base import Adapter, Capability
from adapters.conformance import Platform
from connector.model.fields import Entity
from tests.adapters.broken.adapters import CAUGHT_BY

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin-adapter"
TEXT = (Path(__file__).parents[2] / "docs" / "writing-an-adapter.md").read_text(encoding="utf-8")


def public(cls):
    return {name for name, _ in inspect.getmembers(cls) if not name.startswith("_")}


def test_every_method_of_the_contract_is_there():
    told = public(Adapter) - {"close", "name"}
    assert [name for name in sorted(told) if name not in TEXT] == []
    assert [entity for entity in Entity if f"`{entity}`" not in TEXT] == []
    assert {Capability.INCREMENTAL.name, Capability.CONDITIONAL_WRITE.name} <= set(re.findall(r"`([A-Z_]+)`", TEXT))


def test_every_hook_of_the_suite_is_there():
    assert [name for name in sorted(public(Platform) - {"entity"}) if name not in TEXT] == []
    hooks = TEXT.split("| method of `Platform`")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)\(\)`", hooks)) <= public(Platform)


def test_its_code_is_that_of_the_example():
    code = "".join(map(lines_of, (path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.rglob("*.py")))))
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) > 8
    assert [block for block in blocks if lines_of(block) not in code] == []


def lines_of(code):
    """The code without blank lines and indents, which its surroundings decide."""
    return "".join(f"{line.strip()}\n" for line in code.splitlines() if line.strip())


def test_its_project_file_is_that_of_the_example():
    (shown,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    held = (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
    assert [part for part in shown.split("\n\n") if part.strip() not in held] == []


def test_the_number_of_broken_adapters_is_right():
    words = {43: "forty-three"}
    assert f"{words[sum(map(len, CAUGHT_BY.values()))]} adapters that are broken" in " ".join(TEXT.split())
