"""Act 5: an engineer asks for an approval and answers a ticket without leaving MLflow. Act 7: the GRC replies."""

from __future__ import annotations

from datetime import timedelta

from connector.demo.acts.decisions import ANSWERED, ISSUES
from connector.demo.cast import AML_SCIENTIST, ENGINEER, OFFICER, VALIDATOR
from connector.demo.events import Change
from connector.demo.stage import Stage
from connector.model.tags import Tags

_TAGS = Tags()
_NAME, _VERSION = "sme-pd", "3"
_ANSWER = "Below-the-line sample of 400 cash alerts tested; 3 missed. Threshold lowered, report filed as AML-TM-17."
_CONDITION = "Monitor the agricultural segment monthly."


def ask_and_answer(stage: Stage) -> None:
    """Play act 5."""
    model, number = _issue(stage)
    stage.registry.set_tag(_NAME, _TAGS.approval_request, "submit", _VERSION)
    stage.did(
        ENGINEER,
        "In MLflow",
        "submits a version for approval.",
        ("object", "tag", "value"),
        [(f"{_NAME} v{_VERSION}", _TAGS.approval_request, "submit")],
    )
    stage.registry.set_tag(model, _TAGS.response(number), _ANSWER)
    stage.did(
        AML_SCIENTIST,
        "In MLflow",
        f"answers issue {number}.",
        ("object", "tag", "value"),
        [(model, _TAGS.response(number), _ANSWER)],
    )
    stage.sync()
    stage.check(
        f"in the GRC, {_NAME} v{_VERSION} waits for a decision",
        stage.office.versions()[_NAME, _VERSION].get("approval_status"),
        "pending",
    )
    posted = [comment for comment in stage.office.comments(number) if _ANSWER in comment]
    stage.check(f"issue {number} carries the answer as a comment, once", len(posted), 1)


def reply(stage: Stage) -> None:
    """Play act 7."""
    model, number = _issue(stage)
    expiry = (stage.today + timedelta(days=365)).isoformat()
    stage.office.decide(OFFICER, _NAME, _VERSION, "conditional", approval_expiry=expiry, conditions=_CONDITION)
    stage.did(
        OFFICER,
        "In the GRC",
        "decides on what was submitted.",
        ("version", "decision", "until", "condition"),
        [(f"{_NAME} v{_VERSION}", "conditional", expiry, _CONDITION)],
    )
    stage.office.close_issue(VALIDATOR, number)
    stage.did(VALIDATOR, "In the GRC", f"accepts the answer and closes issue {number} of {model}.")
    stage.sync(show=_worth_reading)
    version, tags = stage.eyes.tags(_NAME, _VERSION), stage.eyes.tags(model)
    stage.check(
        f"{_NAME} v{_VERSION} is conditionally approved in MLflow, and the request is cleared",
        (version.get(_TAGS.approval_status), version.get(_TAGS.approval_request)),
        ("conditional", None),
    )
    stage.check(
        f"the tag of issue {number} is gone from {model}, the count says 0",
        (_TAGS.issue(number) in tags, tags.get(_TAGS.open_issues)),
        (False, "0"),
    )


def _worth_reading(change: Change) -> bool:
    parts = ("approval_status", "approval_expiry", "conditions", "approval_request", "issue_", "open_issues")
    return any(part in change.field for part in parts)


def _issue(stage: Stage) -> tuple[str, str]:
    return next(issue.name for issue in ISSUES if issue.key == ANSWERED), stage.issues[ANSWERED]
