"""The pages for what is refused, in words that tell people what to do."""

from __future__ import annotations

from connector.report.html.texts import capital
from connector.server.addresses import CONFLICTS, OVERVIEW, SIGN_IN
from connector.server.visit import Page

_NOTHING = "Nothing was changed."


def not_found() -> Page:
    """For an address that is none."""
    return _page("Page not found", "There is no such page.", "The overview leads to everything there is.", 404)


def not_understood() -> Page:
    """For a filter or a number in the address that is none."""
    what = "A part of the address cannot be understood: a page, a time or a filter."
    return _page("The request cannot be understood", what, "Go back and choose again.", 422)


def not_allowed() -> Page:
    """For a method that the address does not offer."""
    return _page("This cannot be done here", "The address does not take such a request.", _NOTHING, 405)


def moved(what: str, page: str) -> Page:
    """For a form about what has changed since; ``page`` is the one that showed it."""
    return _page("It has changed meanwhile", f"{what} {_NOTHING}", "Look at what is there now.", 409, page)


def not_taken(why: str, remedy: str) -> Page:
    """For a new value that the field of a conflict cannot hold."""
    title = "The value cannot be taken"
    return _page(title, f"{capital(why)} {_NOTHING}", capital(remedy or "go back and correct it."), 422, CONFLICTS)


def not_our_form() -> Page:
    """For a form that does not carry the session's own token."""
    what = f"The form was opened before you last signed in, or on another site. {_NOTHING}"
    return _page("The form is out of date", what, "Open the page again and decide there.", 403)


def from_elsewhere() -> Page:
    """For a form that another site's page sent."""
    what = f"The form was sent from a page of another address. {_NOTHING}"
    remedy = "Open the page by its own address. Behind a reverse proxy, server.origin has to name that address."
    return _page("The form came from elsewhere", what, remedy, 403)


def another_host(host: str) -> Page:
    """For a name that is none of this server's."""
    what = f"This server does not go by the name “{host[:100]}”."
    remedy = "Open it as localhost or 127.0.0.1. Behind a reverse proxy, server.origin has to name the proxy's address."
    return _page("Another server was asked for", what, remedy, 421)


def sign_in_ended() -> Page:
    """For a decision of somebody who is not signed in."""
    return _page("Your sign-in has ended", _NOTHING, "Sign in, open the page again, and decide there.", 401, SIGN_IN)


def at_the_proxy(origin: str, status: int) -> Page:
    """For somebody whom the reverse proxy has not signed in, or who came past it."""
    what = "A reverse proxy tells this server who is signed in, and it told nothing of you."
    if status == 401:
        what = f"{what} {_NOTHING}"
    remedy = f"Open the page at {origin}, and sign in there." if origin else "Open the page by the proxy's own address."
    return _page("Sign in at the proxy", what, remedy, status)


def no_sign_in(status: int = 404) -> Page:
    """Where nobody has a token."""
    remedy = "Name people and their tokens under server.people, or a reverse proxy under server.proxy."
    return _page("Nobody can sign in here", "The configuration names nobody who may decide.", remedy, status)


def nobody_may_read() -> Page:
    """Where reading needs a sign-in and nobody has one."""
    what = "The status page is for people who are signed in, and the configuration names nobody who can."
    remedy = "Name people under server.people or a proxy under server.proxy, or set server.reading: open."
    return _page("Nobody can sign in here", what, remedy, 403)


def too_many(seconds: int) -> Page:
    """For one failed sign-in too many."""
    page = _page(
        "Too many failed sign-ins", "No token is looked at for a while.", f"Try again in {seconds} seconds.", 429
    )
    return Page(page.template, page.title, page.values, page.status, headers={"Retry-After": str(seconds)})


def state_unavailable() -> Page:
    """Where the state database cannot be read or written."""
    what = "The state database cannot be used now. The log has the reason."
    remedy = "Try again in a moment; if it stays so, tell whoever runs mlflow-grc."
    return _page("The state is not available", what, remedy, 503)


def _page(title: str, reason: str, remedy: str, status: int, link: str = OVERVIEW) -> Page:
    words = {SIGN_IN: "Sign in", OVERVIEW: "Go to the overview"}.get(link, "Open the page again")
    return Page("refusal.html", title, {"reason": reason, "remedy": remedy, "link": link, "words": words}, status)
