"""The registry contract: a look at one model shows it as the whole scan does."""

from __future__ import annotations

import pytest

from connector.model.errors import Rejected
from connector.registry import version_key
from connector.registry.prompts import PROMPT_TAG


def test_one_model_is_seen_as_the_scan_sees_it(stage):
    author = stage.author
    run_id = author.log_run(metrics={"auc": 0.5})
    for name in ("credit", "Credit", "it's 100%", 'so "called"', "empty", "hidden", "doubly-hidden"):
        author.create_model(name, description=f"The model {name}.", tags={"owner": name})
    for name in ("credit", "Credit", "it's 100%", 'so "called"', "hidden"):
        for number in (1, 2, 3):
            author.create_version(name, source=f"s3://bucket/{number}", run_id=run_id if number == 3 else "")
    author.create_version("doubly-hidden", source="s3://bucket/real")
    author.delete_version("credit", "2")
    author.set_alias("credit", "champion", "1")
    author.set_tag("hidden", PROMPT_TAG, "true", version="2")
    author.set_tag("doubly-hidden", PROMPT_TAG, "true")
    author.create_model("greeting", tags={PROMPT_TAG: "true"})
    author.create_version("greeting", source="dummy-source", tags={PROMPT_TAG: "true"})
    scanned = stage.registry.snapshot(run_fields=True)
    for model in scanned.models:
        seen = stage.registry.look(model.name, run_fields=True)
        assert (seen.models, seen.gaps) == ((model,), ())
        assert seen.hidden == ((model.name,) if model.name in scanned.hidden else ())
        known = {version_key(version): version.run for version in model.versions if version.run}
        assert stage.registry.look(model.name, run_fields=True, known_runs=known).models == (model,)
    assert len(scanned.models) == 7
    for name in ("greeting", "none"):
        assert stage.registry.look(name).models == ()
    assert stage.registry.look("credit").models[0].versions[-1].run is None


@pytest.mark.server
def test_a_name_that_no_search_can_hold_is_refused(mlflow_registry, mlflow_author):
    mlflow_author.create_model("both ' and \"")
    with pytest.raises(Rejected, match="both kinds of quotes"):
        mlflow_registry.look("both ' and \"")
