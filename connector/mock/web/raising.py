"""Raising an issue on a model, or on one of its versions."""

from __future__ import annotations

from collections.abc import Mapping

from connector.mock.catalog import ISSUES, KINDS, MODELS
from connector.mock.errors import Forbidden, Invalid
from connector.mock.schema import Unfit
from connector.mock.store import Row
from connector.mock.users import Right
from connector.mock.web.addresses import record_page
from connector.mock.web.editing import issue_inputs
from connector.mock.web.inputs import Texts, entered, missing, told
from connector.mock.web.standing import name_of
from connector.mock.web.texts import from_text
from connector.mock.web.visit import Answer, Page, Redirect, Visit


def raise_issue(visit: Visit) -> Answer:
    """The form of a new issue, and its saving."""
    model = visit.row(MODELS)
    if not visit.user.may(Right.ISSUES):
        raise Forbidden(f"{visit.user.email} ({visit.user.role}) has no right to: {Right.ISSUES}.")
    inputs = issue_inputs(visit, None, model["id"])
    if visit.form is None:
        return _form(visit, model, {one.name: visit.query.get(one.name, "") for one in inputs})
    texts = entered(inputs, visit.form)
    errors = missing(inputs, texts)
    if errors:
        return _form(visit, model, texts, errors)
    try:
        row = visit.grc.create(ISSUES, {**_values(texts), "model": model["id"]}, visit.user)
    except Invalid as error:
        return _form(visit, model, texts, told(inputs, error.errors))
    return Redirect(record_page(ISSUES, row["id"]), f"Issue {row['number']} was raised.")


def _values(texts: Texts) -> dict[str, object]:
    specs = KINDS[ISSUES].fields
    values, errors = {}, {}
    for name, text in texts.items():
        try:
            values[name] = from_text(specs[name], text)
        except Unfit as error:
            errors[name] = str(error)
    if errors:
        raise Invalid(errors)
    return values


def _form(visit: Visit, model: Row, texts: Texts, errors: Mapping[str, str] | None = None) -> Page:
    inputs = issue_inputs(visit, None, model["id"])
    known = {one.name for one in inputs}
    values = {
        "heading": "Raise an issue",
        "subject": name_of(model),
        "back": record_page(MODELS, model["id"]),
        "inputs": inputs,
        "texts": texts,
        "errors": {one.name: errors[one.name] for one in inputs if errors and one.name in errors},
        "complaints": [text for name, text in (errors or {}).items() if name not in known],
        "revision": None,
        "meetings": (),
        "row": model,
        "shown": (),
        "button": "Raise the issue",
        "intro": "",
    }
    status = 422 if errors else 200
    return Page("form.html", f"Raise an issue: {name_of(model)}", values, status, wrong=bool(errors))
