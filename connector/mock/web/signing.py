"""Signing in as a person of the directory, with that person's token, and out again."""

from __future__ import annotations

from connector.mock.directory import Directory
from connector.mock.errors import Unauthenticated
from connector.mock.users import Role
from connector.mock.web.addresses import INVENTORY, is_local
from connector.mock.web.inputs import Texts
from connector.mock.web.visit import Answer, Page, SignedIn

_MISSING = {"person": "Choose who you are.", "token": "Enter your token."}


def sign_in_form(directory: Directory, query: Texts) -> Page:
    """The form; the address may name the person and where to go next."""
    return _form(directory, query.get("person", ""), query.get("next", ""), {})


def sign_in(directory: Directory, form: Texts) -> Answer:
    """Let a person in whose token fits."""
    email, token = form.get("person", ""), form.get("token", "").strip()
    target = form.get("next", "")
    empty = {"person": not email, "token": not token}
    errors = {name: _MISSING[name] for name, missing in empty.items() if missing}
    if errors:
        return _form(directory, email, target, errors)
    try:
        user = directory.authenticate(token)
    except Unauthenticated:
        user = None
    if user is None or user.email != email or user.role is Role.CONNECTOR:
        return _form(directory, email, target, {"token": "This is not the token of the person you chose."})
    return SignedIn(user, target if is_local(target) else INVENTORY)


def _form(directory: Directory, email: str, target: str, errors: dict[str, str]) -> Page:
    people = directory.people()
    officers = [user.email for user in people if user.role is Role.RISK_OFFICER]
    values = {
        "people": people,
        "chosen": email or (officers[0] if len(officers) == 1 else ""),
        "next": target if is_local(target) else "",
        "errors": errors,
        "complaints": [],
    }
    return Page("sign_in.html", "Sign in", values, 422 if errors else 200, wrong=bool(errors))
