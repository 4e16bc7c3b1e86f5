"""Where each request to the pages is received: who it is, whether the form is ours, and what goes back."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connector.mock.errors import GrcError, NotFound
from connector.mock.service import Grc
from connector.mock.users import Role, User
from connector.mock.web.addresses import SIGN_IN
from connector.mock.web.once import SENDING, Once
from connector.mock.web.refusals import not_our_form, refusal, signed_out_meanwhile
from connector.mock.web.rendering import Renderer
from connector.mock.web.sessions import LASTS, Session, Sessions
from connector.mock.web.signing import sign_in, sign_in_form
from connector.mock.web.visit import Answer, Handler, Page, Redirect, SignedIn, SignedOut, Visit

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
SESSION, NOTE = "mock-grc-session", "mock-grc-note"
_MOST_FIELDS = 100
_NOTHING_ELSEWHERE = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"{_NOTHING_ELSEWHERE}; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every page: no script, nothing from elsewhere, in no one's frame, kept by no cache."""


class Desk:
    """``mlflow_url`` tells where MLflow's own pages are; empty: not known."""

    def __init__(self, grc: Grc, mlflow_url: Callable[[], str]) -> None:
        self._grc = grc
        self._mlflow_url = mlflow_url
        self._sessions = Sessions(grc.directory)
        self._renderer = Renderer(grc)
        self._once = Once()

    def endpoint(self, handler: Handler) -> Endpoint:
        """An endpoint for people who are signed in."""

        async def endpoint(request: Request) -> Response:
            form = await _form(request)
            return await run_in_threadpool(self._served, handler, request, form)

        return endpoint

    async def sign_in(self, request: Request) -> Response:
        """The sign-in, for everybody."""
        form, directory = await _form(request), self._grc.directory
        session = self._session(request)
        if form is None:
            return self._sent(request, session, None, sign_in_form(directory, request.query_params))
        if not self._sessions.is_own_form(session, form.get("csrf", "")):
            query = {"person": form.get("person", ""), "next": form.get("next", "")}
            return self._sent(request, session, None, sign_in_form(directory, query))
        return self._sent(request, session, None, sign_in(directory, form))

    async def sign_out(self, request: Request) -> Response:
        """The sign-out; the form has to be ours here too."""
        form, session = await _form(request) or {}, self._session(request)
        if not self._sessions.is_own_form(session, form.get("csrf", "")):
            return self._sent(request, session, self._user(session), not_our_form({}))
        return self._sent(request, session, None, SignedOut())

    async def http_error(self, request: Request, error: Exception) -> Response:
        """The page for an address that is none, or a method that is not offered there."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        session = self._session(request)
        page = refusal(NotFound("There is no such page."), None, status)
        return self._sent(request, session, self._user(session), page)

    def _served(self, handler: Handler, request: Request, form: Mapping[str, str] | None) -> Response:
        session = self._session(request)
        user = self._user(session)
        if user is None:
            return self._sent(request, session, None, _asked_to_sign_in(request, form))
        if form is not None and not self._sessions.is_own_form(session, form.get("csrf", "")):
            return self._sent(request, session, user, not_our_form(form))
        visit = Visit(
            self._grc,
            user,
            request.url.path,
            dict(request.query_params),
            request.path_params,
            form,
            self._mlflow_url(),
        )
        try:
            answer = self._once.answer(form or {}, session.nonce, visit.path, act=lambda: handler(visit))
        except GrcError as error:
            answer = refusal(error, user, error.status)
        return self._sent(request, session, user, answer)

    def _session(self, request: Request) -> Session:
        now = self._grc.store.now()
        return self._sessions.read(_cookie(request, SESSION), now) or self._sessions.new("", now)

    def _user(self, session: Session) -> User | None:
        try:
            user = self._grc.directory.user(session.email)
        except NotFound:
            return None
        return None if user.role is Role.CONNECTOR else user

    def _sent(self, request: Request, session: Session, user: User | None, answer: Answer) -> Response:
        note = ""
        if isinstance(answer, Page):
            response = self._page(request, session, user, answer)
        elif isinstance(answer, Redirect):
            response = _redirect(answer.to)
            note = answer.said
        elif isinstance(answer, SignedIn):
            session = self._sessions.new(answer.user.email, self._grc.store.now())
            response = _redirect(answer.to)
            note = f"You are signed in as {answer.user.name}."
        else:
            session = self._sessions.new("", self._grc.store.now())
            response = _redirect(SIGN_IN)
            note = "You are signed out."
        response.headers.update(HEADERS)
        _keep(response, request, SESSION, self._sessions.written(session))
        if note:
            _keep(response, request, NOTE, self._sessions.note(note))
        return response

    def _page(self, request: Request, session: Session, user: User | None, page: Page) -> Response:
        note = self._sessions.read_note(_cookie(request, NOTE))
        csrf = self._sessions.csrf(session)
        tokens = {"csrf": csrf, SENDING: secrets.token_urlsafe(9)}
        html = self._renderer.html(page, user, tokens, note=note, path=request.url.path)
        response = HTMLResponse(html, page.status)
        if note:
            response.delete_cookie(_named(request, NOTE), path="/", httponly=True, samesite="lax")
        return response


def _named(request: Request, name: str) -> str:
    """A cookie's name. The port is in it: a browser sends cookies to every port of a host, and two mocks on one machine
    must not sign each other's people out.
    """
    return f"{name}-{request.scope['server'][1]}"


def _cookie(request: Request, name: str) -> str:
    return request.cookies.get(_named(request, name), "")


def _keep(response: Response, request: Request, name: str, value: str) -> None:
    seconds = int(LASTS.total_seconds())
    response.set_cookie(_named(request, name), value, max_age=seconds, path="/", httponly=True, samesite="lax")


def _redirect(to: str) -> Response:
    return RedirectResponse(to, status_code=303)


async def _form(request: Request) -> dict[str, str] | None:
    """What a form sent; None for a request that reads. A body that is no form's is an empty form."""
    if request.method in ("GET", "HEAD"):
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    text = (await request.body()).decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _asked_to_sign_in(request: Request, form: Mapping[str, str] | None) -> Answer:
    if form is not None:
        return signed_out_meanwhile(form, request.url.path)
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(f"{SIGN_IN}?{urlencode({'next': target})}")
