"""docs/http-adapter.md knows every key, every habit it names exists, and its example loads."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from adapters.http import HttpAdapter, options
from connector.mock.dialects import HABITS
from tests.adapters.reference import DOCUMENT, SECTIONS, insert

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_generated_part_is_current():
    assert insert(TEXT) == TEXT, "run: python -m tests.adapters.reference"


@pytest.mark.parametrize("model", [model for _, _, model in SECTIONS], ids=lambda model: model.__name__)
def test_every_key_has_a_description(model: type[BaseModel]):
    assert [name for name, info in model.model_fields.items() if not info.description] == []


def test_every_model_of_the_section_is_there():
    listed = {model for _, _, model in SECTIONS}
    assert _models(options.Options, set()) - listed <= {options.Options, *_not_of_the_section()}


def test_every_habit_is_named_beside_what_the_mapping_says():
    rows = re.findall(r"^\| .* \| .* \| (.*) \|$", TEXT.split("## How to say it")[1].split("\n## ")[0], re.MULTILINE)
    named = {name for row in rows[1:] for name in re.findall(r"`([a-z0-9-]+)`", row)}
    assert named == set(HABITS)


def test_the_example_loads():
    section = yaml.safe_load(re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[1])
    HttpAdapter.Options.model_validate(section["http"])


def _models(model, seen):
    seen.add(model)
    for info in model.model_fields.values():
        for inner in _inside(info.annotation):
            if inner not in seen:
                _models(inner, seen)
    return seen


def _inside(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)


def _not_of_the_section():
    """What docs/configuration.md describes: signing in, and secrets; and the pair of comments."""
    from adapters.http.writing_options import CommentsSpec
    from adapters.httpclient import Secret
    from adapters.httpclient import settings as http

    return {*_inside(http.AuthSettings), Secret, CommentsSpec}
