"""The draw of a tool's mutants can be had again, and its settings are what the tool reads."""

from __future__ import annotations

import tomllib

import pytest

from tests.mutation.mutant import ROOT
from tests.mutation.sample import PARTS, only_words, settings, shuffled

NAMES = [f"connector.plan.x_f__mutmut_{number}" for number in range(50)]


def test_a_seed_gives_one_order_whatever_order_the_names_came_in() -> None:
    assert shuffled(NAMES, 1) == shuffled(NAMES[::-1], 1)
    assert sorted(shuffled(NAMES, 1)) == sorted(NAMES)
    assert shuffled(NAMES, 1) != shuffled(NAMES, 2)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ('raise E("XXno such fileXX")', True),
        ('raise E("NO SUCH FILE")', True),
        ("raise E(None)", False),
        ('raise F("no such file")', False),
        ("raise E()", False),
    ],
)
def test_what_changes_only_the_letters_of_a_text(new: str, words: bool) -> None:
    old = 'raise E("no such file")'
    difference = f"# f__mutmut_1: survived\n--- a.py\n+++ a.py\n@@ -1 +1 @@\n def f():\n-    {old}\n+    {new}"
    assert only_words(difference) is words


@pytest.mark.parametrize("name", PARTS)
def test_the_settings_name_what_is_there(name: str) -> None:
    read = tomllib.loads(settings(PARTS[name]))["tool"]["mutmut"]
    assert all(list(ROOT.glob(pattern)) for pattern in read["only_mutate"])
    assert all((ROOT / each).exists() for each in read["pytest_add_cli_args_test_selection"] + read["also_copy"])
