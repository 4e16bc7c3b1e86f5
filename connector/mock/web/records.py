"""The pages of a model and of a version."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from connector.mock.errors import NotFound
from connector.mock.queries import select
from connector.mock.rules import PERMITTING
from connector.mock.store import Row
from connector.mock.users import Right
from connector.mock.web.addresses import SHOWN, record_page
from connector.mock.web.history import history_of
from connector.mock.web.lists import Address, cut
from connector.mock.web.standing import has_lapsed, is_open, is_overdue, is_unapproved, name_of, newest_first
from connector.mock.web.tiers import provisional, services
from connector.mock.web.visit import Page, Redirect, Visit
from connector.mock.web.words import groups

RECENT = 10
"""Acts of history that a record's own page shows."""
_ACTS_PER_PAGE = 25


def model_page(visit: Visit) -> Page:
    """A model with its versions, its issues and its history."""
    row, store = visit.row(MODELS), visit.grc.store
    found = select(ISSUES, store.rows(ISSUES), {"model": row["id"]})
    history = history_of(store, row, MODELS)
    values = {
        "row": row,
        "kind": MODELS,
        "groups": groups(MODELS),
        "versions": newest_first(select(VERSIONS, store.rows(VERSIONS), {"model": row["id"]})),
        "issues": sorted(found, key=lambda one: (not is_open(one), one["due_date"] or "9999", one["id"])),
        "overdue": {one["id"] for one in found if is_overdue(one, visit.today)},
        "lapsed": lambda one: has_lapsed(one, visit.today),
        "unapproved": lambda one: is_unapproved(one, visit.today),
        "permitting": PERMITTING,
        "provisional": provisional(store, row, services(store)),
        "may_edit": visit.user.may(Right.MODELS),
        "may_raise": visit.user.may(Right.ISSUES),
        "may_decide": visit.user.may(Right.DECIDE),
        "mlflow": mlflow_page(row, visit.mlflow_url),
        "history": history[:RECENT],
        "history_total": len(history),
    }
    return Page("model.html", name_of(row), values)


def version_page(visit: Visit) -> Page:
    """A version with the decisions on it, its issues and its history."""
    row, store = visit.row(VERSIONS), visit.grc.store
    found = select(ISSUES, store.rows(ISSUES), {"version": row["id"]})
    history = history_of(store, row, VERSIONS)
    values = {
        "row": row,
        "kind": VERSIONS,
        "groups": groups(VERSIONS),
        "model": visit.find(row["model"]),
        "issues": sorted(found, key=lambda one: (not is_open(one), one["due_date"] or "9999", one["id"])),
        "overdue": {one["id"] for one in found if is_overdue(one, visit.today)},
        "lapsed": has_lapsed(row, visit.today),
        "unapproved": is_unapproved(row, visit.today),
        "may_edit": visit.user.may(Right.VERSIONS),
        "may_raise": visit.user.may(Right.ISSUES),
        "may_decide": visit.user.may(Right.DECIDE) and row["lifecycle_status"] != "Decommissioned",
        "mlflow": mlflow_page(row, visit.mlflow_url, row["version"]),
        "history": history[:RECENT],
        "history_total": len(history),
    }
    return Page("version.html", title_of(visit, VERSIONS, row), values)


def whole_history(visit: Visit) -> Page:
    """Everything that was ever done to a record, in pages."""
    kind = visit.places["kind"]
    if kind not in SHOWN:
        raise NotFound(f"There are no {kind}.")
    row = visit.row(kind)
    address = Address(visit.path, {name: text for name, text in visit.query.items() if name == "page"})
    shown = cut(history_of(visit.grc.store, row, kind), visit.query.get("page", ""), _ACTS_PER_PAGE)
    title = title_of(visit, kind, row)
    values = {"row": row, "kind": kind, "record_title": title, "cut": shown, "address": address}
    return Page("history.html", f"History of {title}", values)


def record(visit: Visit) -> Redirect:
    """The page of a record whose kind the address does not say."""
    record_id = visit.places["record_id"]
    kind = visit.grc.store.kind_of(record_id)
    if kind not in SHOWN:
        raise NotFound(f"There is no page for {record_id}.")
    return Redirect(record_page(kind, record_id))


def title_of(visit: Visit, kind: str, row: Row) -> str:
    """What people call a record."""
    if kind == ISSUES:
        return f"{row['number']} {row['title']}"
    if kind == VERSIONS:
        model = visit.find(row["model"]) or row
        return f"{name_of(model)}, version {row['version']}"
    return name_of(row)


def mlflow_page(row: Row, mlflow_url: str, version: str | None = None) -> str | None:
    """Where MLflow shows the model, where that is known: the record names the registry's address, or we were told."""
    registry = row["registry"] or ""
    base = registry if urlsplit(registry).scheme in ("http", "https") else mlflow_url
    if not base or not row["registry_name"]:
        return None
    page = f"{base.rstrip('/')}/#/models/{quote(row['registry_name'], safe='')}"
    return f"{page}/versions/{quote(version, safe='')}" if version else page
