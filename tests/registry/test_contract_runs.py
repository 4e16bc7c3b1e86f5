"""The registry contract: the runs behind versions."""

from __future__ import annotations

from dataclasses import replace

from connector.model.registry import RunData
from connector.registry import version_key


def test_runs_are_read_on_request(stage):
    run_id = stage.author.log_run(
        params={"depth": "3"}, metrics={"auc": 0.5}, tags={"team": "risk"}, datasets=["loans", "rates", "loans"]
    )
    stage.author.log_to_run(run_id, metrics={"auc": 0.75})
    stage.author.create_model("credit")
    stage.author.create_version("credit", run_id=run_id)
    stage.author.create_version("credit")
    assert [version.run for version in stage.scanned("credit").versions] == [None, None]
    (model,) = stage.registry.snapshot(run_fields=True).models
    run = model.versions[0].run
    assert run is not None
    assert (run.run_id, run.status, run.finished) == (run_id, "FINISHED", True)
    assert (run.params, run.metrics, run.datasets) == ({"depth": "3"}, {"auc": 0.75}, ("loans", "rates"))
    assert run.tags["team"] == "risk"
    assert model.versions[1].run is None


def test_a_known_run_is_read_again_only_while_it_runs_or_on_request(stage):
    stage.author.create_model("credit")
    runs = [stage.author.log_run(status="RUNNING"), stage.author.log_run(), stage.author.log_run()]
    for run_id in runs:
        stage.author.create_version("credit", run_id=run_id)
    (model,) = stage.registry.snapshot(run_fields=True).models
    known = {version_key(version): version.run for version in model.versions}
    for run_id in runs:
        stage.author.log_to_run(run_id, metrics={"late": 1.0})
    refresh = [version_key(model.versions[2])]
    (again,) = stage.registry.snapshot(run_fields=True, known_runs=known, refresh_runs=refresh).models
    assert [dict(version.run.metrics) for version in again.versions] == [{"late": 1.0}, {}, {"late": 1.0}]


def test_a_run_in_the_bin_is_still_read_and_a_missing_one_keeps_what_is_known(stage):
    stage.author.create_model("credit")
    binned = stage.author.log_run(metrics={"auc": 0.5})
    stage.author.create_version("credit", run_id=binned)
    stage.author.create_version("credit", run_id="0" * 32)
    stage.author.delete_run(binned)
    (model,) = stage.registry.snapshot(run_fields=True).models
    one, two = model.versions
    assert one.run is not None
    assert two.run is None
    remembered = replace(one.run, run_id="0" * 32)
    snapshot = stage.registry.snapshot(
        run_fields=True, known_runs={version_key(two): remembered}, refresh_runs=[version_key(two)]
    )
    assert snapshot.complete
    assert snapshot.models[0].versions[1].run == remembered


def test_a_known_run_of_another_id_does_not_count(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit", run_id=stage.author.log_run(metrics={"auc": 0.5}))
    key = version_key(stage.version("credit", "1"))
    other = RunData("f" * 32, "FINISHED", metrics={"auc": 0.9})
    (model,) = stage.registry.snapshot(run_fields=True, known_runs={key: other}).models
    assert model.versions[0].run is not None
    assert model.versions[0].run.metrics == {"auc": 0.5}


def test_a_run_id_that_is_none_does_not_break_the_scan(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit", run_id="') OR ('1' = '1")
    snapshot = stage.registry.snapshot(run_fields=True)
    assert snapshot.complete
    assert snapshot.models[0].versions[0].run is None
