"""The list of mutants fits the code: each fault has its place, and is Python."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.mutant import ROOT, Mutant
from tests.mutation.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_each_mutant_has_its_place(mutant: Mutant) -> None:
    original = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert ast.dump(ast.parse(mutant.mutated())) != ast.dump(ast.parse(original))


def test_names_are_unique() -> None:
    names = [each.name for each in MUTANTS]
    assert len(names) == len(set(names))
