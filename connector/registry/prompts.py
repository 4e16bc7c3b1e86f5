"""Telling prompts from models. MLflow keeps both as registered models and hides what carries the prompt tag.

The tag ``mlflow.prompt.is_prompt`` = ``true`` on a registered model hides it from model search, and on any one version
hides *all* versions of that name from version search; reads by name still work. Whoever may edit a model can so hide
it, hence what a version points at decides, not the tag: a prompt's versions have a placeholder for a source and no run.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.model.registry import ModelVersion

PROMPT_TAG = "mlflow.prompt.is_prompt"
PROMPT_FILTER = f"tags.`{PROMPT_TAG}` = 'true'"
"""The search filter that shows what carries the tag, and nothing else."""

_PROMPT_SOURCES = frozenset({"", "dummy-source", "prompt-template"})


def holds_model(versions: Iterable[ModelVersion]) -> bool:
    """Whether any of the versions of a name that carries the prompt tag is a model all the same."""
    return any(version.run_id or version.source not in _PROMPT_SOURCES for version in versions)
