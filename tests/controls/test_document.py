"""docs/controls.md: its generated part is current, and its examples load."""

from __future__ import annotations

import re
from pathlib import Path

from connector.config.policy import PolicySettings
from connector.config.reports import ReportSettings
from connector.controls.reference import BEGIN, END, reference
from connector.mapping.yamlfile import parse_yaml
from connector.model.policy import FindingsPolicy
from connector.report.waivers import WaiverFile

TEXT = (Path(__file__).parents[2] / "docs" / "controls.md").read_text(encoding="utf-8")


def test_the_generated_part_is_current() -> None:
    inside = TEXT.split(BEGIN)[1].split(END)[0].strip()
    assert inside == reference(), "run: python -m connector.controls.reference docs/controls.md"


def test_the_examples_load() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    reports, waivers, policy = (parse_yaml(each, file="docs") for each in examples)
    assert ReportSettings.model_validate(reports.data["reports"]).controls.C08.months == {"critical": 6}
    assert len(WaiverFile.model_validate(waivers.data).waivers) == 1
    findings = PolicySettings.model_validate(policy.data["policy"]).policy().findings
    assert findings == FindingsPolicy("high", ("C01", "C03", "C07"))
