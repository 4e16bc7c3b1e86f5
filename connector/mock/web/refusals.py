"""The pages for what the GRC refuses, in words that tell people what to do."""

from __future__ import annotations

from collections.abc import Mapping

from connector.mock.errors import BadRequest, Clash, Forbidden, GrcError, NotFound, Stale
from connector.mock.users import User
from connector.mock.web.addresses import SIGN_IN
from connector.mock.web.once import SENDING
from connector.mock.web.visit import Page
from connector.mock.web.words import label

_KEPT_BACK = frozenset({"csrf", SENDING, "revision", "token", "next"})
_TITLES: Mapping[type[GrcError], str] = {
    NotFound: "Page not found",
    Forbidden: "You may not do this",
    Clash: "This cannot be done now",
    Stale: "The record has changed meanwhile",
    BadRequest: "The request cannot be understood",
}
_REMEDIES: Mapping[type[GrcError], str] = {
    NotFound: "The address may be misspelt, or the record was deleted. The inventory lists every model.",
    Clash: "Nothing was changed. Go back and open the record again.",
    Stale: "Nothing was changed. Go back and open the record again.",
    BadRequest: "Nothing was changed. Go back and open the page again.",
}


def refusal(error: GrcError, user: User | None, status: int) -> Page:
    """The page for a refusal of the GRC."""
    remedy = _REMEDIES.get(type(error), "Nothing was changed.")
    if isinstance(error, Forbidden) and user is not None:
        remedy = f"You are signed in as {user.name}, and your role is {user.role}. Nothing was changed."
    return _page(_TITLES.get(type(error), "The GRC refused this"), str(error), remedy, status)


def not_our_form(form: Mapping[str, str]) -> Page:
    """The page for a form that does not carry the session's own token."""
    return _page(
        "The form is out of date",
        "Nothing was saved: the form was opened before you last signed in, or on another site.",
        "Go back to the record, open the form again, and enter your text there.",
        403,
        form,
    )


def signed_out_meanwhile(form: Mapping[str, str], path: str) -> Page:
    """The page for a form that was sent after the sign-in had ended. What was entered is shown, so it is not lost."""
    return _page(
        "Your sign-in has ended",
        "Nothing was saved.",
        "Sign in again, open the form again, and enter your text there.",
        401,
        form,
        f"{SIGN_IN}?next={path}",
    )


def _page(
    title: str,
    reason: str,
    remedy: str,
    status: int,
    form: Mapping[str, str] | None = None,
    sign_in: str = "",
) -> Page:
    entered = [(label(name), text) for name, text in (form or {}).items() if name not in _KEPT_BACK and text.strip()]
    values = {"reason": reason, "remedy": remedy, "entered": entered, "sign_in": sign_in}
    return Page("refusal.html", title, values, status)
