"""kill -9 at random moments, against a real MLflow server and the mock over HTTP.

Before each run people edit both sides; the run is killed after a random part of the time that a whole run takes. At the
end both sides hold what people last wrote, nothing is doubled, and the trail proves itself.
``MLFLOW_GRC_KILLS`` sets the number of kills (10), ``MLFLOW_GRC_SEED`` the sequence.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field

import pytest

from connector.audit import verify_trail
from tests.e2e.site import PATIENCE, Site

KILLS = int(os.environ.get("MLFLOW_GRC_KILLS", "10"))
SEED = int(os.environ.get("MLFLOW_GRC_SEED", "20260302"))
NAMES = ("credit", "fraud", "aml", "ifrs9")
TIERS = {"low": "4 - Low", "medium": "3 - Medium", "high": "2 - High", "critical": "1 - Critical"}


@dataclass
class Expected:
    """What people last wrote, by model: each text is written on one side only, and so has one last writer."""

    purpose: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    validated: dict[str, str] = field(default_factory=dict)
    """Of each model's first version."""
    changes: dict[str, str] = field(default_factory=dict)
    issues: dict[str, list[str]] = field(default_factory=dict)


def edit(site: Site, chance: random.Random, number: int, expected: Expected) -> None:
    """A handful of edits on both sides, fields chosen so that the outcome never hangs on who was first."""
    for name in chance.sample(NAMES, 3):
        expected.description[name] = f"described {number}"
        site.author.set_description(name, f"described {number}")
        expected.purpose[name] = f"purpose {number}"
        site.author.set_tag(name, "purpose", f"purpose {number}")
        expected.validated[name] = ("pending", "passed", "failed")[number % 3]
        site.author.set_tag(name, "validation_status", expected.validated[name], version="1")
        if not (known := site.officer.records("models", registry_name=name)):
            continue
        expected.changes[name] = f"changes {number}"
        site.officer.patch(known[0]["id"], allowed_changes=f"changes {number}")
        if chance.random() < 0.3:
            issue = site.officer.raise_issue(f"Issue {number}", severity="High", model=known[0]["id"])
            expected.issues.setdefault(name, []).append(issue["number"])
        elif expected.issues.get(name) and chance.random() < 0.5:
            closed = expected.issues[name].pop()
            found = site.officer.records("issues", number=closed)
            site.officer.close_issue(found[0]["id"])


def kill_after(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill the process then; whether it was still running."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        process.communicate()
        return False
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return True


@pytest.mark.server
@pytest.mark.timeout(60 + 15 * KILLS)
def test_killed_at_random_moments_it_comes_to_the_same_end(site: Site) -> None:
    chance, expected = random.Random(SEED), Expected()
    for name in NAMES:
        site.author.create_model(name, tags={"risk_classification": chance.choice(list(TIERS))})
        for _ in range(2):
            site.author.create_version(name, source="s3://bank/models")
    started = time.monotonic()
    killed, number = 0, 0
    whole = 3.0
    while killed < KILLS:
        number += 1
        edit(site, chance, number, expected)
        before = time.monotonic()
        if kill_after(site.start("sync"), chance.uniform(0.3, 1.0) * whole):
            killed += 1
        else:
            whole = 0.7 * whole + 0.3 * (time.monotonic() - before)
        assert time.monotonic() - started < PATIENCE + 12 * KILLS, "the runs end before they can be killed"
    site.run("sync")
    assert "0 operations" in (again := site.run("sync")) or "othing" in again
    check(site, expected)


def check(site: Site, expected: Expected) -> None:
    """Both sides hold what people last wrote."""
    assert len(site.officer.records("models")) == len(NAMES)
    assert len(site.officer.records("versions")) == 2 * len(NAMES)
    for name in NAMES:
        record, model = site.record(name), site.registry.model(name)
        assert model is not None
        if name in expected.purpose:
            assert (record["purpose"], record["description"]) == (expected.purpose[name], expected.description[name])
        if name in expected.validated:
            (version,) = site.officer.records("versions", registry_name=name, version="1")
            assert version["validation_status"] == expected.validated[name].title()
        assert model.tags.get("grc_allowed_changes") == expected.changes.get(name)
        shown = {key for key in model.tags if key.startswith("grc_issue_")}
        assert shown == {f"grc_issue_{number.replace('-', '_')}" for number in expected.issues.get(name, [])}
        assert record["tier"] == TIERS[model.tags["risk_classification"]]
    store = site.store()
    try:
        assert not store.intents("bank")
        assert verify_trail(store).ok
    finally:
        store.close()
