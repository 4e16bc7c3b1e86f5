"""The tasks of a risk officer: tiers, lifecycle, details, reviews, and issues."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connector.mock.catalog import CLOSED, ISSUES, MODELS, VERSIONS
from connector.mock.comments import LONGEST
from connector.mock.errors import Clash
from connector.mock.queries import select
from connector.mock.store import Row
from connector.mock.users import Right
from connector.mock.web.inputs import Input, Texts, Widget, changed, field_input
from connector.mock.web.standing import newest_first
from connector.mock.web.tasks import Act, Task
from connector.mock.web.visit import Visit

ACCEPTED = "Risk Accepted"
_DETAILS = (
    "purpose",
    "classification",
    "products",
    "approved_uses",
    "regulatory_scope",
    "model_owner",
    "developer",
    "reviewer",
    "materiality",
    "complexity",
    "assumptions",
    "limitations",
    "dependencies",
    "allowed_changes",
    "last_validated",
    "next_review_due",
    "review_frequency",
    "retention",
    "replacement",
)
_REVIEWS = (
    "validation_status",
    "independent_validation",
    "validator",
    "compliance_review",
    "business_approval",
    "security_scan",
    "monitoring_status",
    "lifecycle_status",
)
ISSUE_FIELDS = ("title", "severity", "due_date", "assignee", "version", "description", "remediation_plan")
_HINTS: Mapping[str, str] = {
    "tier_override_reason": "What the tier rests on. It is kept with the model.",
    "due_date": "The day by which it has to be resolved.",
    "remediation_plan": "What is to be done, by whom.",
    "version": "Leave it at the whole model unless one version alone is concerned.",
}


def _fields(kind: str, names: tuple[str, ...], *required: str) -> Callable[[Visit, Row], tuple[Input, ...]]:
    def inputs(visit: Visit, row: Row) -> tuple[Input, ...]:
        directory = visit.grc.directory
        return tuple(
            field_input(kind, name, row, directory, hint=_HINTS.get(name, ""), required=name in required)
            for name in names
        )

    return inputs


def _save(kind: str, done: str) -> Act:
    def act(visit: Visit, row: Row, texts: dict[str, str]) -> str:
        values = changed(kind, row, texts)
        if not values:
            return "Nothing was changed."
        visit.grc.patch(row["id"], values, visit.user, visit.revision)
        return done

    return act


def _retier(visit: Visit, row: Row, texts: dict[str, str]) -> str:
    values = changed(MODELS, row, texts) | {"tier_confirmed_on": visit.today}
    visit.grc.patch(row["id"], values, visit.user, visit.revision)
    return f"The tier is {texts['tier']}."


def _other_tier(_visit: Visit, row: Row, texts: Texts) -> dict[str, str]:
    if row["tier"] is not None and texts["tier"] == row["tier"]:
        return {"tier": "The model has this tier already. Choose another one, or go back and confirm the tier."}
    return {}


def _confirm(visit: Visit, row: Row, _texts: dict[str, str]) -> str:
    if row["tier"] is None:
        raise Clash("The model has no tier yet. Set one instead.")
    if row["tier_confirmed_on"] == visit.today:
        raise Clash(
            "A tier of this model was confirmed today already, and the confirmation holds no more than a date. "
            "Confirm this one from tomorrow on, or set the tier anew."
        )
    visit.grc.patch(row["id"], {"tier_confirmed_on": visit.today}, visit.user, visit.revision)
    return f"The tier {row['tier']} is confirmed."


def issue_inputs(visit: Visit, row: Row | None, model: str | None) -> tuple[Input, ...]:
    """The inputs of an issue's form; the versions to choose from are the model's."""
    store, directory = visit.grc.store, visit.grc.directory
    rows = newest_first(select(VERSIONS, store.rows(VERSIONS), {"model": model})) if model else []
    versions = (("", "The whole model"), *((one["id"], f"Version {one['version']}") for one in rows))
    found = {name: field_input(ISSUES, name, row, directory, hint=_HINTS.get(name, "")) for name in ISSUE_FIELDS}
    found["version"] = Input("version", "Concerns", Widget.SELECT, versions, _HINTS["version"])
    return tuple(found.values())


def _move_inputs(visit: Visit, row: Row) -> tuple[Input, ...]:
    state = field_input(ISSUES, "state", row, visit.grc.directory, required=True)
    options = state.options
    comment = "Is added to the issue's comments. Needed where a risk is accepted or a closed issue is opened again."
    return (
        Input("state", "New state", Widget.RADIO, options, required=True),
        Input("comment", "Comment", Widget.AREA, hint=comment, sometimes=True),
    )


def _move(visit: Visit, row: Row, texts: dict[str, str]) -> str:
    with visit.grc.store.lock:
        visit.grc.patch(row["id"], {"state": texts["state"]}, visit.user, visit.revision)
        if texts["comment"].strip():
            visit.grc.comment(row["id"], texts["comment"].strip(), visit.user)
    return f"Issue {row['number']} is now: {texts['state']}."


def _move_allowed(_visit: Visit, row: Row, texts: Texts) -> dict[str, str]:
    if texts["state"] == row["state"]:
        return {"state": f"The issue's state is {row['state']} already."}
    if len(texts["comment"]) > LONGEST:
        return {"comment": f"Comment has {len(texts['comment']):,} characters, {LONGEST:,} at most."}
    reopened = row["state"] == CLOSED
    if (reopened or texts["state"] == ACCEPTED) and not texts["comment"].strip():
        return {"comment": f"Say why {'the issue is opened again' if reopened else 'the risk is accepted'}."}
    return {}


TASKS: tuple[Task, ...] = (
    Task(
        MODELS,
        "tier",
        Right.MODELS,
        "Change the risk tier",
        "Save the tier",
        _fields(MODELS, ("tier", "tier_override_reason"), "tier", "tier_override_reason"),
        _retier,
        _other_tier,
        blank=("tier_override_reason",),
        shown=("tier", "tier_confirmed_on", "tier_override_reason", "materiality", "complexity"),
    ),
    Task(
        MODELS,
        "confirm-tier",
        Right.MODELS,
        "Confirm the risk tier",
        "Confirm the tier",
        lambda _visit, _row: (),
        _confirm,
        intro="The tier stays as it is. From then on it counts as the risk function's own.",
        shown=("tier", "tier_confirmed_on", "tier_override_reason", "materiality", "complexity"),
    ),
    Task(
        MODELS,
        "lifecycle",
        Right.MODELS,
        "Change the lifecycle status",
        "Save the status",
        _fields(MODELS, ("lifecycle_status", "decommissioned_at", "replacement"), "lifecycle_status"),
        _save(MODELS, "The lifecycle status was saved."),
    ),
    Task(
        MODELS,
        "edit",
        Right.MODELS,
        "Edit the details",
        "Save the details",
        _fields(MODELS, _DETAILS),
        _save(MODELS, "The details were saved."),
        intro="Fields that MLflow owns in your bank's mapping are put back by the connector.",
    ),
    Task(
        VERSIONS,
        "reviews",
        Right.VERSIONS,
        "Record reviews",
        "Save the reviews",
        _fields(VERSIONS, _REVIEWS),
        _save(VERSIONS, "The reviews were saved."),
    ),
    Task(
        ISSUES,
        "edit",
        Right.ISSUES,
        "Edit the issue",
        "Save the issue",
        lambda visit, row: issue_inputs(visit, row, row["model"]),
        _save(ISSUES, "The issue was saved."),
    ),
    Task(
        ISSUES,
        "state",
        Right.ISSUES,
        "Change the state of the issue",
        "Save the state",
        _move_inputs,
        _move,
        _move_allowed,
        preset=("state",),
        shown=("state", "severity", "due_date", "remediation_plan"),
    ),
)
