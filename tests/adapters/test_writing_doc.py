"""docs/writing-an-adapter.md names what there is: every method, every hook, code that compiles."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from adapters.base import Adapter, Capability
from adapters.conformance import Platform
from connector.model.fields import Entity
from tests.adapters.broken.adapters import CAUGHT_BY

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


def test_its_code_compiles():
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "docs/writing-an-adapter.md", "exec")


def test_the_number_of_broken_adapters_is_right():
    words = {42: "forty-two"}
    assert f"{words[sum(map(len, CAUGHT_BY.values()))]} adapters that are broken" in " ".join(TEXT.split())
